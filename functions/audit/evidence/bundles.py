"""Builds evidence bundles: zips that anybody can check without our code or an account. Bytes in, bytes out.

A ``case`` bundle has the events of one case, each with a proof of its place in the ledger. A ``period``
bundle has the case bundles of a period. A ``ledger`` bundle has every segment and checkpoint. The same input
gives the same zip. docs/reference/ledger-format.md describes the layout.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from itertools import pairwise

from functions.audit.evidence.bundle_zip import ONE_POLICY_TEXT, VERSION, with_manifest, zipped
from functions.audit.ledger.format import (
    Checkpoint,
    checkpoint_place,
    key_id,
    leaf_hashes,
    parse_checkpoint,
    segment_events,
    timestamp_name,
)
from shared.domain.canonical import canonical_bytes
from shared.domain.errors import IntegrityError
from shared.domain.event import NOTHING_BEFORE, EventTag, event_digest, parse_event
from shared.domain.identifiers import Subject
from shared.domain.merkle import Tree, leaf_hash


@dataclass(frozen=True, slots=True)
class ProvenDecision:
    """``line`` is the decision as the evaluation wrote it, without line feed; ``proof`` is canonical JSON."""

    line: bytes
    proof: bytes


@dataclass(frozen=True, slots=True)
class DecisionBasis:
    """What a decision was made from.

    ``files`` are by their names under ``decision/``. ``batches`` are the events, each with its index, that
    recorded the exports from which these rows come.
    """

    files: Mapping[str, bytes]
    batches: Sequence[tuple[int, bytes]]


@dataclass(frozen=True, slots=True)
class CaseEvidence:
    """What goes into the bundle of one case.

    ``events`` are the whole chain in order, each with its global index, or None if it is not sealed yet.
    ``sealed`` is the tree over all events up to the latest checkpoint, as `ledger_tree` makes it.
    ``checkpoints`` are checkpoint files in order: at least the latest, and each one that a reader may hold
    as an anchor. ``rotations`` are all ``key:rotated`` events with their indices. ``openings`` are the
    plaintexts (`opening_bytes`) of private parts, by sequence, as far as the reader of this edition may see
    them. ``attachments`` are files whose SHA-256 an event names: ``policies/field-sales@3.yaml``,
    ``decisions/….jsonl``, ``exports/….csv``. ``evaluation`` is the ``evaluation:completed`` that the case
    relied on, with its index. ``decision`` is its decision about the rep, for a reader who may see figures,
    and ``basis`` is what the decision follows from. ``names`` maps ids to names, for the chronicle only.
    """

    subject: Subject
    events: Sequence[tuple[int | None, bytes]]
    sealed: Tree
    checkpoints: Sequence[bytes]
    keys: Sequence[bytes]
    rotations: Sequence[tuple[int, bytes]] = ()
    openings: Mapping[int, bytes] = field(default_factory=dict)
    attachments: Mapping[str, bytes] = field(default_factory=dict)
    evaluation: tuple[int, bytes] | None = None
    decision: ProvenDecision | None = None
    basis: DecisionBasis | None = None
    names: Mapping[str, str] = field(default_factory=dict)


def ledger_tree(segments: Mapping[str, bytes]) -> Tree:
    """The tree over all events of the segments. Raises IntegrityError if a segment between is missing."""
    return Tree(leaf_hashes(_events_in_order(segments)))


def rotations_in(segments: Mapping[str, bytes]) -> list[tuple[int, bytes]]:
    """Every ``key:rotated`` event with its index."""
    marker = f'"tag":"{EventTag.KEY_ROTATED}"'.encode()
    return [
        (index, data)
        for index, data in enumerate(_events_in_order(segments))
        if marker in data and parse_event(data).tag is EventTag.KEY_ROTATED
    ]


def case_bundle(evidence: CaseEvidence) -> bytes:
    """The zip of one case. Raises IntegrityError if the parts do not belong together."""
    return zipped(case_files(evidence))


def case_files(evidence: CaseEvidence) -> dict[str, bytes]:
    """The files of the bundle of one case by name, including the manifest."""
    points = _points(evidence.sealed, evidence.checkpoints)
    latest = points[-1][0]
    files = _checkpoint_files(evidence.sealed, points)
    rotations = [(index, data) for index, data in evidence.rotations if index < latest.size]
    for index, data in [*evidence.events, *rotations]:
        index = evidence.sealed.find(leaf_hash(data)) if index is None else index
        if index is None or index >= latest.size:
            files[f"unsealed/{parse_event(data).sequence:06d}.json"] = data
        else:
            files |= _placed(evidence.sealed, index, data, latest)
    files |= _decision_files(evidence, latest)
    for sequence, opening in evidence.openings.items():
        files[f"openings/{sequence:06d}.json"] = opening
    if evidence.names:
        files["names.json"] = canonical_bytes(dict(evidence.names))
    files |= dict(evidence.attachments) | _key_files(evidence.keys, [point for point, _ in points], rotations)
    opened = parse_event(evidence.events[0][1]) if evidence.events else None
    in_one_text = opened is not None and "policy_json" in opened.data
    return with_manifest("case", evidence.subject, files, ONE_POLICY_TEXT if in_one_text else VERSION)


def _decision_files(evidence: CaseEvidence, latest: Checkpoint) -> dict[str, bytes]:
    """The decision, its basis, and the events that name them; empty until those events are sealed."""
    files: dict[str, bytes] = {}
    if evidence.evaluation is None or evidence.evaluation[0] >= latest.size:
        return files
    events = [evidence.evaluation]
    if evidence.decision is not None:
        files["decision/line.json"] = evidence.decision.line
        files["decision/proof.json"] = evidence.decision.proof
        basis = evidence.basis
        if basis is not None and all(index < latest.size for index, _ in basis.batches):
            events += basis.batches
            files |= {f"decision/{name}": data for name, data in basis.files.items()}
    for index, data in events:
        files |= _placed(evidence.sealed, index, data, latest)
    return files


@dataclass(frozen=True, slots=True)
class PeriodEvidence:
    """What goes into the bundle of a period: the events of its evaluations with their indices, and its cases.

    The other members are as in `CaseEvidence`, and each of ``cases`` must have the same.
    """

    period: str
    events: Sequence[tuple[int, bytes]]
    cases: Sequence[CaseEvidence]
    sealed: Tree
    checkpoints: Sequence[bytes]
    keys: Sequence[bytes]
    rotations: Sequence[tuple[int, bytes]] = ()


def period_bundle(evidence: PeriodEvidence) -> bytes:
    """The zip of a period: the bundle of each case, all under the latest checkpoint here."""
    points = _points(evidence.sealed, evidence.checkpoints)
    latest, latest_bytes = points[-1]
    files = _checkpoint_files(evidence.sealed, points)
    rotations = [(index, data) for index, data in evidence.rotations if index < latest.size]
    for index, data in [*evidence.events, *rotations]:
        if index < latest.size:
            files |= _placed(evidence.sealed, index, data, latest)
    files |= _key_files(evidence.keys, [point for point, _ in points], rotations)
    for case in evidence.cases:
        # The earlier checkpoints are the same for all cases, so only the period has them.
        alone = case_files(replace(case, checkpoints=[latest_bytes]))
        files |= {f"cases/{case.subject.removeprefix('case/')}/{name}": data for name, data in alone.items()}
    return zipped(with_manifest("period", f"period/{evidence.period}", files))


def ledger_bundle(
    segments: Mapping[str, bytes],
    checkpoints: Mapping[str, bytes],
    keys: Sequence[bytes],
    unsealed: Sequence[bytes] = (),
    timestamps: Mapping[str, bytes] | None = None,
) -> bytes:
    """The zip of the whole ledger: files by their names in the bucket, and events that are not sealed yet."""
    sealed = set(_events_in_order(segments))
    points = {name: data for name, data in checkpoints.items() if checkpoint_place(name)[0] <= len(sealed)}
    signed = [parse_checkpoint(data)[0] for data in points.values()]
    files = {**segments, **points, **_key_files(keys, signed, rotations_in(segments))}
    # A time stamp that arrived during the reading is left for the next export, like its checkpoint.
    stamped = {timestamp_name(point.size, point.number) for point in signed}
    files |= {name: data for name, data in (timestamps or {}).items() if name in stamped}
    for number, data in enumerate(_waiting(unsealed, sealed), 1):
        files[f"unsealed/{number:06d}.json"] = data
    return zipped(with_manifest("ledger", Subject("ledger"), files))


def _waiting(unsealed: Sequence[bytes], sealed: Set[bytes]) -> list[bytes]:
    """The unsealed events that follow the events of this bundle.

    The table and the bucket are not read at the same moment: meanwhile an event may have been sealed, in a
    segment of this bundle or in a later one.
    """
    links = {NOTHING_BEFORE}
    if unsealed:
        links |= {event_digest(data) for data in sealed}
    found = []
    for event, data in sorted(
        ((parse_event(data), data) for data in unsealed if data not in sealed),
        key=lambda at: (at[0].subject, at[0].sequence),
    ):
        if event.previous in links:
            links.add(event_digest(data))
            found.append(data)
    return found


def _points(sealed: Tree, checkpoints: Sequence[bytes]) -> list[tuple[Checkpoint, bytes]]:
    """The checkpoints in order, without those that were signed after the events were read."""
    points = [at for at in _ordered(checkpoints) if at[0].size <= sealed.size]
    if not points:
        raise IntegrityError("every checkpoint covers events that are not here")
    latest = points[-1][0]
    if sealed.root(latest.size).hex() != latest.root:
        raise IntegrityError(f"the events do not have the root of checkpoint {latest.number}")
    return points


def _checkpoint_files(sealed: Tree, points: Sequence[tuple[Checkpoint, bytes]]) -> dict[str, bytes]:
    """The checkpoints, with proofs that each grew from the one before."""
    files = {point.name().removeprefix("ledger/"): data for point, data in points}
    for (before, _), (after, _) in pairwise(points):
        if 0 < before.size < after.size:
            name = f"consistency/{before.size:012d}-{after.size:012d}.json"
            files[name] = _consistency(sealed, before, after)
    return files


def _placed(sealed: Tree, index: int, data: bytes, latest: Checkpoint) -> dict[str, bytes]:
    """An event with the proof of its place."""
    return {
        f"events/{index:012d}.json": data,
        f"proofs/{index:012d}.json": _inclusion(sealed, index, latest),
    }


def _ordered(checkpoints: Sequence[bytes]) -> list[tuple[Checkpoint, bytes]]:
    if not checkpoints:
        raise IntegrityError("without a checkpoint the bundle would prove nothing")
    return sorted(((parse_checkpoint(data)[0], data) for data in checkpoints), key=lambda at: at[0].number)


def _events_in_order(segments: Mapping[str, bytes]) -> Iterator[bytes]:
    reached = 0
    for name in sorted(segments):
        events = segment_events(name, segments[name])
        if int(name.rsplit("/", 1)[1][:12]) != reached:
            raise IntegrityError(f"{name} does not begin at index {reached}")
        reached += len(events)
        yield from events


def _inclusion(tree: Tree, index: int, latest: Checkpoint) -> bytes:
    path = [step.hex() for step in tree.inclusion_proof(index, latest.size)]
    return canonical_bytes({"index": index, "path": path, "size": latest.size})


def _consistency(tree: Tree, before: Checkpoint, after: Checkpoint) -> bytes:
    path = [step.hex() for step in tree.consistency_proof(before.size, after.size)]
    return canonical_bytes({"from": before.size, "path": path, "to": after.size})


def _key_files(
    keys: Iterable[bytes], points: Iterable[Checkpoint], rotations: Iterable[tuple[int, bytes]]
) -> dict[str, bytes]:
    """The keys that a checkpoint or a rotation of this bundle names; a later key is for a later bundle."""
    named = {point.key for point in points}
    for _, data in rotations:
        rotation = parse_event(data).data
        named |= {str(rotation.get("old")), str(rotation.get("new"))}
    return {f"keys/{key_id(key)}.pem": key for key in keys if key_id(key) in named}
