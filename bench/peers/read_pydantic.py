"""The same export by the csv module and a pydantic model a row.

python bench/peers/read_pydantic.py EXPORT OUT
"""

import csv
import hashlib
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError
from read_rules import CONTROL, CURRENCIES, DAYS, NUMBER, PERIOD, PLACES, WIDTH, code_of, write_rejected

Amount = Annotated[str, StringConstraints(pattern=NUMBER)]


class Row(BaseModel):
    model_config = ConfigDict(str_strip_whitespace=True)

    line: int
    rep_id: Annotated[str, StringConstraints(min_length=1, max_length=128, pattern=f"^[^{CONTROL[1:-1]}]*$")]
    period: Annotated[str, StringConstraints(pattern=PERIOD)]
    quota: Literal[""] | Annotated[str, StringConstraints(pattern=NUMBER.replace("-?", ""))]
    credited: Amount
    currency: Literal[CURRENCIES]  # type: ignore[valid-type]  # a tuple of names is a Literal's argument
    leave_days: Literal[""] | Annotated[int, Field(ge=0)]


ROW = TypeAdapter(Row)


def main(export: Path, out: Path) -> None:
    hashlib.sha256(export.read_bytes()).hexdigest()
    rejected: list[tuple[int, str]] = []
    seen: set[tuple[str, str]] = set()
    with (
        export.open(encoding="utf-8", errors="replace", newline="") as file,
        (out / "accepted.jsonl").open("w") as to,
    ):
        for number, text in _lines(file.read()):
            try:
                row = _row(number, text)
            except (ValidationError, ValueError):
                rejected.append((number, str(code_of(text))))
                continue
            key = (row.rep_id, row.period)
            if key in seen:
                rejected.append((number, "duplicate"))
                continue
            seen.add(key)
            row.quota, row.credited = _plain(row.quota), _plain(row.credited)
            to.write(row.model_dump_json() + "\n")
    write_rejected(out / "rejected.jsonl", rejected)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    return enumerate(text.split("\n")[1:-1], 2)


def _row(number: int, text: str) -> Row:
    [cells] = csv.reader([text])
    if len(cells) != WIDTH or '"' in text or "\ufffd" in text:
        raise ValueError(text)
    picked = [cells[place] for place in PLACES]
    row = ROW.validate_python(dict(zip(Row.model_fields, [number, *picked], strict=True)))
    if row.leave_days != "" and row.leave_days > DAYS[int(row.period[5:]) - 1]:
        raise ValueError(text)
    return row


def _plain(number: str) -> str:
    return format(Decimal(number).normalize(), "f") if number else number


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
