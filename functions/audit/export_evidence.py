"""Hand out evidence: one case's bundle, the whole ledger's, or the latest checkpoint to keep as an anchor."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Protocol

from functions.audit.answer_query import Sources, names, visible_case
from functions.audit.asker import HR, Asker, Group
from functions.audit.decision_basis import decision_basis
from functions.audit.decision_proof import proven_decision
from functions.audit.evidence import (
    CaseEvidence,
    DecisionBasis,
    ProvenDecision,
    case_bundle,
    ledger_bundle,
    ledger_tree,
    rotations_in,
)
from functions.audit.ledger import parse_checkpoint
from functions.audit.record_access import record_export
from shared.domain.case import Case
from shared.domain.errors import NotFound
from shared.domain.event import Event, EventTag, parse_event
from shared.domain.identifiers import (
    CaseId,
    EvaluationId,
    PersonId,
    Subject,
    case_subject,
    evaluation_subject,
)
from shared.domain.person import HR_QUEUE, Directory
from shared.ledger_ports import EventLog, EventPlace, Keyring

SEGMENTS: Final = "ledger/segments/"
CHECKPOINTS: Final = "ledger/checkpoints/"
_SYSTEM: Final = Subject("system")
_MOST_UNSEALED: Final = 1000


class Shelf(Protocol):
    """The ledger's bucket, for a reader."""

    def names(self, prefix: str) -> Iterable[str]:
        """Every name that begins so, in order."""
        ...

    def get(self, name: str) -> bytes:
        """Raises NotFound."""
        ...


@dataclass(frozen=True, slots=True)
class Record:
    """The ledger as a reader has it."""

    shelf: Shelf
    events: EventLog
    keyring: Keyring


def latest_checkpoint(record: Record, asker: Asker) -> bytes:
    """The newest checkpoint file. Whoever keeps it can later show that the record only grew."""
    asker.require(Group.AUDITOR, Group.HR_ADMIN)
    found = list(record.shelf.names(CHECKPOINTS))
    if not found:
        raise NotFound("the ledger has no checkpoint yet")
    return record.shelf.get(found[-1])


def case_evidence(sources: Sources, record: Record, asker: Asker, case_id: CaseId) -> bytes:
    """The zip of one case: opened for HR, sealed for an auditor. That it was taken is recorded."""
    asker.require(*HR, Group.AUDITOR)
    case, directory = visible_case(sources, asker, case_id)
    subject, opens = case_subject(case_id), asker.reads_private_parts()
    chain = [(parse_event(body), body) for body in sources.store.events(subject)]
    places = record.events.read([EventPlace(subject, event.sequence) for event, _ in chain])
    indices = {at.sequence: stored.index for at, stored in places.items()}
    checkpoints, segments = _ledger(record)
    _, policy = sources.policies.used(case.policy_digest)
    openings = _openings(sources, chain) if opens else {}
    evaluation = _evaluation(sources, record, case.evaluation_id)
    # The figures of somebody whose key is gone stay closed here as well.
    decision = _decision(sources, case) if 1 in openings else None
    bundle = case_bundle(
        CaseEvidence(
            subject=subject,
            events=[(indices.get(event.sequence), body) for event, body in chain],
            sealed=ledger_tree(segments),
            checkpoints=list(checkpoints.values()),
            keys=_keys(record, checkpoints.values()),
            rotations=rotations_in(segments),
            openings=openings,
            attachments={f"policies/{case.policy}.yaml": policy},
            evaluation=evaluation,
            decision=decision,
            basis=None if decision is None else _basis(sources, record, case, evaluation),
            names=_names(chain, directory) if opens else {},
        )
    )
    data = {"bundle": "case", "edition": "opened" if opens else "sealed"}
    record_export(sources.store, asker, subject, sha256(bundle).hexdigest(), sources.clock.now(), data)
    return bundle


def ledger_evidence(sources: Sources, record: Record, asker: Asker) -> bytes:
    """The zip of every segment and checkpoint, and of the events that no checkpoint covers yet."""
    asker.require(Group.AUDITOR, Group.HR_ADMIN)
    checkpoints, segments = _ledger(record)
    waiting = record.events.read(record.events.unsequenced(_MOST_UNSEALED))
    unsealed = [waiting[at].data for at in sorted(waiting) if waiting[at].index is None]
    bundle = ledger_bundle(segments, checkpoints, _keys(record, checkpoints.values()), unsealed)
    digest = sha256(bundle).hexdigest()
    record_export(sources.store, asker, _SYSTEM, digest, sources.clock.now(), {"bundle": "ledger"})
    return bundle


def _ledger(record: Record) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Checkpoints and segments by name, in order; NotFound before the first checkpoint.

    Checkpoints are listed first: a segment is written before the checkpoint over it, so none that is needed
    can be missing from the later list.
    """
    points = {name: record.shelf.get(name) for name in record.shelf.names(CHECKPOINTS)}
    if not points:
        raise NotFound("the ledger has no checkpoint yet")
    return points, {name: record.shelf.get(name) for name in record.shelf.names(SEGMENTS)}


def _keys(record: Record, checkpoints: Iterable[bytes]) -> list[bytes]:
    used = dict.fromkeys(parse_checkpoint(data)[0].key for data in checkpoints)
    return [record.keyring.signer(key).public_key_pem() for key in used]


def _evaluation(sources: Sources, record: Record, evaluation: EvaluationId) -> tuple[int, bytes] | None:
    """The end of the evaluation that opened the case, with its index; None while it is not sealed."""
    subject = evaluation_subject(evaluation)
    for body in sources.store.events(subject):
        event = parse_event(body)
        if event.tag is EventTag.EVALUATION_COMPLETED:
            stored = record.events.read([EventPlace(subject, event.sequence)])
            index = next((found.index for found in stored.values()), None)
            return None if index is None else (index, body)
    return None


def _decision(sources: Sources, case: Case) -> ProvenDecision | None:
    """What the evaluation decided about the rep; None where its files have expired."""
    try:
        return proven_decision(sources.store.evaluation(case.evaluation_id), case.rep_id, sources.files)
    except NotFound:
        return None


def _basis(
    sources: Sources, record: Record, case: Case, evaluation: tuple[int, bytes] | None
) -> DecisionBasis | None:
    """What the decision was made from, if the evaluation's record names it."""
    if evaluation is None or "policy_json" not in parse_event(evaluation[1]).data:
        return None
    plan = sources.store.planned(case.evaluation_id)
    return decision_basis(plan, case.rep_id, sources.store, sources.files, record.events)


def _openings(sources: Sources, chain: Iterable[tuple[Event, bytes]]) -> dict[int, bytes]:
    """What was sealed, by sequence; a shredded person's parts stay closed for everybody."""
    found = {event.sequence: sources.store.opening(body) for event, body in chain if event.private}
    return {sequence: opening for sequence, opening in found.items() if opening is not None}


def _names(chain: Iterable[tuple[Event, bytes]], directory: Directory) -> dict[str, str]:
    """Who the ids of the events are, for the chronicle."""
    ids = {HR_QUEUE}
    for event, _ in chain:
        ids |= {PersonId(event.actor.id)} | {PersonId(v) for v in event.data.values() if isinstance(v, str)}
    name_of = names(directory)
    return {person: name_of(person) for person in sorted(ids) if name_of(person) != person}
