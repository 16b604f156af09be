"""What a role allows and what a call needs; the local cloud compares the two before every call."""

from typing import Any

import pytest

from local.cloud.permissions import (
    CONTEXT_KEYS,
    LEADING_KEYS,
    Account,
    Grants,
    Need,
    UnknownCall,
    UnknownCondition,
    needs,
)

ACCOUNT = Account("eu-central-1", "000000000000")
TABLE = "arn:aws:dynamodb:eu-central-1:000000000000:table/cases"


def statement(actions: str | list[str], resources: str | list[str], **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}


def grants(*statements: dict[str, Any]) -> Grants:
    return Grants.of_documents([{"Statement": list(statements)}])


def test_whatever_is_not_allowed_is_denied() -> None:
    assert not Grants(()).allow(Need("s3:GetObject", "arn:aws:s3:::facts/a"))


@pytest.mark.parametrize(
    ("need", "allowed"),
    [
        (Need("s3:GetObject", "arn:aws:s3:::facts/incoming/a.csv"), True),
        (Need("s3:getobject", "arn:aws:s3:::facts/incoming/a.csv"), True),
        (Need("s3:GetObject", "arn:aws:s3:::facts/elsewhere/a.csv"), False),
        (Need("s3:GetObject", "arn:aws:s3:::other/incoming/a.csv"), False),
        (Need("s3:GetObjectVersion", "arn:aws:s3:::facts/incoming/a.csv"), False),
        (Need("s3:GetObject", None), True),
    ],
)
def test_action_and_resource_must_both_fit(need: Need, allowed: bool) -> None:
    assert grants(statement("s3:GetObject", "arn:aws:s3:::facts/incoming/*")).allow(need) is allowed


def test_a_denial_prevails_over_a_grant() -> None:
    both = grants(statement("s3:*", "*"), {**statement("s3:DeleteObject", "*"), "Effect": "Deny"})
    assert both.allow(Need("s3:GetObject", "arn:aws:s3:::facts/a"))
    assert not both.allow(Need("s3:DeleteObject", "arn:aws:s3:::facts/a"))


def test_a_conditional_grant_allows_nothing_to_the_function_itself() -> None:
    via = {"StringEquals": {"kms:ViaService": "dynamodb.eu-central-1.amazonaws.com"}}
    assert not grants(statement("kms:Decrypt", "*", Condition=via)).allow(Need("kms:Decrypt", None))


def of_partitions(action: str, *partitions: str, index: str = "") -> Need:
    return Need(f"dynamodb:{action}", TABLE + index, {LEADING_KEYS: partitions})


@pytest.mark.parametrize(
    ("call", "needed"),
    [
        (("GetItem", {"TableName": "cases", "Key": {"pk": "A"}}), [of_partitions("GetItem", "A")]),
        (("GetItem", {"TableName": "cases", "Key": {"pk": {"S": "A"}}}), [of_partitions("GetItem", "A")]),
        (("PutItem", {"TableName": "cases", "Item": {"pk": "A"}}), [of_partitions("PutItem", "A")]),
        (
            (
                "Query",
                {
                    "TableName": "cases",
                    "IndexName": "listing",
                    "KeyConditionExpression": "listing_pk = :pk",
                    "ExpressionAttributeValues": {":pk": "A"},
                },
            ),
            [of_partitions("Query", "A", index="/index/listing")],
        ),
        (
            (
                "TransactWriteItems",
                {
                    "TransactItems": [
                        {"Put": {"TableName": "cases", "Item": {"pk": "A"}}},
                        {"ConditionCheck": {"TableName": "cases", "Key": {"pk": "B"}}},
                    ]
                },
            ),
            [of_partitions("PutItem", "A"), of_partitions("ConditionCheckItem", "B")],
        ),
        (
            (
                "BatchWriteItem",
                {
                    "RequestItems": {
                        "cases": [
                            {"PutRequest": {"Item": {"pk": "A"}}},
                            {"DeleteRequest": {"Key": {"pk": "B"}}},
                        ]
                    }
                },
            ),
            [of_partitions("BatchWriteItem", "A", "B")],
        ),
        (
            ("BatchGetItem", {"RequestItems": {"cases": {"Keys": [{"pk": "A"}, {"pk": "B"}]}}}),
            [of_partitions("BatchGetItem", "A", "B")],
        ),
    ],
)
def test_a_call_of_the_table_names_its_partitions(call: tuple[str, Any], needed: list[Need]) -> None:
    assert needs("dynamodb", *call, ACCOUNT) == needed


@pytest.mark.parametrize(
    ("call", "needed"),
    [
        (("s3", "GetObject", {"Bucket": "b", "Key": "k"}), [Need("s3:GetObject", "arn:aws:s3:::b/k")]),
        (
            ("s3", "GetObject", {"Bucket": "b", "Key": "k", "VersionId": "1"}),
            [Need("s3:GetObjectVersion", "arn:aws:s3:::b/k")],
        ),
        (
            ("s3", "PutObject", {"Bucket": "b", "Key": "k", "ObjectLockMode": "COMPLIANCE"}),
            [Need("s3:PutObject", "arn:aws:s3:::b/k"), Need("s3:PutObjectRetention", "arn:aws:s3:::b/k")],
        ),
        (("s3", "ListObjectsV2", {"Bucket": "b", "Prefix": "p"}), [Need("s3:ListBucket", "arn:aws:s3:::b")]),
        (("kms", "Sign", {"KeyId": "k-1"}), [Need("kms:Sign", ACCOUNT.arn("kms", "key/k-1"))]),
        (
            ("kms", "Decrypt", {"EncryptionContext": {"person": "R1"}}),
            [Need("kms:Decrypt", None, {CONTEXT_KEYS: ("person",), "kms:EncryptionContext:person": ("R1",)})],
        ),
        (
            (
                "ses",
                "SendEmail",
                {"Content": {"Raw": {}}, "FromEmailAddress": "HR <a@b.c>", "ConfigurationSetName": "s"},
            ),
            [
                Need("ses:SendRawEmail", ACCOUNT.arn("ses", "identity/a@b.c")),
                Need("ses:SendRawEmail", ACCOUNT.arn("ses", "configuration-set/s")),
            ],
        ),
        (
            ("cognito-idp", "ListUsers", {"UserPoolId": "eu-central-1_1", "Filter": 'sub = "s"'}),
            [Need("cognito-idp:ListUsers", ACCOUNT.arn("cognito-idp", "userpool/eu-central-1_1"))],
        ),
        (
            ("states", "StartExecution", {"stateMachineArn": "arn:m"}),
            [Need("states:StartExecution", "arn:m")],
        ),
        (("states", "SendTaskSuccess", {"taskToken": "t"}), [Need("states:SendTaskSuccess", None)]),
    ],
)
def test_a_call_needs_its_actions_on_its_resources(
    call: tuple[str, str, dict[str, Any]], needed: list[Need]
) -> None:
    assert needs(*call, ACCOUNT) == needed


@pytest.mark.parametrize(
    ("partitions", "allowed"),
    [(("CASE#1",), True), (("CASE#1", "LINK#2"), True), (("CASE#1", "KEY#3"), False), ((), True)],
)
def test_a_condition_on_partitions_must_hold_for_all(partitions: tuple[str, ...], allowed: bool) -> None:
    only = {"ForAllValues:StringLike": {LEADING_KEYS: ["CASE#*", "LINK#*"]}}
    role = grants(statement("dynamodb:BatchGetItem", TABLE, Condition=only))
    assert role.allow(of_partitions("BatchGetItem", *partitions)) is allowed


@pytest.mark.parametrize(("context", "allowed"), [({}, False), ({"person": "R1"}, True)])
def test_a_condition_without_quantifier_needs_a_value(context: dict[str, str], allowed: bool) -> None:
    named = {"StringLike": {"kms:EncryptionContext:person": "?*"}}
    [need] = needs("kms", "Decrypt", {"KeyId": "k", "EncryptionContext": context}, ACCOUNT)
    assert grants(statement("kms:Decrypt", "*", Condition=named)).allow(need) is allowed


def test_an_unknown_condition_is_reported() -> None:
    odd = {"NumericLessThan": {"s3:max-keys": "10"}}
    with pytest.raises(UnknownCondition):
        grants(statement("s3:GetObject", "*", Condition=odd)).allow(Need("s3:GetObject", "arn:aws:s3:::b/k"))


def test_a_call_of_the_table_without_a_partition_key_is_unknown() -> None:
    with pytest.raises(UnknownCall):
        needs("dynamodb", "GetItem", {"TableName": "cases", "Key": {"id": "A"}}, ACCOUNT)


@pytest.mark.parametrize("call", [("s3", "DeleteBucket", {"Bucket": "b"}), ("iam", "CreateUser", {})])
def test_an_unknown_call_is_reported(call: tuple[str, str, dict[str, Any]]) -> None:
    with pytest.raises(UnknownCall):
        needs(*call, ACCOUNT)
