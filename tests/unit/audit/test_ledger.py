import pytest

from functions.audit.ledger.format import (
    NO_CHECKPOINT,
    Checkpoint,
    checkpoint_of,
    checkpoint_place,
    key_id,
    leaf_hashes,
    parse_checkpoint,
    segment_bytes,
    segment_events,
    segment_name,
    segment_range,
)
from shared.domain.errors import IntegrityError
from shared.domain.merkle import Frontier
from tests.unit.audit.workshop import TestSigner

EVENTS = [b'{"n":1}', b'{"n":2}']
POINT = checkpoint_of(
    Frontier().extended(leaf_hashes(EVENTS)), 0, NO_CHECKPOINT, "2026-10-01T06:00:00.000Z", "k" * 64
)


def test_a_segment_is_one_event_a_line_and_named_by_its_indices() -> None:
    name = segment_name(7, 8)
    assert name == "ledger/segments/000000000007-000000000008.jsonl"
    assert segment_range(name) == (7, 8)
    assert segment_events(name, segment_bytes(EVENTS)) == EVENTS


def test_a_segment_that_is_cut_or_padded_is_refused() -> None:
    name, data = segment_name(7, 8), segment_bytes(EVENTS)
    for broken in (data[:-1], data + b"\n", data[8:], b"", b"\n"):
        with pytest.raises(IntegrityError):
            segment_events(name, broken)
    with pytest.raises(IntegrityError, match="line break"):
        segment_bytes([b"{\n}"])
    with pytest.raises(IntegrityError, match="name"):
        segment_range("ledger/segments/1-2.jsonl")


def test_a_checkpoint_reads_back_from_its_file() -> None:
    assert parse_checkpoint(POINT.file(b"signature")) == (POINT, b"signature")
    assert checkpoint_place(POINT.name()) == (2, 0)
    with pytest.raises(IntegrityError, match="name"):
        checkpoint_place("ledger/checkpoints/2-0.json")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"v":1', b'"v":2'),
        (b'"number":0,', b""),
        (b'"number":0', b'"number":0,"other":1'),
        (b'"signature"', b'"signatura"'),
        (b"c2lnbmF0dXJl", b"c2lnbmF0dXJl="),
        (b"c2lnbmF0dXJl", b"*"),
        (b"{", b"["),
    ],
)
def test_a_file_that_is_no_checkpoint_is_refused(old: bytes, new: bytes) -> None:
    data = POINT.file(b"signature")
    assert old in data
    with pytest.raises(IntegrityError):
        parse_checkpoint(data.replace(old, new))


def test_checkpoints_differ_in_digest_as_soon_as_anything_differs() -> None:
    later = Checkpoint(1, POINT.size, POINT.root, POINT.digest(), POINT.time, POINT.key)
    assert later.digest() != POINT.digest()
    assert later.previous == POINT.digest()


def test_a_key_is_named_by_its_own_bytes() -> None:
    one, other = TestSigner.made(1), TestSigner.made(2)
    assert key_id(one.public_key_pem()) == one.key_id != other.key_id
    with pytest.raises(IntegrityError, match="PEM"):
        key_id(b"-----BEGIN CERTIFICATE-----\n")
