"""Builds the items of the table, both for a change and for `plumbline rebuild`."""

from typing import Any

from shared.aws import keys
from shared.aws.dynamo import Item
from shared.domain.case import Case
from shared.domain.effect import Effect
from shared.domain.event import stamp
from shared.domain.identifiers import BatchId, policy_name
from shared.domain.instruction import Instruction
from shared.domain.record import Arrived, Batch, EvaluationRecord, IssuedLink, PlannedEvaluation
from shared.domain.request import Request

Stored = tuple[keys.Key, dict[str, Any]]
"""A key and the item's other attributes."""


def command(command_id: str, result: str, at: str) -> Stored:
    return keys.command(command_id), {"result": result, "at": at}


def case(of: Case) -> Stored:
    listed = {"listing_pk": keys.listed_cases(of.status), "listing_sk": f"{stamp(of.due_at)}#{of.id}"}
    return keys.case(of.id), {"body": of.model_dump_json(), "version": of.version} | listed


def open_case(of: Case) -> Stored:
    """Prevents a second open case of the rep under the same policy."""
    return keys.open_case(policy_name(of.policy), of.rep_id), {"case_id": of.id}


def case_of_rep(of: Case) -> Stored:
    return keys.case_of_rep(of.rep_id, stamp(of.opened_at), of.id), {"case_id": of.id}


def request(of: Request) -> Stored:
    return keys.request(of.id), {"body": of.model_dump_json(), "version": of.version}


def effect(of: Effect, at: str) -> Stored:
    """A pending row of the outbox."""
    pending = {"pending_pk": keys.PENDING, "pending_sk": f"{at}#{of.id}"}
    return keys.outbox(of.id), {"body": of.model_dump_json(), "queued_at": at, "attempts": 0} | pending


def instruction(of: Instruction) -> Stored:
    return keys.instruction(of.case_id, of.id), {"body": of.model_dump_json()}


def link(of: IssuedLink) -> Stored:
    return keys.link(of.token_sha256), {
        "request_id": of.request_id,
        "link_expires_at": stamp(of.expires_at),
    }


def batch(of: Batch) -> Stored:
    return keys.batch(of.id), {
        "body": of.model_dump_json(),
        "accepted_batch": of.refused is None,
        "listing_pk": keys.LISTED_BATCHES,
        "listing_sk": f"{stamp(of.known_at)}#{of.id}",
    }


def unsettled(of: Batch) -> Stored:
    waits = {"pending_pk": keys.UNSETTLED, "pending_sk": f"{stamp(of.dropped_at)}#{of.id}"}
    return keys.unsettled(of.id), {"batch": of.id} | waits


def arrival(of: Arrived, at: str) -> Stored:
    return keys.arrival(*of), {"key": of.key, "at": at}


def directory(of: Batch) -> Stored:
    """``place`` orders directories. The latest is in force."""
    dropped_at, known_at, batch_id = of.place
    return keys.directory(), {
        "batch": batch_id,
        "place": f"{stamp(dropped_at)}#{stamp(known_at)}#{batch_id}",
    }


def revision(period: str, of: BatchId, shards: Item) -> Stored:
    return keys.revision(period, of), {"batch": of, "shards": shards}


def planned(of: PlannedEvaluation) -> Stored:
    return keys.planned(of.id), {"body": of.model_dump_json()}


def evaluation(of: EvaluationRecord) -> Stored:
    listed = {
        "listing_pk": keys.listed_evaluations(policy_name(of.plan.policy)),
        "listing_sk": f"{of.plan.period}#{stamp(of.completed_at)}",
    }
    return keys.evaluation(of.plan.id), {"body": of.model_dump_json()} | listed
