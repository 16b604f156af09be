"""Finds who is asked next: the first seat of a chain whose holder may be asked, and by when they answer."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from functions.evaluate.cases.deadlines import due, local_day
from shared.domain.identifiers import PersonId
from shared.domain.ladder import HR_SEATS, Length, Link, Stage
from shared.domain.person import HR_QUEUE, Directory, Person
from shared.domain.policy import Policy
from shared.domain.request import Purpose, Request, Seat

HR_CHAIN: Final = (
    Link(to="hr_partner", within=Length(3, "bd")),
    Link(to="hr_queue", within=Length(5, "bd")),
)
"""Who decides HR's own questions, unless the policy says otherwise."""

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
"""The questions that only HR decides."""


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
    """Who is asked HR's own questions: the HR seats of the stage's chain, and always the HR queue last."""
    links = [link for link in stage_chain(stage) if link.to in HR_SEATS]
    return links if links and links[-1].to == "hr_queue" else [*links, HR_CHAIN[-1]]


@dataclass(frozen=True, slots=True)
class Seats:
    """The seats around one rep, as the directory and the policy fill them at one instant."""

    rep_id: PersonId
    policy: Policy
    directory: Directory
    now: datetime

    def next_asked(
        self, chain: Sequence[Link], first_step: int, barred: Collection[PersonId]
    ) -> tuple[Asked, tuple[Seat, ...]]:
        """Who is asked from ``first_step`` on, and the empty seats that were passed over on the way.

        Nobody is asked about their own case, nor anybody ``barred``. After the chain's end the HR queue is
        asked again and again. That seat is never empty, so a case always has an owner.
        """
        empty: list[Seat] = []
        for step in range(first_step, len(chain)):
            link = chain[step]
            found = self._in_seat(link.to, barred)
            if found is not None:
                return self._asked(link.to, step, found, link.within), tuple(empty)
            empty.append(link.to)
        last = chain[-1].within if chain[-1].to == "hr_queue" else HR_CHAIN[-1].within
        step = max(first_step, len(chain))
        return self._asked("hr_queue", step, (HR_QUEUE, None), last), tuple(empty)

    def responsible(self) -> PersonId:
        """Who owns a case while no question stands: the lowest filled seat above the rep."""
        seats: tuple[Seat, ...] = ("manager", "skip_level", "hr_partner")
        for seat in seats:
            found = self._in_seat(seat)
            if found is not None:
                return found[0]
        return HR_QUEUE

    def keeps(self, request: Request) -> bool:
        """Whether the question is still with the holder of its seat, or with their stand-in.

        A delegation that begins or ends moves no question: whoever was asked keeps it until its deadline.
        """
        if request.seat == "rep" or request.assignee == HR_QUEUE:
            return True
        if self.directory.living(request.assignee) is None:
            return False
        holder = self._holder(request.seat)
        return holder is not None and holder.id in (request.assignee, request.on_behalf_of)

    def hr(self) -> PersonId:
        """Who in HR is told about the rep's case."""
        found = self._in_seat("hr_partner")
        return HR_QUEUE if found is None else found[0]

    def asked_in(self, seat: Seat, within: Length) -> Asked | None:
        """The person in one seat, with their deadline; None where the seat is empty."""
        found = self._in_seat(seat)
        return None if found is None else self._asked(seat, 0, found, within)

    def deadline(self, person_id: PersonId, length: Length) -> datetime:
        """When a length that begins now is over, in the person's own time zone or else the policy's."""
        person, place = self.directory.person(person_id), self.policy.calendar
        zone = (person.timezone if person is not None else None) or place.timezone
        return due(self.now, length, zone, place.country, place.subdivision, self.policy.period)

    def _in_seat(
        self, seat: Seat, barred: Collection[PersonId] = ()
    ) -> tuple[PersonId, PersonId | None] | None:
        """Who answers for the seat today, and for whom where that is a delegate."""
        if seat == "hr_queue":
            return None if HR_QUEUE in barred else (HR_QUEUE, None)
        holder = self._holder(seat)
        closed = {self.rep_id, *barred}
        # A delegate acts in the holder's name, so barring the holder bars the delegate too.
        if holder is None or holder.id in closed:
            return None
        today = local_day(self.now, holder.timezone or self.policy.calendar.timezone)
        delegate = self.directory.delegate_of(holder, today)
        if delegate is not None and delegate.id not in closed:
            return delegate.id, holder.id
        return holder.id, None

    def _holder(self, seat: Seat) -> Person | None:
        match seat:
            case "manager":
                return self.directory.manager_of(self.rep_id)
            case "skip_level":
                return self.directory.skip_level_of(self.rep_id)
            case "hr_partner":
                return self.directory.hr_partner_of(self.rep_id)
            case "rep" | "hr_queue":
                return None

    def _asked(self, seat: Seat, step: int, who: tuple[PersonId, PersonId | None], within: Length) -> Asked:
        assignee, on_behalf_of = who
        return Asked(seat, step, assignee, on_behalf_of, self.deadline(assignee, within))
