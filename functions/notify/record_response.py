"""Shows what a response link leads to, and records its holder's answer at most once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from functions.notify.case_facts import (
    RequestFacts,
    answer_facts,
    case_facts,
    case_page,
    digest_of_shown,
    figure_facts,
    request_facts,
)
from functions.notify.comparator_facts import others_facts, sight_of
from functions.notify.current_assignee import whereabouts
from functions.notify.link import read_token
from functions.notify.link_events import (
    Responding,
    note_opened,
    note_refused_answer,
    note_refused_link,
    note_wrong_code,
)
from functions.notify.mail_code import mail_code
from functions.notify.screens import (
    NOTHING_FILLED,
    AlreadyAnswered,
    Asking,
    Filled,
    MovedOn,
    NoSuchLink,
    Problem,
    Recorded,
    Screen,
    SignIn,
)
from shared.domain.answering import answering
from shared.domain.case import Case, CaseStatus
from shared.domain.comparators import Comparison
from shared.domain.errors import NotFound
from shared.domain.person import HR_QUEUE, Directory, timezone_of
from shared.domain.policy import Policy
from shared.domain.record import UsedCode
from shared.domain.request import ABOUT_REMOVAL, Answer, Request, RequestStatus
from shared.domain.typed_reason import LONGEST_REASON, kept_text, reason_problem
from shared.find_comparators import compare
from shared.retry import retry_on_conflict


@dataclass(frozen=True, slots=True)
class Form:
    """What was posted."""

    choice: str
    reason: str
    code: str
    shown: str
    wants_code: bool
    seen: bool
    """Whether the person confirmed having looked at the others in a comparable position."""


@dataclass(frozen=True, slots=True)
class _Found:
    """What a token leads to now."""

    token: str
    expires_at: datetime
    request: Request
    case: Case
    policy: Policy
    directory: Directory
    before: Sequence[Request]
    """Every request of the case."""
    others: Comparison | None
    """Set while the question is open and about a removal."""


def show(path: str, method: str, responding: Responding) -> Screen:
    """What the link leads to; ``path`` is what follows ``/r/``.

    Showing it changes nothing; the first opening is recorded.
    """
    found = _find(path, responding)
    if found is None:
        return NoSuchLink()
    refused = _refusal(found, responding.clock.now())
    if refused is not None:
        note_refused_link(found.token, refused, found.request, responding)
        return _ended(found, responding, too_late=False)
    note_opened(found.token, found.request, method, responding)
    if found.request.takes_a_sign_in:
        return _sign_in(found, responding, refused=False)
    return _asking(found)


def record_response(path: str, form: Form, responding: Responding) -> Screen:
    """Record the answer if the question is open and the answer complete. The first answer wins."""
    return retry_on_conflict(lambda: _respond(path, form, responding))


def _respond(path: str, form: Form, responding: Responding) -> Screen:
    found = _find(path, responding)
    if found is None:
        return NoSuchLink()
    now = responding.clock.now()
    reason = kept_text(form.reason)
    refused = _refusal(found, now)
    if refused is not None:
        stands = found.request.answer
        if stands is not None and (stands.choice, stands.reason) == (form.choice, reason):
            return Recorded(_request_facts(found))
        said = (form.choice if form.choice in found.request.choices else "", reason[:LONGEST_REASON])
        note_refused_answer(found.token, refused, found.request, found.case, said, responding)
        return _ended(found, responding, too_late=True)
    if found.request.takes_a_sign_in:
        note_refused_answer(found.token, "sign_in_missing", found.request, found.case, None, responding)
        return _sign_in(found, responding, refused=True)
    filled = Filled(form.choice, reason, form.seen)
    if form.wants_code:
        return _asking(found, filled, note=mail_code(found.request, found.case, responding))
    problems = _problems(found, form, reason)
    code: UsedCode | None = None
    if found.request.adverse and not problems:
        # Last and alone, because each wrong code counts.
        code = responding.links.check_code(found.request.id, form.code, now)
        if code is None:
            note_wrong_code(found.token, found.request, responding)
            problems = (Problem("code", "This code is wrong or has expired. Please have a new one mailed."),)
    if problems:
        return _asking(found, filled, problems)
    answer = Answer(
        choice=form.choice,
        reason=reason,
        answered_by=found.request.assignee,
        authenticated_by="link+code" if found.request.adverse else "link",
        answered_at=now,
    )
    change = answering(found.case, found.request, answer, form.shown, found.others)
    responding.store.commit(replace(change, code=code))
    return Recorded(_request_facts(found, found.request.answered(answer)))


def _find(path: str, responding: Responding) -> _Found | None:
    """None for a path that leads nowhere. Anybody can ask for one, so it is counted and not recorded."""
    token = read_token(path)
    if token is None:
        responding.count("malformed")
        return None
    try:
        request_id, expires_at = responding.links.resolve(token)
    except NotFound:
        responding.count("unknown")
        return None
    request = responding.store.request(request_id)
    case = responding.store.case(request.case_id)
    policy = responding.policies.used(case.policy_digest)[0]
    directory = responding.directories.current()
    others = _others(request, case, policy, directory, responding)
    before = responding.store.requests_of(case.id)
    return _Found(token, expires_at, request, case, policy, directory, before, others)


def _others(
    request: Request, case: Case, policy: Policy, directory: Directory, responding: Responding
) -> Comparison | None:
    if request.purpose not in ABOUT_REMOVAL or request.status is not RequestStatus.OPEN:
        return None
    if request.takes_a_sign_in:
        return None
    sees = sight_of(request, directory)
    return compare(case, policy, sees, responding.store, responding.files, responding.directories)


def _refusal(found: _Found, now: datetime) -> str | None:
    """Why the link no longer works; None if it works."""
    if found.request.status is RequestStatus.ANSWERED:
        return "used"
    if found.request.status is not RequestStatus.OPEN or found.case.status is CaseStatus.CLOSED:
        return "moved_on"
    if found.request.seat != "rep" and not _is_living(found):
        return "not_in_company"
    # The deadline itself counts, not the later moment at which the workflow acts on it.
    return "expired" if now >= min(found.expires_at, found.request.due_at) else None


def _problems(found: _Found, form: Form, reason: str) -> tuple[Problem, ...]:
    """Everything to correct, except a wrong code."""
    problems = []
    if form.choice not in found.request.choices:
        problems.append(Problem("choice", "Please choose one of the answers."))
    if wrong := reason_problem(reason):
        problems.append(Problem("reason", wrong))
    if form.shown != _asking(found).shown:
        problems.append(
            Problem("form", "The case has changed since you opened this page. Please look again.")
        )
    if found.others is not None and not form.seen:
        problems.append(Problem("seen", "Please look at the others, and confirm that you did."))
    if found.request.adverse and not form.code:
        problems.append(Problem("code", "Please have a code mailed to you and type it here."))
    return tuple(problems)


def _asking(
    found: _Found,
    filled: Filled = NOTHING_FILLED,
    problems: tuple[Problem, ...] = (),
    note: str | None = None,
) -> Asking:
    case = case_facts(found.case, found.policy, found.directory, _zone(found))
    figures, request = figure_facts(found.case, found.policy), _request_facts(found)
    others = None if found.others is None else others_facts(found.others)
    answers = answer_facts(found.request, found.before, found.directory, _zone(found))
    shown = digest_of_shown(case, figures, request, answers, found.others)
    return Asking(case, figures, request, answers, shown, filled, problems, note, others)


def _is_living(found: _Found) -> bool:
    """Whether the asked person is still with the company. The shared mailbox is nobody, and never leaves."""
    asked = found.request.assignee
    return asked == HR_QUEUE or found.directory.living(asked) is not None


def _sign_in(found: _Found, responding: Responding, *, refused: bool) -> SignIn:
    return SignIn(_request_facts(found), case_page(found.case, responding.console_url), refused)


def _ended(found: _Found, responding: Responding, *, too_late: bool) -> Screen:
    if found.request.answer is not None:
        return AlreadyAnswered(_request_facts(found), too_late)
    return MovedOn(
        whereabouts(found.request, found.case, found.directory, _zone(found), responding), too_late
    )


def _zone(found: _Found) -> str:
    return timezone_of(found.request.assignee, found.policy, found.directory)


def _request_facts(found: _Found, request: Request | None = None) -> RequestFacts:
    asked, zone = request or found.request, _zone(found)
    return request_facts(asked, found.case, found.policy, found.directory, zone)
