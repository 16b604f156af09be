"""The restore drill: the table made again from ledger and facts is the table, item by item."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from moto import mock_aws

from functions.audit.export_evidence import SEGMENTS
from local.restore.compare import differences
from local.restore.ledger import read_ledger
from local.restore.rebuild import rebuild
from local.restore.tables import BucketFacts, make_table_like, read_table, write_table
from local.restore.world import Item, Items
from shared.aws import keys
from shared.domain.case import Case
from shared.domain.errors import NotFound
from shared.domain.event import EventTag, parse_event
from shared.domain.identifiers import BatchId, Subject, case_subject
from tests.contract.conftest import REGION, make_table
from tests.contract.restore_world import ANSWERED, ASKED, GONE, LATE, ON_LEAVE, REPS, Deployment
from tests.unit.audit.workshop import lived_in

PASSING = {"CODE#000001", "TASK", "UNSETTLED", "PLACE"}
OF_THE_RELAY = {"pending_pk", "pending_sk", "claimed_until", "attempts", "last_failure"}


@pytest.fixture(scope="module")
def deployment() -> Iterator[Deployment]:
    """Lived once; the tests look at it and change copies only."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            patch.setenv(name, "testing")
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        with mock_aws():
            made = Deployment(make_table())
            made.everything()
            yield made


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


def test_a_key_out_of_an_old_backup_does_not_bring_back_whom_it_was_shredded_for(
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


def test_a_key_of_somebody_shredded_that_stands_in_the_table_again_is_named(deployment: Deployment) -> None:
    key = keys.subject_key(GONE)
    found = deployment.differences(deployment.sealed | {key: deployment.earlier[key]})
    assert key in [each.key for each in found]


def case_key(deployment: Deployment) -> keys.Key:
    return keys.case(deployment.case(ANSWERED).id)


def edited(items: Items, key: keys.Key, old: str, new: str) -> None:
    body = items[key]["body"]
    assert old in body
    items[key] = items[key] | {"body": body.replace(old, new)}


TAMPERED: dict[str, Callable[[Deployment, Items], tuple[keys.Key, str]]] = {}


def tampering(act: Callable[[Deployment, Items], tuple[keys.Key, str]]) -> Any:
    TAMPERED[act.__name__] = act
    return act


@tampering
def a_cases_figures_are_edited(world: Deployment, items: Items) -> tuple[keys.Key, str]:
    edited(items, case_key(world), '"credited":"500"', '"credited":"900"')
    return case_key(world), "differs   CASE#{}/CASE: body.decision"


@tampering
def a_cases_deadline_is_moved(world: Deployment, items: Items) -> tuple[keys.Key, str]:
    key = case_key(world)
    items[key] = items[key] | {"listing_sk": "2030-01-01T00:00:00.000Z#x"}
    return key, "differs   CASE#{}/CASE: listing_sk"


@tampering
def a_typed_reason_is_edited(world: Deployment, items: Items) -> tuple[keys.Key, str]:
    key = keys.request(world.store.requests_of(world.case(ANSWERED).id)[0].id)
    edited(items, key, "thin", "fine")
    return key, "differs   CASE#{}/REQUEST#000001: body.answer"


@tampering
def a_case_is_deleted(world: Deployment, items: Items) -> tuple[keys.Key, str]:
    del items[case_key(world)]
    return case_key(world), "missing   CASE#{}/CASE"


@tampering
def an_event_is_replaced(world: Deployment, items: Items) -> tuple[keys.Key, str]:
    key = keys.chain_event(case_subject(world.case(ANSWERED).id), 1)
    items[key] = items[key] | {"body": items[key]["body"].replace(b"coaching", b"coachinq")}
    return key, "differs   CHAIN#case/{}/EVENT#000000000001: body"


@tampering
def a_request_is_added(world: Deployment, items: Items) -> tuple[keys.Key, str]:
    case = world.case(ANSWERED)
    first, extra = keys.request(world.store.requests_of(case.id)[0].id), (f"CASE#{case.id}", "REQUEST#000099")
    items[extra] = items[first] | {"sk": extra[1]}
    return extra, "too many  CASE#{}/REQUEST#000099"


@tampering
def the_rep_is_free_for_a_second_case(world: Deployment, items: Items) -> tuple[keys.Key, str]:
    key = keys.open_case("field-sales", ANSWERED)
    del items[key]
    return key, "missing   OPEN#field-sales#rep/OPEN"


@tampering
def a_leave_is_forgotten(world: Deployment, items: Items) -> tuple[keys.Key, str]:
    key = next(key for key in items if key[1].startswith(keys.INSTRUCTION))
    assert key[0] == f"CASE#{world.case(ASKED).id}"
    del items[key]
    return key, f"missing   {'/'.join(key)}"


@tampering
def an_older_directory_is_in_force(world: Deployment, items: Items) -> tuple[keys.Key, str]:
    items[keys.directory()] = items[keys.directory()] | {"batch": "0" * 16}
    return keys.directory(), "differs   DIRECTORY/CURRENT: batch"


@tampering
def a_revisions_files_are_others(world: Deployment, items: Items) -> tuple[keys.Key, str]:
    key = next(key for key in sorted(items) if key[1].startswith("REVISION#"))
    items[key] = items[key] | {"shards": {"0000": "00" * 32}}
    return key, f"differs   {'/'.join(key)}: shards.0000, shards"


@pytest.mark.parametrize("name", sorted(TAMPERED))
def test_an_item_that_was_tampered_with_is_named(name: str, deployment: Deployment) -> None:
    items = dict(deployment.sealed)
    key, says = TAMPERED[name](deployment, items)
    found = {each.key: str(each) for each in deployment.differences(items)}
    assert key in found
    case = key[0].removeprefix("CHAIN#").rpartition("/")[2].removeprefix("CASE#")
    assert found[key].startswith(says.format(case).partition(", ")[0])
    # An event that is not the ledger's is no reason to doubt what follows from it.
    assert set(found) == {key}


def test_a_link_that_no_mail_had_is_told_apart(deployment: Deployment) -> None:
    planted = keys.link("ab" * 32)
    items = deployment.sealed | {planted: {"pk": planted[0], "sk": planted[1], "request_id": "x"}}
    assert [(each.key, each.kind) for each in deployment.differences(items)] == [(planted, "unsent")]


def test_an_old_table_that_was_put_back_is_named_item_by_item(deployment: Deployment) -> None:
    found = {each.key: each.kind for each in deployment.differences(deployment.earlier)}
    assert found[keys.ledger_head()] == "differs"
    assert found[keys.case(deployment.case(GONE).id)] == "missing"
    assert found[keys.subject_key(GONE)] == "differs"
    gone = next(iter(deployment.store.cases_of(GONE)))
    assert found[keys.case(gone.id)] == "differs"
    assert keys.case(deployment.case(ON_LEAVE).id) not in found


def test_a_revision_that_a_failed_try_left_behind_is_nothing(deployment: Deployment) -> None:
    key = keys.revision("2026-09", BatchId("f" * 16))
    assert deployment.differences(deployment.sealed | {key: {"pk": key[0], "sk": key[1], "batch": "f"}}) == []


@pytest.mark.parametrize("place", ["first", "last"])
def test_of_a_ledger_that_was_changed_nothing_is_made(deployment: Deployment, place: str) -> None:
    shelf = Shelf(deployment)
    names = list(shelf.names(SEGMENTS))
    name = names[0 if place == "first" else -1]
    shelf.files[name] = shelf.files[name].replace(b'"kind":"system"', b'"kind":"person"', 1)
    ledger = read_ledger(shelf, deployment.keyring)
    assert (ledger.intact, ledger.events) == (False, ())


def test_a_segment_that_came_after_the_checkpoints_were_listed_is_left_for_the_next_time(
    deployment: Deployment,
) -> None:
    shelf = Shelf(deployment)
    size = len(deployment.ledger().events)
    shelf.files[f"{SEGMENTS}{size:012d}-{size:012d}.jsonl"] = b"{}\n"
    assert read_ledger(shelf, deployment.keyring).intact


def test_a_ledger_without_a_checkpoint_is_none(deployment: Deployment) -> None:
    shelf = Shelf(deployment)
    shelf.files.clear()
    with pytest.raises(NotFound):
        read_ledger(shelf, deployment.keyring)


class Shelf:
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
def test_facts_that_are_gone_or_others_are_named(
    deployment: Deployment, shards: dict[str, str] | None
) -> None:
    made = rebuild(deployment.ledger(), NoFacts(shards), deployment.sealed, deployment.unwrap)
    batches = {key[0] for key in deployment.sealed if key[1] == "BATCH"}
    assert {fault.where for fault in made.faults} < {pk.replace("BATCH#", "batch/") for pk in batches}
    assert len(made.faults) == 4


def test_a_ledger_whose_events_keep_nothing_says_so(deployment: Deployment) -> None:
    world = lived_in()
    ledger = replace(deployment.ledger(), events=world.segments(), checkpoints=world.checkpoints())
    made = rebuild(ledger, NoFacts(None), {}, deployment.unwrap)
    assert len(made.faults) == len(world.segments())
    assert all("keeps nothing" in fault.says for fault in made.faults)
    assert made.items[keys.chain_head(Subject("case/c-1"))]["last_sequence"] == 3


def test_a_table_made_again_is_written_and_read_back_however_often(deployment: Deployment) -> None:
    made = deployment.rebuilt(deployment.sealed).items
    make_table_like("plumbline", "restored", deployment.resource)
    half = dict(list(made.items())[:100])
    write_table("restored", half, deployment.resource)
    for _ in range(2):
        write_table("restored", made, deployment.resource)
        assert read_table("restored", deployment.resource) == made
