from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from shared.domain.event import (
    NOTHING_BEFORE,
    Actor,
    ActorKind,
    Authentication,
    Event,
    EventDraft,
    EventTag,
    associated_data,
    chain,
    event_bytes,
    event_digest,
    moment,
    opening_bytes,
    parse_event,
    sealed,
    stamp,
)
from shared.domain.identifiers import CommandId, PersonId, Subject

NOW = datetime(2026, 10, 1, 6, 0, 0, 123456, tzinfo=UTC)


def draft(**changes: object) -> EventDraft:
    plain = EventDraft(
        tag=EventTag.CASE_OPENED,
        subject=Subject("case/c-1"),
        occurred_at=NOW,
        actor=Actor(ActorKind.SYSTEM, "open_case"),
        command=CommandId("k-1"),
        relied_on={"policy": "field-sales@3"},
        data={"stage": "coaching"},
    )
    return replace(plain, **changes)  # type: ignore[arg-type] # the test names the fields it changes


def opened() -> Event:
    return chain(draft(), 1, NOTHING_BEFORE, NOW)


def test_an_event_reads_back_from_its_bytes_as_it_was() -> None:
    assert parse_event(event_bytes(opened())) == opened()


def test_each_event_names_the_digest_of_the_one_before() -> None:
    second = chain(draft(tag=EventTag.CASE_CLOSED), 2, event_digest(event_bytes(opened())), NOW)
    assert second.previous == event_digest(event_bytes(opened()))
    with pytest.raises(ValueError, match="first event"):
        chain(draft(), 2, NOTHING_BEFORE, NOW)
    with pytest.raises(ValueError, match="first event"):
        chain(draft(), 1, "a" * 64, NOW)


def test_a_private_part_stands_in_the_bytes_only_as_ciphertext_and_commitment() -> None:
    private = draft(private={"reason": "moved house"}, person=PersonId("r-7"))
    assert private.private is not None
    opening = opening_bytes(private.private, bytes(16))
    part = sealed("key-1", bytes(12), b"\xff" * 40, opening)
    event = chain(private, 1, NOTHING_BEFORE, NOW, part)
    data = event_bytes(event)
    assert b"moved" not in data
    assert parse_event(data).private == part
    assert b"case:opened" in associated_data(private)


def test_a_private_part_is_never_dropped_nor_left_unsealed() -> None:
    with pytest.raises(ValueError, match="sealed part"):
        chain(draft(private={"reason": "x"}, person=PersonId("r-7")), 1, NOTHING_BEFORE, NOW)
    with pytest.raises(ValueError, match="whose key"):
        draft(private={"reason": "x"})


def test_floats_are_refused_where_the_event_is_drafted() -> None:
    with pytest.raises(ValueError, match="exact"):
        draft(data={"attainment": 0.7})
    with pytest.raises(ValueError, match="have to be text"):
        draft(relied_on={"rows": 3})


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"v":1', b'"v":2'),
        (b'"v":1', b'"v":true'),
        (b'"sequence":1', b'"sequence":0'),
        (b'"sequence":1', b'"sequence":"1"'),
        (b"case:opened", b"case:vanished"),
        (b"06:00:00.123Z", b"06:00:00.123z"),
        (b"2026-10-01", b"2026-10-41"),
        (b'"private":null', b'"private":{}'),
        (b'"private":null', b'"private":null,"q":1'),
        (b'"data":{"stage":"coaching"}', b'"data":[]'),
        (b'"kind":"system"', b'"kind":"robot"'),
        (b'"previous":"0', b'"previous":"g'),
        (b'"id":"open_case"', b'"id":7'),
        (b'"policy":"field-sales@3"', b'"policy":3'),
        (b'{"actor"', b'{ "actor"'),
    ],
)
def test_bytes_that_are_not_exactly_an_event_are_refused(old: bytes, new: bytes) -> None:
    data = event_bytes(opened())
    assert old in data
    with pytest.raises(ValueError, match=r"."):
        parse_event(data.replace(old, new))


def test_times_are_utc_and_cut_to_milliseconds() -> None:
    assert stamp(NOW) == "2026-10-01T06:00:00.123Z"
    assert stamp(NOW.astimezone(timezone(timedelta(hours=-5)))) == stamp(NOW)
    assert moment("2026-10-01T06:00:00.123Z") == NOW.replace(microsecond=123000)
    with pytest.raises(ValueError, match="zone"):
        stamp(datetime(2026, 10, 1))
    with pytest.raises(ValueError, match="form"):
        moment("2026-10-01T06:00:00Z")


def test_tags_are_one_closed_catalogue_of_subject_and_past_tense() -> None:
    assert all(tag.value.count(":") == 1 for tag in EventTag)
    assert {kind.value for kind in Authentication} == {"none", "link", "link+code", "cognito", "iam"}
