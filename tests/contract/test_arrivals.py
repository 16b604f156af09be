"""What ``Arrivals``, ``ExportList`` and ``ExportFlow`` promise."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import boto3
import pytest

from shared.arrival_ports import Arrivals, Dropped, ExportFlow, ExportList
from shared.aws.arrivals import StepFunctionsExportFlow, TableArrivals
from shared.aws.dynamo import Table
from shared.aws.files import S3Exports
from shared.aws.subject_keys import KmsSubjectKeys
from shared.aws.table_store import TableStore
from shared.domain.change import Change
from shared.domain.identifiers import CommandId
from shared.domain.record import Arrived, Batch
from shared.ports import CaseStore
from tests.contract.conftest import REGION
from tests.fakes.arrivals import FakeArrivals
from tests.fakes.builders import NOON, a_batch
from tests.fakes.clock import FakeClock
from tests.fakes.store import FakeStore
from tests.fakes.world import FakeExports

both = pytest.fixture(params=["fake", "aws"])


@dataclass
class Desk:
    store: CaseStore
    arrivals: Arrivals

    def take_in(self, batch: Batch) -> None:
        arrived = Arrived(batch.key, batch.object_version)
        self.store.commit(
            Change(command=CommandId(batch.id), result="", events=(), batch=batch, arrived=arrived)
        )


@both
def desk(request: pytest.FixtureRequest) -> Desk:
    clock = FakeClock(NOON)
    if request.param == "fake":
        store = FakeStore(clock)
        return Desk(store, FakeArrivals(store))
    table: Table = request.getfixturevalue("table")
    kms = KmsSubjectKeys(table, boto3.client("kms", region_name=REGION), "none")
    return Desk(TableStore(table, kms, clock), TableArrivals(table))


def dropped(batch: Batch) -> Dropped:
    return Dropped(batch.key, batch.object_version, batch.dropped_at)


def test_what_was_accepted_or_refused_is_accounted_for_version_by_version(desk: Desk) -> None:
    accepted, refused = a_batch("a"), a_batch("b", object_version="v2", refused="empty")
    other, unversioned = a_batch("c", object_version="v3"), a_batch("d", object_version=None)
    asked = [dropped(each) for each in (other, accepted, refused, unversioned)]
    assert desk.arrivals.unknown(asked) == asked
    for batch in (accepted, refused):
        desk.take_in(batch)
    assert desk.arrivals.unknown(asked) == [dropped(other), dropped(unversioned)]
    desk.take_in(unversioned)
    assert desk.arrivals.unknown(asked) == [dropped(other)]
    assert desk.arrivals.unknown([]) == []


def test_more_than_a_hundred_are_asked_for_at_once(desk: Desk) -> None:
    desk.take_in(a_batch())
    asked = [Dropped(a_batch().key, f"v{number}", NOON) for number in range(250)]
    assert len(desk.arrivals.unknown(asked)) == 249


def test_an_accepted_batch_is_unsettled_until_it_is_settled(desk: Desk) -> None:
    later = a_batch("a", dropped_at=NOON + timedelta(hours=1))
    for batch in (later, a_batch("b"), a_batch("c", refused="empty")):
        desk.take_in(batch)
    assert list(desk.arrivals.unsettled()) == [a_batch("b"), later]
    desk.arrivals.settle(later.id)
    desk.arrivals.settle(later.id)
    assert list(desk.arrivals.unsettled()) == [a_batch("b")]


def test_the_place_of_a_sweep_is_kept(desk: Desk) -> None:
    assert desk.arrivals.place() is None
    desk.arrivals.keep_place("here")
    assert desk.arrivals.place() == "here"
    desk.arrivals.keep_place(None)
    assert desk.arrivals.place() is None


Drop = Callable[[str, bytes], object]


@both
def bucket(request: pytest.FixtureRequest) -> tuple[ExportList, Drop]:
    if request.param == "fake":
        fake = FakeExports()
        return fake, fake.drop
    request.getfixturevalue("aws")
    s3 = boto3.client("s3", region_name=REGION)
    s3.create_bucket(Bucket="exports", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_versioning(Bucket="exports", VersioningConfiguration={"Status": "Enabled"})

    def put(key: str, body: bytes) -> None:
        s3.put_object(Bucket="exports", Key=key, Body=body)

    return S3Exports("exports", s3), put


def listed(exports: ExportList) -> list[Dropped]:
    found: list[Dropped] = []
    place: str | None = None
    while True:
        page = exports.page(place)
        found += page.dropped
        place = page.next
        if place is None:
            return found


def test_every_version_is_listed_and_no_manifest(bucket: tuple[ExportList, Drop]) -> None:
    exports, drop = bucket
    assert listed(exports) == []
    for name in ("ä b.csv", "ä b.csv", "a.csv", "a.csv.manifest.json"):
        drop(f"incoming/p/{name}", b"x")
    found = listed(exports)
    assert [each.key for each in found] == ["incoming/p/a.csv", "incoming/p/ä b.csv", "incoming/p/ä b.csv"]
    assert len({(each.key, each.object_version) for each in found}) == 3
    assert all(each.object_version and each.dropped_at.tzinfo for each in found)


def test_a_long_list_comes_by_the_page(aws: None) -> None:
    s3 = boto3.client("s3", region_name=REGION)
    s3.create_bucket(Bucket="exports", CreateBucketConfiguration={"LocationConstraint": REGION})
    for number in range(1005):
        s3.put_object(Bucket="exports", Key=f"incoming/p/{number:04d}.csv", Body=b"")
    exports = S3Exports("exports", s3)
    first = exports.page(None)
    assert len(first.dropped) == 1000
    assert first.next is not None
    assert [each.object_version for each in exports.page(first.next).dropped] == [None] * 5
    assert len({each.key for each in listed(exports)}) == 1005


def a_machine() -> str:
    definition = json.dumps({"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}})
    made = boto3.client("stepfunctions", region_name=REGION).create_state_machine(
        name="evaluation", definition=definition, roleArn="arn:aws:iam::123456789012:role/any"
    )
    return str(made["stateMachineArn"])


def test_the_flow_is_told_once_by_a_name_what_the_buckets_event_would_have_said(aws: None) -> None:
    sfn, machine = boto3.client("stepfunctions", region_name=REGION), a_machine()
    flow: ExportFlow = StepFunctionsExportFlow(sfn, machine, "exports")
    assert flow.start("swept-1", "incoming/p/ä b.csv", "v1")
    flow.start("swept-1", "incoming/p/ä b.csv", "v1")
    assert flow.start("swept-2", "incoming/p/a.csv", None)
    executions = {
        each["name"]: json.loads(sfn.describe_execution(executionArn=each["executionArn"])["input"])
        for each in sfn.list_executions(stateMachineArn=machine)["executions"]
    }
    bucket = {"name": "exports"}
    assert executions == {
        "swept-1": {
            "detail": {"bucket": bucket, "object": {"key": "incoming/p/ä b.csv", "version-id": "v1"}}
        },
        "swept-2": {"detail": {"bucket": bucket, "object": {"key": "incoming/p/a.csv"}}},
    }


def test_a_name_that_ended_is_not_started_again(aws: None) -> None:
    sfn, machine = boto3.client("stepfunctions", region_name=REGION), a_machine()
    flow = StepFunctionsExportFlow(sfn, machine, "exports")
    flow.start("swept-1", "incoming/p/a.csv", "v1")
    (running,) = sfn.list_executions(stateMachineArn=machine)["executions"]
    sfn.stop_execution(executionArn=running["executionArn"])
    assert not flow.start("swept-1", "incoming/p/a.csv", "v1")
