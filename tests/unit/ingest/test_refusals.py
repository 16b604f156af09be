"""Files that are refused whole: each code, what wins where several hold, and what manifests state."""

import gzip
import hashlib
from typing import Any

import pytest

from functions.ingest.reading import text_reader, unpack
from functions.ingest.reading.export_reader import read_export
from tests.unit.ingest.reading import ATTAINMENT, HEADER, PEOPLE, ReadRows, both_ways, profile, read

ROW = "a,2026-09,100.50,-1.25,USD,\n"
TEXT = f"{HEADER}\n{ROW}"
STRICT = profile(ATTAINMENT + "extra_columns: refuse")
GZIP = profile(compression="gzip")
BY_POSITION = """
profile: test
kind: attainment
columns: {rep_id: 1, period: 2, quota: 3, credited: 4, currency: 5, leave_days: 6}
"""


def packed(content: bytes) -> bytes:
    """A gzip file without the time: a test's name that has its bytes is then the same in every process."""
    return gzip.compress(content, mtime=0)


@pytest.mark.parametrize("text", ["", HEADER, HEADER + "\n", HEADER + "\n \n\t\n", "\n\n", "\ufeff"])
def test_a_file_without_a_row_is_empty(text: str) -> None:
    result = both_ways(text)
    assert result.refused == "empty"
    assert (result.told.rows, result.told.blank_lines, result.told.codes) == (0, 0, {})


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("id,month,target,paid,cur,leave", "header_missing_column"),
        ("ID,month,quota,paid,cur,leave", "header_missing_column"),
        ('"id,month,quota,paid,cur,leave', "header_missing_column"),
        ('id,month,quota,paid,cur,leave,5"', "header_missing_column"),
        ("id,month,quota,paid,cur,leave,quota", "header_duplicate_column"),
        ("id,month,paid,cur,leave,cur", "header_missing_column"),
        ("id,month,quota,paid,cur,leave,note", "header_extra_column"),
        ("id,month,quota,paid,cur,leave,", "header_extra_column"),
    ],
)
def test_a_header_that_does_not_fit_refuses_the_file(header: str, code: str) -> None:
    assert both_ways(f"{header}\n{ROW}", STRICT).refused == code
    assert both_ways(header, STRICT).refused == code


def test_a_badly_encoded_header_misses_its_columns() -> None:
    assert both_ways(TEXT.replace("leave", "leave,\xe9").encode("latin-1")).refused == "header_missing_column"


def test_other_repeated_names_are_extra_columns_and_allowed() -> None:
    assert both_ways(f"{HEADER},x,x,\na,2026-09,1,1,USD,,,,\n").refused is None


def test_without_a_header_positions_must_be_there_and_extra_ones_may_be_refused() -> None:
    assert (
        both_ways("a,2026-09,1,1,USD\n", profile(BY_POSITION, header=False)).refused
        == "header_missing_column"
    )
    wide = "a,2026-09,1,1,USD,,x\n"
    assert both_ways(wide, profile(BY_POSITION, header=False)).refused is None
    strict = profile(BY_POSITION + "extra_columns: refuse", header=False)
    assert both_ways(wide, strict).refused == "header_extra_column"


@pytest.mark.parametrize(
    "start",
    [b"PK\x03\x04", b"\x1f\x8b", b"%PDF-", b"\xd0\xcf\x11\xe0", b"\x89PNG", b"PAR1", b"SQLite format 3"],
)
def test_a_known_binary_is_not_text_however_it_arrives(start: bytes) -> None:
    assert both_ways(start + TEXT.encode()).refused == "not_text"
    assert both_ways(start + TEXT.encode(), piece=1).refused == "not_text"


def test_a_nul_anywhere_is_not_text() -> None:
    assert both_ways(TEXT + "b\0,2026-09,1,1,USD,\n").refused == "not_text"
    text = (TEXT + "b\0,2026-09,1,1,USD,\n").encode("utf-16-le")
    assert both_ways(text, profile(encoding="utf-16")).refused == "not_text"


def test_gzip_members_are_read_as_one_file() -> None:
    data = packed(TEXT.encode()[:40]) + packed(TEXT.encode()[40:]) + bytes(512)
    for piece in (1, 7, 1000):
        result = both_ways(data, GZIP, piece=piece)
        assert result.ids == ["a"]
        assert result.told.bytes == len(data)
        assert result.told.sha256 == hashlib.sha256(data).hexdigest()
        assert result.told.batch == result.told.sha256[:16]


def test_every_shortened_gzip_is_truncated_and_no_bytes_at_all_are_empty() -> None:
    data = packed(TEXT.encode())
    assert both_ways(b"", GZIP).refused == "empty"
    for length in range(1, len(data)):
        assert both_ways(data[:length], GZIP).refused == "truncated_gzip"


def test_a_gzip_of_nothing_is_empty() -> None:
    assert both_ways(packed(b""), GZIP).refused == "empty"


def test_a_gzip_with_a_wrong_checksum_or_length_counts_as_truncated() -> None:
    data = bytearray(packed(TEXT.encode()))
    for place in (-1, -5):
        broken = bytearray(data)
        broken[place] ^= 1
        assert both_ways(bytes(broken), GZIP).refused == "truncated_gzip"


@pytest.mark.parametrize("content", [TEXT.encode(), b"x", b"\x1f\x8c", packed(TEXT.encode()) + b"tail"])
def test_bytes_that_are_not_gzip_are_not_text(content: bytes) -> None:
    assert both_ways(content, GZIP).refused == "not_text"


@pytest.mark.parametrize("known", [True, False])
def test_what_unpacks_to_more_than_two_hundred_times_its_size_is_too_compressed(known: bool) -> None:
    data = packed((TEXT + " " * 1_000_000).encode())
    assert both_ways(data, GZIP, size=len(data) if known else None).refused == "too_compressed"


def test_more_rows_than_the_limit_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_reader, "MAX_ROWS", 3)
    rows = [f"r{n},2026-09,1,1,USD,\n" for n in range(4)]
    assert both_ways(f"{HEADER}\n" + "".join(rows[:3])).refused is None
    assert both_ways(f"{HEADER}\n" + "".join(rows)).refused == "too_large"
    assert both_ways("wrong\n" + "".join(rows)).refused == "too_large"


def test_more_bytes_than_the_limit_are_too_many_and_the_digest_is_of_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(unpack, "MAX_BYTES", 100)
    data = (TEXT + ROW * 10).encode()
    result = both_ways(data, piece=10)
    assert result.refused == "too_large"
    assert result.told.sha256 == hashlib.sha256(data).hexdigest()
    assert result.told.bytes == len(data)


@pytest.mark.parametrize(
    ("content", "of", "code"),
    [
        (packed(b"\0" + TEXT.encode())[:-1], GZIP, "truncated_gzip"),
        (packed(TEXT.encode() + bytes(10**6)), GZIP, "too_compressed"),
        (b"wrong\n\0", STRICT, "not_text"),
        (b"wrong\n", STRICT, "header_missing_column"),
        (b"id,month,quota,paid,cur,leave,id,x\n", STRICT, "header_duplicate_column"),
    ],
)
def test_of_several_reasons_the_first_in_order_is_told(content: bytes, of: Any, code: str) -> None:
    assert both_ways(content, of).refused == code


@pytest.mark.parametrize(
    "stated",
    [
        {},
        {"rows": 3, "sum_quota": "201", "sum_credited": "-2.50", "other": None},
        {"sha256": hashlib.sha256((TEXT + ROW + "b,x,0,n/a,USD,\n").encode()).hexdigest()},
    ],
)
def test_a_manifest_that_holds_is_passed_over(stated: object) -> None:
    """Sums run over rejected rows and duplicates too."""
    assert both_ways(TEXT + ROW + "b,x,0,n/a,USD,\n", manifest=stated).refused is None


@pytest.mark.parametrize(
    "stated",
    [
        {"rows": 2},
        {"rows": "1"},
        {"rows": 1.0},
        {"rows": True},
        {"rows": None},
        {"sha256": "0" * 64},
        {"sha256": hashlib.sha256(TEXT.encode()).hexdigest().upper()},
        {"sum_quota": "100.51"},
        {"sum_quota": 100.5},
        {"sum_quota": "1005e-1"},
        {"sum_quota": "NaN"},
        {"sum_credited": "1.25"},
        [],
        "rows",
    ],
)
def test_a_manifest_that_does_not_hold_refuses_the_file_with_its_counts(stated: object) -> None:
    result = both_ways(TEXT, manifest=stated)
    assert result.refused == "manifest_mismatch"
    assert (result.told.rows, result.told.accepted) == (1, 1)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[" * 5000, b'{"rows": NaN}'])
def test_a_manifest_that_is_no_json_object_is_a_mismatch(content: bytes) -> None:
    summary = read_export([TEXT.encode()], profile(), ReadRows(), manifest=content)
    assert summary.refused == "manifest_mismatch"


def test_a_cell_with_too_many_digits_counts_in_full() -> None:
    text = f"{HEADER}\na,2026-09,{'9' * 60},1,USD,\nb,2026-09,0.0000000001,,USD,\nc,2026-09,1\n"
    stated = {"sum_quota": "9" * 60 + ".0000000001", "sum_credited": "1", "rows": 3}
    assert both_ways(text, manifest=stated).refused is None


def test_a_value_for_blank_cells_is_in_no_sum() -> None:
    of = profile(ATTAINMENT + 'blank: {quota: "7"}')
    assert both_ways(f"{HEADER}\na,2026-09, ,1,USD,\n", of, manifest={"sum_quota": "0"}).refused is None


def test_people_have_no_sums() -> None:
    text = "id,name,email,boss,role,region,hired,zone,active,deputy,since\np,n,a@b.co,,r,g,2026-01-01,,,,\n"
    assert both_ways(text, profile(PEOPLE), manifest={"sum_quota": "0"}).refused is None
    assert both_ways(text, profile(PEOPLE), manifest={"sum_quota": "1"}).refused == "manifest_mismatch"


def test_more_rejected_rows_than_the_profile_bears_refuse_the_file() -> None:
    of = profile(ATTAINMENT.replace('"1"', '"0.25"'))
    rows = "".join(f"r{n},2026-09,1,1,USD,\n" for n in range(3))
    assert both_ways(f"{HEADER}\n{rows}x\n", of).refused is None
    result = both_ways(f"{HEADER}\n{rows}x\ny\n", of)
    assert result.refused == "too_many_rejected"
    assert result.told.codes == {"wrong_field_count": 2}
    assert both_ways(f"{HEADER}\n{rows}x\ny\n", of, manifest={"rows": 9}).refused == "manifest_mismatch"


def test_the_same_file_reads_the_same_twice() -> None:
    assert read(TEXT) == read(TEXT, piece=3)
