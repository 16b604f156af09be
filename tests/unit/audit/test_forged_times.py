"""Backdated events, events of the future, and what else tells the time, by a keeper who can sign."""

import copy
import json
from datetime import datetime, timedelta
from functools import cache

import pytest

from functions.audit.ledger.format import parse_checkpoint
from functions.audit.verify import Verdict, verify
from shared.domain.event import EventTag, stamp
from tests.independent_verifier import examine, exit_status
from tests.unit.audit.bundles import (
    InMemory,
    bundle_of_case,
    bundle_of_ledger,
    checked,
    unpacked,
    with_manifest_mended,
)
from tests.unit.audit.evaluated import Evaluated, september
from tests.unit.audit.forgery import Files, Record
from tests.unit.audit.workshop import START, World, lived_in


@cache
def _made() -> tuple[Evaluated, Files]:
    made = september()
    return made, made.bundle(made.cases[0])


def case_of(kept: Record) -> Files:
    made, honest = _made()
    return kept.case(f"case/{made.cases[0].id}", honest)


def found(files: Files, words: str, anchor: bytes | None = None) -> None:
    report = checked(files, anchor)
    assert words in "\n".join(at.what for at in report.findings), report.findings
    assert report.exit_status == 1
    assert exit_status(files, anchor) == 1, examine(files, anchor)


def moved(time: str, **by: int) -> str:
    return stamp(datetime.fromisoformat(time) + timedelta(**by))


def with_a_late_invention(**later: int) -> Record:
    """The record, to which an event is added much later as if it had been recorded at once."""
    made, _ = _made()
    kept = Record.of(made.world)
    invented = copy.deepcopy(kept.of_tag("request:sent", f"case/{made.cases[0].id}"))
    invented.update(tag="record:read", data={}, relied_on={}, command="invented")
    size, time = kept.checkpoints[-1]
    kept.checkpoints += [(size, moved(time, **later)), (size + 1, moved(moved(time, **later), minutes=1))]
    kept.events.append(invented)
    return kept


@pytest.mark.parametrize("later", [{"days": 30}, {"days": 1}, {"hours": 2}])
def test_an_event_invented_later_is_found_by_an_earlier_checkpoint(later: dict[str, int]) -> None:
    kept = with_a_late_invention(**later)
    found(kept.ledger(), "does not cover it")
    found(case_of(kept), "does not cover it")


def test_a_checkpoint_that_the_bundle_leaves_out_tells_as_well_to_those_who_hold_it() -> None:
    kept = with_a_late_invention(days=30)
    files = case_of(kept)
    held = f"checkpoints/{kept.checkpoints[-2][0]:012d}-{len(kept.checkpoints) - 2:012d}.json"
    anchor = files.pop(held)
    assert checked(with_manifest_mended(files)).exit_status == 0
    found(with_manifest_mended(files), "does not cover it", anchor)


def test_an_event_that_no_checkpoint_covers_may_not_be_old() -> None:
    world = lived_in()
    world.happened("case/c-1", EventTag.RECORD_READ, START + timedelta(minutes=10))
    found(unpacked(bundle_of_case(world)), "does not cover it")
    found(unpacked(bundle_of_ledger(world)), "does not cover it")


def test_sealing_may_lag_for_minutes() -> None:
    kept = with_a_late_invention(minutes=50)
    assert checked(kept.ledger()).exit_status == exit_status(kept.ledger()) == 0


@pytest.mark.parametrize("by", [{"days": 20}, {"hours": 1}, {"minutes": 2}])
@pytest.mark.parametrize("tag", ["request:sent", "case:opened", "evaluation:completed", "export:accepted"])
def test_nothing_happens_after_it_was_recorded(tag: str, by: dict[str, int]) -> None:
    made, _ = _made()
    kept = Record.of(made.world)
    for event in kept.events:
        if event["tag"] == tag:
            event["occurred_at"] = moved(event["recorded_at"], **by)
    found(kept.ledger(), "after it was recorded")
    found(case_of(kept), "after it was recorded")


def test_clocks_may_differ_by_seconds() -> None:
    made, _ = _made()
    kept = Record.of(made.world)
    for event in kept.events:
        event["occurred_at"] = moved(event["recorded_at"], seconds=30)
    assert checked(kept.ledger()).exit_status == exit_status(kept.ledger()) == 0


def anchored(**said: object) -> World:
    world = lived_in()
    point = json.loads(world.checkpoints()[-1])["checkpoint"]
    about = {"number": point["number"], "size": point["size"], "checkpoint": _digest(world)}
    at = START + timedelta(minutes=90)
    world.happened("system", EventTag.CHECKPOINT_ANCHORED, at, **{**about, **said})
    world.seal(at)
    return world


def _digest(world: World) -> str:
    return parse_checkpoint(world.checkpoints()[-1])[0].digest()


def test_a_checkpoint_that_was_sent_is_one_of_the_ledger() -> None:
    assert checked(unpacked(bundle_of_ledger(anchored()))).exit_status == 0
    assert exit_status(unpacked(bundle_of_ledger(anchored()))) == 0
    for said in ({"number": 9}, {"size": 6}, {"checkpoint": "ab" * 32}, {"number": 1}):
        found(unpacked(bundle_of_ledger(anchored(**said))), "checkpoint")


NOW = "2026-10-02T00:00:00.000Z"


@pytest.mark.parametrize("by", [{"days": 300}, {"days": 26_000}])
def test_a_record_of_the_future_is_shown_to_a_reader_with_a_clock(by: dict[str, int]) -> None:
    made, _ = _made()
    kept = Record.of(made.world)
    kept.checkpoints = [(size, moved(time, **by)) for size, time in kept.checkpoints]
    for event in kept.events:
        event["occurred_at"], event["recorded_at"] = (moved(event["recorded_at"], **by),) * 2
    for files in (kept.ledger(), case_of(kept)):
        report = verify(InMemory(files), now=NOW)
        warnings = [at.what for at in report.findings if at.verdict is Verdict.WARNING]
        assert len(warnings) == 1
        assert "by the clock of this machine" in warnings[0]
