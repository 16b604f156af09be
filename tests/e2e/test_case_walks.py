"""Whole lives of cases on the local cloud: everybody answers by mail, HR also signed in, and time passes.

The tests stand in the order in which things happen in one organisation.
"""

import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from local.cli import main
from local.cloud.clients import call, link_in, until
from local.demo import verify
from tests.e2e.chromium import chromium
from tests.e2e.short_ladder import DISPUTED, QUIET, REASON, REMOVED, SILENT, ShortLadder

_ADDRESS = re.compile(r"""https?://[^\s"'<>]+""")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


class Scanned:
    """What a scanner must leave as it is: cases whose deadlines are far off, and everybody's answers."""

    def __init__(self, office: ShortLadder) -> None:
        self._office = office
        self.before = self._now()

    def _now(self) -> tuple[list[tuple[str, int]], list[int]]:
        cases = [self._office.case(rep) for rep in (REMOVED, DISPUTED, QUIET)]
        answers = [
            self._office.tags(rep).count("request:answered") for rep in (SILENT, REMOVED, DISPUTED, QUIET)
        ]
        return [(case["id"], case["version"]) for case in cases], answers

    def nothing_changed(self) -> bool:
        return self._now() == self.before and self.before[1] == [0, 0, 0, 0]


def response_links(office: ShortLadder) -> list[str]:
    """The link of every mail so far; each of the three patient cases has asked somebody by now."""
    for rep in (REMOVED, DISPUTED, QUIET):
        office.link(rep, office.question(rep, "stage_plan", "coaching"))
    return [link for mail in office.stack.mails() if (link := link_in(mail))]


def test_a_mail_scanner_that_fetches_every_address_changes_no_case(short_ladder: ShortLadder) -> None:
    links = response_links(short_ladder)
    scanned = Scanned(short_ladder)
    addresses = {
        address.rstrip(".,)")
        for mail in short_ladder.stack.mails()
        for address in _ADDRESS.findall(mail["text"] + mail["html"])
    }
    assert addresses >= set(links)
    for address in sorted(addresses):
        for method, headers in (
            ("HEAD", {}),
            ("GET", {}),
            ("GET", {"Sec-Purpose": "prefetch;prerender", "Purpose": "prefetch"}),
        ):
            reply = call(address, method, headers)
            assert reply.status in (200, 410), (method, address)
            assert reply.headers["Cache-Control"] == "no-store"
        # What a machine posts that only knows the address: nothing of the page, no choice, no reason.
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        assert call(address, "POST", form, b"").status in (409, 410, 422)
    assert scanned.nothing_changed()


def test_a_browser_that_opens_everything_and_presses_nothing_changes_no_case(
    short_ladder: ShortLadder, browser: Browser
) -> None:
    links = response_links(short_ladder)
    scanned = Scanned(short_ladder)
    context = browser.new_context()
    for link in links:
        page = context.new_page()
        page.goto(link)
        for further in page.eval_on_selector_all("a[href]", "all => all.map(each => each.href)"):
            page.goto(further)
        page.close()
    context.close()
    assert scanned.nothing_changed()


def test_a_browser_that_submits_every_form_as_it_finds_it_changes_no_case(
    short_ladder: ShortLadder, browser: Browser
) -> None:
    links = response_links(short_ladder)
    scanned = Scanned(short_ladder)
    context = browser.new_context()
    submitted = sum(_submit_everything(context.new_page(), link) for link in links)
    context.close()
    assert submitted >= 2 * 3
    assert scanned.nothing_changed()


def _submit_everything(page: Page, link: str) -> int:
    """Send each form past the browser's own checks, then press each button; returns how often."""
    page.goto(link)
    forms, buttons = page.locator("form").count(), page.locator("form button").count()
    for number in range(forms):
        page.goto(link)
        with page.expect_navigation():
            # Not form.submit(), which a field of that name would hide.
            page.evaluate(f"HTMLFormElement.prototype.submit.call(document.forms[{number}])")
    for number in range(buttons):
        page.goto(link)
        page.eval_on_selector_all("form", "all => all.forEach(each => each.noValidate = true)")
        button = page.locator("form button").nth(number)
        if button.is_visible():
            with page.expect_navigation():
                button.click()
    page.close()
    return forms + buttons


def test_a_case_goes_past_a_silent_manager_through_plan_and_gate_to_its_good_end(
    short_ladder: ShortLadder, tmp_path: Path
) -> None:
    office, rep = short_ladder, SILENT
    office.answer(rep, office.question(rep, "stage_plan", "coaching", "skip_level"), "coach")
    asked = office.seats_asked(rep, "coaching")
    assert asked == [("manager", "expired"), ("manager", "expired"), ("skip_level", "answered")]

    office.decide(rep, office.question(rep, "gate", "improvement_plan"), "publish")
    office.answer(rep, office.question(rep, "stage_plan", "improvement_plan", "manager"), "agree_plan")
    office.answer(rep, office.question(rep, "rep", "improvement_plan"), "rebut")
    page = f"{office.stack.info['console_url']}/#/cases/{office.case(rep)['id']}"
    told = until("HR is told that the rep sees it differently", lambda: _mail_with(office, page))
    assert told["to"] == ["dana.zeman.h1@example.org"]
    assert REASON not in told["text"], "the words are HR's to read in the record"

    office.drop_results(tmp_path, rep, "2026-10", 101)
    office.drop_results(tmp_path, rep, "2026-11", 90)
    assert office.ended(rep) == "graduated"
    tags = office.tags(rep)
    story = [
        "case:opened",
        "request:reminded",
        "request:escalated",
        "stage:begun",
        "stage:ended",
        "stage:gated",
        "stage:approved",
        "rep:rebutted",
        "results:arrived",
        "case:closed",
    ]
    assert sorted(story, key=tags.index) == story


def test_a_removal_takes_two_people_and_a_one_time_code_of_each(short_ladder: ShortLadder) -> None:
    office, rep = short_ladder, REMOVED
    office.answer(rep, office.question(rep, "stage_plan", "coaching"), "coach")
    office.decide(rep, office.question(rep, "gate", "improvement_plan"), "publish")
    office.answer(rep, office.question(rep, "stage_plan", "improvement_plan"), "agree_plan")
    # No results arrived in all that time, so HR is asked again before the adverse step.
    office.decide(rep, office.question(rep, "gate", "final_review"), "publish")
    office.answer(rep, office.question(rep, "removal_proposal", "final_review"), "propose_removal")
    office.answer(rep, office.question(rep, "removal_approval", "final_review"), "approve")
    assert office.ended(rep) == "removal_approved"

    two = [r for r in office.case(rep)["requests"] if r["adverse"]]
    assert [(r["purpose"], r["answer"]["choice"]) for r in two] == [
        ("removal_proposal", "propose_removal"),
        ("removal_approval", "approve"),
    ]
    assert {r["answer"]["authenticated_by"] for r in two} == {"link+code"}
    proposer, approver = (r["answer"]["answered_by"]["id"] for r in two)
    assert (proposer, approver) == ("M000006", "H001")


def test_a_dispute_that_is_upheld_withdraws_the_case(short_ladder: ShortLadder) -> None:
    office, rep = short_ladder, DISPUTED
    office.answer(rep, office.question(rep, "stage_plan", "coaching"), "dispute_figures")
    dispute = office.question(rep, "dispute", "coaching")
    case = office.case(rep)
    assert (case["on_hold"], case["waiting_for"]) == ("dispute", "hr")
    until("the owner of the figures is told", lambda: _told(office, "compensation@example.com"))
    office.decide(rep, dispute, "uphold")
    assert office.ended(rep) == "withdrawn"
    tags = office.tags(rep)
    assert [tag for tag in tags if tag.startswith(("dispute:", "case:"))] == [
        "case:opened",
        "dispute:raised",
        "case:held",
        "dispute:decided",
        "case:closed",
    ]


def _mail_with(office: ShortLadder, address: str) -> dict[str, Any] | None:
    return next((mail for mail in office.stack.mails() if address in mail["text"]), None)


def _told(office: ShortLadder, address: str) -> bool | None:
    subjects = [mail["subject"] for mail in office.stack.mails() if mail["to"] == [address]]
    return any("dispute" in subject.lower() for subject in subjects) or None


def test_a_leave_that_hr_reports_stops_the_clock_until_hr_lets_it_run(short_ladder: ShortLadder) -> None:
    office, rep = short_ladder, QUIET
    path = f"/cases/{office.cases[rep]}/hold"
    assert office.hr.post(path, {"reason": "On leave from today, as agreed."}).status == 200
    leave = office.question(rep, "leave", "coaching")
    case = office.case(rep)
    assert (case["on_hold"], case["waiting_for"]) == ("leave", "hr")
    office.decide(rep, leave, "resume")
    assert office.question(rep, "stage_plan", "coaching")["seat"] == "manager"
    tags = office.tags(rep)
    assert [tag for tag in tags if tag in ("leave:reported", "case:held", "case:resumed")] == [
        "leave:reported",
        "case:held",
        "case:resumed",
    ]


def test_the_record_of_all_these_lives_verifies(short_ladder: ShortLadder, tmp_path: Path) -> None:
    bundle = tmp_path / "ledger.zip"

    def checked() -> tuple[int, str] | None:
        answer = short_ladder.hr.get("/ledger/evidence")
        if answer.status != 200:
            return None
        bundle.write_bytes(answer.body)
        return verify(bundle)

    status, words = until("the ledger of all cases", checked)
    # The last events may be under no checkpoint yet; every step of every case fits the ones before it.
    assert status in (0, 5), words


def test_after_all_these_lives_the_table_made_again_is_the_live_one(short_ladder: ShortLadder) -> None:
    data = ("--data", str(short_ladder.stack.folder))
    names = (f"restored-{number}" for number in count(1))

    # Work goes on all the while: what came between the two readings of the table makes them differ.
    def drilled() -> bool | None:
        table = next(names)
        if main(["rebuild", "--into", table, "--create", "--unsealed", *data]) != 0:
            return None
        return main(["rebuild", "--compare", table, *data]) == 0 or None

    def the_same() -> bool | None:
        return main(["rebuild", "--compare", *data]) == 0 or None

    until("the live table to be what the ledger says", the_same)
    until("a table made again that is the same", drilled)
