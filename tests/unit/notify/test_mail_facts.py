"""A mail costs only the facts that it says, each once; what only HR may know is in no mail to others."""

from collections import Counter
from typing import Any, Final

import pytest

from functions.audit import hr_figures
from functions.notify import mail_facts, response_page
from functions.notify.messages import Fact, render
from functions.notify.record_response import show
from shared.domain.case import Case
from shared.domain.effect import NoticeKind
from shared.domain.identifiers import PersonId
from tests.fakes.builders import a_request
from tests.unit.notify.office import DECISION, Office, the_case
from tests.unit.notify.test_messages import mailed

BUILDERS: Final = ("case_facts", "figure_facts", "request_facts", "digest_facts", "export_facts")
ASKED: Final = {"request_facts", "figure_facts"}
TOLD: Final = {"case_facts", "figure_facts"}
NEEDED: Final[dict[NoticeKind, set[str]]] = {
    NoticeKind.QUESTION: ASKED,
    NoticeKind.REMINDER: ASKED,
    NoticeKind.ESCALATION: ASKED,
    NoticeKind.HR_ESCALATION: ASKED,
    NoticeKind.GATE: ASKED,
    NoticeKind.DISPUTE: ASKED,
    NoticeKind.EXCEPTION: ASKED,
    NoticeKind.WITHDRAWAL: ASKED,
    NoticeKind.REMOVAL_APPROVAL: ASKED,
    NoticeKind.LEAVE_REVIEW: {"request_facts"},
    NoticeKind.CHECK_IN_DUE: ASKED | {"case_facts"},
    NoticeKind.RECEIPT: {"request_facts"},
    NoticeKind.CASE_OPENED: TOLD,
    NoticeKind.REP_TOLD: TOLD,
    NoticeKind.STAGE_ENTERED: TOLD,
    NoticeKind.RESULTS: TOLD,
    NoticeKind.FIGURES_DISPUTED: TOLD,
    NoticeKind.CASE_CLOSED: {"case_facts"},
    NoticeKind.LATE_ANSWER: {"case_facts"},
    NoticeKind.REBUTTAL: {"case_facts"},
    NoticeKind.UNREACHABLE: {"case_facts"},
    NoticeKind.EXPORT_REFUSED: {"export_facts"},
    NoticeKind.EXPORT_REJECTS: {"export_facts"},
    NoticeKind.EVALUATION_SKIPPED: {"export_facts"},
    NoticeKind.DAILY_DIGEST: {"digest_facts"},
    NoticeKind.UNKNOWN_REPS: set(),
    NoticeKind.DIRECTORY_FAULTS: set(),
    NoticeKind.STRUCTURAL: set(),
    NoticeKind.PAST_FINDINGS: set(),
    NoticeKind.ONE_TIME_CODE: set(),
    NoticeKind.CHECKPOINT_ANCHOR: set(),
}


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each kind of facts was built."""
    counts: Counter[str] = Counter()

    def counting(name: str) -> Any:
        build = getattr(mail_facts, name)

        def counted(*arguments: Any) -> Any:
            counts[name] += 1
            return build(*arguments)

        return counted

    for name in BUILDERS:
        monkeypatch.setattr(mail_facts, name, counting(name))
    return counts


@pytest.mark.parametrize("kind", NoticeKind)
def test_a_mail_builds_the_facts_that_it_says_and_each_once(kind: NoticeKind, built: Counter[str]) -> None:
    mailed(kind)
    assert built == Counter(NEEDED[kind])


def test_a_fact_that_no_template_names_is_never_built() -> None:
    def explode() -> object:
        raise AssertionError("built")

    facts = {"to": "Mara Quist", "code": "123456", "code_until": "noon", "case": Fact(explode)}
    assert "123456" in render(NoticeKind.ONE_TIME_CODE, facts).text


HR_ALONE: Final = ("leave", "leave_unknown", "tenure", "missing", "quota_unknown", "quota_zero")


def uncounted(status: str) -> Case:
    """A case one of whose periods does not count for this reason."""
    july, august, september = DECISION["inputs"]
    return the_case(decision=DECISION | {"inputs": [july, august | {"status": status}, september]})


@pytest.mark.parametrize("status", HR_ALONE)
@pytest.mark.parametrize("kind", sorted(kind for kind, needed in NEEDED.items() if "figure_facts" in needed))
def test_no_mail_with_figures_says_why_a_period_does_not_count(kind: NoticeKind, status: str) -> None:
    mail = mailed(kind, uncounted(status))
    assert "August 2026: not counted" in mail.text
    why = hr_figures.period_in_words({"status": status})
    for telling in (why, "leave", "7,777", "7777", "333.", "0.3226"):
        assert telling not in mail.text + mail.html


@pytest.mark.parametrize("status", HR_ALONE)
@pytest.mark.parametrize(
    ("seat", "assignee"), [("manager", "M000001"), ("skip_level", "D000001"), ("rep", "R000004")]
)
def test_no_page_of_a_manager_or_a_rep_says_why_a_period_does_not_count(
    seat: str, assignee: str, status: str
) -> None:
    purpose = "rep" if seat == "rep" else "stage_plan"
    office = Office(
        a_request(seat=seat, assignee=PersonId(assignee), purpose=purpose), case=uncounted(status)
    )
    html = response_page.page(show(office.link(), "GET", office.responding)).html
    assert "not counted" in html
    assert hr_figures.period_in_words({"status": status}) not in html
    assert "leave" not in html
    assert "7,777" not in html
