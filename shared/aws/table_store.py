"""The case store in DynamoDB: one transaction for each change, models stored as JSON text."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar

from pydantic import BaseModel

from shared.aws import keys
from shared.aws.change_items import Head, operations, revision_items
from shared.aws.dynamo import Item, Table
from shared.aws.subject_keys import KmsSubjectKeys
from shared.domain.case import Case, CaseStatus
from shared.domain.change import Change
from shared.domain.errors import Conflict, NotFound
from shared.domain.event import NOTHING_BEFORE, base64url, parse_event, stamp
from shared.domain.identifiers import BatchId, CaseId, EvaluationId, PersonId, RequestId, Subject
from shared.domain.instruction import Instruction
from shared.domain.kept_state import kept, whose
from shared.domain.record import Batch, EvaluationRecord, PlannedEvaluation, Revision
from shared.domain.request import Request
from shared.ports import Clock

Model = TypeVar("Model", bound=BaseModel)

_NO_EVENTS: Final = Head(0, NOTHING_BEFORE, None)


class TableStore:
    """See ``shared.ports.CaseStore``."""

    def __init__(self, table: Table, subject_keys: KmsSubjectKeys, clock: Clock) -> None:
        self._table = table
        self._subject_keys = subject_keys
        self._clock = clock

    def commit(self, change: Change) -> str:
        first = self.outcome(change.command)
        if first is not None:
            return first
        heads = {subject: self._head(subject) for subject in {draft.subject for draft in change.events}}
        for subject, length in change.decided_on.items():
            if heads[subject].sequence != length:
                raise Conflict(f"{subject} has events that the decision did not see")
        sealed = [self._subject_keys.seal(draft) for draft in change.events]
        new_periods = {revision.period for revision in change.revisions}
        if new_periods:
            self._table.put_all(revision_items(change))
            new_periods -= set(self.periods())
        now = self._clock.now()
        state = self._kept(change, now)
        try:
            self._table.write_together(operations(change, heads, sealed, now, new_periods, state))
        except Conflict:
            # Another change committed first, or an earlier attempt of this command whose response was lost.
            first = self.outcome(change.command)
            if first is None:
                raise
            return first
        return change.result

    def _kept(self, change: Change, now: datetime) -> dict[str, Any] | None:
        """The state that the change's last event keeps, for `plumbline rebuild`."""
        if not change.events:
            return None
        opened, personal = kept(change, stamp(now))
        sealed = None
        if personal is not None:
            # An answer changes no case. Its personal data belongs to the rep of the case.
            person = whose(change) or self.case(change.requests[0].case_id).rep_id
            sealed = self._subject_keys.seal_state(change.events[-1], person, personal)
        return {"open": base64url(opened), "sealed": sealed}

    def outcome(self, command: str) -> str | None:
        item = self._table.get(keys.command(command))
        return None if item is None else str(item["result"])

    def case(self, case_id: CaseId) -> Case:
        return self._model(Case, keys.case(case_id))

    def open_case(self, policy_name: str, rep_id: PersonId) -> CaseId | None:
        item = self._table.get(keys.open_case(policy_name, rep_id))
        return None if item is None else CaseId(str(item["case_id"]))

    def cases(self, status: CaseStatus) -> Iterator[Case]:
        for item in self._table.query_index(keys.LISTING_INDEX, keys.listed_cases(status)):
            yield _read(Case, item)

    def cases_of(self, rep_id: PersonId) -> Iterator[Case]:
        for item in self._table.query(keys.rep(rep_id), "CASE#"):
            yield self.case(CaseId(str(item["case_id"])))

    def request(self, request_id: RequestId) -> Request:
        try:
            key = keys.request(request_id)
        except ValueError as error:
            raise NotFound(str(error)) from error
        return self._model(Request, key)

    def requests_of(self, case_id: CaseId) -> Sequence[Request]:
        return [_read(Request, item) for item in self._table.query(keys.case(case_id)[0], "REQUEST#")]

    def instructions(self, case_id: CaseId) -> Sequence[Instruction]:
        found = self._table.query(keys.case(case_id)[0], keys.INSTRUCTION)
        return sorted((_read(Instruction, item) for item in found), key=lambda each: (each.given_at, each.id))

    def events(self, subject: Subject) -> Sequence[bytes]:
        return [bytes(item["body"]) for item in self._table.query(keys.chain_head(subject)[0], "EVENT#")]

    def opened(self, event: bytes) -> Mapping[str, object] | None:
        return self._subject_keys.open(parse_event(event))

    def opening(self, event: bytes) -> bytes | None:
        return self._subject_keys.opening(parse_event(event))

    def batch(self, batch: BatchId) -> Batch:
        return self._model(Batch, keys.batch(batch))

    def batches(self) -> Iterator[Batch]:
        for item in self._table.query_index(keys.LISTING_INDEX, keys.LISTED_BATCHES, newest_first=True):
            yield _read(Batch, item)

    def revisions(self, period: str) -> Sequence[Revision]:
        written = {
            BatchId(item["batch"]): item["shards"]
            for item in self._table.query(keys.period(period), "REVISION#")
        }
        batches = (_read(Batch, item) for item in self._table.get_many(map(keys.batch, written)))
        counted = [
            Revision(
                period=period,
                batch=batch.id,
                dropped_at=batch.dropped_at,
                known_at=batch.known_at,
                shards=written[batch.id],
            )
            for batch in batches
            if batch.refused is None and period in batch.periods
        ]
        return sorted(counted, key=lambda revision: revision.place)

    def periods(self) -> Sequence[str]:
        item = self._table.get(keys.periods())
        return [] if item is None else sorted(map(str, item["periods"]))

    def directory_batch(self) -> BatchId | None:
        item = self._table.get(keys.directory())
        return None if item is None else BatchId(str(item["batch"]))

    def planned(self, evaluation_id: EvaluationId) -> PlannedEvaluation:
        return self._model(PlannedEvaluation, keys.planned(evaluation_id))

    def evaluation(self, evaluation_id: EvaluationId) -> EvaluationRecord:
        return self._model(EvaluationRecord, keys.evaluation(evaluation_id))

    def evaluations(self, policy_name: str) -> Iterator[EvaluationRecord]:
        listed = self._table.query_index(
            keys.LISTING_INDEX, keys.listed_evaluations(policy_name), newest_first=True
        )
        for item in listed:
            yield _read(EvaluationRecord, item)

    def _head(self, subject: Subject) -> Head:
        item = self._table.get(keys.chain_head(subject))
        if item is None:
            return _NO_EVENTS
        return Head(int(item["last_sequence"]), str(item["digest"]), str(item["recorded_at"]))

    def _model(self, model: type[Model], key: keys.Key) -> Model:
        item = self._table.get(key)
        if item is None:
            raise NotFound(f"there is no {model.__name__.lower()} {key[0].partition('#')[2]}")
        return _read(model, item)


def _read(model: type[Model], item: Item) -> Model:
    body: Any = item["body"]
    return model.model_validate_json(body)
