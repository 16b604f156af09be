"""A large export that is read in ranges comes to what one pass makes of it, in every byte."""

import hashlib
import random
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.ingest.reading.export_reader import summary_of
from functions.ingest.reading.manifest import ControlTotals
from functions.ingest.reading.outcome import Counts
from functions.ingest.reading.profile import Profile
from functions.ingest.reading.range_reader import ReadRange, join_ranges, read_range
from functions.ingest.reading.split import Split, split_export
from tests.unit.ingest.reading import HEADER, ReadRows, profile, read
from tests.unit.ingest.test_reading_properties import MODEST, PROFILES, account_for, damaged_exports

HEADLESS = profile(
    """
profile: test
kind: attainment
columns: {rep_id: 1, period: 2, quota: 3, credited: 4, currency: 5}
max_rejected_fraction: "1"
""",
    header=False,
)


def split(data: bytes, of: Profile, range_bytes: int, piece: int) -> Split | None:
    return split_export((data[at : at + piece] for at in range(0, len(data), piece)), of, range_bytes)


def in_ranges(
    data: bytes, of: Profile, parts: Split, columns: tuple[str, ...] = ()
) -> tuple[ReadRows, Counts]:
    """Read every range by itself, the last one first, and join them."""
    read_parts: list[ReadRange] = []
    for each in reversed(parts.ranges):
        own, totals = ReadRows(), ControlTotals(columns)
        counts = read_range(
            [data[each.start : each.stop]],
            of,
            own,
            totals,
            begins=each,
            layout=parts.layout,
            big_endian=parts.big_endian,
        )
        read_parts.insert(0, ReadRange(counts, [own.jsonl], [own.rejected_jsonl]))
    whole = ReadRows()
    return whole, join_ranges(read_parts, of, whole)


def compare(data: bytes, of: Profile, range_bytes: int, piece: int) -> int:
    """How many ranges there were, after making sure that they come to what one pass gives; 0 for one pass."""
    parts = split(data, of, range_bytes, piece)
    if parts is None:
        return 0
    stops = [each.stop for each in parts.ranges]
    assert [each.start for each in parts.ranges] == [0, *stops[:-1]]
    assert stops[-1] == len(data) == parts.size
    assert parts.sha256 == hashlib.sha256(data).hexdigest()
    for each in parts.ranges:
        assert each.sha256 == hashlib.sha256(data[each.start : each.stop]).hexdigest()
    one_pass = read(data, of)
    joined, counts = in_ranges(data, of, parts)
    account_for(one_pass)
    assert (joined.jsonl, joined.rejected_jsonl, joined.ids) == (
        one_pass.jsonl,
        one_pass.rejected_jsonl,
        one_pass.ids,
    )
    told = summary_of(of, parts.sha256, parts.size, counts, ControlTotals(()), manifest=None, faults=set())
    assert told == one_pass.told
    assert told.refused in (None, "too_many_rejected", "empty")
    return len(parts.ranges)


@given(export=damaged_exports(), range_bytes=st.integers(1, 200), piece=st.integers(1, 60))
@MODEST
def test_ranges_come_to_what_one_pass_makes_of_damaged_exports(
    export: tuple[Profile, bytes], range_bytes: int, piece: int
) -> None:
    of, data = export
    compare(data, of, range_bytes, piece)


@given(
    of=st.sampled_from([*PROFILES, HEADLESS]),
    data=st.one_of(
        st.binary(max_size=300),
        st.lists(st.sampled_from([*b'"""\'\n\n\n\r,,;|\t \xff\xfe\xc3a1.-']), max_size=300).map(bytes),
        st.lists(
            st.sampled_from(
                [b'"', b'"x\n', b"r1", b",", b"\n", b'""', b'",', b"\r\n", b"2026-09,1,1,USD,\n"]
            ),
            max_size=60,
        ).map(b"".join),
    ),
    headed=st.booleans(),
    range_bytes=st.integers(1, 60),
    longest=st.sampled_from([10, 40, 1 << 20]),
)
@MODEST
def test_ranges_come_to_what_one_pass_makes_of_any_bytes_however_long_a_row_may_be(
    of: Profile, data: bytes, headed: bool, range_bytes: int, longest: int
) -> None:
    header = (HEADER.replace(",", of.format.delimiter) + "\n").encode(of.format.encoding) if headed else b""
    with rows_no_longer_than(longest):
        compare(header + data, of, range_bytes, 7)


@contextmanager
def rows_no_longer_than(characters: int) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("functions.ingest.reading.lines.LONGEST_ROW", characters)
        patch.setattr("functions.ingest.reading.text_reader.LONGEST_ROW", characters)
        yield


def test_ranges_come_to_what_one_pass_makes_of_quotes_and_line_breaks_in_any_order() -> None:
    chance, cut = random.Random("quotes"), 0
    parts = [b'"', b'"', b'""', b'"x', b'y"', b",", b'","', b"\n", b"\n", b"\r\n", b"r1,2026-09,1,1,USD,\n"]
    for _ in range(1_500):
        text = b"".join(chance.choices(parts, k=chance.randrange(10, 60)))
        with rows_no_longer_than(chance.choice([15, 1 << 20])):
            cut += compare((HEADER + "\n").encode() + text, profile(), 1, chance.randrange(1, 9)) > 1
    assert cut > 500


def test_an_export_of_nothing_but_blank_lines_under_its_header_is_empty_in_ranges_too() -> None:
    assert compare((HEADER + "\n\n \n\n").encode(), profile(), 1, 15) > 1


@pytest.mark.parametrize("piece", [1, 30, 70, 200])
def test_blank_lines_before_the_header_are_no_range_of_their_own(piece: int) -> None:
    data = b"\n" * 60 + (HEADER + "\n").encode() + b"".join(b"r%d,2026-09,1,1,USD,\n" % n for n in range(9))
    assert compare(data, profile(), 10, piece) > 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_only_the_files_first_mark_is_a_mark(encoding: str) -> None:
    rows = "".join(f"\ufeffr{n},2026-09,1,1,USD,\n" for n in range(9))
    data = f"\ufeff{HEADER}\n{rows}".encode(encoding)
    of = profile(encoding="utf-8" if encoding == "utf-8" else "utf-16")
    assert compare(data, of, 40, 7) > 3
    assert read(data, of).ids == [f"\ufeffr{n}" for n in range(9)]


def test_a_stray_quote_at_the_border_of_a_range_swallows_nothing() -> None:
    rows = [
        b'"r%d,2026-09,1,1,USD,\n' % n if n % 3 == 0 else b"r%d,2026-09,1,1,USD,\n" % n for n in range(30)
    ]
    for range_bytes in range(1, 120, 7):
        assert compare((HEADER + "\n").encode() + b"".join(rows), profile(), range_bytes, 11) > 1


def test_what_cannot_be_cut_is_read_in_one_pass() -> None:
    header, rows = (HEADER + "\n").encode(), b"r1,2026-09,1,1,USD,\n" * 30
    assert split(header + rows, profile(), 100, 10) is not None
    assert split(header + rows, profile(compression="gzip"), 100, 10) is None
    assert split(header + rows, profile(), 10_000, 10) is None, "too short to be cut"
    assert split(b"wrong\n" + rows, profile(), 100, 10) is None
    assert split(header + rows + b"\0", profile(), 100, 10) is None
    assert split((HEADER + "\nr1\0").encode("utf-16") + rows, profile(encoding="utf-16"), 100, 10) is None
    assert split(b"\n" * 3000 + header + rows, profile(), 100, 10) is not None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("functions.ingest.reading.split.HEAD", 2000)
        assert split(b"\n" * 3000 + header + rows, profile(), 100, 10) is None
        patch.setattr("functions.ingest.reading.split.LONGEST_WAIT", 1000)
        assert split(header + rows + b'"' + rows * 10, profile(), 100, 10) is None
