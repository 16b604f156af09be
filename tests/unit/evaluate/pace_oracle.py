"""Pace a second time, written plainly from its definition: rows in, bytes out, one person after the other.

It shares no code with the product. The policy is its document, dates are text until they are counted, and
every number is a fraction.
"""

import json
import math
from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction
from functools import cache
from typing import Any

import holidays

Row = dict[str, Any]
Snapshots = Sequence[tuple[str, Sequence[Row]]]
"""Day and rows of each, in the order of the command line."""


def pace(
    policy: Row, people: Sequence[Row], facts: Sequence[Row], snapshots: Snapshots, period: str, as_of: str
) -> bytes:
    """The file that ``plumbline pace`` has to write."""
    lines = []
    for person in sorted(people, key=lambda row: row["person_id"]):
        line = _line(policy, people, facts, snapshots, period, as_of, person)
        lines.append(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
    return "".join(lines).encode()


def _line(
    policy: Row,
    people: Sequence[Row],
    facts: Sequence[Row],
    snapshots: Snapshots,
    period: str,
    as_of: str,
    person: Row,
) -> Row:
    terms, now = policy["pace"], _elapsed(policy, as_of)
    line: Row = {
        "rep_id": person["person_id"],
        "period": period,
        "as_of": as_of,
        "policy": f"{policy['policy']}@{policy['version']}",
        "outcome": "out_of_scope",
        "reason": None,
        "elapsed": _four(now),
        "attainment": None,
        "lower": None,
        "median": None,
        "upper": None,
        "history": 0,
        "group": None,
    }
    if not _in_scope(policy, person):
        return line
    line["outcome"] = "not_assessable"
    known = [
        (day, row)
        for day, rows in snapshots
        if _period_of(policy, day) == period and day <= as_of
        for row in rows
        if row["rep_id"] == person["person_id"] and row["period"] == period
    ]
    day, fact = max(known, key=lambda each: each[0], default=("", None))
    if known:
        fact = [row for known_on, row in known if known_on == day][-1]
    status, adjusted = _status(policy, person, fact, period)
    if fact is None or status != "assessable":
        return line | {"reason": status}
    if now - _elapsed(policy, day) > Fraction(1, 10):
        return line | {"reason": "stale"}
    attainment = Fraction(fact["credited"]) / adjusted
    line["attainment"] = _four(attainment)
    if now < Fraction(terms["from"]):
        return line | {"outcome": "too_early"}
    group = {column: person.get(column) for column in terms["group_by"]}
    gains = _gains(policy, people, facts, snapshots, period, now, group)
    if len(gains) < terms["min_history"]:
        group = {}
        gains = _gains(policy, people, facts, snapshots, period, now, group)
    line |= {"outcome": "no_history", "history": len(gains), "group": group}
    n, a = len(gains), 1 - Fraction(terms["coverage"])
    low, high = math.floor((n + 1) * a / 2), math.ceil((n + 1) * (1 - a / 2))
    if n < terms["min_history"] or low < 1 or high > n:
        return line
    gains.sort()
    lower, upper = attainment + gains[low - 1], attainment + gains[high - 1]
    median = attainment + gains[math.ceil(Fraction(n, 2)) - 1]
    below = Fraction(terms["below"])
    outcome = "behind" if upper < below else "at_risk" if median < below else "on_pace"
    return line | {
        "outcome": outcome,
        "lower": _four(lower),
        "median": _four(median),
        "upper": _four(upper),
    }


def _gains(
    policy: Row,
    people: Sequence[Row],
    facts: Sequence[Row],
    snapshots: Snapshots,
    period: str,
    now: Fraction,
    group: Row,
) -> list[Fraction]:
    gains = []
    for back in range(1, policy["pace"]["history"] + 1):
        past = _earlier(period, back)
        for person in people:
            if any(person.get(column) != value for column, value in group.items()):
                continue
            final = None
            for row in facts:
                if row["rep_id"] == person["person_id"] and row["period"] == past:
                    final = row
            status, adjusted = _status(policy, person, final, past)
            if not _in_scope(policy, person) or final is None or status != "assessable":
                continue
            then = _nearest(policy, snapshots, past, now, person["person_id"])
            if then is not None and then["currency"] == final["currency"]:
                gains.append((Fraction(final["credited"]) - Fraction(then["credited"])) / adjusted)
    return gains


def _nearest(policy: Row, snapshots: Snapshots, past: str, now: Fraction, rep: str) -> Row | None:
    best: tuple[Any, ...] | None = None
    found = None
    for day, rows in snapshots:
        if _period_of(policy, day) != past:
            continue
        share = _elapsed(policy, day)
        for row in rows:
            if row["rep_id"] != rep or row["period"] != past:
                continue
            rank = (abs(share - now), share, -date.fromisoformat(day).toordinal())
            if best is None or rank <= best:  # a later row of the same day supersedes
                best, found = rank, row
    return found if best is not None and best[0] <= Fraction(1, 20) else None


def _status(policy: Row, person: Row, fact: Row | None, period: str) -> tuple[str, Fraction]:
    nothing, terms = Fraction(0), policy["eligibility"]
    if fact is None:
        return "missing", nothing
    if fact["quota"] is None:
        return "quota_unknown", nothing
    if Fraction(fact["quota"]) == 0:
        return "quota_zero", nothing
    if fact["leave_days"] is None:
        return "leave_unknown", nothing
    days, hired = _days(period), date.fromisoformat(person["hire_date"])
    if hired > days[0] - timedelta(days=terms["min_tenure_days"]):
        return "tenure", nothing
    eligible = Fraction(len(days) - int(fact["leave_days"]), len(days))
    if eligible < Fraction(terms["min_eligible_fraction"]):
        return "leave", nothing
    k, hired_in = 0, _period_of(policy, person["hire_date"])
    while k <= len(terms["ramp"]) and _earlier(period, k) != hired_in:
        k += 1
    share = Fraction(terms["ramp"][k - 1]) if 1 <= k <= len(terms["ramp"]) else Fraction(1)
    adjusted = Fraction(fact["quota"]) * eligible * share
    return ("assessable", adjusted) if adjusted else ("quota_zero", nothing)


def _in_scope(policy: Row, person: Row) -> bool:
    roles, regions = policy["applies_to"]["roles"], policy["applies_to"]["regions"]
    return (
        (roles == ["*"] or person["role"] in roles)
        and (regions == ["*"] or person["region"] in regions)
        and person.get("active") != "false"
    )


def _elapsed(policy: Row, day: str) -> Fraction:
    calendar = policy["calendar"]
    return _share(_period_of(policy, day), day, calendar["country"], calendar.get("subdivision"))


@cache  # looking up holidays takes most of the time
def _share(period: str, day: str, country: str | None, subdivision: str | None) -> Fraction:
    days = [each for each in _days(period) if _is_business_day(each, country, subdivision)]
    return Fraction(sum(each <= date.fromisoformat(day) for each in days), len(days))


def _is_business_day(day: date, country: str | None, subdivision: str | None) -> bool:
    if country is None:
        return day.isoweekday() <= 5
    # In the countries of these tests the weekend is Saturday and Sunday.
    return day.isoweekday() <= 5 and day not in holidays.country_holidays(country, subdiv=subdivision)


def _period_of(policy: Row, day: str) -> str:
    year, month, _ = day.split("-")
    return f"{year}-{month}" if policy["period"] == "month" else f"{year}-Q{(int(month) + 2) // 3}"


def _earlier(period: str, back: int) -> str:
    year, _, rest = period.partition("-")
    if rest.startswith("Q"):
        number = int(year) * 4 + int(rest[1:]) - 1 - back
        return f"{number // 4:04d}-Q{number % 4 + 1}"
    number = int(year) * 12 + int(rest) - 1 - back
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


def _days(period: str) -> list[date]:
    year, _, rest = period.partition("-")
    is_quarter = rest.startswith("Q")
    month = int(rest[1:]) * 3 - 2 if is_quarter else int(rest)
    day, days = date(int(year), month, 1), []
    for _ in range(3 if is_quarter else 1):
        month = day.month
        while day.month == month:
            days.append(day)
            day += timedelta(days=1)
    return days


def _four(ratio: Fraction) -> str:
    """Four places, half to the even neighbour, and no sign before a zero."""
    scaled = ratio * 10_000
    whole = math.floor(scaled)
    rest = scaled - whole
    if rest > Fraction(1, 2) or (rest == Fraction(1, 2) and whole % 2 == 1):
        whole += 1
    digits = f"{abs(whole):05d}"
    return ("-" if whole < 0 else "") + f"{digits[:-4]}.{digits[-4:]}"
