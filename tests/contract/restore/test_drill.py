"""The restore drill: the table made again from ledger and facts is the table, item by item."""

from dataclasses import replace
from random import Random

import pytest

from functions.audit.evidence.export_evidence import SEGMENTS
from local.restore.compare import differences
from local.restore.ledger import read_ledger
from local.restore.ports import Item, Items
from local.restore.rebuild import rebuild
from local.restore.tables import BucketFacts, make_table_like, read_table, write_table
from shared.aws import keys
from shared.domain.case import Case
from shared.domain.errors import NotFound
from shared.domain.event import EventTag, parse_event
from shared.domain.identifiers import BatchId, Subject, case_subject
from tests.contract.restore.world import ASKED, GONE, LATE, REPS, Deployment
from tests.unit.audit.workshop import lived_in

PASSING = {"CODE#000001", "TASK", "UNSETTLED", "PLACE"}
OF_THE_RELAY = {"pending_pk", "pending_sk", "claimed_until", "attempts", "last_failure"}


def durable(items: Items) -> Items:
    """Without what the restore guide says is not made again."""
    return {
        key: {name: value for name, value in item.items() if key[1] != "OUTBOX" or name not in OF_THE_RELAY}
        for key, item in items.items()
        if key[1] not in PASSING
    }


def of_kind(items: Items, sort_key: str) -> list[Item]:
    return [item for key, item in items.items() if key[1].startswith(sort_key)]


def test_the_drills_table_has_every_kind_of_item(deployment: Deployment) -> None:
    kinds = {(pk.partition("#")[0], sk.partition("#")[0]) for pk, sk in deployment.sealed}
    assert kinds == {
        ("ARRIVAL", "ARRIVAL"),
        ("BATCH", "BATCH"),
        ("BATCH", "UNSETTLED"),
        ("CASE", "CASE"),
        ("CASE", "CODE"),
        ("CASE", "INSTRUCTION"),
        ("CASE", "REQUEST"),
        ("CASE", "TASK"),
        ("CHAIN", "EVENT"),
        ("CHAIN", "HEAD"),
        ("COMMAND", "COMMAND"),
        ("DIRECTORY", "CURRENT"),
        ("EVALUATION", "PLAN"),
        ("EVALUATION", "RECORD"),
        ("KEY", "KEY"),
        ("LEDGER", "HEAD"),
        ("LINK", "LINK"),
        ("OPEN", "OPEN"),
        ("OUTBOX", "OUTBOX"),
        ("PERIOD", "REVISION"),
        ("PERIODS", "KNOWN"),
        ("REP", "CASE"),
    }


def test_the_table_made_again_is_the_table_item_by_item(deployment: Deployment) -> None:
    made = deployment.rebuilt(deployment.sealed)
    assert (made.faults, made.refused_keys, made.unsealed) == ([], [], 0)
    assert durable(made.items) == durable(deployment.sealed)
    assert list(differences(deployment.sealed, made.items)) == []


def pending(items: Items) -> set[str]:
    return {key[0] for key, item in items.items() if key[1] == "OUTBOX" and "pending_pk" in item}


def test_what_was_mailed_is_not_mailed_again_and_what_was_not_is(deployment: Deployment) -> None:
    assert pending(deployment.sealed) == set()
    assert pending(deployment.rebuilt(deployment.sealed).items) == set()
    ledger = deployment.ledger()
    first = next(place for place, body in enumerate(ledger.events) if b'"kind":"question"' in body)
    assert parse_event(ledger.events[first]).tag is EventTag.NOTICE_SENT
    before = replace(ledger, events=ledger.events[:first])
    items = rebuild(before, BucketFacts("facts", deployment.s3), deployment.sealed, deployment.unwrap).items
    outbox = of_kind(items, "OUTBOX")
    notices = {item["pk"] for item in outbox if item["body"].startswith('{"kind":"notice"')}
    assert set() < notices < {item["pk"] for item in outbox}
    # Workflows are left to the reconciler, which sees what runs.
    assert set() < pending(items) < notices


def test_events_that_no_checkpoint_covers_are_taken_from_the_table_where_that_is_wanted(
    deployment: Deployment,
) -> None:
    live = deployment.items()
    assert deployment.differences(live) == []
    without = deployment.rebuilt(live)
    named = {each.key[1] for each in differences(live, without.items) if each.kind == "differs"}
    request = keys.request(deployment.store.requests_of(deployment.case(LATE).id)[-1].id)
    assert named == {"HEAD", request[1]}
    assert deployment.rebuilt(live, live).unsealed == 1


def test_every_case_is_whole_again_where_the_keys_survived(deployment: Deployment) -> None:
    bodies = {
        case.rep_id: case
        for item in of_kind(deployment.rebuilt(deployment.sealed).items, "CASE")
        if "body" in item
        for case in [Case.model_validate_json(item["body"])]
    }
    assert set(bodies) == set(REPS)
    assert all(case.decision["inputs"] for case in bodies.values())


def test_without_a_persons_key_their_case_comes_without_figures_and_that_is_said(
    deployment: Deployment,
) -> None:
    survived = {key: item for key, item in deployment.sealed.items() if key != keys.subject_key(LATE)}
    made = deployment.rebuilt(survived)
    assert made.faults
    assert all(LATE in fault.says for fault in made.faults)
    case = Case.model_validate_json(made.items[keys.case(deployment.case(LATE).id)]["body"])
    assert (case.rep_id, case.decision["inputs"]) == (LATE, [])
    assert case.version == deployment.case(LATE).version
    other = Case.model_validate_json(made.items[keys.case(deployment.case(ASKED).id)]["body"])
    assert other.decision["inputs"] != []


def test_a_key_from_an_old_backup_does_not_bring_back_an_erased_person(
    deployment: Deployment,
) -> None:
    assert "wrapped_key" in deployment.earlier[keys.subject_key(GONE)]
    made = deployment.rebuilt(deployment.earlier)
    assert made.refused_keys == [GONE]
    assert "wrapped_key" not in made.items[keys.subject_key(GONE)]
    closed = next(iter(deployment.store.cases_of(GONE)))
    assert made.items[keys.case(closed.id)] == deployment.sealed[keys.case(closed.id)]
    assert closed.decision["inputs"] == []
    # The case that was opened later was sealed under a later key, which this backup never had.
    assert {fault.where.partition(",")[0] for fault in made.faults} == {
        case_subject(deployment.case(GONE).id)
    }


@pytest.mark.parametrize("place", ["first", "last"])
def test_a_changed_ledger_is_never_rebuilt_from(deployment: Deployment, place: str) -> None:
    bucket = LedgerBucket(deployment)
    names = list(bucket.names(SEGMENTS))
    name = names[0 if place == "first" else -1]
    bucket.files[name] = bucket.files[name].replace(b'"kind":"system"', b'"kind":"person"', 1)
    ledger = read_ledger(bucket, deployment.keyring)
    assert (ledger.intact, ledger.events) == (False, ())


def test_a_segment_that_came_after_the_checkpoints_were_listed_is_left_for_the_next_time(
    deployment: Deployment,
) -> None:
    bucket = LedgerBucket(deployment)
    size = len(deployment.ledger().events)
    bucket.files[f"{SEGMENTS}{size:012d}-{size:012d}.jsonl"] = b"{}\n"
    assert read_ledger(bucket, deployment.keyring).intact


def test_a_ledger_without_a_checkpoint_is_refused(deployment: Deployment) -> None:
    bucket = LedgerBucket(deployment)
    bucket.files.clear()
    with pytest.raises(NotFound):
        read_ledger(bucket, deployment.keyring)


class LedgerBucket:
    """The ledger's bucket, as a copy that may be changed."""

    def __init__(self, deployment: Deployment) -> None:
        pages = deployment.s3.list_objects_v2(Bucket="ledger")["Contents"]
        self.files = {
            entry["Key"]: deployment.s3.get_object(Bucket="ledger", Key=entry["Key"])["Body"].read()
            for entry in pages
        }

    def names(self, prefix: str) -> list[str]:
        return sorted(name for name in self.files if name.startswith(prefix))

    def get(self, name: str) -> bytes:
        return self.files[name]


class NoFacts:
    """A bucket whose facts have expired, or hold something else."""

    def __init__(self, shards: dict[str, str] | None) -> None:
        self._shards = shards

    def shards(self, batch: BatchId, period: str) -> dict[str, str]:
        if self._shards is None:
            raise NotFound("its facts are not in the bucket any more")
        return self._shards


@pytest.mark.parametrize("shards", [None, {}, {"0000": "ab" * 32}])
def test_missing_or_different_facts_are_reported(
    deployment: Deployment, shards: dict[str, str] | None
) -> None:
    made = rebuild(deployment.ledger(), NoFacts(shards), deployment.sealed, deployment.unwrap)
    batches = {key[0] for key in deployment.sealed if key[1] == "BATCH"}
    assert {fault.where for fault in made.faults} < {pk.replace("BATCH#", "batch/") for pk in batches}
    assert len(made.faults) == 4


def test_events_that_keep_no_state_are_reported(deployment: Deployment) -> None:
    world = lived_in()
    ledger = replace(deployment.ledger(), events=world.segments(), checkpoints=world.checkpoints())
    made = rebuild(ledger, NoFacts(None), {}, deployment.unwrap)
    assert len(made.faults) == len(world.segments())
    assert all("does not keep" in fault.says for fault in made.faults)
    assert made.items[keys.chain_head(Subject("case/c-1"))]["last_sequence"] == 3


def test_a_table_made_again_is_written_and_read_back_however_often(deployment: Deployment) -> None:
    made = deployment.rebuilt(deployment.sealed).items
    make_table_like("plumbline", "restored", deployment.resource)
    half = dict(list(made.items())[:100])
    write_table("restored", half, deployment.resource)
    for _ in range(2):
        write_table("restored", made, deployment.resource)
        assert read_table("restored", deployment.resource) == made


@pytest.mark.parametrize("seed", range(12))
def test_subjects_may_be_sealed_in_another_order_among_each_other(deployment: Deployment, seed: int) -> None:
    """Only each chain's own order is certain: two machines' clocks differ, and an index lags behind."""
    ledger, mixed = deployment.ledger(), Random(seed)
    chains: dict[str, list[bytes]] = {}
    for body in ledger.events:
        chains.setdefault(parse_event(body).subject, []).append(body)
    turns = [subject for subject, events in chains.items() for _ in events]
    mixed.shuffle(turns)
    other = replace(ledger, events=[chains[subject].pop(0) for subject in turns])
    facts = BucketFacts("facts", deployment.s3)
    made = rebuild(other, facts, deployment.sealed, deployment.unwrap)
    assert made.faults == []
    named = {each.key: each.attributes for each in differences(deployment.sealed, made.items)}
    assert set(named.values()) == {("ledger_index",), ("body",)}
    assert [key for key, names in named.items() if names == ("body",)] == [keys.ledger_head()]
