"""What ``PersonalData`` promises, and what stays of a store when a person was erased."""

from dataclasses import dataclass
from typing import Any

import boto3
import pytest

from shared.aws.dynamo import Table
from shared.aws.personal_data import TablePersonalData
from shared.aws.subject_keys import KmsSubjectKeys
from shared.aws.table_store import TableStore
from shared.domain.case import CaseStatus
from shared.domain.change import Change
from shared.domain.errors import Conflict
from shared.domain.identifiers import CommandId, case_subject
from shared.domain.request import Answer
from shared.ports import CaseStore, Erasure, PersonalData
from tests.contract.conftest import REGION
from tests.fakes.builders import CASE, MANAGER, NOON, REP, a_case, a_draft, a_request
from tests.fakes.clock import FakeClock
from tests.fakes.personal_data import FakePersonalData
from tests.fakes.store import FakeStore

FIGURES = {"outcome": "open_case", "findings": [{"rule": "two-of-three"}], "inputs": [{"quota": "1000"}]}
SAID = Answer(
    choice="coach", reason="typed words", answered_by=MANAGER, authenticated_by="link", answered_at=NOON
)


@dataclass
class Place:
    store: CaseStore
    data: PersonalData

    def says(self, text: str) -> None:
        """One more event of the case with a private part of the rep's."""
        command = CommandId(f"say {text}")
        draft = a_draft(command=command, private={"reason": text}, person=REP)
        self.store.commit(Change(command=command, result="", events=(draft,)))

    def opened(self) -> list[Any]:
        return [self.store.opened(event) for event in self.store.events(case_subject(CASE))]


@pytest.fixture(params=["fake", "dynamodb"])
def place(request: pytest.FixtureRequest) -> Place:
    clock = FakeClock(NOON)
    if request.param == "fake":
        fake = FakeStore(clock)
        return Place(fake, FakePersonalData(fake))
    table: Table = request.getfixturevalue("table")
    kms = boto3.client("kms", region_name=REGION)
    wrapping_key = kms.create_key()["KeyMetadata"]["KeyId"]
    store = TableStore(table, KmsSubjectKeys(table, kms, wrapping_key), clock)
    return Place(store, TablePersonalData(table))


def test_an_unknown_person_has_nothing_to_erase(place: Place) -> None:
    assert place.data.erasure(REP) == Erasure(False, 0)


def test_an_erased_persons_words_are_gone_and_their_events_stay_to_the_byte(place: Place) -> None:
    place.says("one")
    before = place.store.events(case_subject(CASE))
    assert place.data.erasure(REP) == Erasure(True, 0)
    place.data.erase(REP, 1)
    assert place.data.erasure(REP) == Erasure(False, 1)
    assert place.opened() == [None]
    assert place.store.opening(before[0]) is None
    assert place.store.events(case_subject(CASE)) == before


def test_what_is_said_later_has_a_key_of_its_own_which_the_same_order_does_not_take(place: Place) -> None:
    place.says("before")
    place.data.erase(REP, 1)
    place.says("after")
    place.data.erase(REP, 1)
    assert place.opened() == [None, {"reason": "after"}]
    place.data.erase(REP, 2)
    assert place.opened() == [None, None]


def test_a_closed_case_keeps_its_course_and_loses_figures_and_words(place: Place) -> None:
    change = Change(
        command=CommandId("open"),
        result="",
        events=(),
        case=a_case(decision=FIGURES),
        requests=(a_request(),),
    )
    place.store.commit(change)
    answered, closed = (
        a_request().answered(SAID),
        a_case(decision=FIGURES, status=CaseStatus.CLOSED, version=2),
    )
    change = Change(command=CommandId("end"), result="", events=(), case=closed, requests=(answered,))
    place.store.commit(change)
    for _ in range(2):
        place.data.erase(REP, 1)
    case, request = place.store.case(CASE), place.store.request(answered.id)
    assert (case.version, case.status) == (3, CaseStatus.CLOSED)
    assert (case.decision["findings"], case.decision["inputs"]) == ([], [])
    assert request.answer is not None
    assert (request.version, request.answer.choice, request.answer.reason) == (3, "coach", "")
    assert list(place.store.cases(CaseStatus.CLOSED)) == [case]


def test_a_change_that_was_decided_on_a_shorter_chain_is_refused(place: Place) -> None:
    place.says("one")
    draft = a_draft(command=CommandId("next"))
    late = Change(command=CommandId("late"), result="", events=(draft,), decided_on={case_subject(CASE): 0})
    with pytest.raises(Conflict):
        place.store.commit(late)
    place.store.commit(
        Change(command=CommandId("next"), result="", events=(draft,), decided_on={case_subject(CASE): 1})
    )
    assert len(place.store.events(case_subject(CASE))) == 2
