"""Group statistics of the whole population, which peer rules and the structural test need.

Each shard counts its own people by subgroup, and merging adds the counts up. So the number of shards and
their order do not change any comparison.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self, get_args

from functions.evaluate.decisions.period_figures import Row, exact
from shared.domain.policy import GroupField, PeerRankRule, Policy

GroupKey = tuple[str | None, ...]

RANK_SCALE = 10**90
"""The whole part of attainment x 10^90 is an integer that compares exactly as the attainment does.

Numerator and denominator of an attainment are products of a 24-digit amount, at most 92 days and an 18-digit
share. So two different attainments are more than 10^-90 apart.
"""


def rank(numerator: int, denominator: int) -> int:
    """The integer by which an attainment is compared with others."""
    return numerator * RANK_SCALE // denominator


def group_fields(policy: Policy) -> tuple[GroupField, ...]:
    """The columns by which a rule or the structural test groups people, in a fixed order."""
    used: set[str] = set(policy.structural.group_by if policy.structural else ())
    for rule in policy.rules:
        if isinstance(rule, PeerRankRule):
            used.update(rule.group_by)
    return tuple(name for name in get_args(GroupField) if name in used)


def group_key(person: Row, fields: Iterable[str]) -> GroupKey:
    """The person's values in these columns."""
    return tuple(person.get(name) for name in fields)


@dataclass(slots=True)
class Subgroup:
    """Counts of people with the same grouping values who are in scope and assessable in the period.

    Attainments under 1 are kept as (numerator, denominator): in ``fired`` for people for whom a rule about
    their own figures fires, in ``quiet`` for the others.
    """

    assessable: int = 0
    firing: int = 0
    fired: list[tuple[int, int]] = field(default_factory=list)
    quiet: list[tuple[int, int]] = field(default_factory=list)


@dataclass(slots=True)
class GroupStatistics:
    """The subgroups of one shard."""

    subgroups: dict[GroupKey, Subgroup] = field(default_factory=dict)

    def add(self, key: GroupKey, attainment: tuple[int, int], *, fires: bool, keep: bool) -> None:
        """Count one person. ``keep`` the attainment where a peer rule needs it."""
        subgroup = self.subgroups.get(key)
        if subgroup is None:
            subgroup = self.subgroups[key] = Subgroup()
        subgroup.assessable += 1
        subgroup.firing += fires
        if keep and attainment[0] < attainment[1]:
            (subgroup.fired if fires else subgroup.quiet).append(attainment)

    def as_data(self) -> dict[str, Any]:
        """The statistics as JSON; attainments are text, because their integers may exceed 2**53."""
        return {
            "cells": [
                {
                    "key": list(key),
                    "assessable": subgroup.assessable,
                    "firing": subgroup.firing,
                    "fired": [f"{top}/{bottom}" for top, bottom in subgroup.fired],
                    "quiet": [f"{top}/{bottom}" for top, bottom in subgroup.quiet],
                }
                for key, subgroup in self.subgroups.items()
            ]
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        return cls(
            {
                tuple(subgroup["key"]): Subgroup(
                    subgroup["assessable"],
                    subgroup["firing"],
                    [_ratio(text) for text in subgroup["fired"]],
                    [_ratio(text) for text in subgroup["quiet"]],
                )
                for subgroup in data["cells"]
            }
        )


class PeerRank(NamedTuple):
    """How many people of a group attained strictly less, out of how many."""

    below: int
    size: int

    def is_under(self, threshold: str) -> bool:
        share = exact(threshold)
        return self.below * share.denominator < share.numerator * self.size


@dataclass(frozen=True, slots=True)
class PeerGroup:
    """A group's size, and the ranks of its lowest people, ascending: as many as a peer rule needs."""

    size: int
    lowest: tuple[int, ...]

    def rank_of(self, attainment: tuple[int, int]) -> PeerRank:
        """Exact up to the last rank kept. Above that, ``below`` is already too high for the rule to fire."""
        return PeerRank(bisect_left(self.lowest, rank(*attainment)), self.size)


@dataclass(frozen=True, slots=True)
class Population:
    """What the second pass needs: the groups of each peer rule, and the structural groups."""

    peers: Mapping[str, Mapping[GroupKey, PeerGroup]]
    structural: frozenset[GroupKey]

    def peer_finding(self, rule: PeerRankRule, key: GroupKey, attainment: tuple[int, int]) -> PeerRank | None:
        """The rank with which a peer rule fires for a person of this group, or None.

        ``attainment`` is a (numerator, denominator) with a denominator above zero, in any terms.
        """
        group = self.peers[rule.id].get(key)
        if group is None or group.size < rule.min_group or attainment[0] >= attainment[1]:
            return None
        found = group.rank_of(attainment)
        return found if found.is_under(rule.peer_rank_below) else None

    def as_data(self) -> dict[str, Any]:
        return {
            "peers": [
                {
                    "rule": rule,
                    "groups": [
                        {"key": list(key), "size": group.size, "lowest": [str(low) for low in group.lowest]}
                        for key, group in sorted(groups.items(), key=lambda item: _order(item[0]))
                    ],
                }
                for rule, groups in self.peers.items()
            ],
            "structural": [list(key) for key in sorted(self.structural, key=_order)],
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        return cls(
            {
                peer["rule"]: {
                    tuple(group["key"]): PeerGroup(group["size"], tuple(map(int, group["lowest"])))
                    for group in peer["groups"]
                }
                for peer in data["peers"]
            },
            frozenset(tuple(key) for key in data["structural"]),
        )


def merge(policy: Policy, shards: Iterable[GroupStatistics]) -> Population:
    """The whole population, from the statistics of all shards in any order."""
    fields = group_fields(policy)
    subgroups: dict[GroupKey, Subgroup] = {}
    for shard in shards:
        for key, subgroup in shard.subgroups.items():
            whole = subgroups.setdefault(key, Subgroup())
            whole.assessable += subgroup.assessable
            whole.firing += subgroup.firing
            whole.fired += subgroup.fired
            whole.quiet += subgroup.quiet
    peers = {
        rule.id: _peer_groups(rule, fields, subgroups)
        for rule in policy.rules
        if isinstance(rule, PeerRankRule)
    }
    return Population(peers, _structural_groups(policy, fields, subgroups, peers))


def _peer_groups(
    rule: PeerRankRule, fields: tuple[str, ...], subgroups: Mapping[GroupKey, Subgroup]
) -> dict[GroupKey, PeerGroup]:
    sizes: dict[GroupKey, int] = {}
    ranks: dict[GroupKey, list[int]] = {}
    for key, subgroup in subgroups.items():
        group = narrowed(key, fields, rule.group_by)
        sizes[group] = sizes.get(group, 0) + subgroup.assessable
        ranks.setdefault(group, []).extend(rank(*ratio) for ratio in subgroup.fired + subgroup.quiet)
    share = exact(rule.peer_rank_below)
    return {
        # With ceil(share * size) people below, a person is not under the share, so more ranks are not needed.
        group: PeerGroup(size, tuple(sorted(ranks[group])[: -(-share.numerator * size // share.denominator)]))
        for group, size in sizes.items()
    }


def _structural_groups(
    policy: Policy,
    fields: tuple[str, ...],
    subgroups: Mapping[GroupKey, Subgroup],
    peers: Mapping[str, Mapping[GroupKey, PeerGroup]],
) -> frozenset[GroupKey]:
    if policy.structural is None:
        return frozenset()
    known = Population(peers, frozenset())
    rules = [
        (rule, {key: narrowed(key, fields, rule.group_by) for key in subgroups})
        for rule in policy.rules
        if isinstance(rule, PeerRankRule)
    ]
    sizes: dict[GroupKey, int] = {}
    firing: dict[GroupKey, int] = {}
    for key, subgroup in subgroups.items():
        group = narrowed(key, fields, policy.structural.group_by)
        by_rank = sum(
            any(known.peer_finding(rule, groups[key], ratio) for rule, groups in rules)
            for ratio in (subgroup.quiet if rules else ())
        )
        sizes[group] = sizes.get(group, 0) + subgroup.assessable
        firing[group] = firing.get(group, 0) + subgroup.firing + by_rank
    share = exact(policy.structural.share_below)
    return frozenset(
        group
        for group, size in sizes.items()
        if size >= policy.structural.min_group and firing[group] >= share * size
    )


def narrowed(key: GroupKey, fields: tuple[str, ...], wanted: tuple[str, ...]) -> GroupKey:
    """A subgroup's key reduced to the columns of one rule, in the rule's order."""
    return tuple(key[fields.index(name)] for name in wanted)


def _ratio(text: str) -> tuple[int, int]:
    top, _, bottom = text.partition("/")
    return int(top), int(bottom)


def _order(key: GroupKey) -> list[tuple[bool, str]]:
    return [(value is not None, value or "") for value in key]
