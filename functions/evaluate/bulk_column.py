"""One period's figures of everybody, in columns by people's places in the directory.

The usual fact is worked in whole cents: a known quota, amounts with two decimals or none, no leave, of
somebody past tenure and ramp. Every other is worked exactly, too, but with a denominator. A usual fact's text
is made when it is asked for: so many texts at a time would take more memory than all else.
"""

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from itertools import islice
from math import lcm

import orjson

from functions.evaluate.bulk_people import Directory
from functions.evaluate.bulk_terms import (
    STEPS,
    Fact,
    Part,
    Printed,
    Quotas,
    Tails,
    TermsByDay,
    UsualDays,
    half_even,
    millionths,
    money_of,
    whole_cents,
)
from functions.evaluate.decision import input_data, input_text
from functions.evaluate.figures import Row, Status, amount, exact, figures
from shared.domain.errors import InvalidFacts
from shared.domain.money import rounded
from shared.domain.period import Period
from shared.domain.policy import Policy

_TWICE_STEPS = 2 * STEPS


class Shared:
    """What the columns of one policy have in common; ``bar`` is the highest of its rules' bars."""

    def __init__(self, policy: Policy, bar: Fraction) -> None:
        self.policy = policy
        self.bar = bar
        self.quotas = Quotas(bar)
        self.tails = Tails()
        self.printed = Printed()


class PeriodColumn:
    """Where the period is assessable, ``credits`` over ``quotas``, the adjusted ones, is the attainment;
    divided by the weight, if there is one, they are cents.
    """

    def __init__(self, shared: Shared, period: Period, directory: Directory) -> None:
        people = len(directory)
        self.name = str(period)
        self.credits: list[int | None] = [None] * people
        self.quotas = [0] * people
        self.weights: dict[int, int] = {}
        self.statuses: dict[int, Status] = {}
        """Of those who are neither assessable nor missing."""
        self._shared = shared
        self._period = period
        self._directory = directory
        self._terms = TermsByDay(shared.policy, period)
        self.known = directory.no_facts()
        """Where facts are put, in the order of places; whom the directory does not have comes behind."""
        self._facts: list[Fact | Row | str | None] = []
        """Of each place, a usual fact, or the text of any other entry."""
        self._currencies: dict[int, str | None] = {}
        """Of those assessable whose facts are not usual."""
        self._parts: dict[tuple[int, str], Part] = {}
        self._under: dict[Fraction, set[int]] = {}

    def settle(self) -> None:
        """Work the facts. To be called once, when all of them are in."""
        usual_days = UsualDays(self._shared.policy, self._period, self._terms)
        is_usual = bytes(map(usual_days.__getitem__, self._directory.hired))
        self._facts = facts = list[Fact | Row | str | None](islice(self.known.values(), len(is_usual)))
        self.known.clear()
        credits, quotas = self.credits, self.quotas
        low: set[int] = set()
        missing = input_text(self.name, "missing")
        for place, fact in enumerate(facts):
            if isinstance(fact, tuple):
                (quota, low_under, _, _), credited, (_, leave) = fact
                if leave == 0 and quota and is_usual[place]:
                    if credited[-3:-2] == ".":
                        cents: int | None = int(credited.replace(".", ""))
                    else:
                        cents = whole_cents(credited)
                    if cents is not None:
                        credits[place] = cents
                        quotas[place] = quota
                        if cents < low_under:
                            low.add(place)
                        continue
                facts[place] = self._measure(place, fact)
            elif isinstance(fact, Mapping):
                facts[place] = self._measure_plainly(place, fact)
            else:
                facts[place] = missing
        bar = self._shared.bar
        low.update(place for place in self._currencies if self._is_under(bar, place))
        self._under[bar] = low

    def forget_entries(self) -> None:
        """Give up what texts are made of, for who wants but figures; currencies stay where they differ."""
        if self.one_currency():
            self._facts = []

    def under(self, bar: Fraction) -> set[int]:
        """The places of those whose attainment is under this bar, which is no higher than the highest."""
        known = self._under.get(bar)
        if known is None:
            highest = self._under[self._shared.bar]
            known = self._under[bar] = {place for place in highest if self._is_under(bar, place)}
        return known

    def one_currency(self) -> bool:
        """Whether all facts of all columns are in the same currency for certain."""
        return len(self._shared.tails.currencies) == 1

    def currency(self, place: int) -> str | None:
        """The currency of somebody assessable; not to be asked where all are in one."""
        fact = self._facts[place]
        return fact[2][0] if isinstance(fact, tuple) else self._currencies[place]

    def texts(self, places: slice) -> list[str]:
        """Entries as decisions list them."""
        texts: list[str] = []
        add, printed = texts.append, self._shared.printed
        before = f'{{"period":"{self.name}","quota":"'
        for fact, cents in zip(self._facts[places], self.credits[places], strict=True):
            if not isinstance(fact, tuple) or cents is None:
                add(str(fact))
                continue
            (quota, _, shown, _), credited, _ = fact
            twice = quota + quota
            top = cents * _TWICE_STEPS + quota
            steps = top // twice
            if steps & 1 and steps * twice == top:  # halfway, which goes to the even neighbour
                steps -= 1
            add(
                f'{before}{shown}","credited":"{credited}","leave_days":0,"eligible_fraction":"1.0000",'
                f'"ramp_share":"1","adjusted_quota":"{shown}","attainment":"{printed[steps]}",'
                '"status":"assessable"}'
            )
        return texts

    def _is_under(self, bar: Fraction, place: int) -> bool:
        credited = self.credits[place]
        return credited is not None and credited * bar.denominator < bar.numerator * self.quotas[place]

    def _measure(self, place: int, fact: Fact) -> str:
        (_, _, quota, whole), credited, (currency, leave) = fact
        terms = self._terms[self._directory.hired[place]]
        part = None if leave is None else self._part(leave, terms.ramp_share)
        status = _status(quota, whole, part, too_new=terms.too_new)
        if part is None or status != "assessable":
            self.statuses[place] = status
            return input_text(self.name, status, quota, credited, leave, part.printed if part else None)
        top, bottom = millionths(credited) * part.bottom, whole * part.top
        # Millionths are ten-thousandths of a cent.
        self._keep(place, top, bottom, part.bottom * 10_000, currency)
        return (
            f'{{"period":"{self.name}","quota":"{quota}","credited":"{credited}{part.text}'
            f'{money_of(half_even(bottom, part.bottom))}","attainment":"'
            f'{self._shared.printed[half_even(top * STEPS, bottom)]}","status":"assessable"}}'
        )

    def _measure_plainly(self, place: int, row: Row) -> str:
        hired = date.fromisoformat(self._directory.hired[place])
        entry = figures(self._shared.policy, hired, row, self._period)
        credited = amount(row, "credited")
        if entry.adjusted_quota is None or credited is None:
            self.statuses[place] = entry.status
        else:
            weight = lcm(credited.denominator, entry.adjusted_quota.denominator)
            top, bottom = int(credited * weight * 100), int(entry.adjusted_quota * weight * 100)
            self._keep(place, top, bottom, weight, entry.currency)
        return orjson.dumps(input_data(entry)).decode()

    def _keep(self, place: int, top: int, bottom: int, weight: int, currency: str | None) -> None:
        self.credits[place] = top
        self.quotas[place] = bottom
        self.weights[place] = weight
        self._currencies[place] = currency

    def _part(self, leave: int, share: str) -> Part:
        known = self._parts.get((leave, share))
        if known is None:
            days, eligibility = self._period.days, self._shared.policy.eligibility
            if leave > days:
                raise InvalidFacts(f"leave_days {leave} is no number of days of {self.name}")
            worked = Fraction(days - leave, days)
            too_little = worked < exact(eligibility.min_eligible_fraction)
            top, bottom = (worked * exact(share)).as_integer_ratio()
            printed = rounded(worked, 4)
            text = (
                f'","leave_days":{leave},"eligible_fraction":"{printed}","ramp_share":"{share}",'
                '"adjusted_quota":"'
            )
            known = self._parts[leave, share] = Part(top, bottom, printed, too_little, text)
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
