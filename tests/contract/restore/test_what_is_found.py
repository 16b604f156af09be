"""A table that no longer says what the ledger says: every item of it is named."""

from collections.abc import Callable
from typing import Any

import pytest

from local.restore.compare import differences
from local.restore.ports import Items
from shared.aws import keys
from shared.domain.identifiers import BatchId, case_subject
from tests.contract.restore.world import ANSWERED, ASKED, GONE, ON_LEAVE, Deployment


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


def test_a_revision_that_a_failed_attempt_left_behind_is_ignored(deployment: Deployment) -> None:
    key = keys.revision("2026-09", BatchId("f" * 16))
    assert deployment.differences(deployment.sealed | {key: {"pk": key[0], "sk": key[1], "batch": "f"}}) == []


def test_whichever_attribute_of_whichever_item_is_changed_or_lost_it_is_named(deployment: Deployment) -> None:
    """Every one of them, once: edited, taken away, and the item deleted."""
    made = deployment.rebuilt(deployment.sealed).items
    tried = 0
    for key, item in deployment.sealed.items():
        if key[1].startswith(("CODE#", "TASK", "UNSETTLED")):
            continue
        ours = {key: made[key]}
        assert [str(each) for each in differences({}, ours)] == [f"missing   {'/'.join(key)}"]
        for name in item.keys() - {"pk", "sk"}:
            if key[1] == "OUTBOX" and name in ("attempts", "claimed_until", "last_failure"):
                continue
            for spoilt in (item | {name: _other(item[name])}, {n: v for n, v in item.items() if n != name}):
                found = list(differences({key: spoilt}, ours))
                assert [each.key for each in found] == [key], (key, name)
                assert name in {each.partition(".")[0] for each in found[0].attributes}
                tried += 1
    assert tried > 1000


def _other(value: Any) -> Any:
    """Something else of the same kind, as near to it as can be."""
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case bytes():
            return value[:-2] + bytes([value[-2] ^ 1]) + value[-1:]
        case "":
            return "1"
        case str():
            at = next((at for at, letter in enumerate(value) if letter.isdigit()), len(value) - 1)
            return value[:at] + ("1" if value[at] != "1" else "2") + value[at + 1 :]
        case dict():
            return {**value, "0009": "00" * 32}
        case _:
            return {*value, "2030-01"}
