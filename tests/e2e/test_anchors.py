"""The day's checkpoint goes out by mail; the mail, and a witness, hold the ledger to it afterwards."""

import json
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pytest
from botocore.exceptions import ClientError

from functions.audit.ledger.format import Checkpoint, parse_checkpoint
from local.cli import main
from local.cloud.clients import SignedIn, until
from local.cloud.engine import REGION
from local.cloud.stack import Stack
from shared.domain.event import Event, parse_event
from shared.runtime.clock import ScaledClock
from tests.e2e.conftest import ELSEWHERE, NOTARY
from tests.unit.audit.bundles import bundle_of_ledger, unpacked
from tests.unit.audit.workshop import TestSigner, lived_in

SUBJECT: Final = "The ledger's checkpoint of the day: please keep this mail"


@dataclass
class Office:
    """The cloud, an auditor's account, and the notary's mailbox."""

    stack: Stack
    auditor: SignedIn

    def run(self, function: str) -> dict[str, Any]:
        functions = self.stack.client("lambda").list_functions(MaxItems=50)["Functions"]
        names = [each["FunctionName"] for each in functions]
        [name] = [name for name in names if f"-{function}Function" in name]
        reply = self.stack.client("lambda").invoke(FunctionName=name, Payload=b"{}")
        answer = json.loads(reply["Payload"].read())
        assert "FunctionError" not in reply, answer
        return dict(answer)

    def drop(self, name: str) -> None:
        """Something to go on record: an export that is refused, and changes nothing else."""
        key = f"incoming/varicent-attainment/{name}"
        bucket = self.stack.info["exports_bucket"]
        self.stack.client("s3").put_object(Bucket=bucket, Key=key, Body=f"no header: {name}\n".encode())

        def recorded() -> bool | None:
            exports = self.auditor.get("/exports").json()["exports"]
            return any(each["name"] == name and each["refused"] for each in exports) or None

        until("the refusal is on record", recorded)

    def today(self) -> str:
        clock = self.stack.info["clock"]
        now = ScaledClock(clock["rate"], datetime.fromisoformat(clock["origin"])).now()
        return now.date().isoformat()

    def mails(self) -> list[str]:
        """The texts of the notary's mails, the newest last."""
        return [mail["text"] for mail in self.stack.mails() if mail["to"] == [NOTARY]]

    def fetch(self, bundle: Path) -> Path:
        """The whole ledger, sealed just now."""
        self.run("Seal")
        reply = self.auditor.get("/ledger/evidence")
        assert reply.status == 200, reply.text
        bundle.write_bytes(reply.body)
        return bundle


@dataclass
class Witness:
    state: Path
    token: Path
    api_url: str

    def look(self) -> int:
        given = ["--state", str(self.state), "--source", self.api_url, "--token-file", str(self.token)]
        return main(["witness", *given])

    def verify(self, bundle: Path) -> int:
        key = self.state.with_name(f"{self.state.name}.pub.pem")
        return main(["verify", str(bundle), "--anchor", str(self.state), "--witness-key", str(key)])

    def seen(self) -> Checkpoint:
        return parse_checkpoint(json.loads(self.state.read_text())["checkpoint"].encode())[0]


@pytest.fixture(scope="module")
def office(stack: Stack) -> Office:
    office = Office(stack, SignedIn(stack, "anchors", ("auditor", "hr_admin"), "hr-anchors"))
    office.drop("for-anchors.csv")
    office.run("Seal")
    refused = until("a run with something to copy", lambda: office.run("Anchor")["failed"] or None)
    assert refused == ["bucket"], "there is no such bucket yet"
    stack.client("s3").create_bucket(
        Bucket=ELSEWHERE,
        CreateBucketConfiguration={"LocationConstraint": REGION},
        ObjectLockEnabledForBucket=True,
    )
    return office


@pytest.fixture(scope="module")
def mail(office: Office) -> str:
    """The text of a day's mail, which a second run on that day did not send again."""

    def two_runs_of_one_day() -> str | None:
        office.run("Seal")
        before, day = len(office.mails()), office.today()
        first, second = office.run("Anchor"), office.run("Anchor")
        assert (first["failed"], second["failed"]) == ([], [])
        if first["done"] != ["mail", "bucket"] or office.today() != day:
            return None  # nothing was sealed yet, or midnight came between the two
        assert second["done"] == []
        return until("the mail has come", lambda: next(iter(office.mails()[before:]), None))

    return until("two runs fall on one day", two_runs_of_one_day)


@pytest.fixture
def anchor(mail: str, tmp_path: Path) -> Path:
    saved = tmp_path / "mail.txt"
    saved.write_text(mail)
    return saved


def checkpoint_in(mail: str) -> bytes:
    [line] = [line for line in mail.splitlines() if line.startswith('{"checkpoint":')]
    return line.encode()


def test_the_days_mail_says_what_to_do_with_it(mail: str) -> None:
    assert SUBJECT in mail
    assert "--anchor FILE" in mail


def test_the_record_says_of_each_days_mail_which_checkpoint_went_out(
    office: Office, mail: str, tmp_path: Path
) -> None:
    def as_many_as_mails() -> list[Event] | None:
        files = unpacked(office.fetch(tmp_path / "ledger.zip").read_bytes())
        lines = [line for name in files if "/segments/" in name for line in files[name].splitlines()]
        events = [parse_event(line) for line in lines if b'"checkpoint:anchored"' in line]
        mailed = [event for event in events if event.data["by"] == "mail"]
        return mailed if len(mailed) == len(office.mails()) else None

    events = until("each mail is on record", as_many_as_mails)
    assert len({event.occurred_at[:10] for event in events}) == len(events)
    points = [parse_checkpoint(checkpoint_in(text))[0] for text in office.mails()]
    assert {event.data["checkpoint"] for event in events} == {point.digest() for point in points}


def test_the_same_checkpoint_lies_elsewhere_and_cannot_be_deleted_there(office: Office, mail: str) -> None:
    s3, name = office.stack.client("s3"), parse_checkpoint(checkpoint_in(mail))[0].name()
    found = s3.get_object(Bucket=ELSEWHERE, Key=name)
    assert found["Body"].read() == checkpoint_in(mail)
    assert found["ObjectLockMode"] == "COMPLIANCE"
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.delete_object(Bucket=ELSEWHERE, Key=name, VersionId=found["VersionId"])


def test_a_saved_mail_is_an_anchor_that_the_ledger_goes_on_from(
    office: Office, anchor: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def intact() -> str | None:
        bundle = office.fetch(tmp_path / "ledger.zip")
        status = main(["verify", str(bundle), "--anchor", str(anchor)])
        report = capsys.readouterr().out
        assert status in (0, 5), report  # 5: something happened since the last checkpoint
        return report if status == 0 else None

    report = until("a ledger that ends with a checkpoint", intact)
    assert "The record grew from the checkpoint that you hold" in report


def test_a_forged_anchor_is_told_from_a_real_one(
    office: Office, mail: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = office.fetch(tmp_path / "ledger.zip")
    point, signature = parse_checkpoint(checkpoint_in(mail))
    changed, forger = replace(point, root="0" * 64), TestSigner.made(9)
    renamed = replace(changed, key=forger.key_id)
    for forged, words in (
        (changed.file(signature), "its signature is not valid"),
        (renamed.file(forger.sign(renamed.body())), "which this bundle does not know"),
    ):
        saved = tmp_path / "forged.txt"
        saved.write_bytes(mail.encode().replace(checkpoint_in(mail), forged))
        assert main(["verify", str(bundle), "--anchor", str(saved)]) == 1
        assert words in capsys.readouterr().out


@pytest.fixture
def witness(office: Office, tmp_path: Path) -> Witness:
    (tmp_path / "token").write_text(office.auditor.token)
    return Witness(tmp_path / "seen.json", tmp_path / "token", office.stack.info["api_url"])


def test_a_witness_keeps_size_and_root_and_sees_the_ledger_grow_by_its_proof_alone(
    office: Office, mail: str, witness: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert witness.look() == 0
    # From now on whatever wants the whole ledger fails.
    monkeypatch.delattr("local.commands.witness.fetch_ledger")
    first = witness.seen()
    office.drop("for-a-witness.csv")
    office.run("Seal")
    assert witness.look() == 0
    second = witness.seen()
    assert second.size > first.size
    assert second.root != first.root
    assert witness.look() == 0
    assert witness.verify(office.fetch(witness.state.with_name("ledger.zip"))) in (0, 5)
    held = office.stack.client("s3").get_object(Bucket=office.stack.info["ledger_bucket"], Key=first.name())
    assert parse_checkpoint(held["Body"].read())[0] == first


def test_a_witness_who_saw_another_ledger_says_so_and_keeps_what_it_saw(
    office: Office, mail: str, witness: Witness, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other.zip"
    other.write_bytes(bundle_of_ledger(lived_in()))
    assert main(["witness", "--state", str(witness.state), "--source", str(other)]) == 0
    before = witness.state.read_bytes()
    assert witness.look() == 1
    assert "does not know" in capsys.readouterr().err
    assert witness.state.read_bytes() == before
