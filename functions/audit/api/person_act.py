"""An HR administrator's act on a person's record: its permissions, its checks and its events."""

from collections.abc import Iterable
from dataclasses import dataclass

from functions.audit import rights
from functions.audit.caller import Caller
from functions.audit.rights import Resource
from functions.audit.sources import Sources, admit
from shared.domain.errors import NotFound
from shared.domain.event import Event, EventDraft, EventTag, parse_event
from shared.domain.identifiers import CommandId, PersonId, person_subject
from shared.domain.typed_reason import typed_reason
from shared.ports import PersonalData


@dataclass(frozen=True, slots=True)
class PersonAct:
    """One act of an HR administrator on a person's record, with the reason that they typed."""

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
        """Raises Forbidden if the caller may not do this, and NotFound for an unknown person.

        A mistyped id therefore never looks like a success.
        """
        admit(sources, caller, Resource.PERSON)
        act = cls(sources, personal_data, caller, caller.person, person, typed_reason(reason))
        act.require_others([person])
        return act

    def require_others(self, people: Iterable[PersonId]) -> None:
        """Raises Forbidden for an act on oneself, and NotFound for a person of whom nothing is known."""
        directory = self.sources.directory()
        for person in people:
            relation = rights.relation_to_person(self.caller, person, directory)
            rights.require(self.caller, Resource.PERSON, relation, directory)
            erasure = self.personal_data.erasure(person)
            known = erasure.has_key or erasure.carried_out or directory.person(person)
            if not known and not any(True for _ in self.sources.store.cases_of(person)):
                raise NotFound(f"no person {person}")

    def chain(self, person: PersonId | None = None) -> list[Event]:
        """The chain of events of the act's person, or of another ``person``."""
        return [
            parse_event(body) for body in self.sources.store.events(person_subject(person or self.person))
        ]

    def event(
        self, tag: EventTag, command: CommandId, data: dict[str, object], about: PersonId | None = None
    ) -> EventDraft:
        """The event with its reason, in the person's chain; or without a reason, in the chain of ``about``.

        The reason is sealed under the key of the administrator who typed it. Under the person's own key,
        shredding would erase the reason for the shredding.
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
