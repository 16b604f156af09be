"""Whatever bytes come in: they end in a result, every row is accounted for, and both ways agree."""

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.ingest.reading.profile import Profile
from tests.unit.ingest.reading import ATTAINMENT, HEADER, PEOPLE, ReadRows, both_ways, profile

SOAK = bool(os.environ.get("PLUMBLINE_SOAK"))
MODEST = settings(
    max_examples=100_000 if SOAK else 250,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

PROFILES = [
    profile(),
    profile(encoding="utf-16"),
    profile(encoding="cp1252", delimiter=";", decimal=",", thousands="."),
    profile(encoding="iso-8859-1", delimiter="\t", quote=None, thousands=","),
    profile(quote="'", thousands=" ", decimal=",", delimiter="|"),
    profile(delimiter="é"),
    profile(compression="gzip"),
    profile(ATTAINMENT + 'blank: {leave_days: "31", quota: "5", currency: EUR}'),
    profile(PEOPLE),
    profile(ATTAINMENT + "same_key: sum"),
    profile(ATTAINMENT + 'same_key: sum\nblank: {leave_days: "0"}', decimal=",", delimiter=";"),
]

CELLS = st.sampled_from(
    [
        *(
            "a",
            "b",
            "r1",
            "R000001",
            "é",
            "e\u0301",
            "x" * 129,
            "",
            " ",
            " a ",
            "\x07",
            "\r",
            "\x85",
            "\u2028",
        ),
        *("2026-09", "2026-10", "2026-13", "2026-9", "2024-02", "USD", "EUR", "usd", "true", "NO", "maybe"),
        *(
            "0",
            "00",
            "-0",
            "-0.00",
            "1",
            "100",
            "100.00",
            "1.5",
            "0.50",
            "007",
            "+5",
            "-12.10",
            "1e3",
            "1.555",
        ),
        *("1,000", "1.000", "1 000", "1\u00a0000", ".5", "5.", "31", "30", "-1", "1" * 19, "0.1234567", "٣"),
        *("a@b.co", "a@b", "2024-02-29", "2023-02-29", "Europe/Paris", '"a"', '"a,b"', '"a\nb"', '"a""b"'),
        *('"', 'a"b', '"a"b', '"open', "'x'", "\\", "\n", "\r\n", ",", ";", "|", "\t"),
    ]
)
GOOD = {
    "attainment": ["r1", "2026-09", "80000.00", "1.50", "USD", ""],
    "people": ["p1", "Ann", "a@b.co", "", "AE", "West", "2024-02-29", "", "true", "", ""],
}


@st.composite
def damaged_exports(draw: st.DrawFn) -> tuple[Profile, bytes]:
    """A plausible file of some profile, with some cells and bytes that are not."""
    of = draw(st.sampled_from([each for each in PROFILES if each.format.compression == "none"]))
    good = GOOD[of.kind]
    header = (
        HEADER if of.kind == "attainment" else "id,name,email,boss,role,region,hired,zone,active,deputy,since"
    )
    delimiter = of.format.delimiter
    lines = [header.replace(",", delimiter)]
    quotes = draw(st.sampled_from(["some rows", "every cell", "some columns"]))
    quoted_columns = draw(st.sets(st.integers(0, len(good) - 1)))
    for number in range(draw(st.integers(1, 12))):
        row = [*good]
        row[0] = f"r{draw(st.integers(0, 8))}" if draw(st.booleans()) else f"r{number}"
        if of.kind == "attainment" and draw(st.booleans()):
            row[3] = draw(st.sampled_from(["1.50", "-2", "9" * 18]))
        for place, cell in draw(st.lists(st.tuples(st.integers(0, len(row) - 1), CELLS), max_size=2)):
            row[place] = cell
        if draw(st.integers(0, 9)) == 0:
            row = draw(st.sampled_from([row[:-1], [*row, "x"], [], [" "]]))
        quote = of.format.quote
        if quote is not None and (quotes != "some rows" or draw(st.integers(0, 3)) == 0):
            row = [
                quote + cell.replace(quote, quote * 2) + quote
                if quotes != "some columns" or place in quoted_columns
                else cell
                for place, cell in enumerate(row)
            ]
        lines.append(delimiter.join(row))
    text = draw(st.sampled_from(["\n", "\r\n"])).join(lines) + draw(st.sampled_from(["", "\n", "\r", "\n\n"]))
    encoding = {"utf-16": "utf-16-le"}.get(of.format.encoding, of.format.encoding)
    data = bytearray(text.encode(encoding, "replace"))
    for _ in range(draw(st.integers(0, 4))):
        place = draw(st.integers(0, len(data)))
        data[place : place + draw(st.integers(0, 2))] = draw(
            st.sampled_from(
                [b'"', b"'", b"\n", b"\r", b",", b";", b"\xff", b"\xc3", b"\x81", b"\xd8", b"", b" "]
            )
        )
    return of, bytes(data)


def account_for(result: ReadRows) -> None:
    """Every row is either accepted, alone or in a sum, or rejected, once, in the order of its line."""
    told = result.told
    assert told.rows == told.accepted + told.rejected
    assert sum(told.codes.values()) >= told.rejected
    if told.refused in (None, "manifest_mismatch", "too_many_rejected"):
        accepted = [row["line"] for row in result.rows]
        rejected = list(result.faults)
        summed = [line for row in result.rows for line in row.get("lines", [])[1:]]
        assert (len(accepted) + len(summed), len(rejected)) == (told.accepted, told.rejected)
        assert len(summed) == (told.summed or 0)
        assert len({*accepted, *summed, *rejected}) == told.rows
        assert accepted == sorted(set(accepted))
        assert rejected == sorted(set(rejected))
        assert not set(accepted) & set(rejected)
        assert [row.get("rep_id", row.get("person_id")) for row in result.rows] == result.ids


@given(
    export=damaged_exports(),
    block=st.sampled_from([1, 60, 300, 1 << 16]),
    piece=st.sampled_from([3, 64, 1 << 20]),
    varied=st.sampled_from([2, 1_000]),
)
@MODEST
def test_both_ways_agree_on_damaged_exports_and_every_row_is_accounted_for(
    export: tuple[Profile, bytes], block: int, piece: int, varied: int
) -> None:
    of, data = export
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("functions.ingest.reading.text_reader.BLOCK", block)
        patch.setattr("functions.ingest.reading.number_columns.VARIED", varied)
        account_for(both_ways(data, of, piece=piece))


@given(
    of=st.sampled_from(PROFILES),
    data=st.one_of(
        st.binary(max_size=400),
        st.lists(st.sampled_from([*b"\"'\n\r,;|\t \x00\xff\xfe\xc3\x1f\x8b\x08a1.-"]), max_size=200).map(
            bytes
        ),
    ),
    headed=st.booleans(),
)
@MODEST
def test_any_bytes_end_in_a_result(of: Profile, data: bytes, headed: bool) -> None:
    header = (HEADER.replace(",", of.format.delimiter) + "\n").encode(of.format.encoding) if headed else b""
    account_for(both_ways(header + data, of, size=len(header + data)))
