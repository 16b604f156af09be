"""The rules about a case's course: no honest life breaks one, and both verifiers judge changed ones alike."""

import copy
import random
from collections.abc import Callable

import pytest

from functions.audit.verify.case_rules import CaseRules
from functions.audit.verify.data_forms import fault_of
from shared.domain.identifiers import PersonId
from tests.independent_verifier.bundle import Bundle
from tests.independent_verifier.catalogue import is_of_published_form
from tests.independent_verifier.chains import dishonest
from tests.unit.audit import lives
from tests.unit.audit.lives import Value, changed, some_life
from tests.unit.audit.on_record import put_on_record, values_of
from tests.unit.audit.soak import share
from tests.unit.evaluate.case_life import Life, directory, figures, person

LIVES = share(40, 10_000)


def ours(story: list[Value]) -> list[str]:
    formless = [fault_of(value["tag"], value["data"], value["relied_on"]) for value in story]
    if any(formless):
        return [fault for fault in formless if fault]  # such bytes are no event, and nobody follows them
    rules = CaseRules()
    return [fault for value in story for fault in rules.faults(value)]


def theirs(story: list[Value]) -> str:
    """Why the second verifier refuses it; empty where it does not."""
    if not all(map(is_of_published_form, story)):
        return "another form"
    told = Bundle({})
    dishonest(told, "case/one", story)
    return "; ".join(what for _, what in told.why)


def test_no_honest_case_breaks_a_rule() -> None:
    chance = random.Random(3)
    tags = set[str]()
    for number in range(LIVES):
        story = values_of(some_life(chance))
        tags |= {value["tag"] for value in story}
        assert (ours(story), theirs(story)) == ([], ""), (number, [value["tag"] for value in story])
    assert len(tags) > 30


def test_both_verifiers_agree_on_changed_case_histories() -> None:
    chance = random.Random(7)
    found = dict.fromkeys((change.__name__ for change in lives.CHANGES), 0)
    for number in range(LIVES):
        life = some_life(chance)
        for _ in range(4):
            name, story = changed(chance, life)
            found[name] += bool(ours(story))
            assert bool(ours(story)) == bool(theirs(story)), (number, name, ours(story), theirs(story))
    assert min(found.values()) > LIVES // 20, found


def removal() -> list[Value]:
    life = put_on_record(Life()).open("final_review").settle()
    life.answer("propose_removal", known_by="link+code").answer("approve", known_by="cognito")
    assert life.case.exit == "removal_approved"
    return values_of(life)


def withdrawal() -> list[Value]:
    life = put_on_record(Life()).open().answer("dispute_figures").answer("uphold")
    assert life.case.exit == "withdrawn"
    return values_of(life)


def graduation() -> list[Value]:
    life = put_on_record(Life()).open().answer("coach").report_leave().wait_days(2).answer("resume")
    life.results("2026-10", figures("2026-10", "0.9000")).results("2026-11", figures("2026-11", "0.9000"))
    assert life.case.exit == "graduated"
    return values_of(life)


def second_stage() -> list[Value]:
    life = put_on_record(Life()).open().answer("coach").wait_days(31).answer("publish")
    return values_of(life.pass_deadline())


def at(story: list[Value], tag: str) -> Value:
    return next(value for value in story if value["tag"] == tag)


def say(tag: str, **data: object) -> Callable[[list[Value]], None]:
    return lambda story: at(story, tag)["data"].update(data)


def by(tag: str, who: str) -> Callable[[list[Value]], None]:
    def change(story: list[Value]) -> None:
        at(story, tag)["actor"]["id"] = who
        if "by" in at(story, tag)["data"]:
            at(story, tag)["data"]["by"] = who

    return change


def known_by(tag: str, how: str) -> Callable[[list[Value]], None]:
    return lambda story: at(story, tag)["actor"].update(authenticated_by=how)


def without(tag: str) -> Callable[[list[Value]], None]:
    return lambda story: story.remove(at(story, tag))


def forget_the_silence(story: list[Value]) -> None:
    story.remove(
        next(one for one in story if one["tag"] == "request:expired" and "plan" in one["data"]["purpose"])
    )


def early(tag: str) -> Callable[[list[Value]], None]:
    def change(story: list[Value]) -> None:
        at(story, tag)["occurred_at"] = story[0]["occurred_at"]

    return change


@pytest.mark.parametrize(
    ("honest", "change", "words"),
    [
        (removal, by("removal:approved", "manager"), "not from manager"),
        (removal, without("removal:proposed"), "asks about removal_approval while the case is asking"),
        (removal, without("removal:approved"), "closed as removal_approved, which nobody decided"),
        (removal, known_by("removal:approved", "link"), "takes more than a link"),
        (removal, known_by("removal:proposed", "none"), "takes more than a link"),
        (removal, say("removal:approved", proposed_by="director"), "names director as the proposer"),
        (removal, say("request:sent", assignee="rep"), "the rep's own case"),
        (withdrawal, without("dispute:decided"), "withdrawn, which nobody decided"),
        (withdrawal, without("dispute:raised"), "nothing led to"),
        (withdrawal, say("dispute:decided", choice="reject"), "is uphold, not reject"),
        (withdrawal, say("case:closed", exit="excepted"), "closed as excepted"),
        (withdrawal, say("request:answered", choice="coach"), "is coach, not dispute_figures"),
        (graduation, without("case:resumed"), "on hold"),
        (graduation, say("case:held", reason="dispute"), "nothing led to"),
        (graduation, say("case:resumed", ends_at="2027-01-01T06:00:00.000Z"), "after the hold, but must end"),
        (graduation, say("stage:begun", ends_at="2026-10-01T06:00:00.000Z"), "ends before it begins"),
        (graduation, say("request:sent", choices=["dispute_figures"]), "which was not offered"),
        (graduation, say("owner:changed", **{"from": "somebody"}), "takes the case from somebody"),
        (graduation, without("request:answered"), "nobody gave the answer"),
        (second_stage, without("stage:approved"), "entered happened while the case was gate"),
        (second_stage, say("stage:approved", to="final_review"), "is about stage final_review"),
        (second_stage, early("stage:ended"), "ended before"),
        (second_stage, say("stage:ended", check_ins_missed=0), "missed check-ins"),
        (second_stage, early("request:expired"), "expired before"),
        (second_stage, forget_the_silence, "was due"),
        (second_stage, without("stage:gated"), "while the case is ended"),
    ],
)
def test_a_step_that_cannot_follow_is_named(
    honest: Callable[[], list[Value]], change: Callable[[list[Value]], None], words: str
) -> None:
    story = honest()
    assert ours(story) == []
    assert theirs(story) == ""
    forged = copy.deepcopy(story)
    change(forged)
    for sequence, value in enumerate(forged, 1):
        value["sequence"] = sequence
    assert words in "\n".join(ours(forged))
    assert theirs(forged) != ""
    assert story == honest()


def test_who_proposes_a_removal_may_not_approve_it() -> None:
    story = removal()
    approval = next(one for one in story if one["data"].get("purpose") == "removal_approval")
    answer = [one for one in story if one["tag"] == "request:answered"][-1]
    approval["data"]["on_behalf_of"] = answer["data"]["on_behalf_of"] = "manager"
    answer["actor"]["id"] = "manager"
    by("removal:approved", "manager")(story)
    assert "manager decided about what manager had proposed" in "\n".join(ours(story))
    assert theirs(story) != ""


def granted_after_a_stand_in_asked() -> list[Value]:
    """A stand-in of the HR partner requested an exception; another person granted it."""
    away = person("partner", delegate_id=PersonId("partner-2"))
    life = put_on_record(Life(directory(away))).open()
    while life.asked.seat != "hr_partner":
        life.pass_deadline()
    life.answer("request_exception").answer("grant", by="partner-3", known_by="cognito")
    assert life.case.exit == "excepted"
    return values_of(life)


@pytest.mark.parametrize("who", ["partner", "partner-2"])
def test_neither_a_stand_in_nor_their_principal_decides_what_one_of_them_proposed(who: str) -> None:
    story = granted_after_a_stand_in_asked()
    assert (ours(story), theirs(story)) == ([], "")
    [*_, answer] = [one for one in story if one["tag"] == "request:answered"]
    answer["actor"]["id"] = who
    by("exception:decided", who)(story)
    assert f"{who} decided about what partner-2 had proposed" in "\n".join(ours(story))
    assert theirs(story) != ""


def test_the_other_person_of_a_proposal_is_one_whom_the_question_names() -> None:
    story = granted_after_a_stand_in_asked()
    say("exception:requested", in_place_of="manager")(story)
    assert "names manager, whom" in "\n".join(ours(story))
    assert theirs(story) != ""


def test_what_an_earlier_release_recorded_of_a_stand_in_verifies_as_before() -> None:
    """It named nobody beside the proposer, and the principal could decide."""
    story = granted_after_a_stand_in_asked()
    del at(story, "exception:requested")["data"]["in_place_of"]
    [*_, answer] = [one for one in story if one["tag"] == "request:answered"]
    answer["actor"]["id"] = "partner"
    by("exception:decided", "partner")(story)
    assert (ours(story), theirs(story)) == ([], "")
