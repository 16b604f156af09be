"""One period's figures of everybody, in columns by people's places in the directory.

The usual fact is worked in whole cents, and as soon as it is put: a known quota, amounts with at most two
decimals, no leave, of somebody past tenure and ramp. Every other is worked exactly, too, but with a
denominator, and only once it is certain that no later fact supersedes it.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from fractions import Fraction
from itertools import chain
from math import lcm

import orjson

from functions.evaluate.decisions.column_caches import (
    STEPS,
    Fact,
    Line,
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
from functions.evaluate.decisions.decision import input_data, input_text
from functions.evaluate.decisions.directory_columns import Directory
from functions.evaluate.decisions.period_figures import Row, Status, amount, exact, figures
from shared.domain.errors import InvalidFacts
from shared.domain.money import rounded
from shared.domain.period import Period
from shared.domain.policy import Policy

_TWICE_STEPS = 2 * STEPS


class Shared:
    """What the columns of one policy have in common; ``bar`` is the highest of its rules' bars."""

    def __init__(self, policy: Policy, bar: Fraction, *, keep_texts: bool) -> None:
        self.policy = policy
        self.bar = bar
        self.keep_texts = keep_texts
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
        usual_days = UsualDays(shared.policy, period, self._terms)
        self._is_usual = bytes(map(usual_days.__getitem__, directory.hired))
        self._entries: list[str | Fact | Row] = [input_text(self.name, "missing")] * people
        """Texts, as decisions list them; facts that are not usual wait here until all are in."""
        self._currencies: list[str | None] = [None] * people
        self._unusual: list[int] = []
        """Where unusual facts were put; some may be superseded."""
        self._low: list[int] = []
        """Where usual facts under the highest bar were put; some may be superseded."""
        self._ahead = 0
        """The place of whoever comes next in a file that is in the directory's order."""
        self._before = f'{{"period":"{self.name}"'
        self._parts: dict[tuple[int, str], Part] = {}
        self._refusals: dict[tuple[Status, int | None], str] = {}
        self._under: dict[Fraction, set[int]] = {}

    def put(self, lines: Sequence[Line]) -> list[Line]:
        """Take this period's facts, and give the others back; ValueError where one is not in its form."""
        others: list[Line] = []
        shared, name, before, entries = self._shared, self.name, self._before, self._entries
        quotas, tails, printed, keep_texts = shared.quotas, shared.tails, shared.printed, shared.keep_texts
        places, is_usual, currencies = self._directory.places, self._is_usual, self._currencies
        cents_of, quota_of, low, unusual = self.credits, self.quotas, self._low, self._unusual
        # Files are mostly in the directory's order, where comparing is quicker than looking up.
        in_order, ahead = self._directory.in_order, self._ahead
        for line in lines:
            rep, period, cell, credited, rest = line
            if period != name:
                others.append(line)
                continue
            known, tail = quotas[cell], tails[rest]
            if rep == in_order[ahead]:
                place = ahead
            else:
                found = places.get(rep)
                if found is None:
                    continue
                place = found
            ahead = place + 1
            quota, twice, low_under, start, middle, _, _ = known
            currencies[place], leave = tail
            cents: int | None = None
            if leave == 0 and quota and is_usual[place]:
                two_decimals = credited[-3:-2] == "."
                cents = int(credited.replace(".", "")) if two_decimals else whole_cents(credited)
            if cents is None:
                entries[place] = known, credited, tail
                unusual.append(place)
                continue
            cents_of[place] = cents
            quota_of[place] = quota
            if cents < low_under:
                low.append(place)
            if keep_texts:
                top = cents * _TWICE_STEPS + quota
                steps = top // twice
                if steps & 1 and steps * twice == top:  # halfway, which goes to the even neighbour
                    steps -= 1
                entries[place] = f'{before}{start}{credited}{middle}{printed[steps]}","status":"assessable"}}'
            else:
                entries[place] = ""
        self._ahead = ahead
        return others

    def put_row(self, rep: str, row: Row) -> None:
        """Take a fact that is not in the form in which ``read`` writes them."""
        self._shared.tails.currencies.add(str(row.get("currency")))
        place = self._directory.places.get(rep)
        if place is not None:
            self._entries[place] = row
            self._unusual.append(place)

    def settle(self) -> None:
        """Work the unusual facts. To be called once, when all facts are in."""
        unusual = sorted(set(self._unusual))
        for place in unusual:
            entry = self._entries[place]
            if not isinstance(entry, str):
                self.credits[place] = None  # those of a fact that this one superseded
                if isinstance(entry, tuple):
                    self._entries[place] = self._measure(place, entry)
                else:
                    self._entries[place] = self._measure_plainly(place, entry)
        bar = self._shared.bar
        self._under[bar] = self._those_under(bar, chain(self._low, unusual))

    def under(self, bar: Fraction) -> set[int]:
        """The places of those whose attainment is under this bar, which is no higher than the highest."""
        known = self._under.get(bar)
        if known is None:
            known = self._under[bar] = self._those_under(bar, self._under[self._shared.bar])
        return known

    def one_currency(self) -> bool:
        """Whether all facts of all columns are in the same currency for certain."""
        return len(self._shared.tails.currencies) == 1

    def currency(self, place: int) -> str | None:
        """The currency of somebody assessable."""
        return self._currencies[place]

    def texts(self, places: slice) -> list[str]:
        """Entries as decisions list them."""
        return self._entries[places]  # type: ignore[return-value]  # all are texts once they are settled

    def _those_under(self, bar: Fraction, places: Iterable[int]) -> set[int]:
        top, bottom = bar.numerator, bar.denominator
        credits, quotas = self.credits, self.quotas
        return {
            place
            for place in places
            if (credited := credits[place]) is not None and credited * bottom < top * quotas[place]
        }

    def _measure(self, place: int, fact: Fact) -> str:
        (_, _, _, start, _, quota, whole), credited, (currency, leave) = fact
        terms = self._terms[self._directory.hired[place]]
        part = None if leave is None else self._part(leave, terms.ramp_share)
        status = _status(quota, whole, part, too_new=terms.too_new)
        if part is None or status != "assessable":
            self.statuses[place] = status
            return f"{self._before}{start}{credited}{self._refusal(status, leave, part)}"
        top, bottom = millionths(credited) * part.bottom, whole * part.top
        # Millionths are ten-thousandths of a cent.
        self._keep(place, top, bottom, part.bottom * 10_000, currency)
        return (
            f"{self._before}{start}{credited}{part.text}"
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

    def _refusal(self, status: Status, leave: int | None, part: Part | None) -> str:
        """The text of an entry that is not assessable, from behind its credits."""
        text = self._refusals.get((status, leave))
        if text is None:
            whole = input_text(self.name, status, "", "", leave, part.printed if part else None)
            text = self._refusals[status, leave] = whole.partition('"credited":"')[2]
        return text

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
