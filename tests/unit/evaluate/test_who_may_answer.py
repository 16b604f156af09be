"""The end of a chain, and the people whose answers do not count."""

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import pytest

from functions.evaluate.cases.chain import hr_chain
from shared.domain.case import Exit, Phase
from shared.domain.event import EventTag
from shared.domain.identifiers import PersonId
from shared.domain.ladder import Ask, Length, Link
from shared.domain.person import HR_QUEUE
from tests.unit.evaluate.case_life import (
    POLICY,
    Life,
    at_the_gate,
    directory,
    in_final_review,
    new_york,
    person,
)

COACHING = POLICY.ladder[0]


def refused(life: Life) -> list[str]:
    return [event.data["reason"] for event in life.events if event.tag is EventTag.ANSWER_REFUSED]


def asking(*chain: Link) -> Life:
    """A case whose first stage asks along this chain."""
    first = COACHING.model_copy(update={"ask": Ask(chain=chain, answers=("coach",))})
    return Life(policy=POLICY.model_copy(update={"ladder": (first, *POLICY.ladder[1:])})).open()


def test_hrs_chain_ends_with_the_hr_queue_exactly_once() -> None:
    assert [link.to for link in hr_chain(COACHING)] == ["hr_partner", "hr_queue"]
    partner = Ask(chain=(Link(to="hr_partner", within=Length(3, "bd")),), answers=("coach",))
    without_queue = COACHING.model_copy(update={"ask": partner})
    assert [link.to for link in hr_chain(without_queue)] == ["hr_partner", "hr_queue"]


def test_each_question_to_the_hr_queue_is_a_further_step_of_the_chain() -> None:
    life = Life().open()
    steps = [life.asked.step]
    for _ in range(6):
        steps.append(life.pass_deadline().asked.step)
    assert steps == [0, 1, 2, 3, 4, 5, 6]


def test_after_the_chains_end_the_hr_queue_has_as_long_as_the_policy_gives_it() -> None:
    life = asking(
        Link(to="manager", within=Length(1, "bd")),
        Link(to="hr_queue", within=Length(1, "bd")),
    )
    life.pass_deadline().pass_deadline()
    assert life.asked.assignee == HR_QUEUE
    assert life.now == new_york("2026-10-06T15:00")
    assert life.asked.due_at == new_york("2026-10-07T15:00")


def test_signed_in_hr_does_not_answer_a_managers_question() -> None:
    life = Life().open().answer("coach", by="partner", known_by="cognito")
    assert refused(life) == ["not_asked"]
    assert (life.case.phase, life.asked.assignee) == (Phase.ASKING, "manager")


def test_a_rep_who_works_in_hr_does_not_decide_about_their_own_case() -> None:
    life = Life().open().answer("request_exception").answer("grant", by="rep", known_by="cognito")
    assert refused(life) == ["own_case"]
    assert life.case.exit is None


def test_after_hr_sends_a_proposal_back_nobody_is_its_proposer() -> None:
    life = in_final_review().answer("propose_removal", known_by="link+code")
    assert life.case.proposed_by == "manager"
    assert life.answer("send_back", known_by="cognito").case.proposed_by is None


def at_the_queue(life: Life) -> Life:
    """Nobody answers until the HR queue is asked."""
    while life.asked.assignee != HR_QUEUE:
        life.pass_deadline()
    return life


def an_exception() -> Life:
    return at_the_queue(Life().open().answer("request_exception"))


def a_dispute() -> Life:
    return at_the_queue(Life().open().answer("dispute_figures"))


def a_leave() -> Life:
    return at_the_queue(Life().open().report_leave())


def a_plan() -> Life:
    return at_the_queue(Life().open())


def a_gate() -> Life:
    return at_the_queue(at_the_gate())


def a_proposal() -> Life:
    return at_the_queue(in_final_review())


def an_approval() -> Life:
    return at_the_queue(in_final_review().answer("propose_removal", known_by="link+code"))


@pytest.mark.parametrize("known_by", ["link", "link+code"])
@pytest.mark.parametrize(
    "question", [a_plan, an_exception, a_dispute, a_leave, a_gate, a_proposal, an_approval]
)
def test_no_link_answers_a_question_to_the_hr_queue(
    question: Callable[[], Life], known_by: Literal["link", "link+code"]
) -> None:
    life = question()
    asked, before = life.asked, life.case
    assert asked.takes_a_sign_in
    for by in (HR_QUEUE, "partner-3"):
        life.answer(life.asked.choices[0], by=by, known_by=known_by)
    assert len(refused(life)) == 2
    assert "sign_in_missing" in refused(life) or asked.adverse
    assert life.asked.purpose == asked.purpose
    assert (life.case.status, life.case.phase, life.case.hold) == (before.status, before.phase, before.hold)


def test_nobody_requests_an_exception_signed_in_and_grants_it_by_the_queues_link() -> None:
    life = a_plan().answer("request_exception", by="partner-2", known_by="cognito")
    assert life.case.hold is not None
    at_the_queue(life).answer("grant")
    assert life.case.exit is None
    life.answer("grant", by="partner-2", known_by="cognito")
    assert refused(life) == ["sign_in_missing", "proposer_may_not_decide"]
    assert life.answer("grant", by="partner-3", known_by="cognito").case.exit is Exit.EXCEPTED


def test_nobody_requests_an_exception_by_the_queues_link_and_grants_it_signed_in() -> None:
    life = a_plan().answer("request_exception")
    assert life.case.hold is None
    assert refused(life) == ["sign_in_missing"]


def test_the_mailbox_is_nobody_even_where_a_sign_in_names_it() -> None:
    life = an_exception().answer("grant", by=HR_QUEUE, known_by="cognito")
    assert refused(life) == ["not_in_company"]


@pytest.mark.parametrize("who", ["partner-2", "somebody"])
def test_who_left_or_whom_nobody_knows_does_not_decide(who: str) -> None:
    life = an_exception()
    life.people = directory(person("partner-2", active=False))
    life.answer("grant", by=who, known_by="cognito")
    assert refused(life) == ["not_in_company"]
    assert life.case.exit is None


def test_an_answer_of_somebody_who_left_before_it_was_taken_in_does_not_count() -> None:
    life = Life().open()
    life.people = directory(replace(life.people.people[PersonId("manager")], active=False))
    life.answer("coach")
    assert refused(life) == ["not_in_company"]
    assert (life.asked.assignee, life.asked.status) == ("director", "open")


def test_a_manager_who_requested_an_exception_does_not_grant_it_as_hr() -> None:
    both = person("rep", "partner", "partner-2")
    life = Life(directory(both)).open().answer("request_exception")
    assert life.case.proposed_by == "partner"
    life.answer("grant", by="partner", known_by="cognito")
    assert refused(life) == ["proposer_may_not_decide"]
