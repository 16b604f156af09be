"""An answer that may cost a job takes a code, which is used up together with the answer."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier, Lock, get_ident

import pytest

from functions.notify.record_response import record_response
from functions.notify.screens import AlreadyAnswered, Asking, Recorded, Screen
from shared.domain.change import Change
from shared.domain.effect import Notice, NoticeKind
from shared.domain.errors import Conflict
from shared.domain.event import Authentication, EventTag
from tests.fakes.builders import a_request
from tests.unit.notify.office import Office
from tests.unit.notify.test_record_response import REASON, a_form, answered, opened


def at_once(office: Office, many: int) -> None:
    """Let the first commit of each of so many threads wait until all of them have decided."""
    commit, lock, arrived = office.store.commit, Lock(), Barrier(many)
    waited: set[int] = set()

    def commit_together(change: Change) -> str:
        if get_ident() not in waited:
            waited.add(get_ident())
            arrived.wait(timeout=30)
        with lock:
            return commit(change)

    office.store.commit = commit_together  # type: ignore[method-assign] # the fake has no such hook


class TestAdverse:
    """An answer that may cost a job takes a code, which is mailed to the person who was asked."""

    def office(self) -> Office:
        return Office(
            a_request(adverse=True, purpose="removal_approval", choices=("approve", "send_back")),
        )

    def test_the_link_alone_is_not_enough(self) -> None:
        office = self.office()
        screen = answered(office, office.link(), choice="approve")
        assert isinstance(screen, Asking)
        assert [problem.field for problem in screen.problems] == ["code"]

    def test_with_the_code_it_is_recorded_as_such(self) -> None:
        office = self.office()
        code = office.links.issue_code(office.request.id, office.request.due_at)
        screen = answered(office, office.link(), choice="approve", code=code)
        assert isinstance(screen, Recorded)
        (event,) = office.events(EventTag.REQUEST_ANSWERED)
        assert event.actor.authenticated_by is Authentication.LINK_AND_CODE

    def test_a_code_is_mailed_to_the_asked_person_when_asked_for(self) -> None:
        office = self.office()
        screen = answered(office, office.link(), wants_code=True, choice="approve")
        assert isinstance(screen, Asking)
        assert screen.note is not None
        assert screen.filled.reason == REASON
        (notice,) = office.store.effects
        assert isinstance(notice, Notice)
        assert (notice.notice, notice.to) == (NoticeKind.ONE_TIME_CODE, "M000001")

    def test_codes_are_mailed_at_most_once_a_minute_and_five_times_an_hour(self) -> None:
        office = self.office()
        token = office.link()
        for _ in range(20):
            answered(office, token, wants_code=True)
            answered(office, token, wants_code=True)
            office.clock.advance(minutes=2)
        assert len(office.store.effects) == 5
        office.clock.advance(hours=1)
        answered(office, token, wants_code=True)
        assert len(office.store.effects) == 6

    def test_no_hour_begins_on_the_stroke_of_the_clock(self) -> None:
        office = self.office()
        token = office.link()
        office.clock.advance(minutes=58)
        answered(office, token, wants_code=True)
        office.clock.advance(minutes=1, seconds=50)  # ten seconds before the hour
        answered(office, token, wants_code=True)
        office.clock.advance(seconds=20)
        answered(office, token, wants_code=True)
        assert len(office.store.effects) == 2, "not a minute has passed"
        for _ in range(20):
            office.clock.advance(minutes=1, seconds=1)
            answered(office, token, wants_code=True)
        assert len(office.store.effects) == 5
        office.clock.advance(minutes=38)
        answered(office, token, wants_code=True)
        assert len(office.store.effects) == 6, "the first one is an hour ago by now"

    def test_a_wrong_code_is_refused_and_the_first_five_are_recorded(self) -> None:
        office = self.office()
        office.links.issue_code(office.request.id, office.request.due_at)
        token = office.link()
        for _ in range(20):
            office.clock.advance(seconds=10)
            screen = answered(office, token, choice="approve", code="999999")
            assert isinstance(screen, Asking)
        refused = office.events(EventTag.ANSWER_REFUSED)
        assert [event.data["reason"] for event in refused] == ["wrong_code"] * 5
        assert office.counted == {"wrong_code": 15}

    def test_of_twenty_answers_at_once_with_the_right_code_one_is_taken(self) -> None:
        office = self.office()
        code = office.links.issue_code(office.request.id, office.request.due_at)
        token = office.link()
        form = a_form(opened(office, token), choice="approve", code=code)
        at_once(office, 20)

        def send(number: int) -> Screen:
            return record_response(token, replace(form, reason=f"{REASON} {number}"), office.responding)

        with ThreadPoolExecutor(20) as pool:
            screens = list(pool.map(send, range(20)))

        assert Counter(map(type, screens)) == {Recorded: 1, AlreadyAnswered: 19}
        assert len(office.events(EventTag.REQUEST_ANSWERED)) == 1
        assert len(office.events(EventTag.ANSWER_REFUSED)) == 5
        assert office.store.codes == {}

    def test_a_code_is_not_used_up_while_something_else_is_wrong(self) -> None:
        office = self.office()
        code = office.links.issue_code(office.request.id, office.request.due_at)
        token = office.link()
        answered(office, token, choice="approve", code=code, reason="short")
        assert isinstance(answered(office, token, choice="approve", code=code), Recorded)

    def test_a_code_counts_although_the_case_moved_while_it_was_looked_at(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        office = self.office()
        code = office.links.issue_code(office.request.id, office.request.due_at)
        token = office.link()
        form = a_form(opened(office, token), choice="approve", code=code)
        commit, conflicts = office.store.commit, iter([True])

        def interrupted(change: object) -> str:
            if next(conflicts, False):
                raise Conflict("the chain moved")
            return commit(change)  # type: ignore[arg-type]

        monkeypatch.setattr(office.store, "commit", interrupted)
        assert isinstance(record_response(token, form, office.responding), Recorded)
