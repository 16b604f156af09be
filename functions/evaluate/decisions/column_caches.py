"""What many people's figures of a period share, worked out once: terms of hiring, quotas, printed numbers."""

import re
from datetime import date
from fractions import Fraction
from typing import Final, NamedTuple

from functions.evaluate.decisions.period_figures import exact, ramp_share
from shared.domain.period import Period
from shared.domain.policy import Policy

NUMBER: Final = r"[0-9]{1,18}(?:\.[0-9]{1,6})?"
"""A quota's form, and that of credits behind their sign."""
_IS_QUOTA: Final = re.compile(f'"{NUMBER}"|null')
_IS_TAIL: Final = re.compile(r'([A-Z]{3})", ?"leave_days": ?(?:"([0-9]{1,2})"|null)')
STEPS = 10_000
"""An attainment is printed in ten-thousandths."""
_KEPT = 20_000
"""How many texts a cache keeps: enough where they repeat, and little memory where they do not."""


class Part(NamedTuple):
    """The part of a quota that leave and ramp leave, as a fraction in lowest terms; the share of days that is
    left, as printed, and whether it is too little for the period to count; and the text of an assessable
    entry between its credits and its adjusted quota.
    """

    top: int
    bottom: int
    printed: str
    too_little: bool
    text: str


class Terms(NamedTuple):
    """What hiring means for one period: whether tenure is too short, and the share of quota expected."""

    too_new: bool
    ramp_share: str
    are_usual: bool


class TermsByDay(dict[str, Terms]):
    """By the day of hire, an ISO date."""

    def __init__(self, policy: Policy, period: Period) -> None:
        self._policy = policy
        self._period = period
        # Without a day of leave a period may be too short only where the policy asks for more than all of it.
        self.may_be_usual = exact(policy.eligibility.min_eligible_fraction) <= 1

    def __missing__(self, day: str) -> Terms:
        hired = date.fromisoformat(day)
        latest = self._period.first_day.toordinal() - self._policy.eligibility.min_tenure_days
        too_new, share = hired.toordinal() > latest, ramp_share(self._policy, hired, self._period)
        self[day] = terms = Terms(too_new, share, self.may_be_usual and not too_new and share == "1")
        return terms


class UsualDays(dict[str, bool]):
    """Whether nothing special is expected for the period of somebody hired on that day."""

    def __init__(self, policy: Policy, period: Period, terms: TermsByDay) -> None:
        self._terms = terms
        # Whoever was hired before is past tenure and ramp for certain: no period has more than 92 days.
        special = max(policy.eligibility.min_tenure_days, 92 * (len(policy.eligibility.ramp) + 1))
        long_ago = date.fromordinal(max(1, period.first_day.toordinal() - special)).isoformat()
        self._long_ago = long_ago if terms.may_be_usual else ""

    def __missing__(self, day: str) -> bool:
        self[day] = usual = day < self._long_ago or self._terms[day].are_usual
        return usual


KnownQuota = tuple[int, int, int, str, str, str | None, int]
"""A quota in cents, 0 for one that is not of the usual kind, and twice; below how many cents of credits a
person is under the bar; the text of an entry between its period and its credits, and from there to its
attainment where the entry is usual; the quota as text, None where it is unknown; and in millionths.
"""


class Quotas(dict[str, KnownQuota]):
    """By their cells, as JSON: people of a role share them, so the work is done once for many."""

    def __init__(self, bar: Fraction) -> None:
        self._bar = bar

    def __missing__(self, cell: str) -> KnownQuota:
        if _IS_QUOTA.fullmatch(cell) is None:
            raise ValueError(f"{cell} is not in the usual form")
        quota = None if cell == "null" else cell[1:-1]
        cents = 0
        # Only a quota without needless zeros is printed as it is when it is printed as the adjusted quota.
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


Tail = tuple[str, int | None]
"""A currency, and days of leave or None."""


class Tails(dict[str, Tail]):
    """By what follows a fact's credits, such as ``USD","leave_days":"0"``."""

    def __init__(self) -> None:
        self.currencies: set[str] = set()
        """All that stand in any fact, that of a row as text."""

    def __missing__(self, text: str) -> Tail:
        found = _IS_TAIL.fullmatch(text)
        if found is None:
            raise ValueError(f"{text} is not in the usual form")
        self[text] = tail = found[1], None if found[2] is None else int(found[2])
        self.currencies.add(found[1])
        return tail


Line = tuple[str, str, str, str, str]
"""A fact's rep, period, quota as JSON, credits, and what follows them."""
Fact = tuple[KnownQuota, str, Tail]
"""A quota, credits as text, and what follows them."""


class Printed(dict[int, str]):
    """Ten-thousandths as printed."""

    def __missing__(self, steps: int) -> str:
        if len(self) >= 10 * _KEPT:
            self.clear()
        whole, rest = divmod(abs(steps), STEPS)
        self[steps] = text = f"{'-' if steps < 0 else ''}{whole}.{rest:04d}"
        return text


def half_even(top: int, bottom: int) -> int:
    """The nearest whole number to a fraction, of two the even one."""
    whole, rest = divmod(top, bottom)
    return whole + (rest * 2 > bottom or (rest * 2 == bottom and whole & 1))


def whole_cents(number: str) -> int | None:
    """A plain decimal in whole cents, None for one with more than two decimals."""
    whole, _, decimals = number.partition(".")
    return int(whole + (decimals + "00")[:2]) if len(decimals) <= 2 else None


def millionths(number: str) -> int:
    whole, _, decimals = number.partition(".")
    return int(whole + (decimals + "000000")[:6])


def money_of(amount: int) -> str:
    """So many millionths, none of them negative, as an amount is printed."""
    whole, rest = divmod(amount, 1_000_000)
    return f"{whole}.{rest:06d}".rstrip("0") if rest else str(whole)
