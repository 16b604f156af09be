"""Answers one HTTP request for a response link."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, urlsplit

from functions.notify.link_events import Responding
from functions.notify.record_response import Form, record_response, show
from functions.notify.response_page import STYLE_HASH, page
from functions.notify.screens import NoSuchLink, NotNow, SentFromElsewhere
from shared.domain.errors import Conflict, NotFound, NotYet, PlumblineError, Throttled, Unavailable

LARGEST_BODY: Final = 64 * 1024
_FIELDS: Final = 20
HEADERS: Final[Mapping[str, str]] = {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "content-security-policy": (
        f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "no-referrer",
    "strict-transport-security": "max-age=63072000; includeSubDomains",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "x-robots-tag": "noindex, nofollow",
}


@dataclass(frozen=True, slots=True)
class WebRequest:
    """``path`` is what follows ``/r/``. ``headers`` have lower-case names.

    ``body`` is None if it could not be decoded.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes | None


@dataclass(frozen=True, slots=True)
class WebResponse:
    status: int
    headers: Mapping[str, str]
    body: str


def respond(request: WebRequest, public_url: str, responding: Responding) -> WebResponse:
    """GET and HEAD show the page, POST records an answer, and every other method is refused."""
    if request.method in ("GET", "HEAD"):
        shown = page(show(request.path, request.method, responding))
        return WebResponse(shown.status, HEADERS, "" if request.method == "HEAD" else shown.html)
    if request.method != "POST":
        return WebResponse(405, {**HEADERS, "allow": "GET, HEAD, POST"}, "")
    # Before anything is read or recorded: what no page of ours sends costs nothing but a count.
    if not _same_origin(request.headers, public_url):
        responding.count("cross_site")
        elsewhere = page(SentFromElsewhere())
        return WebResponse(elsewhere.status, HEADERS, elsewhere.html)
    form = _form(request)
    if isinstance(form, int):
        responding.count("not_a_form")
        return WebResponse(form, HEADERS, "")
    answered = page(record_response(request.path, form, responding))
    return WebResponse(answered.status, HEADERS, answered.html)


def answer_failure(error: PlumblineError) -> WebResponse:
    """The page for a request that failed on its way. Raises an error that its reader cannot mend."""
    if isinstance(error, NotFound):
        shown, retry = page(NoSuchLink()), {}
    elif isinstance(error, Conflict | Throttled | NotYet | Unavailable):
        overtaken = isinstance(error, Conflict)
        shown, retry = page(NotNow(overtaken)), {"retry-after": "1" if overtaken else "5"}
    else:
        raise error
    return WebResponse(shown.status, {**HEADERS, **retry}, shown.html)


def _form(request: WebRequest) -> Form | int:
    """The posted form, or the HTTP status that refuses it."""
    if request.body is None:
        return 400
    if len(request.body) > LARGEST_BODY:
        return 413
    if (
        request.headers.get("content-type", "").partition(";")[0].strip()
        != "application/x-www-form-urlencoded"
    ):
        return 415
    try:
        fields = parse_qs(
            request.body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_FIELDS
        )
    except ValueError:
        return 400

    def field(name: str) -> str:
        # No browser sends a field twice. Read such a field as missing.
        return fields[name][0] if len(fields.get(name, ())) == 1 else ""

    return Form(
        choice=field("choice"),
        reason=field("reason"),
        code=field("code").strip(),
        shown=field("shown"),
        wants_code=field("action") == "code",
        seen=field("seen") == "yes",
    )


def _same_origin(headers: Mapping[str, str], public_url: str) -> bool:
    """Whether the browser says that the form was sent from our own page.

    Under ``no-referrer`` browsers send ``Origin: null`` with our own form, so ``Sec-Fetch-Site`` decides
    where it is sent. The form also holds the digest of what was shown, which only a viewer of the page has.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = headers.get("origin", "null")
    ours = urlsplit(public_url)
    return origin in ("null", f"{ours.scheme}://{ours.netloc}")
