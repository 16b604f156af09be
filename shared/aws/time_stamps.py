"""Time stamps (RFC 3161) from an authority over HTTP. The only adapter here that does not call AWS."""

import secrets
import urllib.error
import urllib.request
from hashlib import sha256
from http.client import HTTPException
from typing import Any, Final
from urllib.parse import urlsplit

from asn1crypto.tsp import TimeStampReq, TimeStampResp

from shared.domain.errors import IntegrityError, InvalidInput, NotYet

_GRANTED: Final = ("granted", "granted_with_mods")
"""RFC 3161, 2.4.2. `_compare` checks what the authority may have modified."""
_LARGEST_ANSWER: Final = 100_000
"""Bytes. A response with its certificate chain has about 6,000."""


class HttpTimeStamps:
    """See ``shared.ledger_ports.TimeStamps``.

    The authority's signature is not checked here, because that needs a certificate that the reader trusts.
    ``openssl ts -verify`` checks it.
    """

    def __init__(self, url: str, timeout_seconds: float = 20) -> None:
        if urlsplit(url).scheme not in ("http", "https"):
            raise InvalidInput(f"{url} is not the address of a time-stamping authority")
        self._url = url
        self._timeout = timeout_seconds

    def stamp(self, data: bytes) -> bytes:
        imprint, nonce = sha256(data).digest(), secrets.randbits(63)
        question = TimeStampReq(
            {
                "version": "v1",
                "message_imprint": {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": imprint},
                "nonce": nonce,
                "cert_req": True,
            }
        )
        answer = self._ask(question.dump())
        try:
            response = TimeStampResp.load(answer, strict=True)
            status = response["status"]["status"].native
        except (ValueError, TypeError, KeyError) as error:
            raise NotYet(f"{self._host} answered with no time stamp") from error
        if status not in _GRANTED:
            raise NotYet(f"{self._host} granted no time stamp: {status}")
        _compare(response, imprint, nonce)
        return answer

    @property
    def _host(self) -> str:
        return str(urlsplit(self._url).hostname)

    def _ask(self, question: bytes) -> bytes:
        headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
        request = urllib.request.Request(self._url, data=question, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=self._timeout) as reply:
                answer: bytes = reply.read(_LARGEST_ANSWER + 1)
        except urllib.error.HTTPError as refused:
            with refused:
                raise NotYet(f"{self._host} answered {refused.code}") from refused
        except (OSError, HTTPException) as error:
            raise NotYet(f"{self._host} cannot be reached: {type(error).__name__}") from error
        if len(answer) > _LARGEST_ANSWER:
            raise NotYet(f"{self._host} answered with more than {_LARGEST_ANSWER} bytes")
        return answer


def _compare(response: Any, imprint: bytes, nonce: int) -> None:
    """Raises IntegrityError unless the response is to this request and for this data."""
    try:
        stamped = response["time_stamp_token"]["content"]["encap_content_info"]["content"].parsed
        over, answers = stamped["message_imprint"].native, stamped["nonce"].native
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise IntegrityError("the response is granted but contains no time stamp") from error
    if over["hash_algorithm"]["algorithm"] != "sha256" or over["hashed_message"] != imprint:
        raise IntegrityError("the time stamp is for other data")
    if answers != nonce:
        raise IntegrityError("the time stamp answers another request: its nonce differs")
