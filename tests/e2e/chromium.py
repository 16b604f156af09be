"""The browser of the page tests: Chromium as the machine has it, and axe to find what shuts people out."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

ROOT: Final = Path(__file__).parents[2]
SCREENSHOTS: Final = ROOT / "build" / "screenshots"
_AXE: Final = ROOT / "node_modules" / "axe-core" / "axe.min.js"
_NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser, headless. Where there is none the test fails, and says how to get it."""
    found = next((path for path in map(shutil.which, _NAMES) if path), None)
    if found is None:
        pytest.fail("the page tests need Chromium on PATH: `apt-get install chromium`", pytrace=False)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


def keep(page: Page, name: str) -> None:
    """Keep a picture of the whole page for people to look at."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)


def barriers(page: Page) -> list[str]:
    """What axe finds fault with, one line each."""
    if not _AXE.exists():
        pytest.fail("the page tests need axe-core: `make setup` installs it", pytrace=False)
    # Evaluated by the debugger, so that the page's own policy, which allows no script, stays as it is.
    page.evaluate(_AXE.read_text(encoding="utf-8"))
    result: dict[str, Any] = page.evaluate("axe.run(document)")
    return [
        f"{violation['id']}: {violation['help']} ({node['target']})"
        for violation in result["violations"]
        for node in violation["nodes"]
    ]
