"""Invariants of a case: promises that must hold after any triggers in any order."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from functions.evaluate.cases.escalation import what_is_due
from functions.evaluate.cases.triggers import (
    CheckInDue,
    FindingsRestored,
    FindingsUndone,
    Opened,
    OwnerLeft,
    PauseRequested,
    PersonLeft,
    PolicyEnded,
    ResultsArrived,
    StageEnded,
)
from shared.domain.case import CaseStatus, Exit
from shared.domain.errors import IllegalTransition
from shared.domain.event import EventDraft, EventTag, moment
from shared.domain.identifiers import EvaluationId, PersonId
from shared.domain.period import Period
from shared.domain.person import HR_QUEUE
from shared.domain.request import Request, RequestStatus
from tests.unit.evaluate.case_life import POLICY, Life, decision, directory, figures, person

PEOPLE = ("rep", "manager", "director", "partner", "deputy")
DECISIONS = frozenset(
    (
        EventTag.STAGE_APPROVED,
        EventTag.STAGE_SENT_BACK,
        EventTag.DISPUTE_DECIDED,
        EventTag.EXCEPTION_DECIDED,
        EventTag.WITHDRAWAL_DECIDED,
        EventTag.REMOVAL_PROPOSED,
        EventTag.REMOVAL_APPROVED,
        EventTag.REMOVAL_SENT_BACK,
    )
)
ANSWERERS = (*PEOPLE, HR_QUEUE, "somebody")
POLICIES = (
    POLICY,
    POLICY.model_copy(update={"hold": POLICY.hold.model_copy(update={"dispute": "run"})}),
    POLICY.model_copy(
        update={"ladder": tuple(stage.model_copy(update={"gate": None}) for stage in POLICY.ladder)}
    ),
)


def is_open(machine: "CaseLife") -> bool:
    return machine.life.state is not None and machine.life.case.status is CaseStatus.OPEN


def is_asking(machine: "CaseLife") -> bool:
    return is_open(machine) and bool(machine.life.case.standing)


class CaseLife(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.life = Life()
        self.serial = 0
        self.results = Period.parse("2026-09")

    @precondition(lambda self: not is_open(self))
    @rule()
    def a_relapse_opens_another_case(self) -> None:
        self.life = Life(policy=self.life.policy, now=self.life.now)
        self.life.open("improvement_plan").settle()

    @initialize(
        policy=st.sampled_from(POLICIES),
        stage=st.sampled_from(["coaching", "improvement_plan", "final_review"]),
    )
    def opened(self, policy: Any, stage: str) -> None:
        self.life = Life(policy=policy)
        self.life.open(stage).settle()

    @precondition(is_asking)
    @rule(data=st.data(), known_by=st.sampled_from(["link+code", "cognito", "link"]))
    def somebody_answers(self, data: st.DataObject, known_by: Any) -> None:
        request = data.draw(st.sampled_from(self._open_requests()))
        choice = data.draw(st.sampled_from([*request.choices, "no_such_choice"]))
        by = data.draw(st.sampled_from([request.assignee] * 12 + list(ANSWERERS)))
        self.life.answer(choice, by=by, known_by=known_by, request=request)

    @precondition(is_open)
    @rule(turns=st.integers(1, 5))
    def the_asked_people_answer_well(self, turns: int) -> None:
        """The way forward, taken often enough that late stages are reached."""
        for _ in range(turns):
            if is_open(self):
                self._go_forward()

    def _go_forward(self) -> None:
        request = self.life.requests[self.life.case.request_id] if self.life.case.request_id else None
        if request is None:
            self.life.wait(self.life.case.due_at)
            return
        forward = {"stage_plan": 0, "gate": 0, "removal_proposal": 0, "removal_approval": 0}
        index = forward.get(request.purpose, -1)
        by = f"partner-{2 + self.serial % 2}" if request.assignee == HR_QUEUE else request.assignee
        self.serial += 1
        known_by: Any = "cognito" if request.assignee == HR_QUEUE else "link+code"
        self.life.answer(request.choices[index], by=by, known_by=known_by, request=request)

    @precondition(is_open)
    @rule(hours=st.integers(1, 24 * 30))
    def time_passes(self, hours: int) -> None:
        self.life.wait(self.life.now + timedelta(hours=hours))

    @precondition(is_asking)
    @rule(data=st.data())
    def a_mail_bounces(self, data: st.DataObject) -> None:
        request = data.draw(st.sampled_from(self._open_requests()))
        self.life.requests[request.id] = request.ended(RequestStatus.BOUNCED)
        self.life.settle()

    @precondition(is_open)
    @rule(who=st.sampled_from(["manager", "director", "partner", "deputy"]), active=st.booleans())
    def somebody_leaves_or_comes_back(self, who: str, active: bool) -> None:
        people = dict(self.life.people.people)
        people[PersonId(who)] = replace(people[PersonId(who)], active=active)
        self.life.people = replace(self.life.people, people=people)
        self.life.settle()

    @precondition(is_open)
    @rule(to=st.sampled_from(["manager", "deputy", "director", "nobody"]))
    def the_rep_moves_to_another_manager(self, to: str) -> None:
        moved = replace(self.life.people.people[PersonId("rep")], manager_id=PersonId(to))
        self.life.people = replace(self.life.people, people={**self.life.people.people, moved.id: moved})
        self.life.settle()

    @precondition(lambda self: is_open(self) and self.serial % 10 == 7)
    @rule()
    def the_rep_leaves(self) -> None:
        people = dict(self.life.people.people)
        people[PersonId("rep")] = replace(people[PersonId("rep")], active=False)
        self.life.people = replace(self.life.people, people=people)
        self.life.settle()
        assert self.life.case.exit is Exit.LEFT_COMPANY

    @precondition(is_open)
    @rule(delegate=st.sampled_from(["deputy", "rep", "director", None]))
    def the_manager_names_a_delegate(self, delegate: str | None) -> None:
        changed = person(
            "manager", "director", "partner", delegate_id=None if delegate is None else PersonId(delegate)
        )
        people = {**self.life.people.people, changed.id: changed}
        self.life.people = replace(directory(), people=people)
        self.life.settle()

    @precondition(is_open)
    @rule()
    def the_same_rep_is_flagged_again(self) -> None:
        """However often, an open case stays the only one."""
        before = self.life.case
        with pytest.raises(IllegalTransition):
            self.life.happen(Opened(decision(str(self.results)), EvaluationId("e-again"), before.stage))
        assert self.life.case == before

    @precondition(is_open)
    @rule(attainment=st.sampled_from(["0.2", "0.5", "0.84", "0.9"]), leave=st.integers(0, 10))
    def results_arrive(self, attainment: str, leave: int) -> None:
        self.results = self.results.plus(1)
        period = str(self.results)
        news = decision(period, figures(period, attainment, leave), outcome="clear")
        self.life.happen(ResultsArrived(news, EvaluationId(f"e-{period}")))
        self.life.settle()

    @precondition(lambda self: is_open(self) and EventTag.CASE_MARKED not in self.life)
    @rule()
    def a_restatement_undoes_the_findings(self) -> None:
        self.serial += 1
        undone = decision("2026-09", figures("2026-09", "0.9"), outcome="clear")
        self.life.happen(FindingsUndone(undone, EvaluationId(f"again-{self.serial}")))
        self.life.settle()

    @precondition(lambda self: is_open(self) and self.life.case.marked is not None)
    @rule()
    def restated_again_the_findings_hold(self) -> None:
        self.serial += 1
        self.life.happen(FindingsRestored(decision("2026-09"), EvaluationId(f"again-{self.serial}")))
        self.life.settle()

    @precondition(lambda self: is_open(self) and self.serial % 3 == 0)
    @rule()
    def leave_begins(self) -> None:
        self.life.report_leave()

    @precondition(lambda self: is_open(self) and self.serial % 10 == 9)
    @rule()
    def the_policy_ends(self) -> None:
        self.life.policy_ended = True
        self.life.settle()
        assert self.life.case.exit is Exit.POLICY_CLOSED

    @invariant()
    def an_open_case_has_a_living_owner_who_is_not_the_rep_and_a_due_time_ahead(self) -> None:
        case = self.life.state
        if case is None or case.status is CaseStatus.CLOSED:
            return
        owner = self.life.people.person(case.owner)
        assert case.owner != case.rep_id
        assert case.owner == HR_QUEUE or (owner is not None and owner.active)
        assert what_is_due(case, self.life.context()) is None
        assert case.due_at > self.life.now

    @invariant()
    def what_hr_said_is_taken_in_at_once(self) -> None:
        assert not self.life.instructions

    @invariant()
    def nobody_is_asked_about_their_own_case(self) -> None:
        for request in self.life.requests.values():
            assert (request.assignee == "rep") == (request.seat == "rep")
            assert request.on_behalf_of != "rep"

    @invariant()
    def every_open_request_stands_in_its_open_case(self) -> None:
        case = self.life.state
        if case is None:
            return
        still_open = {one.id for one in self.life.requests.values() if one.status is RequestStatus.OPEN}
        assert still_open == set(case.standing)
        if case.status is CaseStatus.CLOSED:
            assert not case.standing
            assert case.exit is not None

    @invariant()
    def no_removal_without_two_different_people_one_of_them_of_hr(self) -> None:
        if self.life.state is None or self.life.case.exit is not Exit.REMOVAL_APPROVED:
            return
        proposed = self._events(EventTag.REMOVAL_PROPOSED)[-1]
        (approved,) = self._events(EventTag.REMOVAL_APPROVED)
        assert proposed.data["by"] != approved.data["by"]
        approval = [one for one in self.life.requests.values() if one.purpose == "removal_approval"][-1]
        assert approval.seat in ("hr_partner", "hr_queue")
        assert approval.answer is not None
        assert approval.answer.authenticated_by != "link"
        assert not {"rep", HR_QUEUE} & {proposed.data["by"], approved.data["by"]}

    @invariant()
    def no_stage_ends_before_its_days_are_over_and_days_on_hold_do_not_count(self) -> None:
        begun: datetime | None = None
        length = held_for = timedelta(0)
        held_since: datetime | None = None
        for event in self.life.events:
            match event.tag:
                case EventTag.STAGE_BEGUN:
                    begun, held_for = event.occurred_at, timedelta(0)
                    length = moment(event.data["ends_at"]) - event.occurred_at
                case EventTag.CASE_HELD if event.data["paused"]:
                    held_since = event.occurred_at
                case EventTag.CASE_RESUMED if held_since is not None:
                    held_for += event.occurred_at - held_since
                    held_since = None
                case EventTag.STAGE_ENDED:
                    assert begun is not None
                    assert event.occurred_at - begun - held_for >= length

    @invariant()
    def nobody_decides_on_their_own_case_nor_on_what_they_asked_for(self) -> None:
        asked_by: str | None = None
        for event in self.life.events:
            by = event.data.get("by")
            match event.tag:
                case EventTag.EXCEPTION_REQUESTED | EventTag.REMOVAL_PROPOSED:
                    asked_by = by
                case EventTag.EXCEPTION_DECIDED | EventTag.REMOVAL_APPROVED | EventTag.REMOVAL_SENT_BACK:
                    assert by != asked_by
            if event.tag in DECISIONS:
                assert by is not None
                assert by != "rep"

    @invariant()
    def a_closed_case_acts_no_more_and_takes_no_step(self) -> None:
        case = self.life.state
        if case is None or case.status is not CaseStatus.CLOSED:
            return
        assert what_is_due(case, self.life.context()) is None
        news = decision("2027-12", figures("2027-12", "0.2"))
        for trigger in (
            PersonLeft(),
            PolicyEnded(),
            StageEnded(),
            CheckInDue(),
            OwnerLeft(),
            PauseRequested("leave"),
            ResultsArrived(news, EvaluationId("late")),
            FindingsUndone(news, EvaluationId("late")),
        ):
            with pytest.raises(IllegalTransition):
                self.life.happen(trigger)
        assert self.life.state == case

    @invariant()
    def no_notice_is_written_twice(self) -> None:
        ids = [effect.id for effect in self.life.effects]
        assert len(ids) == len(set(ids))

    def _open_requests(self) -> list[Request]:
        return [self.life.requests[one] for one in self.life.case.standing]

    def _events(self, tag: EventTag) -> list[EventDraft]:
        return [event for event in self.life.events if event.tag is tag]


TestCaseLife = CaseLife.TestCase
TestCaseLife.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
