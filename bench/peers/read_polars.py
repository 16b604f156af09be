"""The same export by polars: lines as one column, split and checked by expressions.

python bench/peers/read_polars.py EXPORT OUT
"""

import hashlib
import sys
from pathlib import Path

import polars as pl
from read_rules import COLUMNS, CONTROL, CURRENCIES, NUMBER, PERIOD, PLACES, WIDTH, code_of, write_rejected


def main(export: Path, out: Path) -> None:
    hashlib.sha256(export.read_bytes()).hexdigest()
    lines = pl.read_csv(
        export,
        has_header=False,
        skip_rows=1,
        separator="\x01",
        quote_char=None,
        infer_schema=False,
        encoding="utf8-lossy",
        new_columns=["text"],
    ).with_row_index("line", 2)
    text = pl.col("text")
    whole = (
        (text.str.count_matches(",", literal=True) == WIDTH - 1)
        & ~text.str.contains('"', literal=True)
        & ~text.str.contains("\ufffd", literal=True)
    )
    names = [f"f{place}" for place in range(WIDTH)]
    fields = text.str.split_exact(",", WIDTH - 1).struct.rename_fields(names)
    rows = lines.with_columns(whole.alias("whole"), fields.alias("fields")).unnest("fields")
    rows = rows.select(
        "line",
        "whole",
        *(
            pl.col(f"f{place}").str.strip_chars(" \t").alias(ours)
            for ours, place in zip(COLUMNS, PLACES, strict=True)
        ),
    )
    days = pl.col("period").str.to_date("%Y-%m", strict=False).dt.days_in_month()
    good = (
        pl.col("whole")
        & pl.col("rep_id").str.len_chars().is_between(1, 128)
        & ~pl.col("rep_id").str.contains(CONTROL)
        & pl.col("period").str.contains(PERIOD)
        & ((pl.col("quota") == "") | pl.col("quota").str.contains(NUMBER))
        & ~pl.col("quota").str.starts_with("-")
        & pl.col("credited").str.contains(NUMBER)
        & pl.col("currency").is_in(CURRENCIES)
        & (
            (pl.col("leave_days") == "")
            | pl.col("leave_days").cast(pl.Int64, strict=False).is_between(0, days)
        )
    )
    rows = rows.with_columns(good.fill_null(False).alias("good"))
    passed = rows.filter("good")
    first = passed.select(pl.struct("rep_id", "period").is_first_distinct()).to_series()
    amounts = pl.col("quota", "credited")
    plain = pl.when(amounts.str.contains(".", literal=True)).then(amounts.str.replace(r"\.?0+$", ""))
    passed.filter(first).select(
        "line", "rep_id", "period", plain.otherwise(amounts), "currency", "leave_days"
    ).write_ndjson(out / "accepted.jsonl")
    rejected = [(line, "duplicate") for line in passed.filter(~first)["line"]]
    suspects = lines.join(rows.filter(~pl.col("good")).select("line"), on="line")
    rejected += [(line, str(code_of(row))) for line, row in suspects.iter_rows()]
    write_rejected(out / "rejected.jsonl", rejected)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
