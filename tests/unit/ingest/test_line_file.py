"""Files of lines: the same bytes for the same lines, read back a little at a time."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.line_file import LineFile, unpacked_lines

LINES = st.lists(st.binary(max_size=300).map(lambda line: line.replace(b"\n", b"") + b"\n"), max_size=40)


def packed(*pieces: bytes) -> bytes:
    file = LineFile()
    for piece in pieces:
        file.add(piece)
    return file.finish()[0]


@given(lines=LINES, repeated=st.integers(1, 30))
def test_the_same_lines_give_the_same_bytes_however_they_came(lines: list[bytes], repeated: int) -> None:
    text = b"".join(lines) * repeated
    assert (
        packed(text)
        == packed(*(lines * repeated))
        == packed(*text.splitlines(keepends=True)[:-1], _last(text))
    )
    assert gzip.decompress(packed(text)) == text


def _last(text: bytes) -> bytes:
    return b"".join(text.splitlines(keepends=True)[-1:])


@given(lines=LINES, at_once=st.integers(1, 400))
def test_lines_come_back_whole_in_chunks(lines: list[bytes], at_once: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("shared.domain.line_file._UNPACKED_AT_ONCE", at_once)
        chunks = list(unpacked_lines(packed(*lines)))
    assert b"".join(chunks) == b"".join(lines)
    assert all(chunk.endswith(b"\n") for chunk in chunks)


def test_a_long_file_is_unpacked_a_little_at_a_time() -> None:
    chunks = list(unpacked_lines(packed(b"a line like any other\n" * 200_000)))
    assert len(chunks) > 3
    assert max(map(len, chunks)) < 1024 * 1024 + 100


def test_a_file_that_is_cut_short_is_an_error_and_not_a_shorter_file() -> None:
    body = packed(*(b"%d\n" % number for number in range(2_000)))
    for length in (0, 5, len(body) // 2, len(body) - 1):
        with pytest.raises(EOFError):
            list(unpacked_lines(body[:length]))
