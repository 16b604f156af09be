"""The directory as columns: who there is, by rep id, whether in scope, of which group, and when hired.

Lines in the very form in which ``read`` writes them are taken apart by one pattern; every other as JSON.
"""

import re
from collections.abc import Iterable
from datetime import date
from itertools import islice, pairwise
from operator import itemgetter, lt
from typing import Final

import orjson

from functions.evaluate.decisions.period_figures import Row, hire_date
from functions.evaluate.decisions.population import Key, group_fields
from functions.evaluate.decisions.rows import people_rows
from functions.evaluate.decisions.scope import in_scope, rep_id
from shared.domain.errors import InvalidDirectory
from shared.domain.policy import Policy

_COLUMNS: Final = (
    *("person_id", "name", "email", "manager_id", "role", "region", "hire_date", "hr_partner_id", "timezone"),
    *("active", "delegate_id", "delegate_from", "delegate_until"),
)
"""In the order in which ``read`` writes them."""
_FORMS: Final = {"person_id": r'"([^"\\\x00-\x1f]+)"', "hire_date": '"([0-9-]+)"'}
_FORM: Final = r'"[^"\\\x00-\x1f]*"|null'


class Sort:
    """What people have in common whose scope and group come to the same; each is made once."""

    __slots__ = ("in_scope", "key", "role_and_region")

    def __init__(self, policy: Policy, groups: Iterable[str], person: Row) -> None:
        self.in_scope = in_scope(policy, person)
        self.key: Key = tuple(person.get(name) for name in groups)
        self.role_and_region = str(person.get("role")), str(person.get("region"))


class Directory:
    """Everybody in the order of rep ids; a person's place in it stands for the person everywhere else."""

    def __init__(self, policy: Policy, chunks: Iterable[bytes], name: str) -> None:
        """``chunks`` are pieces of the file of this name, each of which ends where a line ends."""
        reader = _Reader(policy)
        reader.read(chunks, name)
        self.reps, self.sorts, self.hired = reader.reps, reader.sorts, reader.hired
        """``hired`` are ISO dates."""
        if not all(map(lt, self.reps, islice(self.reps, 1, None))):
            order = sorted(range(len(self)), key=self.reps.__getitem__)
            self.reps = [self.reps[at] for at in order]
            self.sorts = [self.sorts[at] for at in order]
            self.hired = [self.hired[at] for at in order]
            for before, after in pairwise(self.reps):
                if before == after:
                    raise InvalidDirectory(f"{after!r} stands twice in the people file")
        self.in_scope = bytes([sort.in_scope for sort in self.sorts])
        self.in_order = (*self.reps, "")
        """With nobody at the end, so that everybody has a next."""
        self.places = dict(zip(self.reps, range(len(self.reps)), strict=True))

    def __len__(self) -> int:
        return len(self.reps)


class _Reader:
    """Fills columns, in the file's order."""

    def __init__(self, policy: Policy) -> None:
        groups = group_fields(policy)
        shared = tuple(dict.fromkeys(("role", "region", "active", *groups)))
        self.reps: list[str] = []
        self.sorts: list[Sort] = []
        self.hired: list[str] = []
        self._shared = tuple(column for column in _COLUMNS if column in shared)
        self._days = _Days()
        self._sorts = _Sorts(policy, groups, self._shared)
        taken = {column: _FORMS.get(column, f"({_FORM})") for column in ("person_id", "hire_date", *shared)}
        cells = ",".join(f'"{column}":{taken.get(column, f"(?:{_FORM})")}' for column in _COLUMNS)
        # A stray line is found, too, but with nothing in its cells, which is no date.
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
        """Take all of the chunk's lines, and say how many, or none."""
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
        self.sorts += map(self._sorts.__getitem__, map(self._cells_of, found))
        return len(found)

    def _add(self, person: Row) -> None:
        rep, hired = rep_id(person), hire_date(person).isoformat()
        for column in self._shared:
            if not isinstance(person.get(column), str | bool | None):
                raise InvalidDirectory(f"{rep}: {column} {person[column]!r} is no text")
        cells = tuple([orjson.dumps(person.get(column)).decode() for column in self._shared])
        self.reps.append(rep)
        self.sorts.append(self._sorts[cells])
        self.hired.append(hired)


class _Days(dict[str, str]):
    """Dates as they are written in ISO's usual form."""

    def __missing__(self, cell: str) -> str:
        self[cell] = day = date.fromisoformat(cell).isoformat()
        return day


class _Sorts(dict[tuple[str, ...], Sort]):
    """By the cells that people have in common, as JSON."""

    def __init__(self, policy: Policy, groups: Iterable[str], columns: tuple[str, ...]) -> None:
        self._policy, self._groups, self._columns = policy, groups, columns

    def __missing__(self, cells: tuple[str, ...]) -> Sort:
        person = dict(zip(self._columns, map(orjson.loads, cells), strict=True))
        self[cells] = sort = Sort(self._policy, self._groups, person)
        return sort
