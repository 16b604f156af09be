"""What a pause, its end and the end of a case leave on the record, and what they take back."""

from datetime import timedelta

from functions.evaluate.cases.step_draft import start_workflow, wake_workflow
from functions.evaluate.cases.triggers import FindingsRestored, FindingsUndone
from shared.domain.case import Phase
from shared.domain.effect import NoticeKind
from shared.domain.event import EventDraft, EventTag, stamp
from shared.domain.identifiers import CaseId, EvaluationId
from shared.domain.request import RequestStatus
from tests.unit.evaluate.case_life import (
    Life,
    at_the_gate,
    decision,
    directory,
    figures,
    in_final_review,
    person,
    running,
)


def last(life: Life, tag: EventTag) -> EventDraft:
    return [event for event in life.events if event.tag is tag][-1]


def disputed() -> Life:
    """A case that runs, and whose rep disputes the figures."""
    life = running()
    return life.answer("dispute_figures", request=life.standing("rep"))


def test_a_leave_during_the_approval_of_a_removal_puts_the_same_question_again() -> None:
    life = in_final_review().answer("propose_removal", known_by="link+code")
    asked = life.asked
    life.report_leave()
    assert life.requests[asked.id].status is RequestStatus.WITHDRAWN
    assert last(life, EventTag.REQUEST_WITHDRAWN).data["purpose"] == "removal_approval"
    life.answer("resume", known_by="cognito")
    assert (life.case.phase, life.asked.purpose) == (Phase.APPROVING, "removal_approval")
    assert life.asked.id != asked.id


def test_a_resumed_case_names_the_moved_end_of_its_stage() -> None:
    life = disputed()
    life.now += timedelta(days=2)
    life.answer("reject")
    assert life.case.stage_ends_at is not None
    resumed = last(life, EventTag.CASE_RESUMED)
    assert resumed.data["ends_at"] == stamp(life.case.stage_ends_at)
    assert resumed.data["reason"] == "dispute"


def test_a_pause_takes_back_the_check_in_that_stands() -> None:
    life = running().wait_days(7)
    asked = life.standing("check_in")
    life.report_leave()
    assert life.requests[asked.id].status is RequestStatus.WITHDRAWN
    assert life.case.check_ins_missed == 0


def test_each_of_three_pauses_has_its_turn() -> None:
    life = disputed().report_leave()
    undone = decision("2026-09", figures("2026-09", "0.9000"), outcome="clear")
    life.happen(FindingsUndone(undone, EvaluationId("restated")))
    seen = [(life.asked.purpose, life.case.holds_waiting)]
    for choice in ("reject", "resume"):
        life.answer(choice)
        seen.append((life.asked.purpose, life.case.holds_waiting))
    assert seen == [
        ("dispute", ("leave", "withdrawal")),
        ("leave", ("withdrawal",)),
        ("withdrawal", ()),
    ]
    life.answer("keep")
    decided = last(life, EventTag.WITHDRAWAL_DECIDED)
    assert (decided.data["choice"], decided.actor.id) == ("keep", "partner")
    assert decided.private == {"reason": "because of the pipeline"}
    assert (life.case.hold, life.case.refused) == (None, ("dispute_figures",))


def test_findings_restored_during_a_dispute_keep_every_other_pause_that_waits() -> None:
    life = disputed().report_leave()
    undone = decision("2026-09", figures("2026-09", "0.9000"), outcome="clear")
    life.happen(FindingsUndone(undone, EvaluationId("restated-1")))
    life.happen(FindingsRestored(decision("2026-09"), EvaluationId("restated-2")))
    assert life.case.holds_waiting == ("leave",)


def test_hr_that_gives_a_stage_more_time_tells_whoever_looks_after_the_case() -> None:
    life = at_the_gate()
    before = len(life.told(NoticeKind.STAGE_ENTERED))
    life.answer("extend")
    assert life.told(NoticeKind.STAGE_ENTERED)[before:] == ["manager"]
    seat_of_hr = directory(person("rep", "partner", "partner"))
    own = Life(people=seat_of_hr).open().answer("coach").wait_days(31)
    before = len(own.told(NoticeKind.STAGE_ENTERED))
    own.answer("extend", by="partner", known_by="cognito")
    assert own.told(NoticeKind.STAGE_ENTERED)[before:] == []


def test_the_workflow_of_a_case_is_woken_once_a_version() -> None:
    case = running().case
    first, again = wake_workflow(case), wake_workflow(case)
    assert first == again
    assert first.case_id == case.id
    other = case.model_copy(update={"version": case.version + 1})
    stranger = case.model_copy(update={"id": CaseId("another-case")})
    started = start_workflow(case.id, case.version).id
    assert len({first.id, wake_workflow(other).id, wake_workflow(stranger).id, started}) == 4


def test_a_case_without_a_stages_end_pauses_with_no_time_left() -> None:
    paused = last(Life().open().answer("dispute_figures"), EventTag.CASE_HELD)
    assert {"reason": "dispute", "paused": True, "remaining_s": 0}.items() <= paused.data.items()


def test_a_closed_case_has_nothing_left_to_wait_for() -> None:
    life = disputed().report_leave().answer("uphold")
    case = life.case
    assert (case.hold, case.holds_waiting, case.check_in_at, case.stage_ends_at) == (None, (), None, None)
    assert (case.closed_at, case.standing) == (life.now, ())
    assert set(life.told(NoticeKind.CASE_CLOSED)) == {"manager", "partner", "rep"}
    assert {
        notice.parameters["exit"] for notice in life.notices if notice.notice is NoticeKind.CASE_CLOSED
    } == {"withdrawn"}
