"""Quotes, line ends, blank lines, encodings and headers: which bytes are which row."""

import pytest

from functions.ingest.reading import lines, unpack
from functions.ingest.reading.profile import Profile
from tests.unit.ingest.reading import ATTAINMENT, HEADER, both_ways, profile, read

NOTED = f"{HEADER},note\n"
GOOD = "2026-09,1,1,USD,"


def row(key: str, note: str = "") -> str:
    return f"{key},{GOOD},{note}\n"


def test_lines_are_counted_as_they_stand_through_quoted_line_breaks() -> None:
    text = NOTED + row("a", '"one\ntwo\r\nthree"') + row("b") + row("c,extra")
    result = both_ways(text)
    assert [r["line"] for r in result.rows] == [2, 5]
    assert result.codes == {6: ["wrong_field_count"]}


def test_lines_end_in_lf_or_crlf_mixed_freely_and_the_last_needs_no_end() -> None:
    text = f"{HEADER}\r\na,{GOOD}\nb,{GOOD}\r\nc,{GOOD}"
    assert [(r["rep_id"], r["line"]) for r in both_ways(text).rows] == [("a", 2), ("b", 3), ("c", 4)]


@pytest.mark.parametrize("character", ["\r", "\x85", "\u2028", "\x0b", "\x0c"])
def test_other_line_separators_end_nothing(character: str) -> None:
    result = both_ways(NOTED + row("a", f"x{character}y") + row("b"))
    assert [r["line"] for r in result.rows] == [2, 3]


def test_a_lone_cr_at_the_end_belongs_to_the_last_cell() -> None:
    assert both_ways(f"{HEADER}\na,{GOOD}1\r").codes == {2: ["not_a_number"]}
    assert both_ways(f"{HEADER}\na,{GOOD}1\r\r\n").codes == {2: ["not_a_number"]}


def test_blank_lines_are_skipped_and_counted_wherever_they_stand() -> None:
    result = both_ways(f"\n \t\r\n{HEADER}\n\na,{GOOD}\n  \nb,{GOOD}\n\t")
    assert result.told.blank_lines == 5
    assert [r["line"] for r in result.rows] == [5, 7]


def test_a_line_with_a_delimiter_or_only_quotes_is_not_blank() -> None:
    assert both_ways(f'{HEADER}\n , \n""\na,{GOOD}\n').codes == {
        2: ["wrong_field_count"],
        3: ["wrong_field_count"],
    }
    tabs = profile(delimiter="\t")
    text = HEADER.replace(",", "\t") + "\n\t\t\t\t\t\n"
    assert both_ways(text, tabs).codes[2][0] == "missing_value"


@pytest.mark.parametrize(
    "line",
    [
        f'"a"x,{GOOD},\n',
        f'"a" ,{GOOD},\n',
        f' "a",{GOOD},\n',
        f'a"b,{GOOD},\n',
        f'a,{GOOD},5" pipe\n',
        f'a,{GOOD},"open\n',
        f'a,{GOOD},"open""\n',
        f'a,{GOOD},"x"\r\r\n',
    ],
)
def test_a_stray_quote_costs_its_own_row_and_nothing_behind_it(line: str) -> None:
    result = both_ways(NOTED + line + row("b") + row("c"))
    assert result.faults == {2: [(None, "bad_quoting", None)]}
    assert result.ids == ["b", "c"]


def test_an_open_quote_swallows_nothing_though_another_quote_comes_later() -> None:
    result = both_ways(NOTED + f'a,{GOOD},"open\n' + row("b") + f'c,{GOOD},5" pipe\n' + row("d"))
    assert result.codes == {2: ["bad_quoting"], 4: ["bad_quoting"]}
    assert result.ids == ["b", "d"]


def test_reading_goes_on_behind_the_line_on_which_the_faulty_field_began() -> None:
    text = NOTED + f'"a\nb",{GOOD},"open\n' + row("c")
    result = both_ways(text)
    assert result.codes == {2: ["bad_quoting"]}
    assert [(r["rep_id"], r["line"]) for r in result.rows] == [("c", 4)]


def test_doubled_quotes_delimiters_and_breaks_within_quotes_belong_to_the_cell() -> None:
    text = f'{HEADER}\n"a, ""the"" one",{GOOD}\n"b,c",{GOOD}\n'
    assert both_ways(text).ids == ['a, "the" one', "b,c"]
    broken = both_ways(f'{HEADER}\n"a\r\nb",{GOOD}\n')
    assert broken.faults == {2: [("rep_id", "control_character", "a\r\nb")]}


def test_without_a_quote_character_quotes_are_ordinary() -> None:
    result = both_ways(f'{HEADER}\n"a",{GOOD}\n"b,{GOOD}\n', profile(quote=None))
    assert result.ids == ['"a"', '"b']


def test_another_quote_character_is_doubled_as_the_usual_one_is() -> None:
    result = both_ways(f"{HEADER}\n'it''s',{GOOD}\nx\"y,{GOOD}\n", profile(quote="'"))
    assert result.ids == ["it's", 'x"y']


def test_every_cell_may_be_quoted() -> None:
    quoted = ",".join(f'"{cell}"' for cell in f"a,{GOOD}".split(","))
    assert both_ways(f"{HEADER}\n{quoted}\n{quoted.replace('a', '')}\n").codes == {3: ["missing_value"]}


def test_a_short_or_a_long_row_is_never_taken_as_fine() -> None:
    result = both_ways(f"{HEADER}\na,2026-09,1,1,USD\nb,{GOOD},\nc,{GOOD}\n")
    assert result.codes == {2: ["wrong_field_count"], 3: ["wrong_field_count"]}


def test_one_bad_byte_costs_its_row_alone() -> None:
    text = (NOTED + row("a") + row("b", "caf\xe9") + row("c")).encode("latin-1")
    assert both_ways(text).faults == {3: [(None, "bad_encoding", None)]}


def test_of_several_faults_of_a_whole_row_the_first_is_told() -> None:
    text = (NOTED + f'a,{GOOD},5" \xe9\n' + "b,\xe9\n" + 'c,5" pipe\n' + row("d")).encode("latin-1")
    assert both_ways(text).codes == {2: ["bad_encoding"], 3: ["bad_encoding"], 4: ["bad_quoting"]}


def test_a_bad_byte_behind_a_stray_quote_belongs_to_its_own_row() -> None:
    text = (NOTED + f'a,{GOOD},"open\n' + row("b", "\xe9") + row("c")).encode("latin-1")
    assert both_ways(text).codes == {2: ["bad_quoting"], 3: ["bad_encoding"]}


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize(
    ("encoding", "mark"),
    [("utf-8", b""), ("utf-8", b"\xef\xbb\xbf"), ("cp1252", b""), ("iso-8859-1", b"")],
)
def test_text_reads_the_same_however_its_bytes_arrive(encoding: str, mark: bytes, piece: int) -> None:
    data = mark + f"{HEADER}\nZoë,{GOOD}\n".encode(encoding)
    assert both_ways(data, profile(encoding=encoding), piece=piece).ids == ["Zoë"]


@pytest.mark.parametrize("piece", [1, 2, 3, 1000])
@pytest.mark.parametrize(("order", "mark"), [("le", b"\xff\xfe"), ("le", b""), ("be", b"\xfe\xff")])
def test_utf_16_needs_a_mark_only_where_it_is_big_endian(order: str, mark: bytes, piece: int) -> None:
    data = mark + f"{HEADER}\n𝒜ë,{GOOD}\n".encode(f"utf-16-{order}")
    assert both_ways(data, profile(encoding="utf-16"), piece=piece).ids == ["𝒜ë"]


@pytest.mark.parametrize("piece", [1, 2, 1000])
def test_half_a_character_of_utf_16_spoils_its_own_row(piece: int) -> None:
    of = profile(encoding="utf-16")
    lone = f"{HEADER}\n".encode("utf-16-le") + b"\x00\xd8" + f"a,{GOOD}\nb,{GOOD}\n".encode("utf-16-le")
    assert both_ways(lone, of, piece=piece).codes == {2: ["bad_encoding"]}
    odd = f"{HEADER}\na,{GOOD}\nb,{GOOD}".encode("utf-16-le") + b"x"
    assert both_ways(odd, of, piece=piece).codes == {3: ["bad_encoding"]}


@pytest.mark.parametrize("byte", [b"\x81", b"\x8d", b"\x8f", b"\x90", b"\x9d"])
def test_a_byte_that_cp1252_does_not_define_is_bad_encoding(byte: bytes) -> None:
    data = f"{HEADER}\n".encode() + byte + f"a,{GOOD}\nb,{GOOD}\n".encode()
    assert both_ways(data, profile(encoding="cp1252")).codes == {2: ["bad_encoding"]}


def test_a_byte_of_the_upper_control_range_of_latin_1_is_a_control_character() -> None:
    data = f"{HEADER}\n\x81a,{GOOD}\n".encode("latin-1")
    assert both_ways(data, profile(encoding="iso-8859-1")).codes == {2: ["control_character"]}


def test_only_the_first_of_acceptable_rows_keeps_a_key() -> None:
    text = "".join(
        [f"{HEADER}\n", f"a,{GOOD}x\n", f"a,{GOOD}\n", f" a,{GOOD}\n", f"A,{GOOD}\n", "a,2026-08,1,1,USD,\n"]
    )
    assert both_ways(text).faults == {
        2: [("leave_days", "not_a_number", "x")],
        4: [(None, "duplicate", None)],
    }


def test_names_in_a_header_are_stripped_and_normalised_before_they_are_compared() -> None:
    of = profile(ATTAINMENT.replace(" id,", " Re\u0301p,"))
    assert both_ways(f"\tRép ,month,quota,paid,cur,leave\na,{GOOD}\n", of).ids == ["a"]


BY_POSITION = """
profile: test
kind: attainment
columns: {rep_id: 1, period: "2", quota: 3, credited: 4, currency: 5}
max_rejected_fraction: "1"
"""


def headless(**more: object) -> Profile:
    return profile(BY_POSITION, header=False, **more)


def test_without_a_header_columns_are_found_by_position() -> None:
    assert both_ways("a,2026-09,1,1,USD,x\nb,2026-09,1,1,USD\n", headless()).codes == {
        2: ["wrong_field_count"]
    }


def test_without_a_header_the_first_row_that_can_be_read_gives_the_width() -> None:
    text = b'a",2026-09\n\xff\nb,2026-09,1,1,USD\nc,2026-09,1,1,USD\n'
    result = both_ways(text, headless())
    assert result.codes == {1: ["bad_quoting"], 2: ["bad_encoding"]}
    assert result.ids == ["b", "c"]


def test_rows_are_the_accepted_and_the_rejected_in_every_split_of_the_text(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = NOTED + "".join(row(f"r{n}", '"a\nb"' if n % 7 == 0 else "x" * (n % 50)) for n in range(200))
    whole = read(text, row_by_row=True)
    for block in (1, 50, 333, 5000):
        monkeypatch.setattr("functions.ingest.reading.text_reader.BLOCK", block)
        for piece in (1, 64, 4096):
            assert read(text, piece=piece) == whole


def test_a_quote_that_stays_open_for_too_long_is_taken_for_a_stray_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lines, "LONGEST_ROW", 300)
    monkeypatch.setattr("functions.ingest.reading.text_reader.LONGEST_ROW", 300)
    text = NOTED + f'a,{GOOD},"open\n' + "".join(row(f"r{n}") for n in range(50)) + row("z", '"\n"')
    for piece in (10, 1000, 100_000):
        result = both_ways(text, piece=piece)
        assert result.codes == {2: ["bad_quoting"]}
        assert len(result.rows) == 51


def test_a_line_without_an_end_is_rejected_and_never_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "LONGEST_ROW", 300)
    monkeypatch.setattr("functions.ingest.reading.text_reader.LONGEST_ROW", 300)
    monkeypatch.setattr("functions.ingest.reading.text_reader.BLOCK", 100)
    text = NOTED + row("a") + row("b", "x" * 2000) + row("c")
    for piece in (10, 1000, 100_000):
        result = both_ways(text, piece=piece)
        assert result.faults == {3: [(None, "too_long", None)]}
        assert [r["line"] for r in result.rows] == [2, 4]


def test_what_is_read_does_not_depend_on_how_much_is_decompressed_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = (NOTED + "".join(row(f"ü{n}") for n in range(100))).encode()
    expected = read(text)
    monkeypatch.setattr(unpack, "CHUNK", 5)
    assert read(text) == expected
