"""People and their managers, HR partners and delegates, according to one version of the directory."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Self

from shared.domain.identifiers import BatchId, PersonId
from shared.domain.policy import Policy

NameOf = Callable[[str], str]
"""Turns a person's id into a name. For a reader who may not see names it returns the id."""

HR_QUEUE = PersonId("hr-queue")
"""The HR team's shared queue: the last owner of a case. This seat is never empty."""
HR_QUEUE_NAME: Final = "HR’s shared queue"
"""What mails, pages, the API and the record call it."""


@dataclass(frozen=True, slots=True)
class Person:
    id: PersonId
    name: str
    email: str
    role: str
    region: str
    hire_date: date
    manager_id: PersonId | None
    hr_partner_id: PersonId | None
    timezone: str | None
    active: bool
    delegate_id: PersonId | None
    delegate_from: date | None
    delegate_until: date | None

    @classmethod
    def from_row(cls, row: Mapping[str, str | None]) -> Self:
        """A person from an accepted ``people`` row, whose cells were checked when it was read."""
        return cls(
            id=PersonId(row["person_id"] or ""),
            name=row["name"] or "",
            email=row["email"] or "",
            role=row["role"] or "",
            region=row["region"] or "",
            hire_date=date.fromisoformat(row["hire_date"] or ""),
            manager_id=_id(row["manager_id"]),
            hr_partner_id=_id(row["hr_partner_id"]),
            timezone=row["timezone"],
            active=row["active"] != "false",
            delegate_id=_id(row["delegate_id"]),
            delegate_from=_date(row["delegate_from"]),
            delegate_until=_date(row["delegate_until"]),
        )


@dataclass(frozen=True, slots=True)
class Directory:
    """Everybody, according to the people batch ``version``."""

    version: BatchId
    people: Mapping[PersonId, Person] = field(repr=False)

    @classmethod
    def from_rows(cls, version: BatchId, rows: Iterable[Mapping[str, str | None]]) -> Self:
        people = (Person.from_row(row) for row in rows)
        return cls(version, {person.id: person for person in people})

    def person(self, person_id: PersonId | None) -> Person | None:
        return None if person_id is None else self.people.get(person_id)

    def living(self, person_id: PersonId | None) -> Person | None:
        """The person, if the directory has them and they are still with the company."""
        person = self.person(person_id)
        return person if person is not None and person.active else None

    def manager_of(self, person_id: PersonId) -> Person | None:
        person = self.person(person_id)
        return None if person is None else self.living(person.manager_id)

    def skip_level_of(self, person_id: PersonId) -> Person | None:
        """The manager's manager, even where the manager has left."""
        person = self.person(person_id)
        manager = None if person is None else self.person(person.manager_id)
        return None if manager is None else self.living(manager.manager_id)

    def hr_partner_of(self, person_id: PersonId) -> Person | None:
        person = self.person(person_id)
        return None if person is None else self.living(person.hr_partner_id)

    def delegate_of(self, person: Person, day: date) -> Person | None:
        """The person's delegate on that day. Both ends are included; an empty end is open."""
        if person.delegate_from is not None and day < person.delegate_from:
            return None
        if person.delegate_until is not None and day > person.delegate_until:
            return None
        return self.living(person.delegate_id)


def name_of(person_id: str, directory: Directory | None) -> str:
    """The person's name; the id itself where the directory does not have the person."""
    if person_id == HR_QUEUE:
        return HR_QUEUE_NAME
    person = None if directory is None else directory.person(PersonId(person_id))
    return person_id if person is None else person.name


def timezone_of(person: PersonId | None, policy: Policy | None, directory: Directory | None) -> str:
    """The time zone for a person's mails and pages: their own, else the policy's, else UTC."""
    known = None if directory is None else directory.person(person)
    if known is not None and known.timezone:
        return known.timezone
    return "UTC" if policy is None else policy.calendar.timezone


def _id(cell: str | None) -> PersonId | None:
    return None if cell is None else PersonId(cell)


def _date(cell: str | None) -> date | None:
    return None if cell is None else date.fromisoformat(cell)
