import json
import shutil
import subprocess
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from functions.audit.evidence.bundles import case_bundle, ledger_bundle, ledger_tree
from shared.domain.errors import IntegrityError
from shared.domain.event import EventTag
from tests.unit.audit.bundles import (
    bundle_of_case,
    bundle_of_ledger,
    case_evidence,
    checked,
    segments_of,
    unpacked,
)
from tests.unit.audit.workshop import START, Crash, TestSigner, World, lived_in


def test_a_bundle_is_the_same_bytes_each_time() -> None:
    world = lived_in()
    assert bundle_of_case(world) == bundle_of_case(world)
    assert bundle_of_ledger(world) == bundle_of_ledger(world)


def test_the_manifest_has_the_digest_of_every_other_file() -> None:
    for bundle in (bundle_of_case(lived_in()), bundle_of_ledger(lived_in())):
        files = unpacked(bundle)
        digests = json.loads(files.pop("manifest.json"))["files"]
        assert digests == {name: sha256(data).hexdigest() for name, data in files.items()}


def test_a_case_bundle_has_the_case_and_nobody_elses_events() -> None:
    files = unpacked(bundle_of_case(lived_in()))
    subjects = {json.loads(files[name])["subject"] for name in files if name.startswith("events/")}
    assert subjects == {"case/c-1", "evaluation/e-1", "system"}
    assert {name.split("/")[0] for name in files} == {
        "decision",
        "README.txt",
        "checkpoints",
        "chronicle.html",
        "consistency",
        "events",
        "keys",
        "manifest.json",
        "names.json",
        "openings",
        "policies",
        "proofs",
    }


def test_the_chronicle_reads_as_a_story_and_lets_no_markup_through() -> None:
    page = unpacked(bundle_of_case(lived_in()))["chronicle.html"].decode()
    assert "Mia Manager (m-1) (by personal link)" in page
    assert "New territory; &lt;b&gt;let us&lt;/b&gt; coach." in page
    assert "credited 512.50 ÷ 1,000 = 51.25 %" in page
    assert "<script" not in page
    assert "http" not in page


def test_an_edition_with_fewer_openings_has_the_same_events() -> None:
    evidence = case_evidence(lived_in())
    whole, redacted = unpacked(case_bundle(evidence)), unpacked(case_bundle(replace(evidence, openings={})))
    assert "which this edition does not open" in redacted["chronicle.html"].decode()
    same = [name for name in whole if name.startswith(("events/", "proofs/", "checkpoints/"))]
    assert all(whole[name] == redacted[name] for name in same)
    assert not any(name.startswith("openings/") for name in redacted)


def test_events_after_the_latest_checkpoint_are_kept_apart() -> None:
    world = lived_in()
    world.happened("case/c-1", EventTag.CASE_CLOSED, START + timedelta(hours=2), exit="left_company")
    files = unpacked(bundle_of_case(world))
    assert json.loads(files["unsealed/000004.json"])["tag"] == "case:closed"


def test_an_export_during_a_sealing_round_is_intact() -> None:
    for die_at in range(1, 40):
        world = lived_in()
        world.happened("case/c-1", EventTag.CASE_CLOSED, START + timedelta(hours=2), exit="left_company")
        world.die_at = world.calls + die_at
        with suppress(Crash):
            world.seal(START + timedelta(hours=2))
        for bundle in (bundle_of_case(world), bundle_of_ledger(world)):
            report = checked(unpacked(bundle))
            assert report.exit_status in (0, 5), (die_at, report.findings)


def test_an_event_whose_predecessor_came_too_late_for_the_bundle_is_left_for_the_next() -> None:
    world = lived_in()
    segments = segments_of(world)
    for minute in (120, 121):
        at = START + timedelta(minutes=minute)
        world.happened("case/c-1", EventTag.RECORD_READ, at)
    unsealed = [stored.data for stored in world.events.values() if stored.index is None]
    points = {name: data for name, data in world.files.items() if "/checkpoints/" in name}
    for waiting, expected in ((unsealed, 2), (unsealed[1:], 0), (unsealed[:1], 1)):
        files = unpacked(ledger_bundle(segments, points, world.keys(), waiting))
        assert sum(name.startswith("unsealed/") for name in files) == expected
        assert checked(files).exit_status == (5 if expected else 0)


def test_a_key_that_is_not_in_force_yet_is_left_for_a_later_bundle() -> None:
    world = lived_in()
    world.signers.append(TestSigner.made(3))
    old, new = (signer.key_id for signer in world.signers[1:])
    world.happened("system", EventTag.KEY_ROTATED, START + timedelta(hours=2), old=old, new=new)
    for bundle in (bundle_of_case(world), bundle_of_ledger(world)):
        files = unpacked(bundle)
        assert f"keys/{new}.pem" not in files
        assert checked(files).exit_status in (0, 5)
    world.seal(START + timedelta(hours=3))
    for bundle in (bundle_of_case(world), bundle_of_ledger(world)):
        assert f"keys/{new}.pem" in unpacked(bundle)
        assert checked(unpacked(bundle)).exit_status == 0


def test_parts_that_do_not_belong_together_are_refused() -> None:
    evidence, altered = case_evidence(lived_in()), World()
    for minute in range(9):
        altered.happened("case/c-1", EventTag.CASE_MARKED, START + timedelta(minutes=minute))
    altered.seal(START + timedelta(hours=1))
    with pytest.raises(IntegrityError, match="without a checkpoint"):
        case_bundle(replace(evidence, checkpoints=[]))
    with pytest.raises(IntegrityError, match="root"):
        case_bundle(
            replace(evidence, checkpoints=evidence.checkpoints[:1], sealed=ledger_tree(segments_of(altered)))
        )
    with pytest.raises(IntegrityError, match="name"):
        case_bundle(replace(evidence, attachments={"policies/../../etc": b""}))
    segments = segments_of(lived_in())
    del segments[min(segments)]
    with pytest.raises(IntegrityError, match="begin"):
        ledger_tree(segments)


def test_the_instructions_in_the_bundle_work_as_they_are_written(tmp_path: Path) -> None:
    for name, data in unpacked(bundle_of_case(lived_in())).items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    readme = (tmp_path / "README.txt").read_text()
    commands = [line[7:].split("    #")[0] for line in readme.splitlines() if line.startswith("       ")]
    if shutil.which("openssl") is None:  # then at least all the hashes
        commands = [line for line in commands if not line.startswith("openssl")]
    signed = commands[commands.index(next(line for line in commands if line.startswith("F="))) :]
    output = shell("\n".join(signed[: 4 + 2 * bool(shutil.which("openssl"))]), tmp_path)
    key = json.loads(sorted(tmp_path.glob("checkpoints/*.json"))[-1].read_text())["checkpoint"]["key"]
    assert output.splitlines() == (["Verified OK", f"{key}  -"] if shutil.which("openssl") else [])
    index = sorted(path.stem for path in tmp_path.glob("events/*.json"))[-1]
    proof = json.loads((tmp_path / f"proofs/{index}.json").read_text())
    leaf, step = (
        next(line for line in commands if line.startswith(start)) for start in ("H=$( (", "H=$(printf")
    )
    reached = shell(f"I={index}\n{leaf}\necho $H", tmp_path).strip()
    number, last = proof["index"], proof["size"] - 1
    for sibling in proof["path"]:
        if number % 2 or number == last:
            reached = shell(f"P={sibling} H={reached}\n{step}\necho $H", tmp_path).strip()
            while number % 2 == 0 and number:
                number, last = number // 2, last // 2
        else:
            reached = shell(f"P={reached} H={sibling}\n{step}\necho $H", tmp_path).strip()
        number, last = number // 2, last // 2
    roots = [
        json.loads(path.read_text())["checkpoint"] for path in sorted(tmp_path.glob("checkpoints/*.json"))
    ]
    assert reached == next(point["root"] for point in roots if point["size"] == proof["size"])


def shell(script: str, directory: Path) -> str:
    done = subprocess.run(
        ["bash", "-euc", script], cwd=directory, capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout
