"""Keeps the findings of a check in groups, so that many of one kind never hide another kind (R67)."""

import re
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

SHOWN_OF_A_KIND: Final = 10
MOST_KINDS: Final = 2_000
"""A forged bundle could otherwise fill the memory with kinds of its own making."""
_VARIES: Final = re.compile(r"\S*[0-9]\S*")


class Verdict(StrEnum):
    """What a finding means for the bundle. The worst verdict counts (R15)."""

    TAMPERED = "tampered"
    INCOMPLETE = "incomplete"
    UNANCHORED = "unanchored"
    WARNING = "warning"
    """Changes no verdict, but a reader who does not know it may be misled."""
    REMARK = "remark"


@dataclass(frozen=True, slots=True)
class Finding:
    verdict: Verdict
    where: str
    what: str


Kind = tuple[Verdict, str, str]


@dataclass(slots=True)
class Findings:
    """``shown`` holds the first findings of each kind; ``seen`` counts all of them."""

    shown: dict[Kind, list[Finding]] = field(default_factory=dict)
    seen: Counter[Kind] = field(default_factory=Counter)
    counts: Counter[Verdict] = field(default_factory=Counter)

    def add(self, finding: Finding, times: int = 1) -> None:
        kind = _kind_of(finding)
        if kind not in self.shown and len(self.shown) >= MOST_KINDS:
            kind = (finding.verdict, "", "")  # too many kinds: count the rest of a verdict as one
        found = self.shown.setdefault(kind, [])
        if len(found) < SHOWN_OF_A_KIND:
            found.append(finding)
        self.seen[kind] += times
        self.counts[finding.verdict] += times

    def ranked(self) -> list[tuple[Finding, int]]:
        """Every shown finding, worst first. With the last one of a kind, how many more there are."""
        ranks = list(Verdict)
        found = []
        for kind in sorted(self.shown, key=lambda kind: ranks.index(kind[0])):
            shown = self.shown[kind]
            more = [0] * (len(shown) - 1) + [self.seen[kind] - len(shown)]
            found += list(zip(shown, more, strict=True))
        return found


def _kind_of(finding: Finding) -> Kind:
    """Findings are of one kind if they say the same of files of one folder, ids and numbers apart."""
    folder = _VARIES.sub("#", finding.where.rpartition("/")[0])
    words = _VARIES.sub("#", finding.what).split()[:6]
    return finding.verdict, folder or _VARIES.sub("#", finding.where), " ".join(words)
