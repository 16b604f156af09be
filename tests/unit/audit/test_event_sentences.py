"""What happened, in sentences that need no legend."""

from typing import Any

import pytest

from functions.audit.event_sentences import actor_in_words, headline
from shared.domain.event import NOTHING_BEFORE, Actor, ActorKind, Authentication, Event, EventTag
from shared.domain.identifiers import CommandId, Subject
from shared.domain.person import HR_QUEUE_NAME

NAMES = {"m-1": "Mia Manager", "hr-queue": HR_QUEUE_NAME}


def event(tag: EventTag, **data: Any) -> Event:
    at, actor = "2026-10-05T14:00:00.000Z", Actor(ActorKind.SYSTEM, "test")
    return Event(tag, Subject("case/c-1"), 1, NOTHING_BEFORE, at, at, actor, CommandId("command-1"), {}, data)


def said(tag: EventTag, **data: Any) -> str:
    return headline(event(tag, **data), lambda person: NAMES.get(person, person))


@pytest.mark.parametrize("tag", list(EventTag))
def test_every_event_of_the_catalogue_has_a_sentence_even_with_nothing_in_it(tag: EventTag) -> None:
    assert said(tag).endswith(".")
    assert "{" not in said(tag)


def test_people_are_named_and_times_are_readable() -> None:
    asked = {
        "assignee": "m-1",
        "seat": "skip_level",
        "purpose": "stage_plan",
        "due_at": "2026-10-07T09:30:00.000Z",
    }
    assert said(EventTag.REQUEST_SENT, **asked) == (
        "Mia Manager (manager’s manager) was asked about the plan for the stage "
        "and must answer by 2026-10-07 09:30 UTC."
    )


def test_a_sentence_begins_with_a_capital_letter() -> None:
    assert said(EventTag.OWNER_CHANGED, to="hr-queue", **{"from": "m-1"}) == (
        "HR’s shared queue must act next, instead of Mia Manager."
    )


def test_a_sentence_leaves_out_what_the_event_does_not_say() -> None:
    assert said(EventTag.CASE_OPENED, period="2026-09", rules=[]) == "The case was opened."
    assert said(EventTag.CASE_OPENED, period="2026-09", rules=["two-of-three", "trailing"]) == (
        "The case was opened for 2026-09 under these rules: two-of-three, trailing."
    )


@pytest.mark.parametrize(
    ("authentication", "words"),
    [
        (Authentication.LINK, "by personal link"),
        (Authentication.LINK_AND_CODE, "by personal link and one-time code"),
        (Authentication.COGNITO, "signed in"),
        (Authentication.NONE, "not authenticated"),
    ],
)
def test_the_actor_is_shown_with_their_authentication(authentication: Authentication, words: str) -> None:
    actor = Actor(ActorKind.PERSON, "m-1", authentication)
    assert actor_in_words(actor, lambda person: NAMES[person]) == f"Mia Manager ({words})"
