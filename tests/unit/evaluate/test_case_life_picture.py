"""The diagram of docs/case-life.md matches the code."""

import pytest

from local.case_life import PAGE, POLICY, Edge, edges, mermaid, page
from shared.domain.case import Exit
from shared.domain.policy import parse_policy


@pytest.fixture(scope="module")
def drawn() -> list[Edge]:
    return edges(parse_policy(POLICY.read_text(), POLICY.name))


def test_the_diagram_in_the_docs_is_the_one_that_the_code_draws(drawn: list[Edge]) -> None:
    text = PAGE.read_text()
    assert page(text, mermaid(drawn)) == text, "run: python -m local.case_life"


def test_the_diagram_shows_every_exit_that_an_answer_leads_to(drawn: list[Edge]) -> None:
    ends = {target for _, _, target in drawn}
    assert {Exit.GRADUATED, Exit.WITHDRAWN, Exit.EXCEPTED, Exit.REMOVAL_APPROVED} <= ends


def test_nothing_but_an_approval_leads_to_removal(drawn: list[Edge]) -> None:
    ways = {(origin, why) for origin, why, target in drawn if target == Exit.REMOVAL_APPROVED}
    assert ways == {("approving", "approve")}


def test_silence_alone_changes_no_state(drawn: list[Edge]) -> None:
    assert not [why for _, why, _ in drawn if why == "silence"]
