"""Says who has a question now, to a person whose link no longer works."""

from functions.notify.link_events import Responding
from shared.domain.case import Case, CaseStatus
from shared.domain.figure_text import moment_in_words
from shared.domain.person import Directory, name_of
from shared.domain.request import Request, RequestStatus


def whereabouts(
    request: Request, case: Case, directory: Directory, timezone: str, responding: Responding
) -> str:
    """One or two sentences. A rep is told whom to talk to, not who was asked about them."""
    if request.seat == "rep":
        return "If you still want to reply, please talk to your manager or to HR."
    if case.status is CaseStatus.CLOSED:
        return "The case has ended. There is nothing left to answer."
    if request.id in case.standing:
        return "The question is going to the next person now."
    standing = _standing(request, case, responding)
    if standing is None:
        return "The case is waiting for new results. Nobody has to answer at the moment."
    if standing.status is not RequestStatus.OPEN:
        return "The question has been answered in the meantime."
    until = moment_in_words(standing.due_at, timezone)
    if standing.assignee == request.assignee:
        return f"A newer mail asks you again. Please use its link by {until}."
    return f"{name_of(standing.assignee, directory)} has the question now, until {until}."


def _standing(request: Request, case: Case, responding: Responding) -> Request | None:
    """The check-in that took the place of this one; otherwise the case's main question, if it has one."""
    if request.purpose == "check_in":
        standing = (responding.store.request(each) for each in case.standing)
        return next((each for each in standing if each.purpose == "check_in"), None)
    return None if case.request_id is None else responding.store.request(case.request_id)
