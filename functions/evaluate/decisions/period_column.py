"""The figures of all people for one period, as columns indexed by places in the directory.

A usual fact has a known quota, amounts with at most two decimals and no leave, and its person is past tenure
and ramp. It is computed in whole cents as soon as it is put. All other facts are computed as exact fractions
after all facts are read, so that superseded facts are not computed.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from fractions import Fraction
from itertools import chain
from math import lcm

import orjson

from functions.evaluate.decisions.column_caches import (
    STEPS,
    CurrencyAndLeaveCells,
    EstablishedByDay,
    FactLine,
    HireTermsByDay,
    ParsedFact,
    PrintedRatios,
    Quotas,
    QuotaShare,
    half_even,
    millionths,
    money_of,
    whole_cents,
)
from functions.evaluate.decisions.decision import input_data, input_text
from functions.evaluate.decisions.directory_columns import Directory
from functions.evaluate.decisions.period_figures import Row, amount, exact, figures
from shared.domain.decision_json import Status
from shared.domain.errors import InvalidFacts
from shared.domain.money import rounded
from shared.domain.period import Period
from shared.domain.policy import Policy

_TWICE_STEPS = 2 * STEPS


class ColumnCaches:
    """The settings and caches that the columns of one policy share. ``bar`` is its rules' highest bar."""

    def __init__(self, policy: Policy, bar: Fraction, *, keep_texts: bool) -> None:
        self.policy = policy
        self.bar = bar
        self.keep_texts = keep_texts
        self.quotas = Quotas(bar)
        self.currency_and_leave = CurrencyAndLeaveCells()
        self.printed = PrintedRatios()


class PeriodColumn:
    """Where the period is assessable, ``credits`` / ``quotas`` is the attainment; quotas are adjusted ones.

    Both are cents, multiplied by the place's weight where ``weights`` has one.
    """

    def __init__(self, caches: ColumnCaches, period: Period, directory: Directory) -> None:
        people = len(directory)
        self.name = str(period)
        self.credits: list[int | None] = [None] * people
        self.quotas = [0] * people
        self.weights: dict[int, int] = {}
        self.statuses: dict[int, Status] = {}
        """The statuses of people who are neither assessable nor missing."""
        self._caches = caches
        self._period = period
        self._directory = directory
        self._terms = HireTermsByDay(caches.policy, period)
        usual_days = EstablishedByDay(caches.policy, period, self._terms)
        self._is_usual = bytes(map(usual_days.__getitem__, directory.hired))
        self._entries: list[str | ParsedFact | Row] = [input_text(self.name, "missing")] * people
        """The JSON text of each entry, or an unusual fact until `settle` computes it."""
        self._currencies: list[str | None] = [None] * people
        self._unusual: list[int] = []
        """The places of unusual facts. Some facts may be superseded."""
        self._low: list[int] = []
        """The places of usual facts under the highest bar. Some facts may be superseded."""
        self._ahead = 0
        """The place that comes next where a file is in the directory's order."""
        self._before = f'{{"period":"{self.name}"'
        self._parts: dict[tuple[int, str], QuotaShare] = {}
        self._refusals: dict[tuple[Status, int | None], str] = {}
        self._under: dict[Fraction, set[int]] = {}

    def put(self, lines: Sequence[FactLine]) -> list[FactLine]:
        """Put this period's facts and return the others; ValueError where a fact is malformed."""
        others: list[FactLine] = []
        caches, name, before, entries = self._caches, self.name, self._before, self._entries
        quotas, printed, keep_texts = caches.quotas, caches.printed, caches.keep_texts
        currency_and_leave = caches.currency_and_leave
        places, is_usual, currencies = self._directory.places, self._is_usual, self._currencies
        cents_of, quota_of, low, unusual = self.credits, self.quotas, self._low, self._unusual
        # Most files are in the directory's order. Then a comparison is faster than a lookup.
        in_order, ahead = self._directory.in_order, self._ahead
        for line in lines:
            rep, period, cell, credited, rest = line
            if period != name:
                others.append(line)
                continue
            known, money = quotas[cell], currency_and_leave[rest]
            if rep == in_order[ahead]:
                place = ahead
            else:
                found = places.get(rep)
                if found is None:
                    continue
                place = found
            ahead = place + 1
            quota, twice, low_under, start, middle, _, _ = known
            currencies[place], leave = money
            cents: int | None = None
            if leave == 0 and quota and is_usual[place]:
                two_decimals = credited[-3:-2] == "."
                cents = int(credited.replace(".", "")) if two_decimals else whole_cents(credited)
            if cents is None:
                entries[place] = known, credited, money
                unusual.append(place)
                continue
            cents_of[place] = cents
            quota_of[place] = quota
            if cents < low_under:
                low.append(place)
            if keep_texts:
                top = cents * _TWICE_STEPS + quota
                steps = top // twice
                if steps & 1 and steps * twice == top:  # exactly halfway: round to even
                    steps -= 1
                entries[place] = f'{before}{start}{credited}{middle}{printed[steps]}","status":"assessable"}}'
            else:
                entries[place] = ""
        self._ahead = ahead
        return others

    def put_row(self, rep: str, row: Row) -> None:
        """Put a fact whose line is not in the form that ``plumbline read`` writes."""
        self._caches.currency_and_leave.currencies.add(str(row.get("currency")))
        place = self._directory.places.get(rep)
        if place is not None:
            self._entries[place] = row
            self._unusual.append(place)

    def settle(self) -> None:
        """Compute the unusual facts. Call it once, after all facts are put."""
        unusual = sorted(set(self._unusual))
        for place in unusual:
            entry = self._entries[place]
            if not isinstance(entry, str):
                self.credits[place] = None  # the credits of a fact that this one supersedes
                if isinstance(entry, tuple):
                    self._entries[place] = self._measure(place, entry)
                else:
                    self._entries[place] = self._measure_row(place, entry)
        bar = self._caches.bar
        self._under[bar] = self._those_under(bar, chain(self._low, unusual))

    def under(self, bar: Fraction) -> set[int]:
        """The places of people whose attainment is under ``bar``, which must be one of the rules' bars."""
        known = self._under.get(bar)
        if known is None:
            known = self._under[bar] = self._those_under(bar, self._under[self._caches.bar])
        return known

    def one_currency(self) -> bool:
        """Whether all facts of all columns are certainly in the same currency."""
        return len(self._caches.currency_and_leave.currencies) == 1

    def currency(self, place: int) -> str | None:
        """The currency of an assessable fact."""
        return self._currencies[place]

    def texts(self, places: slice) -> list[str]:
        """The JSON texts of entries, as decisions list them."""
        return self._entries[places]  # type: ignore[return-value]  # after `settle` all entries are texts

    def _those_under(self, bar: Fraction, places: Iterable[int]) -> set[int]:
        top, bottom = bar.numerator, bar.denominator
        credits, quotas = self.credits, self.quotas
        return {
            place
            for place in places
            if (credited := credits[place]) is not None and credited * bottom < top * quotas[place]
        }

    def _measure(self, place: int, fact: ParsedFact) -> str:
        (_, _, _, start, _, quota, whole), credited, (currency, leave) = fact
        terms = self._terms[self._directory.hired[place]]
        part = None if leave is None else self._part(leave, terms.ramp_share)
        status = _status(quota, whole, part, too_new=terms.too_new)
        if part is None or status != "assessable":
            self.statuses[place] = status
            return f"{self._before}{start}{credited}{self._refusal(status, leave, part)}"
        top, bottom = millionths(credited) * part.bottom, whole * part.top
        # A millionth is a ten-thousandth of a cent, hence the weight.
        self._keep(place, top, bottom, part.bottom * 10_000, currency)
        return (
            f"{self._before}{start}{credited}{part.text}"
            f'{money_of(half_even(bottom, part.bottom))}","attainment":"'
            f'{self._caches.printed[half_even(top * STEPS, bottom)]}","status":"assessable"}}'
        )

    def _measure_row(self, place: int, row: Row) -> str:
        hired = date.fromisoformat(self._directory.hired[place])
        entry = figures(self._caches.policy, hired, row, self._period)
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

    def _refusal(self, status: Status, leave: int | None, part: QuotaShare | None) -> str:
        """The JSON text, after the credits, of an entry that is not assessable."""
        text = self._refusals.get((status, leave))
        if text is None:
            whole = input_text(self.name, status, "", "", leave, part.printed if part else None)
            text = self._refusals[status, leave] = whole.partition('"credited":"')[2]
        return text

    def _part(self, leave: int, share: str) -> QuotaShare:
        known = self._parts.get((leave, share))
        if known is None:
            days, eligibility = self._period.days, self._caches.policy.eligibility
            if leave > days:
                raise InvalidFacts(f"leave_days {leave} is more than the days of {self.name}")
            worked = Fraction(days - leave, days)
            too_little = worked < exact(eligibility.min_eligible_fraction)
            top, bottom = (worked * exact(share)).as_integer_ratio()
            printed = rounded(worked, 4)
            text = (
                f'","leave_days":{leave},"eligible_fraction":"{printed}","ramp_share":"{share}",'
                '"adjusted_quota":"'
            )
            known = self._parts[leave, share] = QuotaShare(top, bottom, printed, too_little, text)
        return known


def _status(quota: str | None, whole: int, part: QuotaShare | None, *, too_new: bool) -> Status:
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
