"""Response links and one-time codes. They are mailed once and stored only as hashes."""

import base64
import hashlib
import hmac
import secrets
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final

from shared.aws import keys
from shared.aws.dynamo import Table, keyed, update
from shared.domain.errors import Conflict, NotFound, Throttled
from shared.domain.event import moment, stamp
from shared.domain.identifiers import RequestId
from shared.domain.record import UsedCode
from shared.ports import Clock

_TOKEN_BYTES: Final = 32
_CODES_AN_HOUR: Final = 5
_GUESSES: Final = 5


class TableLinks:
    """See ``shared.ports.Links``."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def issue(self, request_id: RequestId, expires_at: datetime) -> str:
        # Base32, because mail gateways rewrite links in lower case and mail programs lose "-" at the end.
        token = base64.b32encode(secrets.token_bytes(_TOKEN_BYTES)).decode().rstrip("=").lower()
        self._table.put(
            keyed(keys.link(_hash(token)), {"request_id": request_id, "link_expires_at": stamp(expires_at)}),
            "attribute_not_exists(pk)",
        )
        return token

    def resolve(self, token: str) -> tuple[RequestId, datetime]:
        # A lookup by hash reveals nothing about the token through its timing.
        item = self._table.get(keys.link(_hash(token)))
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

    def check_code(self, request_id: RequestId, code: str, now: datetime) -> UsedCode | None:
        key = keys.one_time_code(request_id)
        item = self._table.get(key)
        if item is None or "code_hash" not in item or now >= moment(str(item["code_expires_at"])):
            return None
        code_hash = str(item["code_hash"])
        if hmac.compare_digest(_hash(str(item["salt"]) + code), code_hash):
            # Nobody learns from simultaneous guesses: this one counts only if its change is committed while
            # fewer than five wrong ones are counted.
            return UsedCode(request_id, code_hash) if item["guesses"] < _GUESSES else None
        with suppress(Conflict):  # disabled or replaced in the meantime, so there is nothing to count
            self._table.update(key, "ADD guesses :one", {":one": 1} | _still(code_hash), _STILL_VALID)
        return None


_STILL_VALID: Final = "code_hash = :hash AND guesses < :most"


def using_up(code: UsedCode) -> dict[str, Any]:
    """The operation that uses the code up in the transaction of its answer."""
    return update(
        keys.one_time_code(code.request_id), "REMOVE code_hash", _still(code.code_hash), _STILL_VALID
    )


def _still(code_hash: str) -> dict[str, Any]:
    return {":hash": code_hash, ":most": _GUESSES}


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
