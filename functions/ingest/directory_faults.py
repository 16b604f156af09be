"""Find the people of a directory who lack somebody to ask: circles of managers, no HR partner. Pure.

A directory with such faults is accepted: a question escalates along the chain, at the latest to the HR queue.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

NAMED: Final = 20
"""The most people, or circles, that a notice names. It counts all of them."""

Row = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class DirectoryFaults:
    """``circles``: each person reports to the next, and the last to the first.

    ``without_hr_partner``: people who report to an active manager but have no active HR partner.
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
        """For each kind that was found: the number, and the first ids."""
        circles = [" > ".join((*circle, circle[0])) for circle in self.circles]
        found = {"circles_of_managers": circles, "without_hr_partner": self.without_hr_partner}
        return {kind: f"{len(each)}: {_first(each)}" for kind, each in found.items() if each}


def directory_faults(rows: Iterable[Row]) -> DirectoryFaults:
    """The faults among the active people of accepted ``people`` rows, in the order of ids."""
    active = {row["person_id"] or "": row for row in rows if row["active"] != "false"}
    managers = {person: row["manager_id"] for person, row in active.items()}
    without_partner = sorted(
        person
        for person, row in active.items()
        if managers[person] in active and row["hr_partner_id"] not in active
    )
    return DirectoryFaults(tuple(sorted(_circles(managers))), tuple(without_partner))


def _circles(managers: Mapping[str, str | None]) -> Iterable[tuple[str, ...]]:
    """Each circle once, beginning with its lowest id. Linear in the number of people."""
    done: set[str] = set()
    for start in managers:
        path: dict[str, None] = {}
        person: str | None = start
        while person is not None and person in managers and person not in done and person not in path:
            path[person] = None
            person = managers[person]
        if person in path:
            people = list(path)
            circle = people[people.index(person) :]
            first = circle.index(min(circle))
            yield (*circle[first:], *circle[:first])
        done.update(path)


def _first(names: Iterable[str]) -> str:
    listed = list(names)
    return ", ".join(listed[:NAMED]) + (", ..." if len(listed) > NAMED else "")
