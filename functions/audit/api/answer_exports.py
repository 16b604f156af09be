"""Answer questions about exports (for compensation staff) and evaluations (for HR and auditors)."""

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any, Final

import orjson

from functions.audit.api.case_view import View
from functions.audit.api.paging import PageRequest, page
from functions.audit.caller import Caller
from functions.audit.rights import Resource
from functions.audit.sources import Sources, admit
from shared.domain import paths
from shared.domain.errors import NotFound
from shared.domain.event import stamp
from shared.domain.identifiers import BatchId, EvaluationId
from shared.domain.line_file import unpacked_lines
from shared.domain.record import Batch, EvaluationRecord

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def list_exports(sources: Sources, caller: Caller, query: Mapping[str, str]) -> View:
    """All exports, the latest first."""
    admit(sources, caller, Resource.EXPORTS)
    taken, cursor = page(
        sources.store.batches(),
        lambda batch: (stamp(batch.known_at), batch.id),
        PageRequest.read(query),
        {},
        descending=True,
    )
    return {"exports": [_batch_view(batch) for batch in taken], "next": cursor}


def show_export(sources: Sources, caller: Caller, batch_id: BatchId) -> View:
    admit(sources, caller, Resource.EXPORTS)
    return _batch_view(sources.store.batch(batch_id))


def rejected_rows(sources: Sources, caller: Caller, batch_id: BatchId) -> View:
    """Every rejected row with all its faults, in the file's order."""
    return {"batch": batch_id, "rejected": list(_rejected(sources, caller, batch_id))}


def rejected_csv(sources: Sources, caller: Caller, batch_id: BatchId) -> str:
    """One line per fault, for a spreadsheet. No cell can run as a formula when somebody opens the file."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(["line", "column", "code", "value"])
    for row in _rejected(sources, caller, batch_id):
        for fault in row["faults"]:
            cells = [fault["column"], fault["code"], fault["value"]]
            writer.writerow([row["line"], *(_as_plain_cell(cell) for cell in cells)])
    return written.getvalue()


def list_evaluations(sources: Sources, caller: Caller, query: Mapping[str, str]) -> View:
    """Completed evaluations of every policy, the latest period first, with counts and without names."""
    admit(sources, caller, Resource.EVALUATIONS)
    policies = sources.policies.in_force(sources.clock.now())
    records = [record for policy in policies for record in sources.store.evaluations(policy.policy)]
    taken, cursor = page(
        records,
        lambda record: (f"{record.plan.period}#{stamp(record.completed_at)}", record.plan.id),
        PageRequest.read(query),
        {},
        descending=True,
    )
    return {"evaluations": [_evaluation_view(record) for record in taken], "next": cursor}


def show_evaluation(sources: Sources, caller: Caller, evaluation_id: EvaluationId) -> View:
    """What an evaluation read, by name and digest, and its result: enough to replay it."""
    admit(sources, caller, Resource.EVALUATIONS)
    record = sources.store.evaluation(evaluation_id)
    plan = record.plan
    return _evaluation_view(record) | {
        "policy_digest": plan.policy_digest,
        "directory": plan.directory,
        "revisions": {period: list(batches) for period, batches in plan.revisions.items()},
        "shards": plan.shards,
        "code_version": plan.code_version,
        "decisions": record.decisions,
        "unknown_reps": record.unknown_reps,
    }


def _rejected(sources: Sources, caller: Caller, batch_id: BatchId) -> Iterator[dict[str, Any]]:
    """One row at a time, because the list may be long."""
    admit(sources, caller, Resource.EXPORTS)
    batch = sources.store.batch(batch_id)
    if batch.rejected == 0:
        return
    try:
        body = sources.files.read(paths.rejected(batch_id, batch.known_at))
    except NotFound as error:
        raise NotFound(
            f"there are no rejected rows of {batch_id}, because the whole file was refused"
        ) from error
    for chunk in unpacked_lines(body):
        yield from map(orjson.loads, chunk.splitlines())


def _as_plain_cell(cell: str | None) -> str:
    text = cell or ""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _batch_view(batch: Batch) -> View:
    return {
        "id": batch.id,
        "name": batch.key.rpartition("/")[2],
        "key": batch.key,
        "object_version": batch.object_version,
        "profile": batch.profile,
        "kind": batch.kind,
        "known_at": stamp(batch.known_at),
        "sha256": batch.sha256,
        "bytes": batch.bytes,
        "rows": batch.rows,
        "accepted": batch.accepted,
        "rejected": batch.rejected,
        "codes": batch.codes,
        "refused": batch.refused,
        "periods": list(batch.periods),
    }


def _evaluation_view(record: EvaluationRecord) -> View:
    return {
        "id": record.plan.id,
        "policy": record.plan.policy,
        "period": record.plan.period,
        "completed_at": stamp(record.completed_at),
        "opens_cases": record.plan.opens_cases,
        "outcomes": record.outcomes,
        "decisions_root": record.decisions_root,
    }
