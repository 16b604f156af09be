"""HTTP around the response page: what opens it changes nothing, and only a form of its own is listened to."""

import re
from collections.abc import Mapping
from urllib.parse import urlencode

import pytest

from functions.notify.respond import WebRequest, WebResponse, respond
from shared.domain.event import EventTag
from shared.domain.identifiers import PersonId
from shared.domain.request import RequestStatus
from tests.fakes.builders import a_request
from tests.unit.notify.office import DECISION, Office, the_case

URL = "https://cases.example.com"
FORM = {"content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin"}


def get(office: Office, token: str, method: str = "GET") -> WebResponse:
    return respond(WebRequest(method, token, {}, b""), URL, office.responding)


def post(
    office: Office, token: str, fields: Mapping[str, str], headers: Mapping[str, str] = FORM
) -> WebResponse:
    body = urlencode(fields).encode()
    return respond(WebRequest("POST", token, headers, body), URL, office.responding)


def filled(page: WebResponse, **changes: str) -> dict[str, str]:
    shown = re.search('name="shown" value="([0-9a-f]{64})"', page.body)
    assert shown is not None
    return {
        "choice": "coach",
        "reason": "We talked it through.",
        "shown": shown[1],
        "action": "answer",
    } | changes


def status(office: Office) -> RequestStatus:
    return office.store.request(office.request.id).status


def test_the_page_shows_the_question_and_its_form_answers_it() -> None:
    office = Office()
    token = office.link()
    page = get(office, token)
    assert page.status == 200
    answer = post(office, token, filled(page))
    assert answer.status == 200
    assert "Your answer is recorded" in answer.body
    assert status(office) is RequestStatus.ANSWERED


def test_the_page_offers_the_choices_of_its_question_and_no_others_and_has_none_chosen() -> None:
    office = Office(a_request(choices=("coach", "request_exception")))
    page = get(office, office.link()).body
    assert re.findall(r'name="choice" value="(\w+)"', page) == ["coach", "request_exception"]
    assert " checked" not in page


def test_a_manager_finds_the_policys_agenda_for_the_talk_and_hr_does_not() -> None:
    for seat, assignee, suggested in (("manager", "M000001", True), ("hr_partner", "H001", False)):
        office = Office(a_request(seat=seat, assignee=PersonId(assignee)))
        page = get(office, office.link()).body
        assert ("Which two deals can still close this month?" in page) is suggested


def test_head_says_what_get_would_without_a_body() -> None:
    office = Office()
    head, page = get(office, token := office.link(), "HEAD"), get(office, token)
    assert (head.status, head.headers, head.body) == (page.status, page.headers, "")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND"])
def test_other_methods_are_refused(method: str) -> None:
    office = Office()
    refused = get(office, office.link(), method)
    assert (refused.status, refused.headers["allow"]) == (405, "GET, HEAD, POST")
    assert EventTag.LINK_OPENED not in office.store


def test_a_used_an_expired_and_a_wrong_link_have_each_their_own_status() -> None:
    office = Office()
    token = office.link()
    page = get(office, token)
    post(office, token, filled(page))
    assert get(office, token).status == 200
    assert post(office, token, filled(page, choice="dispute_figures")).status == 409
    passed_over = Office()
    late = passed_over.link()
    passed_over.clock.advance(days=3)
    assert get(passed_over, late).status == 410
    assert get(office, "never-issued").status == 404


def test_a_wrong_link_looks_the_same_however_wrong_it_is() -> None:
    office = Office()
    assert get(office, "never-issued").body == get(office, "/etc/passwd").body == get(office, "").body


def test_the_page_of_a_wrong_link_says_how_to_get_another() -> None:
    page = get(Office(), "never-issued").body
    assert "the link from the newest mail" in page
    assert "please tell your HR partner" in page


def test_every_answer_forbids_scripts_frames_caches_and_referrers() -> None:
    office = Office()
    for answer in (get(office, office.link()), get(office, "wrong"), get(office, "x", "PUT")):
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "unsafe-inline" not in policy
        assert "form-action 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "base-uri 'none'" in policy
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["strict-transport-security"].startswith("max-age=")


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"origin": "https://evil.example"},
        {"origin": "http://cases.example.com"},
    ],
)
def test_a_form_that_another_site_sends_is_not_listened_to(headers: dict[str, str]) -> None:
    office = Office()
    token = office.link()
    sent = {"content-type": FORM["content-type"]} | headers
    answer = post(office, token, filled(get(office, token)), sent)
    assert answer.status == 403
    assert "Your answer was not recorded" in answer.body
    assert status(office) is RequestStatus.OPEN
    assert EventTag.ANSWER_REFUSED not in office.store
    assert office.counted == {"cross_site": 1}


@pytest.mark.parametrize(
    "headers",
    [{}, {"origin": "null"}, {"origin": URL}, {"origin": "null", "sec-fetch-site": "same-origin"}],
)
def test_a_form_of_ours_is_listened_to_whatever_origin_the_browser_names(
    headers: dict[str, str],
) -> None:
    office = Office()
    token = office.link()
    sent = {"content-type": FORM["content-type"]} | headers
    assert post(office, token, filled(get(office, token)), sent).status == 200
    assert status(office) is RequestStatus.ANSWERED


@pytest.mark.parametrize(
    ("headers", "body", "expected"),
    [
        (FORM, b"x" * (64 * 1024 + 1), 413),
        ({"content-type": "application/json"}, b"{}", 415),
        ({}, b"choice=coach", 415),
        (FORM, b"\xff\xfe", 400),
        (FORM, b"reason=%ff%fe", 400),
        (FORM, b"&".join(b"a%d=1" % number for number in range(50)), 400),
    ],
)
def test_a_body_that_is_no_form_of_ours_is_refused(
    headers: dict[str, str], body: bytes, expected: int
) -> None:
    office = Office()
    answer = respond(WebRequest("POST", office.link(), headers, body), URL, office.responding)
    assert answer.status == expected
    assert status(office) is RequestStatus.OPEN
    assert office.counted == {"not_a_form": 1}


def test_a_field_that_comes_twice_counts_as_not_there() -> None:
    office = Office()
    token = office.link()
    body = urlencode(filled(get(office, token))) + "&choice=dispute_figures"
    answer = respond(WebRequest("POST", token, FORM, body.encode()), URL, office.responding)
    assert answer.status == 422
    assert status(office) is RequestStatus.OPEN


def test_a_robot_that_submits_the_form_as_it_finds_it_changes_nothing() -> None:
    office = Office()
    token = office.link()
    page = get(office, token)
    assert not re.search("<(input|option)[^>]* (checked|selected)", page.body)
    as_found = filled(page, choice="", reason="")
    assert post(office, token, as_found).status == 422
    assert status(office) is RequestStatus.OPEN
    assert office.store.effects == []


def test_names_and_words_are_escaped_wherever_they_come_from() -> None:
    office = Office()
    token = office.link()
    page = get(office, token)
    assert "<script" not in page.body
    assert "Ines O&#39;Duff &lt;script&gt;" in page.body
    again = post(office, token, filled(page, choice="", reason="</textarea><script>alert(1)</script>"))
    assert "<script" not in again.body


def test_a_period_that_does_not_count_says_so_and_nothing_of_why() -> None:
    office = Office()
    page = get(office, office.link()).body
    assert "not counted" in page
    for telling in ("leave", "7,777", "7777", "333", "0.3226", "21"):
        assert telling not in re.sub("<style>.*</style>|<svg.*</svg>|[0-9a-f]{64}", "", page, flags=re.DOTALL)


def test_a_figure_just_under_the_bar_never_seems_to_reach_it() -> None:
    office = Office()
    page = get(office, office.link()).body.replace("\N{NO-BREAK SPACE}", " ")
    assert "83,995.20" in page
    assert "69.996 %" in page
    assert "(July 2026 51.25 % and September 2026 69.996 %)" in page
    assert ">69 %<" in page


def test_hr_sees_the_figures_before_and_after_when_asked_to_confirm_a_withdrawal() -> None:
    after = DECISION | {"outcome": "clear", "stage": None, "findings": []}
    after["inputs"] = [*DECISION["inputs"][:2], DECISION["inputs"][2] | {"credited": "108000"}]
    case = the_case(marked="restated", restated=after, owner="H001")
    request = a_request(
        purpose="withdrawal", seat="hr_partner", assignee="H001", choices=("withdraw", "keep")
    )
    office = Office(request, case=case)
    page = get(office, office.link()).body
    assert "Restated: no rule of the policy is met any more" in page
    assert "108,000" in page
    assert "83,995.20" in page
