"""Two verifiers that share nothing but the page that describes the format agree on everything."""

import random
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from shared.domain.canonical import digest
from shared.domain.event import Actor, ActorKind, Authentication, EventTag, stamp
from tests.independent_verifier import examine, exit_status
from tests.independent_verifier.json_by_hand import read_json
from tests.unit.audit import test_tampering as laboratory
from tests.unit.audit.bundles import bundle_of_case, bundle_of_ledger, checked, unpacked, with_manifest_mended
from tests.unit.audit.mutations import Files
from tests.unit.audit.test_tampering import CASE, LEDGER
from tests.unit.audit.workshop import POLICY, START, TestSigner, World, lived_in

COUNT = laboratory.MUTATIONS // laboratory.PARTS


def disagreement(files: Files, anchor: bytes | None = None) -> str:
    """Empty where both say the same."""
    theirs = exit_status(files, anchor)
    ours = checked(files, anchor)
    if theirs == ours.exit_status:
        return ""
    return f"{ours.exit_status} for {ours.findings[:5]}, and {theirs} for {examine(files, anchor)[:5]}"


def test_they_agree_on_every_deletion() -> None:
    for clean in (CASE, LEDGER):
        for name in clean:
            rest = {other: data for other, data in clean.items() if other != name}
            assert disagreement(rest) == "", name
            if name != "manifest.json":
                assert disagreement(with_manifest_mended(rest)) == "", name


def test_they_agree_on_an_anchor_of_another_ledger() -> None:
    chance = random.Random(13)
    anchor = lived_in().checkpoints()[-1]
    for number in range(20):
        world = laboratory.some_ledger(chance)
        assert disagreement(unpacked(bundle_of_ledger(world)), anchor) == "", number
        if any(at.subject == "case/a" and stored.index is not None for at, stored in world.events.items()):
            assert disagreement(unpacked(bundle_of_case(world, "case/a")), anchor) == "", number


def test_they_agree_where_one_segment_lies_under_several_checkpoints() -> None:
    names = [name for name in LEDGER if "/segments/" in name]
    rest = {name: data for name, data in LEDGER.items() if name not in names}
    whole = f"{names[0][:-18]}{names[-1][-18:]}"
    joined = with_manifest_mended({**rest, whole: b"".join(LEDGER[name] for name in names)})
    lines = joined[whole].splitlines(keepends=True)
    assert len(lines) == int(whole[-18:-6]) + 1 > len(names) > 1
    assert checked(joined).exit_status == 0
    assert disagreement(joined) == ""
    for at, line in enumerate(lines):
        for other in ([], [line, line], [lines[at - 1]], [line.replace(b"2026-10", b"2026-11")]):
            changed = {**joined, whole: b"".join([*lines[:at], *other, *lines[at + 1 :]])}
            assert checked(with_manifest_mended(changed)).exit_status == 1, (at, other)
            assert disagreement(with_manifest_mended(changed)) == "", (at, other)


@pytest.mark.parametrize("part", range(laboratory.PARTS))
def test_they_agree_on_histories_that_a_keeper_makes_up_and_signs(part: int) -> None:
    chance = random.Random(f"made up {part}")
    told = [0, 0, 0]
    for number in range(COUNT // 3):
        world = made_up(chance)
        anchor = chance.choice([None, *world.checkpoints()])
        ledger = unpacked(bundle_of_ledger(world))
        assert disagreement(ledger, anchor) == "", number
        bundle = unpacked(bundle_of_case(world, "case/a"))
        assert disagreement(bundle, anchor) == "", number
        told[(0, 1, 4, 5).index(checked(bundle).exit_status) % 3] += 1
    assert min(told[:2]) > COUNT // 50


def made_up(chance: random.Random) -> World:
    """A ledger whose signatures and hashes are right, and whose story need not be."""
    world = World([TestSigner.made(number) for number in range(2)])
    now = START
    old, new, other = (*(signer.key_id for signer in world.signers), "0" * 64)
    tags = [EventTag.CASE_OPENED, *chance.choices(COURSE, k=chance.randrange(1, 9))]
    for tag in tags if chance.random() < 0.9 else tags[1:]:
        now += timedelta(seconds=chance.choice([0, 1, 400, 4000, -30, -90]))
        due = START + timedelta(seconds=chance.choice([0, 400, 40000]))
        data: dict[str, Any] = (
            {"request": f"a.{chance.randrange(2)}", "due_at": stamp(due)} if "request" in tag else {}
        )
        data |= {"notice": f"n-{chance.randrange(3)}"} if "notice" in tag else {}
        actor = Actor(ActorKind.PERSON, chance.choice(["m-1", "hr-1"]), Authentication.COGNITO)
        relied = {"policy": digest(POLICY)} if tag is tags[0] else {}
        world.happened("case/a", tag, now, actor=actor, relied_on=relied, **data)
        if chance.random() < 0.1:
            names: dict[str, Any] = {
                "old": chance.choice([old, new, other]),
                "new": chance.choice([new, other, ""]),
            }
            world.happened("system", EventTag.KEY_ROTATED, now, **names)
        if chance.random() < 0.5:
            with suppress(StopIteration):  # it was handed on to a key that nobody has
                world.seal(now + timedelta(seconds=chance.choice([0, 5, 8000])))
    if not world.checkpoints():
        world.seal(now)
    return world


# Half of them may stand anywhere, so that more than the course of the case is judged.
ANYWHERE = [tag for tag in EventTag if tag.startswith(("notice:", "link:", "record:"))]
COURSE = ANYWHERE * 4 + [
    tag for tag in EventTag if tag.startswith(("case:", "request:", "removal:", "stage:", "rep:"))
]


@pytest.mark.parametrize(
    "spelling",
    [
        *(
            '{"b":1,"a":2}',
            '{"a":1,"a":1}',
            '{"a": 1}',
            '"\\u0041"',
            '"\\u000a"',
            "1.0",
            "01",
            "-0",
            '{"é":1}',
        ),
        *("9007199254740992", '"\\/"', '"\\u001F"', "[1,]", "nul", '{"a":1}\n', '"\x7f', ""),
    ],
)
def test_its_json_reader_is_as_strict_as_the_format_page(spelling: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - what is wrong with it differs from one to the next
        read_json(spelling.encode())


def test_it_reads_what_the_ledger_writes() -> None:
    assert read_json('{"a":[1,-2,{"b":null}],"c":"é\\n\\\\u0041\\u001f😀"}'.encode()) == {
        "a": [1, -2, {"b": None}],
        "c": "é\n\\u0041\x1f😀",
    }
