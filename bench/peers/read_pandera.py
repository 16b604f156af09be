"""The same export by pandas, its columns checked by pandera, lazily.

python bench/peers/read_pandera.py EXPORT OUT
"""

import hashlib
import sys
from pathlib import Path

import pandas as pd
import pandera.pandas as pa
from read_rules import COLUMNS, CONTROL, CURRENCIES, NUMBER, PERIOD, PLACES, WIDTH, code_of, write_rejected

SCHEMA = pa.DataFrameSchema(
    {
        "rep_id": pa.Column(
            str, [pa.Check.str_length(1, 128), pa.Check(lambda ids: ~ids.str.contains(CONTROL))]
        ),
        "period": pa.Column(str, pa.Check.str_matches(PERIOD)),
        "quota": pa.Column(
            str, pa.Check(lambda cells: (cells == "") | cells.str.match(NUMBER.replace("-?", "")))
        ),
        "credited": pa.Column(str, pa.Check.str_matches(NUMBER)),
        "currency": pa.Column(str, pa.Check.isin(CURRENCIES)),
        "leave_days": pa.Column(str, pa.Check(lambda cells: (cells == "") | cells.str.fullmatch("[0-9]+"))),
    }
)


def main(export: Path, out: Path) -> None:
    content = export.read_bytes()
    hashlib.sha256(content).hexdigest()
    lines = content.decode("utf-8", "replace").split("\n")[1:]
    if not lines[-1]:
        lines.pop()
    rejected = [
        (number, str(code_of(line)))
        for number, line in enumerate(lines, 2)
        if line.count(",") != WIDTH - 1 or '"' in line or "\ufffd" in line
    ]
    whole = {line for line, _ in rejected}
    rows = [(number, *line.split(",")) for number, line in enumerate(lines, 2) if number not in whole]
    frame = pd.DataFrame(rows, dtype="str")
    frame = frame.rename(
        columns={0: "line", **{place + 1: ours for ours, place in zip(COLUMNS, PLACES, strict=True)}}
    )
    frame = frame[["line", *COLUMNS]].set_index(frame["line"].astype(int))
    for ours in COLUMNS:
        frame[ours] = frame[ours].str.strip(" \t")
    bad: set[int] = set()
    try:
        SCHEMA.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as faults:
        bad = set(faults.failure_cases["index"].astype(int))
    days = pd.to_datetime(frame["period"], format="%Y-%m", errors="coerce").dt.days_in_month
    bad |= set(frame.index[pd.to_numeric(frame["leave_days"], errors="coerce") > days])
    rejected += [(line, str(code_of(lines[line - 2]))) for line in bad]
    good = frame[~frame.index.isin(bad)]
    repeated = good.duplicated(["rep_id", "period"])
    rejected += [(line, "duplicate") for line in good.index[repeated]]
    good = good[~repeated].copy()
    for ours in ("quota", "credited"):
        fraction = good[ours].str.contains(".", regex=False)
        good[ours] = good[ours].where(~fraction, good[ours].str.rstrip("0").str.rstrip("."))
    good["line"] = good.index
    good.to_json(out / "accepted.jsonl", orient="records", lines=True)
    write_rejected(out / "rejected.jsonl", rejected)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
