"""Erases a person from the in-memory store. Passes the same contract tests as the adapter."""

from dataclasses import dataclass, field

from shared.domain.case import CaseStatus
from shared.domain.erasure import erased_case, erased_request
from shared.domain.event import parse_event
from shared.domain.identifiers import PersonId
from shared.ports import Erasure
from tests.fakes.store import FakeStore


@dataclass
class FakePersonalData:
    """A person has a key after the first sealed event. ``dies`` makes the next erasure crash."""

    store: FakeStore
    dies: bool = False
    carried_out: dict[PersonId, int] = field(default_factory=dict)

    def erasure(self, person: PersonId) -> Erasure:
        return Erasure(bool(self._sealed_for(person)), self.carried_out.get(person, 0))

    def erase(self, person: PersonId, ordered_by: int) -> None:
        if self.dies:
            self.dies = False
            raise ConnectionError("the table went away")
        state = self.store._state
        for case in list(self.store.cases_of(person)):
            if case.status is not CaseStatus.CLOSED:
                continue
            state.cases[case.id] = erased_case(case)
            for request in self.store.requests_of(case.id):
                state.requests[request.id] = erased_request(request)
        if self.carried_out.get(person, 0) < ordered_by:
            for body in self._sealed_for(person):
                del self.store._private[body]
            self.carried_out[person] = ordered_by

    def _sealed_for(self, person: PersonId) -> list[bytes]:
        sealed = [(body, parse_event(body).private) for body in self.store._private]
        return [body for body, private in sealed if private is not None and private.key == person]
