"""What a mail may say, looked up. Each fact is built when a template first names it, and once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from functions.notify.case_facts import (
    CaseFacts,
    FigureFacts,
    RequestFacts,
    case_facts,
    case_page,
    figure_facts,
    request_facts,
)
from functions.notify.digest_facts import DigestFacts, digest_facts
from functions.notify.export_facts import ExportFacts, export_facts
from functions.notify.line_facts import line_facts
from functions.notify.messages import Fact
from shared.domain import paths
from shared.domain.case import Case, CaseStatus
from shared.domain.effect import Notice
from shared.domain.errors import NotFound
from shared.domain.figure_text import listed, period_name
from shared.domain.identifiers import BatchId, PersonId
from shared.domain.labels import LABELS, label
from shared.domain.person import Directory, name_of, timezone_of
from shared.domain.policy import Policy
from shared.domain.record import Batch
from shared.domain.request import Request
from shared.ports import CaseStore, Clock, Directories, Files, Links, Policies

_REFUSED_BY_ITS_ROWS: Final = (None, "manifest_mismatch", "too_many_rejected")


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where links lead, and the addresses that no directory has.

    ``source_owners`` has the owners of single sources, by profile. ``source_owner`` owns every other source.
    """

    public_url: str
    hr_queue: str
    source_owner: str
    source_owners: Mapping[str, str] = field(default_factory=dict)
    console_url: str | None = None


@dataclass(frozen=True, slots=True)
class Composing:
    """What composing a mail needs."""

    store: CaseStore
    links: Links
    directories: Directories
    policies: Policies
    files: Files
    clock: Clock
    addresses: Addresses


@dataclass(frozen=True, slots=True)
class About:
    """What a notice is about, as the store has it now."""

    directory: Directory | None
    case: Case | None
    policy: Policy | None
    request: Request | None
    batch: Batch | None


def look_up(notice: Notice, composing: Composing) -> About:
    try:
        directory: Directory | None = composing.directories.current()
    except NotFound:
        # An export can be refused before the first directory was accepted.
        directory = None
    named = notice.parameters.get("batch")
    batch = None if named is None else composing.store.batch(BatchId(named))
    if notice.case_id is None:
        return About(directory, None, None, None, batch)
    case = composing.store.case(notice.case_id)
    policy = composing.policies.used(case.policy_digest)[0]
    request = None if notice.request_id is None else composing.store.request(notice.request_id)
    return About(directory, case, policy, request, batch)


def mail_facts(notice: Notice, about: About, composing: Composing) -> dict[str, Any]:
    """The facts by the names under which templates use them; a fact that does not apply is None."""
    zone = timezone_of(notice.to, about.policy, about.directory)
    return {
        "parameters": notice.parameters,
        "case": Fact(lambda: _case(about, zone)),
        "figures": Fact(lambda: _figures(about)),
        "request": Fact(lambda: _request(about, zone)),
        "skipped": Fact(lambda: label("skipped", notice.parameters["reason"])),
        "way": Fact(lambda: _way(notice, about, composing)),
        "details": Fact(lambda: _details(notice, about.directory)),
        "digest": Fact(lambda: _digest(notice, about.directory, composing)),
        "batch": Fact(lambda: _batch(about.batch, composing)),
        "case_page": None if about.case is None else case_page(about.case, composing.addresses.console_url),
        "link": None,
        "code": None,
        "code_until": None,
    }


def _case(about: About, zone: str) -> CaseFacts | None:
    if about.case is None or about.policy is None:
        return None
    return case_facts(about.case, about.policy, about.directory, zone)


def _figures(about: About) -> FigureFacts | None:
    return None if about.case is None or about.policy is None else figure_facts(about.case, about.policy)


def _request(about: About, zone: str) -> RequestFacts | None:
    if about.case is None or about.policy is None or about.request is None:
        return None
    return request_facts(about.request, about.case, about.policy, about.directory, zone)


def _way(notice: Notice, about: About, composing: Composing) -> tuple[str, ...]:
    """The question's way to this reader; empty if nobody was asked or passed over before."""
    if about.case is None or about.request is None:
        return ()
    requests = composing.store.requests_of(about.case.id)
    return line_facts(about.request, requests, notice.parameters, about.case, about.directory)


def _details(notice: Notice, directory: Directory | None) -> list[tuple[str, str]]:
    """The notice's own parameters as a list to read; those without a label are for the templates alone."""
    given = notice.parameters
    return [
        (name, _detail(code, given[code], directory))
        for code, name in LABELS["detail"].items()
        if given.get(code)
    ]


def _detail(code: str, value: str, directory: Directory | None) -> str:
    match code:
        case "because":
            return label("unreachable", value)
        case "seat":
            return listed([label("seat", seat) for seat in value.split(", ")])
        case "stage":
            return label("stage", value)
        case "person":
            return name_of(PersonId(value), directory)
        case "period":
            return period_name(value)
        case _:
            return value


def _digest(notice: Notice, directory: Directory | None, composing: Composing) -> DigestFacts | None:
    if directory is None or notice.to is None:
        return None
    zone = timezone_of(notice.to, None, directory)
    day = date.fromisoformat(notice.parameters["day"])
    return digest_facts(notice.to, day, composing.store.cases(CaseStatus.OPEN), directory, zone)


def _batch(batch: Batch | None, composing: Composing) -> ExportFacts | None:
    if batch is None:
        return None
    return export_facts(batch, _first_rejected(batch, composing.files), composing.addresses.console_url)


def _first_rejected(batch: Batch, files: Files) -> list[bytes]:
    """The first rejected rows; a file that was refused before its rows were read has none."""
    if batch.refused not in _REFUSED_BY_ITS_ROWS or batch.rejected == 0:
        return []
    return b"".join(files.read_lines(paths.first_rejected(batch.id, batch.known_at))).splitlines()
