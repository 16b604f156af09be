"""Before a removal HR sees who else is in a comparable position, and what became of them."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from functions.audit.api.record_decision import record_decision
from functions.audit.api.show_comparators import show_comparators
from functions.audit.caller import Caller, Group
from shared.domain.case import CaseStatus, Exit
from shared.domain.comparators import MOST_LISTED
from shared.domain.errors import Conflict, Forbidden, InvalidInput, NotFound
from shared.domain.event import EventTag
from shared.domain.identifiers import BatchId, CaseId, EvaluationId, PersonId, RequestId
from shared.domain.person import Directory
from shared.domain.record import EvaluationRecord
from shared.domain.request import Answer, RequestStatus
from shared.find_comparators import MOST_EVALUATIONS, Sees, compare
from tests.fakes.world import FakeDirectories
from tests.unit.audit.hr_desk import (
    ADMIN,
    AUDITOR,
    COMPENSATION,
    DECISION,
    DIRECTORY,
    NOW,
    OTHER_PARTNER,
    PARTNER,
    PEOPLE,
    POLICY,
    Desk,
    asked,
    decided,
    person,
)

CASE = CaseId("case-r-1")
REQUEST = RequestId("case-r-1.1")
WHY = "A third of the accounts moved to another team in August."
REASON = "Six months of support have not helped; see the plan's record."
OTHERS = (
    person("r-3", "Cleo Rep", "m-1", "hr-1"),
    person("r-4", "Dan Rep", "m-1", "hr-1"),
    person("r-5", "Eve Rep", "m-1", "hr-1"),
    person("r-6", "Fay Rep", "m-1", "hr-2"),
    replace(person("r-7", "Gus Rep", "m-1", "hr-1"), role="SDR"),
)
PEOPLE_THEN = Directory(BatchId("people-2"), {one.id: one for one in (*PEOPLE, *OTHERS)})


class SpiedDirectories(FakeDirectories):
    """``read`` is every version that was asked for by its name."""

    def __init__(self, *directories: Directory) -> None:
        super().__init__(*directories)
        self.read: list[str] = []

    def version(self, batch: BatchId) -> Directory:
        self.read.append(batch)
        return super().version(batch)


@pytest.fixture
def desk() -> Desk:
    """Ada's removal is to be approved; four more AEs were found by its rule, an SDR, and one by another."""
    desk = Desk()
    desk.sources = replace(desk.sources, directories=FakeDirectories(PEOPLE_THEN))
    desk.open("r-1", asked(CASE, purpose="removal_approval", adverse=True))
    desk.open("r-3", stage="improvement_plan", owner=PersonId("m-1"))
    granted = asked(
        CaseId("case-r-4"), purpose="exception", status=RequestStatus.ANSWERED, answer=said("grant", WHY)
    )
    by_the_manager = asked(
        CaseId("case-r-4"),
        2,
        seat="manager",
        status=RequestStatus.ANSWERED,
        answer=said("request_exception", "Please let it be, for now.", hours=1),
    )
    over = {"status": CaseStatus.CLOSED, "exit": Exit.EXCEPTED, "owner": PersonId("m-1")}
    desk.open("r-4", granted, by_the_manager, **over)
    desk.open("r-6", owner=PersonId("m-1"))
    other_rule = [{"rule": "trailing", "observed": "0.1", "threshold": "0.5", "periods": ["2026-09"]}]
    desk.evaluated(
        DECISION,
        decided("r-3", "700"),
        decided("r-4", "400"),
        decided("r-5", "480"),
        decided("r-6", "10"),
        decided("r-7", "10"),
        decided("r-2", "10", findings=other_rule),
    )
    return desk


def said(choice: str, reason: str, hours: int = 0) -> Answer:
    at = NOW - timedelta(days=30) + timedelta(hours=hours)
    return Answer(
        choice=choice,
        reason=reason,
        answered_by=PersonId("hr-1"),
        authenticated_by="cognito",
        answered_at=at,
    )


def approve(desk: Desk, compared: str | None, caller: Caller = PARTNER) -> Any:
    return record_decision(desk.sources, caller, CASE, REQUEST, "approve", REASON, compared)


def rows(desk: Desk, caller: Caller) -> list[tuple[str, bool, str, str | None]]:
    shown = show_comparators(desk.sources, caller, CASE)["comparators"]
    return [(one["rep"]["id"], one["as_low"], one["became"], one["stage"]) for one in shown]


def test_counts_come_first_and_then_everybody_the_lowest_first(desk: Desk) -> None:
    shown = show_comparators(desk.sources, ADMIN, CASE)
    assert (shown["total"], shown["as_low"], shown["others"]) == (4, 3, 0)
    assert shown["became"] == [
        {"became": "excepted", "stage": None, "count": 1, "says": "exception granted"},
        {"became": "no_case", "stage": None, "count": 1, "says": "without a case"},
        {"became": "open", "stage": "coaching", "count": 1, "says": "still open: coaching"},
        {
            "became": "open",
            "stage": "improvement_plan",
            "count": 1,
            "says": "still open: improvement plan",
        },
    ]
    assert rows(desk, ADMIN) == [
        ("r-6", True, "open", "coaching"),
        ("r-4", True, "excepted", "coaching"),
        ("r-5", True, "no_case", None),
        ("r-3", False, "open", "improvement_plan"),
    ]
    assert shown["reached"] == "0.5514"


def test_a_spared_person_is_listed_with_hrs_reason(desk: Desk) -> None:
    shown = show_comparators(desk.sources, ADMIN, CASE)["comparators"]
    assert {one["rep"]["id"]: one["why"] for one in shown} == {
        "r-3": None,
        "r-4": WHY,
        "r-5": None,
        "r-6": None,
    }


def test_a_partner_sees_their_own_people_and_how_many_others_there_are(desk: Desk) -> None:
    shown = show_comparators(desk.sources, PARTNER, CASE)
    assert [one["rep"]["name"] for one in shown["comparators"]] == ["Dan Rep", "Eve Rep", "Cleo Rep"]
    assert (shown["total"], shown["others"]) == (3, 1)
    assert "Fay" not in str(shown)


def test_nobody_finds_themselves_among_the_others(desk: Desk) -> None:
    one_of_them = Caller("a-7", PersonId("r-5"), frozenset({Group.HR_ADMIN}))
    shown = show_comparators(desk.sources, one_of_them, CASE)
    assert "r-5" not in [one["rep"]["id"] for one in shown["comparators"]]
    assert shown["others"] == 1


def test_the_comparison_shows_no_personal_traits_and_no_reason_why_a_period_does_not_count(
    desk: Desk,
) -> None:
    shown = show_comparators(desk.sources, ADMIN, CASE)
    allowed = {
        "rep",
        "role",
        "region",
        "manager",
        "case_id",
        "found_for",
        "reached",
        "attained",
        "as_low",
        "became",
        "stage",
        "says",
        "why",
    }
    assert all(set(one) == allowed for one in shown["comparators"])
    assert "leave" not in str(shown["comparators"])


def test_a_removed_person_who_left_the_directory_is_still_shown(desk: Desk) -> None:
    gone = {key: one for key, one in PEOPLE_THEN.people.items() if key != "r-4"}
    now = Directory(BatchId("people-3"), gone)
    desk.sources = replace(desk.sources, directories=FakeDirectories(PEOPLE_THEN, DIRECTORY, now))
    desk.evaluated(decided("r-4"), evaluation_id="evaluation-0", directory="people-2", period="2026-08")
    case = desk.store.case(CaseId("case-r-4"))
    desk.close(case.model_copy(update={"version": 2, "exit": Exit.REMOVAL_APPROVED}))
    assert ("r-4", True, "removal_approved", "coaching") in rows(desk, PARTNER)


def test_the_comparison_covers_the_last_year_and_shows_each_persons_latest_finding(desk: Desk) -> None:
    desk.evaluated(decided("r-5", "900"), evaluation_id="evaluation-2", period="2026-10")
    desk.evaluated(decided("r-7", "1"), decided("r-2", "1"), evaluation_id="evaluation-3", period="2025-09")
    desk.evaluated(decided("r-3", "1"), evaluation_id="evaluation-4", period="2025-08")
    desk.evaluated(decided("r-3", "1"), evaluation_id="e-5", period="2026-07", opens_cases=False)
    shown = {one["rep"]["id"]: one for one in show_comparators(desk.sources, ADMIN, CASE)["comparators"]}
    assert (shown["r-5"]["found_for"], shown["r-5"]["as_low"]) == ("2026-09", False)
    assert shown["r-3"]["as_low"] is False
    assert "r-2" in shown
    assert "r-7" not in shown, "an SDR is in another group than an AE"


def test_reading_the_comparison_is_recorded(desk: Desk) -> None:
    show_comparators(desk.sources, PARTNER, CASE)
    read = [event.subject for event in desk.store.seen if event.tag is EventTag.RECORD_READ]
    assert read == ["case/case-r-1", "case/case-r-4"], "the case, and the one that a reason was shown of"


def test_only_hr_sees_the_comparison_and_only_of_visible_cases(desk: Desk) -> None:
    for caller, refusal in ((COMPENSATION, Forbidden), (AUDITOR, Forbidden), (OTHER_PARTNER, NotFound)):
        with pytest.raises(refusal):
            show_comparators(desk.sources, caller, CASE)


def test_a_removal_is_decided_only_after_looking_at_the_comparison(desk: Desk) -> None:
    with pytest.raises(InvalidInput, match="compared"):
        approve(desk, None)
    assert EventTag.REQUEST_ANSWERED not in desk.store
    seen = show_comparators(desk.sources, PARTNER, CASE)
    approve(desk, seen["compared"])
    [event] = [each for each in desk.store.seen if each.tag is EventTag.REQUEST_ANSWERED]
    assert event.relied_on["compared"] == seen["compared"]
    assert event.data["compared"] == {
        "shown": 3,
        "as_low": 2,
        "others": 1,
        "excepted": 1,
        "no_case": 1,
        "open/improvement_plan": 1,
    }


def test_a_changed_comparison_must_be_looked_at_again(desk: Desk) -> None:
    seen = show_comparators(desk.sources, PARTNER, CASE)["compared"]
    case = desk.store.case(CaseId("case-r-3"))
    over = {"version": 2, "status": CaseStatus.CLOSED, "exit": Exit.WITHDRAWN}
    desk.close(case.model_copy(update=over))
    with pytest.raises(Conflict, match="look again"):
        approve(desk, seen)
    assert desk.store.request(REQUEST).answer is None
    approve(desk, show_comparators(desk.sources, PARTNER, CASE)["compared"])
    assert desk.store.request(REQUEST).answer is not None


def test_another_callers_comparison_does_not_count(desk: Desk) -> None:
    seen_by_all = show_comparators(desk.sources, ADMIN, CASE)["compared"]
    with pytest.raises(Conflict, match="look again"):
        approve(desk, seen_by_all)


def test_the_same_decision_sent_again_counts_once_even_if_the_comparison_changed(desk: Desk) -> None:
    seen = show_comparators(desk.sources, PARTNER, CASE)["compared"]
    first = approve(desk, seen)
    case = desk.store.case(CaseId("case-r-3"))
    over = {"version": 2, "status": CaseStatus.CLOSED, "exit": Exit.GRADUATED}
    desk.close(case.model_copy(update=over))
    assert approve(desk, seen) == first
    assert desk.tags().count("request:answered") == 1


def test_other_questions_ask_for_no_comparison(desk: Desk) -> None:
    desk.open("r-8", asked(CaseId("case-r-8")), evaluation_id=EvaluationId("e-9"), owner=PersonId("hr-1"))
    request = RequestId("case-r-8.1")
    done = record_decision(desk.sources, PARTNER, CaseId("case-r-8"), request, "approve", REASON)
    assert done["status"] == "answered"


def test_an_empty_comparison_must_be_confirmed_as_well(desk: Desk) -> None:
    alone = Desk()
    alone.open("r-1", asked(CASE, purpose="removal_approval", due_at=NOW + timedelta(days=1)))
    alone.evaluated(DECISION)
    shown = show_comparators(alone.sources, PARTNER, CASE)
    assert (shown["total"], shown["others"], shown["became"]) == (0, 0, [])
    assert approve(alone, shown["compared"])["status"] == "answered"


class TestALargeGroup:
    """Where a policy groups by role alone, thousands may be alike: the page stays readable, and in time."""

    SIZE = MOST_LISTED + 50

    def desk(self, partner: str = "hr-1") -> Desk:
        crowd = [person(f"rx-{n:03}", f"Xia {n}", "m-1", partner) for n in range(self.SIZE)]
        people = Directory(BatchId("people-2"), {one.id: one for one in (*PEOPLE, *crowd)})
        desk = Desk()
        desk.sources = replace(desk.sources, directories=FakeDirectories(people))
        desk.open("r-1", asked(CASE, purpose="removal_approval", adverse=True))
        desk.evaluated(DECISION, *(decided(one.id, str(n)) for n, one in enumerate(crowd)))
        return desk

    def test_the_lowest_are_listed_and_the_rest_are_counted(self) -> None:
        desk = self.desk()
        shown = show_comparators(desk.sources, PARTNER, CASE)
        listed = [one["rep"]["id"] for one in shown["comparators"]]
        assert listed == [f"rx-{n:03}" for n in range(MOST_LISTED)]
        assert (shown["total"], shown["beyond"], shown["others"]) == (self.SIZE, 50, 0)
        assert shown["as_low"] == self.SIZE, "how low somebody stands is known of those not listed, too"
        assert shown["became"] == [
            {"became": "no_case", "stage": None, "count": MOST_LISTED, "says": "without a case"}
        ]
        approve(desk, shown["compared"])
        [event] = [each for each in desk.store.seen if each.tag is EventTag.REQUEST_ANSWERED]
        counts = {"shown": 200, "beyond": 50, "as_low": 250, "others": 0, "no_case": 200}
        assert event.data["compared"] == counts

    def test_outcomes_are_looked_up_only_for_listed_people(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for partner, caller in (("hr-1", PARTNER), ("hr-2", PARTNER), ("hr-2", ADMIN)):
            desk, looked_up = self.desk(partner), Counter[str]()
            real = desk.store.cases_of

            def counted(rep_id: PersonId, real: Any = real, looked_up: Any = looked_up) -> Any:
                looked_up[rep_id] += 1
                return real(rep_id)

            monkeypatch.setattr(desk.store, "cases_of", counted)
            shown = show_comparators(desk.sources, caller, CASE)
            assert shown["total"] + shown["others"] == self.SIZE
            assert looked_up.total() == MOST_LISTED

    def test_one_more_unlisted_person_makes_another_comparison(self) -> None:
        desk = self.desk()
        seen = show_comparators(desk.sources, ADMIN, CASE)
        desk.evaluated(decided("r-2", "900"), evaluation_id="evaluation-2")
        now = show_comparators(desk.sources, ADMIN, CASE)
        assert (now["comparators"], now["beyond"]) == (seen["comparators"], 51)
        assert now["compared"] != seen["compared"]

    def test_a_manager_finds_their_own_people_however_many_others_are_lower(self) -> None:
        desk = self.desk()
        theirs = Sees(lambda one: one.id in ("rx-007", f"rx-{self.SIZE - 1}"))
        case, sources = desk.store.case(CASE), desk.sources
        found = compare(case, POLICY, theirs, sources.store, sources.files, sources.directories)
        assert [each.rep.id for each in found.comparators] == ["rx-007", f"rx-{self.SIZE - 1}"]
        assert (found.beyond, found.others) == (0, self.SIZE - 2)


def test_only_the_latest_evaluations_of_a_period_are_searched(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = MOST_EVALUATIONS + 9
    for n in range(number):
        later = NOW + timedelta(minutes=n + 1)
        desk.evaluated(decided("r-5", str(n)), evaluation_id=f"again-{n:02}", completed_at=later)
    desk.evaluated(decided("r-3", "1"), evaluation_id="in-august", period="2026-08")
    read: list[str] = []
    real = desk.files.read

    def spied(key: str) -> bytes:
        read.append(key)
        return real(key)

    monkeypatch.setattr(desk.files, "read", spied)
    show_comparators(desk.sources, ADMIN, CASE)
    looked_through = {key.split("/")[1] for key in read}
    assert len(looked_through) == MOST_EVALUATIONS
    assert {"evaluation-1", "in-august", f"again-{number - 1}"} <= looked_through
    assert "again-00" not in looked_through


def test_nothing_before_the_span_is_even_listed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for year in range(2020, 2025):
        desk.evaluated(decided("r-3"), evaluation_id=f"in-{year}", period=f"{year}-12")
    listed: list[str] = []
    real = desk.store.evaluations

    def spied(policy_name: str) -> Iterator[EvaluationRecord]:
        for record in real(policy_name):
            listed.append(record.plan.period)
            yield record

    monkeypatch.setattr(desk.store, "evaluations", spied)
    show_comparators(desk.sources, ADMIN, CASE)
    assert listed == ["2026-09", "2024-12"]


def test_a_past_directory_is_read_once_for_people_whom_only_it_knows(desk: Desk) -> None:
    gone = {key: one for key, one in PEOPLE_THEN.people.items() if key != "r-4"}
    now = Directory(BatchId("people-3"), gone)
    directories = SpiedDirectories(PEOPLE_THEN, DIRECTORY, now)
    desk.sources = replace(desk.sources, directories=directories)
    for month in (6, 7, 8):
        period = f"2026-{month:02}"
        desk.evaluated(decided("r-4"), evaluation_id=period, directory="people-2", period=period)
    assert "r-4" in [rep for rep, *_ in rows(desk, PARTNER)]
    assert directories.read.count("people-2") == 1
