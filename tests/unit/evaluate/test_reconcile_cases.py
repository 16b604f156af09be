"""Lost workflows and timers are repaired from the table."""

import pytest

from shared.domain.case import CaseStatus, Exit, Phase
from shared.domain.effect import NoticeKind
from shared.domain.errors import NotFound, Throttled
from shared.domain.event import EventTag
from shared.domain.identifiers import RequestId
from shared.domain.person import Directory
from shared.domain.request import Request
from tests.unit.evaluate.case_life import decision, directory, person
from tests.unit.evaluate.office import Office


@pytest.fixture
def office() -> Office:
    office = Office()
    office.evaluated("e-1", [decision("2026-09")])
    return office


def test_a_case_whose_workflow_runs_is_left_alone(office: Office) -> None:
    office.relay()
    before = office.case
    assert office.reconcile().restarted == 0
    assert office.case == before


def test_a_workflow_that_is_still_to_be_started_is_not_lost(office: Office) -> None:
    assert office.reconcile().restarted == 0
    assert office.case.generation == 1


def test_a_lost_workflow_gets_a_successor_once(office: Office) -> None:
    office.relay()
    office.workflow.alive.clear()  # the engine was stopped, and forgot
    assert office.reconcile().restarted == 1
    assert office.reconcile().restarted == 0
    office.relay()
    assert office.case.generation == 2
    assert office.workflow.running(office.case.id, 2)
    assert EventTag.WORKFLOW_RESTARTED in office.store
    assert office.reconcile().restarted == 0


def test_after_a_stop_over_a_deadline_the_reminder_still_goes_out(office: Office) -> None:
    office.relay()
    office.workflow.alive.clear()
    office.clock.set(office.asked.due_at)
    done = office.reconcile()
    assert (done.open, done.moved, done.restarted) == (1, 1, 1)
    assert office.mailed(NoticeKind.REMINDER) == 1


def test_after_a_lost_timer_the_due_step_is_done_and_the_workflow_is_woken(office: Office) -> None:
    office.relay()
    office.wait("token-1")
    office.clock.set(office.asked.due_at)
    assert office.reconcile().moved == 1
    office.relay()
    assert office.workflow.woken == ["token-1"]


def test_an_answer_whose_wake_up_was_lost_is_applied(office: Office) -> None:
    office.relay()
    office.answer("coach")
    assert office.reconcile().moved == 1
    assert office.case.phase is Phase.RUNNING


def test_a_rep_who_left_needs_no_deadline_to_end_the_case(office: Office) -> None:
    office.relay()
    left = directory(person("rep", "manager", "partner", active=False))
    office.directories.directories.append(left)
    office.reconcile()
    assert office.case.exit is Exit.LEFT_COMPANY
    assert office.reconcile().open == 0


def test_executions_are_listed_once_and_only_the_missing_are_looked_at() -> None:
    people = directory(*(person(f"rep-{n}", "manager", "partner") for n in range(20)))
    office = Office(people)
    office.evaluated("e-1", [decision("2026-09") | {"rep_id": f"rep-{n}"} for n in range(20)])
    office.relay()
    young, lost = sorted(office.workflow.alive)[:2]
    office.workflow.unlisted.add(young)  # it runs, and no list has it yet
    office.workflow.alive.discard(lost)
    assert office.reconcile().restarted == 1
    assert office.workflow.looked_at == 2
    assert office.store.case(young[0]).generation == 1
    assert office.store.case(lost[0]).generation == 2


def test_the_directory_is_read_once_for_all_cases(monkeypatch: pytest.MonkeyPatch) -> None:
    people = directory(*(person(f"rep-{n}", "manager", "partner") for n in range(5)))
    office = Office(people)
    office.evaluated("e-1", [decision("2026-09") | {"rep_id": f"rep-{n}"} for n in range(5)])
    office.relay()
    current, readings = office.directories.current, []

    def counted() -> Directory:
        readings.append(1)
        return current()

    monkeypatch.setattr(office.directories, "current", counted)
    assert office.reconcile().open == 5
    assert len(readings) == 1


def test_while_executions_cannot_be_listed_deadlines_are_still_kept_and_nothing_is_restarted(
    office: Office,
) -> None:
    office.relay()
    office.workflow.alive.clear()
    office.workflow.down = True
    office.clock.set(office.asked.due_at)
    with pytest.raises(ExceptionGroup) as raised:
        office.reconcile()
    assert [type(failure) for failure in raised.value.exceptions] == [Throttled]
    assert office.mailed(NoticeKind.REMINDER) == 1
    assert office.case.generation == 1
    office.workflow.down = False
    assert office.reconcile().restarted == 1


def test_a_failure_in_one_case_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    people = directory(*(person(f"rep-{n}", "manager", "partner") for n in range(3)))
    office = Office(people)
    office.evaluated("e-1", [decision("2026-09") | {"rep_id": f"rep-{n}"} for n in range(3)])
    office.relay()
    broken = next(office.store.cases(CaseStatus.OPEN))
    office.clock.set(broken.due_at)
    current = office.store.request

    def read(request_id: RequestId) -> Request:
        if request_id == broken.request_id:
            raise NotFound("the request is gone")
        return current(request_id)

    monkeypatch.setattr(office.store, "request", read)
    with pytest.raises(ExceptionGroup) as raised:
        office.reconcile()
    assert [type(failure) for failure in raised.value.exceptions] == [NotFound]
    assert office.mailed(NoticeKind.REMINDER) == 2
