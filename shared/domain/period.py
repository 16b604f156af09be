"""Calendar months and quarters, the two kinds of period for which results are reported."""

import calendar
import re
from dataclasses import dataclass
from datetime import date
from typing import Literal, Self

PeriodKind = Literal["month", "quarter"]

_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")
_QUARTER = re.compile(r"([0-9]{4})-Q([1-4])")


@dataclass(frozen=True, order=True, slots=True)
class Period:
    """One calendar month or quarter; ``str()`` gives ``2026-09`` or ``2026-Q3``.

    ``ordinal`` counts the periods of a kind from year 0, so that periods are compared and moved as integers.
    Only periods of the same kind may be compared; a policy uses one kind.
    """

    kind: PeriodKind
    ordinal: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``2026-09`` or ``2026-Q3``; anything else raises ValueError."""
        if found := _MONTH.fullmatch(text):
            return cls("month", int(found[1]) * 12 + int(found[2]) - 1)
        if found := _QUARTER.fullmatch(text):
            return cls("quarter", int(found[1]) * 4 + int(found[2]) - 1)
        raise ValueError(f"{text!r} is neither a month such as 2026-09 nor a quarter such as 2026-Q3")

    @classmethod
    def containing(cls, day: date, kind: PeriodKind) -> Self:
        if kind == "month":
            return cls(kind, day.year * 12 + day.month - 1)
        return cls(kind, day.year * 4 + (day.month - 1) // 3)

    def __str__(self) -> str:
        if self.kind == "month":
            return f"{self.ordinal // 12:04d}-{self.ordinal % 12 + 1:02d}"
        return f"{self.ordinal // 4:04d}-Q{self.ordinal % 4 + 1}"

    @property
    def first_day(self) -> date:
        if self.kind == "month":
            return date(self.ordinal // 12, self.ordinal % 12 + 1, 1)
        return date(self.ordinal // 4, self.ordinal % 4 * 3 + 1, 1)

    @property
    def last_day(self) -> date:
        year = self.first_day.year
        month = self.first_day.month + (0 if self.kind == "month" else 2)
        return date(year, month, calendar.monthrange(year, month)[1])

    @property
    def days(self) -> int:
        """How many calendar days the period has."""
        return (self.last_day - self.first_day).days + 1

    def plus(self, count: int) -> "Period":
        """The period ``count`` later (earlier where negative)."""
        return Period(self.kind, self.ordinal + count)

    def window(self, length: int) -> "list[Period]":
        """The last ``length`` periods up to this one, oldest first, this one included."""
        return [self.plus(step) for step in range(1 - length, 1)]
