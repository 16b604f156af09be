"""Permissions: literal actions on named resources, and only those that the stack grants."""

import json

from tests.infra.conftest import Template

TAKE_NO_RESOURCE = ("logs:", "xray:", "dynamodb:ListStreams")


def as_list(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def actions_of(template: Template, role: str) -> set[str]:
    found: set[str] = set()
    for name, statement in template.statements():
        if name.startswith(role):
            found |= {str(action) for action in as_list(statement["Action"])}
    return found


def test_every_allowed_action_is_written_out(template: Template) -> None:
    actions = {action for _, statement in template.statements() for action in as_list(statement["Action"])}
    assert len(actions) > 20
    assert not [action for action in actions if "*" in str(action)]


def test_only_actions_that_take_no_resource_are_allowed_on_all(template: Template) -> None:
    for name, statement in template.statements():
        if "*" in as_list(statement["Resource"]):
            for action in as_list(statement["Action"]):
                assert str(action).startswith(TAKE_NO_RESOURCE), (name, action)


def test_no_role_has_a_managed_policy(template: Template) -> None:
    for role in template.properties("IAM::Role"):
        assert "ManagedPolicyArns" not in role


def test_only_the_sealer_signs_and_writes_the_ledger(template: Template) -> None:
    assert {"kms:Sign", "s3:PutObjectRetention"} <= actions_of(template, "SealRole")
    for name, statement in template.statements():
        if not name.startswith("SealRole"):
            assert "kms:Sign" not in as_list(statement["Action"])
            writes = "s3:PutObject" in as_list(statement["Action"])
            where = json.dumps(statement["Resource"])
            # Time stamps are stored beside the ledger and are not part of it.
            beside = name.startswith("AnchorRole") and where.count("/ledger/timestamps/*") == 1
            assert not (writes and "LedgerBucket" in where and not beside), name


def test_the_anchor_function_reads_only_checkpoints_and_decrypts_nothing(
    template: Template, anchored: Template
) -> None:
    for each in (template, anchored):
        reads = [
            json.dumps(statement["Resource"])
            for name, statement in each.statements()
            if name.startswith("AnchorRole") and "s3:GetObject" in as_list(statement["Action"])
        ]
        assert all("/ledger/checkpoints/*" in where or "/ledger/timestamps/*" in where for where in reads)
        for name, statement in each.statements():
            if name.startswith("AnchorRole"):
                assert "SubjectKey" not in json.dumps(statement["Resource"])


def test_another_accounts_bucket_is_granted_only_if_one_is_set(
    template: Template, anchored: Template
) -> None:
    def named(each: Template) -> list[str]:
        return [name for name, at in each.statements() if "anchors-elsewhere" in json.dumps(at["Resource"])]

    assert named(template) == []
    assert {name[:10] for name in named(anchored)} == {"AnchorRole"}


def test_nobody_may_delete_an_object_or_shorten_its_retention(template: Template) -> None:
    forbidden = {"s3:DeleteObject", "s3:DeleteObjectVersion", "s3:BypassGovernanceRetention"}
    for _, statement in template.statements():
        assert not forbidden & {str(action) for action in as_list(statement["Action"])}


def test_only_the_relay_sends_mail_and_publishes(template: Template) -> None:
    assert {"ses:SendEmail", "sns:Publish"} <= actions_of(template, "RelayRole")
    for name, statement in template.statements():
        if not name.startswith("RelayRole"):
            assert not {"ses:SendEmail", "ses:SendRawEmail", "sns:Publish"} & set(
                map(str, as_list(statement["Action"]))
            )


def test_the_response_page_cannot_wake_or_start_a_workflow(template: Template) -> None:
    assert not [action for action in actions_of(template, "RespondRole") if action.startswith("states:")]


def test_the_sealer_cannot_decrypt_personal_data(template: Template) -> None:
    for name, statement in template.statements():
        if name.startswith("SealRole"):
            assert "SubjectKey" not in json.dumps(statement["Resource"])


def test_the_query_function_writes_only_handouts(template: Template) -> None:
    writes = [
        json.dumps(statement["Resource"])
        for name, statement in template.statements()
        if name.startswith("QueryRole") and "s3:PutObject" in as_list(statement["Action"])
    ]
    assert len(writes) == 1
    assert "/handouts/*" in writes[0]
    rules = json.dumps(list(template.properties("S3::Bucket")))
    assert '"Prefix": "handouts/"' in rules


def test_only_the_query_function_looks_accounts_up_and_nobody_changes_one(template: Template) -> None:
    looks_up = {"cognito-idp:ListUsers", "cognito-idp:AdminListGroupsForUser"}
    for name, statement in template.statements():
        on_accounts = {str(action) for action in as_list(statement["Action"]) if "cognito" in str(action)}
        if on_accounts:
            assert (name.startswith("QueryRole"), on_accounts) == (True, looks_up)
            assert '["ApiUsers' in json.dumps(statement["Resource"])
    assert looks_up <= actions_of(template, "QueryRole")


def test_the_sweep_reads_no_export_and_starts_only_the_evaluation(template: Template) -> None:
    actions = actions_of(template, "SweepRole")
    assert not {"s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"} & {
        action for action in actions if action.startswith("s3:")
    }
    starts = [
        json.dumps(statement["Resource"])
        for name, statement in template.statements()
        if name.startswith("SweepRole") and "states:StartExecution" in as_list(statement["Action"])
    ]
    assert len(starts) == 1
    assert "-evaluation" in starts[0]
