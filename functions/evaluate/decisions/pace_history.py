"""What people still gained in past periods, from a comparable day to the end, for the bands of pace. Pure.

A gain is (final credits - credits then) / final adjusted quota. Only files of comparable days are opened, the
nearest day first, and no more days once everybody's figure is found.
"""

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction

from functions.evaluate.decisions.column_caches import CurrencyAndLeaveCells, FactLine, millionths
from functions.evaluate.decisions.directory_columns import Directory
from functions.evaluate.decisions.fact_reader import read_facts
from functions.evaluate.decisions.pace_days import Snapshot, comparable_days
from functions.evaluate.decisions.period_column import PeriodColumn
from functions.evaluate.decisions.period_figures import Row, amount
from functions.evaluate.decisions.population import GroupKey
from functions.evaluate.decisions.window_rules import read_columns
from shared.domain.errors import InvalidFacts
from shared.domain.period import Period
from shared.domain.policy import Policy

Files = Iterable[tuple[str, Iterable[bytes]]]
"""Of each file its name and its chunks, each of which ends where a line ends."""

_MILLIONTHS_OF_A_CENT = 10_000


class Gains:
    """Exact gains as fractions, and beside each the nearest float.

    Python divides two integers to the float nearest to the exact quotient. A smaller gain therefore never has
    a larger float; gains with equal floats are compared as the fractions that ``exact_at`` gives.
    """

    def __init__(self) -> None:
        self.nearest = array("d")
        self._tops: list[int] = []
        self._bottoms: list[int] = []

    def __len__(self) -> int:
        return len(self.nearest)

    def add(self, top: int, bottom: int) -> None:
        self.nearest.append(top / bottom)
        self._tops.append(top)
        self._bottoms.append(bottom)

    def exact_at(self, nearest: float) -> Iterator[tuple[int, int]]:
        """The gains whose float is this one, each as numerator and denominator."""
        for value, top, bottom in zip(self.nearest, self._tops, self._bottoms, strict=True):
            if value == nearest:
                yield top, bottom


class History:
    """The final figures of past periods, and the snapshots that were taken while these went on."""

    def __init__(
        self,
        policy: Policy,
        directory: Directory,
        facts: Files,
        snapshots: Mapping[Period, Sequence[Snapshot]],
    ) -> None:
        """``snapshots`` are, for each past period that matters, those dated within it."""
        self._policy = policy
        self._directory = directory
        self._snapshots = snapshots
        columns = read_columns(policy, snapshots, directory, facts, keep_texts=False)
        self.finals: dict[Period, PeriodColumn] = dict(zip(snapshots, columns, strict=True))

    def gains(self, before: Period, share: Fraction) -> dict[GroupKey, Gains]:
        """The gains of the periods before this one, from about this share of each to its end, by group."""
        found: dict[GroupKey, Gains] = defaultdict(Gains)
        oldest = before.ordinal - self._policy.require_pace().history
        for period in self.finals:
            if oldest <= period.ordinal < before.ordinal:
                self._add(found, period, share)
        return dict(found)

    def _add(self, found: dict[GroupKey, Gains], period: Period, share: Fraction) -> None:
        final, directory = self.finals[period], self._directory
        by_day: dict[date, list[Snapshot]] = defaultdict(list)
        for snapshot in self._snapshots[period]:
            by_day[snapshot.day].append(snapshot)
        wanted: Sequence[int] = [
            place
            for place, credited in enumerate(final.credits)
            if credited is not None and directory.in_scope[place]
        ]
        for day in comparable_days(by_day, period, share, self._policy.calendar):
            if not wanted:
                break
            then = CreditsThen(period, directory)
            read_facts({then.name: then}, ((each.name, each.chunks()) for each in by_day[day]))
            for place in wanted:
                credited = then.credits[place]
                if credited is not None and then.currencies[place] == final.currency(place):
                    group = found[directory.cohorts[place].key]
                    group.add(*_gain(final, place, credited))
            wanted = [place for place in wanted if then.credits[place] is None]


def _gain(final: PeriodColumn, place: int, then: int) -> tuple[int, int]:
    """The gain as numerator and denominator; ``then`` are the credits of that day, in millionths."""
    credited, quota, weight = final.credits[place] or 0, final.quotas[place], final.weights.get(place, 1)
    cents, rest = divmod(then, _MILLIONTHS_OF_A_CENT)
    if not rest:
        return credited - cents * weight, quota
    return credited * _MILLIONTHS_OF_A_CENT - then * weight, quota * _MILLIONTHS_OF_A_CENT


class CreditsThen:
    """One period's credits as the snapshots of one day told them, by people's places in the directory.

    Credits are in millionths, None for people of whom the day has no fact.
    """

    def __init__(self, period: Period, directory: Directory) -> None:
        self.name = str(period)
        self.credits: list[int | None] = [None] * len(directory)
        self.currencies: list[str | None] = [None] * len(directory)
        self._places = directory.places
        self._tails = CurrencyAndLeaveCells()

    def put(self, lines: Sequence[FactLine]) -> list[FactLine]:
        """Take this period's facts, and give the others back; ValueError where one is not in its form."""
        others: list[FactLine] = []
        name, tails, places = self.name, self._tails, self._places
        credits, currencies = self.credits, self.currencies
        for line in lines:
            rep, period, _, credited, rest = line
            if period != name:
                others.append(line)
                continue
            currency, _ = tails[rest]
            place = places.get(rep)
            if place is not None:
                credits[place] = millionths(credited)
                currencies[place] = currency
        return others

    def put_row(self, rep: str, row: Row) -> None:
        """Take a fact that is not in the form in which ``read`` writes them."""
        place, credited, currency = self._places.get(rep), amount(row, "credited"), row.get("currency")
        if credited is None or not isinstance(currency, str | None):
            raise InvalidFacts(f"{rep} in {self.name}: a snapshot has no credited amount or no currency")
        if place is not None:
            self.credits[place] = int(credited * 1_000_000)
            self.currencies[place] = currency
