"""Generates an export of ten columns. One row in two hundred is faulty, with each kind of fault in turn."""

import random
from itertools import cycle
from pathlib import Path

PROFILE = """
profile: bench
kind: attainment
columns:
  rep_id: Payee ID
  period: Period
  quota: Quota
  credited: Credited
  currency: Currency
  leave_days: Leave Days
"""
_HEADER = b"Payee ID,Payee,Period,Start,Quota,Credited,Currency,Plan,Territory,Leave Days\n"
_EVERY = 200
_FAULTS = (
    ("missing_value", 5, b""),
    ("not_a_number", 4, b"1e5"),
    ("too_many_digits", 5, b"0.1234567"),
    ("out_of_range", 4, b"-1"),
    ("bad_period", 2, b"2026-13"),
    ("unknown_currency", 6, b"usd"),
    ("too_long", 0, b"x" * 129),
    ("control_character", 0, b"R\x07"),
    ("bad_encoding", 1, b"Ren\xe9"),
    ("bad_quoting", 7, b'5" plan'),
    ("wrong_field_count", 9, b"0,0"),
    ("duplicate", 0, None),
)


def make(folder: Path, rows: int) -> tuple[Path, Path, list[tuple[int, str]]]:
    """The profile, the export, and the line and code of every faulty row."""
    profile, export = folder / "bench.yaml", folder / f"bench-{rows}.csv"
    profile.write_text(PROFILE, "utf-8")
    chance = random.Random("read")
    kinds = cycle(_FAULTS)
    truth: list[tuple[int, str]] = []
    before: list[bytes] = []
    with export.open("wb") as file:
        file.write(_HEADER)
        for number in range(rows):
            cells = _row(number, chance)
            if number % _EVERY == _EVERY - 1:
                code, place, bad = next(kinds)
                if bad is None:
                    cells = before
                else:
                    cells[place] = bad
                truth.append((number + 2, code))
            before = cells
            file.write(b",".join(cells) + b"\n")
    return profile, export, truth


def _row(number: int, chance: random.Random) -> list[bytes]:
    quota = chance.randrange(40_000, 160_000, 800)
    credited = chance.randrange(-500_000, 16_000_000)
    return [
        b"R%07d" % number,
        b"Payee %d" % (number % 9973),
        b"2026-09",
        b"2026-09-01",
        b"%d.00" % quota,
        b"%d.%02d" % (credited // 100, credited % 100),
        chance.choice((b"USD", b"USD", b"EUR", b"GBP")),
        b"Plan %d" % (number % 7),
        b"T%d" % (number % 101),
        b"%d" % (number % 31 if number % 50 == 0 else 0),
    ]
