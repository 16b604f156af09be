"""Who else is in a comparable position, in words, for whoever proposes or approves a removal. Pure."""

from dataclasses import dataclass

from functions.notify.wording import exit_in_words, stage_name
from shared.domain.case import Exit
from shared.domain.comparators import Comparison, Fate
from shared.domain.figure_text import listed, percent
from shared.domain.person import HR_QUEUE, Directory, Person
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
    """Counts first, then whom the reader may see. ``more`` says that not everybody is listed of those, and
    ``beyond`` how many there are whom the reader may not see.
    """

    summary: str
    more: str | None
    counts: tuple[str, ...]
    beyond: str | None
    lines: tuple[OtherLine, ...]


def sight_of(request: Request, directory: Directory) -> Sees:
    """Whom the asked person may see: a manager their own people, HR those whom they look after.

    HR's queue stands for all of HR, and sees everybody. Nobody sees themselves.
    """
    readers = {request.assignee, request.on_behalf_of or request.assignee}

    def sees(person: Person) -> bool:
        if person.id in readers:
            return False
        if request.assignee == HR_QUEUE:
            return True
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
        summary=_summary(found),
        more=_more(found),
        counts=tuple(f"{count}: {_fate(fate, stage)}" for fate, stage, count in found.became),
        beyond=None
        if not found.others
        else f"There {'is' if found.others == 1 else 'are'} {found.others} more whom you may not see.",
        lines=tuple(
            OtherLine(
                name=each.rep.name,
                reached=None if each.reached is None else percent(each.reached),
                as_low=each.as_low,
                became=_fate(each.became, each.stage),
            )
            for each in found.comparators
        ),
    )


def _summary(found: Comparison) -> str:
    group = listed([field.replace("_", " ").removesuffix(" id") for field in found.group])
    number = found.total
    if not number:
        whom = " whom you may see" if found.others else ""
        return f"Nobody else{whom} of the same {group} was found by the same rules within a year."
    than = "" if found.reached is None else f" than the {percent(found.reached)} of this case"
    return (
        f"{number} of the same {group} {'was' if number == 1 else 'were'} found by the same rules within a "
        f"year; {found.as_low} of them attained as little or less{than}."
    )


def _more(found: Comparison) -> str | None:
    if not found.beyond:
        return None
    return (
        f"The {len(found.comparators)} who attained least are listed, with what became of them; the other "
        f"{found.beyond} attained no less than they."
    )


def _fate(fate: Fate, stage: str | None) -> str:
    if fate == "open":
        return f"still open, {stage_name(stage or '')}"
    return "no case was opened" if fate == "no_case" else exit_in_words(Exit(fate))
