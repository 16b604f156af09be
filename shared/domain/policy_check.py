"""Finds rules and stages that could never fire or never end, in a policy whose keys are all valid."""

from collections.abc import Iterator
from fractions import Fraction
from math import ceil
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from shared.domain.ladder import HR_SEATS, Stage
from shared.domain.policy import BelowRule, PeerRankRule, Policy


def check_policy(policy: Policy) -> list[str]:
    """Every fault as ``path: what is wrong``; an empty list for a policy that can go live."""
    return [
        *_head_faults(policy),
        *_rule_faults(policy),
        *_pace_faults(policy),
        *(fault for index in range(len(policy.ladder)) for fault in _stage_faults(policy, index)),
        *_path_faults(policy),
    ]


def _head_faults(policy: Policy) -> Iterator[str]:
    if not policy.title:
        yield "title: is missing; every mail to managers shows it"
    if policy.ends_on is not None and policy.ends_on <= policy.effective_from:
        yield f"ends_on: {policy.ends_on} is not after effective_from, so it would never be in force"
    if "calendar" not in policy.model_fields_set:
        yield "calendar: is missing; deadlines are counted in business days"
    try:
        ZoneInfo(policy.calendar.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield f"calendar.timezone: {policy.calendar.timezone!r} is not an IANA time zone"
    if Fraction(policy.eligibility.min_eligible_fraction) > 1:
        yield "eligibility.min_eligible_fraction: is over 1, so no period could ever be assessed"
    for index, share in enumerate(policy.eligibility.ramp):
        if Fraction(share) > 1:
            yield f"eligibility.ramp[{index}]: is over 1, so a new hire would owe more than the quota"
    if policy.structural and Fraction(policy.structural.share_below) > 1:
        yield "structural.share_below: is over 1, so quotas could never be asked about"
    if policy.structural and Fraction(policy.structural.share_below) == 0:
        yield "structural.share_below: is 0, so no case could ever open"


def _rule_faults(policy: Policy) -> Iterator[str]:
    if not policy.rules:
        yield "rules: is empty, so no case could ever open"
    for index, rule in enumerate(policy.rules):
        path = f"rules[{index}]"
        if isinstance(rule, BelowRule):
            if rule.count > rule.of_last:
                yield f"{path}.count: is {rule.count}, but the rule looks at only {rule.of_last} periods"
        elif isinstance(rule, PeerRankRule) and Fraction(rule.peer_rank_below) == 0:
            yield f"{path}.peer_rank_below: is 0, so the rule could never fire"


def _pace_faults(policy: Policy) -> Iterator[str]:
    if policy.pace is None:
        return
    # The lower end of the band is gain number floor((n + 1)(1 - coverage) / 2), which has to be 1 at least.
    fewest = ceil(2 / (1 - Fraction(policy.pace.coverage))) - 1
    if policy.pace.min_history < fewest:
        yield (
            f"pace.min_history: {policy.pace.min_history} gains are too few; a band with coverage "
            f"{policy.pace.coverage} takes at least {fewest}"
        )


def _stage_faults(policy: Policy, index: int) -> Iterator[str]:
    stage, path = policy.ladder[index], f"ladder[{index}]"
    names = {each.stage for each in policy.ladder}
    if stage.then is not None and stage.then not in names:
        yield f"{path}.then: {stage.then!r} is not a stage of the ladder"
    if stage.ask is None:
        yield f"{path}.ask: is missing, so nobody would be asked"
    else:
        for number, link in enumerate(stage.ask.chain):
            if link.within.unit == "p":
                yield f"{path}.ask.chain[{number}].within: has to be in d or bd, not in periods"
        if stage.ask.chain[-1].to not in HR_SEATS:
            yield f"{path}.ask.chain: does not end with HR, so silence could leave the case without an owner"
        if len(set(stage.ask.answers)) < len(stage.ask.answers):
            yield f"{path}.ask.answers: names an answer twice"
    if stage.adverse is None:
        yield from _plan_faults(stage, path)
    if stage.rep and stage.rep.may and not stage.rep.told:
        yield f"{path}.rep.may: a rep who is not told cannot respond"


def _plan_faults(stage: Stage, path: str) -> Iterator[str]:
    if stage.length is None:
        yield f"{path}.length: is missing, so the stage could never end"
    if stage.graduate is None:
        yield f"{path}.graduate: is missing, so the case of a rep who recovers could not end well"
    elif stage.graduate.count > stage.graduate.of_next:
        graduate = stage.graduate
        yield f"{path}.graduate.count: is {graduate.count}, but only {graduate.of_next} periods are looked at"
    if stage.length and stage.check_ins:
        every = stage.check_ins.every
        if every.unit == stage.length.unit and every.count > stage.length.count:
            yield f"{path}.check_ins.every: the stage ends before the first check-in"


def _path_faults(policy: Policy) -> Iterator[str]:
    """Stages that no case can reach, and stages that lead back to themselves."""
    following = {stage.stage: stage.then for stage in policy.ladder}
    entered = {rule.opens for rule in policy.rules}
    if policy.relapse:
        if policy.relapse.enters not in following:
            yield f"relapse.enters: {policy.relapse.enters!r} is not a stage of the ladder"
        entered.add(policy.relapse.enters)
    reached: set[str] = set()
    for start in entered:
        stage: str | None = start
        while stage is not None and stage in following and stage not in reached:
            reached.add(stage)
            stage = following[stage]
    for index, each in enumerate(policy.ladder):
        if each.stage not in reached:
            yield f"ladder[{index}].stage: no rule or stage leads to {each.stage!r}"
        if _returns(each.stage, following):
            yield f"ladder[{index}].then: leads back to {each.stage!r}, so a case might never end"


def _returns(start: str, following: dict[str, str | None]) -> bool:
    stage = following[start]
    for _ in following:
        if stage is None or stage == start:
            break
        stage = following.get(stage)
    return stage == start
