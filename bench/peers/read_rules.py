"""One row's verdict in plain Python: peers send it the rows that their engine's expressions do not pass."""

import json
import re
from collections.abc import Iterable
from pathlib import Path

COLUMNS = ("rep_id", "period", "quota", "credited", "currency", "leave_days")
PLACES = (0, 2, 4, 5, 6, 9)
WIDTH = 10
CURRENCIES = ("USD", "EUR", "GBP", "CAD", "JPY", "CHF", "SEK", "AUD")
NUMBER = r"^-?[0-9]{1,18}(?:\.[0-9]{1,6})?$"
PERIOD = r"^(?:19|20|21)[0-9]{2}-(?:0[1-9]|1[0-2])$"
CONTROL = "[\x01-\x1f\x7f-\x9f]"
DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def code_of(line: str) -> str | None:
    """The first code of a row as text, undecodable bytes in it as U+FFFD; None if nothing is wrong."""
    if "\ufffd" in line:
        return "bad_encoding"
    if '"' in line:
        return "bad_quoting"
    cells = line.split(",")
    if len(cells) != WIDTH:
        return "wrong_field_count"
    rep_id, period, quota, credited, currency, leave_days = (cells[place].strip(" \t") for place in PLACES)
    return (
        _text(rep_id)
        or (None if re.match(PERIOD, period) else "bad_period")
        or (_number(quota) if quota else None)
        or ("out_of_range" if quota.startswith("-") else None)
        or (_number(credited) if credited else "missing_value")
        or (None if currency in CURRENCIES else "unknown_currency")
        or _leave(leave_days, DAYS[int(period[5:]) - 1])
    )


def _text(cell: str) -> str | None:
    if not cell:
        return "missing_value"
    if re.search(CONTROL, cell):
        return "control_character"
    return "too_long" if len(cell) > 128 else None


def _number(cell: str) -> str | None:
    if re.match(NUMBER, cell):
        return None
    return "too_many_digits" if re.match(r"^-?[0-9]+(\.[0-9]+)?$", cell) else "not_a_number"


def _leave(cell: str, days: int) -> str | None:
    if not cell:
        return None
    if not cell.isdecimal():
        return "not_a_number"
    return None if int(cell) <= days else "out_of_range"


def write_rejected(path: Path, rejected: Iterable[tuple[int, str]]) -> None:
    """The rejected rows' lines and codes, in the file's order."""
    with path.open("w", encoding="utf-8") as file:
        for line, code in sorted(rejected):
            file.write(json.dumps({"line": line, "faults": [{"code": code}]}) + "\n")
