"""Proposes a profile from an export's first rows, and lists what it could not determine.

A person reads and completes the proposal. ``profile check`` and ``read`` treat it like any other profile.
"""

import json
import re
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from functions.ingest.reading.cells import (
    BadCell,
    CellCheck,
    NumberForm,
    amount_check,
    boolean,
    currencies,
    email,
    normalised,
    timezones,
)
from functions.ingest.reading.columns import COLUMNS, MAY_BE_UNMAPPED, Kind
from functions.ingest.reading.dates import date_check, period_check
from functions.ingest.reading.decode import TextDecoder
from functions.ingest.reading.lines import RowSplitter

FIRST_BYTES = 256 * 1024
_FIRST_ROWS = 200

_NAMES: dict[str, str] = {
    "rep_id": r"rep.?id|payee.?id|employee.?(id|number)|party.?number|participant.?id|sales.?rep.?id",
    "period": r"period|month|quarter|start.?date",
    "quota": r"quota(.?amount)?|target(.?amount)?|goal",
    "credited": r"credit(ed)?(.?amount)?|attain(ed|ment)(.?amount)?|closed.?won.?amount|achieved|actuals?",
    "currency": r"currency(.?(iso)?.?code)?|unit.?type",
    "leave_days": r"leave.?days|days.?(on|of).?leave",
    "person_id": r"person.?id|employee.?(id|number)|worker.?id",
    "name": r"(full.?|employee.?|display.?)?name",
    "email": r"((work|business|e).?)?(e.?)?mail(.?address)?",
    "manager_id": r"(line.?)?manager.?(id|number)|supervisor.?id",
    "role": r"(job.?)?(role|title)",
    "region": r"(sales.?)?(region|territory)",
    "hire_date": r"hire.?date|start.?date|date.?of.?hire",
    "hr_partner_id": r"hr.?(business.?)?partner.?id|hrbp.?id",
    "timezone": r"time.?zone",
    "active": r"active|is.?active|employed",
    "delegate_id": r"delegate.?id|deputy.?id",
    "delegate_from": r"delegate.?(from|start)",
    "delegate_until": r"delegate.?(until|to|end)",
}
_DATES = (
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%d.%m.%Y",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d-%m-%Y",
    "%d-%b-%Y",
    "%d %B %Y",
    "%Y%m%d",
)
_PERIODS = ("%Y-%m", "quarter", "%m/%Y", "%Y/%m", "%b-%Y", "%b %Y", "%B %Y", "%Y%m", *_DATES)
_NUMBERS: tuple[tuple[str, str | None], ...] = (
    *((".", None), (",", None), (".", ","), (",", "."), (",", " "), (".", " "), (".", "'")),
)


@dataclass
class Guess:
    """What is known so far. The person who completes the profile reads the ``doubts``."""

    compression: str = "none"
    encoding: str = "utf-8"
    delimiter: str = ","
    header: bool = True
    kind: Kind = "attainment"
    decimal: str = "."
    thousands: str | None = None
    date: str = "%Y-%m-%d"
    period: str = "%Y-%m"
    columns: dict[str, str] = field(default_factory=dict)
    doubts: list[str] = field(default_factory=list)


def guess_profile(first_bytes: bytes, profile_id: str) -> tuple[str, list[str]]:
    """The proposed profile as YAML, and what could not be determined."""
    guess = Guess()
    rows = _rows(_text(first_bytes, guess), guess)
    if not rows:
        guess.doubts.append("the file: no row could be read")
        return _yaml(guess, profile_id), guess.doubts
    guess.header = not any(_is_data(cell) for cell in rows[0])
    names = (
        [normalised(cell) for cell in rows[0]] if guess.header else [str(n + 1) for n in range(len(rows[0]))]
    )
    body = rows[1:] if guess.header else rows
    cells = {
        name: [cell for row in body if (cell := normalised(row[place]))]
        for place, name in enumerate(names)
        if names.count(name) == 1 and name
    }
    if not body:
        guess.doubts.append(
            "the forms of numbers and dates: these are the defaults, since no row follows the header"
        )
    guess.kind = "people" if any(_all(email, column) for column in cells.values()) else "attainment"
    _map_columns(guess, cells)
    _find_forms(guess, cells)
    _look_for_parts(guess, names, body)
    if len(cells.get(guess.columns.get("leave_days", ""), body)) < len(body):
        guess.doubts.append("leave_days: whether an empty cell means no leave; if so, add `blank`")
    return _yaml(guess, profile_id), guess.doubts


def _look_for_parts(guess: Guess, names: list[str], body: list[list[str]]) -> None:
    """Ask about rows of one rep and period that differ."""
    if guess.kind != "attainment" or not {"rep_id", "period"} <= guess.columns.keys():
        return
    columns = {ours: names.index(theirs) for ours, theirs in guess.columns.items()}
    tellings: dict[tuple[str, str], set[tuple[str, ...]]] = {}
    for row in body:
        says = {ours: normalised(row[place]) for ours, place in columns.items()}
        tellings.setdefault((says["rep_id"], says["period"]), set()).add(tuple(says.values()))
    several = sum(len(rows) > 1 for rows in tellings.values())
    if several:
        guess.doubts.append(
            f"same_key: rows that differ for one rep and period would be rejected ({several} times here); "
            "if they are parts of one figure, add `same_key: sum`"
        )


def _text(data: bytes, guess: Guess) -> str:
    if data.startswith(b"\x1f\x8b"):
        guess.compression = "gzip"
        try:
            data = zlib.decompressobj(31).decompress(data, FIRST_BYTES)
        except zlib.error:
            guess.doubts.append("the compression: the file begins like gzip and cannot be unpacked")
            return ""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in data[:200]:
        guess.encoding = "utf-16"
    elif "\0" in (text := TextDecoder("utf-8").decode(data)):
        guess.doubts.append(f"the encoding: {_encoding_beside_utf8(text, data, guess)}")
    return TextDecoder(guess.encoding).decode(data)


def _encoding_beside_utf8(text: str, data: bytes, guess: Guess) -> str:
    """Choose the encoding of a file that is not all utf-8, and say why."""
    lines = text.split("\n")
    spoiled = sum("\0" in line for line in lines)
    sound = sum("\0" not in line and not line.isascii() for line in lines)
    if sound > spoiled:  # letters of one byte hardly ever look like utf-8
        first = f"{spoiled} of the first {len(lines)} lines are not utf-8 and would be rejected"
        return f"{first}; {sound} can only be utf-8"
    guess.encoding = "iso-8859-1" if "\0" in TextDecoder("cp1252").decode(data) else "cp1252"
    return f"it is not utf-8; {guess.encoding} fits, as do others"


def _rows(text: str, guess: Guess) -> list[list[str]]:
    """The first rows by the delimiter that splits most of them into the same number of fields."""
    best: tuple[float, int] = (0.0, 0)
    rows: list[list[str]] = []
    for delimiter in ",;\t|":
        split = _split(text, delimiter)
        if not split:
            continue
        (width, count) = Counter(map(len, split)).most_common(1)[0]
        if width > 1 and (count / len(split), width) > best:
            best = (count / len(split), width)
            guess.delimiter = delimiter
            rows = [row for row in split if len(row) == width]
    if not rows:
        guess.doubts.append("the delimiter: neither comma, semicolon, tab nor pipe gives rows of one length")
    return rows


def _split(text: str, delimiter: str) -> list[list[str]]:
    splitter = RowSplitter(delimiter, '"')
    rows: list[list[str]] = []
    at = 0
    while at < len(text) and len(rows) < _FIRST_ROWS:
        row = splitter.row_at(text, at, final=False) or splitter.row_at(text, at, final=True)
        if row is None:
            break
        at = row.next
        if row.fields is not None:
            rows.append(row.fields)
    # The last row may have been cut in the middle.
    return rows[:-1] if at >= len(text) and not text.endswith("\n") and len(rows) > 2 else rows


def _is_data(cell: str) -> bool:
    """Whether a cell looks like a value and not like a column's name."""
    text = normalised(cell)
    return bool(re.fullmatch(r"[-+]?[0-9][0-9 .,'/_-]*|[0-9]{4}[-_]Q[1-4]", text)) or text in currencies()


def _passes(check: CellCheck, cell: str) -> bool:
    try:
        check(cell)
    except BadCell:
        return False
    return True


def _all(check: CellCheck, column: Sequence[str]) -> bool:
    """Whether at least nine in ten cells of a column pass, since exports may have faulty rows."""
    return bool(column) and sum(_passes(check, cell) for cell in column) >= 0.9 * len(column)


def _map_columns(guess: Guess, cells: dict[str, list[str]]) -> None:
    for ours in COLUMNS[guess.kind]:
        named = [name for name in cells if re.fullmatch(_NAMES[ours], name, re.IGNORECASE)]
        found = (
            named if guess.header else [name for name, column in cells.items() if _looks_like(ours, column)]
        )
        free = [name for name in found if name not in guess.columns.values()]
        if free:
            guess.columns[ours] = free[0]
            if len(free) > 1:
                guess.doubts.append(
                    f"{ours}: taken from {free[0]!r}; it could be {' or '.join(map(repr, free[1:]))}"
                )
        elif ours not in MAY_BE_UNMAPPED:
            left = [name for name in cells if name not in guess.columns.values()]
            guess.doubts.append(
                f"{ours}: no column was recognised; one of {', '.join(map(repr, left)) or 'none'}"
            )


def _looks_like(ours: str, column: Sequence[str]) -> bool:
    if ours == "period":
        return any(_all(period_check(form), column) for form in _PERIODS)
    if ours == "hire_date":
        return any(_all(date_check(form), column) for form in _DATES)
    if ours in ("quota", "credited"):
        with_fraction = [cell for cell in column if re.search(r"[.,][0-9]{1,2}$", cell)]
        return len(with_fraction) >= 0.9 * len(column) > 0
    checks: dict[str, CellCheck] = {"email": email, "active": boolean}
    if ours in checks:
        return _all(checks[ours], column)
    if ours in ("currency", "timezone"):
        known = currencies() if ours == "currency" else timezones()
        return bool(column) and sum(cell in known for cell in column) >= 0.9 * len(column)
    if ours in ("rep_id", "person_id"):
        return len(set(column)) > 0.8 * len(column) and any(re.search("[0-9]", cell) for cell in column)
    return False


def _find_forms(guess: Guess, cells: dict[str, list[str]]) -> None:
    def of(*ours: str) -> list[str]:
        return [cell for column in ours for cell in cells.get(guess.columns.get(column, ""), [])]

    amounts = of("quota", "credited")
    forms = [
        form for form in _NUMBERS if _all(amount_check(NumberForm(*form), may_be_negative=True), amounts)
    ]
    telling = [form for form in forms if _tells(form, amounts)]
    if forms:
        guess.decimal, guess.thousands = (telling or forms)[0]
        if len(telling) > 1 and {d for d, _ in telling} != {guess.decimal}:
            guess.doubts.append(f"the decimal separator: {guess.decimal!r} fits every amount, as do others")
    elif amounts:
        guess.doubts.append("the form of numbers: no known separators fit every amount")
    dates = of("hire_date", "delegate_from", "delegate_until")
    guess.date = _form_of("the form of dates", dates, [(f, date_check(f)) for f in _DATES], guess.date, guess)
    periods = [(form, period_check(form)) for form in _PERIODS]
    guess.period = _form_of("the form of periods", of("period"), periods, guess.period, guess)


def _tells(form: tuple[str, str | None], amounts: Sequence[str]) -> bool:
    """Whether the amounts use every separator of the form."""
    return all(mark is None or any(mark in cell for cell in amounts) for mark in form)


def _form_of(
    what: str, column: Sequence[str], forms: Sequence[tuple[str, CellCheck]], default: str, guess: Guess
) -> str:
    fitting = [form for form, check in forms if _all(check, column)]
    if column and not fitting:
        guess.doubts.append(f"{what}: {column[0]!r} has no known form")
    elif len(fitting) > 1:
        guess.doubts.append(f"{what}: {fitting[0]!r} fits every cell, and so does {fitting[1]!r}")
    return fitting[0] if fitting else default


def _yaml(guess: Guess, profile_id: str) -> str:
    quoted = {"\t": "\\t"}.get(guess.delimiter, guess.delimiter)
    lines = [
        *(f"# Please check: {doubt}" for doubt in guess.doubts),
        f"profile: {profile_id}",
        f"kind: {guess.kind}",
        "format:",
        f'  delimiter: "{quoted}"',
        f"  encoding: {guess.encoding}",
        f"  header: {str(guess.header).lower()}",
        f'  decimal: "{guess.decimal}"',
        f"  thousands: {'null' if guess.thousands is None else chr(34) + guess.thousands + chr(34)}",
        f'  date: "{guess.date}"',
        *([f'  period: "{guess.period}"'] if guess.kind == "attainment" else []),
        f"  compression: {guess.compression}",
        "columns:",
        *(f"  {ours}: {_scalar(theirs)}" for ours, theirs in guess.columns.items()),
        "extra_columns: allow",
        'max_rejected_fraction: "0.05"',
    ]
    return "\n".join(lines) + "\n"


def _scalar(text: str) -> str:
    return text if re.fullmatch(r"[A-Za-z][A-Za-z0-9_ ]*", text) else json.dumps(text, ensure_ascii=False)
