"""Response links and one-time codes. They are mailed once and stored only as hashes."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import Final

from shared.aws import keys
from shared.aws.dynamo import Table, keyed
from shared.domain.errors import Conflict, NotFound, Throttled
from shared.domain.event import moment, stamp
from shared.domain.identifiers import RequestId
from shared.ports import Clock

_TOKEN_BYTES: Final = 32
_TOKEN_LENGTH: Final = 43
_CODES_AN_HOUR: Final = 5
_GUESSES: Final = 5


class TableLinks:
    """See ``shared.ports.Links``."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def issue(self, request_id: RequestId, expires_at: datetime) -> str:
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        self._table.put(
            keyed(keys.link(_hash(token)), {"request_id": request_id, "link_expires_at": stamp(expires_at)}),
            "attribute_not_exists(pk)",
        )
        return token

    def resolve(self, token: str) -> tuple[RequestId, datetime]:
        # A lookup by hash reveals nothing about the token through its timing.
        item = self._table.get(keys.link(_hash(token))) if len(token) == _TOKEN_LENGTH else None
        if item is None:
            raise NotFound("there is no such link")
        return RequestId(str(item["request_id"])), moment(str(item["link_expires_at"]))

    def issue_code(self, request_id: RequestId, expires_at: datetime) -> str:
        now = self._clock.now()
        item = self._table.get(keys.one_time_code(request_id)) or {}
        hour_began = moment(str(item["hour_began"])) if "hour_began" in item else now
        issued = int(item.get("issued", 0))
        if now - hour_began >= timedelta(hours=1):
            hour_began, issued = now, 0
        if issued >= _CODES_AN_HOUR:
            raise Throttled("no more codes for this request within the hour")
        code = f"{secrets.randbelow(10**6):06d}"
        salt = secrets.token_hex(16)
        self._table.put(
            keyed(
                keys.one_time_code(request_id),
                {
                    "code_hash": _hash(salt + code),
                    "salt": salt,
                    "code_expires_at": stamp(expires_at),
                    "hour_began": stamp(hour_began),
                    "issued": issued + 1,
                    "guesses": 0,
                },
            ),
            # Two simultaneous requests must not both pass the limit.
            "attribute_not_exists(pk) OR issued = :before",
            {":before": int(item.get("issued", 0))},
        )
        return code

    def redeem_code(self, request_id: RequestId, code: str, now: datetime) -> bool:
        key = keys.one_time_code(request_id)
        item = self._table.get(key)
        if item is None or "code_hash" not in item or now >= moment(str(item["code_expires_at"])):
            return False
        values = {":one": 1, ":most": _GUESSES, ":hash": item["code_hash"]}
        try:
            # Count before comparing, so that simultaneous guesses are all counted.
            self._table.update(key, "ADD guesses :one", values, "guesses < :most AND code_hash = :hash")
            if not hmac.compare_digest(_hash(str(item["salt"]) + code), str(item["code_hash"])):
                return False
            self._table.update(key, "REMOVE code_hash", {":hash": item["code_hash"]}, "code_hash = :hash")
        except Conflict:
            return False
        return True


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
