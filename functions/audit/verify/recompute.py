"""Recomputes a decision from the rep's own rows, the policy and the totals over everybody.

It follows the steps D1 to D5 of docs/reference/ledger-format.md and shares no code with the evaluation.
"""

import calendar
import re
from bisect import bisect_left
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, Final

_NUMBER: Final = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,12})?", re.ASCII)
_DAYS: Final = re.compile(r"[0-9]{1,2}", re.ASCII)
_MONTH: Final = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])", re.ASCII)
_QUARTER: Final = re.compile(r"([0-9]{4})-Q([1-4])", re.ASCII)
_LONGEST: Final = 120
_RANKED: Final = 10**90
_PRINTED: Final = (
    *("period", "quota", "credited", "leave_days", "eligible_fraction"),
    *("ramp_share", "adjusted_quota", "attainment", "status"),
)
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Basis:
    """Everything that a decision follows from. ``facts`` are by period; a period without a row is absent."""

    policy: Row
    person: Row
    facts: dict[str, Row]
    population: Row


@dataclass(frozen=True, slots=True)
class Span:
    """A month or a quarter: its number among the spans of its length, and its length in months."""

    number: int
    months: int

    @classmethod
    def named(cls, text: str) -> "Span":
        if found := _MONTH.fullmatch(text):
            return cls(int(found[1]) * 12 + int(found[2]) - 1, 1)
        if found := _QUARTER.fullmatch(text):
            return cls(int(found[1]) * 4 + int(found[2]) - 1, 3)
        raise ValueError(f"{text!r} is not a period")

    @classmethod
    def around(cls, day: date, months: int) -> "Span":
        return cls((day.year * 12 + day.month - 1) // months, months)

    @property
    def name(self) -> str:
        a_year = 12 // self.months
        year, place = divmod(self.number, a_year)
        return f"{year:04d}-{place + 1:02d}" if self.months == 1 else f"{year:04d}-Q{place + 1}"

    @property
    def first_day(self) -> date:
        year, month = divmod(self.number * self.months, 12)
        return date(year, month + 1, 1)

    @property
    def last_day(self) -> date:
        return self.first_day + timedelta(days=self.days - 1)

    @property
    def days(self) -> int:
        year, month = divmod(self.number * self.months, 12)
        return sum(calendar.monthrange(year, month + 1 + step)[1] for step in range(self.months))


@dataclass(frozen=True, slots=True)
class _Figures:
    """One period: what the decision prints of it, and the exact numbers behind the print."""

    printed: Row
    currency: Any
    credited: Fraction | None = None
    adjusted: Fraction | None = None
    attainment: Fraction | None = None


def recompute(basis: Basis, period: str) -> Row:
    """The decision about the rep that the evaluation of the period must have made.

    Raises ValueError, or Python's own error for a missing or malformed member, if nothing can be decided.
    """
    policy, person = basis.policy, basis.person
    window = [_figures(policy, person, basis.facts.get(span.name), span) for span in _window(policy, period)]
    now = window[-1]
    findings: list[Row] = []
    outcome, stage, reason = "clear", None, None
    if not _in_scope(policy, person):
        outcome = "out_of_scope"
    elif now.attainment is None:
        outcome, reason = "not_assessable", now.printed["status"]
    else:
        found = (_finding(rule, window, basis) for rule in policy["rules"])
        findings = [finding for finding in found if finding is not None]
        if findings and _is_structural(basis):
            outcome = "structural"
        elif findings:
            outcome, stage = "open_case", _stage(policy, findings)
    return {
        "rep_id": person["person_id"],
        "period": period,
        "policy": f"{policy['policy']}@{policy['version']}",
        "outcome": outcome,
        "stage": stage,
        "reason": reason,
        "findings": findings,
        "inputs": [each.printed for each in window],
    }


def depends_on_others(policy: Row) -> bool:
    """Whether a decision under the policy depends on other people's figures."""
    return policy.get("structural") is not None or any("peer_rank_below" in rule for rule in policy["rules"])


def _window(policy: Row, period: str) -> list[Span]:
    longest = max([1, *(int(rule["of_last"]) for rule in policy["rules"] if "of_last" in rule)])
    if longest > _LONGEST:
        raise ValueError(f"a window of {longest} periods")
    last = Span.named(period)
    return [Span(last.number - back, last.months) for back in reversed(range(longest))]


def _in_scope(policy: Row, person: Row) -> bool:
    terms = policy["applies_to"]
    wanted = ((terms["roles"], person["role"]), (terms["regions"], person["region"]))
    return all("*" in names or name in names for names, name in wanted) and person.get("active") != "false"


def _figures(policy: Row, person: Row, fact: Row | None, span: Span) -> _Figures:
    printed: Row = {**dict.fromkeys(_PRINTED), "period": span.name, "status": "missing"}
    if fact is None:
        return _Figures(printed, None)
    quota = None if fact["quota"] is None else number(fact["quota"])
    leave = None if fact["leave_days"] is None else _days(fact["leave_days"], span)
    eligible = None if leave is None else Fraction(span.days - leave, span.days)
    hired = date.fromisoformat(person["hire_date"])
    share = _ramp_share(policy, hired, span)
    adjusted = None if quota is None or eligible is None else quota * eligible * number(share)
    status = _status(policy["eligibility"], hired, span, quota, eligible, adjusted)
    printed |= {"quota": fact["quota"], "credited": fact["credited"], "leave_days": leave, "status": status}
    if eligible is not None:
        printed["eligible_fraction"] = _places(eligible, 4)
    credited = number(fact["credited"])
    if status != "assessable" or adjusted is None:
        return _Figures(printed, fact["currency"], credited)
    attainment = credited / adjusted
    printed |= {"ramp_share": share, "attainment": _places(attainment, 4)}
    printed["adjusted_quota"] = _places(adjusted, 6).rstrip("0").rstrip(".")
    return _Figures(printed, fact["currency"], credited, adjusted, attainment)


def _status(
    terms: Row,
    hired: date,
    span: Span,
    quota: Fraction | None,
    eligible: Fraction | None,
    adjusted: Fraction | None,
) -> str:
    if quota is None:
        return "quota_unknown"
    if quota == 0:
        return "quota_zero"
    if eligible is None:
        return "leave_unknown"
    if (span.first_day - hired) < timedelta(days=terms["min_tenure_days"]):
        return "tenure"
    if eligible < number(terms["min_eligible_fraction"]):
        return "leave"
    return "assessable" if adjusted else "quota_zero"


def _ramp_share(policy: Row, hired: date, span: Span) -> str:
    ramp = policy["eligibility"].get("ramp", [])
    after = span.number - Span.around(hired, span.months).number
    return str(ramp[after - 1]) if 1 <= after <= len(ramp) else "1"


def _finding(rule: Row, window: list[_Figures], basis: Basis) -> Row | None:
    if "below" in rule:
        return _below(rule, window[-rule["of_last"] :])
    if "trailing_below" in rule:
        return _trailing(rule, window[-rule["of_last"] :])
    return _peer_rank(rule, window[-1], basis)


def _below(rule: Row, window: list[_Figures]) -> Row | None:
    bar = number(rule["below"])
    low = [each for each in window if each.attainment is not None and each.attainment < bar]
    if len(low) < rule["count"] or window[-1] not in low:
        return None
    return _found(rule, str(len(low)), str(rule["count"]), low)


def _trailing(rule: Row, window: list[_Figures]) -> Row | None:
    if any(each.adjusted is None for each in window) or len({each.currency for each in window}) > 1:
        return None
    credited = sum((each.credited or Fraction() for each in window), Fraction())
    adjusted = sum((each.adjusted or Fraction() for each in window), Fraction())
    if credited / adjusted >= number(rule["trailing_below"]):
        return None
    return _found(rule, _places(credited / adjusted, 4), rule["trailing_below"], window)


def _peer_rank(rule: Row, now: _Figures, basis: Basis) -> Row | None:
    key = [basis.person.get(column) for column in rule["group_by"]]
    groups = next(each["groups"] for each in basis.population["peers"] if each["rule"] == rule["id"])
    group = next((each for each in groups if each["key"] == key), None)
    if group is None or now.attainment is None or group["size"] < rule["min_group"] or now.attainment >= 1:
        return None
    rank = now.attainment.numerator * _RANKED // now.attainment.denominator
    share = Fraction(bisect_left([int(low) for low in group["lowest"]], rank), group["size"])
    if share >= number(rule["peer_rank_below"]):
        return None
    return _found(rule, _places(share, 4), rule["peer_rank_below"], [now])


def _is_structural(basis: Basis) -> bool:
    terms = basis.policy.get("structural")
    return (
        terms is not None
        and [basis.person.get(column) for column in terms["group_by"]] in basis.population["structural"]
    )


def _stage(policy: Row, findings: list[Row]) -> Any:
    fired = {finding["rule"] for finding in findings}
    opened = {rule["opens"] for rule in policy["rules"] if rule["id"] in fired}
    return [stage["stage"] for stage in policy["ladder"] if stage["stage"] in opened][-1]


def _found(rule: Row, observed: str, threshold: str, periods: list[_Figures]) -> Row:
    named = [each.printed["period"] for each in periods]
    return {"rule": rule["id"], "observed": observed, "threshold": threshold, "periods": named}


def number(text: str) -> Fraction:
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{text!r} is not a plain decimal")
    return Fraction(text)


def _days(text: str, span: Span) -> int:
    if not _DAYS.fullmatch(text) or int(text) > span.days:
        raise ValueError(f"{text!r} is not a number of days in {span.name}")
    return int(text)


def _places(value: Fraction, places: int) -> str:
    """The exact value, rounded half to even and printed with this many places."""
    scaled = round(value * 10**places)
    digits = f"{abs(scaled):0{places + 1}d}"
    return f"{'-' if scaled < 0 else ''}{digits[:-places]}.{digits[-places:]}"
