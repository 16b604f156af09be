"""Random requests for response pages end in no 5xx and show the question to nobody without its link.

`make soak` sends 20,000 of them.
"""

import base64
import random
from collections import Counter
from contextlib import nullcontext
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode

import pytest

from functions.notify.handlers import respond as respond_handler
from shared.domain.errors import Conflict, PlumblineError, Throttled
from shared.runtime.observability import logger
from tests.unit.audit.soak import share
from tests.unit.notify.office import Office
from tests.unit.notify.test_handlers import CONTEXT, page_event
from tests.unit.notify.test_respond import filled, get

CALLS = share(1_000, 20_000)
A_DAY = 100
"""Requests to one office, before a new one is opened."""
SECRETS = ("Ines", "83,995", "120,000", "Mara")
ODD = ("", "x" * 43, "x" * 6000, "\x00", "\ud800", "é" * 3000, "..%2f", "<script>", "\u2028", "9" * 5000)
FORMS = ("application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=utf-8")
TYPES = (*FORMS, "text/plain", "application/json", "", "multipart/form-data")
BODIES = (
    "",
    "&" * 9999,
    "reason=%ff",
    "x" * 70_000,
    "\ud800",
    "=",
    "reason=\x00",
    "a=1&a=2",
    "%",
    "reason=" + "é" * 99,
)


class Passer:
    """Somebody who asks for pages, mostly with the link and mostly with the form that the page holds."""

    def __init__(self, seed: int, office: Office) -> None:
        self.chance = random.Random(seed)
        self.office = office

    def request(self, token: str) -> dict[str, Any]:
        method = self.chance.choice(("GET", "HEAD", "POST", "POST", "POST", "PUT", "OPTIONS"))
        event = page_event(token, method, self._body(token) if method == "POST" else "")
        event["headers"] = {
            "Content-Type": self.chance.choice((*FORMS * 6, *TYPES)),
            "Sec-Fetch-Site": self.chance.choice(("same-origin",) * 9 + ("cross-site", "\ud800")),
        }
        if self._rarely(5):
            raw = event["body"].encode("utf-8", "surrogatepass") + self.chance.choice((b"", b"\xff"))
            event |= {"body": base64.b64encode(raw).decode(), "isBase64Encoded": True}
        if self._rarely(20):
            event |= {"isBase64Encoded": True, "pathParameters": None}
        return event

    def token(self, link: str) -> str:
        return self.chance.choice(ODD) if self._rarely(4) else link

    def fault(self) -> PlumblineError | None:
        if self._rarely(20):
            return Conflict("somebody else was first")
        return Throttled("slow down") if self._rarely(20) else None

    def _body(self, token: str) -> str:
        if self._rarely(5):
            return self.chance.choice(BODIES)
        page = get(self.office, token)
        form = filled(page) if 'name="shown"' in page.body else {"choice": "coach", "reason": "It was late."}
        if not self._rarely(30):  # most of them do not answer the question, which ends it
            name = self.chance.choice((*form, "code", "seen", "x"))
            form[name] = self.chance.choice(("", "coach", "code", "x" * 3000, "a\x00b", "é" * 50, "0" * 6))
        return urlencode(form)

    def _rarely(self, times: int) -> bool:
        return self.chance.randrange(times) == 0


def a_day(day: int, monkeypatch: pytest.MonkeyPatch, statuses: Counter[int]) -> None:
    office = Office()
    passer, link = Passer(day, office), office.link()
    responding = office.responding
    monkeypatch.setattr(respond_handler, "_dependencies", lambda: ("https://cases.example.com", responding))
    monkeypatch.setattr(logger, "info", lambda *_, **__: None)
    for _ in range(A_DAY):
        token = passer.token(link)
        request, fault = passer.request(token), passer.fault()
        with patch.object(office.store, "commit", side_effect=fault) if fault else nullcontext():
            answer = respond_handler.handle(request, CONTEXT)
        status = answer["statusCode"]
        statuses[status] += 1
        assert status < 500 or (status == 503 and isinstance(fault, Throttled)), request
        if request["pathParameters"] != {"token": link}:
            assert not [secret for secret in SECRETS if secret in answer["body"]], request


@pytest.mark.parametrize("day", range(CALLS // A_DAY))
def test_no_page_ends_in_a_5xx_or_shows_the_question_without_its_link(
    day: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_day(day, monkeypatch, Counter())


def test_the_passers_meet_every_kind_of_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the test above could pass because its requests ask nothing in earnest."""
    statuses: Counter[int] = Counter()
    for day in range(10):
        a_day(day, monkeypatch, statuses)
    assert {200, 400, 404, 405, 409, 413, 415, 422, 503} <= set(statuses)
