"""Caches for values that many people of a period share: terms of hire, quotas and printed numbers."""

import re
from datetime import date
from fractions import Fraction
from typing import Final, NamedTuple

from functions.evaluate.decisions.period_figures import exact, ramp_share
from shared.domain.period import Period
from shared.domain.policy import Policy

NUMBER: Final = r"[0-9]{1,18}(?:\.[0-9]{1,6})?"
"""The form of a quota, and of credits after their sign."""
_IS_QUOTA: Final = re.compile(f'"{NUMBER}"|null')
_IS_TAIL: Final = re.compile(r'([A-Z]{3})", ?"leave_days": ?(?:"([0-9]{1,2})"|null)')
STEPS = 10_000
"""An attainment is printed in ten-thousandths."""
_KEPT = 20_000
"""How many texts a cache keeps: enough where texts repeat, and little memory where they do not."""


class QuotaShare(NamedTuple):
    """The share of the quota that remains after leave and ramp, as the fraction ``top`` / ``bottom``.

    ``printed`` is the eligible fraction of days as text, and ``too_little`` whether it is below the policy's
    minimum. ``text`` is the JSON of an assessable entry between its credits and its adjusted quota.
    """

    top: int
    bottom: int
    printed: str
    too_little: bool
    text: str


class HireTerms(NamedTuple):
    """What a day of hire means for one period: whether tenure is too short, and the ramp's share of quota."""

    too_new: bool
    ramp_share: str
    are_established: bool


class HireTermsByDay(dict[str, HireTerms]):
    """``HireTerms`` by the day of hire, an ISO date."""

    def __init__(self, policy: Policy, period: Period) -> None:
        self._policy = policy
        self._period = period
        # Without leave, the eligible fraction is 1. It is too little only where the policy asks for more.
        self.may_be_established = exact(policy.eligibility.min_eligible_fraction) <= 1

    def __missing__(self, day: str) -> HireTerms:
        hired = date.fromisoformat(day)
        latest = self._period.first_day.toordinal() - self._policy.eligibility.min_tenure_days
        too_new, share = hired.toordinal() > latest, ramp_share(self._policy, hired, self._period)
        self[day] = terms = HireTerms(
            too_new, share, self.may_be_established and not too_new and share == "1"
        )
        return terms


class EstablishedByDay(dict[str, bool]):
    """Whether a person hired on that day is past tenure and ramp, so that the whole quota is expected."""

    def __init__(self, policy: Policy, period: Period, terms: HireTermsByDay) -> None:
        self._terms = terms
        # A person hired before this day is certainly past tenure and ramp: no period has more than 92 days.
        special = max(policy.eligibility.min_tenure_days, 92 * (len(policy.eligibility.ramp) + 1))
        long_ago = date.fromordinal(max(1, period.first_day.toordinal() - special)).isoformat()
        self._long_ago = long_ago if terms.may_be_established else ""

    def __missing__(self, day: str) -> bool:
        self[day] = usual = day < self._long_ago or self._terms[day].are_established
        return usual


ParsedQuota = tuple[int, int, int, str, str, str | None, int]
"""A quota cell, parsed. A plain tuple, because the inner loop unpacks one for each fact. Its members:

1. the quota in cents, or 0 where the quota is not usual (see ``PeriodColumn``),
2. twice that number,
3. the number of cents below which credits are under the highest bar,
4. the JSON of an entry between its period and its credits,
5. the JSON of a usual entry between its credits and its attainment,
6. the quota as text, or None where it is unknown,
7. the quota in millionths.
"""


class Quotas(dict[str, ParsedQuota]):
    """``ParsedQuota`` by the quota's JSON cell. People of a role share quotas, so each is parsed once."""

    def __init__(self, bar: Fraction) -> None:
        self._bar = bar

    def __missing__(self, cell: str) -> ParsedQuota:
        if _IS_QUOTA.fullmatch(cell) is None:
            raise ValueError(f"{cell} is not in the usual form")
        quota = None if cell == "null" else cell[1:-1]
        cents = 0
        # A quota with trailing zeros is printed differently as an adjusted quota, so it is not usual.
        if quota is not None and quota[0] != "0" and not (quota[-1] == "0" and "." in quota):
            cents = whole_cents(quota) or 0
        low_under = -(-self._bar.numerator * cents // self._bar.denominator)
        before = f',"quota":{cell},"credited":"'
        behind = (
            '","leave_days":0,"eligible_fraction":"1.0000","ramp_share":"1",'
            f'"adjusted_quota":{cell},"attainment":"'
        )
        if len(self) >= _KEPT:
            self.clear()
        self[cell] = known = cents, 2 * cents, low_under, before, behind, quota, millionths(quota or "0")
        return known


CurrencyAndLeave = tuple[str, int | None]
"""A currency, and the days of leave, None where they are unknown."""


class CurrencyAndLeaveCells(dict[str, CurrencyAndLeave]):
    """``CurrencyAndLeave`` by the text that follows a fact's credits, such as ``USD","leave_days":"0"``."""

    def __init__(self) -> None:
        self.currencies: set[str] = set()
        """The currencies of all facts."""

    def __missing__(self, text: str) -> CurrencyAndLeave:
        found = _IS_TAIL.fullmatch(text)
        if found is None:
            raise ValueError(f"{text} is not in the usual form")
        self[text] = tail = found[1], None if found[2] is None else int(found[2])
        self.currencies.add(found[1])
        return tail


FactLine = tuple[str, str, str, str, str]
"""A fact's rep, period, quota as JSON, credits, and the text after the credits."""
ParsedFact = tuple[ParsedQuota, str, CurrencyAndLeave]
"""A fact's quota, credits as text, and currency with leave."""


class PrintedRatios(dict[int, str]):
    """The printed form of a number of ten-thousandths."""

    def __missing__(self, steps: int) -> str:
        if len(self) >= 10 * _KEPT:
            self.clear()
        whole, rest = divmod(abs(steps), STEPS)
        self[steps] = text = f"{'-' if steps < 0 else ''}{whole}.{rest:04d}"
        return text


def half_even(top: int, bottom: int) -> int:
    """The fraction rounded to a whole number, half-even."""
    whole, rest = divmod(top, bottom)
    return whole + (rest * 2 > bottom or (rest * 2 == bottom and whole & 1))


def whole_cents(number: str) -> int | None:
    """A plain decimal in whole cents; None where it has more than two decimals."""
    whole, _, decimals = number.partition(".")
    return int(whole + (decimals + "00")[:2]) if len(decimals) <= 2 else None


def millionths(number: str) -> int:
    whole, _, decimals = number.partition(".")
    return int(whole + (decimals + "000000")[:6])


def money_of(amount: int) -> str:
    """A number of millionths, not negative, as an amount is printed."""
    whole, rest = divmod(amount, 1_000_000)
    return f"{whole}.{rest:06d}".rstrip("0") if rest else str(whole)
