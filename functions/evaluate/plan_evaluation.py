"""Decide which evaluations a batch calls for, and pin everything that each will read before it starts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from functions.evaluate.cases.deadlines import calendar_fault
from shared.domain import paths
from shared.domain.canonical import canonical_bytes
from shared.domain.case import CaseStatus
from shared.domain.change import Change
from shared.domain.effect import Notice, NoticeKind
from shared.domain.errors import IntegrityError, InvalidPolicy, NotFound
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
    """The dependencies of planning. ``shards`` and ``code_version`` become part of each plan."""

    store: CaseStore
    files: Files
    policies: Policies
    clock: Clock
    shards: int
    code_version: str


def plan_evaluation(batch_id: BatchId, planning: Planning) -> list[PlannedEvaluation]:
    """Plan the evaluations that the batch calls for, each once. Often that is one, sometimes none.

    A batch of attainment calls for every period whose window it touches. A directory calls for the latest
    period, if that was never evaluated. Only the latest period with facts opens cases; HR is told of the
    findings of a past period.
    """
    batch = planning.store.batch(batch_id)
    if batch.refused is not None:
        return []
    if planning.store.directory_batch() is None:
        _skip(batch, "no_directory", planning)
        return []
    try:
        called_for = list(_called_for(batch, planning))
    except InvalidPolicy as error:
        # If the new version cannot be read, no older version may decide in its place.
        _skip(batch, "policy_invalid", planning, fault=str(error))
        return []
    _report_unused_periods(batch, called_for, planning)
    due: list[PlannedEvaluation] = []
    for wanted in (*called_for, *_for_open_cases(batch, called_for, planning)):
        plan = _plan(wanted, planning)
        if plan is None or _finished(plan.id, planning.store):
            continue
        if _is_as_first_used(plan, planning.files):
            due.append(_record(plan, batch, planning))
        else:
            _skip(batch, "policy_changed_after_use", planning, policy=plan.policy)
    return due


@dataclass(frozen=True, slots=True)
class _Wanted:
    policy: Policy
    text: bytes
    period: Period
    opens_cases: bool


def _called_for(batch: Batch, planning: Planning) -> Iterator[_Wanted]:
    """The evaluations that the policies in force call for."""
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
                    text = planning.policies.by_ref(policy.ref)[1]
                    yield _Wanted(policy, text, period, opens_cases=period == of_kind[-1])


def _for_open_cases(batch: Batch, called_for: Sequence[_Wanted], planning: Planning) -> Iterator[_Wanted]:
    """The opening periods of open cases, under the policy version that opened them.

    A later version may decide about the same period, but only the case's own version can correct the case.
    """
    if batch.kind != "attainment":
        return
    done = {(policy_digest(wanted.text), wanted.period) for wanted in called_for}
    touched = set(map(Period.parse, batch.periods))
    for case in planning.store.cases(CaseStatus.OPEN):
        period = Period.parse(case.opened_for)
        if (case.policy_digest, period) in done:
            continue
        done.add((case.policy_digest, period))
        policy, text = planning.policies.used(case.policy_digest)
        if not touched.isdisjoint(period.window(policy.longest_window)):
            yield _Wanted(policy, text, period, opens_cases=False)


def _in_force(period: Period, policies: Policies) -> Iterator[Policy]:
    """The policies in force at the period's end, each in the version that was in force when the period began.

    Nobody is judged by rules that came into force during the period.
    """
    begun = {policy.policy: policy for policy in policies.in_force(_at(period.first_day))}
    for policy in policies.in_force(_at(period.last_day)):
        applies = begun.get(policy.policy)
        if applies is not None and applies.period == period.kind:
            fault = calendar_fault(applies.calendar)
            if fault is not None:  # cases would open, but no deadline could be computed
                raise InvalidPolicy(f"{applies.ref}: {fault}")
            yield applies


def _report_unused_periods(batch: Batch, called_for: Sequence[object], planning: Planning) -> None:
    """Report periods of an attainment batch that no policy evaluates."""
    if batch.kind != "attainment":
        return
    odd = [period for period in map(Period.parse, batch.periods) if _has_other_kind(period, planning)]
    if odd:
        _skip(batch, "wrong_kind_of_period", planning, periods=", ".join(map(str, odd)))
    elif not called_for:
        _skip(batch, "no_policy_in_force", planning)


def _has_other_kind(period: Period, planning: Planning) -> bool:
    """Whether policies are in force, but all of them use the other kind of period."""
    kinds = {policy.period for policy in planning.policies.in_force(_at(period.last_day))}
    return bool(kinds) and period.kind not in kinds


def _at(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _plan(wanted: _Wanted, planning: Planning) -> PlannedEvaluation | None:
    policy, text, period = wanted.policy, wanted.text, wanted.period
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
        opens_cases=wanted.opens_cases,
    )


def _is_as_first_used(plan: PlannedEvaluation, files: Files) -> bool:
    """Whether the policy version is the same as at its first use."""
    try:
        files.write(paths.policy_version(plan.policy), plan.policy_digest.encode())
    except IntegrityError:
        return False
    return True


def _record(plan: PlannedEvaluation, batch: Batch, planning: Planning) -> PlannedEvaluation:
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
    # The first plan stands, even where a retry runs under newer code.
    first = planning.store.planned(plan.id)
    shards = [{"evaluation_id": plan.id, "shard": shard} for shard in range(first.shards)]
    planning.files.write(paths.shards(plan.id), canonical_bytes(shards))
    return first


def _skip(batch: Batch, reason: str, planning: Planning, **details: str) -> None:
    """Record that the batch was not evaluated, and tell the file's owner or HR, who can correct it."""
    command = CommandId(derived_id("skip", batch.id, reason, *details.values()))
    notice = Notice(
        id=NoticeId(derived_id("notice", command)),
        notice=NoticeKind.EVALUATION_SKIPPED,
        to=None if reason == "wrong_kind_of_period" else HR_QUEUE,
        parameters={"batch": batch.id, "reason": reason, **details},
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
                    data={"reason": reason, "periods": list(batch.periods), "details": details},
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
