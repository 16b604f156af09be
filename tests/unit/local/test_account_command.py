"""`plumbline account`, and the accounts that `plumbline up` creates, against a user pool in memory."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from local.cli import main
from local.cloud import accounts
from local.commands import account


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[dict[str, str], Any]]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        cognito = boto3.client("cognito-idp", region_name="eu-central-1")
        made = cognito.create_user_pool(
            PoolName="users",
            Schema=[{"Name": "person_id", "AttributeDataType": "String"}],
            Policies={"PasswordPolicy": {"MinimumLength": 14, "RequireSymbols": True}},
        )["UserPool"]
        info = {"user_pool_id": made["Id"]}
        for group in accounts.GROUPS:
            cognito.create_group(UserPoolId=made["Id"], GroupName=group)
        monkeypatch.setattr(account, "read_stack", lambda folder: info)
        monkeypatch.setattr(account, "client", lambda service, of: cognito)
        yield info, cognito


def user(pool: tuple[dict[str, str], Any], name: str) -> dict[str, Any]:
    info, cognito = pool
    return dict(cognito.admin_get_user(UserPoolId=info["user_pool_id"], Username=name))


def test_an_account_is_added_with_its_group_and_person_listed_and_disabled(
    pool: tuple[dict[str, str], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["account", "add", "hugo", "--group", "hr_admin", "--person", "H001"]) == 0
    name, password, group = capsys.readouterr().out.split()
    assert (name, group) == ("hugo@example.com", "hr_admin")
    assert len(password) >= 14
    assert user(pool, name)["UserStatus"] == "CONFIRMED"
    assert main(["account", "list"]) == 0
    assert capsys.readouterr().out.splitlines()[1].split() == ["hugo@example.com", "hr_admin", "H001"]
    assert main(["account", "disable", "hugo"]) == 0
    assert user(pool, name)["Enabled"] is False
    capsys.readouterr()
    assert main(["account", "list"]) == 0
    assert capsys.readouterr().out.splitlines()[1].split()[-1] == "disabled"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["disable", "nobody"], "nobody@example.com was not disabled"),
        (["add", "taken", "--group", "auditor"], "taken@example.com was not added"),
    ],
)
def test_what_the_user_pool_refuses_is_one_line(
    pool: tuple[dict[str, str], Any], capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    accounts.add_account(*pool, "taken", "auditor", None)
    assert main(["account", *arguments]) == 2
    assert capsys.readouterr().err.startswith(f"plumbline: {says}: ")


@pytest.mark.parametrize(
    "arguments",
    [["add"], ["add", "hugo"], ["disable"], ["list", "--group", "auditor"], ["add", "h", "--group", "all"]],
)
def test_a_mistake_is_reported_with_the_usage(
    pool: tuple[dict[str, str], Any], capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["account", *arguments])
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("usage: plumbline account")


def test_a_new_folder_gets_one_account_for_each_role_and_keeps_them(
    pool: tuple[dict[str, str], Any], tmp_path: Path
) -> None:
    first = accounts.first_accounts(tmp_path, *pool)
    assert [one.group for one in first] == ["hr_partner", "hr_admin", "compensation", "auditor"]
    assert len({one.password for one in first}) == 4
    assert accounts.first_accounts(tmp_path, *pool) == first
    file = tmp_path / "accounts.json"
    assert file.stat().st_mode & 0o777 == 0o600
    assert [one["name"] for one in json.loads(file.read_text())["accounts"]] == [one.name for one in first]
    assert [one.name for one in accounts.list_accounts(*pool)] == [one.name for one in first]
