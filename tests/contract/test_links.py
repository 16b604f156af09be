"""What ``Links`` promises, with the store whose changes use codes up."""

import re
from dataclasses import dataclass
from datetime import timedelta

import boto3
import pytest

from shared.aws import keys
from shared.aws.dynamo import Table
from shared.aws.links import TableLinks
from shared.aws.subject_keys import KmsSubjectKeys
from shared.aws.table_store import TableStore
from shared.domain.change import Change
from shared.domain.errors import Conflict, NotFound, Throttled
from shared.domain.identifiers import CommandId
from shared.domain.record import UsedCode
from shared.ports import CaseStore, Links
from tests.contract.conftest import REGION
from tests.fakes.builders import NOON, a_request
from tests.fakes.clock import FakeClock
from tests.fakes.store import FakeStore
from tests.fakes.world import FakeLinks

REQUEST = a_request().id
UNTIL = NOON + timedelta(minutes=10)


@dataclass
class Doors:
    """Links and the store beside them."""

    links: Links
    store: CaseStore

    def code(self) -> str:
        return self.links.issue_code(REQUEST, UNTIL)

    def checked(self, code: str) -> UsedCode | None:
        return self.links.check_code(REQUEST, code, NOON)

    def use_up(self, code: UsedCode | None, command: str = "answer") -> None:
        assert code is not None
        self.store.commit(Change(command=CommandId(command), result="", events=(), code=code))


@pytest.fixture(params=["fake", "aws"])
def doors(request: pytest.FixtureRequest) -> Doors:
    clock = FakeClock(NOON)
    if request.param == "fake":
        fake = FakeStore(clock)
        return Doors(FakeLinks(fake.codes), fake)
    table: Table = request.getfixturevalue("table")
    subject_keys = KmsSubjectKeys(table, boto3.client("kms", region_name=REGION), "k")
    return Doors(TableLinks(table, clock), TableStore(table, subject_keys, clock))


def another(code: str, by: int = 1) -> str:
    return f"{(int(code) + by) % 10**6:06d}"


def test_a_link_resolves_to_its_request_and_expiry(doors: Doors) -> None:
    token, other = (doors.links.issue(REQUEST, NOON + timedelta(days=2)) for _ in range(2))
    assert token != other
    assert doors.links.resolve(token) == (REQUEST, NOON + timedelta(days=2))


def test_a_token_has_only_what_mail_programs_and_gateways_leave_alone(doors: Doors) -> None:
    assert all(re.fullmatch("[a-z0-9]{52}", doors.links.issue(REQUEST, UNTIL)) for _ in range(20))


@pytest.mark.parametrize("token", ["", "x", "a" * 43, "../../etc/passwd", "ä" * 43])
def test_a_token_that_was_never_issued_is_not_found(doors: Doors, token: str) -> None:
    with pytest.raises(NotFound):
        doors.links.resolve(token)


def test_a_code_is_right_until_a_change_uses_it_up_and_only_in_time(doors: Doors) -> None:
    assert doors.checked("000000") is None
    code = doors.code()
    assert doors.links.check_code(REQUEST, code, UNTIL) is None
    right = doors.checked(code)
    assert right == doors.checked(code)
    doors.use_up(right)
    assert doors.checked(code) is None


def test_of_two_changes_with_the_same_code_one_is_committed(doors: Doors) -> None:
    code = doors.code()
    first, second = doors.checked(code), doors.checked(code)
    doors.use_up(first)
    with pytest.raises(Conflict):
        doors.use_up(second, "another answer")
    assert doors.store.outcome("another answer") is None


def test_a_new_code_replaces_the_one_before(doors: Doors) -> None:
    old, new = doors.code(), doors.code()
    assert old == new or doors.checked(old) is None
    assert doors.checked(new) is not None


def test_five_wrong_guesses_end_a_code(doors: Doors) -> None:
    code = doors.code()
    assert [doors.checked(another(code)) for _ in range(5)] == [None] * 5
    assert doors.checked(code) is None


def test_a_right_guess_among_many_at_once_counts_only_before_the_fifth_wrong_one(doors: Doors) -> None:
    code = doors.code()
    right = doors.checked(code)
    for guess in range(1, 10):
        doors.checked(another(code, guess))
    with pytest.raises(Conflict):
        doors.use_up(right)


def test_no_more_than_five_codes_an_hour_are_issued(doors: Doors) -> None:
    for _ in range(5):
        doors.code()
    with pytest.raises(Throttled):
        doors.code()


def test_tokens_and_codes_are_stored_only_as_hashes(table: Table) -> None:
    links = TableLinks(table, FakeClock(NOON))
    token, code = links.issue(REQUEST, NOON), links.issue_code(REQUEST, UNTIL)
    stored = str(list(table.query(keys.one_time_code(REQUEST)[0])))
    assert code not in stored
    assert table.get(keys.link(token)) is None
