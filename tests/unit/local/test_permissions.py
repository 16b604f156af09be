"""What a role allows and what a call needs; the local cloud compares the two before every call."""

from typing import Any

import pytest

from local.cloud.permissions import Account, Grants, Need, UnknownCall, needs

ACCOUNT = Account("eu-central-1", "000000000000")
TABLE = "arn:aws:dynamodb:eu-central-1:000000000000:table/cases"


def statement(actions: str | list[str], resources: str | list[str], **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}


def grants(*statements: dict[str, Any]) -> Grants:
    return Grants.of_documents([{"Statement": list(statements)}])


def test_whatever_is_not_allowed_is_denied() -> None:
    assert not Grants(()).allow(("s3:GetObject", "arn:aws:s3:::facts/a"))


@pytest.mark.parametrize(
    ("need", "allowed"),
    [
        (("s3:GetObject", "arn:aws:s3:::facts/incoming/a.csv"), True),
        (("s3:getobject", "arn:aws:s3:::facts/incoming/a.csv"), True),
        (("s3:GetObject", "arn:aws:s3:::facts/elsewhere/a.csv"), False),
        (("s3:GetObject", "arn:aws:s3:::other/incoming/a.csv"), False),
        (("s3:GetObjectVersion", "arn:aws:s3:::facts/incoming/a.csv"), False),
        (("s3:GetObject", None), True),
    ],
)
def test_action_and_resource_must_both_fit(need: Need, allowed: bool) -> None:
    assert grants(statement("s3:GetObject", "arn:aws:s3:::facts/incoming/*")).allow(need) is allowed


def test_a_denial_prevails_over_a_grant() -> None:
    both = grants(statement("s3:*", "*"), {**statement("s3:DeleteObject", "*"), "Effect": "Deny"})
    assert both.allow(("s3:GetObject", "arn:aws:s3:::facts/a"))
    assert not both.allow(("s3:DeleteObject", "arn:aws:s3:::facts/a"))


def test_a_conditional_grant_allows_nothing_to_the_function_itself() -> None:
    via = {"StringEquals": {"kms:ViaService": "dynamodb.eu-central-1.amazonaws.com"}}
    assert not grants(statement("kms:Decrypt", "*", Condition=via)).allow(("kms:Decrypt", None))


@pytest.mark.parametrize(
    ("call", "needed"),
    [
        (("dynamodb", "GetItem", {"TableName": "cases"}), [("dynamodb:GetItem", TABLE)]),
        (
            ("dynamodb", "Query", {"TableName": "cases", "IndexName": "listing"}),
            [("dynamodb:Query", f"{TABLE}/index/listing")],
        ),
        (
            (
                "dynamodb",
                "TransactWriteItems",
                {
                    "TransactItems": [
                        {"Put": {"TableName": "cases"}},
                        {"ConditionCheck": {"TableName": "cases"}},
                    ]
                },
            ),
            [("dynamodb:PutItem", TABLE), ("dynamodb:ConditionCheckItem", TABLE)],
        ),
        (
            ("dynamodb", "BatchWriteItem", {"RequestItems": {"cases": []}}),
            [("dynamodb:BatchWriteItem", TABLE)],
        ),
        (("s3", "GetObject", {"Bucket": "b", "Key": "k"}), [("s3:GetObject", "arn:aws:s3:::b/k")]),
        (
            ("s3", "GetObject", {"Bucket": "b", "Key": "k", "VersionId": "1"}),
            [("s3:GetObjectVersion", "arn:aws:s3:::b/k")],
        ),
        (
            ("s3", "PutObject", {"Bucket": "b", "Key": "k", "ObjectLockMode": "COMPLIANCE"}),
            [("s3:PutObject", "arn:aws:s3:::b/k"), ("s3:PutObjectRetention", "arn:aws:s3:::b/k")],
        ),
        (("s3", "ListObjectsV2", {"Bucket": "b", "Prefix": "p"}), [("s3:ListBucket", "arn:aws:s3:::b")]),
        (("kms", "Sign", {"KeyId": "k-1"}), [("kms:Sign", ACCOUNT.arn("kms", "key/k-1"))]),
        (("kms", "Decrypt", {"CiphertextBlob": b""}), [("kms:Decrypt", None)]),
        (
            (
                "ses",
                "SendEmail",
                {"Content": {"Raw": {}}, "FromEmailAddress": "HR <a@b.c>", "ConfigurationSetName": "s"},
            ),
            [
                ("ses:SendRawEmail", ACCOUNT.arn("ses", "identity/a@b.c")),
                ("ses:SendRawEmail", ACCOUNT.arn("ses", "configuration-set/s")),
            ],
        ),
        (
            ("cognito-idp", "ListUsers", {"UserPoolId": "eu-central-1_1", "Filter": 'sub = "s"'}),
            [("cognito-idp:ListUsers", ACCOUNT.arn("cognito-idp", "userpool/eu-central-1_1"))],
        ),
        (("states", "StartExecution", {"stateMachineArn": "arn:m"}), [("states:StartExecution", "arn:m")]),
        (("states", "SendTaskSuccess", {"taskToken": "t"}), [("states:SendTaskSuccess", None)]),
    ],
)
def test_a_call_needs_its_actions_on_its_resources(
    call: tuple[str, str, dict[str, Any]], needed: list[Need]
) -> None:
    assert needs(*call, ACCOUNT) == needed


@pytest.mark.parametrize("call", [("s3", "DeleteBucket", {"Bucket": "b"}), ("iam", "CreateUser", {})])
def test_an_unknown_call_is_reported(call: tuple[str, str, dict[str, Any]]) -> None:
    with pytest.raises(UnknownCall):
        needs(*call, ACCOUNT)
