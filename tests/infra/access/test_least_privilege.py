"""Each role allows what its function does and nothing more: a year of calls against the policies."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import product
from typing import Any, Final

import pytest
from moto import mock_aws

from local.cloud.permissions import CONTEXT_KEYS, LEADING_KEYS, Grants, Need, applies
from shared.aws import keys
from shared.domain import paths
from shared.domain.identifiers import BatchId, CaseId, EvaluationId, PersonId, RequestId, Subject
from tests.infra.access.cloud_in_memory import CloudInMemory, account
from tests.infra.access.year import Year
from tests.infra.conftest import Template

SETTINGS: Final = {
    "SHARDS": "1",
    # Smaller than some of the sample's files, so that those are read in ranges.
    "LARGE_EXPORT_BYTES": "1700",
}
MADE_BY_AWS: Final = {
    "dynamodb:DescribeStream": "Lambda reads the stream by the function's role.",
    "dynamodb:GetRecords": "Lambda reads the stream by the function's role.",
    "dynamodb:GetShardIterator": "Lambda reads the stream by the function's role.",
    "dynamodb:ListStreams": "Lambda reads the stream by the function's role.",
    "kms:DescribeKey": "DynamoDB uses the table's key on behalf of the caller.",
    "logs:CreateLogStream": "Lambda writes the log.",
    "logs:PutLogEvents": "Lambda writes the log.",
    "s3:ListBucket": "S3 answers 403 instead of 404 to callers without it.",
    "sqs:SendMessage": "Lambda sends what could not be delivered.",
    "xray:PutTelemetryRecords": "Lambda sends traces.",
    "xray:PutTraceSegments": "Lambda sends traces.",
    "ses:SendEmail": "SES checks it for the version 2 interface beside SendRawEmail.",
}
"""Actions that no call of ours shows, with the reason why a role needs them."""


@pytest.fixture(scope="module")
def year(anchored: Template) -> Iterator[CloudInMemory]:
    with pytest.MonkeyPatch.context() as patch, account(patch), mock_aws():
        # The authority is in another country; what it answers is not the subject here.
        patch.setattr("shared.aws.time_stamps.HttpTimeStamps.stamp", lambda self, data: b"a time stamp")
        cloud = CloudInMemory(anchored, patch, SETTINGS)
        try:
            Year(cloud).happen()
            yield cloud
        finally:
            cloud.stop()


def test_every_function_runs_in_the_story(year: CloudInMemory) -> None:
    assert set(year.calls) == set(year.functions)


def test_every_call_is_allowed(year: CloudInMemory) -> None:
    refused = {
        (name, need.action, need.resource, str(need.about))
        for name, calls in year.calls.items()
        for need in calls
        if not year.grants(name).allow(need)
    }
    assert not refused


def test_everything_allowed_is_used(year: CloudInMemory) -> None:
    unused = [
        " ".join((name, *narrow_to))
        for name, calls in year.calls.items()
        for statement, narrow_to in _narrowed(year.grants(name))
        if narrow_to[0] not in MADE_BY_AWS
        and not _is_of_a_service(statement)
        and not any(applies(statement, need) for need in calls)
        and not _compares(narrow_to, calls)
        # SES checks the sender's domain if the address itself is not registered.
        and not narrow_to[1].endswith(":identity/example.com")
    ]
    assert not unused, "\n".join(unused)


def test_the_reasons_for_other_actions_are_still_needed(year: CloudInMemory) -> None:
    granted = {
        action
        for name in year.functions
        for statement in year.grants(name).statements
        for action in _listed(statement["Action"])
    }
    assert set(MADE_BY_AWS) <= granted


@pytest.mark.parametrize("name", ["Scan", "ConditionCheckItem", "PartiQLSelect", "TransactWriteItems"])
def test_no_action_is_granted_that_names_no_key(year: CloudInMemory, name: str) -> None:
    # Conditions on the partition key hold for a call that names none.
    for function in year.functions:
        for statement in year.grants(function).statements:
            assert f"dynamodb:{name}" not in _listed(statement["Action"])


# What somebody could try who takes over the one function that anybody on the internet reaches.
OF_PERSON: Final = "kms:EncryptionContext:person"
CASE, PERSON, BATCH = CaseId("case-1"), PersonId("R1"), BatchId("b-1")


@pytest.mark.parametrize(
    ("action", "partition"),
    [
        *product(["PutItem", "UpdateItem", "DeleteItem"], [keys.ledger_head()[0], keys.batch(BATCH)[0]]),
        ("PutItem", keys.subject_key(PERSON)[0]),
        ("DeleteItem", keys.subject_key(PERSON)[0]),
        ("PutItem", keys.link("0" * 64)[0]),
        ("PutItem", keys.directory()[0]),
        ("PutItem", keys.evaluation(EvaluationId("e"))[0]),
        ("UpdateItem", keys.chain_event(Subject("case/c"), 1)[0]),
        ("DeleteItem", keys.case(CASE)[0]),
        ("UpdateItem", keys.outbox("e")[0]),
        ("DeleteItem", keys.open_case("p", PERSON)[0]),
        ("GetItem", keys.rep(PERSON)),
        ("Query", keys.chain_head(Subject("case/c"))[0]),
        ("GetItem", keys.batch(BATCH)[0]),
    ],
)
def test_the_response_page_may_not_touch(year: CloudInMemory, action: str, partition: str) -> None:
    table = year.resolved({"Fn::GetAtt": [year.table, "Arn"]})
    need = Need(f"dynamodb:{action}", table, {LEADING_KEYS: (partition,)})
    assert not year.grants("Respond").allow(need)


@pytest.mark.parametrize(
    "key",
    [
        paths.facts(1, "2026-09", BATCH),
        paths.rejected(BATCH, datetime(2026, 1, 1, tzinfo=UTC)),
        paths.line_roots(BATCH),
        paths.reading_plan(BATCH, "r"),
        f"{paths.HANDOUTS}x/evidence.zip",
    ],
)
def test_the_response_page_reads_no_file_of_others(year: CloudInMemory, key: str) -> None:
    where = f"arn:aws:s3:::{year.bucket('Facts')}/{key}"
    assert not year.grants("Respond").allow(Need("s3:GetObject", where))
    assert not year.grants("Respond").allow(Need("s3:PutObject", where))


@pytest.mark.parametrize(
    "context", [{}, {CONTEXT_KEYS: ("other",)}, {CONTEXT_KEYS: ("person", "other"), OF_PERSON: ("R1",)}]
)
def test_the_key_of_keys_is_used_only_in_the_name_of_a_person(
    year: CloudInMemory, context: dict[str, tuple[str, ...]]
) -> None:
    key = year.resolved({"Fn::GetAtt": [year.subject_key, "Arn"]})
    for_a_person = {CONTEXT_KEYS: ("person",), OF_PERSON: ("R1",)}
    for action in ("kms:Decrypt", "kms:GenerateDataKey"):
        assert year.grants("Respond").allow(Need(action, key, for_a_person))
        assert not year.grants("Respond").allow(Need(action, key, context))


def test_the_grants_are_of_keys_that_exist(year: CloudInMemory) -> None:
    known = [
        keys.case(CASE), keys.open_case("p", PERSON), (keys.rep(PERSON), ""), keys.chain_head(Subject("s")),
        keys.command("c"), keys.outbox("e"), keys.link("h"), keys.subject_key(PERSON), keys.batch(BATCH),
        keys.arrival("k", None), keys.sweep(), (keys.period("2026-09"), ""), keys.periods(), keys.directory(),
        keys.evaluation(EvaluationId("e")), keys.ledger_head(), (keys.UNSEQUENCED, ""), (keys.PENDING, ""),
        (keys.UNSETTLED, ""), (keys.LISTED_BATCHES, ""), (keys.listed_cases("open"), ""),
        (keys.listed_evaluations("p"), ""), keys.request(RequestId("case-1.1")),
    ]  # fmt: skip
    partitions = {key[0] for key in known}
    for name in year.functions:
        for statement, (action, resource, wanted) in _narrowed(year.grants(name)):
            if wanted:
                need = [Need(action, resource, {LEADING_KEYS: (each,)}) for each in partitions]
                assert any(applies(statement, each) for each in need), (name, wanted)


def _narrowed(grants: Grants) -> Iterator[tuple[dict[str, Any], tuple[str, str, str]]]:
    """Every statement cut down to one action, one resource and one partition."""
    for statement in grants.statements:
        condition = statement.get("Condition", {})
        partitions = condition.get("ForAllValues:StringLike", {}).get(LEADING_KEYS, [""])
        each = product(_listed(statement["Action"]), _listed(statement["Resource"]), _listed(partitions))
        for action, resource, partition in each:
            narrow = {"Effect": "Allow", "Action": action, "Resource": resource, "Condition": condition}
            if partition:
                narrow["Condition"] = {"ForAllValues:StringLike": {LEADING_KEYS: [partition]}}
            yield narrow, (action, resource, partition)


def _is_of_a_service(statement: Mapping[str, Any]) -> bool:
    return "kms:ViaService" in str(statement.get("Condition"))


def _compares(narrow_to: tuple[str, str, str], calls: list[Need]) -> bool:
    """Whether it is the reading of a folder that the function writes: it compares what exists already."""
    action, resource, _ = narrow_to
    written = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": resource}
    return action == "s3:GetObject" and any(applies(written, need) for need in calls)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
