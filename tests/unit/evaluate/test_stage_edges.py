"""What one stage or pause hands on to the next: check-ins, refused choices, proposers and results."""

from datetime import timedelta

from shared.domain.case import Phase
from shared.domain.effect import NoticeKind
from shared.domain.event import EventTag
from shared.domain.identifiers import PersonId
from shared.domain.ladder import Length
from shared.domain.person import HR_QUEUE
from shared.domain.policy import Policy
from tests.unit.evaluate.case_life import (
    POLICY,
    Life,
    at_the_gate,
    directory,
    figures,
    in_final_review,
    person,
    running,
)


def policy(**changes: object) -> Policy:
    """The policy with these changes of its first stage."""
    first = POLICY.ladder[0].model_copy(update=changes)
    return POLICY.model_copy(update={"ladder": (first, *POLICY.ladder[1:])})


def test_results_of_an_earlier_stage_are_no_results_of_this_one() -> None:
    life = running()
    life.results("2026-10", figures("2026-10", "0.2000"))
    life.wait_days(31).answer("publish").answer("agree_plan").wait_days(61)
    gated = [event.data["because"] for event in life.events if event.tag is EventTag.STAGE_GATED]
    assert gated[0] == ["policy"]
    assert "no_results" in gated[1]


def test_a_pause_moves_the_next_check_in_by_as_many_days() -> None:
    life = running()
    before = life.case.check_in_at
    assert before is not None
    life.answer("dispute_figures", request=life.standing("rep"))
    life.now += timedelta(days=2)
    assert life.answer("reject").case.check_in_at == before + timedelta(days=2)


def test_no_check_in_is_asked_for_on_the_day_on_which_the_stage_ends() -> None:
    life = Life(policy=policy(length=Length(14, "d"))).open().answer("coach").wait_days(13)
    assert (life.told(NoticeKind.CHECK_IN_DUE), life.case.check_in_at) == (["manager"], None)


def test_a_second_dispute_during_a_dispute_is_not_decided_twice() -> None:
    life = in_final_review()
    life.answer("dispute_figures", request=life.standing("rep"))
    assert life.report_leave().report_leave().case.holds_waiting == ("leave",)
    life.answer("reject")
    assert life.case.hold is not None
    assert life.report_leave().case.holds_waiting == (), "the case is paused for leave already"


def test_a_choice_that_hr_refused_is_offered_again_in_the_next_stage() -> None:
    life = Life().open().answer("request_exception").answer("refuse").answer("coach").wait_days(31)
    assert life.answer("publish").asked.choices == ("agree_plan", "dispute_figures", "request_exception")


def test_if_hr_refuses_every_choice_one_can_still_be_chosen() -> None:
    only = POLICY.ladder[0].ask
    assert only is not None
    ask = only.model_copy(update={"answers": ("request_exception",)})
    life = Life(policy=policy(ask=ask)).open().answer("request_exception").answer("refuse")
    assert life.asked.choices == ("coach",)


def test_a_new_stage_has_no_proposer_yet() -> None:
    assert at_the_gate().case.proposed_by == "manager"
    assert at_the_gate().answer("publish").case.proposed_by is None


def test_an_extended_plan_has_no_proposer_of_a_removal() -> None:
    life = in_final_review().answer("extend_plan", known_by="link+code")
    assert (life.case.phase, life.case.proposed_by) == (Phase.RUNNING, None)


def test_the_same_person_in_another_seat_is_asked_and_not_reminded() -> None:
    life = Life(directory(person("rep", "manager", "director"))).open()
    while life.asked.seat != "hr_partner":
        life.pass_deadline()
    assert life.asked.assignee == "director"
    assert life.told(NoticeKind.REMINDER) == ["manager"]


def test_the_person_who_proposed_a_stage_is_not_asked_about_a_dispute_of_it() -> None:
    life = Life(directory(person("rep", None, "partner"))).open().answer("coach")
    assert life.case.proposed_by == PersonId("partner")
    life.answer("dispute_figures", request=life.standing("rep"))
    assert life.asked.assignee == HR_QUEUE
