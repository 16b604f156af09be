"""Time stamps by RFC 3161, from an authority that answers over HTTP: the one adapter that is not to AWS."""

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
"""RFC 3161, 2.4.2; what may have been modified is compared."""
_LARGEST_ANSWER: Final = 100_000
"""Bytes; an answer with its chain of certificates has some 6,000."""


class HttpTimeStamps:
    """See ``shared.ledger_ports.TimeStamps``.

    The authority's signature is not checked here: that takes the certificate that a reader trusts, and
    ``openssl ts -verify`` does it.
    """

    def __init__(self, url: str, timeout_seconds: float = 20) -> None:
        if urlsplit(url).scheme not in ("http", "https"):
            raise InvalidInput(f"{url} is no address of a time-stamping authority")
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
    """Raises IntegrityError unless the answer is to this question, and over this data."""
    try:
        stamped = response["time_stamp_token"]["content"]["encap_content_info"]["content"].parsed
        over, answers = stamped["message_imprint"].native, stamped["nonce"].native
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise IntegrityError("the answer says granted, and holds no time stamp") from error
    if over["hash_algorithm"]["algorithm"] != "sha256" or over["hashed_message"] != imprint:
        raise IntegrityError("the time stamp is over something else than was sent")
    if answers != nonce:
        raise IntegrityError("the time stamp answers another question: its nonce is not ours")
