"""Figures that HR reads stand on their own side of the bar, because they are compared before any rounding."""

import pytest

from functions.audit.api.case_view import case_view
from functions.audit.caller import Caller, Group
from functions.audit.evidence import chronicle
from functions.audit.evidence.reading_aids import rendered
from functions.audit.hr_figures import period_in_words
from shared.domain.canonical import canonical_bytes
from shared.domain.case import PeriodResult
from shared.domain.decision_json import FindingJson, PeriodJson
from shared.domain.figure_text import attainment_of, finding_in_words
from shared.domain.identifiers import EvaluationId, PersonId
from shared.domain.policy import parse_policy
from tests.unit.audit.hr_desk import DECISION, DIRECTORY, NOW, POLICY, POLICY_TEXT, Desk

TRAILING = parse_policy(
    POLICY_TEXT.decode().replace(
        '{id: two-of-three, below: "0.70", count: 2, of_last: 3,',
        '{id: trailing, trailing_below: "0.70", of_last: 2,',
    ),
    "trailing.yaml",
)
HUGO = Caller("a-3", PersonId("hr-9"), frozenset({Group.HR_ADMIN}))


def period(name: str, credited: str, quota: str = "100000") -> PeriodJson:
    return {
        "period": name,
        "quota": quota,
        "credited": credited,
        "leave_days": 0,
        "eligible_fraction": "1.0000",
        "ramp_share": "1",
        "adjusted_quota": quota,
        "attainment": "0.7000",
        "status": "assessable",
    }


@pytest.mark.parametrize(
    ("credited", "printed"),
    [
        ("69996", "0.69996"),
        ("69999.999", "0.69999999"),
        ("70000", "0.7000"),
        ("70000.001", "0.7000"),
        ("84999.9", "0.849999"),
        ("85000", "0.8500"),
    ],
)
def test_an_attainment_has_as_many_digits_as_it_takes_to_stand_on_its_own_side_of_every_bar(
    credited: str, printed: str
) -> None:
    assert attainment_of(period("2026-09", credited), POLICY) == printed


def test_a_trailing_finding_says_the_exact_share_that_fired_it() -> None:
    inputs = [period("2026-08", "69995"), period("2026-09", "69996")]
    finding: FindingJson = {
        "rule": "trailing",
        "observed": "0.7000",
        "threshold": "0.70",
        "periods": ["2026-08", "2026-09"],
    }
    assert finding_in_words(finding, TRAILING, inputs) == (
        "August 2026 and September 2026 together: 139,991 credited of a target of 200,000 "
        "is 69.996 %, below 70 % (Policy 3.1)."
    )


def test_the_case_shows_no_figure_on_the_wrong_side_of_the_bar_or_of_the_goal() -> None:
    desk = Desk()
    late = PeriodResult(
        period="2026-10",
        status="assessable",
        attainment="0.8500",
        exact="84999/100000",
        evaluation_id=EvaluationId("e-2"),
    )
    inputs = [period("2026-07", "51250"), period("2026-09", "69996")]
    case = desk.open("r-1", decision=DECISION | {"inputs": inputs}, results=(late,))
    shown = case_view(case, (), (), POLICY, DIRECTORY, HUGO, NOW)["periods"]
    assert [(each["attainment"], each["says"].rpartition("= ")[2]) for each in shown] == [
        ("0.5125", "51.25 %"),
        ("0.69996", "69.996 %"),
        ("0.84999", "84.999 % reached"),
    ]


def test_a_result_without_its_exact_fraction_is_shown_as_it_was_printed() -> None:
    known = PeriodResult(
        period="2026-10", status="assessable", attainment="0.7420", evaluation_id=EvaluationId("e-2")
    )
    case = Desk().open("r-1", results=(known,))
    [*_, shown] = case_view(case, (), (), POLICY, DIRECTORY, HUGO, NOW)["periods"]
    assert (shown["attainment"], shown["says"]) == ("0.7420", "74.2 % reached")


def test_the_chronicle_shows_no_figure_on_the_wrong_side_of_the_bar_either() -> None:
    opening = canonical_bytes({"body": {"decision": DECISION | {"inputs": [period("2026-09", "69996")]}}})
    page = chronicle.render("case/c-1", [], {1: opening}, {}, {}, policy=POLICY).decode()
    assert "credited 69,996 ÷ 100,000 = 69.996 %" in page
    assert 'aria-label="69.996 %"' in page


@pytest.mark.parametrize(
    ("policy", "printed"), [(POLICY_TEXT, "69.996 %"), (b"of another age: {}\n", "70 %"), (b"\xff", "70 %")]
)
def test_the_chronicle_takes_the_bars_from_the_policy_in_the_bundle(policy: bytes, printed: str) -> None:
    decided = {"decision": DECISION | {"inputs": [period("2026-09", "69996")]}}
    files = {
        "manifest.json": canonical_bytes({"kind": "case", "subject": "case/c-1"}),
        "openings/000001.json": canonical_bytes({"body": decided}),
        "policies/field-sales@1.yaml": policy,
    }
    assert f"÷ 100,000 = {printed}<" in rendered(files)["chronicle.html"].decode()


def test_a_share_of_the_period_is_told_in_days_because_its_percentage_would_be_rounded() -> None:
    figures = period("2026-10", "4000", "31000") | {"leave_days": 21, "ramp_share": "0.5"}
    figures |= {"eligible_fraction": "0.3226", "adjusted_quota": "5000", "attainment": "0.8000"}
    assert period_in_words(figures) == (
        "quota 31,000 × 10 of 31 days worked × 50 % ramp = 5,000; credited 4,000 ÷ 5,000 = 80 %"
    )
