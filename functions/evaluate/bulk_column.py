"""One period's figures of everybody, in columns by people's places in the directory.

The usual fact is worked in one pass, in whole cents: a known quota, amounts with two decimals or none, no
leave, of somebody past tenure and ramp. Every other is set aside and worked when all facts are read, exactly,
too, but with a denominator.
"""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import lcm

import orjson

from functions.evaluate.bulk_facts import PlainFact, quota_of, tail_of
from functions.evaluate.bulk_people import Directory
from functions.evaluate.bulk_terms import (
    STEPS,
    LeaveFree,
    Part,
    Printed,
    Quotas,
    Terms,
    TermsByDay,
    UsualDays,
    half_even,
    millionths,
    whole_cents,
)
from functions.evaluate.decision import input_data, input_text
from functions.evaluate.figures import Row, Status, amount, exact, figures
from shared.domain.errors import InvalidFacts
from shared.domain.money import plain, rounded
from shared.domain.period import Period
from shared.domain.policy import Policy

_TWICE_STEPS = 2 * STEPS


class PeriodColumn:
    """``texts`` are entries as decisions list them. Where the period is assessable, ``credits`` over
    ``quotas``, the adjusted ones, is the attainment; divided by the weight, if there is one, they are cents.
    """

    def __init__(
        self, policy: Policy, period: Period, directory: Directory, bar: Fraction, printed: Printed
    ) -> None:
        people = len(directory)
        self.name = str(period)
        self.texts = [input_text(self.name, "missing")] * people
        self.credits: list[int | None] = [None] * people
        self.quotas = [0] * people
        self.currencies: list[str | None] = [None] * people
        self.weights: dict[int, int] = {}
        self.statuses: dict[int, Status] = {}
        """Of those who are neither assessable nor missing."""
        self.low: set[int] = set()
        """Places of those who may be under some rule's bar; all others are not."""
        self._policy = policy
        self._period = period
        self._directory = directory
        self._terms = TermsByDay(policy, period)
        usual = UsualDays(policy, period, self._terms)
        # One more place than people, never usual, is for facts of those whom the directory does not have.
        self._is_usual = bytes(map(usual.__getitem__, directory.hired)) + b"\0"
        self._aside: dict[int, PlainFact | Row] = {}
        self._known = Quotas(self.name, bar)
        self._leave_free = LeaveFree()
        self._printed = printed
        self._parts: dict[tuple[int, str], Part] = {}

    def add(self, facts: Iterable[PlainFact]) -> None:
        """Take facts of this period; ValueError where one is not in the form in which ``read`` writes it."""
        place_of, is_usual = self._directory.places.get, self._is_usual
        known, leave_free, printed = self._known, self._leave_free, self._printed
        texts, credits, quotas, currencies = self.texts, self.credits, self.quotas, self.currencies
        low = self.low.add
        for rep, period, cell, credited, tail in facts:
            place = place_of(rep, -1)
            quota, low_under, before, between = known[cell]
            currency = leave_free[tail]
            if credited[-3:-2] == ".":
                cents: int | None = int(credited.replace(".", "", 1))
            else:
                cents = whole_cents(credited)
            if cents is None or currency is None or not (quota and is_usual[place]):
                self._set_aside(place, (rep, period, cell, credited, tail))
                continue
            twice = quota + quota
            top = cents * _TWICE_STEPS + quota
            steps = top // twice
            if steps & 1 and steps * twice == top:  # halfway, which goes to the even neighbour
                steps -= 1
            texts[place] = f'{before}{credited}{between}{printed[steps]}","status":"assessable"}}'
            credits[place] = cents
            quotas[place] = quota
            currencies[place] = currency
            if cents < low_under:
                low(place)

    def add_row(self, rep: str, row: Row) -> None:
        """Take a fact that was in some other form."""
        self._set_aside(self._directory.places.get(rep, -1), row)

    def _set_aside(self, place: int, fact: PlainFact | Row) -> None:
        if place >= 0:
            self.texts[place] = ""
            self._aside[place] = fact

    def settle(self) -> None:
        """Work what was set aside. To be called once, when all facts are in."""
        for place, fact in self._aside.items():
            if self.texts[place]:
                continue  # superseded by a usual one
            self.credits[place] = None
            terms = self._terms[self._directory.hired[place]]
            if isinstance(fact, tuple):
                self._measure(place, fact, terms)
            else:
                self._measure_plainly(place, fact)
            if self.credits[place] is not None:
                self.low.add(place)
        self._aside.clear()

    def _measure(self, place: int, fact: PlainFact, terms: Terms) -> None:
        quota, credited = quota_of(fact[2]), fact[3]
        currency, leave = tail_of(fact[4])
        part = None if leave is None else self._part(leave, terms.ramp_share)
        whole = millionths(quota) if quota else 0
        status = _status(quota, whole, part, too_new=terms.too_new)
        printed = part.printed if part else None
        if part is None or status != "assessable":
            self.statuses[place] = status
            self.texts[place] = input_text(self.name, status, quota, credited, leave, printed)
            return
        top, bottom = millionths(credited) * part.bottom, whole * part.top
        adjusted = plain(Decimal(half_even(bottom, part.bottom)).scaleb(-6))
        shown = self._printed[half_even(top * STEPS, bottom)]
        self.texts[place] = input_text(
            self.name, status, quota, credited, leave, printed, terms.ramp_share, adjusted, shown
        )
        # Millionths are ten-thousandths of a cent.
        self._keep(place, top, bottom, part.bottom * 10_000, currency)

    def _measure_plainly(self, place: int, row: Row) -> None:
        entry = figures(self._policy, date.fromisoformat(self._directory.hired[place]), row, self._period)
        self.texts[place] = orjson.dumps(input_data(entry)).decode()
        credited = amount(row, "credited")
        if entry.adjusted_quota is None or credited is None:
            self.statuses[place] = entry.status
            return
        weight = lcm(credited.denominator, entry.adjusted_quota.denominator)
        top, bottom = int(credited * weight * 100), int(entry.adjusted_quota * weight * 100)
        self._keep(place, top, bottom, weight, entry.currency)

    def _keep(self, place: int, top: int, bottom: int, weight: int, currency: str | None) -> None:
        self.credits[place] = top
        self.quotas[place] = bottom
        self.weights[place] = weight
        self.currencies[place] = currency

    def _part(self, leave: int, share: str) -> Part:
        known = self._parts.get((leave, share))
        if known is None:
            days = self._period.days
            if leave > days:
                raise InvalidFacts(f"leave_days {leave} is no number of days of {self.name}")
            worked = Fraction(days - leave, days)
            too_little = worked < exact(self._policy.eligibility.min_eligible_fraction)
            top, bottom = (worked * exact(share)).as_integer_ratio()
            known = self._parts[leave, share] = Part(top, bottom, rounded(worked, 4), too_little)
        return known


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
