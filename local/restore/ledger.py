"""Reads and verifies the ledger for a restore."""

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from functions.audit.evidence.bundles import ledger_bundle
from functions.audit.evidence.export_evidence import CHECKPOINTS, SEGMENTS, LedgerBucket
from functions.audit.ledger.format import leaf_hashes, parse_checkpoint, segment_events
from functions.audit.ledger.seal_ledger import Head, key_after
from functions.audit.verify import Report, verify
from functions.audit.verify.files import Files, ZipFiles
from shared.aws import keys, stored_items
from shared.domain.errors import NotFound
from shared.domain.merkle import Frontier
from shared.ledger_ports import Keyring

_WRITES_A_ROUND = 2
"""Writes to the head per sealing round: the plan, and its completion."""


@dataclass(frozen=True, slots=True)
class SealedLedger:
    """``report`` is the result of the verification. If it has no fault, ``events`` are the signed ones."""

    events: Sequence[bytes]
    checkpoints: Sequence[bytes]
    report: Report

    @property
    def intact(self) -> bool:
        return self.report.exit_status in (0, 5)

    def head(self) -> stored_items.Stored:
        """The item of the ledger's head after the last checkpoint."""
        last = parse_checkpoint(self.checkpoints[-1])[0]
        sealed = self.events[: last.size]
        head = Head(
            version=_WRITES_A_ROUND * len(self.checkpoints),
            frontier=Frontier().extended(leaf_hashes(sealed)),
            number=last.number + 1,
            previous=last.digest(),
            time=last.time,
            key=key_after(last.key, sealed[self._before_last() :]),
            plan=None,
        )
        return keys.ledger_head(), {"version": head.version, "body": head.body()}

    def _before_last(self) -> int:
        return parse_checkpoint(self.checkpoints[-2])[0].size if len(self.checkpoints) > 1 else 0


def read_ledger(bucket: LedgerBucket, keyring: Keyring, anchor: bytes | None = None) -> SealedLedger:
    """The ledger of a bucket. Raises NotFound before the first checkpoint.

    The checkpoints are listed first, so that the list of segments has every segment that they cover.
    """
    points = {name: bucket.get(name) for name in bucket.names(CHECKPOINTS)}
    if not points:
        raise NotFound("the ledger has no checkpoint yet")
    size = max(parse_checkpoint(data)[0].size for data in points.values())
    segments = _covered({name: bucket.get(name) for name in bucket.names(SEGMENTS)}, size)
    used = dict.fromkeys(parse_checkpoint(data)[0].key for data in points.values())
    public = [keyring.signer(key).public_key_pem() for key in used]
    packed = ledger_bundle(segments, points, public)
    bundle = ZipFiles.read_by(lambda: io.BytesIO(packed))
    return _ledger(segments, points, verify(bundle, anchor))


def read_bundle(files: Files, anchor: bytes | None = None) -> SealedLedger:
    """The ledger from a bundle of the whole ledger. Raises NotFound for another bundle."""
    report = verify(files, anchor)
    named = files.names()
    segments = {name: files.read(name) for name in sorted(named) if name.startswith(SEGMENTS)}
    points = {name: files.read(name) for name in sorted(named) if name.startswith(CHECKPOINTS)}
    if not points:
        raise NotFound("this is not a bundle of the whole ledger")
    return _ledger(segments, points, report)


def _covered(segments: Mapping[str, bytes], size: int) -> dict[str, bytes]:
    """The segments that were written before the checkpoints were listed."""
    return {name: data for name, data in sorted(segments.items()) if _first(name) < size}


def _first(name: str) -> int:
    return int(name.removeprefix(SEGMENTS).partition("-")[0])


def _ledger(segments: Mapping[str, bytes], points: Mapping[str, bytes], report: Report) -> SealedLedger:
    if report.exit_status not in (0, 5):
        return SealedLedger((), list(points.values()), report)
    return SealedLedger(list(_events(segments.items())), list(points.values()), report)


def _events(segments: Iterable[tuple[str, bytes]]) -> Iterable[bytes]:
    for name, data in segments:
        yield from segment_events(name, data)
