"""Describes a policy in plain sentences for managers, and lists the differences between two policies."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from shared.domain.ladder import Length, Seat, Stage
from shared.domain.money import plain
from shared.domain.policy import BelowRule, PeerRankRule, Policy, Rule, TrailingRule

_SEATS: dict[Seat, str] = {
    "manager": "the manager",
    "skip_level": "the manager's manager",
    "hr_partner": "the HR partner",
    "hr_queue": "the HR team",
}


def sentences(policy: Policy) -> list[str]:
    """The whole policy, one sentence a string, in the order in which a person would explain it."""
    return [
        *_who(policy),
        *_what_counts(policy),
        *(_rule(policy, rule) for rule in policy.rules),
        *_structural(policy),
        *_pace(policy),
        *(sentence for stage in policy.ladder for sentence in _stage(policy, stage)),
        *_rest(policy),
    ]


def differences(before: Policy, after: Policy) -> list[str]:
    """The differences as ``path: old -> new``. Rules are matched by id and stages by name."""
    old, new = dict(_flat(_keyed(before))), dict(_flat(_keyed(after)))
    lines = []
    for path in [*old, *(path for path in new if path not in old)]:
        if path not in new:
            lines.append(f"{path}: {old[path]} -> (gone)")
        elif path not in old:
            lines.append(f"{path}: (new) -> {new[path]}")
        elif old[path] != new[path]:
            lines.append(f"{path}: {old[path]} -> {new[path]}")
    return lines


def _who(policy: Policy) -> Iterator[str]:
    title = policy.title or policy.policy
    yield (
        f"{title} (version {policy.version}) applies from {policy.effective_from} to {_roles(policy)}, "
        f"{policy.period} by {policy.period}."
    )
    if policy.ends_on:
        yield f"It ends on {policy.ends_on}: from then on it opens no case, and its open cases are closed."


def _roles(policy: Policy) -> str:
    roles, regions = policy.applies_to.roles, policy.applies_to.regions
    who = "everybody" if "*" in roles else f"everybody who works as {_any(roles)}"
    return who + (" in every region" if "*" in regions else f" in {_any(regions)}")


def _what_counts(policy: Policy) -> Iterator[str]:
    terms = policy.eligibility
    if terms.min_tenure_days:
        yield (
            f"A {policy.period} counts only for people who were hired at least {terms.min_tenure_days} days "
            "before it began."
        )
    yield (
        f"Days of protected leave lower the quota in proportion, and a {policy.period} with less than "
        f"{_percent(terms.min_eligible_fraction)} of its days left does not count at all."
    )
    if terms.ramp:
        shares = ", ".join(_percent(share) for share in terms.ramp)
        yield f"After hire, the quota grows {policy.period} by {policy.period}: {shares}, and then all of it."
    yield f"A {policy.period} without figures, without quota or with unknown leave counts against nobody."


def _rule(policy: Policy, rule: Rule) -> str:
    cite = f" ({rule.cite})" if rule.cite else ""
    opens = f"opens a case at the stage {rule.opens}{cite}."
    if isinstance(rule, BelowRule):
        return (
            f"Less than {_percent(rule.below)} of quota in at least {rule.count} of the last {rule.of_last} "
            f"{policy.period}s, including the latest one, {opens}"
        )
    if isinstance(rule, TrailingRule):
        return (
            f"Less than {_percent(rule.trailing_below)} of quota over the last {rule.of_last} "
            f"{policy.period}s together, all of which must count, {opens}"
        )
    return _peer_rule(rule, opens)


def _peer_rule(rule: PeerRankRule, opens: str) -> str:
    peers = f"{_group(rule.group_by)}, at least {rule.min_group} people"
    share = _percent(rule.peer_rank_below)
    return f"Missing the quota while less than {share} of one's peers ({peers}) attained even less {opens}"


def _structural(policy: Policy) -> Iterator[str]:
    if policy.structural is None:
        yield "Each person is looked at alone, however many people of a group fall short."
        return
    terms = policy.structural
    yield (
        f"Where at least {_percent(terms.share_below)} of a group ({_group(terms.group_by)}, at least "
        f"{terms.min_group} people) fall short, sales leadership is asked about the quotas and no case opens."
    )


def _pace(policy: Policy) -> Iterator[str]:
    if policy.pace is None:
        return
    terms, period = policy.pace, policy.period
    yield (
        f"Once {_percent(terms.speaks_from)} of the business days of a {period} are over, a band for each "
        f"person's final attainment is computed from the last {terms.history} {period}s of "
        f"{_group(terms.group_by)}, or of everybody where there are fewer than {terms.min_history} figures."
    )
    yield (
        f"A person is behind where the upper end of the band ({_percent(terms.coverage)} coverage) is under "
        f"{_percent(terms.below)} of quota, and at risk where its median is; neither opens a case."
    )


def _stage(policy: Policy, stage: Stage) -> Iterator[str]:
    gate = ", which HR has to publish," if stage.gate else ""
    length = f" lasts {_length(policy, stage.length)}" if stage.length else " lasts until it is decided"
    yield f"The stage {stage.stage}{gate}{length}."
    if stage.ask:
        first, *later = stage.ask.chain
        asked = f"{_SEATS[first.to]} is asked, and has {_length(policy, first.within)}"
        then = "".join(f"; then {_SEATS[link.to]}, {_length(policy, link.within)}" for link in later)
        yield f"At {stage.stage} {asked}{then}."
        yield f"The answer is {_acts(stage.ask.answers)}, with a reason. Silence is not an answer."
    if stage.rep:
        told = "is told" if stage.rep.told else "is not told"
        may = f" and may {_acts(stage.rep.may)}" if stage.rep.may else ""
        yield f"At {stage.stage} the rep {told}{may}."
    if stage.check_ins:
        every = _length(policy, stage.check_ins.every)
        yield f"At {stage.stage} {_SEATS[stage.check_ins.by]} meets the rep every {every}."
    if stage.graduate:
        terms = stage.graduate
        yield (
            f"At least {_percent(terms.at_least)} of quota in {terms.count} of the next {terms.of_next} "
            f"{policy.period}s ends the case well."
        )
    if stage.adverse:
        yield f"At {stage.stage} the manager may propose {stage.adverse}, and HR approves or sends back."
    if stage.then:
        yield f"Otherwise {stage.then} follows."


def _rest(policy: Policy) -> Iterator[str]:
    if policy.relapse:
        within = _length(policy, policy.relapse.within)
        yield f"A rep who falls short again within {within} of graduating begins at {policy.relapse.enters}."
    if policy.hold.leave == "pause":
        yield "The stage's clock stops during protected leave."
    if policy.hold.dispute == "pause":
        yield "The stage's clock stops while figures are disputed."
    yield f"Records are kept for {policy.retention.years} years."


def _percent(share: str) -> str:
    return f"{plain(Decimal(share) * 100)} %"


def _any(words: tuple[str, ...]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _acts(words: tuple[str, ...]) -> str:
    return _any(tuple(word.replace("_", " ") for word in words))


def _group(fields: tuple[str, ...]) -> str:
    if not fields:
        return "everybody"
    return "the same " + " and ".join(name.removesuffix("_id").replace("_", " ") for name in fields)


def _length(policy: Policy, length: Length) -> str:
    unit = {"d": "day", "bd": "business day", "p": policy.period}[length.unit]
    return f"{length.count} {unit}{'' if length.count == 1 else 's'}"


def _keyed(policy: Policy) -> dict[str, Any]:
    data = policy.model_dump(mode="json", by_alias=True)
    for place, name in (("rules", "id"), ("ladder", "stage")):
        data[f"{place} in order"] = [entry[name] for entry in data[place]]
        data[place] = {entry[name]: entry for entry in data[place]}
    return data


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        yield path, "[" + ", ".join(map(_brief, value)) + "]"
    elif value is not None:
        yield path, str(value)


def _brief(entry: Any) -> str:
    return " ".join(str(part) for part in entry.values()) if isinstance(entry, dict) else str(entry)
