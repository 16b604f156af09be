"""Make the mail of a notice: look up whom and what it is about, issue its link or code, and render it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final

from functions.notify.case_facts import case_facts, request_facts
from functions.notify.digest_facts import DigestFacts, digest_facts
from functions.notify.export_facts import ExportFacts, export_facts
from functions.notify.link import link_id, token_digest
from functions.notify.messages import render
from functions.notify.notice_events import ASKING, CARRYING_A_LINK
from functions.notify.product_time import in_product_time
from functions.notify.wording import detail
from shared.domain import paths
from shared.domain.case import Case, CaseStatus
from shared.domain.effect import Notice, NoticeKind
from shared.domain.errors import NotFound
from shared.domain.figure_text import moment_in_words
from shared.domain.identifiers import BatchId, PersonId
from shared.domain.person import HR_QUEUE, Directory, name_of, timezone_of
from shared.domain.policy import Policy
from shared.domain.record import Batch, IssuedLink
from shared.domain.request import Request, RequestStatus
from shared.ports import CaseStore, Clock, Directories, Files, Links, Mail, Policies

CODE_VALID_FOR: Final = timedelta(minutes=15)
"""In the world's time: a code is typed by a person."""

_REFUSED_BY_ITS_ROWS: Final = (None, "manifest_mismatch", "too_many_rejected")


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where links lead, and the addresses that no directory knows.

    ``source_owners`` are those of single sources, by profile; every other source is ``source_owner``'s.
    """

    public_url: str
    hr_queue: str
    source_owner: str
    source_owners: Mapping[str, str] = field(default_factory=dict)
    console_url: str | None = None


@dataclass(frozen=True, slots=True)
class Composing:
    store: CaseStore
    links: Links
    directories: Directories
    policies: Policies
    files: Files
    clock: Clock
    addresses: Addresses


@dataclass(frozen=True, slots=True)
class Composed:
    """A mail that can go out, the id of the link in it, and the link as the table has it."""

    mail: Mail
    link: str | None
    issued: IssuedLink | None = None


@dataclass(frozen=True, slots=True)
class Unsendable:
    """Why there is no mail to send: a code for the record."""

    reason: str
    unreachable: bool
    """Whether it is for the person's sake: the question then goes on to the next at once."""


@dataclass(frozen=True, slots=True)
class _About:
    """What a notice is about, looked up."""

    directory: Directory | None
    case: Case | None
    policy: Policy | None
    request: Request | None
    batch: Batch | None


def compose(notice: Notice, queued_at: datetime, composing: Composing) -> Composed | Unsendable:
    """The notice's mail as things stand now; a new link or code is issued for each call."""
    about = _look_up(notice, composing)
    request = about.request
    if notice.notice in ASKING and (request is None or request.status is not RequestStatus.OPEN):
        return Unsendable("no_longer_asked", unreachable=False)
    recipient = _recipient(notice, about, composing.addresses)
    if isinstance(recipient, Unsendable):
        return recipient
    facts: dict[str, Any] = {
        "to": recipient[0],
        "parameters": notice.parameters,
        **_case_facts(notice.to, about),
    }
    facts["details"] = _details(notice, about.directory)
    facts["digest"] = _digest(notice, about.directory, composing)
    facts["case_page"] = _case_page(about.case, composing.addresses.console_url)
    facts |= {"batch": _batch_facts(about.batch, composing), "link": None, "code": None, "code_until": None}
    token = None
    if notice.notice is NoticeKind.ONE_TIME_CODE and request is not None:
        until = min(composing.clock.now() + in_product_time(composing.clock, CODE_VALID_FOR), request.due_at)
        if queued_at + in_product_time(composing.clock, CODE_VALID_FOR) <= composing.clock.now():
            return Unsendable("too_late", unreachable=False)
        zone = timezone_of(notice.to, about.policy, about.directory)
        facts |= {
            "code": composing.links.issue_code(request.id, until),
            "code_until": moment_in_words(until, zone),
        }
    elif notice.notice in CARRYING_A_LINK and request is not None and request.status is RequestStatus.OPEN:
        token = composing.links.issue(request.id, request.due_at)
        facts["link"] = f"{composing.addresses.public_url.rstrip('/')}/r/{token}"
    message = render(notice.notice, facts)
    mail = Mail(notice.id, (recipient[1],), message.subject, message.text, message.html)
    if token is None or request is None:
        return Composed(mail, None)
    return Composed(mail, link_id(token), IssuedLink(token_digest(token), request.id, request.due_at))


def _look_up(notice: Notice, composing: Composing) -> _About:
    try:
        directory: Directory | None = composing.directories.current()
    except NotFound:
        # An export can be refused before the first directory was accepted.
        directory = None
    named = notice.parameters.get("batch")
    batch = None if named is None else composing.store.batch(BatchId(named))
    if notice.case_id is None:
        return _About(directory, None, None, None, batch)
    case = composing.store.case(notice.case_id)
    policy = composing.policies.used(case.policy_digest)[0]
    request = None if notice.request_id is None else composing.store.request(notice.request_id)
    return _About(directory, case, policy, request, batch)


def _recipient(notice: Notice, about: _About, addresses: Addresses) -> tuple[str, str] | Unsendable:
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


def _case_facts(to: PersonId | None, about: _About) -> Mapping[str, Any]:
    if about.case is None or about.policy is None:
        return {"case": None, "request": None}
    zone = timezone_of(to, about.policy, about.directory)
    return {
        "case": case_facts(about.case, about.policy, about.directory, zone),
        "request": None
        if about.request is None
        else request_facts(about.request, about.case, about.policy, about.directory, zone),
    }


def _details(notice: Notice, directory: Directory | None) -> list[tuple[str, str]]:
    named = {
        name: name_of(PersonId(value), directory) if name == "person" else value
        for name, value in notice.parameters.items()
    }
    return [detail(name, named[name]) for name in sorted(named)]


def _digest(notice: Notice, directory: Directory | None, composing: Composing) -> DigestFacts | None:
    if notice.notice is not NoticeKind.DAILY_DIGEST or directory is None or notice.to is None:
        return None
    zone = timezone_of(notice.to, None, directory)
    day = date.fromisoformat(notice.parameters["day"])
    return digest_facts(notice.to, day, composing.store.cases(CaseStatus.OPEN), directory, zone)


def _case_page(case: Case | None, console_url: str | None) -> str | None:
    """Where HR's console shows the case; null where no console is known."""
    if case is None or console_url is None:
        return None
    return f"{console_url.rstrip('/')}/#/cases/{case.id}"


def _batch_facts(batch: Batch | None, composing: Composing) -> ExportFacts | None:
    if batch is None:
        return None
    return export_facts(batch, _first_rejected(batch, composing.files), composing.addresses.console_url)


def _first_rejected(batch: Batch, files: Files) -> list[bytes]:
    """The first rejected rows; a file refused before its rows has none."""
    if batch.refused not in _REFUSED_BY_ITS_ROWS or batch.rejected == 0:
        return []
    return b"".join(files.read_lines(paths.first_rejected(batch.id, batch.known_at))).splitlines()
