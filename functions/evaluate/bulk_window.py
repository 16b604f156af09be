"""A policy's terms for one window of periods, worked out once for everybody who shares them.

All arithmetic is of integers. An attainment is kept as its *steps*: how many whole steps of 1/10000 (finer
where a threshold is) it reaches, rounded down. Thresholds are whole numbers of steps, so an attainment is
under one exactly when its steps are fewer.
"""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from functions.evaluate.bulk_facts import PlainFact, tail_of
from functions.evaluate.decision import Finding, input_text
from functions.evaluate.figures import Row, Status, exact, hire_date, ramp_share
from shared.domain.errors import InvalidFacts
from shared.domain.money import plain, rounded
from shared.domain.period import Period
from shared.domain.policy import BelowRule, PeerRankRule, Policy, TrailingRule

STEPS = 10_000

tail_parts = lru_cache(maxsize=100_000)(tail_of)


class Terms(NamedTuple):
    """What hiring means for one period: whether tenure is too short, and the share of quota expected."""

    too_new: bool
    ramp_share: str


class Measured(NamedTuple):
    """One period's text in a decision; its attainment in steps and exactly, where it is assessable."""

    text: str
    status: Status
    steps: int | None = None
    attainment: tuple[int, int] = (0, 1)


class Part(NamedTuple):
    """The part of a quota that leave and ramp leave, as a fraction in lowest terms; the share of days that is
    left, as printed, and whether it is too little for the period to count.
    """

    top: int
    bottom: int
    printed: str
    too_little: bool


class _LeaveFree(dict[str, bool]):
    """Which of the facts' tails say that there was no leave."""

    def __missing__(self, tail: str) -> bool:
        self[tail] = free = tail_parts(tail)[1] == 0
        return free


class _Printed(dict[int, str]):
    """Ten-thousandths as printed."""

    def __missing__(self, steps: int) -> str:
        self[steps] = text = rounded(Fraction(steps, STEPS), 4)
        return text


class Window:
    """The periods that one evaluation looks at."""

    def __init__(self, policy: Policy, period: Period) -> None:
        self.policy = policy
        self.period = period
        self.periods = period.window(policy.longest_window)
        self.names = [str(each) for each in self.periods]
        below = [rule for rule in policy.rules if isinstance(rule, BelowRule)]
        trailing = [rule for rule in policy.rules if isinstance(rule, TrailingRule)]
        bars = [exact(rule.below) for rule in below] + [exact(rule.trailing_below) for rule in trailing]
        self.scale = STEPS
        while any((bar * self.scale).denominator > 1 for bar in bars):
            self.scale *= 10
        self.below = [(rule, int(exact(rule.below) * self.scale)) for rule in below]
        self.trailing = [(rule, int(exact(rule.trailing_below) * self.scale)) for rule in trailing]
        self.peer_rules = [rule for rule in policy.rules if isinstance(rule, PeerRankRule)]
        self.highest_bar = max((bar for _, bar in (*self.below, *self.trailing)), default=-(10**60))
        """Who is at or above this in every period is under none of the rules' own bars."""
        self.has_usual_periods = self.scale == STEPS and exact(policy.eligibility.min_eligible_fraction) <= 1
        self.leave_free = _LeaveFree()
        self.printed = _Printed()
        self.heads = [f'{{"period":"{name}","quota":"' for name in self.names]
        self.missing = [input_text(name, "missing") for name in self.names]
        self._veteran = (Terms(False, "1"),) * len(self.names)
        self._terms: dict[str, tuple[Terms, ...] | None] = {}
        self._parts: dict[tuple[int, int, str], Part] = {}

    def terms(self, person: Row) -> tuple[Terms, ...] | None:
        """The terms of each period by the person's hire date; None for veterans, to whom none are special."""
        day = person.get("hire_date")
        if not isinstance(day, str) or day not in self._terms:
            hired = hire_date(person)
            latest = hired.toordinal() + self.policy.eligibility.min_tenure_days
            terms = tuple(
                Terms(latest > each.first_day.toordinal(), ramp_share(self.policy, hired, each))
                for each in self.periods
            )
            self._terms[str(day)] = None if terms == self._veteran else terms
        return self._terms[str(day)]

    def measured(self, position: int, terms: tuple[Terms, ...] | None, fact: PlainFact) -> Measured:
        """A period's figures, whatever its status."""
        quota, credited, name = fact[2] or None, fact[3], self.names[position]
        too_new, share = (terms or self._veteran)[position]
        leave = tail_parts(fact[4])[1]
        part = None if leave is None else self._part(position, leave, share)
        whole = millionths(quota) if quota else 0
        status = _status(quota, whole, part, too_new=too_new)
        printed = part.printed if part else None
        if part is None or status != "assessable":
            return Measured(input_text(name, status, quota, credited, leave, printed), status)
        attainment = millionths(credited) * part.bottom, whole * part.top
        adjusted = plain(Decimal(half_even(whole * part.top, part.bottom)).scaleb(-6))
        shown = self.printed[half_even(attainment[0] * STEPS, attainment[1])]
        text = input_text(name, status, quota, credited, leave, printed, share, adjusted, shown)
        return Measured(text, status, attainment[0] * self.scale // attainment[1], attainment)

    def _part(self, position: int, leave: int, share: str) -> Part:
        known = self._parts.get((position, leave, share))
        if known is None:
            days = self.periods[position].days
            if leave > days:
                raise InvalidFacts(f"leave_days {leave} is no number of days of {self.names[position]}")
            worked = Fraction(days - leave, days)
            too_little = worked < exact(self.policy.eligibility.min_eligible_fraction)
            top, bottom = (worked * exact(share)).as_integer_ratio()
            known = self._parts[position, leave, share] = Part(top, bottom, rounded(worked, 4), too_little)
        return known

    def own_findings(
        self,
        terms: tuple[Terms, ...] | None,
        facts: Sequence[PlainFact | Row | None],
        steps: Sequence[int | None],
        cents: Sequence[tuple[int, int]] | None,
    ) -> dict[str, Finding]:
        """The findings that the person's own figures make; P is assessable.

        ``cents`` are each period's credits and adjusted quota where all of the periods are of the usual kind.
        """
        found: dict[str, Finding] = {}
        now, size = steps[-1], len(steps)
        for rule, bar in self.below:
            if now is not None and now < bar:
                first = size - rule.of_last
                low = [
                    name
                    for name, reached in zip(self.names[first:], steps[first:], strict=True)
                    if reached is not None and reached < bar
                ]
                if len(low) >= rule.count:
                    found[rule.id] = Finding(rule.id, str(len(low)), str(rule.count), tuple(low))
        for trailing, bar in self.trailing:
            first = size - trailing.of_last
            seen = [reached for reached in steps[first:] if reached is not None]
            # A weighted mean is never below the least of its parts.
            if len(seen) < trailing.of_last or min(seen) >= bar:
                continue
            if cents is None:
                credited, adjusted = self._sums(first, terms, facts)
            else:
                credited = adjusted = 0
                for one, other in cents[first:]:
                    credited += one
                    adjusted += other
            if credited * self.scale < bar * adjusted and _is_one_currency(facts[first:]):
                share = self.printed[half_even(credited * STEPS, adjusted)]
                names = tuple(self.names[first:])
                found[trailing.id] = Finding(trailing.id, share, trailing.trailing_below, names)
        return found

    def _sums(
        self,
        first: int,
        terms: tuple[Terms, ...] | None,
        facts: Sequence[PlainFact | Row | None],
    ) -> tuple[int, int]:
        """Credits and adjusted quotas of assessable periods, in a unit in which both are whole."""
        known = [(at, fact) for at, fact in enumerate(facts) if at >= first and isinstance(fact, tuple)]
        credited, adjusted = 0, Fraction(0)
        for at, fact in known:
            part = self._part(at, tail_parts(fact[4])[1] or 0, (terms or self._veteran)[at].ramp_share)
            credited += millionths(fact[3])
            adjusted += Fraction(millionths(fact[2]) * part.top, part.bottom)
        return credited * adjusted.denominator, adjusted.numerator


def _is_one_currency(facts: Sequence[PlainFact | Row | None]) -> bool:
    return len({tail_parts(fact[4])[0] for fact in facts if isinstance(fact, tuple)}) == 1


def millionths(amount: str) -> int:
    """An amount of at most 6 decimals as a whole number."""
    whole, _, decimals = amount.partition(".")
    return int(whole + (decimals + "000000")[:6])


def half_even(top: int, bottom: int) -> int:
    """The nearest whole number to a fraction, of two the even one."""
    whole, rest = divmod(top, bottom)
    return whole + (rest * 2 > bottom or (rest * 2 == bottom and whole & 1))


def _status(quota: str | None, whole: int, part: Part | None, *, too_new: bool) -> Status:
    if quota is None:
        return "quota_unknown"
    if not whole:
        return "quota_zero"
    if part is None:
        return "leave_unknown"
    if too_new:
        return "tenure"
    if part.too_little:
        return "leave"
    return "assessable" if part.top else "quota_zero"
