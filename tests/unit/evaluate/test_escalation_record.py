"""What each step leaves on the record: who acted, what anybody may read, and what is sealed."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.case import Exit, Phase
from shared.domain.effect import NoticeKind
from shared.domain.event import EventDraft, EventTag
from shared.domain.ladder import CheckIns, Length
from shared.domain.request import Request, RequestStatus
from tests.unit.evaluate.case_life import (
    POLICY,
    Life,
    at_the_gate,
    directory,
    in_final_review,
    person,
    running,
)

SAID = {"reason": "because of the pipeline"}
PLAN = "improvement_plan"


def events(life: Life, tag: EventTag) -> list[EventDraft]:
    return [event for event in life.events if event.tag is tag]


def last(life: Life, tag: EventTag) -> EventDraft:
    return events(life, tag)[-1]


def opened() -> Life:
    return Life().open()


def disputed() -> Life:
    return Life().open().answer("dispute_figures")


def excepted() -> Life:
    return Life().open().answer("request_exception")


def proposed() -> Life:
    return in_final_review().answer("propose_removal", known_by="link+code")


def check_in(life: Life) -> Request:
    return life.standing("check_in")


def rep(life: Life) -> Request:
    return life.standing("rep")


def main(life: Life) -> Request:
    return life.asked


def a_week_on() -> Life:
    return running().wait_days(7)


@pytest.mark.parametrize(
    ("start", "of", "choice", "tag", "data"),
    [
        (opened, main, "dispute_figures", EventTag.DISPUTE_RAISED, {}),
        (opened, main, "request_exception", EventTag.EXCEPTION_REQUESTED, {"request": "its own"}),
        (at_the_gate, main, "publish", EventTag.STAGE_APPROVED, {"to": PLAN, "choice": "publish"}),
        (at_the_gate, main, "extend", EventTag.STAGE_SENT_BACK, {"to": PLAN, "choice": "extend"}),
        (at_the_gate, main, "close", EventTag.STAGE_SENT_BACK, {"to": PLAN, "choice": "close"}),
        (proposed, main, "approve", EventTag.REMOVAL_APPROVED, {"proposed_by": "manager"}),
        (proposed, main, "send_back", EventTag.REMOVAL_SENT_BACK, {"proposed_by": "manager"}),
        (disputed, main, "uphold", EventTag.DISPUTE_DECIDED, {"choice": "uphold"}),
        (disputed, main, "reject", EventTag.DISPUTE_DECIDED, {"choice": "reject"}),
        (excepted, main, "grant", EventTag.EXCEPTION_DECIDED, {"choice": "grant"}),
        (excepted, main, "refuse", EventTag.EXCEPTION_DECIDED, {"choice": "refuse"}),
        (a_week_on, check_in, "held", EventTag.CHECK_IN_DONE, {"request": "its own"}),
        (running, rep, "dispute_figures", EventTag.DISPUTE_RAISED, {}),
    ],
)  # fmt: skip
def test_an_answer_is_recorded_with_its_giver_and_its_words_are_sealed(
    start: Callable[[], Life],
    of: Callable[[Life], Request],
    choice: str,
    tag: EventTag,
    data: Mapping[str, str],
) -> None:
    life = start()
    request = of(life)
    life.answer(choice, known_by="link+code" if request.adverse else "link", request=request)
    event = last(life, tag)
    told = {name: request.id if value == "its own" else value for name, value in data.items()}
    assert {"by": request.assignee, **told}.items() <= event.data.items()
    assert event.private == SAID
    assert event.actor.id == request.assignee
    assert event.actor.authenticated_by == ("link+code" if request.adverse else "link")


@pytest.mark.parametrize(
    ("choice", "tag"),
    [("acknowledge", EventTag.REP_ACKNOWLEDGED), ("rebut", EventTag.REP_REBUTTED)],
)
def test_the_reps_word_is_recorded_as_theirs(choice: str, tag: EventTag) -> None:
    life = running()
    life.answer(choice, request=rep(life))
    event = last(life, tag)
    assert (event.data["choice"], event.private, event.actor.id) == (choice, SAID, "rep")


@pytest.mark.parametrize(
    ("start", "choice", "exit_", "because"),
    [
        (at_the_gate, "close", Exit.EXCEPTED, "gate"),
        (disputed, "uphold", Exit.WITHDRAWN, "dispute"),
        (excepted, "grant", Exit.EXCEPTED, "exception"),
    ],
)
def test_the_end_of_a_case_names_what_ended_it(
    start: Callable[[], Life], choice: str, exit_: Exit, because: str
) -> None:
    life = start().answer(choice)
    assert {"exit": exit_, "because": because}.items() <= last(life, EventTag.CASE_CLOSED).data.items()


def test_a_proposal_that_hr_sends_back_has_no_proposer_any_more() -> None:
    life = proposed()
    proposer = life.case.proposed_by
    life.answer("send_back", known_by="cognito")
    assert (proposer, life.case.proposed_by) == ("manager", None)
    assert life.case.phase is Phase.ASKING


def test_a_check_in_that_the_manager_did_not_hold_is_a_miss_in_their_own_words() -> None:
    life = a_week_on()
    asked = check_in(life)
    life.answer("not_held", request=asked)
    event = last(life, EventTag.CHECK_IN_MISSED)
    assert {"request": asked.id, "because": "not_held"}.items() <= event.data.items()
    assert (event.private, event.actor.id, life.case.check_ins_missed) == (SAID, "manager", 1)
    assert life.told(NoticeKind.CHECK_IN_DUE) == ["manager"]


def test_an_unanswered_check_in_is_a_miss_and_names_its_question() -> None:
    life = a_week_on()
    asked = check_in(life)
    life.wait_days(6)
    event = last(life, EventTag.CHECK_IN_MISSED)
    assert {"request": asked.id, "because": "expired"}.items() <= event.data.items()
    assert life.requests[asked.id].status is RequestStatus.EXPIRED


def test_a_check_in_whose_mail_bounces_is_a_miss_and_is_asked_of_nobody_else() -> None:
    life = a_week_on()
    asked = check_in(life)
    life.bounce(asked)
    event = last(life, EventTag.CHECK_IN_MISSED)
    assert {"request": asked.id, "because": "bounced"}.items() <= event.data.items()
    assert life.case.check_ins_missed == 1
    assert life.case.request_id is None
    unreachable = next(told for told in life.notices if told.notice is NoticeKind.UNREACHABLE)
    assert unreachable.to == "partner"
    assert {"because": "bounced", "seat": "manager", "person": "manager"}.items() <= (
        unreachable.parameters.items()
    )


def test_each_missed_check_in_counts() -> None:
    life = running()
    for _ in range(2):
        life.wait(life.case.check_in_at or life.now)
        life.answer("not_held", request=check_in(life))
    assert life.case.check_ins_missed == 2


def test_a_check_in_with_nobody_in_the_seat_is_a_miss_and_hr_is_told() -> None:
    life = running()
    life.people = directory(person("rep", None, "partner"))
    life.wait_days(7)
    event = last(life, EventTag.CHECK_IN_MISSED)
    assert {"request": None, "because": "empty_seat"}.items() <= event.data.items()
    assert [
        (told.to, dict(told.parameters)) for told in life.notices if told.notice is NoticeKind.UNREACHABLE
    ] == [("partner", {"stage": "coaching", "because": "empty_seat", "seat": "manager"})]


def test_a_check_in_that_a_stranger_answered_is_a_miss() -> None:
    life = a_week_on()
    asked = check_in(life)
    life.answer("held", by="director", request=asked)
    refused = last(life, EventTag.ANSWER_REFUSED)
    assert {
        "request": asked.id,
        "reason": "not_asked",
        "answered_by": "director",
    }.items() <= refused.data.items()
    event = last(life, EventTag.CHECK_IN_MISSED)
    assert {"request": asked.id, "because": "answer_refused"}.items() <= event.data.items()
    assert life.case.check_ins_missed == 1


def test_the_reps_question_is_put_again_until_the_stages_end_where_a_stranger_answered_it() -> None:
    life = running()
    asked = rep(life)
    life.answer("acknowledge", by="manager", request=asked)
    assert last(life, EventTag.ANSWER_REFUSED).data["reason"] == "not_the_rep"
    again = rep(life)
    assert (again.id != asked.id, again.assignee, again.due_at) == (True, "rep", life.case.stage_ends_at)


def test_a_question_whose_assignee_left_is_withdrawn_and_its_successor_names_it() -> None:
    life = Life().open()
    asked = life.asked
    life.people = directory(person("manager", "director", "partner", active=False))
    life.settle()
    assert life.requests[asked.id].status is RequestStatus.WITHDRAWN
    assert last(life, EventTag.REQUEST_ESCALATED).data["after"] == asked.id
    unreachable = next(told for told in life.notices if told.notice is NoticeKind.UNREACHABLE)
    assert {
        "because": "left",
        "seat": "manager",
        "person": "manager",
    }.items() <= unreachable.parameters.items()


def test_a_rep_whose_mail_bounces_leaves_nobody_else_to_ask_in_their_place() -> None:
    life = running()
    life.bounce(rep(life))
    assert (life.case.phase, life.case.request_id) == (Phase.RUNNING, None)


def test_the_extended_plan_begins_anew_and_says_so() -> None:
    life = in_final_review().answer("request_exception", known_by="link+code")
    life.answer("refuse", by="partner-2", known_by="cognito").wait_days(1)
    refused, waiting = life.case.refused, rep(life)
    life.answer("extend_plan", known_by="link+code")
    entered = last(life, EventTag.STAGE_ENTERED)
    assert (entered.data["stage"], entered.data["extended"]) == ("improvement_plan", True)
    assert life.requests[waiting.id].status is RequestStatus.WITHDRAWN
    assert life.case.stage == "improvement_plan"
    assert life.case.stage_entered_at == life.now
    assert life.case.proposed_by is None
    assert (refused, life.case.refused) == (("request_exception",), ())
    assert life.told(NoticeKind.STAGE_ENTERED) == []


def test_a_stages_end_takes_its_check_in_back() -> None:
    life = running()
    while (life.case.check_in_at or life.now) > life.now:
        life.wait(life.case.check_in_at or life.now)
    asked = check_in(life)
    assert (life.case.stage_ends_at or life.now) < asked.due_at
    life.wait(life.case.stage_ends_at or life.now)
    assert life.case.phase is Phase.GATE
    assert (life.case.check_in_at, life.case.stage_ends_at) == (None, None)
    assert life.requests[asked.id].status is RequestStatus.WITHDRAWN


def test_hrs_gate_names_each_reason_for_asking() -> None:
    because: list[Any] = [event.data["because"] for event in events(in_final_review(), EventTag.STAGE_GATED)]
    assert because == [["policy", "no_results"], ["check_ins_missed"]]


def _with_check_ins_each_day() -> Life:
    coaching = POLICY.ladder[0]
    often = CheckIns(every=Length(1, "d"), by="manager")
    ladder = (coaching.model_copy(update={"check_ins": often}), *POLICY.ladder[1:])
    return Life(policy=POLICY.model_copy(update={"ladder": ladder})).open().answer("coach")


def test_a_check_in_that_still_stands_when_the_next_is_due_is_a_miss() -> None:
    life = _with_check_ins_each_day().wait_days(1)
    first = check_in(life)
    life.wait_days(1)
    assert life.requests[first.id].status is RequestStatus.EXPIRED
    assert check_in(life).id != first.id
    event = last(life, EventTag.CHECK_IN_MISSED)
    assert {"request": first.id, "because": "expired"}.items() <= event.data.items()
    asked = last(life, EventTag.CHECK_IN_ASKED)
    assert {"request": check_in(life).id, "assignee": "manager", "step": 0}.items() <= asked.data.items()


def test_the_end_of_a_stage_counts_its_missed_check_ins_and_leaves_none_due() -> None:
    life = running()
    life.now += timedelta(days=40)
    life.settle()
    assert last(life, EventTag.STAGE_ENDED).data["check_ins_missed"] == 1
    assert life.case.check_in_at is None


def test_the_end_of_the_ladder_is_named_as_what_ended_the_case() -> None:
    only = POLICY.model_copy(update={"ladder": (POLICY.ladder[0].model_copy(update={"then": None}),)})
    life = Life(policy=only).open().answer("coach").wait_days(31)
    closed = last(life, EventTag.CASE_CLOSED)
    assert {"exit": Exit.POLICY_CLOSED, "because": "ladder_ended"}.items() <= closed.data.items()


def test_an_adverse_stage_without_one_before_it_is_extended_and_then_asked_about_again() -> None:
    only = POLICY.model_copy(update={"ladder": (POLICY.ladder[-1],)})
    life = Life(policy=only).open("final_review").answer("extend_plan", known_by="link+code")
    assert (life.case.stage, life.case.phase) == ("final_review", Phase.RUNNING)
    life.wait(life.case.stage_ends_at or life.now)
    assert (life.case.phase, life.asked.purpose) == (Phase.ASKING, "removal_proposal")
