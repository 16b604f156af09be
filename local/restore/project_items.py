"""Builds the table's items from the events in order; each event keeps what its change wrote. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, Literal, TypeVar

from functions.ingest.sweep_exports import LOOKS_BACK
from local.restore.ports import Facts, Fault, Item, Items
from local.restore.subject_keys import SurvivingKeys
from shared.aws import keys, stored_items
from shared.aws.dynamo import keyed
from shared.domain.canonical import canonical_bytes, digest
from shared.domain.case import Case, CaseStatus
from shared.domain.effect import Notice, sent_command
from shared.domain.errors import IntegrityError, NotFound
from shared.domain.event import Event, EventTag, event_digest, from_base64url, moment
from shared.domain.identifiers import BatchId, CaseId, CommandId, RequestId, Subject, derived_id
from shared.domain.kept_state import MEMBER, KeptState, read_kept
from shared.domain.record import Batch
from shared.domain.request import Request

STILL_UNSETTLED: Final[timedelta] = LOOKS_BACK
"""A batch this young at the end of the ledger is evaluated again; if it was done, nothing changes."""


Model = TypeVar("Model", Case, Request)
_Part = Literal["whole", "erased", "lost"]
"""The state of a model's personal part: there; erased by a shredding; or lost with its key."""


@dataclass
class Rebuilding:
    """Applies events one by one. Without a person's key, their cases lack figures and typed text: a fault."""

    opener: SurvivingKeys
    facts: Facts
    items: Items = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    _cases: dict[CaseId, tuple[Case, _Part]] = field(default_factory=dict)
    _requests: dict[RequestId, tuple[Request, _Part]] = field(default_factory=dict)
    _heads: dict[Subject, Item] = field(default_factory=dict)
    _batches: dict[BatchId, Batch] = field(default_factory=dict)
    _recorded: dict[BatchId, Mapping[str, str]] = field(default_factory=dict)
    _kept: set[str] = field(default_factory=set)
    _unkept: dict[str, str] = field(default_factory=dict)
    _latest: str = ""

    def add(self, event: Event, body: bytes, place: Item) -> None:
        """Apply one event. ``place`` has its index, or the attributes of an event without one."""
        self._put((keys.chain_event(event.subject, event.sequence), {"body": body, **place}))
        self._heads[event.subject] = {
            "last_sequence": event.sequence,
            "digest": event_digest(body),
            "recorded_at": event.recorded_at,
        }
        self._latest = max(self._latest, event.recorded_at)
        if event.tag is EventTag.FACTS_RECORDED:
            self._recorded[BatchId(event.subject.removeprefix("batch/"))] = event.data["files"]
        if MEMBER not in event.data:
            self._unkept.setdefault(event.command, f"{event.subject}, event {event.sequence}")
            return
        self._kept.add(event.command)
        where = f"{event.subject}, event {event.sequence}"
        try:
            state, part = self._state(event)
        except IntegrityError as error:
            self.faults.append(Fault(where, str(error)))
            return
        if part == "lost":
            person = event.data[MEMBER]["sealed"]["key"]
            self.faults.append(Fault(where, f"the key of {person} is lost, so what it sealed stays closed"))
        self._apply(state, part, where)

    def finish(self) -> Items:
        """Add the items that depend on several events; returns all items. ``faults`` says what is missing."""
        for subject, attributes in self._heads.items():
            self._put((keys.chain_head(subject), attributes))
        for case, part in self._cases.values():
            self._finish_case(case if part != "erased" else _erased_version(case))
        for request, part in self._requests.values():
            self._put(stored_items.request(request if part != "erased" else _erased_version(request)))
        for batch in self._batches.values():
            self._finish_batch(batch)
        self._finish_outbox()
        for command in self._unkept.keys() - self._kept:
            self.faults.append(Fault(self._unkept[command], "does not keep what its change wrote"))
        self.items |= self.opener.items()
        return self.items

    def _state(self, event: Event) -> tuple[KeptState, _Part]:
        kept = event.data[MEMBER]
        try:
            opened, sealed = from_base64url(kept["open"]), kept["sealed"]
            personal = None if sealed is None else self.opener.open_state(event)
        except (KeyError, TypeError, ValueError) as error:
            raise IntegrityError("its state has an unknown form") from error
        if sealed is None or personal is not None:
            return read_kept(opened, personal), "whole"
        return read_kept(opened, None), "erased" if self.opener.erased(event) else "lost"

    def _apply(self, state: KeptState, part: _Part, where: str) -> None:
        self._put(stored_items.command(state.command, state.result, state.at))
        if state.case is not None:
            self._newer(self._cases, state.case, part if state.case.id in state.erased else "whole", where)
        for request in state.requests:
            self._newer(self._requests, request, part if request.id in state.erased else "whole", where)
        for effect in state.effects:
            self._put(stored_items.effect(effect, state.at))
        if state.instruction is not None:
            self._put(stored_items.instruction(state.instruction))
        for case_id, done in state.carried_out:
            self.items.pop(keys.instruction(case_id, done), None)
        if state.batch is not None:
            self._batches[state.batch.id] = state.batch
            if state.in_force:
                self._put_directory(state.batch)
        if state.arrived is not None:
            self._put(stored_items.arrival(state.arrived, state.at))
        if state.planned is not None:
            self._put(stored_items.planned(state.planned))
        if state.evaluation is not None:
            self._put(stored_items.evaluation(state.evaluation))
        if state.link is not None:
            self._put(stored_items.link(state.link))

    def _newer(self, known: Any, model: Any, part: _Part, where: str) -> None:
        """Keep the model, whose version must follow the one before it."""
        before = known[model.id][0].version if model.id in known else 0
        if model.version != before + 1:
            self.faults.append(
                Fault(where, f"{model.id} has version {model.version}, but {before + 1} comes next")
            )
        known[model.id] = (model, part)

    def _finish_case(self, case: Case) -> None:
        self._put(stored_items.case(case))
        self._put(stored_items.case_of_rep(case))
        if case.status is CaseStatus.OPEN:
            self._put(stored_items.open_case(case))

    def _put_directory(self, batch: Batch) -> None:
        key, attributes = stored_items.directory(batch)
        if self.items.get(key, {}).get("place", "") <= attributes["place"]:
            self._put((key, attributes))

    def _finish_batch(self, batch: Batch) -> None:
        self._put(stored_items.batch(batch))
        if batch.refused is not None:
            return
        if moment(self._latest) - batch.dropped_at <= STILL_UNSETTLED:
            self._put(stored_items.unsettled(batch))
        for period, expected in self._recorded.get(batch.id, {}).items():
            try:
                shards = dict(self.facts.shards(batch.id, period))
            except NotFound as error:
                self.faults.append(Fault(f"batch/{batch.id}", str(error)))
                continue
            if digest(canonical_bytes(shards)) != expected:
                self.faults.append(
                    Fault(f"batch/{batch.id}", f"its facts of {period} differ from the recorded ones")
                )
            self._put(stored_items.revision(period, batch.id, shards))
            known = self.items.get(keys.periods(), {}).get("periods", set())
            self._put((keys.periods(), {"periods": known | {period}}))

    def _finish_outbox(self) -> None:
        """Mark finished effects as done, and all workflow effects: the reconciler restarts lost workflows."""
        for key in [key for key in self.items if keys.effect_of(key) is not None]:
            item = self.items[key]
            notice = _notice(item["body"])
            if notice is None or self._has_an_outcome(notice):
                self.items[key] = {k: v for k, v in item.items() if not k.startswith("pending_")}

    def _has_an_outcome(self, notice: Notice) -> bool:
        outcomes = (sent_command(notice.id), CommandId(derived_id("unsent", notice.id)))
        return any(keys.command(command) in self.items for command in outcomes)

    def _put(self, stored: stored_items.Stored) -> None:
        self.items[stored[0]] = keyed(*stored)


def _erased_version(model: Model) -> Model:
    """The version that erasing wrote: one higher, without the personal part."""
    return model.model_copy(update={"version": model.version + 1})


def _notice(body: str) -> Notice | None:
    return Notice.model_validate_json(body) if body.startswith('{"kind":"notice"') else None
