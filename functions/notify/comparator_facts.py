"""Others in a comparable position, as the page shows them before a removal is proposed or approved. Pure."""

from dataclasses import dataclass

from shared.domain.comparator_text import summary, unlisted, unseen
from shared.domain.comparators import Comparison
from shared.domain.figure_text import percent
from shared.domain.labels import fate
from shared.domain.person import Directory, Person
from shared.domain.request import Request
from shared.find_comparators import Sees


@dataclass(frozen=True, slots=True)
class OtherLine:
    name: str
    reached: str | None
    as_low: bool
    became: str


@dataclass(frozen=True, slots=True)
class OthersFacts:
    """Counts first, then the people whom the reader may see.

    ``more`` says so where not all of these are listed; ``beyond`` counts those whom the reader may not see.
    """

    summary: str
    more: str | None
    counts: tuple[str, ...]
    beyond: str | None
    lines: tuple[OtherLine, ...]


def sight_of(request: Request, directory: Directory) -> Sees:
    """Whom the asked person may see: a manager their own people, an HR partner the people they look after.

    Nobody sees themselves.
    """
    readers = {request.assignee, request.on_behalf_of or request.assignee}

    def sees(person: Person) -> bool:
        if person.id in readers:
            return False
        match request.seat:
            case "manager":
                return person.manager_id in readers
            case "skip_level":
                above = directory.person(person.manager_id)
                return above is not None and above.manager_id in readers
            case "hr_partner" | "hr_queue":
                return person.hr_partner_id in readers
            case "rep":
                return False

    return Sees(sees)


def others_facts(found: Comparison) -> OthersFacts:
    return OthersFacts(
        summary=summary(found),
        more=unlisted(found),
        counts=tuple(f"{count} {fate(became, stage)}" for became, stage, count in found.became),
        beyond=unseen(found),
        lines=tuple(
            OtherLine(
                name=each.rep.name,
                reached=None if each.reached is None else percent(each.reached),
                as_low=each.as_low,
                became=fate(each.became, each.stage),
            )
            for each in found.comparators
        ),
    )
