"""The tamper laboratory: every change to a bundle is found, at its place, and clean records raise no alarm.

`make soak` runs it at its full size: 100,000 mutations and 10,000 clean ledgers.
"""

import base64
import io
import json
import os
import random
import zipfile
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest

from functions.audit.verify import Report, verify
from functions.audit.verify.events import any_event, parse_event, plain_event
from functions.audit.verify.files import ZipFiles
from shared.domain.canonical import canonical_bytes, digest
from shared.domain.event import EventTag
from tests.unit.audit.bundles import (
    bundle_of_case,
    bundle_of_ledger,
    checked,
    unpacked,
    with_manifest_mended,
)
from tests.unit.audit.workshop import POLICY, START, Crash, TestSigner, World, lived_in

SOAK = os.environ.get("PLUMBLINE_SOAK") == "1"
MUTATIONS = 100_000 if SOAK else 1_000
CLEAN = 10_000 if SOAK else 40
HEAD = ("tag", "subject", "sequence", "previous", "occurred_at", "recorded_at")
AIDS = ("README.txt", "chronicle.html", "names.json")
CASE = unpacked(bundle_of_case(lived_in()))
LEDGER = unpacked(bundle_of_ledger(lived_in()))

Files = dict[str, bytes]
Mutation = Callable[[random.Random, Files], str]
"""Changes the files and returns the name at which the change must be found."""


def evidence_in(files: Files) -> list[str]:
    return sorted(name for name in files if name not in (*AIDS, "manifest.json"))


def flip(chance: random.Random, files: Files) -> str:
    name = chance.choice(evidence_in(files))
    data = bytearray(files[name])
    data[chance.randrange(len(data))] ^= chance.randrange(1, 256)
    files[name] = bytes(data)
    return name


def cut(chance: random.Random, files: Files) -> str:
    name = chance.choice(evidence_in(files))
    files[name] = files[name][: chance.randrange(len(files[name]))]
    return name


def pad(chance: random.Random, files: Files) -> str:
    name = chance.choice(evidence_in(files))
    at = chance.randrange(len(files[name]) + 1)
    files[name] = files[name][:at] + chance.randbytes(chance.randrange(1, 5)) + files[name][at:]
    return name


def swap(chance: random.Random, files: Files) -> str:
    folder = chance.choice([name.rsplit("/", 1)[0] for name in evidence_in(files)])
    names = [name for name in evidence_in(files) if name.rsplit("/", 1)[0] == folder]
    one, other = chance.choice(names), chance.choice(evidence_in(files))
    while files[one] == files[other]:
        other = chance.choice(evidence_in(files))
    files[one], files[other] = files[other], files[one]
    return one


def overwrite(chance: random.Random, files: Files) -> str:
    one, other = chance.choice(evidence_in(files)), chance.choice(evidence_in(files))
    while files[one] == files[other]:
        other = chance.choice(evidence_in(files))
    files[one] = files[other]
    return one


def insert(chance: random.Random, files: Files) -> str:
    source = chance.choice(
        [name for name in evidence_in(files) if any(digit in name for digit in "0123456789")]
    )
    name = source.replace("0", "9", 1)
    files[name] = files[source]
    return name


def reword(chance: random.Random, files: Files) -> str:
    """A different value somewhere in the JSON, written as canonically as the ledger would."""
    name = chance.choice([name for name in evidence_in(files) if name.endswith(".json")])
    value = json.loads(files[name])
    holder = value
    while True:
        key = chance.choice(sorted(holder) if isinstance(holder, dict) else range(len(holder)))
        if isinstance(holder[key], dict | list) and holder[key]:
            holder = holder[key]
            continue
        old = holder[key]
        holder[key] = old + 1 if isinstance(old, int) else "forged" if old != "forged" else None
        break
    files[name] = canonical_bytes(value)
    return name


def lines_of(chance: random.Random, files: Files) -> tuple[str, list[bytes]]:
    name = chance.choice([name for name in files if "/segments/" in name])
    return name, files[name].splitlines(keepends=True)


def delete_line(chance: random.Random, files: Files) -> str:
    name, lines = lines_of(chance, files)
    del lines[chance.randrange(len(lines))]
    files[name] = b"".join(lines)
    return name


def repeat_line(chance: random.Random, files: Files) -> str:
    name, lines = lines_of(chance, files)
    lines.insert(chance.randrange(len(lines)), chance.choice(lines))
    files[name] = b"".join(lines)
    return name


def shuffle_lines(chance: random.Random, files: Files) -> str:
    name, lines = lines_of(chance, files)
    while len(lines) < 2:
        name, lines = lines_of(chance, files)
    lines.append(lines.pop(chance.randrange(len(lines) - 1)))
    files[name] = b"".join(lines)
    return name


def backdate(chance: random.Random, files: Files) -> str:
    name, lines = lines_of(chance, files)
    at = chance.randrange(len(lines))
    event = json.loads(lines[at])
    event[chance.choice(["occurred_at", "recorded_at"])] = "2026-09-01T06:00:00.000Z"
    lines[at] = canonical_bytes(event) + b"\n"
    files[name] = b"".join(lines)
    return name


def resign(chance: random.Random, files: Files) -> str:
    """A checkpoint signed again, with a key of the forger's that claims to be the keeper's."""
    name = chance.choice([name for name in files if "checkpoints/" in name])
    value = json.loads(files[name])
    forged = TestSigner.made(chance.randrange(10, 99)).sign(canonical_bytes(value["checkpoint"]))
    value["signature"] = base64.b64encode(forged).decode()
    files[name] = canonical_bytes(value)
    return name


EVERYWHERE: list[Mutation] = [flip, cut, pad, swap, overwrite, insert, reword, resign]
IN_SEGMENTS: list[Mutation] = [delete_line, repeat_line, shuffle_lines, backdate]


def speaks_of(report: Report, name: str, files: Files) -> bool:
    """Whether a finding names the file, or what it is about: its index, its checkpoint, its key."""
    about = {name, name.rsplit("/", 1)[-1], name.rsplit("/", 1)[0] + "/"}
    if name.endswith(".pem"):
        about.add(name[5:69])
    if name.startswith(("proofs/", "events/")):
        about |= {f"proofs/{name[7:]}", f"events/{name[7:]}"}
    if name.startswith(("policies/", "openings/")):
        about.add("policies/")
    if "/segments/" in name or "checkpoints/" in name:
        about |= {"index", "checkpoint"}
    return any(part in f"{at.where}: {at.what}" for at in report.findings for part in about)


@pytest.mark.parametrize("mended", [False, True], ids=["manifest as it was", "manifest mended"])
@pytest.mark.parametrize("kind", ["case", "ledger"])
def test_every_mutation_is_found_at_its_place(kind: str, mended: bool) -> None:
    clean = CASE if kind == "case" else LEDGER
    mutations = EVERYWHERE if kind == "case" else EVERYWHERE + IN_SEGMENTS
    chance = random.Random(f"{kind} {mended}")
    for number in range(MUTATIONS // 4):
        files = dict(clean)
        mutation = chance.choice(mutations)
        name = mutation(chance, files)
        if files == clean:
            continue
        report = checked(with_manifest_mended(files) if mended else files)
        assert report.exit_status in (1, 4), (number, mutation.__name__, name)
        assert speaks_of(report, name, files), (number, mutation.__name__, name, report.findings)


def test_the_fast_way_to_read_an_event_agrees_with_the_thorough_one() -> None:
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
        if plain_event(bytes(data)) is not None:
            plain += 1
            event, value = parse_event(bytes(data), "f", 1, 0), any_event(bytes(data))
            assert event.value == value
            assert all(getattr(event, name) == value[name] for name in HEAD)
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
            optional = name.startswith(("openings/", "checkpoints/000000000005"))
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
            opened = zipfile.ZipFile(io.BytesIO(bytes(data)))
        except (zipfile.BadZipFile, NotImplementedError, ValueError):
            continue  # reported as a damaged archive
        files = ZipFiles(opened)
        report = verify(files)
        if report.exit_status == 0:
            assert {name: files.read(name) for name in files.names()} == clean


def test_the_record_of_a_forger_without_the_key_convinces_only_who_was_told_nothing() -> None:
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


def test_no_clean_ledger_raises_an_alarm() -> None:
    chance = random.Random(11)
    for number in range(CLEAN):
        world = some_ledger(chance)
        covered = world.segments()[: json.loads(world.checkpoints()[-1])["checkpoint"]["size"]]
        waiting = len(covered) < len(world.events)
        report = checked(unpacked(bundle_of_ledger(world)), chance.choice(world.checkpoints()))
        assert report.exit_status == (5 if waiting else 0), (number, report.findings)
        case = chance.choice(["case/a", "case/b"])
        if any(at.subject == case and stored.index is not None for at, stored in world.events.items()):
            report = checked(unpacked(bundle_of_case(world, case)), chance.choice(world.checkpoints()))
            assert report.exit_status in (0, 5), (number, report.findings)


def some_ledger(chance: random.Random) -> World:
    """A life of some days: bursts, silence, crashes, keys handed on."""
    world = World([TestSigner.made(number) for number in range(3)])
    now, key = START, 0
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
