"""Computes one person's figures of one period: status, adjusted quota and attainment, all exact."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any

from shared.domain.decision_json import Status
from shared.domain.errors import InvalidDirectory, InvalidFacts
from shared.domain.period import Period
from shared.domain.policy import Policy

Row = Mapping[str, Any]
"""A row as ``plumbline read`` wrote it: text or null. Other values are refused where a cell is used."""

_DECIMAL = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,6})?")
_DAYS = re.compile(r"[0-9]{1,2}")


@dataclass(frozen=True, slots=True)
class PeriodFigures:
    """One period of a person's window.

    ``ramp_share``, ``adjusted_quota`` and ``attainment`` are set only where the period is assessable, and
    ``eligible_fraction`` wherever leave is known.
    """

    period: str
    status: Status
    quota: str | None = None
    credited: str | None = None
    currency: str | None = None
    leave_days: int | None = None
    eligible_fraction: Fraction | None = None
    ramp_share: str | None = None
    adjusted_quota: Fraction | None = None
    attainment: Fraction | None = None


@lru_cache(maxsize=4096)
def exact(text: str) -> Fraction:
    """The exact value of a decimal text."""
    return Fraction(Decimal(text))


def amount(row: Row, column: str) -> Fraction | None:
    """The number in a cell; None for an empty cell; InvalidFacts for anything but a plain decimal."""
    cell = row.get(column)
    if cell is None:
        return None
    if not isinstance(cell, str) or _DECIMAL.fullmatch(cell) is None:
        raise InvalidFacts(f"{_whose(row)}: {column} {cell!r} is not a plain decimal")
    return Fraction(Decimal(cell))


def leave_days(row: Row, period: Period) -> int | None:
    """The days of protected leave; None where the export does not say."""
    cell = row.get("leave_days")
    if cell is None:
        return None
    if not isinstance(cell, str) or _DAYS.fullmatch(cell) is None or int(cell) > period.days:
        raise InvalidFacts(f"{_whose(row)}: leave_days {cell!r} is not a number of days of {period}")
    return int(cell)


def hire_date(person: Row) -> date:
    """The day on which a person was hired; InvalidDirectory where it is missing or malformed."""
    cell = person.get("hire_date")
    try:
        return date.fromisoformat(str(cell))
    except ValueError as error:
        raise InvalidDirectory(f"{person.get('person_id')}: hire_date {cell!r} is not an ISO date") from error


def ramp_share(policy: Policy, hired: date, period: Period) -> str:
    """The share of quota that the policy's ramp expects in the period, as the policy writes it.

    The ramp begins with the period after the one of the hire date. Before it and after it the share is 1.
    """
    periods_after_hire = period.ordinal - Period.containing(hired, period.kind).ordinal
    if 1 <= periods_after_hire <= len(policy.eligibility.ramp):
        return policy.eligibility.ramp[periods_after_hire - 1]
    return "1"


def figures(policy: Policy, hired: date, fact: Row | None, period: Period) -> PeriodFigures:
    """The figures of a period. The status is the first that applies, in the order of the contract."""
    if fact is None:
        return PeriodFigures(str(period), "missing")
    quota, credited, leave = amount(fact, "quota"), amount(fact, "credited"), leave_days(fact, period)
    if credited is None:
        raise InvalidFacts(f"{_whose(fact)}: credited is empty")
    if quota is not None and quota < 0:
        raise InvalidFacts(f"{_whose(fact)}: the quota {fact['quota']} is below zero")
    if not isinstance(fact.get("currency"), str | None):
        raise InvalidFacts(f"{_whose(fact)}: currency {fact['currency']!r} is not text")
    eligible = None if leave is None else Fraction(period.days - leave, period.days)
    share = ramp_share(policy, hired, period)
    adjusted = None if quota is None or eligible is None else quota * eligible * exact(share)
    status = _status(policy, hired, period, quota, eligible, adjusted)
    assessable = status == "assessable" and adjusted is not None
    return PeriodFigures(
        period=str(period),
        status=status,
        quota=fact.get("quota"),
        credited=fact.get("credited"),
        currency=fact.get("currency"),
        leave_days=leave,
        eligible_fraction=eligible,
        ramp_share=share if assessable else None,
        adjusted_quota=adjusted if assessable else None,
        attainment=credited / adjusted if assessable and adjusted else None,
    )


def _status(
    policy: Policy,
    hired: date,
    period: Period,
    quota: Fraction | None,
    eligible: Fraction | None,
    adjusted: Fraction | None,
) -> Status:
    if quota is None:
        return "quota_unknown"
    if quota == 0:
        return "quota_zero"
    if eligible is None:
        return "leave_unknown"
    if hired.toordinal() > period.first_day.toordinal() - policy.eligibility.min_tenure_days:
        return "tenure"
    if eligible < exact(policy.eligibility.min_eligible_fraction):
        return "leave"
    return "assessable" if adjusted else "quota_zero"


def _whose(row: Row) -> str:
    return f"{row.get('rep_id')} in {row.get('period')}"
