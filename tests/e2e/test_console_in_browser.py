"""HR's console in Chromium, at a phone's width and a desk's; what it looked like is in build/screenshots."""

import csv
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from functions.audit.handlers.routes import exchange
from shared.domain.case import CaseStatus, Exit, Pause
from shared.domain.event import EventTag
from shared.domain.identifiers import CaseId, PersonId, RequestId
from tests.e2e.chromium import barriers
from tests.e2e.console_desk import PASSWORD, Office, office
from tests.unit.audit.hr_desk import NOW, asked, decided

SCREENSHOTS: Final = Path(__file__).parents[2] / "build" / "screenshots"
PHONE: Final = 390
at_both_widths = pytest.mark.parametrize("page", [PHONE, 1280], indirect=True)


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.fail("there is no Chromium here; `apt-get install chromium` gets it")
    started = playwright.chromium.launch(
        executable_path=chromium, args=["--no-sandbox", "--disable-dev-shm-usage"]
    )
    yield started
    started.close()


@pytest.fixture
def hr() -> Iterator[Office]:
    with office() as opened:
        yield opened


@pytest.fixture
def page(request: pytest.FixtureRequest, browser: Browser, hr: Office) -> Iterator[Page]:
    """A fresh browser, which must ask nobody but this office and have nothing to complain about."""
    context = browser.new_context(
        viewport={"width": getattr(request, "param", PHONE), "height": 900},
        locale="en-US",
        timezone_id="America/New_York",
    )
    opened, complaints = context.new_page(), list[str]()
    opened.set_default_timeout(10_000)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    opened.on("request", lambda asked: None if _is_ours(asked.url, hr) else complaints.append(asked.url))
    yield opened
    context.close()
    expected = re.compile(r"Failed to load resource: .* (400|404|409) ")
    assert [complaint for complaint in complaints if not expected.search(complaint)] == []


def _is_ours(address: str, hr: Office) -> bool:
    return address.startswith((hr.url, "blob:" + hr.url))


def sign_in(page: Page, hr: Office, name: str, place: str = "") -> None:
    page.goto(f"{hr.url}/console/{place}")
    page.get_by_label("Name or email address").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def keep(page: Page, name: str) -> None:
    """Keep a picture, and see that nothing sticks out at the side or shuts anybody out."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    size = page.viewport_size
    assert size is not None
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    assert barriers(page) == []
    page.screenshot(path=SCREENSHOTS / f"console-{name}-{size['width']}.png", full_page=True)


def heading(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(text)


@at_both_widths
def test_a_wrong_password_is_told_and_nothing_is_shown(page: Page, hr: Office) -> None:
    page.goto(f"{hr.url}/console/")
    keep(page, "sign-in")
    page.get_by_label("Name or email address").fill("hal")
    page.get_by_label("Password").fill("guessed")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_have_text("Incorrect username or password.")
    expect(page.get_by_role("navigation")).to_be_hidden()


@at_both_widths
def test_the_list_begins_with_who_is_late_and_can_be_filtered(page: Page, hr: Office) -> None:
    sign_in(page, hr, "hal")
    heading(page, "Open cases")
    rows = page.get_by_role("rowheader").or_(page.locator("tbody th"))
    expect(rows.first).to_contain_text("Cleo Sanderson")
    expect(page.get_by_text("5 hours late")).to_be_visible()
    keep(page, "cases")
    if not page.get_by_label("Late").is_visible():
        page.get_by_text("Filters").click()
    page.get_by_label("Late").select_option("true")
    expect(page.get_by_text("Filters (1)")).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Clear filters").click()
    expect(page.locator("tbody tr")).to_have_count(4)


@at_both_widths
def test_a_case_is_read_and_decided_with_a_typed_reason_once(page: Page, hr: Office) -> None:
    sign_in(page, hr, "hal")
    page.get_by_role("link", name="Ada Rep").click()
    heading(page, "Ada Rep")
    expect(page.get_by_text("credited 512.50 ÷ 1,000 = 51.25")).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("Attainment by period"))).to_be_visible()
    expect(page.get_by_text("Mia Manager (by personal link)")).to_be_visible()
    expect(page.locator("input[type=radio]:checked")).to_have_count(0)
    keep(page, "case")
    page.get_by_role("radio", name="Let it begin").check()
    page.get_by_role("button", name="Record my decision").click()
    assert EventTag.REQUEST_ANSWERED not in [event.tag for event in hr.desk.store.seen[-2:]]
    page.get_by_label("Why?").fill("The plan is fair: <img src=x onerror=alert(1)> & has dates.")
    page.get_by_role("button", name="Record my decision").click()
    expect(page.get_by_role("status")).to_have_text("Recorded: Let it begin.")
    expect(page.get_by_role("button", name="Record my decision")).to_have_count(0)
    expect(page.locator("q", has_text="<img src=x onerror=alert(1)>")).to_be_visible()
    answer = hr.desk.store.request(RequestId("case-r-1.2")).answer
    assert answer is not None
    assert (answer.choice, answer.answered_by) == ("publish", "hr-1")


def test_whoever_decides_too_late_is_told_so_on_the_spot(page: Page, hr: Office) -> None:
    sign_in(page, hr, "hal", "#/cases/case-r-1")
    page.get_by_role("radio", name="Close the case").check()
    page.get_by_label("Why?").fill("There is nothing left to follow up on.")
    hr.desk.clock.advance(days=3)
    page.get_by_role("button", name="Record my decision").click()
    expect(page.get_by_role("alert")).to_contain_text("the time to answer ended")
    assert hr.desk.store.request(RequestId("case-r-1.2")).answer is None


@at_both_widths
def test_a_leave_is_reported_in_two_steps_by_keyboard_alone_and_stops_the_case(
    page: Page, hr: Office
) -> None:
    sign_in(page, hr, "hal", "#/cases/case-r-1")
    opener = page.get_by_role("button", name="Report a leave")
    form = page.get_by_role("form", name="Report a leave of Ada Rep")
    expect(form).to_be_hidden()
    opener.press("Enter")
    expect(opener).to_have_attribute("aria-expanded", "true")
    expect(form.get_by_label("Why?")).to_be_focused()
    page.keyboard.press("Escape")
    expect(form).to_be_hidden()
    expect(opener).to_be_focused()
    page.keyboard.press("Enter")
    form.get_by_role("button", name="Pause the case").press("Enter")
    assert EventTag.LEAVE_REPORTED not in hr.desk.store, "a leave without a reason is not reported"
    form.get_by_label("Why?").fill("Parental leave from the first of November.")
    keep(page, "leave")
    page.keyboard.press("Tab")
    expect(form.get_by_role("button", name="Pause the case")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("Recorded: the case is paused for the leave.")
    expect(page.get_by_text("A leave was reported.")).to_be_visible()
    expect(opener).to_have_count(0)
    [told] = hr.desk.store.instructions(CaseId("case-r-1"))
    assert (told.kind, told.given_by) == ("hold_for_leave", "hr-1")


@at_both_widths
def test_before_a_removal_is_approved_the_others_are_shown_and_said_to_have_been_seen(
    page: Page, hr: Office
) -> None:
    asks_hal = asked(CaseId("case-r-2"), purpose="removal_approval", adverse=True)
    hr.desk.open("r-2", asks_hal, owner=PersonId("hr-1"))
    hr.desk.evaluated(decided("r-2"), decided("r-3", "100"), decided("r-6", "470"), decided("r-4", "690"))
    sign_in(page, hr, "hal", "#/cases/case-r-2")
    expect(page.get_by_text("The same rules found 3 other people of the same role")).to_be_visible()
    expect(page.get_by_text("2 still open: coaching")).to_be_visible()
    others = page.get_by_role("table", name=re.compile("Others in a comparable position"))
    expect(others.locator("tbody th")).to_have_text(
        ["Cleo Sanderson", "Finn O’Malley", "Dimitri Okonkwo-Hernández"]
    )
    keep(page, "removal")
    page.get_by_role("radio", name="Approve").check()
    page.get_by_label("Why?").fill("Everything in the plan was tried, and documented.")
    page.get_by_role("button", name="Record my decision").click()
    assert EventTag.REQUEST_ANSWERED not in [event.tag for event in hr.desk.store.seen[-2:]]
    page.get_by_label("I have looked at the others").check()
    page.get_by_role("button", name="Record my decision").click()
    expect(page.get_by_role("status")).to_have_text("Recorded: Approve the removal.")
    answered = hr.desk.store.seen[-1]
    assert (answered.tag, answered.data["compared"]["shown"]) == (EventTag.REQUEST_ANSWERED, 3)


def test_what_became_of_others_meanwhile_is_shown_in_place_and_has_to_be_confirmed_anew(
    page: Page, hr: Office
) -> None:
    asks_hal = asked(CaseId("case-r-2"), purpose="removal_approval", adverse=True)
    hr.desk.open("r-2", asks_hal, owner=PersonId("hr-1"))
    hr.desk.evaluated(decided("r-2"), decided("r-3", "100"))
    sign_in(page, hr, "hal", "#/cases/case-r-2")
    page.get_by_role("radio", name="Approve").check()
    page.get_by_label("Why?").fill("Everything in the plan was tried, and documented.")
    seen = page.get_by_label("I have looked at the others")
    seen.check()
    other = hr.desk.store.case(CaseId("case-r-3"))
    over = {"version": other.version + 1, "status": CaseStatus.CLOSED, "exit": Exit.EXCEPTED}
    hr.desk.close(other.model_copy(update=over))
    page.get_by_role("button", name="Record my decision").click()
    expect(page.get_by_role("alert")).to_contain_text("please look again")
    expect(page.get_by_text("1 exception granted")).to_be_visible()
    expect(seen).not_to_be_checked()
    expect(page.get_by_label("Why?")).to_have_value("Everything in the plan was tried, and documented.")
    seen.check()
    page.get_by_role("button", name="Record my decision").click()
    expect(page.get_by_role("status")).to_have_text("Recorded: Approve the removal.")


def test_who_else_was_found_is_looked_up_when_asked_for(page: Page, hr: Office) -> None:
    hr.desk.evaluated(decided("r-1"), decided("r-2", "1"))
    sign_in(page, hr, "hal", "#/cases/case-r-1")
    page.get_by_role("button", name="Compare").click()
    expect(
        page.get_by_text("The same rules found nobody else whom you may see of the same role")
    ).to_be_visible()
    expect(page.get_by_text("There is 1 more whom you may not see")).to_be_visible()


def test_a_leave_that_cannot_be_taken_is_told_beside_the_button_and_the_words_stay(
    page: Page, hr: Office
) -> None:
    sign_in(page, hr, "hal", "#/cases/case-r-1")
    page.get_by_role("button", name="Report a leave").click()
    form = page.get_by_role("form", name="Report a leave of Ada Rep")
    form.get_by_label("Why?").fill("Parental leave from the first of November.")
    case = hr.desk.store.case(CaseId("case-r-1"))
    over = {"version": case.version + 1, "status": CaseStatus.CLOSED, "exit": Exit.LEFT_COMPANY}
    hr.desk.close(case.model_copy(update=over))
    form.get_by_role("button", name="Pause the case").click()
    expect(form.get_by_role("alert")).to_have_text("case case-r-1 is closed")
    expect(form.get_by_label("Why?")).to_have_value("Parental leave from the first of November.")
    expect(form.get_by_role("button", name="Pause the case")).to_be_focused()


def test_a_case_that_stands_still_for_a_leave_offers_no_second_report(page: Page, hr: Office) -> None:
    held = Pause(reason="leave", since=NOW, remaining_s=0)
    hr.desk.open("r-2", hold=held, owner=PersonId("hr-1"))
    sign_in(page, hr, "hal", "#/cases/case-r-2")
    expect(page.get_by_text("Paused: leave.")).to_be_visible()
    expect(page.get_by_role("button", name="Report a leave")).to_have_count(0)


def test_the_machinery_of_the_history_is_shown_when_asked_for(page: Page, hr: Office) -> None:
    sign_in(page, hr, "hal", "#/cases/case-r-1")
    mailed = page.get_by_text("A mail was sent to Mia Manager: question.")
    expect(mailed).to_be_hidden()
    page.get_by_label(re.compile("Show mails")).check()
    expect(mailed).to_be_visible()


def test_evidence_is_a_zip_and_that_it_was_taken_is_recorded(page: Page, hr: Office, tmp_path: Path) -> None:
    sign_in(page, hr, "hal", "#/cases/case-r-1")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download the evidence").click()
    assert saved.value.suggested_filename == "evidence-case-r-1.zip"
    saved.value.save_as(tmp_path / "evidence.zip")
    assert (tmp_path / "evidence.zip").read_bytes().startswith(b"PK")
    assert EventTag.EVIDENCE_EXPORTED in hr.desk.store


def test_evidence_that_is_too_large_for_an_answer_is_saved_from_its_link(
    page: Page, hr: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "LARGEST_ANSWER", 1000)
    sign_in(page, hr, "hal", "#/cases/case-r-1")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download the evidence").click()
    assert saved.value.suggested_filename == "evidence-case-r-1.zip"
    saved.value.save_as(tmp_path / "evidence.zip")
    (body,) = hr.handouts.links.values()
    assert (tmp_path / "evidence.zip").read_bytes() == body
    expect(page.get_by_text("Saved evidence-case-r-1.zip.")).to_be_visible()


def test_anothers_case_is_not_found(page: Page, hr: Office) -> None:
    hr.desk.open("r-2")
    sign_in(page, hr, "hal", "#/cases/case-r-2")
    heading(page, "Not found")


def test_a_first_password_is_changed_on_the_way_in(page: Page, hr: Office) -> None:
    sign_in(page, hr, "hugo")
    heading(page, "Choose a password")
    page.get_by_label("New password").fill("another long Password of 2026!")
    page.get_by_role("button", name="Go on").click()
    heading(page, "Open cases")
    for name in ("Cases", "Exports", "Record"):
        expect(page.get_by_role("link", name=name, exact=True)).to_be_visible()


@at_both_widths
def test_compensation_staff_see_which_cell_was_wrong_and_no_case(
    page: Page, hr: Office, tmp_path: Path
) -> None:
    sign_in(page, hr, "coco")
    heading(page, "Exports")
    expect(page.get_by_text("refused: too many rows were rejected")).to_be_visible()
    expect(page.get_by_role("link", name="Cases", exact=True)).to_have_count(0)
    keep(page, "exports")
    page.get_by_role("link", name="attainment-2026-09-september.csv").click()
    expect(page.get_by_text("Line 17").first).to_be_visible()
    keep(page, "export")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download as CSV").click()
    saved.value.save_as(tmp_path / "rejected.csv")
    with (tmp_path / "rejected.csv").open(newline="", encoding="utf-8") as file:
        assert list(csv.reader(file))[1] == ["17", "quota", "not_a_number", "12.000,50 €"]


@at_both_widths
def test_an_auditor_reads_a_sealed_history_without_a_name(page: Page, hr: Office) -> None:
    sign_in(page, hr, "otto")
    heading(page, "The record")
    keep(page, "record")
    page.get_by_label("Id of a case").fill("case-r-1")
    page.get_by_role("button", name="Open its history").click()
    heading(page, "Case case-r-1")
    expect(page.get_by_text("Sealed.").first).to_be_visible()
    keep(page, "sealed")
    shown = page.locator("main").inner_text()
    assert not [name for name in ("Ada", "Mia", "pipeline call") if name in shown]


def test_an_auditor_takes_the_evidence_of_a_whole_period(page: Page, hr: Office, tmp_path: Path) -> None:
    hr.desk.evaluated(decided("r-1"))
    sign_in(page, hr, "otto")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download all of 2026-09").click()
    assert saved.value.suggested_filename == "evidence-2026-09.zip"
    saved.value.save_as(tmp_path / "period.zip")
    assert (tmp_path / "period.zip").read_bytes().startswith(b"PK")
    expect(page.get_by_text("Saved evidence-2026-09.zip.")).to_be_visible()


def test_signing_out_forgets_everything(page: Page, hr: Office) -> None:
    sign_in(page, hr, "hal")
    heading(page, "Open cases")
    page.get_by_role("button", name="Sign out").click()
    heading(page, "Sign in")
    page.reload()
    heading(page, "Sign in")
    assert page.evaluate("sessionStorage.length") == 0


def test_looking_at_a_case_again_and_again_changes_only_that_it_was_read(page: Page, hr: Office) -> None:
    before = hr.desk.store.case(CaseId("case-r-1"))
    sign_in(page, hr, "hal", "#/cases/case-r-1")
    heading(page, "Ada Rep")
    for _ in range(5):
        page.reload()
        heading(page, "Ada Rep")
    assert hr.desk.store.case(CaseId("case-r-1")) == before
    assert hr.desk.tags().count("record:read") == 1


def test_every_address_of_the_page_is_its_own(hr: Office) -> None:
    folder = Path(__file__).parents[2] / "console"
    for file in folder.iterdir():
        for address in re.findall(r"https?://[^\s\"'`]+", file.read_text(encoding="utf-8")):
            assert urlsplit(address).hostname in ("127.0.0.1", "localhost", "www.w3.org"), (
                file.name,
                address,
            )
