"""Starts of the sample files, and rows of odd layouts, damaged at random: every file ends in a result.

Each case has a number that makes it again. Plain chance, not Hypothesis: a hundred times as many cases in the
same time, which is what finds the rare ones.
"""

import gzip
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from functions.ingest.reading.profile import Profile, parse_profile
from tests.unit.ingest.reading import HEADER, both_ways
from tests.unit.ingest.test_reading_properties import GOOD, PROFILES, account_for

CASES = 100_000 if os.environ.get("PLUMBLINE_SOAK") else 2_000
SAMPLES = {
    "canonical-attainment": "canonical/attainment-2026-09.csv",
    "canonical-people": "canonical/people-2026-09.csv",
    "oracle-attainment": "oracle/oracle-participant-goals-2026-09.tsv",
    "salesforce-attainment": "salesforce/salesforce-quota-2026-Q3.csv",
    "sap-attainment": "sap/ACME_OGPT_PRD_20261002_061500_ATT202609.txt",
    "sap-people": "sap/ACME_OGPT_PRD_20261002_060000_PEOPLE.txt",
    "varicent-attainment": "varicent/varicent-attainment-2026-09.csv",
    "varicent-gzip-attainment": "varicent-gzip/varicent-attainment-2026-09.csv.gz",
    "xactly-attainment": "xactly/xactly-attainment-2026-09.csv",
}
PEOPLE_HEADER = "id,name,email,boss,role,region,hired,zone,active,deputy,since"
TOKENS = [
    *(
        b'"',
        b'""',
        b'","',
        b"'",
        b"\n",
        b"\r",
        b"\r\n",
        b"\n\n",
        b",",
        b";",
        b"\t",
        b"|",
        b" ",
        b'"\n"',
        b"\\",
    ),
    *(
        b"\x00",
        b"\xff",
        b"\xfe\xff",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"\xc3",
        b"\xc3\xa9",
        b"\xe2\x80",
        b"\x81",
    ),
    *(
        b"\xd8\x00",
        b"\x00\xdc",
        b"\xed\xa0\x80",
        b"e\xcc\x81",
        b"\x85",
        b"\xc2\x85",
        b"\x07",
        b"\x1f\x8b\x08",
    ),
    *(
        b"-",
        b"+",
        b".",
        b"0",
        b"00",
        b"1e3",
        b"1.555",
        b"-0",
        b"1,000.00",
        b"1.000,00",
        b"9" * 19,
        b"x" * 130,
    ),
    *(b"2026-09", b"2026-13", b"0000-00", b"30.02.2026", b"31", b"USD", b"usd", b"true", b"a@b.co", b"=1+1"),
]


def _samples() -> Iterator[tuple[Profile, list[bytes]]]:
    for name, path in SAMPLES.items():
        of = parse_profile(Path(f"config/profiles/{name}.yaml").read_text("utf-8"), name)
        content = Path("examples", path).read_bytes()
        plain = gzip.decompress(content) if path.endswith(".gz") else content
        feed = b"\n\0" if of.format.encoding == "utf-16" else b"\n"
        yield of, [line + feed for line in plain.split(feed)[:60]]
    for of in PROFILES:
        header = HEADER if of.kind == "attainment" else PEOPLE_HEADER
        encoding = {"utf-16": "utf-16-le"}.get(of.format.encoding, of.format.encoding)
        # Where rows of one key are added up, each key has three rows, and most of these differ.
        keys = [number // 3 if of.same_key == "sum" else number for number in range(30)]
        good = [[f"r{key}", *GOOD[of.kind][1:]] for key in keys]
        if of.same_key == "sum":
            good = [[*row[:3], str(number % 4), *row[4:]] for number, row in enumerate(good)]
        lines = [header, *map(",".join, good)]
        yield of, [(line.replace(",", of.format.delimiter) + "\n").encode(encoding) for line in lines]


SEEDS = list(_samples())


def _replace_some(chance: random.Random, data: bytearray) -> None:
    place = chance.randrange(len(data) + 1)
    data[place : place + chance.choice((0, 0, 1, 1, 2, 9))] = chance.choice(TOKENS)


def _flip(chance: random.Random, data: bytearray) -> None:
    if data:
        data[chance.randrange(len(data))] = chance.randrange(256)


def _repeat(chance: random.Random, data: bytearray) -> None:
    start = chance.randrange(len(data) + 1)
    data[start:start] = data[start : start + chance.randrange(200)]


def _cut(chance: random.Random, data: bytearray) -> None:
    start = chance.randrange(len(data) + 1)
    del data[start : start + chance.choice((1, 3, 40, 400))]


def _exchange(chance: random.Random, data: bytearray) -> None:
    """One kind of byte for another, everywhere: other line ends, other quotes, no delimiters."""
    old, new = chance.choices((b"\n", b"\r\n", b",", b";", b"|", b"\t", b'"', b"'", b"0", b""), k=2)
    if old:
        data[:] = data.replace(old, new)


def _quote_all(chance: random.Random, data: bytearray) -> None:
    delimiter = chance.choice((b",", b";", b"|", b"\t"))
    lines = bytes(data).split(b"\n")
    data[:] = b"\n".join(b'"' + line.replace(delimiter, b'"' + delimiter + b'"') + b'"' for line in lines)


DAMAGES: list[Callable[[random.Random, bytearray], None]] = [
    *(_replace_some, _replace_some, _replace_some, _flip, _repeat, _cut, _exchange, _quote_all),
]


def damaged_export(chance: random.Random) -> tuple[Profile, bytes]:
    of, lines = chance.choice(SEEDS)
    header = bytearray(lines[0])
    if chance.randrange(10) == 0:
        data = bytearray(chance.randbytes(chance.randrange(300)))
    else:
        data = bytearray(b"".join(chance.choices(lines[1:], k=chance.randrange(12))))
    for _ in range(chance.choice((0, 1, 1, 2, 3, 6, 12))):
        chance.choice(DAMAGES)(chance, data)
    if chance.randrange(10) == 0:
        chance.choice(DAMAGES)(chance, header)
    data = header + data
    if of.format.compression == "gzip" and chance.randrange(10):
        data = bytearray(gzip.compress(bytes(data), 1, mtime=0))
        if chance.randrange(3) == 0:
            _replace_some(chance, data)
    return of, bytes(data)


@pytest.mark.parametrize("part", range(20))
def test_whatever_is_dropped_ends_in_a_result_that_both_ways_agree_on(
    part: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(part, CASES, 20):
        chance = random.Random(f"reader {number}")
        of, data = damaged_export(chance)
        monkeypatch.setattr("functions.ingest.reading.text_reader.BLOCK", chance.choice((1, 90, 400, 32_768)))
        monkeypatch.setattr("functions.ingest.reading.number_columns.VARIED", chance.choice((2, 1_000)))
        try:
            account_for(both_ways(data, of, piece=chance.choice((7, 100, 4_096)), size=len(data)))
        except Exception as error:
            raise AssertionError(f"case {number}, profile {of.id}: {data!r}") from error
