"""Decide which evaluations a batch calls for, and pin everything that each will read before it starts."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time

from shared.domain import paths
from shared.domain.canonical import canonical_bytes
from shared.domain.change import Change
from shared.domain.effect import Notice, NoticeKind
from shared.domain.errors import IntegrityError, NotFound
from shared.domain.event import Actor, ActorKind, EventDraft, EventTag
from shared.domain.identifiers import (
    BatchId,
    CommandId,
    EvaluationId,
    NoticeId,
    batch_subject,
    derived_id,
    evaluation_subject,
)
from shared.domain.period import Period
from shared.domain.person import HR_QUEUE
from shared.domain.policy import Policy, policy_digest
from shared.domain.record import Batch, PlannedEvaluation
from shared.ports import CaseStore, Clock, Files, Policies

PLANNER = Actor(ActorKind.SYSTEM, "plan_evaluation")


@dataclass(frozen=True, slots=True)
class Planning:
    """What planning works with. ``shards`` and ``code_version`` become part of each plan."""

    store: CaseStore
    files: Files
    policies: Policies
    clock: Clock
    shards: int
    code_version: str


def plan_evaluation(batch_id: BatchId, planning: Planning) -> list[PlannedEvaluation]:
    """The evaluations that are due now that the batch is in, each planned once; often one, sometimes none.

    Attainment calls for every period whose window it touches; a directory for the latest period, where that
    still waits for one. Only the latest period with facts opens cases: HR is told of findings for a past one.
    """
    batch = planning.store.batch(batch_id)
    if batch.refused is not None:
        return []
    if planning.store.directory_batch() is None:
        _skip(batch, "no_directory", planning)
        return []
    called_for = list(_called_for(batch, planning))
    if not called_for and batch.kind == "attainment":
        _skip(batch, "no_policy_in_force", planning)
    due: list[PlannedEvaluation] = []
    for policy, period, latest in called_for:
        plan = _plan(policy, period, opens_cases=period == latest, planning=planning)
        if plan is not None and not _finished(plan.id, planning.store):
            due.append(_record(plan, batch, planning))
    return due


def _called_for(batch: Batch, planning: Planning) -> Iterator[tuple[Policy, Period, Period]]:
    """Policy, period to evaluate, and the latest period with facts of that policy's kind."""
    known = sorted(map(Period.parse, planning.store.periods()))
    for kind in ("month", "quarter"):
        of_kind = [period for period in known if period.kind == kind]
        touched = {period for period in map(Period.parse, batch.periods) if period.kind == kind}
        for period in of_kind:
            for policy in _in_force(period, planning.policies):
                if batch.kind == "people":
                    wanted = period == of_kind[-1] and not _evaluated(policy, period, planning.store)
                else:
                    wanted = not touched.isdisjoint(period.window(policy.longest_window))
                if wanted:
                    yield policy, period, of_kind[-1]


def _in_force(period: Period, policies: Policies) -> Iterable[Policy]:
    """The policies in force at the period's end which do not begin within it."""
    end = datetime.combine(period.last_day, time(), UTC)
    return (
        policy
        for policy in policies.in_force(end)
        if policy.period == period.kind and policy.effective_from <= period.first_day
    )


def _plan(
    policy: Policy, period: Period, *, opens_cases: bool, planning: Planning
) -> PlannedEvaluation | None:
    text = planning.policies.by_ref(policy.ref)[1]
    digest = policy_digest(text)
    directory = planning.store.directory_batch()
    if directory is None:
        return None
    planning.files.write(paths.policy(digest), text)
    revisions = {
        str(each): tuple(revision.batch for revision in planning.store.revisions(str(each)))
        for each in period.window(policy.longest_window)
    }
    pinned = canonical_bytes(
        {"directory": directory, "revisions": {k: list(v) for k, v in revisions.items()}}
    )
    return PlannedEvaluation(
        id=EvaluationId(derived_id("evaluation", policy.ref, digest, str(period), pinned.decode())),
        policy=policy.ref,
        policy_digest=digest,
        period=str(period),
        directory=directory,
        revisions=revisions,
        shards=planning.shards,
        code_version=planning.code_version,
        opens_cases=opens_cases,
    )


def _record(plan: PlannedEvaluation, batch: Batch, planning: Planning) -> PlannedEvaluation:
    try:
        planning.files.write(paths.policy_version(plan.policy), plan.policy_digest.encode())
    except IntegrityError as error:
        _skip(batch, "policy_changed_after_use", planning)
        raise IntegrityError(
            f"{plan.policy} was used before with other words: give it a new version"
        ) from error
    change = Change(
        command=CommandId(derived_id("plan", plan.id)),
        result=plan.id,
        planned=plan,
        events=(
            EventDraft(
                tag=EventTag.EVALUATION_STARTED,
                subject=evaluation_subject(plan.id),
                occurred_at=planning.clock.now(),
                actor=PLANNER,
                command=CommandId(derived_id("plan", plan.id)),
                relied_on={
                    "policy": plan.policy_digest,
                    "directory": plan.directory,
                    "batch": batch.id,
                    "code": plan.code_version,
                },
                data={
                    "policy": plan.policy,
                    "period": plan.period,
                    "revisions": {period: list(batches) for period, batches in plan.revisions.items()},
                    "opens_cases": plan.opens_cases,
                    "shards": plan.shards,
                },
            ),
        ),
    )
    planning.store.commit(change)
    # What was planned first stands, also where a retry would have come to run under newer code.
    first = planning.store.planned(plan.id)
    shards = [{"evaluation_id": plan.id, "shard": shard} for shard in range(first.shards)]
    planning.files.write(paths.shards(plan.id), canonical_bytes(shards))
    return first


def _skip(batch: Batch, reason: str, planning: Planning) -> None:
    """Record that the batch was evaluated under no policy; HR hears of reasons that somebody has to mend."""
    command = CommandId(derived_id("skip", batch.id, reason))
    notice = Notice(
        id=NoticeId(derived_id("notice", command)),
        notice=NoticeKind.EVALUATION_SKIPPED,
        to=HR_QUEUE,
        parameters={"batch": batch.id, "reason": reason},
    )
    planning.store.commit(
        Change(
            command=command,
            result=reason,
            events=(
                EventDraft(
                    tag=EventTag.EVALUATION_SKIPPED,
                    subject=batch_subject(batch.id),
                    occurred_at=planning.clock.now(),
                    actor=PLANNER,
                    command=command,
                    data={"reason": reason, "periods": list(batch.periods)},
                ),
            ),
            effects=() if reason == "no_policy_in_force" else (notice,),
        )
    )


def _evaluated(policy: Policy, period: Period, store: CaseStore) -> bool:
    return any(record.plan.period == str(period) for record in store.evaluations(policy.policy))


def _finished(evaluation_id: EvaluationId, store: CaseStore) -> bool:
    try:
        store.evaluation(evaluation_id)
    except NotFound:
        return False
    return True
