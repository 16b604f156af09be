"""A live table beside the one made again: what differs, item by item. Pure."""

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

_PASSING: Final = ("CODE#", "TASK", "PLACE", "UNSETTLED")
"""Sort keys of what no event tells of: codes, tasks' tokens, where a sweep is, what is being evaluated."""
_OF_THE_RELAY: Final = frozenset(("pending_pk", "pending_sk", "claimed_until", "attempts", "last_failure"))
"""What an outbox row says of its delivery."""
_MODELS: Final[dict[str, type[BaseModel]]] = {
    "CASE": Case,
    "REQUEST#": Request,
    keys.INSTRUCTION: Instruction,
    "BATCH": Batch,
    "PLAN": PlannedEvaluation,
    "RECORD": EvaluationRecord,
}
"""Whose body stands under sort keys that begin so."""


@dataclass(frozen=True, slots=True)
class Difference:
    """``attributes`` are the names of those that differ; none for an item that is missing or too many."""

    key: Key
    kind: Literal["missing", "too many", "differs", "unsent"]
    attributes: tuple[str, ...] = ()

    def __str__(self) -> str:
        named = f": {', '.join(self.attributes)}" if self.attributes else ""
        return f"{self.kind:<8}  {'/'.join(self.key)}{named}"


def differences(live: Items, rebuilt: Items) -> Iterator[Difference]:
    """In the order of keys. ``unsent`` is a link that no sent mail had, which a mail that failed leaves."""
    for key in sorted(live.keys() | rebuilt.keys()):
        if key[1].startswith(_PASSING):
            continue
        if key not in live:
            yield Difference(key, "missing")
        elif key not in rebuilt:
            if not _left_behind(key, live):
                yield Difference(key, "unsent" if key[1] == "LINK" else "too many")
        elif names := _differing(key, live[key], rebuilt[key]):
            yield Difference(key, "differs", tuple(names))


def _left_behind(key: Key, live: Items) -> bool:
    """A revision of a batch that was never accepted: its writing failed half-way, and nobody sees it."""
    if not key[1].startswith("REVISION#"):
        return False
    batch = live.get((f"BATCH#{key[1].removeprefix('REVISION#')}", "BATCH"))
    return batch is None or not batch["accepted_batch"]


def _differing(key: Key, live: Item, rebuilt: Item) -> list[str]:
    """Names of attributes, and of members within a body; values may be a person's, and are not told."""
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
        return _round(item)
    model = next((_MODELS[kind] for kind in _MODELS if key[1].startswith(kind)), None)
    if model is None or not isinstance(item.get("body"), str):
        return item
    try:
        # Read by today's model, so that a member with a default, new since it was written, is no difference.
        return item | {"body": model.model_validate_json(item["body"]).model_dump(mode="json")}
    except ValueError:
        return item  # no such model at all: it differs from every one that is


def _round(item: Item) -> Item:
    """A head without the plan that the sealing may be carrying out at the moment."""
    try:
        head = Head.parse(item["version"], item["body"])
    except (ValueError, KeyError, TypeError):
        return item
    done = {"version": head.version - (head.plan is not None), "body": replace(head, plan=None).body()}
    return item | done
