"""The directory as columns: rep ids, scope and groups, and days of hire, ordered by rep id.

Lines in the form that ``plumbline read`` writes are matched by one pattern. All others are parsed as JSON.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import islice, pairwise
from operator import itemgetter, lt
from typing import Final

import orjson

from functions.evaluate.decisions.period_figures import Row, hire_date
from functions.evaluate.decisions.population import GroupKey, group_fields
from functions.evaluate.decisions.rows import people_rows
from functions.evaluate.decisions.scope import in_scope, rep_id
from shared.domain.errors import InvalidDirectory
from shared.domain.policy import Policy

_COLUMNS: Final = (
    *("person_id", "name", "email", "manager_id", "role", "region", "hire_date", "hr_partner_id", "timezone"),
    *("active", "delegate_id", "delegate_from", "delegate_until"),
)
"""The columns in the order in which ``plumbline read`` writes them."""
_FORMS: Final = {"person_id": r'"([^"\\\x00-\x1f]+)"', "hire_date": '"([0-9-]+)"'}
_FORM: Final = r'"[^"\\\x00-\x1f]*"|null'


class Cohort:
    """People who share scope and group values. Each distinct combination is one object."""

    __slots__ = ("in_scope", "key", "role_and_region")

    def __init__(self, policy: Policy, groups: Iterable[str], person: Row) -> None:
        self.in_scope = in_scope(policy, person)
        self.key: GroupKey = tuple(person.get(name) for name in groups)
        self.role_and_region = str(person.get("role")), str(person.get("region"))


class Directory:
    """All people in the order of rep ids. Everywhere else a person is named by their place in it."""

    def __init__(
        self,
        policy: Policy,
        chunks: Iterable[bytes],
        name: str,
        group_by: Sequence[str] | None = None,
    ) -> None:
        """``chunks`` are pieces of the file ``name``. Each piece ends at the end of a line.

        People are grouped by the columns ``group_by``, by default those that the policy's rules use.
        """
        reader = _Reader(policy, group_fields(policy) if group_by is None else group_by)
        reader.read(chunks, name)
        self.reps, self.cohorts, self.hired = reader.reps, reader.cohorts, reader.hired
        """``hired`` are ISO dates."""
        if not all(map(lt, self.reps, islice(self.reps, 1, None))):
            order = sorted(range(len(self)), key=self.reps.__getitem__)
            self.reps = [self.reps[at] for at in order]
            self.cohorts = [self.cohorts[at] for at in order]
            self.hired = [self.hired[at] for at in order]
            for before, after in pairwise(self.reps):
                if before == after:
                    raise InvalidDirectory(f"{after!r} is in the people file twice")
        self.in_scope = bytes([cohort.in_scope for cohort in self.cohorts])
        self.in_order = (*self.reps, "")
        """The rep ids and an empty text, so that every place has a next one."""
        self.places = dict(zip(self.reps, range(len(self.reps)), strict=True))

    def __len__(self) -> int:
        return len(self.reps)


class _Reader:
    """Fills the columns, in the file's order."""

    def __init__(self, policy: Policy, groups: Sequence[str]) -> None:
        shared = tuple(dict.fromkeys(("role", "region", "active", *groups)))
        self.reps: list[str] = []
        self.cohorts: list[Cohort] = []
        self.hired: list[str] = []
        self._shared = tuple(column for column in _COLUMNS if column in shared)
        self._days = _Days()
        self._cohorts = _CohortsByCells(policy, groups, self._shared)
        taken = {column: _FORMS.get(column, f"({_FORM})") for column in ("person_id", "hire_date", *shared)}
        cells = ",".join(f'"{column}":{taken.get(column, f"(?:{_FORM})")}' for column in _COLUMNS)
        # Also matches any other line, with empty cells. An empty cell is not a date, so no line is skipped.
        self._usual = re.compile(rf'\{{"line":[0-9]+,{cells}\}}\n|.*\n')
        order = [column for column in _COLUMNS if column in taken]
        self._rep_of = itemgetter(order.index("person_id"))
        self._day_of = itemgetter(order.index("hire_date"))
        self._cells_of = itemgetter(*map(order.index, self._shared))

    def read(self, chunks: Iterable[bytes], name: str) -> None:
        lines_before = 0
        for chunk in chunks:
            lines = self._read_usual(chunk)
            if not lines:
                for row in people_rows([chunk], name, lines_before):
                    self._add(row)
                lines = chunk.count(b"\n")
            lines_before += lines

    def _read_usual(self, chunk: bytes) -> int:
        """Read all lines of the chunk and return their number, or read none and return 0."""
        try:
            text = chunk.decode()
            if not text.endswith("\n"):
                text += "\n"
            found = self._usual.findall(text)
            hired = list(map(self._days.__getitem__, map(self._day_of, found)))
        except ValueError:
            return 0
        self.hired += hired
        self.reps += map(self._rep_of, found)
        self.cohorts += map(self._cohorts.__getitem__, map(self._cells_of, found))
        return len(found)

    def _add(self, person: Row) -> None:
        rep, hired = rep_id(person), hire_date(person).isoformat()
        for column in self._shared:
            if not isinstance(person.get(column), str | bool | None):
                raise InvalidDirectory(f"{rep}: {column} {person[column]!r} is not text")
        cells = tuple([orjson.dumps(person.get(column)).decode() for column in self._shared])
        self.reps.append(rep)
        self.cohorts.append(self._cohorts[cells])
        self.hired.append(hired)


class _Days(dict[str, str]):
    """Dates in the form YYYY-MM-DD, by their cells."""

    def __missing__(self, cell: str) -> str:
        self[cell] = day = date.fromisoformat(cell).isoformat()
        return day


class _CohortsByCells(dict[tuple[str, ...], Cohort]):
    """``Cohort`` by the cells that decide it, as JSON."""

    def __init__(self, policy: Policy, groups: Iterable[str], columns: tuple[str, ...]) -> None:
        self._policy, self._groups, self._columns = policy, groups, columns

    def __missing__(self, cells: tuple[str, ...]) -> Cohort:
        person = dict(zip(self._columns, map(orjson.loads, cells), strict=True))
        self[cells] = cohort = Cohort(self._policy, self._groups, person)
        return cohort
