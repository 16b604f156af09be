"""The same evaluation as one DuckDB pipeline: what an engine of columns makes of it, on one thread.

Written for exactly the policy of ``config/policies/field-sales.yaml`` (its figures stand in the SQL), for
credits that are not negative and ids that need no escape; the output is compared with ours to the byte.

    python bench/peers/evaluate_duckdb.py PEOPLE OUT FACTS...
"""

import hashlib
import sys
from pathlib import Path

import duckdb

PERIOD = """
create temp table w as select * from (values
    (0, '2026-07', 31, date '2026-07-01'),
    (1, '2026-08', 31, date '2026-08-01'),
    (2, '2026-09', 30, date '2026-09-01')
) as t(pos, period, days, first_day)
"""
READ = """
create temp table f as
select rep_id, period,
    max_by(struct_pack(quota, credited, currency, leave_days), (file, line)) as fact
from (
    select rep_id, period, quota, credited, currency, leave_days, line,
        list_position($files, filename) as file
    from read_json($files, format = 'newline_delimited', filename = true, columns = {
        line: 'BIGINT', rep_id: 'VARCHAR', period: 'VARCHAR', quota: 'VARCHAR', credited: 'VARCHAR',
        currency: 'VARCHAR', leave_days: 'VARCHAR'})
    where period in ('2026-07', '2026-08', '2026-09')
)
group by rep_id, period
"""
PEOPLE = """
create temp table p as
select person_id as rep_id, role, region, hire_date::date as hired,
    role in ('AE', 'SDR', 'AM') and coalesce(active, 'true') <> 'false' as in_scope
from read_json($people, format = 'newline_delimited', columns = {
    person_id: 'VARCHAR', role: 'VARCHAR', region: 'VARCHAR', hire_date: 'VARCHAR', active: 'VARCHAR'})
"""
PERIODS = """
create temp table i as
with cells as (
    select p.rep_id, p.in_scope, p.role, p.region, p.hired, w.*, fact,
        (fact.quota::decimal(24, 6) * 1000000)::hugeint as q,
        (fact.credited::decimal(24, 6) * 1000000)::hugeint as c,
        days - fact.leave_days::int as worked,
        case date_diff('month', date_trunc('month', hired), first_day)
            when 1 then 25 when 2 then 50 when 3 then 75 else 100 end as share
    from p cross join w left join f on f.rep_id = p.rep_id and f.period = w.period
), judged as (
    select *, case
        when fact is null then 'missing' when q is null then 'quota_unknown' when q = 0 then 'quota_zero'
        when worked is null then 'leave_unknown' when hired > first_day - 90 then 'tenure'
        when worked * 2 < days then 'leave' else 'assessable' end as status,
        c * days * 100 as top, q * worked * share as bottom, days * 100 as part
    from cells
), counted as (
    select *, if(status = 'assessable', top * 10000 // bottom, null) as steps,
        if(status = 'assessable', bottom // part, null) as whole
    from judged
), printed as (
    select *,
        steps + (top * 20000 % (2 * bottom) > bottom
            or (top * 20000 % (2 * bottom) = bottom and steps % 2 = 1))::int as att,
        whole + (bottom % part * 2 > part or (bottom % part * 2 = part and whole % 2 = 1))::int as adj,
        (worked * 20000 + days) // (2 * days) as frac
    from counted
)
select rep_id, in_scope, role, region, pos, period, status, steps, top, bottom, c, days,
    fact.currency as currency,
    '{"period":"' || period || '","quota":' || coalesce('"' || fact.quota || '"', 'null')
    || ',"credited":' || coalesce('"' || fact.credited || '"', 'null')
    || ',"leave_days":' || coalesce(fact.leave_days, 'null')
    || ',"eligible_fraction":'
    || coalesce('"' || frac // 10000 || '.' || lpad((frac % 10000)::varchar, 4, '0') || '"', 'null')
    || ',"ramp_share":' || if(status = 'assessable',
        case share when 25 then '"0.25"' when 50 then '"0.5"' when 75 then '"0.75"' else '"1"' end, 'null')
    || ',"adjusted_quota":' || coalesce('"' || if(adj % 1000000 = 0, (adj // 1000000)::varchar,
        rtrim(adj // 1000000 || '.' || lpad((adj % 1000000)::varchar, 6, '0'), '0')) || '"', 'null')
    || ',"attainment":'
    || coalesce('"' || att // 10000 || '.' || lpad((att % 10000)::varchar, 4, '0') || '"', 'null')
    || ',"status":"' || status || '"}' as text
from printed
"""
REPS = """
create temp table r as
with sums as (
    select rep_id, any_value(in_scope) as in_scope, any_value(role) as role, any_value(region) as region,
        max_by(status, pos) as status, max_by(steps, pos) as now,
        string_agg(text, ',' order by pos) as inputs,
        count(*) filter (steps < 7000) as low,
        string_agg('"' || period || '"', ',' order by pos) filter (steps < 7000) as lows,
        count(*) filter (status = 'assessable') as good, count(distinct currency) as currencies,
        sum(c) * 93000 as credited, sum(bottom * (930 // days)) as adjusted
    from i group by rep_id
)
select *,
    if(now < 7000 and low >= 2,
        '{"rule":"two-of-three","observed":"' || low || '","threshold":"2","periods":[' || lows || ']}',
        null) as below,
    case when good = 3 and currencies = 1 and credited * 10000 < 6000 * adjusted then
        (credited * 10000)::hugeint // adjusted::hugeint
        + ((credited * 20000)::hugeint % (2 * adjusted)::hugeint > adjusted
            or ((credited * 20000)::hugeint % (2 * adjusted)::hugeint = adjusted
                and (credited * 10000)::hugeint // adjusted::hugeint % 2 = 1))::int end as share
from sums
"""
DECIDE = """
copy (
    with told as (
        select *, concat_ws(',', below, '{"rule":"trailing-three","observed":"' || share // 10000 || '.'
            || lpad((share % 10000)::varchar, 4, '0')
            || '","threshold":"0.60","periods":["2026-07","2026-08","2026-09"]}') as findings
        from r
    ), broken as (
        select role, region from told where in_scope and status = 'assessable' group by role, region
        having count(*) >= 10 and count(*) filter (findings <> '') * 10 >= count(*) * 6
    ), decided as (
        select *, case when not in_scope then 'out_of_scope' when status <> 'assessable' then 'not_assessable'
            when findings = '' then 'clear'
            when (role, region) in (select (role, region) from broken) then 'structural'
            else 'open_case' end as outcome
        from told
    )
    select '{"rep_id":"' || rep_id || '","period":"2026-09","policy":"field-sales@1","outcome":"' || outcome
        || '","stage":' || if(outcome = 'open_case', '"coaching"', 'null')
        || ',"reason":' || if(outcome = 'not_assessable', '"' || status || '"', 'null')
        || ',"findings":[' || if(outcome in ('open_case', 'structural'), findings, '')
        || '],"inputs":[' || inputs || ']}'
    from decided order by rep_id
) to '{out}' (format csv, header false, quote '', escape '', delimiter '\x01')
"""


def main(people: str, out: str, *facts: str) -> None:
    base = duckdb.connect(config={"threads": 1})
    base.execute(PERIOD)
    base.execute(READ, {"files": list(facts)})
    base.execute(PEOPLE, {"people": people})
    base.execute(PERIODS)
    base.execute(REPS)
    base.execute(DECIDE.replace("{out}", out))
    with Path(out).open("rb") as file:
        print(hashlib.file_digest(file, "sha256").hexdigest())


if __name__ == "__main__":
    main(*sys.argv[1:])
