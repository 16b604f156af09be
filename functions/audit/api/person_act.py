"""What an administrator does to a person's record: who may, to whom, on which state of their chain."""

from collections.abc import Iterable
from dataclasses import dataclass

from functions.audit.caller import Caller, Group
from functions.audit.sources import Sources
from shared.domain.errors import Forbidden, NotFound
from shared.domain.event import Event, EventDraft, EventTag, parse_event
from shared.domain.identifiers import CommandId, PersonId, person_subject
from shared.domain.typed_reason import typed_reason
from shared.ports import PersonalData


@dataclass(frozen=True, slots=True)
class PersonAct:
    """One act of an administrator on the record of a person, with the reason that they typed."""

    sources: Sources
    personal_data: PersonalData
    caller: Caller
    by: PersonId
    person: PersonId
    reason: str

    @classmethod
    def of(
        cls, sources: Sources, personal_data: PersonalData, caller: Caller, person: PersonId, reason: str
    ) -> "PersonAct":
        """Raises Forbidden where it is not the caller's to do, NotFound where nothing is known of the person.

        So a mistyped id is never taken for a success.
        """
        caller.require(Group.HR_ADMIN)
        if caller.person_id is None:
            raise Forbidden("this account stands for no person of the directory, so it cannot act on one")
        act = cls(sources, personal_data, caller, caller.person_id, person, typed_reason(reason))
        act.require_others([person])
        return act

    def require_others(self, people: Iterable[PersonId]) -> None:
        """Raises Forbidden for acts on oneself, NotFound for somebody of whom there is no trace."""
        for person in people:
            if person == self.by:
                raise Forbidden("nobody acts on their own record")
            erasure = self.personal_data.erasure(person)
            known = erasure.has_key or erasure.carried_out or self.sources.directory().person(person)
            if not known and not any(True for _ in self.sources.store.cases_of(person)):
                raise NotFound(f"no person {person}")

    def chain(self, person: PersonId | None = None) -> list[Event]:
        """The person's own chain of events, or another's."""
        return [
            parse_event(body) for body in self.sources.store.events(person_subject(person or self.person))
        ]

    def event(
        self, tag: EventTag, command: CommandId, data: dict[str, object], about: PersonId | None = None
    ) -> EventDraft:
        """The event in the person's chain, with the reason; or, without it, in the chain of a comparator.

        The reason is sealed under the key of whoever typed it: under the person's own it would not outlive
        a shredding that it is the reason for.
        """
        return EventDraft(
            tag=tag,
            subject=person_subject(about or self.person),
            occurred_at=self.sources.clock.now(),
            actor=self.caller.actor,
            command=command,
            data=data,
            private={"reason": self.reason} if about is None else None,
            person=self.by,
        )
