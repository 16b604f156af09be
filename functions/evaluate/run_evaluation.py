"""The steps of one planned evaluation. Each reads the pinned inputs, and a repeat writes the same bytes."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import orjson

from functions.evaluate.decisions.rows import facts_by_rep, people_rows
from functions.evaluate.evaluate_shard import ShardInputs, assess_shard, decide_shard, merge_population
from shared.domain import paths
from shared.domain.canonical import canonical_bytes, digest, parse_canonical
from shared.domain.case import CaseStatus
from shared.domain.change import Change
from shared.domain.decision_json import DecisionJson
from shared.domain.effect import Notice, NoticeKind
from shared.domain.errors import IntegrityError, NotFound
from shared.domain.event import Actor, ActorKind, EventDraft, EventTag
from shared.domain.identifiers import (
    CommandId,
    EvaluationId,
    NoticeId,
    PersonId,
    derived_id,
    evaluation_subject,
    policy_name,
    shard_of,
)
from shared.domain.merkle import Frontier, leaf_hash
from shared.domain.period import Period
from shared.domain.person import HR_QUEUE
from shared.domain.policy import Policy, parse_policy, policy_digest, policy_json
from shared.domain.record import EvaluationRecord, PlannedEvaluation
from shared.ports import CaseStore, Clock, Files

NAMED = 20
"""How many ids a mail lists. The evaluation's files have the whole list."""
SLICE = 25
"""How many people one call acts on: a few seconds of work, far below Lambda's limits."""


def assess(evaluation_id: EvaluationId, shard: int, store: CaseStore, files: Files) -> None:
    """First pass over one shard: write its group statistics."""
    plan = store.planned(evaluation_id)
    policy = planned_policy(plan, files)
    inputs = shard_inputs(plan, shard, store)
    key = paths.statistics(evaluation_id, shard)
    assess_shard(policy, Period.parse(plan.period), inputs, key, files)


def summarise(evaluation_id: EvaluationId, store: CaseStore, files: Files) -> None:
    """Between the passes: merge the statistics of all shards into the population."""
    plan = store.planned(evaluation_id)
    statistics = [paths.statistics(evaluation_id, shard) for shard in range(plan.shards)]
    merge_population(planned_policy(plan, files), statistics, paths.population(evaluation_id), files)


def decide(evaluation_id: EvaluationId, shard: int, store: CaseStore, files: Files) -> None:
    """Second pass over one shard: write a decision for every person."""
    plan = store.planned(evaluation_id)
    decided = decide_shard(
        planned_policy(plan, files),
        Period.parse(plan.period),
        shard_inputs(plan, shard, store),
        paths.population(evaluation_id),
        paths.decisions(evaluation_id, shard),
        paths.shard_flagged(evaluation_id, shard),
        files,
    )
    unknown = _unknown_reps(plan, shard, store, files)
    result = {
        "digest": decided.decisions_digest,
        "outcomes": dict(decided.outcomes),
        "unknown_reps": len(unknown),
        "first_unknown": unknown[:NAMED],
    }
    files.write(paths.shard_decided(evaluation_id, shard), canonical_bytes(result))


def collect(evaluation_id: EvaluationId, store: CaseStore, files: Files) -> list[dict[str, int]]:
    """List the people to act on: those to open a case for, and those who have an open case.

    Returns slices ``{"from", "to"}`` of the list that it wrote. A past period opens no case, but its restated
    figures may undo the findings of an open case.
    """
    plan = store.planned(evaluation_id)
    try:
        # Cases opened since would change the list, so the first list stands.
        people = orjson.loads(files.read(paths.flagged(evaluation_id)))
    except NotFound:
        people = list(_to_act_on(plan, store, files))
        # Not canonical JSON: decisions may contain text that it refuses, and nobody hashes this list.
        files.write(paths.flagged(evaluation_id), orjson.dumps(people))
    return [{"from": start, "to": min(start + SLICE, len(people))} for start in range(0, len(people), SLICE)]


def complete(evaluation_id: EvaluationId, store: CaseStore, files: Files, clock: Clock) -> EvaluationRecord:
    """Complete the evaluation: write its record, the event that proves every decision, and its notices."""
    plan = store.planned(evaluation_id)
    outcomes: Counter[str] = Counter()
    decisions: dict[str, str] = {}
    unknown: list[str] = []
    unknown_reps = 0
    frontier = Frontier()
    for shard in range(plan.shards):
        decided = parse_canonical(files.read(paths.shard_decided(evaluation_id, shard)))
        unknown += decided["first_unknown"]
        unknown_reps += decided["unknown_reps"]
        outcomes.update(decided["outcomes"])
        decisions[f"{shard:04d}"] = decided["digest"]
        lines = _lines(paths.decisions(evaluation_id, shard), files)
        frontier = frontier.extended(leaf_hash(line.rstrip(b"\n")) for line in lines)
    record = EvaluationRecord(
        plan=plan,
        completed_at=clock.now(),
        outcomes=dict(sorted(outcomes.items())),
        decisions=decisions,
        unknown_reps=unknown_reps,
        decisions_root=frontier.root().hex(),
    )
    command = CommandId(derived_id("complete", evaluation_id))
    store.commit(
        Change(
            command=command,
            result=record.decisions_root,
            evaluation=record,
            events=(_completed(record, command, files),),
            effects=(*_notices_to_hr(record, store, files), *_notices_to_owner(record, unknown)),
        )
    )
    return store.evaluation(evaluation_id)


def planned_policy(plan: PlannedEvaluation, files: Files) -> Policy:
    """The policy that the plan pinned, even where the configuration has changed since."""
    text = files.read(paths.policy(plan.policy_digest))
    if policy_digest(text) != plan.policy_digest:
        raise IntegrityError(f"the file of {plan.policy} is not the one that the evaluation was planned with")
    return parse_policy(text.decode(), plan.policy)


def shard_inputs(plan: PlannedEvaluation, shard: int, store: CaseStore) -> ShardInputs:
    """The shard's part of the directory and of every pinned revision, with the one in force last.

    Revisions supersede each other within a period only, so the order of the periods does not matter.
    """
    facts = [key for period in plan.revisions for key in _facts(plan, shard, period, store)]
    return ShardInputs(people=[paths.people_shard(plan.directory, shard)], facts=facts)


def _facts(plan: PlannedEvaluation, shard: int, period: str, store: CaseStore) -> list[str]:
    part = f"{shard:04d}"
    return [
        paths.facts(shard, period, revision.batch)
        for revision in store.revisions(period)
        if revision.batch in plan.revisions[period] and part in revision.shards
    ]


def _unknown_reps(plan: PlannedEvaluation, shard: int, store: CaseStore, files: Files) -> list[str]:
    """The people with facts of the period who are not in the directory. Their facts were ignored."""
    people = people_rows(files.read_lines(paths.people_shard(plan.directory, shard)), "directory")
    known = {row["person_id"] for row in people}
    facts = ((key, files.read_lines(key)) for key in _facts(plan, shard, plan.period, store))
    return sorted(facts_by_rep(facts).keys() - known)


def _to_act_on(plan: PlannedEvaluation, store: CaseStore, files: Files) -> Iterator[DecisionJson]:
    with_case: dict[int, set[str]] = {}
    for case in store.cases(CaseStatus.OPEN):
        if policy_name(case.policy) == policy_name(plan.policy):
            with_case.setdefault(shard_of(case.rep_id, plan.shards), set()).add(case.rep_id)
    for shard in range(plan.shards):
        for line in _lines(paths.shard_flagged(plan.id, shard), files) if plan.opens_cases else ():
            decision: DecisionJson = orjson.loads(line)
            if decision["outcome"] == "open_case" and decision["rep_id"] not in with_case.get(shard, ()):
                yield decision
        # Only shards that contain people with an open case are read whole.
        if shard in with_case:
            for line in _lines(paths.decisions(plan.id, shard), files):
                decision = orjson.loads(line)
                if decision["rep_id"] in with_case[shard]:
                    yield decision


def _completed(record: EvaluationRecord, command: CommandId, files: Files) -> EventDraft:
    """The event that commits to the decisions and to their inputs, so that a reader can recompute them."""
    plan = record.plan
    population = hashlib.sha256()
    for chunk in files.read_lines(paths.population(plan.id)):
        population.update(chunk)
    return EventDraft(
        tag=EventTag.EVALUATION_COMPLETED,
        subject=evaluation_subject(plan.id),
        occurred_at=record.completed_at,
        actor=Actor(ActorKind.SYSTEM, "run_evaluation"),
        command=command,
        relied_on={"policy": plan.policy_digest, "directory": plan.directory, "code": plan.code_version},
        data={
            "policy": plan.policy,
            "period": plan.period,
            "outcomes": record.outcomes,
            "unknown_reps": record.unknown_reps,
            "decisions": record.decisions,
            "decisions_root": record.decisions_root,
            "revisions": {period: list(batches) for period, batches in plan.revisions.items()},
            "policy_json": digest(policy_json(files.read(paths.policy(plan.policy_digest)))),
            "population": population.hexdigest(),
        },
    )


def _notices_to_hr(record: EvaluationRecord, store: CaseStore, files: Files) -> Iterator[Notice]:
    """Tell HR of structural groups, and of new findings of a past period, which open no case."""
    plan = record.plan
    structural = record.outcomes.get("structural", 0)
    if structural:
        yield _notice(NoticeKind.STRUCTURAL, plan, {"count": str(structural)})
    found_new = [] if plan.opens_cases else sorted(_flagged(plan, files) - _found_before(plan, store, files))
    if found_new:
        details = {"count": str(len(found_new)), "people": _named(found_new, len(found_new))}
        yield _notice(NoticeKind.PAST_FINDINGS, plan, details)


def _notices_to_owner(record: EvaluationRecord, unknown: list[str]) -> Iterator[Notice]:
    """Tell the owner of the figures of unknown reps. A past period is not reported again."""
    if record.unknown_reps and record.plan.opens_cases:
        details = {"count": str(record.unknown_reps), "people": _named(sorted(unknown), record.unknown_reps)}
        yield _notice(NoticeKind.UNKNOWN_REPS, record.plan, details, to=None)


def _named(people: Sequence[str], count: int) -> str:
    """The first few ids, followed by dots where there are more."""
    return ", ".join(people[:NAMED]) + (", ..." if count > NAMED else "")


def _notice(
    kind: NoticeKind, plan: PlannedEvaluation, details: Mapping[str, str], to: PersonId | None = HR_QUEUE
) -> Notice:
    about = {"evaluation_id": plan.id, "period": plan.period, "policy": plan.policy}
    return Notice(
        id=NoticeId(derived_id("notice", plan.id, kind)),
        notice=kind,
        to=to,
        parameters=about | dict(details),
    )


def _flagged(plan: PlannedEvaluation, files: Files) -> set[str]:
    """The people for whom the evaluation calls for a case, whether or not it opened one."""
    lines = (
        line for shard in range(plan.shards) for line in _lines(paths.shard_flagged(plan.id, shard), files)
    )
    decisions = map(orjson.loads, lines)
    return {decision["rep_id"] for decision in decisions if decision["outcome"] == "open_case"}


def _found_before(plan: PlannedEvaluation, store: CaseStore, files: Files) -> set[str]:
    """The people whom the previous evaluation of the same period under the same policy version found."""
    for record in store.evaluations(policy_name(plan.policy)):
        before = record.plan
        if (before.period, before.policy) == (plan.period, plan.policy) and before.id != plan.id:
            return _flagged(record.plan, files)
    return set()


def _lines(key: str, files: Files) -> Iterator[bytes]:
    for chunk in files.read_lines(key):
        yield from chunk.splitlines(keepends=True)
