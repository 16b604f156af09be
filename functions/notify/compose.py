"""Composes the mail of a notice: looks up its facts, issues its link or code, and renders it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from functions.notify.link import link_id, token_digest
from functions.notify.mail_facts import About, Addresses, Composing, look_up, mail_facts
from functions.notify.messages import render
from functions.notify.notice_events import ASKING, CARRYING_A_LINK
from functions.notify.product_time import in_product_time
from shared.domain.effect import Notice, NoticeKind
from shared.domain.figure_text import moment_in_words
from shared.domain.person import HR_QUEUE, timezone_of
from shared.domain.record import IssuedLink
from shared.domain.request import Request, RequestStatus
from shared.ports import Mail

CODE_VALID_FOR: Final = timedelta(minutes=15)
"""In real time, because a person types the code."""


@dataclass(frozen=True, slots=True)
class Composed:
    """A mail that can go out, the id of the link in it, and the link as the table stores it."""

    mail: Mail
    link: str | None
    issued: IssuedLink | None = None


@dataclass(frozen=True, slots=True)
class Unsendable:
    """Why there is no mail to send, as a code for the record."""

    reason: str
    unreachable: bool
    """Whether the person cannot be reached. The question then goes to the next person at once."""


def compose(notice: Notice, queued_at: datetime, composing: Composing) -> Composed | Unsendable:
    """The notice's mail as things stand now. Each call issues a new link or code."""
    about = look_up(notice, composing)
    request = about.request
    is_open = request is not None and request.status is RequestStatus.OPEN
    if notice.notice in ASKING and not is_open:
        return Unsendable("no_longer_asked", unreachable=False)
    recipient = _recipient(notice, about, composing.addresses)
    if isinstance(recipient, Unsendable):
        return recipient
    name, address = recipient
    facts = mail_facts(notice, about, composing) | {"to": name}
    token = None
    if notice.notice is NoticeKind.ONE_TIME_CODE and request is not None:
        valid_for = in_product_time(composing.clock, CODE_VALID_FOR)
        if queued_at + valid_for <= composing.clock.now():
            return Unsendable("too_late", unreachable=False)
        facts |= _code(notice, request, about, composing.clock.now() + valid_for, composing)
    elif notice.notice in CARRYING_A_LINK and request is not None and is_open:
        token = composing.links.issue(request.id, request.due_at)
        facts["link"] = f"{composing.addresses.public_url.rstrip('/')}/r/{token}"
    message = render(notice.notice, facts)
    mail = Mail(notice.id, (address,), message.subject, message.text, message.html)
    if token is None or request is None:
        return Composed(mail, None)
    return Composed(mail, link_id(token), IssuedLink(token_digest(token), request.id, request.due_at))


def _code(
    notice: Notice, request: Request, about: About, until: datetime, composing: Composing
) -> dict[str, str]:
    """A fresh code and when it ends: never later than the question's own deadline."""
    until = min(until, request.due_at)
    zone = timezone_of(notice.to, about.policy, about.directory)
    code = composing.links.issue_code(request.id, until)
    return {"code": code, "code_until": moment_in_words(until, zone)}


def _recipient(notice: Notice, about: About, addresses: Addresses) -> tuple[str, str] | Unsendable:
    """Name and address."""
    to = notice.to
    if to is None and notice.notice is NoticeKind.CHECKPOINT_ANCHOR:
        return "keeper of the ledger’s checkpoints", notice.parameters["address"]
    if to is None:
        profile = "" if about.batch is None else about.batch.profile
        return "compensation team", addresses.source_owners.get(profile, addresses.source_owner)
    if to == HR_QUEUE:
        return "HR team", addresses.hr_queue
    person = None if about.directory is None else about.directory.person(to)
    if person is None:
        return Unsendable("not_in_directory", unreachable=True)
    if not person.active:
        return Unsendable("left_company", unreachable=True)
    return person.name, person.email
