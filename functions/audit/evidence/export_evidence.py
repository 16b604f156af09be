"""Export evidence: the bundle of a case, a period or the whole ledger, or the latest checkpoint."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Protocol

from functions.audit.caller import Caller
from functions.audit.evidence.bundles import (
    PeriodEvidence,
    case_bundle,
    ledger_bundle,
    ledger_tree,
    period_bundle,
    rotations_in,
)
from functions.audit.evidence.gather_case import Gatherer, SealedLedger
from functions.audit.evidence.line_files import FiledLines
from functions.audit.ledger.format import parse_checkpoint
from functions.audit.record_access import record_export
from functions.audit.rights import Resource, opens, relation_to_case, sees
from functions.audit.sources import Sources, admit, visible_case
from shared.domain.case import Case, CaseStatus
from shared.domain.errors import InvalidInput, NotFound
from shared.domain.identifiers import CaseId, EvaluationId, Subject, case_subject, policy_name
from shared.domain.period import Period
from shared.domain.person import Directory
from shared.ledger_ports import EventLog, Keyring

SEGMENTS: Final = "ledger/segments/"
CHECKPOINTS: Final = "ledger/checkpoints/"
TIMESTAMPS: Final = "ledger/timestamps/"
_SYSTEM: Final = Subject("system")
_MOST_UNSEALED: Final = 1000


class LedgerBucket(Protocol):
    """The ledger's bucket, read-only."""

    def names(self, prefix: str) -> Iterable[str]:
        """Every name with this prefix, in order."""
        ...

    def get(self, name: str) -> bytes:
        """Raises NotFound."""
        ...


@dataclass(frozen=True, slots=True)
class LedgerSource:
    """What a reader of the ledger needs: its bucket, its events and its keys."""

    bucket: LedgerBucket
    events: EventLog
    keyring: Keyring


def latest_checkpoint(sources: Sources, record: LedgerSource, caller: Caller) -> bytes:
    """The newest checkpoint file. A reader who keeps it can later show that the record only grew."""
    admit(sources, caller, Resource.LEDGER)
    found = list(record.bucket.names(CHECKPOINTS))
    if not found:
        raise NotFound("the ledger has no checkpoint yet")
    return record.bucket.get(found[-1])


def case_evidence(sources: Sources, record: LedgerSource, caller: Caller, case_id: CaseId) -> bytes:
    """The zip of one case, opened for HR and sealed for an auditor. The export is recorded."""
    case, directory = visible_case(sources, caller, case_id, Resource.HISTORY)
    opened = opens(caller, directory, Resource.HISTORY, relation_to_case(caller, case, directory))
    gatherer = _gatherer(sources, record, directory, opened)
    bundle = case_bundle(gatherer.evidence_of(case))
    data = {"bundle": "case", "edition": _edition(opened)}
    digest = sha256(bundle).hexdigest()
    record_export(sources.store, caller, case_subject(case_id), digest, sources.clock.now(), data)
    return bundle


def period_evidence(sources: Sources, record: LedgerSource, caller: Caller, period: str) -> bytes:
    """The zip of a period: its evaluations, and the bundle of each case that they opened or gave results to.

    Only for callers who may see every case. The export is recorded once, not in each case.
    """
    directory = admit(sources, caller, Resource.PERIOD)
    evaluations = _evaluations_of(period, sources)
    found = _cases_of(evaluations, sources)
    cases = [case for case in found if sees(caller, case, directory, Resource.HISTORY)]
    opened = opens(caller, directory, Resource.PERIOD)
    gatherer = _gatherer(sources, record, directory, opened)
    ledger = gatherer.ledger
    bundle = period_bundle(
        PeriodEvidence(
            period=period,
            events=[at for evaluation in evaluations for at in gatherer.evaluation_events(evaluation)],
            cases=[gatherer.evidence_of(case) for case in cases],
            sealed=ledger.tree,
            checkpoints=ledger.checkpoints,
            keys=ledger.keys,
            rotations=ledger.rotations,
        )
    )
    data = {"bundle": f"period/{period}", "edition": _edition(opened)}
    digest = sha256(bundle).hexdigest()
    record_export(sources.store, caller, _SYSTEM, digest, sources.clock.now(), data)
    return bundle


def ledger_evidence(sources: Sources, record: LedgerSource, caller: Caller) -> bytes:
    """The zip of every segment and checkpoint, and of the events that no checkpoint covers yet.

    The export is recorded.
    """
    admit(sources, caller, Resource.LEDGER)
    checkpoints, segments = _ledger(record)
    waiting = record.events.read(record.events.unsequenced(_MOST_UNSEALED))
    unsealed = [waiting[at].data for at in sorted(waiting) if waiting[at].index is None]
    stamps = {name: record.bucket.get(name) for name in record.bucket.names(TIMESTAMPS)}
    bundle = ledger_bundle(segments, checkpoints, _keys(record, checkpoints.values()), unsealed, stamps)
    digest = sha256(bundle).hexdigest()
    record_export(sources.store, caller, _SYSTEM, digest, sources.clock.now(), {"bundle": "ledger"})
    return bundle


def _evaluations_of(period: str, sources: Sources) -> list[EvaluationId]:
    """Every completed evaluation of the period, under any policy. Raises InvalidInput or NotFound."""
    try:
        wanted = str(Period.parse(period))
    except ValueError as error:
        raise InvalidInput(str(error)) from error
    named = {policy.policy for policy in sources.policies.in_force(sources.clock.now())}
    # A policy that has ended may have opened cases, which still name it.
    named |= {policy_name(case.policy) for case in _all_cases(sources)}
    found = [
        record.plan.id
        for name in sorted(named)
        for record in sources.store.evaluations(name)
        if record.plan.period == wanted
    ]
    if not found:
        raise NotFound(f"there is no completed evaluation of {period}")
    return found


def _cases_of(evaluations: Collection[EvaluationId], sources: Sources) -> Iterator[Case]:
    """The cases that one of the evaluations opened or gave results to."""
    for case in _all_cases(sources):
        fed = {result.evaluation_id for result in case.results}
        if case.evaluation_id in evaluations or not fed.isdisjoint(evaluations):
            yield case


def _all_cases(sources: Sources) -> Iterator[Case]:
    for status in CaseStatus:
        yield from sources.store.cases(status)


def _gatherer(sources: Sources, record: LedgerSource, directory: Directory, opened: bool) -> Gatherer:
    checkpoints, segments = _ledger(record)
    ledger = SealedLedger(
        tree=ledger_tree(segments),
        checkpoints=list(checkpoints.values()),
        keys=_keys(record, checkpoints.values()),
        rotations=rotations_in(segments),
    )
    return Gatherer(sources, record.events, ledger, FiledLines(sources.files), directory, opened)


def _edition(opened: bool) -> str:
    return "opened" if opened else "sealed"


def _ledger(record: LedgerSource) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Checkpoints and segments by name, in order; NotFound before the first checkpoint.

    The checkpoints are listed first. A segment is written before the checkpoint over it, so the later list
    of segments has every segment that a checkpoint needs.
    """
    points = {name: record.bucket.get(name) for name in record.bucket.names(CHECKPOINTS)}
    if not points:
        raise NotFound("the ledger has no checkpoint yet")
    return points, {name: record.bucket.get(name) for name in record.bucket.names(SEGMENTS)}


def _keys(record: LedgerSource, checkpoints: Iterable[bytes]) -> list[bytes]:
    used = dict.fromkeys(parse_checkpoint(data)[0].key for data in checkpoints)
    return [record.keyring.signer(key).public_key_pem() for key in used]
