"""Evidence bundles: a zip that somebody without our code, network or account can check. Bytes in, bytes out.

Three kinds. A ``case`` bundle has one case's events, each with a proof of its place in the whole ledger, a
``period`` bundle those of all its cases, and a ``ledger`` bundle every segment and checkpoint. The same input
gives the same zip. docs/reference/ledger-format.md has the layout.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from itertools import pairwise

from functions.audit.evidence.bundle_zip import with_manifest, zipped
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
    """``line``: the decision as the evaluation wrote it, without the line feed. ``proof``: canonical JSON."""

    line: bytes
    proof: bytes


@dataclass(frozen=True, slots=True)
class DecisionBasis:
    """What a decision was made from. ``files`` are by their names under ``decision/``; ``batches`` are the
    events, each with its index, that recorded the exports of which rows are among them.
    """

    files: Mapping[str, bytes]
    batches: Sequence[tuple[int, bytes]]


@dataclass(frozen=True, slots=True)
class CaseEvidence:
    """What goes into the bundle of one case.

    ``events`` are the whole chain in order, each with its global index, or None where it is not sealed yet.
    ``sealed`` are all events of the ledger up to the latest checkpoint, as `ledger_tree` makes them.
    ``checkpoints`` are checkpoint files in order: the latest at least, and every one that a reader may hold
    as an anchor. ``rotations`` are all ``key:rotated`` events with their indices. ``openings`` are the
    plaintexts (`opening_bytes`) of private parts, by sequence, as far as this edition's reader may see them.
    ``attachments`` are files whose SHA-256 stands in an event: ``policies/field-sales@3.yaml``,
    ``decisions/….jsonl``, ``exports/….csv``. ``evaluation`` is the ``evaluation:completed`` that the case
    relied on, with its index, and ``decision`` what it says of the rep, for a reader who may see figures;
    ``basis`` is what that follows from.
    ``names`` says who an id is, for the chronicle alone.
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
    """The tree over all events of the segments, by name; IntegrityError if a segment is missing between."""
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
    """The zip of one case. Raises IntegrityError where the parts do not belong together."""
    return zipped(case_files(evidence))


def case_files(evidence: CaseEvidence) -> dict[str, bytes]:
    """The files of the bundle of one case, by name, with their manifest."""
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
    return with_manifest("case", evidence.subject, files)


def _decision_files(evidence: CaseEvidence, latest: Checkpoint) -> dict[str, bytes]:
    """The decision, what it was made from, and the events that name them; nothing before those are sealed."""
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
    """What goes into the bundle of a period: its evaluations' events, with their indices, and its cases.

    The rest is as in `CaseEvidence`, which that of each of ``cases`` has to share.
    """

    period: str
    events: Sequence[tuple[int, bytes]]
    cases: Sequence[CaseEvidence]
    sealed: Tree
    checkpoints: Sequence[bytes]
    keys: Sequence[bytes]
    rotations: Sequence[tuple[int, bytes]] = ()


def period_bundle(evidence: PeriodEvidence) -> bytes:
    """The zip of a period: each case's own bundle, all under the latest of the checkpoints here."""
    points = _points(evidence.sealed, evidence.checkpoints)
    latest, latest_bytes = points[-1]
    files = _checkpoint_files(evidence.sealed, points)
    rotations = [(index, data) for index, data in evidence.rotations if index < latest.size]
    for index, data in [*evidence.events, *rotations]:
        if index < latest.size:
            files |= _placed(evidence.sealed, index, data, latest)
    files |= _key_files(evidence.keys, [point for point, _ in points], rotations)
    for case in evidence.cases:
        # The way to the latest checkpoint is the same for all, and stands once beside them.
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
    """The zip of everything: files by their names in the bucket, and events that have no place yet."""
    sealed = set(_events_in_order(segments))
    points = {name: data for name, data in checkpoints.items() if checkpoint_place(name)[0] <= len(sealed)}
    signed = [parse_checkpoint(data)[0] for data in points.values()]
    files = {**segments, **points, **_key_files(keys, signed, rotations_in(segments))}
    # One that came while the parts were being read is left for the next export, like its checkpoint.
    stamped = {timestamp_name(point.size, point.number) for point in signed}
    files |= {name: data for name, data in (timestamps or {}).items() if name in stamped}
    for number, data in enumerate(_waiting(unsealed, sealed), 1):
        files[f"unsealed/{number:06d}.json"] = data
    return zipped(with_manifest("ledger", Subject("ledger"), files))


def _waiting(unsealed: Sequence[bytes], sealed: Set[bytes]) -> list[bytes]:
    """Those of the unsealed events that follow on what is here.

    Table and bucket are not read at one moment: an event may have got its place meanwhile, in a segment
    that is here or in one that came too late to be.
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
    """Those that cover what is here, in order; one that came while the parts were being read is left out."""
    points = [at for at in _ordered(checkpoints) if at[0].size <= sealed.size]
    if not points:
        raise IntegrityError("no checkpoint covers only events that are here")
    latest = points[-1][0]
    if sealed.root(latest.size).hex() != latest.root:
        raise IntegrityError(f"the events do not have the root of checkpoint {latest.number}")
    return points


def _checkpoint_files(sealed: Tree, points: Sequence[tuple[Checkpoint, bytes]]) -> dict[str, bytes]:
    """The checkpoints, and that each grew from the one before."""
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
        raise IntegrityError("nothing is proved without a checkpoint")
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
    """Those of the keys that the bundle speaks of: one that is yet to be in force is for a later bundle."""
    spoken_of = {point.key for point in points}
    for _, data in rotations:
        handed = parse_event(data).data
        spoken_of |= {str(handed.get("old")), str(handed.get("new"))}
    return {f"keys/{key_id(key)}.pem": key for key in keys if key_id(key) in spoken_of}
