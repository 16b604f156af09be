"""Effects are carried out: each mail once as far as can be known, each failure recorded and never lost."""

import dataclasses

import pytest
from jinja2 import UndefinedError

from functions.notify import compose
from functions.notify.deliver import CLAIMED_FOR, deliver, deliver_pending
from shared.domain import paths
from shared.domain.effect import Notice, NoticeKind, StartWorkflow, WakeWorkflow
from shared.domain.errors import Conflict, Throttled
from shared.domain.event import EventTag
from shared.domain.identifiers import CaseId, PersonId, case_subject
from shared.domain.person import HR_QUEUE
from shared.domain.request import RequestStatus
from tests.fakes.builders import CASE, a_batch, a_request
from tests.fakes.world import numbered_token
from tests.unit.notify.office import Office, a_notice


def about_the_export(kind: NoticeKind, **changes: str) -> Notice:
    return a_notice(kind, to=None, case_id=None, request_id=None, parameters={"batch": "a" * 16}, **changes)


def test_a_question_goes_to_the_manager_with_a_link_and_is_recorded() -> None:
    office = Office()
    office.queue(a_notice())

    assert deliver("notice-1", office.delivering) == "sent"

    (mail,) = office.mailer.sent
    assert mail.to == ("mara@example.com",)
    assert mail.notice_id == "notice-1"
    assert f"https://cases.example.com/r/{numbered_token(1)}" in mail.text
    assert f"https://cases.example.com/r/{numbered_token(1)}" in mail.html
    (event,) = office.events(EventTag.NOTICE_SENT)
    assert event.subject == f"case/{CASE}"
    assert event.data["kind"] == "question"
    assert event.data["message"] == "message-1"
    assert office.store.row("notice-1") is None


def test_the_token_of_a_link_stands_in_the_mail_alone() -> None:
    office = Office()
    office.queue(a_notice())
    deliver("notice-1", office.delivering)
    assert not any(numbered_token(1).encode() in event for event in office.store.events(case_subject(CASE)))


def test_a_mail_that_was_recorded_as_sent_is_not_sent_again() -> None:
    office = Office()
    office.queue(a_notice())
    row = office.store.row("notice-1")
    deliver("notice-1", office.delivering)
    assert row is not None
    # As if the process had died before the row was taken off the outbox.
    office.store._state.outbox["notice-1"] = row
    office.clock.advance(seconds=CLAIMED_FOR.total_seconds())

    assert deliver("notice-1", office.delivering) == "sent"
    assert len(office.mailer) == 1
    assert len(office.events(EventTag.NOTICE_SENT)) == 1


def test_an_effect_that_is_done_already_is_left_alone() -> None:
    assert deliver("notice-1", Office().delivering) == "gone"


def test_a_carrier_that_says_slow_down_leaves_the_row_to_be_tried_again() -> None:
    office = Office()
    office.queue(a_notice())
    office.mailer.down = True

    with pytest.raises(Throttled):
        deliver("notice-1", office.delivering)

    row = office.store.row("notice-1")
    assert row is not None
    assert row.attempts == 1
    office.mailer.down = False
    assert deliver("notice-1", office.delivering) == "sent"


def test_an_address_that_the_carrier_refuses_ends_the_question_and_wakes_the_case() -> None:
    office = Office()
    office.queue(a_notice())
    office.mailer.refuses = {"mara@example.com"}

    assert deliver("notice-1", office.delivering) == "failed"

    (event,) = office.events(EventTag.NOTICE_FAILED)
    assert event.data["reason"] == "bad_address"
    assert office.store.request(office.request.id).status is RequestStatus.BOUNCED
    assert isinstance(office.store.effects[-1], WakeWorkflow)
    assert office.store.row("notice-1") is None


@pytest.mark.parametrize("error", [UndefinedError("no such fact"), KeyError("label"), ValueError("bad date")])
def test_a_mail_that_cannot_be_composed_ends_the_question_at_once(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = Office()
    office.queue(a_notice())

    def fail(*arguments: object) -> None:
        raise error

    monkeypatch.setattr(compose, "render", fail)
    assert deliver("notice-1", office.delivering) == "failed"

    assert office.events(EventTag.NOTICE_FAILED)[0].data["reason"] == "not_composed"
    assert office.store.request(office.request.id).status is RequestStatus.BOUNCED
    assert isinstance(office.store.effects[-1], WakeWorkflow)
    assert office.reported == [("notice-1", type(error).__name__)]


def test_a_service_that_fails_while_a_mail_is_composed_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    office = Office()
    office.queue(a_notice())

    def fail(*arguments: object) -> None:
        raise Throttled("slow down")

    monkeypatch.setattr(office.policies, "used", fail)
    with pytest.raises(Throttled):
        deliver("notice-1", office.delivering)
    assert office.store.request(office.request.id).status is RequestStatus.OPEN


@pytest.mark.parametrize(("to", "reason"), [("X0001", "not_in_directory"), ("L000001", "left_company")])
def test_somebody_out_of_reach_is_no_dead_end(to: str, reason: str) -> None:
    office = Office(a_request(assignee=to))
    office.queue(a_notice(to=to))

    assert deliver("notice-1", office.delivering) == "failed"
    assert office.events(EventTag.NOTICE_FAILED)[0].data["reason"] == reason
    assert office.store.request(office.request.id).status is RequestStatus.BOUNCED


def test_the_queue_at_the_end_of_the_chain_is_never_passed_over() -> None:
    office = Office(a_request(assignee=HR_QUEUE, seat="hr_queue"))
    office.queue(a_notice(to=HR_QUEUE))
    office.mailer.refuses = {"hr@example.com"}

    assert deliver("notice-1", office.delivering) == "failed"
    assert office.store.request(office.request.id).status is RequestStatus.OPEN


def test_a_question_that_no_longer_stands_is_not_mailed() -> None:
    office = Office()
    office.queue(a_notice())
    office.change(requests=(office.request.ended(RequestStatus.EXPIRED),))

    assert deliver("notice-1", office.delivering) == "failed"
    assert len(office.mailer) == 0
    assert office.events(EventTag.NOTICE_FAILED)[0].data["reason"] == "no_longer_asked"


def test_mail_to_the_queue_and_to_the_owner_of_a_source_goes_to_their_settings() -> None:
    office = Office()
    office.change(batch=a_batch(refused="empty", accepted=0, rows=0))
    office.queue(
        a_notice(NoticeKind.CASE_OPENED, id="n-1", to=HR_QUEUE, request_id=None),
        about_the_export(NoticeKind.EXPORT_REFUSED, id="n-2"),
    )
    deliver("n-1", office.delivering)
    deliver("n-2", office.delivering)
    assert [mail.to for mail in office.mailer.sent] == [("hr@example.com",), ("figures@example.com",)]
    assert office.events(EventTag.NOTICE_SENT)[1].subject == f"batch/{'a' * 16}"


def test_a_source_may_have_an_owner_of_its_own() -> None:
    office = Office()
    office.change(batch=a_batch(profile="sap-attainment", refused="empty", accepted=0, rows=0))
    office.queue(about_the_export(NoticeKind.EXPORT_REFUSED, id="n-1"))
    deliver("n-1", office.delivering)
    assert office.mailer.sent[0].to == ("sap@example.com",)


@pytest.mark.parametrize("kind", [NoticeKind.EXPORT_REFUSED, NoticeKind.EXPORT_REJECTS])
def test_a_mail_about_an_export_leads_to_its_page_where_the_whole_list_is(kind: NoticeKind) -> None:
    office = Office()
    refused = "too_many_rejected" if kind is NoticeKind.EXPORT_REFUSED else None
    office.change(batch=a_batch(rows=9, accepted=8, rejected=1, codes={"bad_period": 1}, refused=refused))
    row = b'{"line":7,"faults":[{"column":"period","code":"bad_period","value":"x"}]}\n'
    office.files.write_lines(paths.first_rejected(a_batch().id, a_batch().known_at), [row])
    office.queue(about_the_export(kind, id="n-1"), about_the_export(kind, id="n-2"))
    deliver("n-1", office.delivering)
    unlinked = dataclasses.replace(office.delivering.composing.addresses, console_url=None)
    composing = dataclasses.replace(office.delivering.composing, addresses=unlinked)
    deliver("n-2", dataclasses.replace(office.delivering, composing=composing))
    first, second = office.mailer.sent
    page = f"https://console.example.com/#/exports/{'a' * 16}"
    assert f"\n{page}\n" in first.text
    assert f'href="{page}"' in first.html
    assert "as CSV" in first.text
    assert "http" not in second.text
    assert "in the console, under Exports" in second.text


def test_a_refused_export_is_told_of_even_before_there_is_a_directory() -> None:
    office = Office(directory=False)
    office.change(batch=a_batch(refused="not_text", accepted=0, rows=0))
    parameters = {"batch": "a" * 16}
    office.queue(
        a_notice(NoticeKind.EXPORT_REFUSED, to=None, case_id=None, request_id=None, parameters=parameters)
    )
    assert deliver("notice-1", office.delivering) == "sent"
    assert "the file is not text" in office.mailer.sent[0].text


def test_the_first_twenty_rejected_rows_are_listed_with_all_their_faults() -> None:
    office = Office()
    office.change(batch=a_batch(rows=100, accepted=70, rejected=30, codes={"not_a_number": 30}))
    second = b'{"column":"period","code":"control_character","value":"a\\nb"}'
    lines = [
        b'{"line":%d,"faults":[{"column":"quota","code":"not_a_number","value":"<b>%d"},%s]}\n'
        % (line, line, second)
        for line in range(2, 32)
    ]
    office.files.write_lines(paths.first_rejected(a_batch().id, a_batch().known_at), lines)
    parameters = {"batch": "a" * 16}
    office.queue(
        a_notice(NoticeKind.EXPORT_REJECTS, to=None, case_id=None, request_id=None, parameters=parameters)
    )
    deliver("notice-1", office.delivering)
    (mail,) = office.mailer.sent
    assert "line 21, quota: <b>21 (expected: a number" in mail.text
    assert "line 21, period: a\N{REPLACEMENT CHARACTER}b (expected: no control characters)" in mail.text
    assert "line 22" not in mail.text
    assert "- 30 x not a number (expected: a number" in mail.text
    assert "&lt;b&gt;2" in mail.html
    assert "<b>2" not in mail.html


def test_a_code_is_made_when_its_mail_is_sent_and_only_there() -> None:
    office = Office(a_request(adverse=True))
    office.queue(a_notice(NoticeKind.ONE_TIME_CODE))
    deliver("notice-1", office.delivering)
    assert "000001" in office.mailer.sent[0].text
    assert "000001" not in office.mailer.sent[0].subject
    assert not any(b'"000001"' in event for event in office.store.events(case_subject(CASE)))


def test_a_code_that_could_not_be_sent_in_time_is_not_sent_at_all() -> None:
    office = Office(a_request(adverse=True))
    office.queue(a_notice(NoticeKind.ONE_TIME_CODE))
    office.clock.advance(minutes=16)
    assert deliver("notice-1", office.delivering) == "failed"
    assert office.events(EventTag.NOTICE_FAILED)[0].data["reason"] == "too_late"


def test_a_workflow_is_started_once() -> None:
    office = Office()
    office.queue(StartWorkflow(id="start-1", case_id=CASE, generation=1))
    assert deliver("start-1", office.delivering) == "started"
    assert deliver("start-1", office.delivering) == "gone"
    assert office.workflow.started == [(CASE, 1)]


def test_a_waiting_workflow_is_woken_with_its_token_and_one_that_does_not_wait_is_let_be() -> None:
    office = Office()
    office.queue(WakeWorkflow(id="wake-1", case_id=CASE), WakeWorkflow(id="wake-2", case_id=CASE))
    office.tokens.store(CaseId(CASE), "secret")
    assert deliver("wake-1", office.delivering) == "woken"
    assert deliver("wake-2", office.delivering) == "not_waiting"
    assert office.workflow.woken == ["secret"]


def test_the_sweep_leaves_new_rows_to_the_stream_and_one_failure_stops_no_other() -> None:
    office = Office()
    office.queue(a_notice(id="old-1"), WakeWorkflow(id="old-2", case_id=CASE))
    office.clock.advance(minutes=2)
    office.queue(a_notice(id="new-1"))
    office.mailer.down = True

    counts = deliver_pending(office.delivering, lambda: True)

    assert counts == {"to_be_tried_again": 1, "not_waiting": 1}
    assert office.reported == [("old-1", "Throttled")]
    assert {row.effect.id for row in office.store.pending()} == {"old-1", "new-1"}


def test_a_change_that_came_between_is_decided_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    office = Office()
    office.queue(a_notice())
    commit, conflicts = office.store.commit, iter([True, True])

    def interrupted(change: object) -> str:
        if next(conflicts, False):
            raise Conflict("the chain moved")
        return commit(change)  # type: ignore[arg-type]

    monkeypatch.setattr(office.store, "commit", interrupted)
    assert deliver("notice-1", office.delivering) == "sent"
    assert len(office.mailer) == 1


def test_a_receipt_carries_no_link() -> None:
    office = Office()
    office.queue(a_notice(NoticeKind.CASE_OPENED, to=PersonId("H001")))
    deliver("notice-1", office.delivering)
    assert "/r/" not in office.mailer.sent[0].html


def test_a_sweep_whose_time_is_up_leaves_the_rest_to_the_next_one() -> None:
    office = Office()
    office.queue(*(WakeWorkflow(id=f"wake-{number}", case_id=CASE) for number in range(5)))
    office.clock.advance(minutes=5)
    looks = iter([True, True, False])

    assert deliver_pending(office.delivering, lambda: next(looks)) == {"not_waiting": 2}
    assert len(office.store.pending()) == 3
    assert deliver_pending(office.delivering, lambda: True) == {"not_waiting": 3}
    assert office.reported == []


def test_what_another_relay_is_carrying_out_is_left_to_it_until_it_must_have_died() -> None:
    office = Office()
    office.queue(a_notice())
    now = office.clock.now()
    assert office.store.claim("notice-1", now, now + CLAIMED_FOR)
    assert deliver("notice-1", office.delivering) == "busy"
    assert len(office.mailer) == 0
    office.clock.advance(seconds=CLAIMED_FOR.total_seconds())
    assert deliver("notice-1", office.delivering) == "sent"


def test_a_checkpoint_goes_word_for_word_to_the_address_of_the_settings() -> None:
    office = Office(directory=False)
    line = '{"checkpoint":{"number":4,"size":7,"v":1},"signature":"MEUC+/=="}'
    parameters = {"address": "notary@y.example", "checkpoint": line}
    kind = NoticeKind.CHECKPOINT_ANCHOR
    office.queue(a_notice(kind, to=None, case_id=None, request_id=None, parameters=parameters))
    assert deliver("notice-1", office.delivering) == "sent"
    (mail,) = office.mailer.sent
    assert mail.to == ("notary@y.example",)
    assert line in mail.text.splitlines()
    [sent] = office.events(EventTag.NOTICE_SENT)
    assert (sent.subject, sent.data["to"]) == ("system", None)


def test_word_for_an_hr_partner_who_has_left_by_now_goes_to_hrs_queue() -> None:
    office = Office()
    office.queue(a_notice(NoticeKind.REBUTTAL, to=PersonId("L000001"), request_id=None))
    assert deliver("notice-1", office.delivering) == "failed"
    (forwarded,) = [effect for effect in office.store.effects if effect.id != "notice-1"]
    assert deliver(forwarded.id, office.delivering) == "sent"
    assert office.mailer.sent[0].to == ("hr@example.com",)
