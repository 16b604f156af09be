"""Many people's decisions, to the byte those of ``rules``, at a fraction of the cost.

The usual person is worked in integers, and whoever has a fact in an unusual form by the plain rules.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import islice, pairwise
from operator import attrgetter
from typing import Final, NamedTuple

import orjson

from functions.evaluate.bulk_facts import FactTable, PlainFact, as_row
from functions.evaluate.bulk_window import STEPS, Terms, Window
from functions.evaluate.decision import Finding, Outcome, input_data
from functions.evaluate.figures import Row
from functions.evaluate.population import GroupStatistics, Key, Population, group_fields, narrowed
from functions.evaluate.rules import assess, in_scope, rep_id, stage_opened
from shared.domain.errors import InvalidDirectory
from shared.domain.money import rounded
from shared.domain.policy import PeerRankRule

_NO_FINDINGS: Final[dict[str, Finding]] = {}
FLAGGED: Final = frozenset({"open_case", "structural"})
"""Outcomes that cost more than arithmetic."""

_UNASKED: Final = (0, 1)
_NEEDS_NO_ESCAPE: Final = re.compile(r'[^"\\\x00-\x1f]+')


class Brief(NamedTuple):
    """One person after the first pass. ``inputs`` is the text that the decision lists; ``attainment`` is P's,
    as a numerator and a denominator, kept where a peer rule will ask for it.
    """

    rep_id: str
    in_scope: bool
    status: str
    inputs: str
    findings: dict[str, Finding]
    key: Key
    attainment: tuple[int, int]


Decided = tuple[Outcome, str]
"""An outcome, and the decision's line."""


def assess_many(window: Window, people: Iterable[Row], tables: Sequence[FactTable]) -> list[Brief]:
    """The first pass over these people, by rep id. Facts are taken out of the tables as they are used."""
    briefs = list(_briefs(window, people, tables))
    briefs.sort(key=attrgetter("rep_id"))
    for before, after in pairwise(briefs):
        if before[0] == after[0]:
            raise InvalidDirectory(f"{after.rep_id!r} stands twice in the people file")
    return briefs


def summarise_many(window: Window, briefs: Iterable[Brief]) -> GroupStatistics:
    """What these people add to their groups."""
    keep = bool(window.peer_rules)
    statistics = GroupStatistics()
    for brief in briefs:
        if brief.in_scope and brief.status == "assessable":
            statistics.add(brief.key, brief.attainment, fires=bool(brief.findings), keep=keep)
    return statistics


def decide_many(window: Window, briefs: Iterable[Brief], population: Population) -> Iterator[Decided]:
    """The second pass: everybody's outcome and line of text, in the order of the briefs."""
    judge = _Judge(window, population)
    same = f'","period":"{window.period}","policy":"{window.policy.ref}","outcome":'
    clear = same + '"clear","stage":null,"reason":null,"findings":[],"inputs":['
    has_peers = bool(window.peer_rules)
    for brief in briefs:
        rep, scope, status, inputs, findings = brief[:5]
        if _NEEDS_NO_ESCAPE.fullmatch(rep) is None:
            rep = orjson.dumps(rep).decode()[1:-1]
        if scope and status == "assessable":
            if not findings and not has_peers:
                yield "clear", f'{{"rep_id":"{rep}{clear}{inputs}]}}\n'
                continue
            outcome, middle = judge.judged(brief)
        elif scope:
            outcome, middle = "not_assessable", f'null,"reason":"{status}","findings":[]'
        else:
            outcome, middle = "out_of_scope", 'null,"reason":null,"findings":[]'
        yield outcome, f'{{"rep_id":"{rep}{same}"{outcome}","stage":{middle},"inputs":[{inputs}]}}\n'


def batched(decided: Iterable[Decided], size: int = 1000) -> Iterator[list[Decided]]:
    """The same in lists, so that lines are joined and encoded many at a time."""
    rest = iter(decided)
    while batch := list(islice(rest, size)):
        yield batch


def _briefs(window: Window, people: Iterable[Row], tables: Sequence[FactTable]) -> Iterator[Brief]:
    fields = group_fields(window.policy)
    scopes: dict[tuple[object, ...], bool] = {}
    for person in people:
        rep = rep_id(person)
        sort = (person.get("role"), person.get("region"), person.get("active"))
        scope = scopes.get(sort)
        if scope is None:
            scope = scopes[sort] = in_scope(window.policy, person)
        facts = [table.pop(rep, None) for table in tables]
        key = tuple([person.get(name) for name in fields]) if fields else ()
        yield _brief(window, rep, scope, window.terms(person), key, facts) or _plain_brief(
            window, person, facts
        )


def _brief(
    window: Window,
    rep: str,
    scope: bool,
    terms: tuple[Terms, ...] | None,
    key: Key,
    facts: Sequence[PlainFact | Row | None],
) -> Brief | None:
    """One person's periods and own findings; None where a fact was not in the usual form of a line.

    The usual period is worked inline: a known quota, amounts in cents, no leave, past tenure and ramp.
    """
    texts: list[str] = []
    steps: list[int | None] = []
    cents: list[tuple[int, int]] = []
    status, lowest, attainment = "missing", window.highest_bar, _UNASKED
    leave_free, printed, bar = window.leave_free, window.printed, lowest
    is_usual = terms is None and window.has_usual_periods
    last_quota, quota_cents = "", None
    for fact, head, missing in zip(facts, window.heads, window.missing, strict=True):
        reached: int | None = None
        if fact is None:
            text, status = missing, "missing"
        elif not isinstance(fact, tuple):
            return None
        else:
            _, _, quota, credited, tail = fact
            if quota != last_quota:
                last_quota, quota_cents = quota, _plain_cents(quota)
            if credited[-3:-2] == ".":
                credited_cents: int | None = int(credited[:-3] + credited[-2:])
            else:
                credited_cents = _cents(credited)
            if is_usual and quota_cents and credited_cents is not None and leave_free[tail]:
                status = "assessable"
                reached, rest = divmod(credited_cents * STEPS, quota_cents)
                rest += rest
                up = rest > quota_cents or (rest == quota_cents and reached & 1)
                text = (
                    f'{head}{quota}","credited":"{credited}","leave_days":0,'
                    f'"eligible_fraction":"1.0000","ramp_share":"1","adjusted_quota":"{quota}",'
                    f'"attainment":"{printed[reached + up]}","status":"assessable"}}'
                )
                attainment = credited_cents, quota_cents
                cents.append(attainment)
            else:
                text, status, reached, attainment = window.measured(len(steps), terms, fact)
            if reached is not None and reached < lowest:
                lowest = reached
        texts.append(text)
        steps.append(reached)
    findings = _NO_FINDINGS
    if lowest < bar and scope and status == "assessable":
        findings = window.own_findings(terms, facts, steps, cents if len(cents) == len(facts) else None)
    return Brief(rep, scope, status, ",".join(texts), findings, key, attainment)


def _cents(amount: str) -> int | None:
    """An amount in whole cents, None for one with more than two decimals."""
    if amount[-3:-2] == ".":
        return int(amount[:-3] + amount[-2:])
    if "." not in amount:
        return int(amount) * 100
    return int(amount[:-2] + amount[-1] + "0") if amount[-2] == "." else None


def _plain_cents(quota: str) -> int | None:
    """The same of a quota that is known, and written as an adjusted quota is: without needless zeros."""
    if not quota or quota[0] == "0" or (quota[-1] == "0" and "." in quota):
        return None
    return _cents(quota)


def _plain_brief(window: Window, person: Row, facts: Sequence[PlainFact | Row | None]) -> Brief:
    """The same by the plain rules, for a person with a fact in some other form."""
    rows = {
        name: as_row(fact) if isinstance(fact, tuple) else fact
        for name, fact in zip(window.names, facts, strict=True)
        if fact is not None
    }
    plain = assess(window.policy, person, rows, window.period)
    inputs = ",".join(orjson.dumps(input_data(entry)).decode() for entry in plain.inputs)
    attainment = _UNASKED if plain.now.attainment is None else plain.now.attainment.as_integer_ratio()
    return Brief(
        plain.rep_id, plain.in_scope, plain.now.status, inputs, dict(plain.findings), plain.key, attainment
    )


class _Judge:
    """What the population adds: peer findings, the structural test, the stage."""

    def __init__(self, window: Window, population: Population) -> None:
        self._window = window
        self._policy = window.policy
        self._population = population
        self._fields = group_fields(window.policy)

    def judged(self, brief: Brief) -> tuple[Outcome, str]:
        """The outcome of somebody assessable in scope, and the line's text from the stage to the findings."""
        findings = self._findings(brief)
        if not findings:
            return "clear", 'null,"reason":null,"findings":[]'
        listed = orjson.dumps([finding.as_data() for finding in findings]).decode()
        if self._is_structural(brief):
            return "structural", f'null,"reason":null,"findings":{listed}'
        stage = orjson.dumps(stage_opened(self._policy, findings)).decode()
        return "open_case", f'{stage},"reason":null,"findings":{listed}'

    def _findings(self, brief: Brief) -> list[Finding]:
        found: list[Finding] = []
        for rule in self._policy.rules:
            if not isinstance(rule, PeerRankRule):
                if rule.id in brief.findings:
                    found.append(brief.findings[rule.id])
                continue
            key = narrowed(brief.key, self._fields, rule.group_by)
            standing = self._population.peer_finding(rule, key, brief.attainment)
            if standing is not None:
                share = rounded(Fraction(standing.below, standing.size), 4)
                found.append(Finding(rule.id, share, rule.peer_rank_below, (str(self._window.period),)))
        return found

    def _is_structural(self, brief: Brief) -> bool:
        terms = self._policy.structural
        if terms is None:
            return False
        return narrowed(brief.key, self._fields, terms.group_by) in self._population.structural
