"""Which results are news to a case, what it makes of them, and days of leave that it gives back."""

from collections.abc import Mapping
from typing import Any

import pytest

from functions.evaluate.cases.deadlines import calendar_fault
from functions.evaluate.cases.results import has_news
from functions.evaluate.cases.triggers import FindingsRestored, FindingsUndone
from shared.domain.effect import NoticeKind
from shared.domain.event import EventTag
from shared.domain.identifiers import EvaluationId
from shared.domain.policy import Calendar
from tests.unit.evaluate.case_life import Life, decision, figures, running

OCTOBER = figures("2026-10", "0.4000")


def taken_in() -> Life:
    return running().results("2026-10", OCTOBER)


@pytest.mark.parametrize(
    ("inputs", "news"),
    [
        pytest.param([OCTOBER], False, id="the very same"),
        pytest.param([figures("2026-09", "0.9000")], False, id="the opening period itself"),
        pytest.param([figures("2026-08", "0.9000")], False, id="a period before"),
        pytest.param([figures("2026-10", "0.4100")], True, id="a restated period"),
        pytest.param([figures("2026-11", "0.4000")], True, id="a new period"),
        pytest.param([figures("2026-11", None)], False, id="a period without figures"),
        pytest.param([OCTOBER, figures("2026-11", "0.4000")], True, id="a known and a new period"),
    ],
)
def test_only_later_or_restated_figures_are_news(inputs: list[Mapping[str, Any]], news: bool) -> None:
    assert has_news(taken_in().case, decision("2026-11", *inputs)) is news


def test_the_opening_period_itself_is_no_later_result() -> None:
    life = running()
    life.results("2026-10", figures("2026-09", "0.9000"), OCTOBER)
    assert [result.period for result in life.case.results] == ["2026-10"]
    arrived = next(event for event in life.events if event.tag is EventTag.RESULTS_ARRIVED)
    assert arrived.data["periods"] == ["2026-10"]


def test_a_result_is_kept_with_the_evaluation_that_found_it_and_is_sealed_on_record() -> None:
    life = taken_in()
    (result,) = life.case.results
    assert (result.status, result.attainment, result.exact) == ("assessable", "0.4000", "2/5")
    assert (result.evaluation_id, result.arrived_at, result.days_returned) == (
        "evaluation-2026-10",
        life.now,
        0,
    )
    arrived = next(event for event in life.events if event.tag is EventTag.RESULTS_ARRIVED)
    assert {"period": "2026-10", "evaluation": "evaluation-2026-10"}.items() <= arrived.data.items()
    assert arrived.relied_on["evaluation"] == "evaluation-2026-10"
    assert arrived.private == {"results": [OCTOBER]}
    (told,) = [notice for notice in life.notices if notice.notice is NoticeKind.RESULTS]
    assert (told.to, told.parameters["period"]) == ("manager", "2026-10")


def test_a_missing_period_is_taken_in_only_as_the_decided_one() -> None:
    life = running().results("2026-11", figures("2026-10", None), figures("2026-11", None))
    assert [(result.period, result.status) for result in life.case.results] == [("2026-11", "missing")]


def test_leave_is_given_back_once_and_never_more_than_the_stage_ran() -> None:
    life = running().wait_days(20)
    ends_at = life.case.stage_ends_at
    life.results("2026-10", figures("2026-10", "0.4000", leave_days=25))
    assert ends_at is not None
    assert life.case.stage_ends_at is not None
    # The stage began on 2 October and has run for 21 days of that month so far.
    assert (life.case.stage_ends_at - ends_at).days == 21
    extended = next(event for event in life.events if event.tag is EventTag.STAGE_EXTENDED)
    assert {"because": "leave", "days": 21, "period": "2026-10"}.items() <= extended.data.items()
    again = life.case.stage_ends_at
    life.results("2026-10", figures("2026-10", "0.5000", leave_days=21), evaluation="restated")
    assert life.case.stage_ends_at == again
    assert [result.days_returned for result in life.case.results] == [21]


def test_figures_that_hold_again_are_sealed_with_what_they_came_from() -> None:
    life = running()
    undone = decision("2026-09", figures("2026-09", "0.9000"), outcome="clear")
    life.happen(FindingsUndone(undone, EvaluationId("restated-1")))
    marked = life.case.marked
    assert marked == "2026-09 is clear as restated (restated-1)"
    holds = decision("2026-09")
    life.happen(FindingsRestored(holds, EvaluationId("restated-2")))
    arrived = [event for event in life.events if event.tag is EventTag.RESULTS_ARRIVED][-1]
    assert arrived.private == {"results": holds["inputs"]}
    assert {"period": "2026-09", "evaluation": "restated-2", "periods": ["2026-09"]}.items() <= (
        arrived.data.items()
    )
    assert (life.case.marked, life.case.restated, life.case.hold) == (None, None, None)


@pytest.mark.parametrize(
    ("calendar", "path"),
    [
        (Calendar(), None),
        (Calendar(timezone="Europe/Berlin", country="DE", subdivision="BY"), None),
        (Calendar(country=None, subdivision="BY"), "calendar.subdivision"),
        (Calendar(timezone="Europe/Nowhere"), "calendar.timezone"),
        (Calendar(country="XX"), "calendar.country"),
        (Calendar(country="DE", subdivision="ZZ"), "calendar.subdivision"),
    ],
)
def test_a_calendar_that_counts_no_deadlines_is_told_where(calendar: Calendar, path: str | None) -> None:
    fault = calendar_fault(calendar)
    assert (None if fault is None else fault.partition(":")[0]) == path
