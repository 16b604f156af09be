"""Random requests by random callers end in no 5xx of ours and tell nobody what they may not see.

A 503 stands only for a table that is overloaded.

`make soak` sends 20,000 of them.
"""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import pytest

from functions.audit.handlers import query as query_handler
from shared.domain.errors import Throttled
from shared.runtime.observability import logger
from tests.unit.audit.company import PARTNER_OF, Company, secrets_of, text_of
from tests.unit.audit.crowd import Crowd
from tests.unit.audit.soak import share
from tests.unit.audit.test_query_handler import Context

CALLS = share(1_000, 20_000)
A_DAY = 100
"""Calls to one company, before a new one is founded."""
EXPECTED = {200, 400, 403, 404, 409}


@dataclass
class Answered:
    company: Company
    claims: dict[str, Any]
    request: dict[str, Any]
    fault: Exception | None
    status: int
    said: str

    @property
    def route(self) -> str:
        http = self.request["requestContext"]["http"]
        _, first, *others = http["path"].split("/")
        return f"{http['method']} {first} {others[-1] if others else ''}"

    def secrets(self) -> set[str]:
        """The secrets in the answer, however its figures are grouped."""
        said = self.said + re.sub(r"[\s\u00a0\u202f,]", "", self.said)
        return {secret for rep in PARTNER_OF for secret in secrets_of(rep) if secret in said}

    def leaks(self) -> set[str]:
        """The secrets in the answer that the bearer of these claims may not read."""
        seen = {rep for rep in PARTNER_OF if self.company.may_see(self.claims, rep)}
        return self.secrets() - {secret for rep in seen for secret in secrets_of(rep)}


def a_day(day: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[Answered]:
    company, crowd = Company(), Crowd(day)
    monkeypatch.setattr(query_handler, "_dependencies", lambda: company.dependencies)
    monkeypatch.setattr(logger, "info", lambda *_, **__: None)
    for number in range(A_DAY):
        claims = crowd.claims()
        company.accounts.known = {str(claims.get("sub")): crowd.account(claims)}
        request, fault = crowd.request(claims), crowd.fault()
        with patch.object(company.desk.store, "commit", side_effect=fault) if fault else nullcontext():
            answer = query_handler.handle(request, Context())
        yield Answered(company, claims, request, fault, answer["statusCode"], text_of(answer))
        if number % 10 == 0:
            company.seal()


@pytest.mark.parametrize("day", range(CALLS // A_DAY))
def test_no_call_ends_in_a_5xx_or_tells_what_its_caller_may_not_see(
    day: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for answered in a_day(day, monkeypatch):
        assert answered.status in EXPECTED or (answered.status == 503 and type(answered.fault) is Throttled)
        assert answered.leaks() == set()


def test_the_crowd_meets_every_kind_of_answer_and_somebody_reads_each_secret(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Otherwise the test above could pass because its calls ask nothing in earnest."""
    statuses: Counter[int] = Counter()
    told: set[str] = set()
    routes: set[str] = set()
    for day in range(20):
        for answered in a_day(day, monkeypatch):
            statuses[answered.status] += 1
            told |= answered.secrets()
            if answered.status == 200:
                routes.add(answered.route)
    assert set(statuses) == EXPECTED | {503}
    assert min(statuses.values()) > 3, statuses
    assert told == {secret for rep in PARTNER_OF for secret in secrets_of(rep)}
    assert {"POST cases decisions", "POST people hold", "GET cases comparators"} <= routes
