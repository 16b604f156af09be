"""The directory as columns: who there is, by rep id, whether in scope, of which group, and when hired."""

from collections.abc import Iterable
from operator import itemgetter

from functions.evaluate.figures import Row, hire_date
from functions.evaluate.population import Key, group_fields
from functions.evaluate.rules import in_scope, rep_id
from shared.domain.errors import InvalidDirectory
from shared.domain.policy import Policy


class Sort:
    """What people have in common whose scope and group come to the same; each is made once."""

    __slots__ = ("in_scope", "key")

    def __init__(self, scope: bool, key: Key) -> None:
        self.in_scope = scope
        self.key = key


class Directory:
    """Everybody in the order of rep ids; a person's place in it stands for the person everywhere else."""

    def __init__(self, policy: Policy, people: Iterable[Row]) -> None:
        groups = group_fields(policy)
        columns = ("role", "region", "active", *groups)
        sorts: dict[tuple[object, ...], Sort] = {}
        days: dict[str, str] = {}
        found: list[tuple[str, Sort, str]] = []
        cells_of = itemgetter(*columns)
        for person in people:
            try:
                cells = cells_of(person)
            except KeyError:  # `read` writes every column; a directory of another make may leave one out
                cells = tuple(map(person.get, columns))
            sort = sorts.get(cells)
            if sort is None:
                sort = sorts[cells] = Sort(
                    in_scope(policy, person), tuple(person.get(name) for name in groups)
                )
            day = days.get(person.get("hire_date", ""))
            if day is None:
                day = hire_date(person).isoformat()
                days[person["hire_date"]] = day
            found.append((rep_id(person), sort, day))
        found.sort(key=itemgetter(0))
        self.reps = [rep for rep, _, _ in found]
        self.sorts = [sort for _, sort, _ in found]
        self.hired = [day for _, _, day in found]
        """ISO dates."""
        self.places = dict(zip(self.reps, range(len(found)), strict=True))
        if len(self.places) < len(found):
            twice = next(rep for place, rep in enumerate(self.reps) if self.places[rep] != place)
            raise InvalidDirectory(f"{twice!r} stands twice in the people file")

    def __len__(self) -> int:
        return len(self.reps)
