"""Where a directory leaves nobody to ask: circles of managers, and people without an HR partner. Pure.

A directory with such faults is taken all the same: questions go on along the chain, in the end to HR's queue.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

NAMED: Final = 20
"""How many people, or circles, are named; the rest is counted."""

Row = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class DirectoryFaults:
    """``circles``: people each of whom answers to the next, and the last to the first.

    ``without_hr_partner``: whoever answers to a manager of the directory and has no living HR partner in it.
    """

    circles: tuple[tuple[str, ...], ...]
    without_hr_partner: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.circles or self.without_hr_partner)

    def counts(self) -> dict[str, int]:
        return {
            "circles_of_managers": len(self.circles),
            "without_hr_partner": len(self.without_hr_partner),
        }

    def in_words(self) -> dict[str, str]:
        """How many of each kind, with the first by their ids; a kind without any is left out."""
        circles = [" > ".join((*circle, circle[0])) for circle in self.circles]
        told = {"circles_of_managers": circles, "without_hr_partner": self.without_hr_partner}
        return {kind: f"{len(each)}: {_first(each)}" for kind, each in told.items() if each}


def directory_faults(rows: Iterable[Row]) -> DirectoryFaults:
    """The faults among the living of accepted ``people`` rows, in the order of ids."""
    living = {row["person_id"] or "": row for row in rows if row["active"] != "false"}
    managers = {person: row["manager_id"] for person, row in living.items()}
    alone = sorted(
        person
        for person, row in living.items()
        if managers[person] in living and row["hr_partner_id"] not in living
    )
    return DirectoryFaults(tuple(sorted(_circles(managers))), tuple(alone))


def _circles(managers: Mapping[str, str | None]) -> Iterable[tuple[str, ...]]:
    """Each circle once, beginning with its least id. Everybody is looked at once, however deep it goes."""
    done: set[str] = set()
    for start in managers:
        way: dict[str, None] = {}
        person: str | None = start
        while person is not None and person in managers and person not in done and person not in way:
            way[person] = None
            person = managers[person]
        if person in way:
            on_the_way = list(way)
            circle = on_the_way[on_the_way.index(person) :]
            first = circle.index(min(circle))
            yield (*circle[first:], *circle[:first])
        done.update(way)


def _first(names: Iterable[str]) -> str:
    listed = list(names)
    return ", ".join(listed[:NAMED]) + (", ..." if len(listed) > NAMED else "")
