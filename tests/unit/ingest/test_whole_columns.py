"""What is checked a column, or a block, at once comes to the same as row by row, at every edge of it."""

import pytest

from functions.ingest.reading.json_lines import LineNumbers
from tests.unit.ingest.reading import ATTAINMENT, HEADER, both_ways, profile

THOUSANDS = profile(delimiter=";", decimal=",", thousands=".")
HEADED = HEADER.replace(",", ";")


def _credited(*amounts: str, quota: str = "5") -> str:
    rows = [f"r{number};2026-09;{quota};{amount};EUR;" for number, amount in enumerate(amounts)]
    return "\n".join([HEADED, *rows, ""])


@pytest.mark.parametrize("others", [15, 16, 17, 40])
def test_amounts_with_other_numbers_of_places_are_read_however_many_a_block_has(others: int) -> None:
    amounts = [f"{number + 1},25" for number in range(60)]
    for place in range(others):
        amounts[place + 3] = f"{place + 1},5"
    result = both_ways(_credited(*amounts), THOUSANDS)
    assert [row["credited"] for row in result.rows] == [
        f"{place - 2}.5" if 3 <= place < others + 3 else f"{place + 1}.25" for place in range(60)
    ]


@pytest.mark.parametrize("bad", [1, 16, 17, 30])
def test_every_bad_amount_of_a_block_is_rejected_however_many_there_are(bad: int) -> None:
    amounts = [f"{number},00" for number in range(1, 61)]
    amounts[:bad] = [f"{number}e3" for number in range(bad)]
    result = both_ways(_credited(*amounts), THOUSANDS)
    assert result.codes == {place + 2: ["not_a_number"] for place in range(bad)}
    assert [row["credited"] for row in result.rows] == [str(number) for number in range(bad + 1, 61)]


@pytest.mark.parametrize("places", [0, 2, 6])
def test_grouped_thousands_have_18_digits_and_no_more(places: int) -> None:
    fraction = "," + "123456"[:places] if places else ""
    point = fraction.replace(",", ".")
    amounts = [
        f"123.456.789.012.345.678{fraction}",
        f"-999.999.999.999.999.999{fraction}",
        f"123456789012345678{fraction}",
        f"1.123.456.789.012.345.678{fraction}",
        f"1123456789012345678{fraction}",
        f"012.345.678.901.234.567{fraction}",
        f"12.345.678.901.234.56{fraction}",
    ]
    result = both_ways(_credited(*amounts), THOUSANDS)
    assert [row["credited"] for row in result.rows] == [
        f"123456789012345678{point}",
        f"-999999999999999999{point}",
        f"123456789012345678{point}",
        f"12345678901234567{point}",
    ]
    assert result.codes == {5: ["too_many_digits"], 6: ["too_many_digits"], 8: ["not_a_number"]}


def test_quotas_that_come_again_and_again_are_read_as_those_that_do_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cells = ["1.000,50", "1000,5", "-1", "", "1e3", " 7 ", "0,0000001", "1.000,50", "1e3", "-1", "", "7"] * 9
    rows = [f"r{number};2026-09;{cell};5;EUR;" for number, cell in enumerate(cells)]
    text = "\n".join([HEADED, *rows, ""])
    of_few = both_ways(text, THOUSANDS)
    monkeypatch.setattr("functions.ingest.reading.number_columns.VARIED", 1_000)
    of_many = both_ways(text, THOUSANDS)
    assert of_few == of_many
    assert [row["quota"] for row in of_few.rows[:7]] == ["1000.5", "1000.5", None, "7", "1000.5", None, "7"]


def test_quotas_that_begin_alike_and_then_all_differ_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("functions.ingest.reading.text_reader.BLOCK", 400)
    quotas = ["80000"] * 40 + [f"{number},75" for number in range(100)] + ["80000"] * 40
    rows = [f"r{number};2026-09;{cell};5;EUR;" for number, cell in enumerate(quotas)]
    result = both_ways("\n".join([HEADED, *rows, ""]), THOUSANDS)
    assert [row["quota"] for row in result.rows] == [quota.replace(",", ".") for quota in quotas]


ROW = ["r{}", "2026-09", "5", "1", "USD", "0"]
DAMAGES = {
    "nothing": "{}",
    "a quote not at the start": '"{}',
    "a quote within": 'a"{}',
    "a quote behind the end": '"{}"x"',
    "text before the quote": 'x"{}"',
    "a doubled quote": '"{}""x"',
    "a blank before the quote": ' "{}"',
    "a delimiter within": '"{},x"',
    "a line feed within": '"{}\nx"',
    "a carriage return within": '"{}\rx"',
}


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("quoted", [(0,), (5,), (0, 5), (1, 2), (0, 1, 2, 3, 4, 5)])
@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("column", [0, 2, 5])
def test_rows_quoted_alike_are_told_from_those_with_a_quote_astray(
    damage: str, column: int, quoted: tuple[int, ...], line_end: str
) -> None:
    for damaged_row in (0, 3, 7):
        lines = [HEADER]
        for number in range(8):
            cells = [cell.format(number) for cell in ROW]
            whole = [f'"{cell}"' if place in quoted else cell for place, cell in enumerate(cells)]
            if number == damaged_row and damage != "nothing":
                whole[column] = DAMAGES[damage].format(cells[column])
            lines.append(",".join(whole))
        result = both_ways(line_end.join([*lines, ""]))
        if damage == "nothing":
            assert [row["line"] for row in result.rows] == [*range(2, 10)]
            assert [row["rep_id"] for row in result.rows] == [f"r{number}" for number in range(8)]
        assert result.told.rows >= 7


def test_a_quote_astray_in_every_row_of_a_block_is_no_quoted_field() -> None:
    rows = [f'r{number},2026-09,5"0",1,USD,0' for number in range(9)]
    result = both_ways("\n".join([HEADER, *rows, ""]))
    assert set(map(tuple, result.codes.values())) == {("bad_quoting",)}
    assert result.told.rejected == 9


def test_delimiters_and_quotes_beyond_ascii_are_read_at_once_too() -> None:
    of = profile(ATTAINMENT, delimiter="¦", quote="”")
    rows = [f"”r{number}”¦2026-09¦5¦1¦USD¦{'”0”' if number % 3 else 0}" for number in range(30)]
    result = both_ways("\n".join([HEADER.replace(",", "¦"), *rows, "x¦y", ""]), of)
    assert result.told.accepted == 30
    assert result.codes == {32: ["wrong_field_count"]}


@pytest.mark.parametrize(
    "numbers",
    [
        range(2, 3),
        range(2, 1_500),
        range(999, 1_001),
        range(1_000, 2_000),
        range(998_700, 1_001_300),
        [5, 7, 1_003, 2_999, 3_000],
        [4_999_999],
    ],
)
def test_line_numbers_are_written_as_they_are(numbers: range | list[int]) -> None:
    starts, rests = LineNumbers("<", ">").of(numbers)
    written = [start + rest for start, rest in zip(starts, rests, strict=True)]
    assert written == [f"<{number}>" for number in numbers]
