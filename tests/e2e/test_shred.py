"""Somebody is held, let go and shredded on the local cloud, by commands; the ledger verifies afterwards."""

from datetime import datetime
from pathlib import Path
from typing import Any, Final

import boto3
import pytest

from local.cli import main
from local.cloud.clients import SignedIn, until
from local.cloud.engine import ACCOUNT, REGION
from local.cloud.stack import Stack
from shared.aws.dynamo import Table
from shared.aws.subject_keys import KmsSubjectKeys
from shared.aws.table_store import TableStore
from shared.domain.case import CaseStatus
from shared.domain.change import Change
from shared.domain.event import EventTag
from shared.domain.identifiers import CaseId, CommandId, PersonId, case_subject, person_subject
from shared.runtime.clock import ScaledClock
from tests.fakes.builders import a_case, a_draft

GONE: Final = PersonId("shred me@example")
CASE: Final = CaseId("case-shredded")
ADMIN: Final = "H001"
PEOPLE: Final = Path(__file__).parents[2] / "examples" / "varicent" / "people-2026-09.csv"
REASON: Final = "Left the company long ago."


@pytest.fixture
def store(stack: Stack) -> TableStore:
    """The cloud's own table, with a closed case of somebody whose figures are sealed in it."""
    functions = stack.client("lambda").list_functions()["Functions"]
    variables = next(f["Environment"]["Variables"] for f in functions if "Query" in f["FunctionName"])
    resource = boto3.resource(
        "dynamodb",
        endpoint_url=stack.endpoint,
        region_name=REGION,
        aws_access_key_id=ACCOUNT,
        aws_secret_access_key="local",
    )
    table = Table(variables["TABLE_NAME"], resource)
    keys = KmsSubjectKeys(table, stack.client("kms"), variables["SUBJECT_KEY_ID"])
    origin = datetime.fromisoformat(variables["CLOCK_ORIGIN"])
    store = TableStore(table, keys, ScaledClock(int(variables["CLOCK_RATE"]), origin))
    case = a_case(id=CASE, rep_id=GONE, decision={"findings": [], "inputs": [{"quota": "1000"}]})
    opened = a_draft(
        EventTag.CASE_OPENED,
        command=CommandId("open-shredded"),
        subject=case_subject(CASE),
        relied_on={
            "policy": case.policy_digest,
            "evaluation": case.evaluation_id,
            "directory": "a directory's version",
        },
        data={
            "stage": case.stage,
            "rep": GONE,
            "policy": case.policy,
            "period": case.opened_for,
            "evaluation": case.evaluation_id,
            "rules": ["two-of-three"],
            "relapse": False,
            "owner": case.owner,
        },
        private={"decision": "figures"},
        person=GONE,
    )
    store.commit(Change(command=opened.command, result="", events=(opened,), case=case))
    closed = case.model_copy(update={"status": CaseStatus.CLOSED, "version": 2})
    store.commit(Change(command=CommandId("close-shredded"), result="", events=(), case=closed))
    return store


def test_a_person_is_held_let_go_and_shredded_and_the_ledger_verifies(
    stack: Stack,
    store: TableStore,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    hr = SignedIn(stack, "shredder", ("hr_admin",), ADMIN)
    stack.client("s3").put_object(
        Bucket=stack.info["exports_bucket"], Key=f"incoming/hr-people/{PEOPLE.name}", Body=PEOPLE.read_bytes()
    )
    until("the directory is in force", lambda: hr.get("/cases").status == 200 or None)
    monkeypatch.setenv("PLUMBLINE_USER", hr.username)
    monkeypatch.setenv("PLUMBLINE_PASSWORD", hr.password)

    def plumbline(*words: str) -> tuple[int, str]:
        status = main([words[0], GONE, "--reason", REASON, "--data", str(stack.folder), *words[1:]])
        return status, "".join(capsys.readouterr())

    def opened() -> Any:
        return store.opened(store.events(case_subject(CASE))[0])

    assert plumbline("hold")[0] == 0
    status, words = plumbline("shred")
    assert (status, "legal hold" in words) == (1, True)
    assert opened() == {"decision": "figures"}
    assert plumbline("hold", "--lift")[0] == 0
    status, words = plumbline("shred")
    assert (status, words.endswith(f"by {ADMIN}\n")) == (0, True)
    assert opened() is None
    assert store.case(CASE).decision["inputs"] == []
    assert len(store.events(person_subject(GONE))) == 3

    def intact() -> str | None:
        bundle = tmp_path / "ledger.zip"
        reply = hr.get("/ledger/evidence")
        if reply.status != 200:
            return None
        bundle.write_bytes(reply.body)
        status = main(["verify", str(bundle)])
        report = capsys.readouterr().out
        return report if status in (0, 5) else None

    report = until("a ledger that verifies after the shredding", intact)
    assert "the keys of 0 were deleted" not in report
