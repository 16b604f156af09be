"""Exports on their way in, on the local cloud: large ones read in ranges, and one that nobody announced."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from functions.ingest.receive_export import read_whole
from functions.ingest.reception import Receiving
from functions.ingest.sweep_exports import QUIET
from local.cloud.clients import SignedIn, until
from local.cloud.stack import Stack
from shared.domain import paths
from tests.fakes.clock import FakeClock
from tests.fakes.store import FakeStore
from tests.fakes.world import FakeExports, FakeFiles

ROOT = Path(__file__).parents[2]
PEOPLE = ROOT / "examples/varicent/people-2026-09.csv"
PROFILE = "varicent-attainment"
HEADER = b"Payee ID,Period,Quota,Credited Amount,Currency,Leave Days\n"
ROWS = [b'R%06d,2023-05,73600.00,"%d.25",USD,\n' % (number, 100 * number) for number in range(1, 121)]
BROKEN = [b"R000200,2023-05,1e3,1,USD,\n", b'R000201,2023-05,1,"1,USD,\n']
LARGE = HEADER + b"".join([*ROWS[:60], *BROKEN, *ROWS[60:], ROWS[3], ROWS[100]])


class Desk:
    """Compensation staff who drop exports and look at what becomes of them."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.s3 = stack.client("s3")
        self.staff = SignedIn(stack, "large.exports", ("compensation",), None)
        with self.nothing_announced():
            self.forgotten_at = time.monotonic()
            self.drop("forgotten.csv", (HEADER + ROWS[0]).replace(b"2023-05", b"2023-02"))
        self.drop(PEOPLE.name, PEOPLE.read_bytes(), "hr-people")
        until("a directory", lambda: any(each["kind"] == "people" for each in self.exports()) or None)

    def drop(self, name: str, body: bytes, profile: str = PROFILE) -> str:
        key = f"incoming/{profile}/{name}"
        self.s3.put_object(Bucket=self.stack.info["exports_bucket"], Key=key, Body=body)
        return key

    def exports(self) -> list[dict[str, Any]]:
        return list(self.staff.get("/exports").json()["exports"])

    def taken(self, name: str, rows: int) -> dict[str, Any]:
        def look() -> dict[str, Any] | None:
            return next((e for e in self.exports() if (e["name"], e["rows"]) == (name, rows)), None)

        return until(f"{name} is read", look)

    def derived(self, prefix: str) -> dict[str, bytes]:
        """Every file below the prefix."""
        bucket = self.stack.info["facts_bucket"]
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        keys = [each["Key"] for page in pages for each in page.get("Contents", [])]
        return {key: self.s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}

    def function(self, name: str) -> str:
        functions = self.stack.client("lambda").list_functions(MaxItems=50)["Functions"]
        [found] = [each["FunctionName"] for each in functions if f"-{name}Function" in each["FunctionName"]]
        return str(found)

    @contextmanager
    def nothing_announced(self) -> Iterator[None]:
        """Have the bus lose the word of every drop."""
        events = self.stack.client("events")
        [rule] = [each["Name"] for each in events.list_rules()["Rules"] if "ExportArrived" in each["Name"]]
        events.disable_rule(Name=rule)
        try:
            yield
        finally:
            events.enable_rule(Name=rule)

    def ended_well(self, key: str) -> bool | None:
        """Whether a workflow that was started for the export succeeded."""
        sfn, machine = self.stack.client("stepfunctions"), self.stack.info["state_machines"]["evaluation"]
        found = sfn.list_executions(stateMachineArn=machine, statusFilter="SUCCEEDED")["executions"]
        inputs = (
            sfn.describe_execution(executionArn=each["executionArn"]).get("input", "") for each in found
        )
        return any(key in each for each in inputs) or None


@pytest.fixture(scope="module")
def desk(stack: Stack) -> Desk:
    return Desk(stack)


def test_a_large_export_is_read_in_ranges_to_the_bytes_of_one_pass(desk: Desk) -> None:
    key = desk.drop("large.csv", LARGE)
    export = desk.taken("large.csv", 124)
    until("its evaluations are over", lambda: desk.ended_well(key))
    assert (export["accepted"], export["rejected"], export["refused"]) == (120, 4, None)
    assert export["codes"] == {"not_a_number": 1, "bad_quoting": 1, "duplicate": 2}
    staged = desk.derived(f"{paths.STAGING}{export['id']}/")
    assert sum(each.endswith(".counts.json") for each in staged) >= 3
    in_one_pass = _files_of_one_pass(key, LARGE)
    for name, body in in_one_pass.items():
        if not name.startswith("rejected/"):
            assert desk.derived(name) == {name: body}
    # These are named by the time of reading, too.
    rejected = [body for name, body in in_one_pass.items() if name.startswith("rejected/")]
    assert sorted(desk.derived(f"rejected/{export['id']}/").values()) == sorted(rejected)
    facts = [name for name in desk.derived("facts/") if export["id"] in name]
    assert sorted(facts) == sorted(name for name in in_one_pass if name.startswith("facts/"))
    lines = [row["line"] for row in desk.staff.get(f"/exports/{export['id']}/rejected").json()["rejected"]]
    assert lines == [62, 63, 124, 125]


def _files_of_one_pass(key: str, content: bytes) -> dict[str, bytes]:
    clock, exports, files = FakeClock(), FakeExports(), FakeFiles()
    exports.drop(key, content)
    profile = (ROOT / f"config/profiles/{PROFILE}.yaml").read_text()
    receiving = Receiving(FakeStore(clock), exports, files, clock, lambda _: profile, shards=16)
    assert read_whole(exports.open(key, None), receiving).status == "accepted"
    return files.files


def test_a_correction_of_a_large_export_is_a_batch_and_the_same_content_again_is_none(desk: Desk) -> None:
    desk.drop("large.csv", LARGE + b"R000300,2023-05,1,1,USD,\n")
    corrected = desk.taken("large.csv", 125)
    before = len(desk.exports())
    key = desk.drop("large-again.csv", LARGE)
    until("the repetition is over", lambda: desk.ended_well(key))
    assert corrected["refused"] is None
    assert len(desk.exports()) == before


def test_a_large_export_with_a_wrong_control_total_is_refused_and_changes_no_fact(desk: Desk) -> None:
    manifest = json.dumps({"rows": 124, "sum_quota": "1"}).encode()
    desk.drop("mismatch.csv" + paths.MANIFEST_SUFFIX, manifest)
    desk.drop("mismatch.csv", LARGE.replace(b"2023-05", b"2023-04"))
    export = desk.taken("mismatch.csv", 124)
    assert export["refused"] == "manifest_mismatch"
    assert not [name for name in desk.derived("facts/") if export["id"] in name]


def test_an_export_that_no_event_announced_is_found_by_the_sweep(desk: Desk) -> None:
    names = [each["name"] for each in desk.exports()]
    waited = time.monotonic() - desk.forgotten_at
    if waited < QUIET.total_seconds():
        assert "forgotten.csv" not in names, "until the sweep finds it, nothing knows of it"
        time.sleep(QUIET.total_seconds() - waited + 1)
    sweep = desk.function("Sweep")
    swept = desk.stack.client("lambda").invoke(FunctionName=sweep, Payload=b"{}")
    assert json.loads(swept["Payload"].read())["listed"] >= 1
    found = desk.taken("forgotten.csv", 1)
    assert (found["refused"], found["accepted"]) == (None, 1)
