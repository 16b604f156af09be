"""Runs the use cases of cases on fakes: store, clock, files, workflow, and people who answer."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

import orjson

from functions.evaluate.advance_case import advance_case, wait_for_case
from functions.evaluate.commit_step import Casework
from functions.evaluate.open_case import open_cases
from functions.evaluate.reconcile_cases import Reconciled, reconcile_cases
from shared.domain import paths
from shared.domain.answering import answering
from shared.domain.case import Case, CaseStatus
from shared.domain.change import Change
from shared.domain.effect import Notice, NoticeKind, StartWorkflow, WakeWorkflow, sent_command
from shared.domain.identifiers import CaseId, CommandId, EvaluationId, PersonId, PolicyRef
from shared.domain.person import Directory
from shared.domain.policy import parse_policy, policy_digest
from shared.domain.request import Answer, Request
from tests.fakes.builders import a_plan
from tests.fakes.clock import FakeClock
from tests.fakes.store import FakeStore
from tests.fakes.world import FakeDirectories, FakeFiles, FakePolicies, FakeTaskTokens, FakeWorkflow
from tests.unit.evaluate.case_life import FRIDAY, POLICY_TEXT, directory

DIGEST = policy_digest(POLICY_TEXT.encode())


class Office:
    def __init__(self, people: Directory | None = None) -> None:
        self.clock = FakeClock(FRIDAY)
        self.store = FakeStore(self.clock)
        self.files = FakeFiles()
        self.policies = FakePolicies((parse_policy(POLICY_TEXT, "field-sales"), POLICY_TEXT.encode()))
        self.directories = FakeDirectories(people or directory())
        self.tokens = FakeTaskTokens()
        self.workflow = FakeWorkflow()
        self.mails_leave = True
        self.work = Casework(self.store, self.files, self.directories, self.policies, self.clock)

    @property
    def case(self) -> Case:
        """The only case there is."""
        found = [*self.store.cases(CaseStatus.OPEN), *self.store.cases(CaseStatus.CLOSED)]
        assert len(found) == 1
        return found[0]

    @property
    def asked(self) -> Request:
        request = self.case.request_id
        assert request is not None
        return self.store.request(request)

    def evaluated(
        self, name: str, decisions: Iterable[Mapping[str, Any]], *, opens_cases: bool = True
    ) -> dict[str, int]:
        """An evaluation whose list holds these decisions; what opening and feeding made of it."""
        evaluation = EvaluationId(name)
        listed = list(decisions)
        if paths.flagged(evaluation) not in self.files:
            plan = a_plan(
                name,
                policy=PolicyRef("field-sales@1"),
                policy_digest=DIGEST,
                period=listed[0]["period"],
                opens_cases=opens_cases,
            )
            command = CommandId(f"plan-{name}")
            self.store.commit(Change(command=command, result=name, events=(), planned=plan))
            self.files.write(paths.flagged(evaluation), orjson.dumps(listed))
        return open_cases(evaluation, 0, len(listed), self.work)

    def answer(
        self,
        choice: str,
        known_by: Literal["link", "link+code", "cognito"] = "link",
        by: str | None = None,
    ) -> None:
        """What the response page commits; the case itself does not change yet."""
        given = Answer(
            choice=choice,
            reason="because of the pipeline",
            answered_by=PersonId(by or self.asked.assignee),
            authenticated_by=known_by,
            answered_at=self.clock.now(),
        )
        self.store.commit(answering(self.case, self.asked, given))

    def _carry(self) -> None:
        """Let every mail leave, as the relay records it."""
        for effect in self.store.effects:
            if isinstance(effect, Notice) and self.mails_leave:
                sent = sent_command(effect.id)
                self.store.commit(Change(command=sent, result=effect.model_dump_json(), events=()))

    def advance(self, generation: int | None = None, turn: int = 0) -> dict[str, Any]:
        self._carry()
        case = self.case
        return advance_case(case.id, generation or case.generation, turn, self.work)

    def wait(self, token: str, version: int | None = None, generation: int | None = None) -> bool:
        self._carry()
        case = self.case
        return wait_for_case(
            case.id,
            generation or case.generation,
            version or case.version,
            token,
            self.work,
            self.tokens,
            self.workflow.wake,
        )

    def reconcile(self) -> Reconciled:
        self._carry()
        return reconcile_cases(self.work, self.store, self.workflow)

    def relay(self) -> None:
        """Carry out what the outbox asks of workflows; mails are only counted as done."""
        for row in self.store.pending(1000):
            match row.effect:
                case StartWorkflow(case_id=case_id, generation=generation):
                    self.workflow.start(case_id, generation)
                case WakeWorkflow(case_id=case_id):
                    token = self.tokens.take(CaseId(case_id))
                    if token is not None:
                        self.workflow.wake(token)
                case _:
                    pass  # notices are delivered elsewhere
            self.store.done(row.effect.id)

    def mailed(self, kind: NoticeKind) -> int:
        return sum(getattr(effect, "notice", None) is kind for effect in self.store.effects)
