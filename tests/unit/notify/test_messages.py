"""Every mail there is, rendered: readable as text, safe as HTML, and silent in its subject."""

import dataclasses
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from functions.notify import messages
from functions.notify.deliver import deliver
from functions.notify.notice_events import ASKING, CARRYING_A_LINK
from shared.domain import paths
from shared.domain.case import Case, CaseStatus, Exit, PeriodResult
from shared.domain.effect import NoticeKind
from shared.domain.identifiers import EvaluationId, NoticeId, PersonId
from shared.domain.request import Answer
from shared.ports import Mail
from tests.fakes.builders import MANAGER, NOON, a_batch, a_request
from tests.unit.notify.office import DECISION, Office, a_notice, the_case

TEMPLATES = Path(messages.__file__).parent / "templates"
PARAMETERS = {
    "batch": "a" * 16,
    "day": "2026-10-05",
    "reason": "no_policy_in_force",
    "because": "bounced",
    "person": "M000001",
    "seat": "manager",
    "period": "2026-09",
    "policy": "field-sales@1",
    "count": "12",
    "evaluation_id": "evaluation-1",
    "checkpoint": '{"checkpoint":{"number":4,"size":7,"v":1},"signature":"MEUC"}',
}
PURPOSES = {
    NoticeKind.GATE: "gate",
    NoticeKind.DISPUTE: "dispute",
    NoticeKind.EXCEPTION: "exception",
    NoticeKind.WITHDRAWAL: "withdrawal",
    NoticeKind.LEAVE_REVIEW: "leave",
    NoticeKind.REMOVAL_APPROVAL: "removal_approval",
    NoticeKind.CHECK_IN_DUE: "check_in",
    NoticeKind.REP_TOLD: "rep",
}


def mailed(kind: NoticeKind, case: Case | None = None) -> Mail:
    """The mail of the kind, made and sent as the relay does it."""
    answer = Answer(
        choice="coach",
        reason="We talked about it.",
        answered_by=MANAGER,
        authenticated_by="link",
        answered_at=NOON,
    )
    request = a_request(purpose=PURPOSES.get(kind, "stage_plan"), adverse=kind is NoticeKind.ONE_TIME_CODE)
    if kind not in ASKING and kind is not NoticeKind.REP_TOLD:
        request = request.answered(answer).model_copy(update={"version": 1})
    office = Office(request, case=case)
    refused = "too_many_rejected" if kind is NoticeKind.EXPORT_REFUSED else None
    office.change(batch=a_batch(rows=9, accepted=7, rejected=2, codes={"bad_period": 2}, refused=refused))
    row = b'{"line":7,"faults":[{"column":"period","code":"bad_period","value":"=<x>"}]}\n'
    office.files.write_lines(paths.first_rejected(a_batch().id, a_batch().known_at), [row])
    office.queue(a_notice(kind, parameters=PARAMETERS))
    assert deliver("notice-1", office.delivering) == "sent"
    return office.mailer.sent[0]


def plain(mail: Mail) -> str:
    """The mail's text as a person types it: a blank before each per cent sign."""
    return mail.text.replace("\N{NO-BREAK SPACE}", " ")


class _Tags(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


@pytest.mark.parametrize("kind", NoticeKind)
class TestEveryKind:
    def test_has_a_folder_of_its_own(self, kind: NoticeKind) -> None:
        names = {path.name for path in (TEMPLATES / kind).iterdir()}
        assert names == {"subject.txt", "body.txt", "body.html"}

    def test_names_nobody_and_no_figure_in_its_subject(self, kind: NoticeKind) -> None:
        subject = mailed(kind).subject
        assert subject
        assert "\n" not in subject
        assert len(subject) <= 78
        assert not re.search(r"\d|%|O'Duff|Ines|Quist", subject)

    def test_is_one_column_without_scripts_images_or_anything_from_elsewhere(self, kind: NoticeKind) -> None:
        html = mailed(kind).html
        tags = _Tags(html).seen
        assert {tag for tag, _ in tags}.isdisjoint(
            {"script", "img", "link", "iframe", "form", "style", "svg"}
        )
        assert not re.search(r"url\(|@import|javascript:", html)
        links = [attributes["href"] or "" for tag, attributes in tags if tag == "a"]
        console = ("https://console.example.com/#/exports/", "https://console.example.com/#/cases/")
        ours = ("https://cases.example.com/r/", *console)
        assert all(link.startswith(ours) for link in links)
        assert "width=device-width" in html

    def test_escapes_what_people_and_files_say(self, kind: NoticeKind) -> None:
        html = mailed(kind).html
        assert "<script>" not in html
        assert "=<x>" not in html

    def test_says_the_same_in_text_and_has_no_ragged_gaps(self, kind: NoticeKind) -> None:
        mail = mailed(kind)
        assert mail.text.startswith("Hello Mara Quist,\n")
        assert "\n\n\n" not in mail.text
        assert "&lt;" not in mail.text
        assert not re.search(r"\{\{|\}\}|{%|None|Undefined", mail.text + mail.html)

    def test_carries_a_link_exactly_where_something_is_asked(self, kind: NoticeKind) -> None:
        assert ("/r/link0" in mailed(kind).text) == (kind in CARRYING_A_LINK)


def test_no_folder_is_left_that_no_notice_uses() -> None:
    folders = {path.name for path in TEMPLATES.iterdir() if path.is_dir()}
    assert folders == {kind.value for kind in NoticeKind}


def test_the_question_shows_the_arithmetic_and_hides_why_a_period_does_not_count() -> None:
    text = plain(mailed(NoticeKind.QUESTION))
    assert "- July 2026: 51.25 % (512.50 credited of a target of 1,000)" in text
    assert "- August 2026: not counted" in text
    assert "2 of the last 3 months were below 70 % (July 2026 51.25 % and September 2026 69.996 %)" in text
    assert "the policy acts on 2 or more (Policy 3.1)." in text
    assert "7,777" not in text


def test_the_policys_agenda_for_the_talk_goes_along_with_the_managers_question() -> None:
    agenda = (
        "SUGGESTED TOPICS FOR THE TALK\n- What held you up in September?\n- Which two deals can still close"
    )
    assert agenda in plain(mailed(NoticeKind.QUESTION))


def test_the_deadline_is_told_in_the_readers_own_time() -> None:
    assert "Wednesday 7 October 2026, 08:00 (New York time)" in plain(mailed(NoticeKind.QUESTION))


def test_an_average_below_the_bar_is_added_up_before_the_eye() -> None:
    months = ["2026-07", "2026-09"]
    finding = {"rule": "trailing-three", "observed": "0.5999", "threshold": "0.60", "periods": months}
    case = the_case(decision=DECISION | {"findings": [finding]})
    text = plain(mailed(NoticeKind.QUESTION, case))
    assert "July 2026 and September 2026 together: 84,507.70 credited of a target of 121,000" in text


def test_a_rank_among_peers_is_told_without_the_peers() -> None:
    finding = {"rule": "bottom-decile", "observed": "0.0500", "threshold": "0.10", "periods": ["2026-09"]}
    case = the_case(decision=DECISION | {"findings": [finding]})
    text = plain(mailed(NoticeKind.QUESTION, case))
    assert "In September 2026, 5 % of the people in the same role and region attained less" in text


def test_results_that_came_later_follow_those_of_the_opening() -> None:
    results = tuple(
        PeriodResult(
            period=period, status=status, attainment=ratio, exact=exact, evaluation_id=EvaluationId("e-2")
        )
        for period, status, ratio, exact in [
            ("2026-10", "assessable", "0.9100", "91/100"),
            ("2026-11", "leave", None, None),
        ]
    )
    text = plain(mailed(NoticeKind.RESULTS, the_case(results=results)))
    assert "- October 2026: 91 %\n- November 2026: not counted" in text
    assert "2 of the next 3 months reach 85 % of target" in text


def test_the_end_of_a_case_says_how_it_ended() -> None:
    closed = the_case(status=CaseStatus.CLOSED, exit=Exit.GRADUATED)
    assert "Result: goal reached. The rep reached the goal of the stage." in plain(
        mailed(NoticeKind.CASE_CLOSED, closed)
    )


def test_hr_sees_the_arithmetic_before_and_after_when_restated_figures_undid_a_case() -> None:
    after = DECISION | {"outcome": "clear", "stage": None, "findings": []}
    after["inputs"] = [
        *DECISION["inputs"][:2],
        DECISION["inputs"][2] | {"credited": "108000", "attainment": "0.9000"},
    ]
    mail = mailed(NoticeKind.WITHDRAWAL, the_case(marked="restated", restated=after))
    text = plain(mail)
    assert "RESTATED: no rule of the policy is met any more" in text
    assert "- September 2026: 90 % (108,000 credited of a target of 120,000)" in text
    assert "- September 2026: 69.996 % (83,995.20 credited of a target of 120,000)" in text
    assert text.index("RESTATED:") < text.index("WHAT WAS FOUND") < text.index("THE FIGURES")
    assert "108,000" in mail.html
    assert "7777" not in mail.html


def test_a_case_that_hr_kept_is_not_told_as_restated_any_more() -> None:
    kept = the_case(marked=None, restated=DECISION | {"outcome": "clear", "findings": []})
    assert "RESTATED:" not in mailed(NoticeKind.GATE, kept).text


def test_hr_is_led_to_the_case_of_a_rebuttal_whose_words_are_in_no_mail() -> None:
    words = "I was in hospital for most of August."
    rebutted = Answer(
        choice="rebut",
        reason=words,
        answered_by=PersonId("R000004"),
        authenticated_by="link",
        answered_at=NOON,
    )
    asked = a_request(purpose="rep", seat="rep", assignee=PersonId("R000004"))
    office = Office(asked.answered(rebutted).model_copy(update={"version": 1}))
    told = a_notice(NoticeKind.REBUTTAL, to=PersonId("H001"), request_id=None)
    office.queue(told, told.model_copy(update={"id": NoticeId("notice-2")}))
    assert deliver("notice-1", office.delivering) == "sent"
    addresses = dataclasses.replace(office.delivering.composing.addresses, console_url=None)
    unlinked = dataclasses.replace(office.delivering.composing, addresses=addresses)
    assert deliver("notice-2", dataclasses.replace(office.delivering, composing=unlinked)) == "sent"
    linked, bare = office.mailer.sent
    page = "https://console.example.com/#/cases/case-0123456789"
    assert linked.to == ("dana@example.org",)
    assert f"\n{page}\n" in linked.text
    assert f'href="{page}"' in linked.html
    assert words not in linked.text + linked.html + linked.subject
    assert "http" not in bare.text
    assert "in the console, under Cases" in bare.text
