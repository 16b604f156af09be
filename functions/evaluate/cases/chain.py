"""Who is asked next: the first seat of a chain, from some step on, with somebody in it who may be asked."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from functions.evaluate.cases.deadlines import due, local_day
from shared.domain.identifiers import PersonId
from shared.domain.ladder import HR_SEATS, Length, Link, Stage
from shared.domain.person import HR_QUEUE, Directory, Person
from shared.domain.policy import Policy
from shared.domain.request import Purpose, Seat

HR_CHAIN: Final = (
    Link(to="hr_partner", within=Length(3, "bd")),
    Link(to="hr_queue", within=Length(5, "bd")),
)
"""Who decides what only HR may decide, where the policy says nothing else."""

MANAGERS_CHAIN: Final = (
    Link(to="manager", within=Length(2, "bd")),
    Link(to="manager", within=Length(1, "bd")),
    Link(to="skip_level", within=Length(2, "bd")),
    *HR_CHAIN,
)
CHECK_IN_WITHIN: Final = Length(2, "bd")
HR_PURPOSES: Final[frozenset[Purpose]] = frozenset(
    {"gate", "dispute", "exception", "withdrawal", "leave", "removal_approval"}
)
"""What HR alone decides."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One person in one seat, and by when they have to answer."""

    seat: Seat
    step: int
    assignee: PersonId
    on_behalf_of: PersonId | None
    due_at: datetime


def stage_chain(stage: Stage) -> Sequence[Link]:
    """Who is asked the stage's own question."""
    return stage.ask.chain if stage.ask is not None else MANAGERS_CHAIN


def hr_chain(stage: Stage) -> Sequence[Link]:
    """Who is asked what HR alone decides: the HR seats of the stage's chain, the queue always at the end."""
    links = [link for link in stage_chain(stage) if link.to in HR_SEATS]
    return links if links and links[-1].to == "hr_queue" else [*links, HR_CHAIN[-1]]


def next_asked(
    chain: Sequence[Link],
    first_step: int,
    rep_id: PersonId,
    barred: Collection[PersonId],
    policy: Policy,
    directory: Directory,
    now: datetime,
) -> tuple[Asked, tuple[Seat, ...]]:
    """Who is asked from ``first_step`` on, and the empty seats that were passed over on the way.

    Nobody is asked about their own case, nor anybody ``barred``. Past the chain's end HR's queue is asked,
    again and again: that seat is never empty, so a case never lacks an owner.
    """
    empty: list[Seat] = []
    for step in range(first_step, len(chain)):
        link = chain[step]
        found = _in_seat(link.to, rep_id, barred, policy, directory, now)
        if found is not None:
            return _asked(link.to, step, found, link.within, policy, directory, now), tuple(empty)
        empty.append(link.to)
    last = chain[-1].within if chain[-1].to == "hr_queue" else HR_CHAIN[-1].within
    step = max(first_step, len(chain))
    return _asked("hr_queue", step, (HR_QUEUE, None), last, policy, directory, now), tuple(empty)


def responsible(rep_id: PersonId, policy: Policy, directory: Directory, now: datetime) -> PersonId:
    """Who looks after a case while no question stands: the lowest filled seat above the rep."""
    seats: tuple[Seat, ...] = ("manager", "skip_level", "hr_partner")
    for seat in seats:
        found = _in_seat(seat, rep_id, (), policy, directory, now)
        if found is not None:
            return found[0]
    return HR_QUEUE


def hr_of(rep_id: PersonId, policy: Policy, directory: Directory, now: datetime) -> PersonId:
    """Who in HR is told about the rep's case."""
    found = _in_seat("hr_partner", rep_id, (), policy, directory, now)
    return HR_QUEUE if found is None else found[0]


def asked_in(
    seat: Seat,
    step: int,
    within: Length,
    rep_id: PersonId,
    policy: Policy,
    directory: Directory,
    now: datetime,
) -> Asked | None:
    """The person in one seat, with their deadline; None where it is empty."""
    found = _in_seat(seat, rep_id, (), policy, directory, now)
    return None if found is None else _asked(seat, step, found, within, policy, directory, now)


def _in_seat(
    seat: Seat,
    rep_id: PersonId,
    barred: Collection[PersonId],
    policy: Policy,
    directory: Directory,
    now: datetime,
) -> tuple[PersonId, PersonId | None] | None:
    """Who answers for the seat today, and on whose behalf where it is a delegate."""
    if seat == "hr_queue":
        return None if HR_QUEUE in barred else (HR_QUEUE, None)
    person = _holder(seat, rep_id, directory)
    if person is None:
        return None
    closed = {rep_id, *barred}
    delegate = directory.delegate_of(person, local_day(now, person.timezone or policy.calendar.timezone))
    # Who stands in acts in the seat's name, so a seat whose holder is barred is barred whole.
    if person.id in closed:
        return None
    if delegate is not None and delegate.id not in closed:
        return delegate.id, person.id
    return person.id, None


def _holder(seat: Seat, rep_id: PersonId, directory: Directory) -> Person | None:
    match seat:
        case "manager":
            return directory.manager_of(rep_id)
        case "skip_level":
            return directory.skip_level_of(rep_id)
        case "hr_partner":
            return directory.hr_partner_of(rep_id)
        case "rep" | "hr_queue":
            return None


def _asked(
    seat: Seat,
    step: int,
    who: tuple[PersonId, PersonId | None],
    within: Length,
    policy: Policy,
    directory: Directory,
    now: datetime,
) -> Asked:
    assignee, on_behalf_of = who
    person = directory.person(assignee)
    place = policy.calendar
    zone = (person.timezone if person is not None else None) or place.timezone
    return Asked(
        seat,
        step,
        assignee,
        on_behalf_of,
        due(now, within, zone, place.country, place.subdivision, policy.period),
    )
