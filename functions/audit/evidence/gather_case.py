"""Gathers the parts of a case bundle from the store, the ledger and the files."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from functions.audit.evidence.bundles import CaseEvidence, DecisionBasis, ProvenDecision
from functions.audit.evidence.decision_basis import decision_basis
from functions.audit.evidence.decision_proof import proven_decision
from functions.audit.evidence.line_files import FiledLines
from functions.audit.sources import Sources
from shared.domain.case import Case
from shared.domain.errors import NotFound
from shared.domain.event import Event, EventTag, parse_event
from shared.domain.identifiers import EvaluationId, PersonId, case_subject, evaluation_subject
from shared.domain.merkle import Tree
from shared.domain.person import HR_QUEUE, Directory, name_of
from shared.domain.policy import policy_json
from shared.ledger_ports import EventLog, EventPlace


@dataclass(frozen=True, slots=True)
class SealedLedger:
    """The sealed part of the ledger, read once per export."""

    tree: Tree
    checkpoints: Sequence[bytes]
    keys: Sequence[bytes]
    rotations: Sequence[tuple[int, bytes]]


@dataclass(frozen=True, slots=True)
class Gatherer:
    """``opens`` says whether the reader of this edition may see private parts, figures and names."""

    sources: Sources
    events: EventLog
    ledger: SealedLedger
    filed: FiledLines
    directory: Directory
    opens: bool

    def evidence_of(self, case: Case) -> CaseEvidence:
        sources, subject = self.sources, case_subject(case.id)
        chain = [(parse_event(body), body) for body in sources.store.events(subject)]
        places = self.events.read([EventPlace(subject, event.sequence) for event, _ in chain])
        indices = {at.sequence: stored.index for at, stored in places.items()}
        _, policy = sources.policies.used(case.policy_digest)
        in_one_text = "policy_json" in chain[0][0].data
        openings = self._openings(chain) if self.opens else {}
        evaluation = self._evaluation(case.evaluation_id)
        # The figures of a person whose key was deleted stay closed here as well.
        decision = self._decision(case) if 1 in openings else None
        return CaseEvidence(
            subject=subject,
            events=[(indices.get(event.sequence), body) for event, body in chain],
            sealed=self.ledger.tree,
            checkpoints=self.ledger.checkpoints,
            keys=self.ledger.keys,
            rotations=self.ledger.rotations,
            openings=openings,
            attachments=_policy_files(case, policy, in_one_text),
            evaluation=evaluation,
            decision=decision,
            basis=None if decision is None else self._basis(case, evaluation),
            names=_names(chain, self.directory) if self.opens else {},
        )

    def evaluation_events(self, evaluation: EvaluationId) -> list[tuple[int, bytes]]:
        """The sealed events of the evaluation's own chain, each with its index."""
        subject = evaluation_subject(evaluation)
        chain = self.sources.store.events(subject)
        places = [EventPlace(subject, sequence) for sequence in range(1, len(chain) + 1)]
        found = self.events.read(places)
        return [
            (index, found[place].data)
            for place in places
            if place in found and (index := found[place].index) is not None
        ]

    def _evaluation(self, evaluation: EvaluationId) -> tuple[int, bytes] | None:
        """``evaluation:completed`` of the evaluation, with its index; None until it is sealed."""
        events = self.evaluation_events(evaluation)
        ends = (at for at in events if parse_event(at[1]).tag is EventTag.EVALUATION_COMPLETED)
        return next(ends, None)

    def _decision(self, case: Case) -> ProvenDecision | None:
        """The evaluation's decision about the rep; None if its files have expired."""
        try:
            record = self.sources.store.evaluation(case.evaluation_id)
            return proven_decision(record, case.rep_id, self.filed)
        except NotFound:
            return None

    def _basis(self, case: Case, evaluation: tuple[int, bytes] | None) -> DecisionBasis | None:
        """What the decision was made from; None if the record of the evaluation does not name it."""
        if evaluation is None or "policy_json" not in parse_event(evaluation[1]).data:
            return None
        plan = self.sources.store.planned(case.evaluation_id)
        return decision_basis(plan, case.rep_id, self.sources.store, self.filed, self.events)

    def _openings(self, chain: Iterable[tuple[Event, bytes]]) -> dict[int, bytes]:
        """The plaintexts by sequence. The parts of a shredded person stay closed for everybody."""
        opening = self.sources.store.opening
        found = {event.sequence: opening(body) for event, body in chain if event.private}
        return {sequence: opened for sequence, opened in found.items() if opened is not None}


def _policy_files(case: Case, policy: bytes, in_one_text: bool) -> dict[str, bytes]:
    """The policy as canonical JSON, the one text that the case commits to. An older case names the YAML."""
    if in_one_text:
        return {f"policies/{case.policy}.json": policy_json(policy)}
    return {f"policies/{case.policy}.yaml": policy}


def _names(chain: Iterable[tuple[Event, bytes]], directory: Directory) -> dict[str, str]:
    """The names of the people in the events, for the chronicle."""
    ids = {HR_QUEUE}
    for event, _ in chain:
        ids |= {PersonId(event.actor.id)} | {PersonId(v) for v in event.data.values() if isinstance(v, str)}
    named = {person: name_of(person, directory) for person in sorted(ids)}
    return {person: name for person, name in named.items() if name != person}
