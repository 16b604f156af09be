"""What a mail says of a question's way to its reader: who did not answer, and who was never asked. Pure."""

from collections.abc import Mapping, Sequence
from typing import Final

from shared.domain.case import Case
from shared.domain.figure_text import listed
from shared.domain.labels import label
from shared.domain.person import Directory, name_of
from shared.domain.request import Request, RequestStatus

_BECAME: Final = {
    RequestStatus.EXPIRED: "{name} ({seat}) did not answer in time.",
    RequestStatus.BOUNCED: "{name} ({seat}) could not be reached by mail.",
    RequestStatus.WITHDRAWN: "The question to {name} ({seat}) was withdrawn.",
}
_NEVER_ASKED: Final = {
    "empty_seat": "Nobody was asked as {seats}, because nobody is in that role.",
    "rep_not_in_directory": (
        "Nobody was asked as {seats}, because {rep} is not in the directory of people. So it does not say "
        "who is responsible for {rep}."
    ),
}


def line_facts(
    request: Request,
    requests: Sequence[Request],
    parameters: Mapping[str, str],
    case: Case,
    directory: Directory | None,
) -> tuple[str, ...]:
    """One sentence for each person and for the seats that were passed over.

    ``requests`` are all of the case, oldest first. ``parameters`` are those of the notice.
    """
    asked = _asked_before(request, requests)
    said = [
        _BECAME[each.status].format(name=name_of(each.assignee, directory), seat=label("seat", each.seat))
        for each in asked
    ]
    why = _NEVER_ASKED.get(parameters.get("because", ""))
    if why is not None:
        seats = parameters["seat"].split(", ")
        never = [label("seat", seat) for seat in seats if seat not in {each.seat for each in asked}]
        said += [why.format(seats=listed(never), rep=name_of(case.rep_id, directory))] if never else []
    return tuple(dict.fromkeys(said))


def _asked_before(request: Request, requests: Sequence[Request]) -> list[Request]:
    """The requests of the same question that ended without an answer, since it was last answered."""
    found: list[Request] = []
    for each in requests:
        if each.id == request.id:
            break
        if (each.purpose, each.stage) == (request.purpose, request.stage):
            found = [*found, each] if each.status in _BECAME else []
    return found
