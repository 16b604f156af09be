"""Compares a live table with the rebuilt one, item by item. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, Literal

from pydantic import BaseModel

from functions.audit.ledger.seal_ledger import Head
from local.restore.ports import Item, Items
from shared.aws import keys
from shared.aws.keys import Key
from shared.domain.case import Case
from shared.domain.instruction import Instruction
from shared.domain.record import Batch, EvaluationRecord, PlannedEvaluation
from shared.domain.request import Request

_UNRECORDED: Final = ("CODE#", "TASK", "PLACE", "UNSETTLED")
"""Sort keys of items that no event records: codes, task tokens, a sweep's place, running evaluations."""
_OF_THE_RELAY: Final = frozenset(("pending_pk", "pending_sk", "claimed_until", "attempts", "last_failure"))
"""Attributes of an outbox row about its delivery."""
_MODELS: Final[dict[str, type[BaseModel]]] = {
    "CASE": Case,
    "REQUEST#": Request,
    keys.INSTRUCTION: Instruction,
    "BATCH": Batch,
    "PLAN": PlannedEvaluation,
    "RECORD": EvaluationRecord,
}
"""The model of the body, by the beginning of the sort key."""


@dataclass(frozen=True, slots=True)
class Difference:
    """``attributes`` names those that differ; it is empty for an item that is missing or too many."""

    key: Key
    kind: Literal["missing", "too many", "differs", "unsent"]
    attributes: tuple[str, ...] = ()

    def __str__(self) -> str:
        named = f": {', '.join(self.attributes)}" if self.attributes else ""
        return f"{self.kind:<8}  {'/'.join(self.key)}{named}"


def differences(live: Items, rebuilt: Items) -> Iterator[Difference]:
    """In the order of keys. ``unsent`` is a link whose mail failed, so that no event records it."""
    for key in sorted(live.keys() | rebuilt.keys()):
        if key[1].startswith(_UNRECORDED):
            continue
        if key not in live:
            yield Difference(key, "missing")
        elif key not in rebuilt:
            if not _left_behind(key, live):
                yield Difference(key, "unsent" if key[1] == "LINK" else "too many")
        elif names := _differing(key, live[key], rebuilt[key]):
            yield Difference(key, "differs", tuple(names))


def _left_behind(key: Key, live: Items) -> bool:
    """Whether it is a revision of a batch that was never accepted, because its writing failed half-way."""
    if not key[1].startswith("REVISION#"):
        return False
    batch = live.get((f"BATCH#{key[1].removeprefix('REVISION#')}", "BATCH"))
    return batch is None or not batch["accepted_batch"]


def _differing(key: Key, live: Item, rebuilt: Item) -> list[str]:
    """The names of differing attributes and body members. Values may be personal and are not reported."""
    ours, theirs = _compared(key, rebuilt), _compared(key, live)
    names = []
    for name in sorted(name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name)):
        left, right = ours.get(name), theirs.get(name)
        if isinstance(left, dict) and isinstance(right, dict):
            members = sorted(each for each in left.keys() | right.keys() if left.get(each) != right.get(each))
            names += [f"{name}.{member}" for member in members]
        else:
            names.append(name)
    return names


def _compared(key: Key, item: Item) -> Item:
    if keys.effect_of(key) is not None:
        item = {name: value for name, value in item.items() if name not in _OF_THE_RELAY}
    if key == keys.ledger_head():
        return _without_plan(item)
    model = next((_MODELS[kind] for kind in _MODELS if key[1].startswith(kind)), None)
    if model is None or not isinstance(item.get("body"), str):
        return item
    try:
        # Parsed by today's model, so that a new member with a default makes no difference.
        return item | {"body": model.model_validate_json(item["body"]).model_dump(mode="json")}
    except ValueError:
        return item  # not such a model: it differs from every rebuilt item


def _without_plan(item: Item) -> Item:
    """The head without the plan of a sealing round that may be in progress."""
    try:
        head = Head.parse(item["version"], item["body"])
    except (ValueError, KeyError, TypeError):
        return item
    done = {"version": head.version - (head.plan is not None), "body": replace(head, plan=None).body()}
    return item | done
