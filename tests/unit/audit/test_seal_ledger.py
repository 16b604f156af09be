from datetime import timedelta
from itertools import pairwise

import pytest

from functions.audit.ledger.format import NO_CHECKPOINT, leaf_hashes, parse_checkpoint
from functions.audit.ledger.seal_ledger import MOST_ROUNDS, Head
from shared.domain.errors import Conflict, IntegrityError
from shared.domain.event import EventTag, parse_event
from shared.domain.identifiers import Subject
from shared.domain.merkle import Frontier
from shared.ledger_ports import EventPlace, StoredEvent
from tests.unit.audit.workshop import START, Crash, TestSigner, World, lived_in

MINUTE = timedelta(minutes=1)


def busy() -> World:
    world = World()
    for number in range(3):
        for subject in ("case/a", "case/b", "batch/x"):
            world.happened(subject, EventTag.CASE_MARKED, START + number * MINUTE, n=number)
    return world


def test_every_event_gets_one_place_and_each_chain_keeps_its_order() -> None:
    world = busy()
    report = world.seal(START + 5 * MINUTE)
    assert (report.sealed, report.waiting, report.broken, report.lag_seconds) == (9, 0, (), 300)
    sealed = [parse_event(data) for data in world.segments()]
    assert len(sealed) == 9
    for subject in ("case/a", "case/b", "batch/x"):
        assert [event.sequence for event in sealed if event.subject == subject] == [1, 2, 3]
    assert sorted(at.recorded_at for at in sealed) == [at.recorded_at for at in sealed]
    assert all(world.segments()[at.index] == at.data for at in world.events.values() if at.index is not None)
    assert None not in {stored.index for stored in world.events.values()}


def test_checkpoints_form_a_chain_over_growing_roots() -> None:
    world = lived_in()
    points = [parse_checkpoint(data)[0] for data in world.checkpoints()]
    assert points[0].previous == NO_CHECKPOINT
    assert all(after.previous == before.digest() for before, after in pairwise(points))
    assert [point.number for point in points] == list(range(len(points)))
    assert [point.size for point in points] == [3, 4, 5, 5, 7]
    for point in points:
        assert Frontier().extended(leaf_hashes(world.segments()[: point.size])).root().hex() == point.root


def test_the_old_key_signs_its_own_succession() -> None:
    world = lived_in()
    old, new = (signer.key_id for signer in world.signers)
    assert [parse_checkpoint(data)[0].key for data in world.checkpoints()] == [old, old, old, new, new]


def test_a_quiet_ledger_is_signed_once_an_hour() -> None:
    world = busy()
    world.seal(START + 5 * MINUTE)
    assert world.seal(START + 64 * MINUTE).checkpoint is None
    beat = world.seal(START + 65 * MINUTE)
    assert beat.sealed == 0
    assert beat.checkpoint is not None
    assert beat.checkpoint.size == 9
    assert len(world.checkpoints()) == 2


def test_the_next_run_finishes_a_crashed_one_to_the_same_bytes() -> None:
    whole = busy()
    whole.seal(START + 5 * MINUTE)
    for die_at in range(1, whole.calls + 1):
        world = busy()
        world.die_at = die_at
        with pytest.raises(Crash):
            world.seal(START + 5 * MINUTE)
        world.happened("case/late", EventTag.CASE_OPENED, START + 6 * MINUTE)
        world.seal(START + 7 * MINUTE)
        world.seal(START + 8 * MINUTE)
        sealed = world.segments()
        assert sorted(sealed) == sorted(stored.data for stored in world.events.values())
        points = [parse_checkpoint(data)[0] for data in world.checkpoints()]
        assert points[-1].size == 10
        assert points[-1].root == Frontier().extended(leaf_hashes(sealed)).root().hex()
        if len(points) == 2:  # the plan was written before the crash, so its bytes are the whole run's
            assert sealed[:9] == whole.segments()
            assert points[0] == parse_checkpoint(whole.checkpoints()[0])[0]


def test_two_writers_at_once_write_one_ledger() -> None:
    world = busy()
    world.die_at = 6
    with pytest.raises(Crash):
        world.seal(START + 5 * MINUTE)
    planned = world.head_item
    assert planned is not None
    world.seal(START + 6 * MINUTE)
    done = world.head_item
    world.head_item = planned  # a writer that read the head before the other one had moved it
    world.seal(START + 7 * MINUTE)
    assert world.head_item == done
    world.head_item = (planned[0] + 5, planned[1])
    with pytest.raises(Conflict):
        world.sealing().head.replace(planned[0] + 1, planned[1])


def test_an_event_waits_for_the_one_before_it() -> None:
    world = busy()
    world.hidden = {EventPlace(Subject("case/a"), 2)}
    report = world.seal(START + 5 * MINUTE)
    assert (report.sealed, report.waiting) == (7, 1)
    world.hidden = set()
    assert world.seal(START + 6 * MINUTE).sealed == 2
    assert len(world.segments()) == 9


def test_a_broken_chain_is_reported_and_holds_up_nobody_else() -> None:
    world = busy()
    wrong = EventPlace(Subject("case/a"), 2)
    world.events[wrong] = StoredEvent(world.events[EventPlace(Subject("case/b"), 2)].data, None)
    report = world.seal(START + 5 * MINUTE)
    assert report.sealed == 7
    assert report.broken == (wrong, EventPlace(Subject("case/a"), 3))
    world.events[wrong] = StoredEvent(b"{}", None)
    assert world.seal(START + 70 * MINUTE).broken == report.broken


def test_bytes_that_read_back_differently_are_never_signed() -> None:
    world = busy()
    world.files["ledger/segments/000000000000-000000000008.jsonl"] = b"something else\n"
    with pytest.raises(IntegrityError, match="different bytes"):
        world.seal(START + 5 * MINUTE)
    assert world.checkpoints() == []


def test_an_event_that_vanishes_from_the_table_stops_the_sealing() -> None:
    world = busy()
    world.die_at = 5
    with pytest.raises(Crash):
        world.seal(START + 5 * MINUTE)
    del world.events[EventPlace(Subject("case/a"), 3)]
    with pytest.raises(IntegrityError, match="event 3 of case/a was to be sealed"):
        world.seal(START + 6 * MINUTE)


def test_a_checkpoint_is_never_dated_before_what_it_seals() -> None:
    world = busy()
    world.happened("case/a", EventTag.CASE_CLOSED, START + 9 * MINUTE)
    first = world.seal(START + 5 * MINUTE).checkpoint
    assert first is not None
    assert first.time == "2026-10-01T06:09:00.000Z"


def test_everything_is_kept_for_the_policys_years() -> None:
    world = busy()
    world.seal(START + 5 * MINUTE)
    assert set(world.retained) == set(world.files)
    assert set(world.retained.values()) == {START + 5 * MINUTE + timedelta(days=365 * 7)}


def test_many_events_go_into_segments_of_bounded_size() -> None:
    world = World()
    for number in range(2500):
        world.happened(
            f"case/{number % 1300}" if number >= 1300 else f"case/{number}", EventTag.CASE_MARKED, START
        )
    total = sum(world.seal(START + 5 * MINUTE).sealed for _ in range(3))
    assert total == len(world.segments()) == 2500
    assert len(world.checkpoints()) <= MOST_ROUNDS


def test_the_head_reads_back_from_its_item() -> None:
    head = Head.first(TestSigner.made(1).key_id)
    assert Head.parse(0, head.body()) == head
