"""The response page in Chromium: as wide as a phone, with scripts and without, and in a scanner's hands."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize

from functions.notify.respond import WebRequest, WebResponse, respond
from shared.domain.effect import NoticeKind
from shared.domain.event import EventTag
from shared.domain.identifiers import PersonId, RequestId
from shared.domain.request import Answer, RequestStatus
from tests.e2e.chromium import barriers, chromium, keep
from tests.fakes.builders import NOON, a_request
from tests.unit.notify.office import DECISION, Office, about
from tests.unit.notify.test_messages import mailed

PHONE: ViewportSize = {"width": 390, "height": 844}
REASON = "We went through her three open deals; I will sit in on the next two calls."


@dataclass
class Site:
    """The page on loopback. ``last_post`` has the headers that the browser sent with the last form."""

    url: str
    last_post: dict[str, str]

    def link(self, office: Office) -> str:
        return f"{self.url}/r/{office.link()}"


@contextmanager
def served(office: Office) -> Iterator[Site]:
    site = Site("", {})

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            headers = {name.lower(): value for name, value in self.headers.items()}
            if self.command == "POST":
                site.last_post.update(headers)
            path = self.path.removeprefix("/r/")
            answer: WebResponse = respond(
                WebRequest(self.command, path, headers, body), site.url, office.responding
            )
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body.encode())

        do_GET = do_HEAD = do_POST = _answer

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: a request's path holds the token."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    site.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def phone(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport=PHONE, has_touch=True)
    yield context
    context.close()


def fill(page: Page, choice: str = "coach", reason: str = REASON) -> None:
    page.check(f"input[value={choice}]")
    page.fill("#reason", reason)


def status(office: Office) -> RequestStatus:
    return office.store.request(office.request.id).status


def adverse() -> Office:
    """HR is asked to approve a removal; two more were found by the same rule, one of them theirs to see."""
    purpose, choices = "removal_approval", ("approve", "send_back")
    office = Office(
        a_request(adverse=True, purpose=purpose, choices=choices, seat="hr_partner", assignee="H001")
    )
    proposal = Answer(
        choice="propose_removal",
        reason="Two plans did not help; the talks of March and June are on record.",
        answered_by=PersonId("M000001"),
        authenticated_by="link+code",
        answered_at=NOON,
    )
    proposed = a_request(
        id=RequestId("case-0123456789.2"),
        purpose="removal_proposal",
        status=RequestStatus.ANSWERED,
        answer=proposal,
    )
    office.change(requests=(proposed,))
    office.found(DECISION, about("R000005", "40000"), about("R000006", "1"))
    return office


def test_a_manager_reads_chooses_types_a_reason_and_is_done(phone: BrowserContext) -> None:
    office = Office()
    with served(office) as site:
        page = phone.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.goto(site.link(office))
        keep(page, "response-question")
        fill(page)
        page.click("text=Send my answer >> visible=true")
        page.wait_for_selector("text=Your answer is recorded")
        keep(page, "response-recorded")
        assert status(office) is RequestStatus.ANSWERED
        assert complaints == []


def test_the_browser_says_that_our_own_form_is_ours(phone: BrowserContext) -> None:
    office = Office()
    with served(office) as site:
        page = phone.new_page()
        page.goto(site.link(office))
        fill(page)
        page.click("text=Send my answer >> visible=true")
        page.wait_for_selector("text=Your answer is recorded")
        assert site.last_post["sec-fetch-site"] == "same-origin"
        # Under no-referrer the origin is withheld, even from ourselves: it cannot be what decides.
        assert site.last_post["origin"] == "null"
        assert "referer" not in site.last_post


def test_another_sites_form_is_refused_even_with_the_token(phone: BrowserContext) -> None:
    office = Office()
    with served(office) as site:
        page = phone.new_page()
        page.goto(site.link(office))
        shown = page.get_attribute("input[name=shown]", "value")
        form = (
            f"<form method=post action='{page.url}'><input name=choice value=coach>"
            f"<input name=reason value='{REASON}'><input name=shown value={shown}></form>"
        )
        page.goto("about:blank")
        page.set_content(form)
        page.evaluate("document.forms[0].submit()")
        page.wait_for_selector("text=Your answer was not recorded")
        keep(page, "response-sent-from-elsewhere")
        assert barriers(page) == []
        assert status(office) is RequestStatus.OPEN


def test_it_works_without_scripts(browser: Browser) -> None:
    office = Office()
    with served(office) as site:
        context = browser.new_context(viewport=PHONE, java_script_enabled=False)
        page = context.new_page()
        page.goto(site.link(office))
        fill(page, "dispute_figures")
        page.click("text=Send my answer >> visible=true")
        page.wait_for_selector("text=Your answer is recorded")
        context.close()
    assert status(office) is RequestStatus.ANSWERED


def test_an_answer_without_a_choice_or_a_reason_does_not_leave_the_page(phone: BrowserContext) -> None:
    office = Office()
    with served(office) as site:
        page = phone.new_page()
        page.goto(site.link(office))
        page.click("text=Send my answer >> visible=true")
        assert site.last_post == {}
        page.evaluate("document.forms[0].submit()")
        page.wait_for_selector("text=Please choose one of the answers")
        keep(page, "response-problems")
        assert barriers(page) == []


def test_the_enter_key_sends_the_answer_and_mails_no_code(phone: BrowserContext) -> None:
    office = adverse()
    code = office.links.issue_code(office.request.id, office.request.due_at)
    with served(office) as site:
        page = phone.new_page()
        page.goto(site.link(office))
        fill(page, "approve")
        page.check("input[name=seen]")
        page.fill("#code", code)
        page.press("#code", "Enter")
        page.wait_for_selector("text=Your answer is recorded")


def test_asking_for_a_code_keeps_what_was_typed(phone: BrowserContext) -> None:
    office = adverse()
    with served(office) as site:
        page = phone.new_page()
        page.goto(site.link(office))
        fill(page, "send_back")
        page.check("input[name=seen]")
        page.click("text=Mail me a code")
        page.wait_for_selector("text=A code was mailed to you")
        keep(page, "response-adverse")
        assert page.is_checked("input[name=seen]")
        assert page.inner_text("table.others tbody").split()[:2] == ["Ola", "Kvist"]
        assert "Pia" not in page.content()
        assert page.input_value("#reason") == REASON
        assert page.is_checked("input[value=send_back]")
        assert barriers(page) == []


def test_nothing_on_any_screen_shuts_anybody_out(phone: BrowserContext) -> None:
    office = Office()
    with served(office) as site:
        page = phone.new_page()
        link = site.link(office)
        page.goto(link)
        assert barriers(page) == []
        fill(page)
        page.click("text=Send my answer >> visible=true")
        page.wait_for_selector("text=Your answer is recorded")
        assert barriers(page) == []
        page.goto(link)
        page.wait_for_selector("text=Mara Quist answered it at")
        keep(page, "response-already-answered")
        assert barriers(page) == []
        page.goto(f"{site.url}/r/wrong")
        keep(page, "response-no-such-link")
        assert barriers(page) == []
    late = Office()
    with served(late) as site:
        link = site.link(late)
        late.clock.advance(days=5)
        page.goto(link)
        keep(page, "response-moved-on")
        assert barriers(page) == []


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_no_width_makes_it_scroll_sideways(browser: Browser, width: int) -> None:
    office = adverse()
    with served(office) as site:
        context = browser.new_context(viewport={"width": width, "height": 800})
        page = context.new_page()
        page.goto(site.link(office))
        keep(page, f"response-{width}px")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        context.close()


def test_a_rep_reads_about_themselves_and_may_answer(phone: BrowserContext) -> None:
    office = Office(
        a_request(
            seat="rep",
            purpose="rep",
            assignee="R000004",
            choices=("acknowledge", "rebut", "dispute_figures"),
        )
    )
    with served(office) as site:
        page = phone.new_page()
        page.goto(site.link(office))
        keep(page, "response-rep")
        assert barriers(page) == []
        assert "Suggested topics for the talk" not in page.content()
        assert "Mara" not in page.content()
        fill(page, "rebut", "Two deals were credited to the wrong territory in September.")
        page.click("text=Send my answer >> visible=true")
        page.wait_for_selector("text=Your answer is recorded")


def test_no_mail_makes_a_phone_scroll_sideways(phone: BrowserContext) -> None:
    page = phone.new_page()
    wide = []
    for kind in NoticeKind:
        page.set_content(mailed(kind).html)
        if page.evaluate("document.documentElement.scrollWidth") > PHONE["width"]:
            wide.append(kind)
        if kind in (NoticeKind.QUESTION, NoticeKind.REP_TOLD, NoticeKind.EXPORT_REJECTS):
            keep(page, f"mail-{kind.replace('_', '-')}")
    assert wide == []


def test_everything_is_reached_and_chosen_by_keyboard(phone: BrowserContext) -> None:
    office = Office()
    with served(office) as site:
        page = phone.new_page()
        page.goto(site.link(office))
        for _ in range(10):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.name") == "choice":
                break
        page.keyboard.press("Space")
        page.keyboard.press("Tab")
        page.keyboard.type(REASON)
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_selector("text=Your answer is recorded")
    answer = office.store.request(office.request.id).answer
    assert answer is not None
    assert (answer.choice, answer.reason) == ("coach", REASON)


def test_a_scanner_that_opens_and_follows_everything_changes_nothing(phone: BrowserContext) -> None:
    office = Office()
    with served(office) as site:
        link = site.link(office)
        page = phone.new_page()
        for _ in range(3):
            phone.request.head(link)
            phone.request.get(link, headers={"purpose": "prefetch", "sec-purpose": "prefetch"})
            page.goto(link)
            for address in page.eval_on_selector_all("a[href]", "links => links.map(link => link.href)"):
                page.goto(address)
    assert status(office) is RequestStatus.OPEN
    assert office.store.effects == []
    assert len(office.events(EventTag.LINK_OPENED)) == 1


@pytest.mark.parametrize("make", [Office, adverse])
def test_a_scanner_that_submits_every_form_as_it_finds_it_changes_no_case(
    phone: BrowserContext, make: type[Office]
) -> None:
    office = make()
    before = office.store.case(office.case.id), office.store.request(office.request.id)
    with served(office) as site:
        link = site.link(office)
        page = phone.new_page()
        page.goto(link)
        for number in range(page.evaluate("document.forms.length")):
            page.goto(link)
            with page.expect_navigation():
                page.evaluate(f"document.forms[{number}].submit()")
        page.goto(link)
        for number in range(page.locator("button").count()):
            page.goto(link)
            # As if pressed, past what the browser would ask to be filled in first.
            with page.expect_navigation():
                page.evaluate(
                    "n => { document.forms[0].noValidate = true;"
                    " document.forms[0].requestSubmit(document.querySelectorAll('button')[n]) }",
                    number,
                )
    assert (office.store.case(office.case.id), office.store.request(office.request.id)) == before
    assert all(effect.kind == "notice" for effect in office.store.effects)
