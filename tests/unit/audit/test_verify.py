"""The verifier's verdicts: intact, tampered, incomplete, not anchored; and the command."""

import json
import subprocess
import sys
from base64 import b64decode, b64encode
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from functions.audit.evidence.bundles import case_bundle
from functions.audit.verify import Report, Verdict, as_json, as_text
from functions.audit.verify.findings import Finding
from local.cli import main
from local.commands.verify import write_standalone
from shared.domain.event import Actor, ActorKind, Authentication, EventTag
from tests.independent_verifier import exit_status
from tests.unit.audit.bundles import (
    bundle_of_case,
    bundle_of_ledger,
    case_evidence,
    checked,
    packed,
    unpacked,
    with_manifest_mended,
)
from tests.unit.audit.workshop import START, TestSigner, World, lived_in

# The workshop's evaluation does not say what it was made from, as one of before that was recorded.
NOT_RECOMPUTED = Finding(
    Verdict.REMARK,
    "decision/line.json",
    "not recomputed: the record of its evaluation does not name what the decision was made from",
)
HOUR = timedelta(hours=1)
MANAGER = Actor(ActorKind.PERSON, "m-1", Authentication.LINK_AND_CODE)


def findings(report: Report, verdict: Verdict) -> str:
    return "\n".join(f"{at.where}: {at.what}" for at in report.findings if at.verdict is verdict)


Step = tuple[EventTag, Actor, dict[str, Any]]


def ledger_of(*happened: Step) -> Report:
    """The report on a ledger of one case to which this happened, a minute apart."""
    world = World()
    for minute, (tag, actor, data) in enumerate(happened):
        world.happened("case/c-1", tag, START + timedelta(minutes=minute), actor=actor, **data)
    world.seal(START + HOUR)
    return checked(unpacked(bundle_of_ledger(world)))


def test_an_unchanged_bundle_is_intact() -> None:
    for bundle, remarks in (
        (bundle_of_case(lived_in()), [NOT_RECOMPUTED]),
        (bundle_of_case(lived_in(), "case/c-2"), [NOT_RECOMPUTED]),
        (bundle_of_ledger(lived_in()), []),
    ):
        report = checked(unpacked(bundle))
        assert (report.exit_status, report.findings) == (0, remarks)


def test_a_redacted_edition_is_intact_too() -> None:
    evidence = replace(case_evidence(lived_in()), openings={}, names={}, decision=None)
    assert checked(unpacked(case_bundle(evidence))).exit_status == 0


def test_sealed_parts_are_counted_as_opened_sealed_or_erased() -> None:
    world = lived_in()
    evidence = case_evidence(world)
    report = checked(unpacked(case_bundle(evidence)))
    assert (report.opened, report.sealed, report.erased) == (2, 0, 0)
    assert "2 are opened here" in as_text(report)
    report = checked(unpacked(case_bundle(replace(evidence, openings={}, decision=None))))
    assert (report.opened, report.sealed, report.erased) == (0, 2, 0)
    report = checked(unpacked(bundle_of_ledger(world)))
    assert (report.opened, report.sealed, report.erased) == (0, 3, 0)
    world.happened("person/r-7", EventTag.SUBJECT_SHREDDED, START + 2 * HOUR, person="r-7")
    world.seal(START + 2 * HOUR)
    world.happened("case/c-1", EventTag.LEAVE_REPORTED, START + 3 * HOUR, private={"reason": "away"}, by="h")
    world.seal(START + 3 * HOUR)
    report = checked(unpacked(bundle_of_ledger(world)))
    assert (report.exit_status, report.opened, report.sealed, report.erased) == (0, 0, 1, 3)
    assert json.loads(as_json(report))["sealed_parts"] == {"opened": 0, "sealed": 1, "erased": 3}


def test_a_bundle_with_the_latest_checkpoint_alone_is_intact() -> None:
    evidence = case_evidence(lived_in())
    report = checked(unpacked(case_bundle(replace(evidence, checkpoints=evidence.checkpoints[-1:]))))
    assert (report.exit_status, report.findings) == (0, [NOT_RECOMPUTED])
    few = [evidence.checkpoints[0], evidence.checkpoints[-1]]
    report = checked(unpacked(case_bundle(replace(evidence, checkpoints=few))))
    assert (report.exit_status, report.findings) == (0, [NOT_RECOMPUTED])


def test_events_that_no_checkpoint_covers_are_reported_as_unanchored() -> None:
    world = lived_in()
    world.happened("case/c-1", EventTag.NOTICE_SENT, START + 2 * HOUR, notice="n-1")
    for bundle in (bundle_of_case(world), bundle_of_ledger(world)):
        report = checked(unpacked(bundle))
        assert report.exit_status == 5
        assert "unsealed/" in findings(report, Verdict.UNANCHORED)
    files = unpacked(bundle_of_ledger(lived_in()))
    del files["ledger/checkpoints/000000000007-000000000004.json"]
    assert checked(with_manifest_mended(files)).exit_status == 5


@pytest.mark.parametrize(
    "missing",
    [
        "manifest.json",
        "events/000000000003.json",
        "proofs/000000000003.json",
        "checkpoints/000000000007-000000000004.json",
        "consistency/000000000003-000000000004.json",
        "policies/field-sales@3.yaml",
        "keys/",
    ],
)
@pytest.mark.parametrize("mended", [False, True])
def test_a_missing_file_that_the_record_refers_to_makes_it_incomplete(missing: str, mended: bool) -> None:
    files = {
        name: data
        for name, data in unpacked(bundle_of_case(lived_in())).items()
        if not name.startswith(missing)
    }
    if missing != "manifest.json" and mended:
        files = with_manifest_mended(files)
    report = checked(files)
    assert report.exit_status == 4
    assert (missing if not mended and missing != "keys/" else "not there") in findings(
        report, Verdict.INCOMPLETE
    )


def test_a_missing_segment_is_told_from_a_changed_one() -> None:
    files = unpacked(bundle_of_ledger(lived_in()))
    for number, name in enumerate(sorted(name for name in files if "/segments/" in name)):
        rest = with_manifest_mended({other: data for other, data in files.items() if other != name})
        report = checked(rest)
        assert report.exit_status == 4, (number, report.findings)
        assert "not there" in findings(report, Verdict.INCOMPLETE) or "cut off" in findings(
            report, Verdict.INCOMPLETE
        )


def test_an_empty_bundle_is_never_intact() -> None:
    assert checked({}).exit_status == 4
    empty = World()
    empty.seal(START)
    files = unpacked(bundle_of_ledger(empty))
    assert checked(files).exit_status == exit_status(files) == 4
    files = unpacked(bundle_of_ledger(empty))
    bare = {name: data for name, data in files.items() if "checkpoints" not in name}
    assert checked(with_manifest_mended(bare)).exit_status == 4


def test_growth_from_every_checkpoint_that_a_reader_holds_is_shown() -> None:
    world = lived_in()
    for anchor in world.checkpoints():
        for bundle in (bundle_of_case(world), bundle_of_ledger(world)):
            report = checked(unpacked(bundle), anchor)
            assert report.exit_status == 0
            assert report.anchored_by


def test_a_record_that_was_made_up_later_does_not_grow_from_the_anchor() -> None:
    anchor = lived_in().checkpoints()[2]
    forged = World([TestSigner.made(8), TestSigner.made(9)])
    for minute in range(9):
        forged.happened(
            "case/c-1",
            EventTag.CASE_OPENED if not minute else EventTag.RECORD_READ,
            START + minute * HOUR,
        )
        forged.seal(START + minute * HOUR)
    files = unpacked(bundle_of_ledger(forged))
    assert checked(files).exit_status in (0, 1)  # two keys, of which the record speaks of one
    assert "does not know" in findings(checked(files, anchor), Verdict.TAMPERED)
    told = checked(files, key=lived_in().signers[0].key_id)
    assert "which you were told" in findings(told, Verdict.TAMPERED)


def test_a_keeper_who_rewrites_the_past_is_found_by_the_anchor() -> None:
    anchor = lived_in().checkpoints()[2]
    rewritten = World([TestSigner.made(1), TestSigner.made(2)])
    for minute in range(9):
        tag = EventTag.CASE_OPENED if not minute else EventTag.RECORD_READ
        rewritten.happened("case/c-1", tag, START + timedelta(minutes=minute))
        rewritten.seal(START + timedelta(minutes=minute))
    report = checked(unpacked(bundle_of_ledger(rewritten)), anchor)
    assert "was rewritten" in findings(report, Verdict.TAMPERED)


def test_a_bundle_older_than_the_anchor_is_incomplete() -> None:
    world = lived_in()
    older = unpacked(bundle_of_ledger(world))
    world.happened("case/c-1", EventTag.CASE_CLOSED, START + 2 * HOUR, exit="graduated")
    world.seal(START + 2 * HOUR)
    report = checked(older, world.checkpoints()[-1])
    assert report.exit_status == 4
    assert "ends before it" in findings(report, Verdict.INCOMPLETE)


def test_a_checkpoint_by_a_key_that_nobody_handed_on_to_is_found() -> None:
    world = lived_in()
    world.signers.append(TestSigner.made(3))
    assert world.head_item is not None
    version, body = world.head_item
    world.head_item = (
        version,
        body.replace(world.signers[1].key_id.encode(), world.signers[2].key_id.encode()),
    )
    world.seal(START + 3 * HOUR)
    report = checked(unpacked(bundle_of_ledger(world)))
    assert "the key in force was" in findings(report, Verdict.TAMPERED)


def test_keys_of_another_kind_are_no_keys() -> None:
    clean = unpacked(bundle_of_ledger(lived_in()))
    name = min(name for name in clean if name.startswith("keys/"))
    der = b64decode("".join(clean[name].decode().splitlines()[1:-1]))
    unknown = b64encode(der.replace(bytes.fromhex("2a8648ce3d0201"), bytes.fromhex("2a8648ce3d0241")))
    edwards = Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key()
    for key in (
        b"-----BEGIN PUBLIC KEY-----\n" + unknown + b"\n-----END PUBLIC KEY-----\n",
        edwards.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        clean[name] + b"\n",
        b"",
    ):
        report = checked(with_manifest_mended({**clean, name: key}))
        assert report.exit_status == 1
        assert name in findings(report, Verdict.TAMPERED)


def test_steps_that_no_case_takes_are_found() -> None:
    opened: Step = (EventTag.CASE_OPENED, MANAGER, {})
    asked: Step = (EventTag.REQUEST_SENT, MANAGER, {"request": "c.1", "due_at": "2026-10-01T06:02:00.000Z"})
    answered: Step = (EventTag.REQUEST_ANSWERED, MANAGER, {"request": "c.1"})
    expired: Step = (EventTag.REQUEST_EXPIRED, MANAGER, {"request": "c.1"})
    closed: Step = (EventTag.CASE_CLOSED, MANAGER, {})
    sent: Step = (EventTag.NOTICE_SENT, MANAGER, {"notice": "n-1"})
    for steps, what in (
        ([asked], "begins with case:opened"),
        ([opened, opened], "begins with case:opened"),
        ([opened, closed, asked], "after the case was closed"),
        ([opened, answered], "never asked"),
        ([opened, asked, answered, expired], "second outcome"),
        ([opened, asked, answered, answered], "second outcome"),
        ([opened, sent, sent], "sent a second time"),
    ):
        assert what in findings(ledger_of(*steps), Verdict.TAMPERED)
    later: Step = (EventTag.REQUEST_SENT, MANAGER, {"request": "c.1", "due_at": "2026-10-01T09:00:00.000Z"})
    assert "expired before" in findings(ledger_of(opened, later, expired), Verdict.TAMPERED)
    assert ledger_of(opened, asked, expired, closed, sent).exit_status == 0


def test_silence_and_late_entries_are_only_remarks() -> None:
    world = lived_in()
    world.seal(START + 9 * HOUR)
    report = checked(unpacked(bundle_of_ledger(world)))
    assert report.exit_status == 0
    assert "no checkpoint was made between" in findings(report, Verdict.REMARK)


def test_the_report_says_what_and_where_for_people_and_for_programs() -> None:
    files = unpacked(bundle_of_case(lived_in()))
    files["events/000000000003.json"] = files["events/000000000003.json"].replace(b"c-1.1", b"c-1.2")
    report = checked(files)
    assert "TAMPERED" in as_text(report)
    assert "events/000000000003.json: is not the file that the manifest lists" in as_text(report)
    value = json.loads(as_json(report))
    assert value["verdict"] == "tampered"
    assert value["findings"][0]["where"] == "events/000000000003.json"


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    path = tmp_path / "case.zip"
    path.write_bytes(bundle_of_case(lived_in()))
    return path


def test_the_command_answers_by_its_exit_status(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    world = lived_in()
    bundle.write_bytes(bundle_of_case(world))
    anchor = bundle.with_name("anchor.json")
    anchor.write_bytes(world.checkpoints()[0])
    assert main(["verify", str(bundle), "--anchor", str(anchor)]) == 0
    assert "grew from the checkpoint that you hold" in capsys.readouterr().out
    assert main(["verify", str(bundle), "--json", "--key", world.signers[0].key_id]) == 0
    assert json.loads(capsys.readouterr().out)["verdict"] == "intact"
    bundle.write_bytes(bundle.read_bytes()[:-100])
    assert main(["verify", str(bundle)]) == 1
    assert "cut or damaged" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments", [[], ["nowhere.zip"], [__file__], [".", "--key", "short"], [".", "--anchor", __file__]]
)
def test_a_file_that_cannot_be_checked_is_a_usage_error(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", *arguments]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "Traceback" not in error


def test_a_chronicle_that_says_something_else_than_the_events_is_found(
    bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = unpacked(bundle.read_bytes())
    files["chronicle.html"] = files["chronicle.html"].replace(b"51.25", b"91.25")
    bundle.write_bytes(packed(with_manifest_mended(files)))
    assert main(["verify", str(bundle)]) == 1
    assert "chronicle.html: does not agree with the events" in capsys.readouterr().out
    files["chronicle.html"] = files["chronicle.html"].replace(b"chronicle 5", b"chronicle 3")
    bundle.write_bytes(packed(with_manifest_mended(files)))
    assert main(["verify", str(bundle)]) == 0
    assert "do not rely on it" in capsys.readouterr().out


def test_the_verifier_works_as_one_file_without_the_rest(bundle: Path) -> None:
    alone = bundle.with_name("verify.pyz")
    write_standalone(alone)
    for arguments, status in (([str(bundle)], 0), ([str(bundle), "--json"], 0), ([str(alone)], 4), ([], 2)):
        done = subprocess.run(
            [sys.executable, "-I", str(alone), *arguments],
            cwd=bundle.parent,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == status, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
