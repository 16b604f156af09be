"""The verifier's rules about cases, held against every life that the core lets a case live."""

from collections.abc import Callable
from functools import partial
from typing import Any

from hypothesis import settings
from hypothesis.stateful import invariant

from functions.audit.verify.case_rules import CaseRules
from shared.domain.event import Actor, ActorKind, EventDraft, EventTag, stamp
from shared.domain.identifiers import CommandId, Subject
from tests.unit.evaluate.case_life import Life
from tests.unit.evaluate.test_escalation_properties import CaseLife


def answer_on_record(life: Life, answer: Callable[..., Life], choice: str, **how: Any) -> Life:
    """The answer, with the event that the response page writes before the case takes it in."""
    request = how.get("request") or life.asked
    event = EventDraft(
        tag=EventTag.REQUEST_ANSWERED,
        subject=Subject("case/c-1"),
        occurred_at=life.now,
        actor=Actor(ActorKind.PERSON, how.get("by") or request.assignee),
        command=CommandId(f"answer-{request.id}"),
        data={"request": request.id},
    )
    life.events.append(event)
    return answer(choice, **how)


class CaseLifeOnRecord(CaseLife):
    """The life of a case as the core's own test makes it up, read by the verifier's rules after each step."""

    @property
    def life(self) -> Life:
        return self._life

    @life.setter
    def life(self, life: Life) -> None:
        self._life = life
        life.answer = partial(answer_on_record, life, life.answer)  # type: ignore[method-assign] # to listen in

    @invariant()
    def the_record_of_an_honest_case_breaks_no_rule(self) -> None:
        rules = CaseRules()
        for sequence, event in enumerate(self.life.events, 1):
            value = {
                "tag": event.tag.value,
                "sequence": sequence,
                "data": dict(event.data),
                "occurred_at": stamp(event.occurred_at),
                "actor": {"id": event.actor.id},
            }
            assert not list(rules.faults(value)), (value, [str(one.tag) for one in self.life.events])


TestCaseLifeOnRecord = CaseLifeOnRecord.TestCase
TestCaseLifeOnRecord.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
