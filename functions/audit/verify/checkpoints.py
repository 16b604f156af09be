"""Checks checkpoints: signatures, chain, succession of keys, and the reader's anchor (R3, R4, R9, R10)."""

from datetime import timedelta
from functools import partial
from itertools import pairwise
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from .chains import not_backdated
from .forms import ZEROS, Checkpoint, Event, digest, moment, parse_checkpoint
from .reading import Reading

LONG_SILENCE: Final = timedelta(hours=2)


def read_keys(reading: Reading) -> None:
    for name in reading.under("keys/"):
        key = reading.parsed(name, _public_key)
        if key is None:
            continue
        name_of_key = digest(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
        if name != f"keys/{name_of_key}.pem":
            reading.tampered(name, f"is the key {name_of_key}, not the key that its name says")
        reading.keys[name_of_key] = key


def read_checkpoints(reading: Reading, folder: str) -> None:
    seen: dict[int, Checkpoint] = {}
    for name in reading.under(folder):
        parsed = reading.parsed(name, partial(parse_checkpoint, place=name))
        if parsed is None:
            continue
        point, signed, signature = parsed
        if name != f"{folder}{point.size:012d}-{point.number:012d}.json":
            reading.tampered(name, f"is checkpoint {point.number} over {point.size} events")
        if point.number in seen:
            reading.tampered(name, f"is a second checkpoint {point.number}: the record was forked")
            continue
        _check_signature(reading, point, signed, signature)
        seen[point.number] = point
    reading.points = [seen[number] for number in sorted(seen)]
    if not reading.points:
        reading.incomplete(folder, "no checkpoint is there, so the bundle proves nothing")
        return
    latest, report = reading.points[-1], reading.report
    report.checkpoints, report.sealed_size, report.latest_time = len(seen), latest.size, latest.time
    first = reading.points[0]
    if first.number == 0 and first.previous != ZEROS:
        reading.tampered(first.place, "is the first checkpoint, but names one before it")
    if report.kind == "ledger" and first.number:
        reading.incomplete(first.place, f"the checkpoints before number {first.number} are not there")
    for before, point in pairwise(reading.points):
        _check_step(reading, before, point)


def _check_signature(reading: Reading, point: Checkpoint, signed: bytes, signature: bytes) -> None:
    key = reading.keys.get(point.key)
    if key is None:
        reading.incomplete(point.place, f"is signed with key {point.key}, which is not there")
        return
    try:
        key.verify(signature, signed, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        reading.tampered(point.place, "its signature is not valid: it or the checkpoint was changed")


def _check_step(reading: Reading, before: Checkpoint, point: Checkpoint) -> None:
    adjacent = point.number == before.number + 1
    if adjacent and point.previous != before.digest:
        what = f"does not follow checkpoint {before.number}: its `previous` names another one"
        reading.tampered(point.place, what)
    if not adjacent and reading.report.kind == "ledger":
        missing = f"{before.number + 1} to {point.number - 1}"
        reading.incomplete(point.place, f"the checkpoints {missing} before it are not there")
    if point.size < before.size:
        reading.tampered(point.place, "covers fewer events than the one before it")
    if point.size == before.size and point.root != before.root:
        reading.tampered(
            point.place, "has another root over the same number of events: the record was forked"
        )
    if point.time < before.time:
        reading.tampered(point.place, "is dated before the checkpoint that it follows")
    if adjacent and moment(point.time) - moment(before.time) > LONG_SILENCE:
        reading.remark(point.place, f"no checkpoint was made between {before.time} and {point.time}")


def check_succession(reading: Reading) -> None:
    """Every checkpoint is signed with the key in force; ``key:rotated`` events change that key."""
    if not reading.points:
        return
    key, sealed, number = reading.points[0].key, 0, -1
    reading.report.keys.append(key)
    rotations = sorted(
        (event for event in reading.rotations if event.index is not None), key=lambda event: event.index or 0
    )
    if reading.points[0].number:  # changes of keys before the first checkpoint here have no effect any more
        rotations = [event for event in rotations if (event.index or 0) >= reading.points[0].size]
    for point in reading.points:
        while rotations and (rotations[0].index or 0) < sealed:
            key = _key_after(reading, key, rotations.pop(0))
        # A case bundle may leave out the checkpoint between the change of keys and the new key's first use.
        skipped = point.number != number + 1
        while point.key != key and skipped and rotations and (rotations[0].index or 0) < point.size:
            key = _key_after(reading, key, rotations.pop(0))
        if point.key != key and reading.segments_missing:
            reading.incomplete(point.place, f"the event that replaced key {key} by {point.key} is not there")
            key = point.key
            reading.report.keys.append(key)
        if point.key != key:
            reading.tampered(point.place, f"is signed with key {point.key}, but the key in force was {key}")
        sealed, number = point.size, point.number
    named = {*reading.report.keys}
    for event in reading.rotations:
        named |= {str(event.value["data"].get(role)) for role in ("old", "new")}
    for name in reading.under("keys/"):
        if name[5:69] not in named:
            reading.tampered(name, "is a key that nothing in the record names")


def _key_after(reading: Reading, key: str, event: Event) -> str:
    old, new = event.value["data"].get("old"), event.value["data"].get("new")
    if old != key or not isinstance(new, str):
        reading.remark(event.place, f"replaces key {old}, which was not in force")
        return key
    reading.report.keys.append(new)
    return new


def check_told_key(reading: Reading, key: str) -> None:
    """The first checkpoint is signed with the key that the reader was told (R10)."""
    found = reading.points[0].key if reading.points else "none"
    if found != key:
        what = f"the first checkpoint is signed with key {found}, not with {key}, which you were told"
        reading.tampered("keys/", what)


def check_anchor(reading: Reading, data: bytes) -> None:
    """The record grew from this checkpoint (R9). Raises ValueError if ``data`` is not a checkpoint."""
    anchor, signed, signature = parse_checkpoint(data, "the anchor")
    if anchor.key not in reading.keys:
        what = f"is signed with key {anchor.key}, which this bundle does not know"
        reading.tampered(anchor.place, what)
        return
    _check_signature(reading, anchor, signed, signature)
    for event in reading.placed:
        waits = event.index is None and anchor.size <= reading.report.sealed_size
        if waits or (event.index is not None and event.index >= anchor.size):
            not_backdated(reading, event, anchor)
    same = next((point for point in reading.points if point.number == anchor.number), None)
    of_that_size = [point for point in reading.points if point.size == anchor.size]
    if same is not None and same.digest != anchor.digest:
        reading.tampered(same.place, "is not the checkpoint that you hold: the record was rewritten")
    elif same is not None:
        reading.report.anchored_by = f"checkpoint {anchor.number}, over {anchor.size} events"
    elif not reading.points or anchor.number > reading.points[-1].number:
        what = f"is checkpoint {anchor.number}, but the bundle ends before it"
        reading.incomplete(anchor.place, what)
    elif any(point.root != anchor.root for point in of_that_size):
        what = f"has another root over {anchor.size} events: the record was rewritten"
        reading.tampered(anchor.place, what)
    elif of_that_size:
        reading.report.anchored_by = f"checkpoint {anchor.number}, over {anchor.size} events"
    else:
        reading.incomplete(anchor.place, f"no checkpoint {anchor.number} is there to compare it with")


def _public_key(data: bytes) -> ec.EllipticCurvePublicKey:
    try:
        key = load_pem_public_key(data)
    except UnsupportedAlgorithm as error:
        raise ValueError(f"is not an ECDSA P-256 key: {error}") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ValueError("is not an ECDSA P-256 key")
    if key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo) != data:
        raise ValueError("is a key, but not in the form of the ledger")
    return key
