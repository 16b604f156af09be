"""Who is in a comparable position: others whom one policy found by the same rule, in the same group. Pure.

Before somebody may lose their job, whoever proposes and whoever approves it sees what became of the others.
Nothing of this speaks of what a person is: only of figures, rules, stages and ends.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, Final, Literal

from shared.domain.attainment import bars_of, exact_target, in_line_with
from shared.domain.canonical import digest, encode
from shared.domain.case import Case, CaseStatus
from shared.domain.identifiers import CaseId, PersonId
from shared.domain.period import Period
from shared.domain.person import Person
from shared.domain.policy import GroupField, PeerRankRule, Policy

SPAN: Final = timedelta(days=366)
"""How far back from the period that opened a case others are looked for; forward, up to now."""
MOST_LISTED: Final = 200
"""Whom a reader can look at one by one; more are counted. Those who attained least are listed."""
Fate = Literal[
    "open",
    "no_case",
    "graduated",
    "withdrawn",
    "excepted",
    "removal_approved",
    "left_company",
    "policy_closed",
]
"""What became of somebody: their case goes on, none was opened, or how it ended."""


@dataclass(frozen=True, slots=True)
class Alike:
    """Somebody else whom an evaluation found. ``reached`` is over the periods looked at, taken together."""

    person: Person
    found_for: str
    reached: Fraction | None
    as_low: bool

    def place(self) -> tuple[Fraction, str]:
        """Where they stand in a list, the lowest first."""
        return self.reached or Fraction(0), self.person.id


@dataclass(frozen=True, slots=True)
class Comparator:
    """Somebody else in a comparable position. ``reached`` is over the periods looked at, taken together."""

    rep: Person
    case_id: CaseId | None
    found_for: str
    reached: str | None
    as_low: bool
    became: Fate
    stage: str | None
    """Where an open case is, or a closed one ended."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is shown: those whom the reader may see, and how many more there are.

    ``beyond`` are theirs to see, too, and attained no less than those listed; ``others`` are not.
    """

    group: tuple[GroupField, ...]
    reached: str | None
    """What the rep of the case reached, counted in the same way."""
    comparators: tuple[Comparator, ...]
    others: int
    beyond: int = 0
    beyond_as_low: int = 0

    @property
    def total(self) -> int:
        """How many the reader may see, listed or not."""
        return len(self.comparators) + self.beyond

    @property
    def as_low(self) -> int:
        """How many of them reached as little or less."""
        return sum(each.as_low for each in self.comparators) + self.beyond_as_low

    @property
    def became(self) -> list[tuple[Fate, str | None, int]]:
        """How many of those listed went which way, the most first; the stage counts only of an open case."""
        counts = Counter(
            (each.became, each.stage if each.became == "open" else None) for each in self.comparators
        )
        ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0][0], item[0][1] or ""))
        return [(fate, stage, count) for (fate, stage), count in ordered]

    @property
    def digest(self) -> str:
        """The SHA-256 of all that is shown, people by their ids."""
        unlisted = {"beyond": [self.beyond, self.beyond_as_low]} if self.beyond else {}
        return digest(
            encode(
                unlisted
                | {
                    "comparators": [
                        [each.rep.id, each.found_for, each.reached, each.as_low, each.became, each.stage]
                        for each in self.comparators
                    ],
                    "group": list(self.group),
                    "others": self.others,
                    "reached": self.reached,
                }
            )
        )

    def for_the_record(self) -> dict[str, int]:
        """What the event of a decision keeps of it: counts, and nobody's id."""
        became = {fate if stage is None else f"{fate}/{stage}": n for fate, stage, n in self.became}
        counts = {"shown": len(self.comparators), "as_low": self.as_low, "others": self.others}
        return counts | ({"beyond": self.beyond} if self.beyond else {}) | became


def peer_fields(policy: Policy) -> tuple[GroupField, ...]:
    """The columns by which the policy itself groups people; their role where it groups nobody."""
    used: set[GroupField] = set(policy.structural.group_by if policy.structural else ())
    for rule in policy.rules:
        if isinstance(rule, PeerRankRule):
            used.update(rule.group_by)
    return tuple(sorted(used)) or ("role",)


def earliest(case: Case) -> date:
    """The first day of the earliest period that others of the case are looked for in."""
    return Period.parse(case.opened_for).first_day - SPAN


def found_alike(
    case: Case,
    decisions: Iterable[Mapping[str, Any]],
    people: Mapping[PersonId, Person],
    policy: Policy,
) -> Iterator[Alike]:
    """Of an evaluation's decisions those about others in the rep's group, by one of the case's own rules."""
    rep, rules, fields = people.get(case.rep_id), _rules(case.decision), peer_fields(policy)
    own = window_attainment(case.decision)
    place = [getattr(rep, name, None) for name in fields]
    for decision in decisions:
        person = people.get(PersonId(decision["rep_id"]))
        if decision["outcome"] != "open_case" or person is None or person.id == case.rep_id:
            continue
        if rules & _rules(decision) and [getattr(person, name) for name in fields] == place:
            reached = window_attainment(decision)
            as_low = own is not None and reached is not None and reached <= own
            yield Alike(person, decision["period"], reached, as_low)


def comparator(found: Alike, policy: Policy, theirs: Sequence[Case]) -> Comparator:
    """``theirs``: the person's cases under the policy, oldest first; the last says what became of them."""
    last = theirs[-1] if theirs else None
    return Comparator(
        rep=found.person,
        case_id=None if last is None else last.id,
        found_for=found.found_for,
        reached=None if found.reached is None else in_line_with(bars_of(policy), found.reached),
        as_low=found.as_low,
        became=_fate(last),
        stage=None if last is None else last.stage,
    )


def comparison(
    case: Case, policy: Policy, listed: Iterable[Comparator], beyond: Sequence[Alike], others: int
) -> Comparison:
    """What a reader is shown, the lowest first; ``others`` are those who are not theirs to see."""
    own = window_attainment(case.decision)
    return Comparison(
        group=peer_fields(policy),
        reached=None if own is None else in_line_with(bars_of(policy), own),
        comparators=tuple(listed),
        others=others,
        beyond=len(beyond),
        beyond_as_low=sum(each.as_low for each in beyond),
    )


def window_attainment(decision: Mapping[str, Any]) -> Fraction | None:
    """Credited of target over every assessable period that the decision looked at."""
    counted = [figures for figures in decision["inputs"] if figures["status"] == "assessable"]
    target = sum((exact_target(figures) for figures in counted), Fraction(0))
    return (
        sum((Fraction(figures["credited"]) for figures in counted), Fraction(0)) / target if target else None
    )


def _rules(decision: Mapping[str, Any]) -> set[str]:
    return {finding["rule"] for finding in decision["findings"]}


def _fate(case: Case | None) -> Fate:
    if case is None:
        return "no_case"
    if case.status is CaseStatus.OPEN or case.exit is None:
        return "open"
    return case.exit.value
