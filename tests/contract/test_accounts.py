"""What a look-up of an account promises: it is as the account is now, and never a guess."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.stub import Stubber
from moto import mock_aws

from shared.account_ports import Account, Accounts
from shared.aws.accounts import CognitoAccounts
from shared.domain.errors import Unavailable
from shared.domain.identifiers import PersonId
from tests.contract.conftest import REGION
from tests.fakes.accounts import FakeAccounts

UNKNOWN = "11111111-2222-3333-4444-555555555555"
QUICK = Config(retries={"max_attempts": 0}, connect_timeout=1, read_timeout=1)


class Pool:
    """A user pool of both kinds with one account, ``subject``."""

    def __init__(self, accounts: FakeAccounts | None) -> None:
        self.fake = accounts
        self.subject = "a-1"
        if accounts is not None:
            accounts.known["a-1"] = Account(True, PersonId("hr-1"), frozenset({"hr_partner", "auditor"}))
            accounts.known["a-2"] = Account(True, None, frozenset())
            return
        self.cognito: Any = boto3.client("cognito-idp", region_name=REGION)
        schema: Any = [{"Name": "person_id", "AttributeDataType": "String", "Mutable": True}]
        self.id = self.cognito.create_user_pool(PoolName="p", Schema=schema)["UserPool"]["Id"]
        for group in ("hr_partner", "auditor"):
            self.cognito.create_group(UserPoolId=self.id, GroupName=group)
        self.subject = self._user("hal", [{"Name": "custom:person_id", "Value": "hr-1"}])
        self._user("otto", [])
        for group in ("hr_partner", "auditor"):
            self.cognito.admin_add_user_to_group(UserPoolId=self.id, Username="hal", GroupName=group)

    def _user(self, name: str, attributes: list[dict[str, str]]) -> str:
        made = self.cognito.admin_create_user(UserPoolId=self.id, Username=name, UserAttributes=attributes)
        return next(str(each["Value"]) for each in made["User"]["Attributes"] if each["Name"] == "sub")

    @property
    def accounts(self) -> Accounts:
        return self.fake or CognitoAccounts(self.id, self.cognito)

    def change(self, **changes: Any) -> None:
        """Changes the account: ``enabled``, ``person_id``, or the ``group`` that it leaves."""
        if self.fake is not None:
            old = self.fake.known[self.subject]
            assert old is not None
            self.fake.known[self.subject] = Account(
                enabled=changes.get("enabled", old.enabled),
                person_id=changes.get("person_id", old.person_id),
                groups=old.groups - {changes.get("group")},
            )
            return
        user = {"UserPoolId": self.id, "Username": "hal"}
        if "enabled" in changes:
            self.cognito.admin_disable_user(**user)
        if "person_id" in changes:
            value = [{"Name": "custom:person_id", "Value": changes["person_id"]}]
            self.cognito.admin_update_user_attributes(**user, UserAttributes=value)
        if "group" in changes:
            self.cognito.admin_remove_user_from_group(**user, GroupName=changes["group"])

    def delete(self) -> None:
        if self.fake is not None:
            del self.fake.known[self.subject]
        else:
            self.cognito.admin_delete_user(UserPoolId=self.id, Username="hal")


@pytest.fixture(params=["fake", "aws"])
def pool(request: pytest.FixtureRequest) -> Iterator[Pool]:
    if request.param == "fake":
        yield Pool(FakeAccounts())
        return
    request.getfixturevalue("aws")
    yield Pool(None)


def test_an_account_is_found_by_its_subject_with_its_person_and_groups(pool: Pool) -> None:
    found = pool.accounts.account(pool.subject)
    assert found == Account(True, PersonId("hr-1"), frozenset({"hr_partner", "auditor"}))


@pytest.mark.parametrize(
    ("changed", "now"),
    [
        ({"enabled": False}, Account(False, PersonId("hr-1"), frozenset({"hr_partner", "auditor"}))),
        ({"person_id": "r-9"}, Account(True, PersonId("r-9"), frozenset({"hr_partner", "auditor"}))),
        ({"person_id": ""}, Account(True, None, frozenset({"hr_partner", "auditor"}))),
        ({"group": "hr_partner"}, Account(True, PersonId("hr-1"), frozenset({"auditor"}))),
    ],
)
def test_a_change_is_seen_at_once(pool: Pool, changed: dict[str, Any], now: Account) -> None:
    if pool.fake is not None and changed == {"person_id": ""}:
        changed = {"person_id": None}
    pool.change(**changed)
    assert pool.accounts.account(pool.subject) == now


def test_a_deleted_account_is_none(pool: Pool) -> None:
    pool.delete()
    assert pool.accounts.account(pool.subject) is None


@pytest.mark.parametrize("subject", [UNKNOWN, "", '" or sub ^= "', "*", "a" * 65, "\ud800"])
def test_what_is_no_subject_of_the_pool_finds_nobody(pool: Pool, subject: str) -> None:
    assert pool.accounts.account(subject) is None


def test_a_user_pool_that_cannot_be_reached_is_no_answer() -> None:
    cognito = boto3.client(
        "cognito-idp",
        region_name=REGION,
        endpoint_url="http://127.0.0.1:9",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=QUICK,
    )
    with pytest.raises(Unavailable, match="EndpointConnectionError"):
        CognitoAccounts("pool_1", cognito).account(UNKNOWN)


@pytest.mark.parametrize(
    "code", ["TooManyRequestsException", "InternalErrorException", "AccessDeniedException"]
)
@pytest.mark.parametrize("failing", ["list_users", "admin_list_groups_for_user"])
def test_an_error_of_the_user_pool_is_no_answer(failing: str, code: str) -> None:
    with stubbed() as (accounts, stub):
        if failing == "admin_list_groups_for_user":
            stub.add_response("list_users", {"Users": [USER]})
        stub.add_client_error(failing, service_error_code=code, service_message="of Hal Partner")
        with pytest.raises(Unavailable, match=code) as raised:
            accounts.account(UNKNOWN)
        assert "Hal" not in str(raised.value)


def test_an_account_that_is_deleted_between_the_two_calls_is_none() -> None:
    with stubbed() as (accounts, stub):
        stub.add_response("list_users", {"Users": [USER]})
        stub.add_client_error("admin_list_groups_for_user", service_error_code="UserNotFoundException")
        assert accounts.account(UNKNOWN) is None


def test_every_page_of_groups_is_read() -> None:
    with stubbed() as (accounts, stub):
        stub.add_response("list_users", {"Users": [USER]})
        stub.add_response("admin_list_groups_for_user", {"Groups": [{"GroupName": "a"}], "NextToken": "n"})
        stub.add_response("admin_list_groups_for_user", {"Groups": [{"GroupName": "b"}]})
        found = accounts.account(UNKNOWN)
        assert found is not None
        assert found.groups == {"a", "b"}


USER: dict[str, Any] = {
    "Username": "hal",
    "Enabled": True,
    "Attributes": [{"Name": "sub", "Value": UNKNOWN}, {"Name": "custom:person_id", "Value": "hr-1"}],
}


class stubbed:
    """An adapter whose client gives prepared answers."""

    def __enter__(self) -> tuple[CognitoAccounts, Stubber]:
        self.mock = mock_aws()
        self.mock.start()
        cognito = boto3.client("cognito-idp", region_name=REGION, config=QUICK)
        self.stub = Stubber(cognito)
        self.stub.activate()
        return CognitoAccounts("pool_1", cognito), self.stub

    def __exit__(self, *_: object) -> None:
        self.stub.deactivate()
        self.mock.stop()
