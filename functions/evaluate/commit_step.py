"""Loads the context of a case step and commits its result."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from functions.evaluate.cases.escalation import step
from functions.evaluate.cases.requests import mails_about
from functions.evaluate.cases.step_draft import Step, wake_workflow
from functions.evaluate.cases.triggers import Context, Trigger
from shared.domain.canonical import digest as digest_of
from shared.domain.case import Case
from shared.domain.change import Change
from shared.domain.effect import WakeWorkflow, sent_command
from shared.domain.event import Actor, ActorKind
from shared.domain.identifiers import CommandId, derived_id
from shared.domain.policy import policy_json
from shared.domain.request import Request, RequestStatus
from shared.ports import CaseStore, Clock, Directories, Files, Policies

EVALUATE: Final = Actor(ActorKind.SYSTEM, "evaluate")


@dataclass(frozen=True, slots=True)
class Casework:
    store: CaseStore
    files: Files
    directories: Directories
    policies: Policies
    clock: Clock

    def context(self, digest: str, case: Case | None, command: str) -> Context:
        requests = [] if case is None else [self.store.request(request) for request in case.standing]
        (policy, text), now = self.policies.used(digest), self.clock.now()
        return Context(
            policy=policy,
            policy_digest=digest,
            policy_json=digest_of(policy_json(text)),
            policy_ended=self.policies.ended(policy.policy, now),
            directory=self.directories.current(),
            now=now,
            command=CommandId(command),
            actor=EVALUATE,
            standing={request.id: request for request in requests},
            instructions=() if case is None else self.store.instructions(case.id),
            unmailed={request.id for request in requests if self._unmailed(request, now)},
        )

    def _unmailed(self, request: Request, now: datetime) -> bool:
        """Whether the request is overdue and its mail has not left. Only overdue ones are looked up."""
        if request.status is not RequestStatus.OPEN or now < request.due_at:
            return False
        return all(self.store.outcome(sent_command(mail)) is None for mail in mails_about(request))

    def carry_out(self, case: Case | None, trigger: Trigger, context: Context, *, wake: bool = False) -> Case:
        """Decide the step and commit it. ``wake``: also wake the workflow, where something else acts."""
        done = step(case, trigger, context)
        self.store.commit(change_of(done, context.command, wake=wake))
        return done.case

    def advancing(self, case: Case) -> Context:
        """The context for a step that is due. A retry at the same case version has the same command."""
        return self.context(case.policy_digest, case, derived_id("advance", case.id, str(case.version)))


def change_of(done: Step, command: CommandId, *, wake: bool = False) -> Change:
    woken = any(isinstance(effect, WakeWorkflow) for effect in done.effects)
    effects = (*done.effects, wake_workflow(done.case)) if wake and not woken else done.effects
    return Change(
        command=command,
        result=done.case.id,
        events=done.events,
        case=done.case,
        requests=done.requests,
        effects=effects,
        carried_out=done.carried_out,
    )
