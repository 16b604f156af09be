"""Two people means two seats: nobody decides what they, or somebody in whose place they act, proposed."""

from collections.abc import Mapping
from dataclasses import replace

from functions.evaluate.cases.requests import not_to_decide
from functions.evaluate.cases.step_draft import Draft
from shared.domain.case import Exit
from shared.domain.event import EventTag
from shared.domain.identifiers import PersonId
from shared.domain.person import HR_QUEUE, Directory
from tests.unit.evaluate.case_life import Life, directory, person
from tests.unit.evaluate.test_who_may_answer import refused

PARTNER_AWAY = person("partner", delegate_id=PersonId("partner-2"))


def at_the_partner(people: Directory) -> Life:
    """The managers were silent, so HR has the stage's question."""
    life = Life(people).open()
    while life.asked.seat != "hr_partner":
        life.pass_deadline()
    return life


def with_no_delegate(life: Life) -> Life:
    partner = replace(life.people.people[PersonId("partner")], delegate_id=None)
    life.people = replace(life.people, people={**life.people.people, partner.id: partner})
    return life


def barred(life: Life) -> set[str]:
    return set(not_to_decide(Draft(life.case, life.context()), "exception"))


def test_a_principal_does_not_decide_what_their_stand_in_proposed() -> None:
    life = at_the_partner(directory(PARTNER_AWAY))
    assert (life.asked.assignee, life.asked.on_behalf_of) == ("partner-2", "partner")
    with_no_delegate(life).answer("request_exception")
    assert (life.case.proposed_by, life.case.proposed_for) == ("partner-2", "partner")
    assert life.asked.assignee == HR_QUEUE, "neither of the two is asked"
    life.answer("grant", by="partner", known_by="cognito")
    assert refused(life) == ["proposer_may_not_decide"]
    life.answer("grant", by="partner-2", known_by="cognito")
    assert refused(life) == ["proposer_may_not_decide"] * 2
    life.answer("grant", by="partner-3", known_by="cognito")
    assert life.case.exit is Exit.EXCEPTED


def test_a_stand_in_does_not_decide_what_the_principal_proposed() -> None:
    life = at_the_partner(directory(PARTNER_AWAY))
    life.answer("request_exception", by="partner")
    assert (life.case.proposed_by, life.case.proposed_for) == ("partner", "partner-2")
    with_no_delegate(life).answer("grant", by="partner-2", known_by="cognito")
    assert refused(life) == ["proposer_may_not_decide"]


def test_somebody_who_stands_in_for_the_proposer_since_then_does_not_decide_either() -> None:
    life = at_the_partner(directory()).answer("request_exception")
    assert (life.case.proposed_by, life.case.proposed_for) == ("partner", None)
    assert barred(life) == {"partner"}
    life.people = directory(PARTNER_AWAY)
    assert barred(life) == {"partner", "partner-2"}
    life.answer("grant", by="partner-2", known_by="cognito")
    assert refused(life) == ["proposer_may_not_decide"]


def test_the_record_names_both_where_a_stand_in_proposed_and_nobody_else_where_none_did() -> None:
    both = at_the_partner(directory(PARTNER_AWAY)).answer("request_exception")
    alone = at_the_partner(directory()).answer("request_exception")

    def named(life: Life) -> Mapping[str, object]:
        return next(event.data for event in life.events if event.tag is EventTag.EXCEPTION_REQUESTED)

    assert (named(both)["by"], named(both)["in_place_of"]) == ("partner-2", "partner")
    assert "in_place_of" not in named(alone)


def test_the_stand_ins_plan_bars_the_principal_at_the_gate_that_follows() -> None:
    life = at_the_partner(directory(PARTNER_AWAY)).answer("coach")
    begun = next(event for event in life.events if event.tag is EventTag.STAGE_BEGUN)
    assert begun.data["in_place_of"] == "partner"
    life.wait_days(31)
    assert (life.asked.purpose, life.asked.assignee) == ("gate", HR_QUEUE)
    with_no_delegate(life).answer("publish", by="partner", known_by="cognito")
    assert refused(life) == ["proposer_may_not_decide"]
    life.answer("publish", by="partner-3", known_by="cognito")
    assert (life.case.stage, life.case.proposed_by, life.case.proposed_for) == (
        "improvement_plan",
        None,
        None,
    )
