"""What an evaluation has to know of everybody before it can decide about anybody.

Peer ranks and the structural test look at whole groups. Each shard summarises its own people into cells;
merging adds cells up, so neither the number of shards nor their order changes a single comparison.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self, get_args

from functions.evaluate.decisions.period_figures import Row, exact
from shared.domain.policy import GroupField, PeerRankRule, Policy

Key = tuple[str | None, ...]

RANK_SCALE = 10**90
"""Makes an integer of an attainment that orders, and is equal, exactly as the attainment.

Both sides of the fraction are products of a 24-digit amount, at most 92 days and an 18-digit share, so two
different attainments lie more than 1e-90 apart, and the whole part of attainment times 1e90 tells them apart.
"""


def rank(numerator: int, denominator: int) -> int:
    """The integer by which this attainment is compared with others."""
    return numerator * RANK_SCALE // denominator


def group_fields(policy: Policy) -> tuple[GroupField, ...]:
    """The columns by which any rule or the structural test groups people, in one fixed order."""
    used: set[str] = set(policy.structural.group_by if policy.structural else ())
    for rule in policy.rules:
        if isinstance(rule, PeerRankRule):
            used.update(rule.group_by)
    return tuple(name for name in get_args(GroupField) if name in used)


def group_key(person: Row, fields: Iterable[str]) -> Key:
    """The person's values in these columns."""
    return tuple(person.get(name) for name in fields)


@dataclass(slots=True)
class Cell:
    """The people of a shard who share every grouping value, are in scope, and whose P is assessable.

    Attainments under 1 are kept as numerator and denominator, apart for those on whom a rule of their own
    figures fires (``fired``) and the others (``quiet``).
    """

    assessable: int = 0
    firing: int = 0
    fired: list[tuple[int, int]] = field(default_factory=list)
    quiet: list[tuple[int, int]] = field(default_factory=list)


@dataclass(slots=True)
class GroupStatistics:
    """One shard's cells."""

    cells: dict[Key, Cell] = field(default_factory=dict)

    def add(self, key: Key, attainment: tuple[int, int], *, fires: bool, keep: bool) -> None:
        """Count one person; ``keep`` the attainment where a peer rule will ask for it."""
        cell = self.cells.get(key)
        if cell is None:
            cell = self.cells[key] = Cell()
        cell.assessable += 1
        cell.firing += fires
        if keep and attainment[0] < attainment[1]:
            (cell.fired if fires else cell.quiet).append(attainment)

    def as_data(self) -> dict[str, Any]:
        """JSON without floats or big numbers: integers over 2**53 stand as text."""
        return {
            "cells": [
                {
                    "key": list(key),
                    "assessable": cell.assessable,
                    "firing": cell.firing,
                    "fired": [f"{top}/{bottom}" for top, bottom in cell.fired],
                    "quiet": [f"{top}/{bottom}" for top, bottom in cell.quiet],
                }
                for key, cell in self.cells.items()
            ]
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        return cls(
            {
                tuple(cell["key"]): Cell(
                    cell["assessable"],
                    cell["firing"],
                    [_ratio(text) for text in cell["fired"]],
                    [_ratio(text) for text in cell["quiet"]],
                )
                for cell in data["cells"]
            }
        )


class Standing(NamedTuple):
    """How many people of a group stand strictly below, out of how many."""

    below: int
    size: int

    def is_under(self, threshold: str) -> bool:
        share = exact(threshold)
        return self.below * share.denominator < share.numerator * self.size


@dataclass(frozen=True, slots=True)
class PeerGroup:
    """A group's size and the ranks of as many of its lowest as could decide a peer rule, ascending."""

    size: int
    lowest: tuple[int, ...]

    def standing(self, attainment: tuple[int, int]) -> Standing:
        """Exact up to the last rank kept; beyond it ``below`` is already too many for the rule to fire."""
        return Standing(bisect_left(self.lowest, rank(*attainment)), self.size)


@dataclass(frozen=True, slots=True)
class Population:
    """What the second pass needs: each peer rule's groups, and the groups whose quotas are in question."""

    peers: Mapping[str, Mapping[Key, PeerGroup]]
    structural: frozenset[Key]

    def peer_finding(self, rule: PeerRankRule, key: Key, attainment: tuple[int, int]) -> Standing | None:
        """The standing with which a peer rule fires on somebody of this group, or None.

        ``attainment`` is a numerator and a denominator above zero; they need not be in lowest terms.
        """
        group = self.peers[rule.id].get(key)
        if group is None or group.size < rule.min_group or attainment[0] >= attainment[1]:
            return None
        standing = group.standing(attainment)
        return standing if standing.is_under(rule.peer_rank_below) else None

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
    cells: dict[Key, Cell] = {}
    for shard in shards:
        for key, cell in shard.cells.items():
            whole = cells.setdefault(key, Cell())
            whole.assessable += cell.assessable
            whole.firing += cell.firing
            whole.fired += cell.fired
            whole.quiet += cell.quiet
    peers = {
        rule.id: _peer_groups(rule, fields, cells) for rule in policy.rules if isinstance(rule, PeerRankRule)
    }
    return Population(peers, _structural_groups(policy, fields, cells, peers))


def _peer_groups(
    rule: PeerRankRule, fields: tuple[str, ...], cells: Mapping[Key, Cell]
) -> dict[Key, PeerGroup]:
    sizes: dict[Key, int] = {}
    ranks: dict[Key, list[int]] = {}
    for key, cell in cells.items():
        group = narrowed(key, fields, rule.group_by)
        sizes[group] = sizes.get(group, 0) + cell.assessable
        ranks.setdefault(group, []).extend(rank(*ratio) for ratio in cell.fired + cell.quiet)
    share = exact(rule.peer_rank_below)
    return {
        # Who has ceil(share * size) people strictly below cannot be under the share any more.
        group: PeerGroup(size, tuple(sorted(ranks[group])[: -(-share.numerator * size // share.denominator)]))
        for group, size in sizes.items()
    }


def _structural_groups(
    policy: Policy,
    fields: tuple[str, ...],
    cells: Mapping[Key, Cell],
    peers: Mapping[str, Mapping[Key, PeerGroup]],
) -> frozenset[Key]:
    if policy.structural is None:
        return frozenset()
    known = Population(peers, frozenset())
    rules = [
        (rule, {key: narrowed(key, fields, rule.group_by) for key in cells})
        for rule in policy.rules
        if isinstance(rule, PeerRankRule)
    ]
    sizes: dict[Key, int] = {}
    firing: dict[Key, int] = {}
    for key, cell in cells.items():
        group = narrowed(key, fields, policy.structural.group_by)
        by_rank = sum(
            any(known.peer_finding(rule, groups[key], ratio) for rule, groups in rules)
            for ratio in (cell.quiet if rules else ())
        )
        sizes[group] = sizes.get(group, 0) + cell.assessable
        firing[group] = firing.get(group, 0) + cell.firing + by_rank
    share = exact(policy.structural.share_below)
    return frozenset(
        group
        for group, size in sizes.items()
        if size >= policy.structural.min_group and firing[group] >= share * size
    )


def narrowed(key: Key, fields: tuple[str, ...], wanted: tuple[str, ...]) -> Key:
    """A cell's key cut down to the columns of one rule, in the order in which the rule names them."""
    return tuple(key[fields.index(name)] for name in wanted)


def _ratio(text: str) -> tuple[int, int]:
    top, _, bottom = text.partition("/")
    return int(top), int(bottom)


def _order(key: Key) -> list[tuple[bool, str]]:
    return [(value is not None, value or "") for value in key]
