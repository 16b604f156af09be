"""What ``CaseStore`` promises."""

import dataclasses
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import boto3
import pytest

from shared.aws import keys
from shared.aws.dynamo import Table
from shared.aws.subject_keys import KmsSubjectKeys
from shared.aws.table_store import TableStore
from shared.domain.case import CaseStatus
from shared.domain.change import Change
from shared.domain.errors import Conflict, NotFound
from shared.domain.event import NOTHING_BEFORE, EventTag, event_digest, parse_event
from shared.domain.identifiers import CommandId, PersonId, RequestId, batch_subject, case_subject
from shared.domain.instruction import Instruction
from shared.domain.record import Batch, Revision
from shared.domain.request import Answer, RequestStatus
from shared.ports import CaseStore
from tests.contract.conftest import REGION
from tests.fakes.builders import (
    CASE,
    MANAGER,
    NOON,
    REP,
    a_batch,
    a_case,
    a_draft,
    a_plan,
    a_request,
    a_wake,
    an_evaluation,
)
from tests.fakes.clock import FakeClock
from tests.fakes.store import FakeStore

Make = Callable[..., Change]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOON)


@pytest.fixture(params=["fake", "dynamodb"])
def store(request: pytest.FixtureRequest, clock: FakeClock) -> CaseStore:
    if request.param == "fake":
        return FakeStore(clock)
    table: Table = request.getfixturevalue("table")
    kms = boto3.client("kms", region_name=REGION)
    wrapping_key = kms.create_key()["KeyMetadata"]["KeyId"]
    return TableStore(table, KmsSubjectKeys(table, kms, wrapping_key), clock)


def a_change(command: str = "command-1", **parts: Any) -> Change:
    fields: dict[str, Any] = {"result": "done", "events": (a_draft(command=CommandId(command)),)}
    return Change(command=CommandId(command), **(fields | parts))


def test_what_one_change_writes_is_read_back_whole(store: CaseStore) -> None:
    case, asked = a_case(), a_request()
    assert store.commit(a_change(case=case, requests=(asked,), effects=(a_wake(),))) == "done"
    assert store.case(case.id) == case
    assert store.request(asked.id) == asked
    assert store.requests_of(case.id) == [asked]
    assert store.open_case("field-sales", REP) == case.id
    assert list(store.cases(CaseStatus.OPEN)) == [case]
    assert list(store.cases_of(REP)) == [case]


def test_an_instruction_waits_until_it_is_carried_out(store: CaseStore) -> None:
    def told(name: str, hours: int) -> Instruction:
        at = NOON + timedelta(hours=hours)
        return Instruction(id=name, case_id=CASE, kind="hold_for_leave", given_by=MANAGER, given_at=at)

    later, earlier = told("a", 2), told("b", 1)
    store.commit(a_change("one", instruction=later))
    store.commit(a_change("two", instruction=earlier))
    assert list(store.instructions(CASE)) == [earlier, later]
    with pytest.raises(Conflict):
        store.commit(a_change("three", instruction=later))
    store.commit(a_change("four", carried_out=(earlier, later)))
    assert list(store.instructions(CASE)) == []


def test_a_repeated_command_returns_the_first_result_and_changes_nothing(store: CaseStore) -> None:
    store.commit(a_change(case=a_case(), result="first"))
    assert store.commit(a_change(case=a_case(stage="elsewhere"), result="second")) == "first"
    assert store.case(CASE).stage == "coaching"
    assert len(store.events(case_subject(CASE))) == 1
    assert store.outcome("command-1") == "first"
    assert store.outcome("command-2") is None


def test_a_change_that_does_not_follow_the_stored_version_is_refused_whole(store: CaseStore) -> None:
    store.commit(a_change(case=a_case(), requests=(a_request(),)))
    late = a_request().ended(RequestStatus.EXPIRED).ended(RequestStatus.EXPIRED)
    with pytest.raises(Conflict):
        store.commit(a_change("command-2", case=a_case(version=2), requests=(late,), effects=(a_wake(),)))
    assert store.case(CASE).version == 1
    assert store.request(a_request().id).version == 1
    assert len(store.events(case_subject(CASE))) == 1
    assert store.outcome("command-2") is None


def test_of_an_answer_and_a_timeout_at_the_same_moment_the_first_wins(store: CaseStore) -> None:
    store.commit(a_change(case=a_case(), requests=(a_request(),)))
    answer = Answer(
        choice="coach", reason="he can", answered_by=MANAGER, authenticated_by="link", answered_at=NOON
    )
    store.commit(a_change("answer", requests=(a_request().answered(answer),)))
    with pytest.raises(Conflict):
        store.commit(a_change("timeout", requests=(a_request().ended(RequestStatus.EXPIRED),)))
    assert store.request(a_request().id).answer == answer


def test_a_rep_has_at_most_one_open_case_under_a_policy(store: CaseStore) -> None:
    store.commit(a_change(case=a_case()))
    with pytest.raises(Conflict):
        store.commit(a_change("second", case=a_case(id="case-2"), events=()))
    closed = a_case(version=2, status=CaseStatus.CLOSED, exit="graduated")
    store.commit(a_change("close", case=closed, events=()))
    assert store.open_case("field-sales", REP) is None
    store.commit(a_change("again", case=a_case(id="case-2", opened_at=NOON + timedelta(days=1)), events=()))
    assert [case.id for case in store.cases_of(REP)] == [CASE, "case-2"]
    assert [case.id for case in store.cases(CaseStatus.OPEN)] == ["case-2"]
    assert [case.id for case in store.cases(CaseStatus.CLOSED)] == [CASE]


def test_events_form_a_chain_whose_times_never_run_backwards(store: CaseStore, clock: FakeClock) -> None:
    first, second = a_draft(), a_draft(EventTag.STAGE_ENTERED)
    store.commit(a_change(events=(first, second)))
    clock.set(NOON - timedelta(minutes=1))
    store.commit(a_change("later", events=(a_draft(EventTag.REQUEST_SENT),)))
    chain = store.events(case_subject(CASE))
    events = [parse_event(event) for event in chain]
    assert [event.tag for event in events] == ["case:opened", "stage:entered", "request:sent"]
    assert [event.sequence for event in events] == [1, 2, 3]
    assert [event.previous for event in events] == [NOTHING_BEFORE, *map(event_digest, chain[:-1])]
    assert len({event.recorded_at for event in events}) == 1


def test_one_change_may_append_to_several_chains(store: CaseStore) -> None:
    of_batch = a_draft(EventTag.EXPORT_ACCEPTED, subject=batch_subject(a_batch().id))
    store.commit(a_change(events=(a_draft(), of_batch)))
    assert len(store.events(case_subject(CASE))) == 1
    assert len(store.events(batch_subject(a_batch().id))) == 1
    assert store.events(batch_subject(a_batch("b").id)) == []


def test_a_private_part_is_opened_and_stands_nowhere_in_the_events_bytes(store: CaseStore) -> None:
    store.commit(a_change(events=(a_draft(private={"reason": "his mother is ill"}, person=REP),)))
    (event,) = store.events(case_subject(CASE))
    assert b"mother" not in event
    assert store.opened(event) == {"reason": "his mother is ill"}


def test_an_event_without_a_private_part_has_nothing_to_open(store: CaseStore) -> None:
    store.commit(a_change())
    assert store.opened(store.events(case_subject(CASE))[0]) is None


def test_an_accepted_batch_stands_and_a_refused_one_may_be_read_again(store: CaseStore) -> None:
    store.commit(a_change("refused", batch=a_batch(refused="empty"), events=()))
    store.commit(a_change("accepted", batch=a_batch(), events=()))
    with pytest.raises(Conflict):
        store.commit(a_change("again", batch=a_batch(rows=3), events=()))
    store.commit(a_change("other", batch=a_batch("b", known_at=NOON + timedelta(hours=1)), events=()))
    assert store.batch(a_batch().id) == a_batch()
    assert [batch.id for batch in store.batches()] == [a_batch("b").id, a_batch().id]


def taken_in(content: str, periods: tuple[str, ...] = ("2026-09",), **changes: Any) -> Change:
    """A batch with a revision of each of its periods."""
    batch = a_batch(content, periods=periods, **changes)
    revisions = tuple(revision_of(batch, period) for period in periods)
    return a_change(f"take in {content}", batch=batch, revisions=revisions, events=())


def revision_of(batch: Batch, period: str) -> Revision:
    return Revision(
        period=period,
        batch=batch.id,
        dropped_at=batch.dropped_at,
        known_at=batch.known_at,
        shards={"0000": batch.sha256},
    )


def test_revisions_of_a_period_come_in_the_order_in_which_they_were_dropped(store: CaseStore) -> None:
    later = NOON + timedelta(hours=2)
    # What was dropped last was read first; of two dropped in one second the one read first comes first.
    store.commit(taken_in("a", ("2026-09",), dropped_at=later, known_at=later))
    store.commit(taken_in("b", ("2026-08", "2026-09"), dropped_at=NOON, known_at=later + timedelta(hours=1)))
    store.commit(taken_in("c", ("2026-09",), dropped_at=NOON, known_at=later + timedelta(minutes=30)))
    found = store.revisions("2026-09")
    assert [revision.batch[0] for revision in found] == ["c", "b", "a"]
    assert found[1].known_at == later + timedelta(hours=1)
    assert found[1].shards == {"0000": "b" * 64}
    assert store.revisions("2026-07") == []
    assert store.periods() == ["2026-08", "2026-09"]


def test_a_batch_of_many_periods_counts_whole(store: CaseStore) -> None:
    months = tuple(f"{year}-{month:02d}" for year in range(2014, 2027) for month in range(1, 13))[:150]
    store.commit(taken_in("a", months))
    assert store.periods() == list(months)
    assert [len(store.revisions(month)) for month in (months[0], months[74], months[149])] == [1, 1, 1]


def test_a_batch_that_is_not_taken_in_leaves_no_revision_that_counts(store: CaseStore) -> None:
    months = tuple(f"{year}-{month:02d}" for year in range(2014, 2027) for month in range(1, 13))[:150]
    store.commit(a_change("guard", case=a_case()))
    other = a_case(id="case-2")
    refused = taken_in("a", months)
    with pytest.raises(Conflict):
        store.commit(dataclasses.replace(refused, case=other))
    assert store.periods() == []
    assert store.revisions(months[0]) == []
    store.commit(refused)
    assert len(store.revisions(months[149])) == 1


def test_the_directory_dropped_last_is_never_replaced_by_an_older_one(store: CaseStore) -> None:
    assert store.directory_batch() is None
    store.commit(a_change("first", directory=a_batch(), events=()))
    older = a_batch("b", dropped_at=NOON - timedelta(days=1), known_at=NOON + timedelta(days=1))
    with pytest.raises(Conflict):
        store.commit(a_change("older", directory=older, events=()))
    assert store.directory_batch() == a_batch().id
    newer = a_batch("c", dropped_at=NOON + timedelta(days=1), known_at=NOON)
    store.commit(a_change("newer", directory=newer, events=()))
    assert store.directory_batch() == newer.id


def test_an_evaluation_is_planned_once_and_finished_once(store: CaseStore) -> None:
    store.commit(a_change("plan", planned=a_plan(), events=()))
    with pytest.raises(NotFound):
        store.evaluation(a_plan().id)
    store.commit(a_change("complete", evaluation=an_evaluation(), events=()))
    assert store.planned(a_plan().id) == a_plan()
    assert store.evaluation(a_plan().id) == an_evaluation()
    with pytest.raises(Conflict):
        store.commit(a_change("plan again", planned=a_plan(), events=()))


def test_evaluations_of_a_policy_are_listed_with_the_latest_period_first(store: CaseStore) -> None:
    for period in ("2026-08", "2026-10", "2026-09"):
        plan = a_plan(f"evaluation-{period}", period=period)
        store.commit(a_change(period, evaluation=an_evaluation(plan), events=()))
    listed = [record.plan.period for record in store.evaluations("field-sales")]
    assert listed == ["2026-10", "2026-09", "2026-08"]
    assert list(store.evaluations("inside-sales")) == []


@pytest.mark.parametrize("unknown", ["case-9.1", "no request", "case-9.x", ".1"])
def test_what_does_not_exist_is_not_found(store: CaseStore, unknown: str) -> None:
    with pytest.raises(NotFound):
        store.request(RequestId(unknown))
    with pytest.raises(NotFound):
        store.case(CASE)
    with pytest.raises(NotFound):
        store.batch(a_batch().id)
    assert store.open_case("field-sales", PersonId("nobody")) is None


def test_every_event_waits_for_its_place_in_the_ledger(table: Table, clock: FakeClock) -> None:
    kms = boto3.client("kms", region_name=REGION)
    wrapping_key = kms.create_key()["KeyMetadata"]["KeyId"]
    store = TableStore(table, KmsSubjectKeys(table, kms, wrapping_key), clock)
    store.commit(a_change(events=(a_draft(), a_draft(EventTag.STAGE_ENTERED))))
    waiting = list(table.query_index(keys.UNSEQUENCED_INDEX, keys.UNSEQUENCED))
    assert [bytes(item["body"]) for item in waiting] == store.events(case_subject(CASE))


def test_two_processes_seal_under_the_same_persons_key(table: Table, clock: FakeClock) -> None:
    kms = boto3.client("kms", region_name=REGION)
    wrapping_key = kms.create_key()["KeyMetadata"]["KeyId"]
    stores = [TableStore(table, KmsSubjectKeys(table, kms, wrapping_key), clock) for _ in range(2)]
    for number, store in enumerate(stores):
        draft = a_draft(private={"reason": f"said {number}"}, person=REP)
        store.commit(a_change(f"command-{number}", events=(draft,)))
    opened = [stores[0].opened(event) for event in stores[1].events(case_subject(CASE))]
    assert opened == [{"reason": "said 0"}, {"reason": "said 1"}]


def test_a_shredded_key_leaves_the_event_and_takes_its_private_part(table: Table, clock: FakeClock) -> None:
    kms = boto3.client("kms", region_name=REGION)
    wrapping_key = kms.create_key()["KeyMetadata"]["KeyId"]
    store = TableStore(table, KmsSubjectKeys(table, kms, wrapping_key), clock)
    store.commit(a_change(events=(a_draft(private={"reason": "gone"}, person=REP),)))
    table.delete(keys.subject_key(REP))
    (event,) = store.events(case_subject(CASE))
    assert store.opened(event) is None
