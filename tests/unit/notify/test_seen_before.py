"""What HR, and whoever proposes a removal, has to have seen before they decide."""

from datetime import timedelta
from typing import Any

import pytest

from functions.notify import response_page
from functions.notify.comparator_facts import others_facts
from functions.notify.record_response import record_response
from functions.notify.screens import Asking, Recorded
from shared.domain.comparators import Comparator, Comparison
from shared.domain.event import EventTag
from shared.domain.identifiers import PersonId, RequestId
from shared.domain.request import Answer, RequestStatus
from tests.fakes.builders import NOON, a_request
from tests.unit.notify.office import DECISION, DIRECTORY, Office, about
from tests.unit.notify.test_record_response import a_form, answered, opened


def said(choice: str, reason: str, by: str, minutes: int = 0) -> Answer:
    return Answer(
        choice=choice,
        reason=reason,
        answered_by=PersonId(by),
        authenticated_by="link",
        answered_at=NOON + timedelta(minutes=minutes),
    )


class TestWhatWasSaid:
    """HR reads what was said so far; nobody else does, since a reason may speak of leave."""

    def office(self, seat: str = "hr_partner", assignee: str = "H001", purpose: str = "dispute") -> Office:
        by_the_rep = a_request(
            id=RequestId("case-0123456789.2"),
            purpose="rep",
            seat="rep",
            assignee="R000004",
            status=RequestStatus.ANSWERED,
            answer=said("rebut", "I was <b>away</b> in August.", "R000004"),
        )
        by_the_manager = a_request(
            id=RequestId("case-0123456789.3"),
            status=RequestStatus.ANSWERED,
            answer=said("dispute_figures", "Two deals are booked twice.", "M000001", minutes=-5),
        )
        return Office(a_request(seat=seat, assignee=assignee, purpose=purpose), by_the_rep, by_the_manager)

    def test_hr_reads_who_said_what_the_oldest_first(self) -> None:
        office = self.office()
        shown = opened(office, office.link()).answers.said
        assert [(each.by, each.answer, each.reason) for each in shown] == [
            ("Mara Quist", "The figures are wrong", "Two deals are booked twice."),
            ("Ines O'Duff <script>", "I see it differently", "I was <b>away</b> in August."),
        ]
        page = response_page.page(opened(office, office.link())).html
        assert "I was &lt;b&gt;away&lt;/b&gt; in August." in page

    @pytest.mark.parametrize(
        ("seat", "assignee", "purpose"),
        [
            ("manager", "M000001", "stage_plan"),
            ("skip_level", "D000001", "stage_plan"),
            ("manager", "M000001", "removal_proposal"),
            ("rep", "R000004", "rep"),
        ],
    )
    def test_nobody_else_does(self, seat: str, assignee: str, purpose: str) -> None:
        office = self.office(seat, assignee, purpose)
        assert opened(office, office.link()).answers.said == ()

    def test_what_was_said_since_the_page_was_opened_has_to_be_read_first(self) -> None:
        office = self.office()
        token = office.link()
        form = a_form(opened(office, token))
        more = a_request(
            id=RequestId("case-0123456789.4"),
            status=RequestStatus.ANSWERED,
            answer=said("coach", "We have met every week since.", "M000001"),
        )
        office.change(requests=(more,))
        screen = record_response(token, form, office.responding)
        assert isinstance(screen, Asking)
        assert [problem.field for problem in screen.problems] == ["form"]


class TestOthers:
    """Whoever proposes or approves a removal sees who else is in a comparable position, and says so."""

    def office(self, **changes: Any) -> Office:
        fields = {"adverse": True, "purpose": "removal_approval", "choices": ("approve", "send_back")}
        office = Office(a_request(**{**fields, **changes}))
        office.found(DECISION, about("R000005", "1"), about("R000006", "110000"))
        return office

    def shown(self, **changes: Any) -> tuple[str, list[str], str | None]:
        office = self.office(**changes)
        others = opened(office, office.link()).others
        assert others is not None
        return others.summary, [line.name for line in others.lines], others.beyond

    def test_a_manager_sees_their_own_people_counts_first(self) -> None:
        summary, names, beyond = self.shown(purpose="removal_proposal")
        assert summary == (
            "The same rules found 1 other person of the same region and role within a year; "
            "1 of them attained no more than the 69.84\N{NO-BREAK SPACE}% of this case."
        )
        assert (names, beyond) == (["Ola Kvist"], "There is 1 more whom you may not see.")

    def test_a_skip_level_sees_the_people_of_their_managers_and_hr_those_they_look_after(self) -> None:
        assert self.shown(seat="skip_level", assignee="D000001")[1] == ["Ola Kvist"]
        assert self.shown(seat="hr_partner", assignee="H001")[1] == ["Ola Kvist"]
        assert self.shown(seat="hr_partner", assignee="D000001", on_behalf_of="H002")[1] == ["Pia Ström"]

    def test_of_very_many_the_lowest_are_listed_and_the_page_says_how_many_are_not(self) -> None:
        one = Comparator(
            DIRECTORY.people[PersonId("R000005")], None, "2026-09", "0.1000", True, "no_case", None
        )
        facts = others_facts(Comparison(("role",), "0.5000", (one,), others=0, beyond=7, beyond_as_low=3))
        assert facts.summary.startswith("The same rules found 8 other people of the same role")
        assert "4 of them attained no more than the 50\N{NO-BREAK SPACE}% of this case" in facts.summary
        assert facts.more is not None
        assert facts.more.startswith("The list shows the 1 who attained least")
        assert facts.more.endswith("the other 7 attained at least as much as they did.")

    def test_where_nobody_else_was_found_the_page_says_so(self) -> None:
        office = Office(a_request(adverse=True, purpose="removal_approval", choices=("approve", "send_back")))
        others = opened(office, office.link()).others
        assert others is not None
        assert others.summary.startswith("The same rules found nobody else of the same region and role")
        assert (others.counts, others.lines) == ((), ())

    def test_an_answer_without_having_looked_is_not_taken_and_uses_no_code_up(self) -> None:
        office = self.office()
        code = office.links.issue_code(office.request.id, office.request.due_at)
        screen = answered(office, office.link(), choice="approve", code=code, seen=False)
        assert isinstance(screen, Asking)
        assert [problem.field for problem in screen.problems] == ["seen"]
        assert isinstance(answered(office, office.link(), choice="approve", code=code), Recorded)

    def test_what_was_seen_stands_in_the_event_as_counts_and_a_digest(self) -> None:
        office = self.office()
        code = office.links.issue_code(office.request.id, office.request.due_at)
        answered(office, office.link(), choice="approve", code=code)
        (event,) = office.events(EventTag.REQUEST_ANSWERED)
        counts = {"shown": 1, "as_low": 1, "others": 1, "no_case": 1}
        assert event.data["compared"] == counts
        assert len(event.relied_on["compared"]) == 64
        assert "R000005" not in str(event.data)

    def test_what_changed_since_the_page_was_opened_has_to_be_seen_again(self) -> None:
        office = self.office()
        token = office.link()
        code = office.links.issue_code(office.request.id, office.request.due_at)
        form = a_form(opened(office, token), choice="approve", code=code)
        office.found(DECISION, about("R000005", "119000"))
        screen = record_response(token, form, office.responding)
        assert isinstance(screen, Asking)
        assert [problem.field for problem in screen.problems] == ["form"]

    def test_other_questions_show_nobody_else(self) -> None:
        office = Office()
        office.found(DECISION, about("R000005", "1"))
        screen = opened(office, office.link())
        assert screen.others is None
        assert isinstance(answered(office, office.link()), Recorded)
        (event,) = office.events(EventTag.REQUEST_ANSWERED)
        assert "compared" not in event.data
