"""Who has a question now, for somebody whose link no longer works."""

from functions.notify.link_events import Responding
from shared.domain.case import Case, CaseStatus
from shared.domain.figure_text import moment_in_words
from shared.domain.person import Directory, name_of
from shared.domain.request import Request, RequestStatus


def whereabouts(
    request: Request, case: Case, directory: Directory, timezone: str, responding: Responding
) -> str:
    """One or two sentences; a rep is told whom to talk to, and not who was asked about them."""
    if request.seat == "rep":
        return "Please talk to your manager or to HR if there is something that you want to say."
    if case.status is CaseStatus.CLOSED:
        return "The case has ended. There is nothing left to answer."
    if case.request_id is None:
        return "Nobody has to answer at the moment: the case waits for new results."
    if case.request_id == request.id:
        return "It goes on to the next person just now."
    standing = responding.store.request(case.request_id)
    if standing.status is not RequestStatus.OPEN:
        return "It was answered in the meantime."
    until = moment_in_words(standing.due_at, timezone)
    if standing.assignee == request.assignee:
        return f"A newer mail asks you again, until {until}. Please use the link in that one."
    return f"It is with {name_of(standing.assignee, directory)} now, until {until}."
