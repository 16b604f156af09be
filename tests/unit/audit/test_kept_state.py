"""What an event keeps of its change: all of it, apart in what may be read for ever and what is a person's."""

import hashlib
import json
import zlib
from datetime import timedelta
from typing import Any

import pytest

from functions.audit.api.case_view import event_view
from shared.domain import kept_state
from shared.domain.case import Case, CaseStatus, PeriodResult
from shared.domain.change import Change
from shared.domain.effect import Notice, NoticeKind
from shared.domain.errors import IntegrityError
from shared.domain.event import NOTHING_BEFORE, chain
from shared.domain.identifiers import CaseId, CommandId, EvaluationId, NoticeId
from shared.domain.instruction import Instruction
from shared.domain.kept_state import MEMBER, kept, read_kept, whose
from shared.domain.record import Arrived, IssuedLink
from shared.domain.request import Answer
from tests.fakes.builders import (
    CASE,
    MANAGER,
    NOON,
    REP,
    a_batch,
    a_case,
    a_draft,
    a_plan,
    a_request,
    a_wake,
    an_evaluation,
)

AT = "2026-10-05T12:00:00.000Z"
FIGURES: dict[str, Any] = {
    "rep_id": REP,
    "findings": [{"rule": "two-of-three", "observed": "2"}],
    "inputs": [{"period": "2026-09", "quota": "1000", "credited": "512.5"}],
    "outcome": "open_case",
}
WORDS = "Was ill; “lost” the Zürich deal\n\x7f"


def a_full_change() -> Change:
    result = PeriodResult(
        period="2026-10", status="assessable", attainment="0.4999", evaluation_id=EvaluationId("evaluation-2")
    )
    answer = Answer(
        choice="coach", reason=WORDS, answered_by=MANAGER, authenticated_by="link", answered_at=NOON
    )
    instruction = Instruction(id="i-2", case_id=CASE, kind="hold_for_leave", given_by=MANAGER, given_at=NOON)
    return Change(
        command=CommandId("command-1"),
        result="",
        events=(a_draft(),),
        case=a_case(
            decision=FIGURES, results=(result,), restated={"inputs": [{"credited": "999"}]}, version=7
        ),
        requests=(a_request().answered(answer), a_request(2)),
        effects=(a_wake(), Notice(id=NoticeId("n-1"), notice=NoticeKind.RECEIPT, to=MANAGER, case_id=CASE)),
        instruction=instruction,
        carried_out=(instruction.model_copy(update={"id": "i-1"}),),
        batch=a_batch(),
        arrived=Arrived("incoming/a.csv", None),
        directory=a_batch(),
        planned=a_plan(),
        evaluation=an_evaluation(),
        link=IssuedLink("ab" * 32, a_request().id, NOON + timedelta(microseconds=5000)),
    )


def test_a_change_is_read_back_as_it_was_to_the_byte_of_each_item() -> None:
    change = a_full_change()
    state = read_kept(*kept(change, AT))
    assert state.case is not None
    assert change.case is not None
    assert state.case.model_dump_json() == change.case.model_dump_json()
    written = [request.model_dump_json() for request in change.requests]
    assert [request.model_dump_json() for request in state.requests] == written
    assert (state.at, state.command, state.result) == (AT, "command-1", "")
    assert (state.effects, state.instruction) == (change.effects, change.instruction)
    assert state.carried_out == ((CASE, "i-1"),)
    assert (state.batch, state.arrived, state.in_force) == (change.batch, change.arrived, True)
    assert (state.planned, state.evaluation, state.link) == (change.planned, change.evaluation, change.link)
    assert state.erased == frozenset()


def test_the_open_part_has_no_figure_and_no_typed_word() -> None:
    opened, personal = kept(a_full_change(), AT)
    text = zlib.decompressobj(zdict=kept_state._OFTEN_SAID).decompress(opened).decode()
    assert not [
        told
        for told in ("512.5", "1000", "0.4999", "999", "Zürich", "two-of-three", "is leave")
        if told in text
    ]
    assert personal is not None
    assert "open_case" in text


def test_without_its_personal_part_a_change_is_read_back_as_erased() -> None:
    opened, _ = kept(a_full_change(), AT)
    state = read_kept(opened, None)
    assert state.erased == {CASE, a_request().id}
    assert state.case is not None
    assert (state.case.decision["inputs"], state.case.results, state.case.restated) == ([], (), None)
    answer = state.requests[0].answer
    assert answer is not None
    assert (answer.choice, answer.reason) == ("coach", "")


def test_a_change_without_a_person_has_nothing_to_seal() -> None:
    opened, personal = kept(
        Change(command=CommandId("c"), result="accepted", events=(a_draft(),), batch=a_batch()), AT
    )
    state = read_kept(opened, personal)
    assert (personal, state.result, state.batch, state.case) == (None, "accepted", a_batch(), None)
    assert not state.in_force


def test_personal_parts_are_sealed_for_the_rep_of_the_case() -> None:
    assert whose(a_full_change()) == REP
    answered = Change(
        command=CommandId("c"), result="", events=(a_draft(private={"reason": "x"}, person=REP),)
    )
    assert whose(answered) == REP
    assert whose(Change(command=CommandId("c"), result="", events=(a_draft(),))) is None


def test_a_closed_case_without_figures_has_nothing_to_erase() -> None:
    bare: Case = a_case(status=CaseStatus.CLOSED, decision={"outcome": "open_case"}, id=CaseId("c-9"))
    _, personal = kept(Change(command=CommandId("c"), result="", events=(a_draft(),), case=bare), AT)
    assert personal is None


@pytest.mark.parametrize(
    "opened",
    [
        b"",
        b"not deflated",
        zlib.compress(b"[]"),
        zlib.compress(b'{"v":1}'),
        zlib.compress(b'{"v":2,"at":"","command":"","result":""}'),
        zlib.compress(b'{"v":1,"at":"","command":"","result":"","case":{"id":"x"}}'),
    ],
)
def test_bytes_that_are_not_a_state_are_refused(opened: bytes) -> None:
    with pytest.raises(IntegrityError):
        read_kept(opened, None)


def test_two_parts_of_different_changes_are_refused() -> None:
    opened, _ = kept(a_full_change(), AT)
    other = zlib.compress(json.dumps({"case-other": {"reason": "x"}}).encode())
    with pytest.raises(IntegrityError):
        read_kept(opened, other)


def test_the_dictionary_of_the_form_never_changes() -> None:
    assert (
        hashlib.sha256(kept_state._OFTEN_SAID).hexdigest()
        == "362278dc91ea2d4c92bdb76e0c35d7f3d6ea0780b11893af52940493c67213ee"
    )


def test_the_history_that_people_read_leaves_the_state_out() -> None:
    state = {"open": "x", "sealed": None}
    event = chain(a_draft(data={"stage": "coaching", MEMBER: state}), 1, NOTHING_BEFORE, NOON)
    assert event_view(event, None, str)["data"] == {"stage": "coaching"}
