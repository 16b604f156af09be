"""The same export by DuckDB: lines as text, split and checked in SQL.

python bench/peers/read_duckdb.py EXPORT OUT
"""

import hashlib
import sys
from pathlib import Path

import duckdb
from read_rules import CONTROL, CURRENCIES, NUMBER, PERIOD, WIDTH, code_of, write_rejected

# The engine reads UTF-8 alone, so bytes that cannot be decoded are replaced before it sees them.
ROWS = """
create temp table rows as
select line, text, len(f) = $width and not contains(text, '"') and not contains(text, '\ufffd') as whole,
    trim(f[1], ' \t') as rep_id, trim(f[3], ' \t') as period, trim(f[5], ' \t') as quota,
    trim(f[6], ' \t') as credited, trim(f[7], ' \t') as currency, trim(f[10], ' \t') as leave_days
from (
    select row_number() over () + 1 as line, column0 as text, string_split(column0, ',') as f
    from read_csv($export, header = false, skip = 1, delim = '\x01', quote = '', escape = '',
        columns = {'column0': 'VARCHAR'}, auto_detect = false, strict_mode = false)
)
"""
GOOD = """
create temp table judged as
select *, coalesce(whole and length(rep_id) between 1 and 128 and not regexp_matches(rep_id, $control)
    and regexp_matches(period, $period) and (quota = '' or regexp_matches(quota, $number))
    and not starts_with(quota, '-') and regexp_matches(credited, $number)
    and list_contains($currencies, currency)
    and (leave_days = '' or try_cast(leave_days as integer) between 0
        and day(last_day(try_strptime(period, '%Y-%m')))), false) as good
from rows
"""
FIRST = """
create temp table passed as
select *, row_number() over (partition by rep_id, period order by line) = 1 as first from judged where good
"""
ACCEPTED = """
copy (
    select line, rep_id, period,
        case when contains(quota, '.') then regexp_replace(quota, '\\.?0+$', '') else quota end as quota,
        case when contains(credited, '.') then regexp_replace(credited, '\\.?0+$', '') else credited end
            as credited, currency, leave_days
    from passed where first order by line
) to '{out}' (format json)
"""


def main(export: Path, out: Path) -> None:
    content = export.read_bytes()
    hashlib.sha256(content).hexdigest()
    decodable = out / "decodable.csv"
    decodable.write_bytes(content.decode("utf-8", "replace").encode())
    engine = duckdb.connect(config={"threads": 1, "preserve_insertion_order": True})
    engine.execute(ROWS, {"export": str(decodable), "width": WIDTH})
    rules = {"control": CONTROL, "period": PERIOD, "number": NUMBER, "currencies": list(CURRENCIES)}
    engine.execute(GOOD, rules)
    engine.execute(FIRST)
    engine.execute(ACCEPTED.format(out=out / "accepted.jsonl"))
    repeated = engine.execute("select line from passed where not first").fetchall()
    suspects = engine.execute("select line, text from judged where not good").fetchall()
    rejected = [(line, "duplicate") for (line,) in repeated]
    rejected += [(line, str(code_of(text))) for line, text in suspects]
    write_rejected(out / "rejected.jsonl", rejected)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
