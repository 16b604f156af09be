"""Silence counts only for a mail that left: a question whose mail did not leave is asked again."""

import pytest

from functions.evaluate.cases.escalation import step
from functions.evaluate.cases.triggers import DeadlinePassed, MailNotSent
from shared.domain.effect import NoticeKind, sent_command
from shared.domain.errors import IllegalTransition
from shared.domain.event import EventTag
from shared.domain.identifiers import BatchId, RequestId
from shared.domain.person import HR_QUEUE, Directory
from shared.domain.request import RequestStatus
from tests.unit.evaluate.case_life import Life, decision, directory, figures, in_final_review, person, running
from tests.unit.evaluate.office import Office


def tags(life: Life, since: int) -> list[EventTag]:
    return [event.tag for event in life.events[since:]]


def test_a_question_whose_mail_did_not_leave_is_asked_again_and_hr_is_told() -> None:
    life = Life().open()
    life.mails_leave = False
    first, before = life.asked, len(life.events)
    life.pass_deadline()

    assert life.requests[first.id].status is RequestStatus.WITHDRAWN
    assert (life.asked.assignee, life.asked.seat, life.asked.step) == ("manager", "manager", 0)
    assert life.asked.due_at > first.due_at
    assert tags(life, before) == [EventTag.REQUEST_WITHDRAWN, EventTag.REQUEST_SENT]
    assert life.events[before].data["because"] == "mail_not_sent"
    (told,) = [each for each in life.notices if each.notice is NoticeKind.UNREACHABLE]
    assert told.to == "partner"
    assert (told.parameters["because"], told.parameters["person"]) == ("mail_not_sent", "manager")
    assert life.told(NoticeKind.QUESTION) == ["manager", "manager"]


def test_once_mails_leave_again_silence_counts_again() -> None:
    life = Life().open()
    life.mails_leave = False
    life.pass_deadline().pass_deadline()
    assert EventTag.REQUEST_EXPIRED not in life
    life.mails_leave = True
    life.pass_deadline()
    assert EventTag.REQUEST_EXPIRED in life
    assert life.told(NoticeKind.REMINDER) == ["manager"]


def test_hrs_queue_that_no_mail_reaches_is_asked_again() -> None:
    life = Life(directory(person("rep"))).open()
    assert life.asked.assignee == HR_QUEUE
    life.mails_leave = False
    asked = life.asked
    life.pass_deadline()
    assert life.asked.assignee == HR_QUEUE
    assert life.requests[asked.id].status is RequestStatus.WITHDRAWN


def test_a_check_in_that_nobody_was_mailed_about_is_missed_because_of_that() -> None:
    life = running()
    life.wait_days(7)
    life.mails_leave = False
    life.wait(life.standing("check_in").due_at)
    missed = next(event for event in life.events if event.tag is EventTag.CHECK_IN_MISSED)
    assert missed.data["because"] == "mail_not_sent"
    assert life.case.check_ins_missed == 1


def test_a_rep_whom_no_mail_told_is_told_again() -> None:
    life = in_final_review()
    life.mails_leave = False
    until = life.standing("rep").due_at
    while life.now < until:
        life.mails_leave = life.case.due_at < until
        life.wait(life.case.due_at)
    assert life.standing("rep").due_at > until
    assert life.told(NoticeKind.UNREACHABLE)


def test_no_deadline_counts_as_silence_while_the_mail_has_not_left_and_the_other_way_round() -> None:
    life = Life().open()
    life.now = life.asked.due_at
    with pytest.raises(IllegalTransition):
        step(life.case, MailNotSent(life.asked.id), life.context())
    life.mails_leave = False
    with pytest.raises(IllegalTransition):
        step(life.case, DeadlinePassed(life.asked.id), life.context())


class TestWhatTheStoreKnows:
    def office(self, *, mails_leave: bool) -> Office:
        office = Office()
        office.mails_leave = mails_leave
        office.evaluated("evaluation-1", [decision("2026-09", figures("2026-09", "0.5000"))])
        return office

    def test_a_request_whose_mail_left_expires(self) -> None:
        office = self.office(mails_leave=True)
        office.clock.advance(days=5)
        office.advance()
        assert EventTag.REQUEST_EXPIRED in office.store

    def test_a_request_whose_mail_waits_in_the_outbox_does_not(self) -> None:
        office = self.office(mails_leave=False)
        first = office.asked
        office.clock.advance(days=5)
        office.advance()
        assert EventTag.REQUEST_EXPIRED not in office.store
        assert office.store.request(first.id).status is RequestStatus.WITHDRAWN
        assert office.mailed(NoticeKind.UNREACHABLE) == 1

    def test_a_reminder_is_looked_up_under_its_own_notice(self) -> None:
        office = self.office(mails_leave=True)
        office.clock.advance(days=5)
        office.advance()
        assert office.mailed(NoticeKind.REMINDER) == 1
        office.clock.advance(days=5)
        office.advance()
        assert [event.tag for event in office.store.seen].count(EventTag.REQUEST_EXPIRED) == 2

    def test_mails_are_looked_up_only_for_what_is_overdue(self, monkeypatch: pytest.MonkeyPatch) -> None:
        office = self.office(mails_leave=True)
        looked: list[str] = []
        monkeypatch.setattr(office.store, "outcome", lambda command: looked.append(command))
        office.work.advancing(office.case)
        assert looked == []
        office.clock.advance(days=5)
        office.work.advancing(office.case)
        asking = [effect.id for effect in office.store.effects if getattr(effect, "request_id", None)]
        assert sent_command(asking[0]) in looked
        assert len(looked) == 2


def test_a_rep_missing_from_the_directory_leaves_no_seat_called_empty() -> None:
    life = Life().open()
    people = {one: who for one, who in life.people.people.items() if one != "rep"}
    life.people = Directory(BatchId("e" * 16), people)
    life.pass_deadline()
    assert life.asked.assignee == HR_QUEUE
    (told,) = [each for each in life.notices if each.notice is NoticeKind.UNREACHABLE]
    assert told.parameters["because"] == "rep_not_in_directory"
    assert told.parameters["seat"] == "manager, skip_level, hr_partner"
    (asking,) = [each for each in life.notices if each.notice is NoticeKind.HR_ESCALATION]
    assert asking.parameters["because"] == "rep_not_in_directory"
    assert asking.request_id == RequestId(life.asked.id)
