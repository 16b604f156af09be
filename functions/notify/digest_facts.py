"""What the daily mail to HR says: the open cases of the reader's people, by due time. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from shared.domain.case import Case, Waiting
from shared.domain.figure_text import moment_in_words
from shared.domain.identifiers import PersonId
from shared.domain.labels import label
from shared.domain.person import HR_QUEUE, Directory, name_of

MOST_LINES: Final = 20
"""In each group, so that the mail is short enough to read."""
_ORDER: Final = (Waiting.HR, Waiting.ANSWER, Waiting.RESULTS)


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
    """How many cases are not listed."""


@dataclass(frozen=True, slots=True)
class DigestFacts:
    total: int
    groups: tuple[DigestGroup, ...]


def looks_after(case: Case, directory: Directory, day: date) -> PersonId:
    """Who in HR gets the case in that day's mail: the rep's HR partner or that partner's delegate.

    HR's shared queue gets it where there is neither. Nobody gets their own case.
    """
    partner = directory.hr_partner_of(case.rep_id)
    if partner is None or partner.id == case.rep_id:
        return HR_QUEUE
    delegate = directory.delegate_of(partner, day)
    return partner.id if delegate is None or delegate.id == case.rep_id else delegate.id


def digest_facts(
    to: PersonId, day: date, cases: Iterable[Case], directory: Directory, timezone: str
) -> DigestFacts:
    """``cases``: all open cases of the company, by due time."""
    theirs = [case for case in cases if looks_after(case, directory, day) == to]
    groups = []
    for waiting in _ORDER:
        found = [case for case in theirs if case.waiting_for is waiting]
        lines = tuple(_line(case, directory, timezone) for case in found[:MOST_LINES])
        if found:
            heading = f"Waiting for {label('waiting', waiting)}"
            groups.append(DigestGroup(heading, lines, len(found) - len(lines)))
    return DigestFacts(len(theirs), tuple(groups))


def _line(case: Case, directory: Directory, timezone: str) -> DigestLine:
    return DigestLine(
        rep=name_of(case.rep_id, directory),
        stage=label("stage", case.stage),
        owner=name_of(case.owner, directory),
        due=moment_in_words(case.due_at, timezone),
    )
