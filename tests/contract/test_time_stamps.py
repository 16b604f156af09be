"""Time stamps by RFC 3161, from a real authority on this machine; what it gives, `openssl ts` accepts."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from asn1crypto.tsp import TimeStampResp

from shared.aws.time_stamps import HttpTimeStamps
from shared.domain.errors import IntegrityError, InvalidInput, NotYet
from tests.contract.authority import OpensslAuthority

DATA = b'{"checkpoint":{"number":4}}'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("authority")


@pytest.fixture
def authority(folder: Path) -> OpensslAuthority:
    return OpensslAuthority(folder)


@pytest.fixture
def stamps(authority: OpensslAuthority) -> Iterator[HttpTimeStamps]:
    with authority.serving() as url:
        yield HttpTimeStamps(url, timeout_seconds=5)


def test_openssl_accepts_the_stamp_over_the_data_and_over_nothing_else(
    authority: OpensslAuthority, stamps: HttpTimeStamps
) -> None:
    token = stamps.stamp(DATA)
    assert authority.accepts(DATA, token)
    assert not authority.accepts(DATA + b" ", token)
    assert not authority.accepts(DATA, token[:-1] + bytes([token[-1] ^ 1]))


def test_every_question_is_another_one(authority: OpensslAuthority, stamps: HttpTimeStamps) -> None:
    assert stamps.stamp(DATA) != stamps.stamp(DATA)
    assert len(set(authority.asked)) == 2


def test_a_stamp_over_other_data_is_refused(authority: OpensslAuthority, stamps: HttpTimeStamps) -> None:
    stamps.stamp(b"other data")
    other = authority.reply(authority.asked[0])
    authority.answer = lambda request: (200, other)
    with pytest.raises(IntegrityError, match="for other data"):
        stamps.stamp(DATA)


def test_an_old_answer_played_again_is_refused_by_its_nonce(
    authority: OpensslAuthority, stamps: HttpTimeStamps
) -> None:
    old = stamps.stamp(DATA)
    authority.answer = lambda request: (200, old)
    with pytest.raises(IntegrityError, match="nonce"):
        stamps.stamp(DATA)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b""),
        (200, b"no such thing"),
        (503, b"later"),
        (200, b"\x30\x05\x30\x03\x02\x01\x02"),
        (200, b"\x30\x05\x30\x03\x02\x01\x00"),
        (200, bytes(200_000)),
    ],
    ids=["nothing", "no DER", "an error of HTTP", "rejected", "granted without a token", "far too much"],
)
def test_whatever_else_it_answers_is_no_stamp_for_now(
    authority: OpensslAuthority, stamps: HttpTimeStamps, status: int, body: bytes
) -> None:
    authority.answer = lambda request: (status, body)
    with pytest.raises(NotYet):
        stamps.stamp(DATA)


def test_granted_with_something_else_in_the_tokens_place_is_refused(
    authority: OpensslAuthority, stamps: HttpTimeStamps
) -> None:
    token = {"content_type": "data", "content": b"no token"}
    answer = TimeStampResp({"status": {"status": "granted"}, "time_stamp_token": token}).dump()
    authority.answer = lambda request: (200, answer)
    with pytest.raises(IntegrityError, match="contains no time stamp"):
        stamps.stamp(DATA)


def test_an_authority_that_is_not_there_is_not_there_yet(authority: OpensslAuthority) -> None:
    with authority.serving() as url:
        pass
    with pytest.raises(NotYet, match="cannot be reached"):
        HttpTimeStamps(url, timeout_seconds=5).stamp(DATA)


def test_only_an_address_of_the_web_is_taken() -> None:
    with pytest.raises(InvalidInput):
        HttpTimeStamps("file:///etc/passwd")
