"""What the daily mail to HR says: the open cases of somebody's people, the most pressing first. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from functions.notify.wording import stage_name
from shared.domain.case import Case, Waiting
from shared.domain.figure_text import moment_in_words
from shared.domain.identifiers import PersonId
from shared.domain.person import HR_QUEUE, Directory, name_of

MOST_LINES: Final = 20
"""Of each group; a mail that nobody reads to its end helps nobody."""
_HEADINGS: Final = {
    Waiting.HR: "HR decides",
    Waiting.ANSWER: "Somebody was asked",
    Waiting.RESULTS: "The stage runs",
}


@dataclass(frozen=True, slots=True)
class DigestLine:
    rep: str
    stage: str
    owner: str
    due: str


@dataclass(frozen=True, slots=True)
class DigestGroup:
    heading: str
    lines: tuple[DigestLine, ...]
    more: int
    """How many cases are left out."""


@dataclass(frozen=True, slots=True)
class DigestFacts:
    total: int
    groups: tuple[DigestGroup, ...]


def looks_after(case: Case, directory: Directory, day: date) -> PersonId:
    """Who in HR gets the case in that day's mail: the rep's partner, or whoever stands in for them then.

    The queue where there is neither; nobody reads of themselves.
    """
    partner = directory.hr_partner_of(case.rep_id)
    if partner is None or partner.id == case.rep_id:
        return HR_QUEUE
    delegate = directory.delegate_of(partner, day)
    return partner.id if delegate is None or delegate.id == case.rep_id else delegate.id


def digest_facts(
    to: PersonId, day: date, cases: Iterable[Case], directory: Directory, timezone: str
) -> DigestFacts:
    """``cases`` are the open ones of everybody, by due time."""
    theirs = [case for case in cases if looks_after(case, directory, day) == to]
    groups = []
    for waiting, heading in _HEADINGS.items():
        found = [case for case in theirs if case.waiting_for is waiting]
        lines = tuple(_line(case, directory, timezone) for case in found[:MOST_LINES])
        if found:
            groups.append(DigestGroup(heading, lines, len(found) - len(lines)))
    return DigestFacts(len(theirs), tuple(groups))


def _line(case: Case, directory: Directory, timezone: str) -> DigestLine:
    return DigestLine(
        rep=name_of(case.rep_id, directory),
        stage=stage_name(case.stage),
        owner=name_of(case.owner, directory),
        due=moment_in_words(case.due_at, timezone),
    )
