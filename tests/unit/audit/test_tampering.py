"""The tamper laboratory: every change to a bundle is found, at its place, and clean records raise no alarm.

`make soak` runs it at its full size: 100,000 mutations and 10,000 clean ledgers.
"""

import io
import json
import random
from contextlib import suppress
from datetime import timedelta
from functools import partial

import pytest

from functions.audit.verify import verify
from functions.audit.verify.events import any_event, plain_event
from functions.audit.verify.files import ZipFiles
from shared.domain.canonical import digest
from shared.domain.event import EventTag
from tests.independent_verifier import exit_status
from tests.unit.audit.bundles import (
    bundle_of_case,
    bundle_of_ledger,
    checked,
    unpacked,
    with_manifest_mended,
)
from tests.unit.audit.lives import in_a_ledger, some_life
from tests.unit.audit.mutations import EVERYWHERE, IN_A_CASE, IN_THE_LEDGER, Files, evidence_in, speaks_of
from tests.unit.audit.on_record import values_of
from tests.unit.audit.soak import share
from tests.unit.audit.workshop import POLICY, START, Crash, TestSigner, World, lived_in

MUTATIONS = share(1_000, 100_000)
CLEAN = share(40, 10_000)
HEAD = ("tag", "subject", "sequence", "previous", "occurred_at", "recorded_at")
CASE = unpacked(bundle_of_case(lived_in()))
LEDGER = unpacked(bundle_of_ledger(lived_in()))

PARTS = share(1, 10)
"""A soak comes in parts, which may run side by side."""


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("mended", [False, True], ids=["manifest as it was", "manifest mended"])
@pytest.mark.parametrize("kind", ["case", "ledger"])
def test_every_mutation_is_found_at_its_place_and_by_both_verifiers(
    kind: str, mended: bool, part: int
) -> None:
    clean = CASE if kind == "case" else LEDGER
    mutations = EVERYWHERE + (IN_A_CASE if kind == "case" else IN_THE_LEDGER)
    chance = random.Random(f"{kind} {mended} {part}")
    found = 0
    while found < MUTATIONS // 4 // PARTS:
        files = dict(clean)
        mutation = chance.choice(mutations)
        name = mutation(chance, files)
        if files == clean:
            continue
        files = with_manifest_mended(files) if mended else files
        report = checked(files)
        assert report.exit_status in (1, 4), (found, mutation.__name__, name)
        assert speaks_of(report, name, files), (found, mutation.__name__, name, report.findings)
        assert exit_status(files) == report.exit_status, (found, mutation.__name__, name, report.findings)
        found += 1


def test_the_fast_path_for_events_agrees_with_the_slow_path() -> None:
    chance = random.Random(5)
    events = [line for name, data in LEDGER.items() if "/segments/" in name for line in data.splitlines()]
    events += [line.replace(b'"data":{', '"data":{"a":{"occurred_at":"é\\n"},'.encode()) for line in events]
    plain = 0
    for _ in range(MUTATIONS * 4):
        data = bytearray(chance.choice(events))
        for _ in range(chance.randrange(3)):
            at = chance.randrange(len(data))
            data[at : at + chance.randrange(2)] = chance.choice(
                [b"", b"0", b'"', b"}", b"{", b"\\", b",", b"1.0"]
            )
        event = plain_event(bytes(data), "f", 1, 0)
        if event is not None:
            plain += 1
            value = any_event(bytes(data))
            assert event.value == value
            assert all(getattr(event, name) == value[name] for name in HEAD)
            assert event.key == (value["private"] or {"key": None})["key"]
            assert event.step["data"] == value["data"]
            assert event.step["relied_on"] == value["relied_on"]
            assert event.step["actor"].items() <= value["actor"].items()
    assert plain > MUTATIONS // 4


def test_every_deletion_is_found() -> None:
    for clean in (CASE, LEDGER):
        for name in evidence_in(clean):
            rest = {other: data for other, data in clean.items() if other != name}
            assert checked(rest).exit_status in (1, 4), name
            # Another edition has fewer openings, and a bundle of a case need not have every checkpoint.
            optional = name.startswith(("openings/000005", "openings/000003", "checkpoints/000000000005"))
            latest = name.endswith("000000000007-000000000004.json") and clean is LEDGER
            expected = (0,) if optional else (5,) if latest else (1, 4)
            assert checked(with_manifest_mended(rest)).exit_status in expected, name


def test_a_ledger_cut_at_the_end_is_found_by_any_later_anchor() -> None:
    world = lived_in()
    anchor = world.checkpoints()[-1]
    cut_off = {
        name: data
        for name, data in LEDGER.items()
        if not name.endswith(("000000000005-000000000006.jsonl", "000000000007-000000000004.json"))
    }
    assert checked(with_manifest_mended(cut_off)).exit_status == 0
    assert checked(with_manifest_mended(cut_off), anchor).exit_status == 4


@pytest.mark.parametrize("clean", [CASE, LEDGER], ids=["case", "ledger"])
def test_an_archive_with_a_flipped_byte_is_found_or_holds_the_same_files(clean: Files) -> None:
    archive = bundle_of_case(lived_in()) if clean is CASE else bundle_of_ledger(lived_in())
    clean = unpacked(archive)
    chance = random.Random(7)
    for _ in range(MUTATIONS // 10):
        data = bytearray(archive)
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        try:
            files = ZipFiles.read_by(partial(io.BytesIO, bytes(data)))
        except ValueError:
            continue  # reported as a damaged archive
        report = verify(files)
        if report.exit_status == 0:
            assert {name: files.read(name) for name in files.names()} == clean


def test_a_forgers_record_is_found_by_anybody_who_was_told_the_key_or_holds_a_checkpoint() -> None:
    anchor, key = lived_in().checkpoints()[1], lived_in().signers[0].key_id
    forger = World([TestSigner.made(66)])
    for minute in range(5):
        tag = EventTag.RECORD_READ if minute else EventTag.CASE_OPENED
        forger.happened("case/c-1", tag, START + timedelta(minutes=minute))
        forger.seal(START + timedelta(minutes=minute))
    files = unpacked(bundle_of_ledger(forger))
    assert checked(files).exit_status == 0
    assert checked(files, key=key).exit_status == 1
    assert checked(files, anchor).exit_status == 1


@pytest.mark.parametrize("part", range(PARTS))
def test_a_clean_ledger_raises_no_alarm(part: int) -> None:
    chance = random.Random(f"clean {part}")
    for number in range(CLEAN // PARTS):
        world = some_ledger(chance)
        covered = world.segments()[: json.loads(world.checkpoints()[-1])["checkpoint"]["size"]]
        waiting = len(covered) < len(world.events)
        files, anchor = unpacked(bundle_of_ledger(world)), chance.choice(world.checkpoints())
        report = checked(files, anchor)
        assert report.exit_status == (5 if waiting else 0), (number, report.findings)
        assert exit_status(files, anchor) == report.exit_status, number
        for case in ("case/a", "case/b", "case/lived"):
            if any(at.subject == case and stored.index is not None for at, stored in world.events.items()):
                files, anchor = unpacked(bundle_of_case(world, case)), chance.choice(world.checkpoints())
                report = checked(files, anchor)
                assert report.exit_status in (0, 5), (number, report.findings)
                assert exit_status(files, anchor) == report.exit_status, number


def some_ledger(chance: random.Random) -> World:
    """A life of some days: a case that is led, bursts, silence, crashes, keys handed on."""
    world = World([TestSigner.made(number) for number in range(3)])
    now, key = START, 0
    if chance.random() < 0.5:
        life = some_life(chance, turns=5)
        in_a_ledger(values_of(life), world, "case/lived")
        now = life.now
    for case in ("case/a", "case/b"):
        world.happened(
            case, EventTag.CASE_OPENED, now, private={"n": 1}, relied_on={"policy": digest(POLICY)}
        )
    for _ in range(chance.randrange(2, 12)):
        for _ in range(chance.choice([0, 1, 2, 9])):
            now += timedelta(seconds=chance.randrange(3000))
            subject = chance.choice(["case/a", "case/b", "batch/x", "system"])
            world.happened(subject, EventTag.NOTICE_QUEUED, now, notice=f"n-{len(world.events)}")
        if chance.random() < 0.15 and key < 2:
            old, new = (world.signers[at].key_id for at in (key, key + 1))
            world.happened("system", EventTag.KEY_ROTATED, now, old=old, new=new)
            key += 1
        world.die_at = world.calls + chance.randrange(1, 60) if chance.random() < 0.3 else None
        with suppress(Crash):
            world.seal(now + timedelta(seconds=chance.randrange(60)))
        world.die_at = None
    if chance.random() < 0.8:
        world.seal(now + timedelta(hours=1))
    if not world.checkpoints():
        world.seal(now + timedelta(hours=2))
    world.signers = world.signers[: key + 1]
    return world
