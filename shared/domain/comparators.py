"""Finds people in a comparable position: found by the same rule of the same policy, in the same group. Pure.

Before a removal, the proposer and the approver see what became of these people. The comparison uses only
figures, rules, stages and exits, and no personal characteristic.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Final, Literal

from shared.domain.attainment import bars_of, exact_target, in_line_with
from shared.domain.canonical import digest, encode
from shared.domain.case import Case, CaseStatus
from shared.domain.decision_json import DecisionJson
from shared.domain.identifiers import CaseId, PersonId
from shared.domain.period import Period
from shared.domain.person import Person
from shared.domain.policy import GroupField, PeerRankRule, Policy

SPAN: Final = timedelta(days=366)
"""How far before the case's opening period the search begins; it ends now."""
MOST_LISTED: Final = 200
"""As many as a reader can look at one by one. The lowest attainments are listed, the rest are counted."""
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
"""What became of a person: their case is open, no case was opened, or the exit of their case."""


@dataclass(frozen=True, slots=True)
class Alike:
    """Another person whom an evaluation found. ``reached`` is the attainment over the whole window."""

    person: Person
    found_for: str
    reached: Fraction | None
    as_low: bool

    def place(self) -> tuple[Fraction, str]:
        """The sort key of a list with the lowest attainment first."""
        return self.reached or Fraction(0), self.person.id


@dataclass(frozen=True, slots=True)
class Comparator:
    """Another person in a comparable position. ``reached`` is the attainment over the whole window."""

    rep: Person
    case_id: CaseId | None
    found_for: str
    reached: str | None
    as_low: bool
    became: Fate
    stage: str | None
    """The stage of an open case, or the last stage of a closed one."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a reader is shown: the people whom they may see, and how many more there are.

    ``beyond`` counts people whom the reader may see but who are not listed, because the list is full.
    ``others`` counts people whom the reader may not see.
    """

    group: tuple[GroupField, ...]
    reached: str | None
    """The attainment of the case's own rep, computed in the same way."""
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
        """How many of them attained as little as the case's rep, or less."""
        return sum(each.as_low for each in self.comparators) + self.beyond_as_low

    @property
    def became(self) -> list[tuple[Fate, str | None, int]]:
        """How many of those listed had each fate, the most frequent first; open cases by stage."""
        counts = Counter(
            (each.became, each.stage if each.became == "open" else None) for each in self.comparators
        )
        ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0][0], item[0][1] or ""))
        return [(fate, stage, count) for (fate, stage), count in ordered]

    @property
    def digest(self) -> str:
        """The SHA-256 of everything that is shown, with people by their ids."""
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
        """The counts that the event of a decision keeps, without any id."""
        became = {fate if stage is None else f"{fate}/{stage}": n for fate, stage, n in self.became}
        counts = {"shown": len(self.comparators), "as_low": self.as_low, "others": self.others}
        return counts | ({"beyond": self.beyond} if self.beyond else {}) | became


def peer_fields(policy: Policy) -> tuple[GroupField, ...]:
    """The columns by which the policy groups people; the role where it groups nobody."""
    used: set[GroupField] = set(policy.structural.group_by if policy.structural else ())
    for rule in policy.rules:
        if isinstance(rule, PeerRankRule):
            used.update(rule.group_by)
    return tuple(sorted(used)) or ("role",)


def earliest(case: Case) -> date:
    """The first day from which the search for comparators of the case begins."""
    return Period.parse(case.opened_for).first_day - SPAN


def found_alike(
    case: Case,
    decisions: Iterable[DecisionJson],
    people: Mapping[PersonId, Person],
    policy: Policy,
) -> Iterator[Alike]:
    """The people of the rep's group whom an evaluation found by one of the rules that opened the case."""
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
    """One entry. ``theirs``: the person's cases under the policy, oldest first; the last counts."""
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
    """What a reader is shown, the lowest first. ``others``: how many people they may not see."""
    own = window_attainment(case.decision)
    return Comparison(
        group=peer_fields(policy),
        reached=None if own is None else in_line_with(bars_of(policy), own),
        comparators=tuple(listed),
        others=others,
        beyond=len(beyond),
        beyond_as_low=sum(each.as_low for each in beyond),
    )


def window_attainment(decision: DecisionJson) -> Fraction | None:
    """The attainment over all assessable periods of the decision taken together."""
    counted = [figures for figures in decision["inputs"] if figures["status"] == "assessable"]
    target = sum((exact_target(figures) for figures in counted), Fraction(0))
    return (
        sum((Fraction(figures["credited"]) for figures in counted), Fraction(0)) / target if target else None
    )


def _rules(decision: DecisionJson) -> set[str]:
    return {finding["rule"] for finding in decision["findings"]}


def _fate(case: Case | None) -> Fate:
    if case is None:
        return "no_case"
    if case.status is CaseStatus.OPEN or case.exit is None:
        return "open"
    return case.exit.value
