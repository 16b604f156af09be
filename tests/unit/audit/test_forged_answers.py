"""Answers without weight: not taken in, from nobody, from another seat, by a link; and mail to others."""

import copy
from collections.abc import Callable

import pytest

from tests.unit.audit.lives import Value
from tests.unit.audit.on_record import put_on_record, values_of
from tests.unit.audit.test_case_course import at, graduation, ours, removal, theirs, withdrawal
from tests.unit.evaluate.case_life import Life

Change = Callable[[list[Value]], None]


def heard() -> list[Value]:
    """The rep speaks while the stage runs; later a check-in is held, and HR is asked about the next stage."""
    life = put_on_record(Life()).open().answer("coach")
    life.answer("rebut", by="rep", request=life.standing("rep"))
    life.wait_days(8)
    life.answer("held", request=life.standing("check_in"))
    life.wait_days(25).answer("publish")
    return values_of(life)


def disputed_by_the_rep() -> list[Value]:
    life = put_on_record(Life()).open().answer("coach")
    life.answer("dispute_figures", by="rep", request=life.standing("rep")).answer("reject").wait_days(31)
    return values_of(life)


def extended() -> list[Value]:
    life = put_on_record(Life()).open("final_review").settle().answer("extend_plan", known_by="link+code")
    return values_of(life.wait_days(1))


def answer_of(story: list[Value], purpose: str) -> Value:
    return next(
        one for one in story if one["tag"] == "request:answered" and one["data"]["purpose"] == purpose
    )


def never_taken_in(*tags: str) -> Change:
    def change(story: list[Value]) -> None:
        story[:] = [one for one in story if one["tag"] not in tags]

    return change


def answered_by(purpose: str, **actor: str) -> Change:
    return lambda story: answer_of(story, purpose)["actor"].update(actor)


def answer_says(purpose: str, **data: object) -> Change:
    return lambda story: answer_of(story, purpose)["data"].update(data)


def acts(tag: str, **actor: str) -> Change:
    return lambda story: at(story, tag)["actor"].update(actor)


def without_comparison(where: str, purpose: str) -> Change:
    return lambda story: answer_of(story, purpose)[where].pop("compared")


def by_link(purpose: str, *tags: str) -> Change:
    def change(story: list[Value]) -> None:
        answer_of(story, purpose)["actor"]["authenticated_by"] = "link"
        for tag in tags:
            at(story, tag)["actor"]["authenticated_by"] = "link"

    return change


def mailed(kind: str, to: str, purpose: str, after: str = "request:sent") -> Change:
    """One more event: a mail about the question of this purpose, after the first event of the tag."""

    def change(story: list[Value]) -> None:
        asked = next(one for one in story if one["data"].get("purpose") == purpose)
        place = next(i for i, one in enumerate(story) if one["data"].get("purpose") == purpose)
        if after == "request:answered":
            place = story.index(answer_of(story, purpose))
        data = {"notice": "n-1", "kind": kind, "to": to, "request": asked["data"]["request"]}
        data |= {"message": "m-1", "link": None}
        sent = {**copy.deepcopy(story[place]), "tag": "notice:sent", "data": data}
        sent["relied_on"] = {"text": "ab" * 32}
        sent["actor"] = {"id": "relay", "kind": "system", "authenticated_by": "none"}
        story.insert(place + 1, sent)

    return change


FORGERIES: list[tuple[Callable[[], list[Value]], Change, str]] = [
    (heard, never_taken_in("rep:rebutted"), "nobody took in"),
    (heard, never_taken_in("check_in:done"), "nobody took in"),
    (disputed_by_the_rep, never_taken_in("dispute:raised", "case:held"), ""),
    (heard, answered_by("rep", kind="system", authenticated_by="none"), "which is no person"),
    (heard, answered_by("rep", authenticated_by="none"), "which is no person"),
    (heard, answered_by("rep", authenticated_by="iam"), "which is no person"),
    (heard, answered_by("rep", kind="service"), "which is no person"),
    (heard, acts("rep:rebutted", kind="system", authenticated_by="none"), "acts, but rep answered"),
    (heard, acts("rep:rebutted", authenticated_by="cognito"), "acts, but rep answered"),
    (heard, acts("check_in:done", id="director"), "acts, but manager answered"),
    (heard, acts("stage:approved", authenticated_by="none"), "acts, but"),
    (withdrawal, acts("dispute:raised", id="director"), "acts, but manager answered"),
    (withdrawal, acts("dispute:decided", kind="system"), "acts, but"),
    (heard, answer_says("stage_plan", seat="skip_level"), "as `seat`"),
    (heard, answer_says("rep", assignee="manager"), "as `assignee`"),
    (heard, answer_says("gate", on_behalf_of="manager"), "as `on_behalf_of`"),
    (heard, answer_says("check_in", seat="hr_partner"), "as `seat`"),
    (removal, by_link("removal_proposal"), "by a link alone"),
    (removal, by_link("removal_approval"), "by a link alone"),
    (extended, by_link("removal_proposal"), "by a link alone"),
    (removal, without_comparison("data", "removal_proposal"), "comparable people"),
    (removal, without_comparison("relied_on", "removal_proposal"), "comparable people"),
    (removal, without_comparison("data", "removal_approval"), "comparable people"),
    (removal, without_comparison("relied_on", "removal_approval"), "comparable people"),
    (extended, without_comparison("data", "removal_proposal"), "comparable people"),
    (heard, mailed("question", "director", "stage_plan"), "question went to director"),
    (heard, mailed("reminder", "somebody", "stage_plan"), "reminder went to somebody"),
    (heard, mailed("rep_told", "manager", "rep"), "rep_told went to manager"),
    (heard, mailed("check_in_due", "rep", "check_in"), "check_in_due went to rep"),
    (heard, mailed("gate", "manager", "gate"), "gate went to manager"),
    (removal, mailed("removal_approval", "manager", "removal_approval"), "went to manager"),
    (removal, mailed("one_time_code", "director", "removal_proposal"), "went to director"),
    (heard, mailed("receipt", "director", "stage_plan", "request:answered"), "receipt went to director"),
]


@pytest.mark.parametrize(("honest", "forge", "words"), FORGERIES)
def test_an_answer_without_weight_is_found_by_both(
    honest: Callable[[], list[Value]], forge: Change, words: str
) -> None:
    story = honest()
    assert (ours(story), theirs(story)) == ([], "")
    forge(story)
    for sequence, value in enumerate(story, 1):
        value["sequence"] = sequence
    assert words in "\n".join(ours(story))
    assert ours(story)
    assert theirs(story) != ""


@pytest.mark.parametrize(
    ("kind", "to", "purpose"),
    [
        ("question", "manager", "stage_plan"),
        ("rep_told", "rep", "rep"),
        ("check_in_due", "manager", "check_in"),
    ],
)
def test_mail_to_whom_it_asks_is_no_fault(kind: str, to: str, purpose: str) -> None:
    story = heard()
    mailed(kind, to, purpose)(story)
    for sequence, value in enumerate(story, 1):
        value["sequence"] = sequence
    assert (ours(story), theirs(story)) == ([], "")


def test_an_honest_end_leaves_no_answer_behind() -> None:
    for honest in (removal, withdrawal, graduation, heard, disputed_by_the_rep, extended):
        assert (ours(honest()), theirs(honest())) == ([], "")
