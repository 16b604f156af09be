"""The test oracle: the evaluation written plainly, as the contract words it. Production runs ``columnar``.

It has three steps, so that shards can work independently: ``assess`` looks at one person alone, ``summarise``
and ``merge`` count groups, and ``decide`` combines both. Tests require the same bytes from ``columnar``.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from functions.evaluate.decisions.decision import Decision, Finding, stage_opened
from functions.evaluate.decisions.period_figures import PeriodFigures, Row, exact, figures, hire_date
from functions.evaluate.decisions.population import (
    GroupKey,
    GroupStatistics,
    Population,
    group_fields,
    group_key,
    merge,
    narrowed,
)
from functions.evaluate.decisions.scope import in_scope, rep_id
from shared.domain.decision_json import Outcome, WhyNotAssessable
from shared.domain.errors import InvalidDirectory
from shared.domain.money import rounded
from shared.domain.period import Period
from shared.domain.policy import BelowRule, PeerRankRule, Policy, TrailingRule


@dataclass(frozen=True, slots=True)
class Assessment:
    """One person's own figures. ``findings``: by rule id, of rules that need only the person's figures."""

    rep_id: str
    in_scope: bool
    inputs: tuple[PeriodFigures, ...]
    findings: Mapping[str, Finding]
    key: GroupKey

    @property
    def now(self) -> PeriodFigures:
        """The figures of the evaluated period."""
        return self.inputs[-1]


def assess(policy: Policy, person: Row, facts_by_period: Mapping[str, Row], period: Period) -> Assessment:
    """Assess one person alone. The keys of ``facts_by_period`` are periods such as ``2026-09``."""
    hired = hire_date(person)
    inputs = tuple(
        figures(policy, hired, facts_by_period.get(str(each)), each)
        for each in period.window(policy.longest_window)
    )
    scope = in_scope(policy, person)
    return Assessment(
        rep_id=rep_id(person),
        in_scope=scope,
        inputs=inputs,
        findings=_own_findings(policy, inputs) if scope and inputs[-1].attainment is not None else {},
        key=group_key(person, group_fields(policy)),
    )


def summarise(policy: Policy, assessments: Iterable[Assessment]) -> GroupStatistics:
    """The group statistics of a shard's people."""
    keep = any(isinstance(rule, PeerRankRule) for rule in policy.rules)
    statistics = GroupStatistics()
    for one in assessments:
        if one.in_scope and one.now.attainment is not None:
            ratio = one.now.attainment.as_integer_ratio()
            statistics.add(one.key, ratio, fires=bool(one.findings), keep=keep)
    return statistics


def decide(policy: Policy, assessment: Assessment, population: Population) -> Decision:
    """The decision about one person, once the population is known."""
    findings: tuple[Finding, ...] = ()
    outcome: Outcome = "clear"
    stage: str | None = None
    reason: WhyNotAssessable | None = None
    if not assessment.in_scope:
        outcome = "out_of_scope"
    elif assessment.now.status != "assessable":
        outcome, reason = "not_assessable", assessment.now.status
    elif findings := _all_findings(policy, assessment, population):
        outcome = "structural" if _is_structural(policy, assessment, population) else "open_case"
        stage = stage_opened(policy, findings) if outcome == "open_case" else None
    return Decision(
        rep_id=assessment.rep_id,
        period=assessment.now.period,
        policy=policy.ref,
        outcome=outcome,
        stage=stage,
        reason=reason,
        findings=findings,
        inputs=assessment.inputs,
    )


def evaluate(
    policy: Policy,
    people: Iterable[Row],
    facts: Mapping[str, Mapping[str, Row]],
    period: Period,
) -> Iterator[Decision]:
    """Every person's decision, by rep id. The keys of ``facts`` are rep ids, then periods."""
    nothing: Mapping[str, Row] = {}
    assessments = [assess(policy, one, facts.get(rep_id(one), nothing), period) for one in people]
    assessments.sort(key=lambda assessment: assessment.rep_id)
    for before, after in pairwise(assessments):
        if before.rep_id == after.rep_id:
            raise InvalidDirectory(f"{after.rep_id!r} is in the people file twice")
    population = merge(policy, [summarise(policy, assessments)])
    for assessment in assessments:
        yield decide(policy, assessment, population)


def _own_findings(policy: Policy, inputs: tuple[PeriodFigures, ...]) -> dict[str, Finding]:
    found: dict[str, Finding] = {}
    for rule in policy.rules:
        finding: Finding | None = None
        if isinstance(rule, BelowRule):
            finding = _below(rule, inputs[-rule.of_last :])
        elif isinstance(rule, TrailingRule):
            finding = _trailing(rule, inputs[-rule.of_last :])
        if finding is not None:
            found[rule.id] = finding
    return found


def _below(rule: BelowRule, window: tuple[PeriodFigures, ...]) -> Finding | None:
    bar = exact(rule.below)
    low = [each for each in window if each.attainment is not None and each.attainment < bar]
    if len(low) < rule.count or low[-1] is not window[-1]:
        return None
    return Finding(rule.id, str(len(low)), str(rule.count), tuple(each.period for each in low))


def _trailing(rule: TrailingRule, window: tuple[PeriodFigures, ...]) -> Finding | None:
    if len({each.currency for each in window}) > 1:
        return None
    credited = adjusted = Fraction(0)
    for each in window:
        if each.adjusted_quota is None or each.credited is None:
            return None
        credited += exact(each.credited)
        adjusted += each.adjusted_quota
    if not credited < exact(rule.trailing_below) * adjusted:
        return None
    share = rounded(credited / adjusted, 4)
    return Finding(rule.id, share, rule.trailing_below, tuple(each.period for each in window))


def _all_findings(policy: Policy, assessment: Assessment, population: Population) -> tuple[Finding, ...]:
    fields, now = group_fields(policy), assessment.now
    found: list[Finding] = []
    for rule in policy.rules:
        if not isinstance(rule, PeerRankRule):
            if rule.id in assessment.findings:
                found.append(assessment.findings[rule.id])
        elif now.attainment is not None:
            key = narrowed(assessment.key, fields, rule.group_by)
            rank = population.peer_finding(rule, key, now.attainment.as_integer_ratio())
            if rank is not None:
                share = rounded(Fraction(rank.below, rank.size), 4)
                found.append(Finding(rule.id, share, rule.peer_rank_below, (now.period,)))
    return tuple(found)


def _is_structural(policy: Policy, assessment: Assessment, population: Population) -> bool:
    if policy.structural is None:
        return False
    key = narrowed(assessment.key, group_fields(policy), policy.structural.group_by)
    return key in population.structural
