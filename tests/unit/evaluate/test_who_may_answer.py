"""The end of a chain, and the people whose answers do not count."""

from functions.evaluate.cases.chain import hr_chain
from shared.domain.case import Phase
from shared.domain.event import EventTag
from shared.domain.ladder import Ask, Length, Link
from shared.domain.person import HR_QUEUE
from tests.unit.evaluate.case_life import POLICY, Life, in_final_review, new_york

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
