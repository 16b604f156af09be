"""The case store in memory. Passes the same contract tests as the one in DynamoDB."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from pydantic import BaseModel

from functions.audit.verify.data_forms import fault_of
from shared.domain.case import Case, CaseStatus
from shared.domain.change import Change
from shared.domain.effect import Effect
from shared.domain.errors import Conflict, NotFound
from shared.domain.event import (
    NOTHING_BEFORE,
    Event,
    EventTag,
    chain,
    event_bytes,
    event_digest,
    moment,
    opening_bytes,
    parse_event,
    sealed,
)
from shared.domain.identifiers import (
    BatchId,
    CaseId,
    EvaluationId,
    PersonId,
    RequestId,
    Subject,
)
from shared.domain.identifiers import (
    policy_name as name_of_policy,
)
from shared.domain.instruction import Instruction
from shared.domain.kept_state import kept, read_kept
from shared.domain.record import Arrived, Batch, EvaluationRecord, PlannedEvaluation, Revision
from shared.domain.request import Request
from shared.ports import Clock, OutboxRow

Value = TypeVar("Value")


@dataclass
class _State:
    """All stored state. A change is applied to a copy, which then replaces it."""

    outcomes: dict[str, str] = field(default_factory=dict)
    cases: dict[CaseId, Case] = field(default_factory=dict)
    open_cases: dict[tuple[str, PersonId], CaseId] = field(default_factory=dict)
    requests: dict[RequestId, Request] = field(default_factory=dict)
    instructions: dict[str, Instruction] = field(default_factory=dict)
    chains: dict[Subject, list[bytes]] = field(default_factory=dict)
    outbox: dict[str, OutboxRow] = field(default_factory=dict)
    batches: dict[BatchId, Batch] = field(default_factory=dict)
    revisions: list[Revision] = field(default_factory=list)
    directory: Batch | None = None
    planned: dict[EvaluationId, PlannedEvaluation] = field(default_factory=dict)
    evaluations: dict[EvaluationId, EvaluationRecord] = field(default_factory=dict)


@dataclass
class FakeCode:
    """A one-time code and how many wrong ones were counted."""

    code: str
    expires_at: datetime
    guesses: int = 0


class FakeStore:
    """A CaseStore and an Outbox. ``seen``: all committed events in order; ``effects``: all effects."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._state = _State()
        self._claims: dict[str, datetime] = {}
        self.codes: dict[RequestId, FakeCode] = {}
        self.arrivals: set[Arrived] = set()
        self.unsettled: set[BatchId] = set()
        self._private: dict[bytes, Mapping[str, Any]] = {}
        self.seen: list[Event] = []
        self.effects: list[Effect] = []

    def __len__(self) -> int:
        return len(self._state.cases)

    def __contains__(self, tag: EventTag) -> bool:
        """Whether such an event was ever committed: ``assert EventTag.CASE_OPENED in store``."""
        return any(event.tag == tag for event in self.seen)

    def commit(self, change: Change) -> str:
        if change.command in self._state.outcomes:
            return self._state.outcomes[change.command]
        # The containers are copied and their contents are frozen, so a refused change has no effect.
        tried = _State(**{name: _copied(value) for name, value in vars(self._state).items()})
        events = self._write(tried, change, self._clock.now())
        self._state = tried
        self.seen += events
        if change.batch is not None and change.batch.refused is None:
            self.unsettled.add(change.batch.id)
        if change.arrived is not None:
            self.arrivals.add(change.arrived)
        if change.code is not None:
            del self.codes[change.code.request_id]
        self.effects += change.effects
        return change.result

    def _write(self, state: _State, change: Change, now: datetime) -> list[Event]:
        state.outcomes[change.command] = change.result
        for subject, length in change.decided_on.items():
            if len(state.chains.get(subject, [])) != length:
                raise Conflict(f"{subject} has events that the decision did not see")
        _require_recoverable(change)
        _require_published(change)
        if change.code is not None:
            code = self.codes.get(change.code.request_id)
            if code is None or code.code != change.code.code_hash or code.guesses >= 5:
                raise Conflict("the code is used up")
        events = [self._append(state, draft, now) for draft in change.events]
        if change.case is not None:
            _write_case(state, change.case)
        for request in change.requests:
            before = state.requests.get(request.id)
            _follows(request.version, None if before is None else before.version, request.id)
            state.requests[request.id] = request
        for effect in change.effects:
            if effect.id in state.outbox:
                raise Conflict(f"effect {effect.id} was queued before")
            state.outbox[effect.id] = OutboxRow(effect, now, 0)
        if change.instruction is not None:
            _new(state.instructions, change.instruction.id)
            state.instructions[change.instruction.id] = change.instruction
        for done in change.carried_out:
            state.instructions.pop(done.id, None)
        if change.batch is not None:
            known = state.batches.get(change.batch.id)
            if known is not None and known.refused is None:
                raise Conflict(f"batch {known.id} was accepted before")
            state.batches[change.batch.id] = change.batch
        state.revisions += change.revisions
        if change.directory is not None:
            if state.directory is not None and state.directory.place > change.directory.place:
                raise Conflict("a later directory is in force")
            state.directory = change.directory
        if change.planned is not None:
            _new(state.planned, change.planned.id)
            state.planned[change.planned.id] = change.planned
        if change.evaluation is not None:
            _new(state.evaluations, change.evaluation.plan.id)
            state.evaluations[change.evaluation.plan.id] = change.evaluation
        return events

    def _append(self, state: _State, draft: Any, now: datetime) -> Event:
        events = state.chains.setdefault(draft.subject, [])
        private = None
        if draft.private is not None:
            opening = opening_bytes(draft.private, b"0" * 16)
            private = sealed(draft.person, b"0" * 12, b"not readable", opening)
        previous = event_digest(events[-1]) if events else NOTHING_BEFORE
        if events:
            now = max(now, moment(parse_event(events[-1]).recorded_at))
        event = chain(draft, len(events) + 1, previous, now, private)
        events.append(event_bytes(event))
        if draft.private is not None:
            self._private[events[-1]] = dict(draft.private)
        return event

    def outcome(self, command: str) -> str | None:
        return self._state.outcomes.get(command)

    def case(self, case_id: CaseId) -> Case:
        return _found(self._state.cases, case_id)

    def open_case(self, policy_name: str, rep_id: PersonId) -> CaseId | None:
        return self._state.open_cases.get((policy_name, rep_id))

    def cases(self, status: CaseStatus) -> Iterator[Case]:
        found = [case for case in self._state.cases.values() if case.status == status]
        return iter(sorted(found, key=lambda case: (case.due_at, case.id)))

    def cases_of(self, rep_id: PersonId) -> Iterator[Case]:
        found = [case for case in self._state.cases.values() if case.rep_id == rep_id]
        return iter(sorted(found, key=lambda case: (case.opened_at, case.id)))

    def request(self, request_id: RequestId) -> Request:
        return _found(self._state.requests, request_id)

    def requests_of(self, case_id: CaseId) -> Sequence[Request]:
        return [request for request in self._state.requests.values() if request.case_id == case_id]

    def instructions(self, case_id: CaseId) -> Sequence[Instruction]:
        found = [each for each in self._state.instructions.values() if each.case_id == case_id]
        return sorted(found, key=lambda each: (each.given_at, each.id))

    def events(self, subject: Subject) -> Sequence[bytes]:
        return list(self._state.chains.get(subject, []))

    def opened(self, event: bytes) -> Mapping[str, object] | None:
        parse_event(event)
        return self._private.get(event)

    def opening(self, event: bytes) -> bytes | None:
        private = self._private.get(event)
        return None if private is None else opening_bytes(private, b"0" * 16)

    def batch(self, batch: BatchId) -> Batch:
        return _found(self._state.batches, batch)

    def batches(self) -> Iterator[Batch]:
        return iter(sorted(self._state.batches.values(), key=lambda batch: batch.known_at, reverse=True))

    def revisions(self, period: str) -> Sequence[Revision]:
        found = [revision for revision in self._state.revisions if revision.period == period]
        return sorted(found, key=lambda revision: revision.place)

    def periods(self) -> Sequence[str]:
        return sorted({revision.period for revision in self._state.revisions})

    def directory_batch(self) -> BatchId | None:
        return None if self._state.directory is None else self._state.directory.id

    def planned(self, evaluation_id: EvaluationId) -> PlannedEvaluation:
        return _found(self._state.planned, evaluation_id)

    def evaluation(self, evaluation_id: EvaluationId) -> EvaluationRecord:
        return _found(self._state.evaluations, evaluation_id)

    def evaluations(self, policy_name: str) -> Iterator[EvaluationRecord]:
        of_policy = [
            record
            for record in self._state.evaluations.values()
            if name_of_policy(record.plan.policy) == policy_name
        ]
        return iter(sorted(of_policy, key=lambda r: (r.plan.period, r.completed_at), reverse=True))

    # The outbox.

    def row(self, effect_id: str) -> OutboxRow | None:
        return self._state.outbox.get(effect_id)

    def pending(self, limit: int = 100) -> Sequence[OutboxRow]:
        return list(self._state.outbox.values())[:limit]

    def claim(self, effect_id: str, now: datetime, until: datetime) -> bool:
        if effect_id not in self._state.outbox or self._claims.get(effect_id, now) > now:
            return False
        self._claims[effect_id] = until
        return True

    def done(self, effect_id: str) -> None:
        self._state.outbox.pop(effect_id, None)

    def failed(self, effect_id: str, why: str) -> None:
        self._claims.pop(effect_id, None)
        row = self._state.outbox[effect_id]
        self._state.outbox[effect_id] = OutboxRow(row.effect, row.queued_at, row.attempts + 1)


def _require_recoverable(change: Change) -> None:
    """Check for every change in every test that it can be recovered from its event."""
    read = read_kept(*kept(change, "2026-10-05T12:00:00.000Z"))
    case = None if read.case is None else read.case.model_dump_json()
    assert case == (None if change.case is None else change.case.model_dump_json())
    assert list(map(_body, read.requests)) == list(map(_body, change.requests))
    assert list(map(_body, read.effects)) == list(map(_body, change.effects))
    assert (read.batch, read.planned, read.evaluation) == (change.batch, change.planned, change.evaluation)


def _body(model: BaseModel) -> str:
    return model.model_dump_json()


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(inner) if isinstance(inner, list) else inner for key, inner in value.items()}
    return list(value) if isinstance(value, list) else value


def _write_case(state: _State, case: Case) -> None:
    before = state.cases.get(case.id)
    _follows(case.version, None if before is None else before.version, case.id)
    guard = (name_of_policy(case.policy), case.rep_id)
    if case.version == 1:
        if guard in state.open_cases:
            raise Conflict(f"{case.rep_id} has an open case already")
        state.open_cases[guard] = case.id
    elif case.status is CaseStatus.CLOSED:
        state.open_cases.pop(guard, None)
    # Convert to JSON and back, as a table does, so that a test fails for what cannot be stored.
    state.cases[case.id] = Case.model_validate(json.loads(case.model_dump_json()))


def _follows(version: int, before: int | None, what: str) -> None:
    if version != (before or 0) + 1:
        raise Conflict(f"{what} has version {before}, so {version} does not follow")


def _new(known: Mapping[Any, Any], key: str) -> None:
    if key in known:
        raise Conflict(f"{key} is there already")


def _found(known: Mapping[Any, Value], key: str) -> Value:
    try:
        return known[key]
    except KeyError:
        raise NotFound(f"there is no {key}") from None


def _require_published(change: Change) -> None:
    """Check that the verifier accepts the form of every event that our code writes."""
    for draft in change.events:
        fault = fault_of(draft.tag.value, dict(draft.data), dict(draft.relied_on))
        if fault and (draft.data or draft.relied_on):  # a test made the event without data
            raise AssertionError(f"{fault}: {dict(draft.data)}, {dict(draft.relied_on)}")
