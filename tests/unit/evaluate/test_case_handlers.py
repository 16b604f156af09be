"""The Lambda handlers of cases: what the workflows send, and what they get back."""

from dataclasses import dataclass

import pytest

from functions.evaluate.handlers import case as case_handler
from functions.evaluate.handlers import open as open_handler
from functions.evaluate.handlers import reconcile as reconcile_handler
from shared.domain.errors import InvalidInput
from tests.unit.evaluate.case_life import decision
from tests.unit.evaluate.office import Office


@dataclass
class Context:
    function_name: str = "case"
    memory_limit_in_mb: int = 128
    invoked_function_arn: str = "arn:aws:lambda:eu-central-1:000000000000:function:case"
    aws_request_id: str = "request-1"


@pytest.fixture
def office(monkeypatch: pytest.MonkeyPatch) -> Office:
    office = Office()
    monkeypatch.setattr(open_handler, "_dependencies", lambda: office.work)
    monkeypatch.setattr(
        case_handler, "_dependencies", lambda: (office.work, office.tokens, office.workflow.wake)
    )
    monkeypatch.setattr(
        reconcile_handler, "_dependencies", lambda: (office.work, office.store, office.workflow)
    )
    return office


@pytest.fixture
def opened(office: Office) -> Office:
    office.evaluated("e-1", [decision("2026-09")])
    office.relay()
    return office


def test_a_slice_says_how_many_cases_it_opened_and_fed(office: Office) -> None:
    office.evaluated("e-1", [decision("2026-09")])
    event = {"evaluation_id": "e-1", "from": 0, "to": 25}
    assert open_handler.handle(event, Context()) == {"opened": 0, "fed": 0}
    assert len(office.store) == 1


def test_a_turn_says_what_to_wait_for_and_under_which_version(opened: Office) -> None:
    event = {"step": "advance", "case_id": opened.case.id, "generation": 1, "turn": 0}
    told = case_handler.handle(event, Context())
    assert (told["waiting_for"], told["version"]) == ("answer", 1)
    assert isinstance(told["wait_seconds"], int)


def test_the_wait_stores_its_token_and_says_nothing_of_it(opened: Office) -> None:
    event = {"step": "wait", "case_id": opened.case.id, "generation": 1, "version": 1, "token": "secret"}
    told = case_handler.handle(event, Context())
    assert told == {"case_id": opened.case.id, "asleep": True}
    assert opened.tokens.tokens[opened.case.id] == "secret"


def test_an_unknown_step_is_refused(opened: Office) -> None:
    with pytest.raises(InvalidInput):
        case_handler.handle({"step": "dance", "case_id": opened.case.id, "generation": 1}, Context())


def test_the_reconciler_counts_what_it_repaired(opened: Office) -> None:
    opened.workflow.alive.clear()
    assert reconcile_handler.handle({}, Context()) == {"open": 1, "moved": 0, "restarted": 1}


@pytest.mark.parametrize("handler", [open_handler, case_handler, reconcile_handler])
def test_a_function_without_its_environment_names_what_is_missing(
    handler: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TABLE_NAME", raising=False)
    dependencies = handler._dependencies  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="TABLE_NAME"):
        dependencies()
