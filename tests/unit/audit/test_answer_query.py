"""What HR is shown of cases, and what nobody else is."""

from datetime import timedelta

import pytest

from functions.audit.api.answer_query import list_cases, show_case, show_events
from functions.audit.caller import Caller, Group
from shared.domain.case import CaseStatus, Exit
from shared.domain.errors import Forbidden, InvalidInput, NotFound
from shared.domain.event import EventTag
from shared.domain.identifiers import CaseId, PersonId
from shared.domain.person import HR_QUEUE
from tests.unit.audit.hr_desk import (
    ADMIN,
    AUDITOR,
    COMPENSATION,
    NOW,
    OTHER_PARTNER,
    PARTNER,
    STRANGER,
    Desk,
    asked,
)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def ids(answer: dict[str, object]) -> list[str]:
    cases = answer["cases"]
    assert isinstance(cases, list)
    return [case["id"] for case in cases]


class TestTheList:
    def test_a_partner_sees_the_cases_of_their_own_people(self, desk: Desk) -> None:
        desk.open("r-1")
        desk.open("r-2")
        assert ids(list_cases(desk.sources, PARTNER, {})) == ["case-r-1"]
        assert ids(list_cases(desk.sources, OTHER_PARTNER, {})) == ["case-r-2"]

    def test_an_administrator_sees_every_case_and_who_is_late_first(self, desk: Desk) -> None:
        desk.open("r-1", due_at=NOW + timedelta(days=2))
        desk.open("r-2", due_at=NOW - timedelta(hours=1))
        answer = list_cases(desk.sources, ADMIN, {})
        assert ids(answer) == ["case-r-2", "case-r-1"]
        assert [case["overdue"] for case in answer["cases"]] == [True, False]
        assert (answer["total"], answer["overdue"], answer["next"]) == (2, 1, None)

    def test_every_partner_sees_a_case_in_the_hr_queue(self, desk: Desk) -> None:
        desk.open("r-2", owner=HR_QUEUE)
        assert ids(list_cases(desk.sources, PARTNER, {})) == ["case-r-2"]

    def test_a_delegate_sees_a_case_that_they_must_act_on(self, desk: Desk) -> None:
        desk.open("r-1", owner=PersonId("hr-2"))
        assert ids(list_cases(desk.sources, OTHER_PARTNER, {})) == ["case-r-1"]

    def test_nobody_finds_their_own_case_whatever_their_groups(self, desk: Desk) -> None:
        desk.open("r-1")
        rep = Caller("a-7", PersonId("r-1"), frozenset({Group.HR_ADMIN, Group.HR_PARTNER}))
        assert ids(list_cases(desk.sources, rep, {})) == []

    @pytest.mark.parametrize("caller", [COMPENSATION, AUDITOR, STRANGER])
    def test_it_is_for_hr_alone(self, desk: Desk, caller: Caller) -> None:
        with pytest.raises(Forbidden):
            list_cases(desk.sources, caller, {})

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("stage", "coaching"),
            ("manager", "m-1"),
            ("hr_partner", "hr-1"),
            ("region", "East"),
            ("role", "AE"),
            ("waiting_for", "hr"),
            ("overdue", "false"),
            ("owner", "hr-1"),
        ],
    )
    def test_every_filter_keeps_what_matches_and_drops_what_does_not(
        self, desk: Desk, name: str, value: str
    ) -> None:
        desk.open("r-1")
        assert ids(list_cases(desk.sources, ADMIN, {name: value})) == ["case-r-1"]
        other = {"waiting_for": "answer", "overdue": "true"}.get(name, "another")
        assert ids(list_cases(desk.sources, ADMIN, {name: other})) == []

    def test_closed_cases_are_listed_by_themselves_with_how_they_ended(self, desk: Desk) -> None:
        desk.open("r-1", status=CaseStatus.CLOSED, exit=Exit.GRADUATED)
        desk.open("r-2")
        answer = list_cases(desk.sources, ADMIN, {"status": "closed"})
        assert [(case["id"], case["exit"], case["due_at"]) for case in answer["cases"]] == [
            ("case-r-1", "graduated", None)
        ]

    @pytest.mark.parametrize(
        "query",
        [{"colour": "red"}, {"status": "lost"}, {"limit": "0"}, {"limit": "x"}, {"limit": "201"},
         {"overdue": "yes"}, {"waiting_for": "rain"}, {"cursor": "none of ours"}, {"cursor": "AAAA"}],
    )  # fmt: skip
    def test_an_invalid_query_is_refused(self, desk: Desk, query: dict[str, str]) -> None:
        with pytest.raises(InvalidInput):
            list_cases(desk.sources, ADMIN, query)

    def test_no_page_repeats_or_skips_a_case_when_others_close_meanwhile(self, desk: Desk) -> None:
        for number in range(5):
            desk.open(f"r-{number}", due_at=NOW + timedelta(hours=number // 2))
        first = list_cases(desk.sources, ADMIN, {"limit": "2"})
        assert ids(first) == ["case-r-0", "case-r-1"]
        gone = desk.store.case(CaseId("case-r-1"))
        closed = gone.model_copy(update={"version": 2, "status": CaseStatus.CLOSED})
        desk.close(closed)
        second = list_cases(desk.sources, ADMIN, {"limit": "2", "cursor": first["next"]})
        third = list_cases(desk.sources, ADMIN, {"limit": "2", "cursor": second["next"]})
        assert (ids(second), ids(third), third["next"]) == (["case-r-2", "case-r-3"], ["case-r-4"], None)

    def test_a_cursor_is_refused_with_other_filters(self, desk: Desk) -> None:
        desk.open("r-1")
        desk.open("r-2")
        cursor = list_cases(desk.sources, ADMIN, {"limit": "1"})["next"]
        with pytest.raises(InvalidInput, match="other filters"):
            list_cases(desk.sources, ADMIN, {"limit": "1", "cursor": cursor, "role": "AE"})


class TestOneCase:
    def test_it_shows_the_arithmetic_of_every_period(self, desk: Desk) -> None:
        desk.open("r-1")
        case = show_case(desk.sources, PARTNER, CaseId("case-r-1"))
        assert [period["says"] for period in case["periods"]] == [
            "credited 512.50 ÷ 1,000 = 51.25 %",
            "protected leave, does not count",
            "quota 1,000 × 24 of 30 days worked = 800; credited 480 ÷ 800 = 60 %",
        ]
        assert [finding["says"] for finding in case["findings"]] == [
            "2 of the last 3 months were below 70 % (July 2026 51.25 % and September 2026 60 %); "
            "the policy acts on 2 or more (Policy 3.1)."
        ]
        assert (case["bar"], case["bar_says"]) == ("0.70", "70 %")
        assert case["goal"] == "The case ends well when 2 of the next 3 months reach 85 % of target."
        assert [period["attained"] for period in case["periods"]] == ["51.25 %", None, "60 %"]

    def test_while_hr_is_asked_to_withdraw_it_shows_the_arithmetic_before_and_after(self, desk: Desk) -> None:
        case = desk.open("r-1")
        after = dict(case.decision) | {"outcome": "clear", "findings": []}
        desk.open("r-2", marked="restated", restated=after)
        shown = show_case(desk.sources, ADMIN, CaseId("case-r-2"))["restated"]
        assert (shown["outcome"], shown["findings"]) == ("clear", [])
        assert shown["periods"][0]["says"] == "credited 512.50 ÷ 1,000 = 51.25 %"
        assert show_case(desk.sources, PARTNER, CaseId("case-r-1"))["restated"] is None

    def test_it_says_who_has_it_and_by_when(self, desk: Desk) -> None:
        desk.open("r-1")
        case = show_case(desk.sources, PARTNER, CaseId("case-r-1"))
        assert case["owner"] == {"id": "hr-1", "name": "Hal Partner"}
        assert case["due_at"] == "2026-10-07T14:00:00.000Z"
        assert case["manager"] == {"id": "m-1", "name": "Mia Manager"}

    def test_an_open_question_is_marked_for_the_one_who_may_answer_it(self, desk: Desk) -> None:
        case_id = CaseId("case-r-1")
        desk.open("r-1", asked(case_id), asked(case_id, 2, seat="manager", assignee=PersonId("m-1")))
        seen = show_case(desk.sources, PARTNER, case_id)
        assert [request["yours"] for request in seen["requests"]] == [True, False]

    def test_the_proposer_may_not_approve_their_own_proposal(self, desk: Desk) -> None:
        case_id = CaseId("case-r-1")
        desk.open("r-1", asked(case_id), proposed_by=PersonId("hr-1"))
        assert not show_case(desk.sources, PARTNER, case_id)["requests"][0]["yours"]
        assert show_case(desk.sources, ADMIN, case_id)["requests"][0]["yours"]

    def test_anothers_case_looks_like_one_that_does_not_exist(self, desk: Desk) -> None:
        desk.open("r-2")
        with pytest.raises(NotFound):
            show_case(desk.sources, PARTNER, CaseId("case-r-2"))
        with pytest.raises(NotFound):
            show_case(desk.sources, PARTNER, CaseId("case-r-none"))
        assert EventTag.RECORD_READ not in desk.store

    def test_opening_the_record_is_recorded_once_an_hour_for_each_person(self, desk: Desk) -> None:
        desk.open("r-1")
        for _ in range(3):
            show_case(desk.sources, PARTNER, CaseId("case-r-1"))
            show_events(desk.sources, PARTNER, CaseId("case-r-1"))
        assert desk.tags().count("record:read") == 1
        show_case(desk.sources, ADMIN, CaseId("case-r-1"))
        desk.clock.advance(hours=1)
        show_case(desk.sources, PARTNER, CaseId("case-r-1"))
        assert desk.tags().count("record:read") == 3


class TestTheHistory:
    def test_hr_reads_what_was_sealed_and_who_did_it(self, desk: Desk) -> None:
        desk.open("r-1")
        opened, read = show_events(desk.sources, PARTNER, CaseId("case-r-1"))["events"]
        assert opened["private"]["decision"]["rep_id"] == "r-1"
        assert opened["says"] == "The case was opened for 2026-09 under these rules: two-of-three."
        assert (opened["by"], read["by"]) == ("Plumbline", "Hal Partner (signed in)")
        assert (opened["background"], read["background"]) == (False, True)

    def test_an_auditor_sees_the_seals_and_no_name(self, desk: Desk) -> None:
        desk.open("r-1")
        opened, _ = show_events(desk.sources, AUDITOR, CaseId("case-r-1"))["events"]
        assert (opened["private"], opened["sealed"]) == (None, True)
        assert len(opened["commitment"]) == 64
        assert "Hal" not in opened["says"]

    @pytest.mark.parametrize("caller", [COMPENSATION, STRANGER])
    def test_nobody_else_reads_it(self, desk: Desk, caller: Caller) -> None:
        desk.open("r-1")
        with pytest.raises(Forbidden):
            show_events(desk.sources, caller, CaseId("case-r-1"))


@pytest.mark.parametrize(
    ("claim", "groups"),
    [
        ("[hr_partner]", {Group.HR_PARTNER}),
        ("[hr_partner auditor]", {Group.HR_PARTNER, Group.AUDITOR}),
        ("[[hr_admin] auditor]", {Group.AUDITOR}),
        (["auditor"], {Group.AUDITOR}),
        ("[admins hr_partners]", set()),
        ("[contractors,hr_admin]", set()),
        ("[hr_partner, auditor]", {Group.AUDITOR}),
        ("[[hr_admin]]", set()),
        ("[hr_admin]]", set()),
        ("hr_admin", set()),
        ("[hr_admin", set()),
        (["hr_admin]", "[hr_admin]", ["auditor"]], set()),
        ("[]", set()),
        ("", set()),
        (None, set()),
    ],
)
def test_groups_are_read_as_authorizers_write_them(claim: object, groups: set[Group]) -> None:
    claims = {"sub": "a-1", "token_use": "id", "custom:person_id": "hr-1", "cognito:groups": claim}
    assert Caller.from_claims(claims).groups == groups


def test_a_token_without_an_account_is_refused() -> None:
    with pytest.raises(Forbidden):
        Caller.from_claims({"token_use": "id", "custom:person_id": "hr-1", "cognito:groups": "[hr_admin]"})
