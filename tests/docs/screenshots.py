"""The pictures of the tutorial, taken from the real pages on fakes; ``make screenshots`` keeps new ones."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final
from unittest.mock import patch

from playwright.sync_api import Browser, Page

from shared.domain.effect import NoticeKind
from shared.domain.person import Directory
from tests.e2e.chromium import chromium
from tests.e2e.console_desk import office as hr_office
from tests.e2e.test_console_in_browser import sign_in
from tests.e2e.test_response_page_in_browser import PHONE, fill, served
from tests.unit.notify import office as people
from tests.unit.notify.office import Office
from tests.unit.notify.test_messages import mailed

KEPT: Final = Path(__file__).parents[2] / "docs" / "assets" / "screenshots"
NAMES: Final = (
    *("mail-question", "response-page", "response-answer", "response-recorded"),
    *("console-cases", "console-case", "console-history"),
)


def take_all(folder: Path) -> None:
    """Take every picture of ``NAMES`` into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with chromium() as browser, patch.object(people, "DIRECTORY", _with_plain_names(people.DIRECTORY)):
        _mail(browser, folder)
        _response(browser, folder)
        _console(browser, folder)


def _mail(browser: Browser, folder: Path) -> None:
    with _page(browser, 640, 640) as page:
        page.set_content(mailed(NoticeKind.QUESTION).html)
        page.screenshot(path=folder / "mail-question.png", full_page=True)


def _response(browser: Browser, folder: Path) -> None:
    office = Office()
    with served(office) as site, _page(browser, PHONE["width"], 900) as page:
        page.goto(site.link(office))
        page.screenshot(path=folder / "response-page.png")
        fill(page)
        page.locator("form").screenshot(path=folder / "response-answer.png")
        page.set_viewport_size({"width": PHONE["width"], "height": 460})
        page.click("text=Send my answer >> visible=true")
        page.wait_for_selector("text=Your answer is recorded")
        page.screenshot(path=folder / "response-recorded.png", full_page=True)


def _console(browser: Browser, folder: Path) -> None:
    with hr_office() as hr, _page(browser, 1200, 820) as page:
        sign_in(page, hr, "hal")
        page.wait_for_selector("text=Cleo Sanderson")
        page.screenshot(path=folder / "console-cases.png")
        page.get_by_role("link", name="Ada Rep").click()
        page.wait_for_selector("text=Record my decision")
        page.set_viewport_size({"width": 1000, "height": 1030})
        page.screenshot(path=folder / "console-case.png")
        history = page.locator("section", has=page.get_by_role("heading", name="What happened"))
        history.screenshot(path=folder / "console-history.png")


def _with_plain_names(directory: Directory) -> Directory:
    """The test's directory, in which one name is made to break pages, with that name as people have it."""
    everybody = directory.people.values()
    plain = {one.id: replace(one, name=one.name.removesuffix(" <script>")) for one in everybody}
    return replace(directory, people=plain)


@contextmanager
def _page(browser: Browser, width: int, height: int) -> Iterator[Page]:
    """A page in English and light colours, so that pictures differ only where the product does."""
    context = browser.new_context(
        viewport={"width": width, "height": height},
        locale="en-US",
        timezone_id="America/New_York",
        color_scheme="light",
    )
    yield context.new_page()
    context.close()


if __name__ == "__main__":
    take_all(KEPT)
