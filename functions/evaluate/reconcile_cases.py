"""Mend what was lost: workflows that no longer run, and timers that never rang. The table is the truth."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from functions.evaluate.advance_case import hand_over, settle
from functions.evaluate.cases.step_draft import start_workflow
from functions.evaluate.commit_step import Casework
from shared.domain.case import Case, CaseStatus
from shared.domain.errors import Conflict, PlumblineError
from shared.domain.identifiers import BatchId, CaseId
from shared.domain.person import Directory
from shared.ports import Directories, Outbox, Workflow


@dataclass(frozen=True, slots=True)
class Reconciled:
    """How many open cases there were, how many had something due, how many workflows were restarted."""

    open: int
    moved: int
    restarted: int


def reconcile_cases(work: Casework, outbox: Outbox, workflow: Workflow) -> Reconciled:
    """Look at every open case, the most pressing first.

    What fails for one case does not keep the others waiting, nor does a list of executions that cannot be
    had now: the failures are raised together at the end.
    """
    seen = moved = restarted = 0
    failures: list[PlumblineError] = []
    running = _running(workflow, failures)
    work = replace(work, directories=_ReadOnce(work.directories))
    for case in work.store.cases(CaseStatus.OPEN):
        seen += 1
        try:
            settled = settle(case, work, wake=True)
            moved += settled.version != case.version
            if running is not None and (settled.id, settled.generation) not in running:
                restarted += _restart_if_lost(settled, work, outbox, workflow)
        except Conflict:
            continue  # somebody is at work on this very case, so it is not lost
        except PlumblineError as failure:
            failure.add_note(f"while reconciling {case.id}")
            failures.append(failure)
    if failures:
        raise ExceptionGroup(f"{len(failures)} failures among {seen} open cases", failures)
    return Reconciled(seen, moved, restarted)


class _ReadOnce:
    """The directory in force as it was at the beginning, for all the cases that ask for it."""

    def __init__(self, directories: Directories) -> None:
        self._directories = directories
        self._current: Directory | None = None

    def current(self) -> Directory:
        if self._current is None:
            self._current = self._directories.current()
        return self._current

    def version(self, batch: BatchId) -> Directory:
        return self._directories.version(batch)


def _running(workflow: Workflow, failures: list[PlumblineError]) -> Collection[tuple[CaseId, int]] | None:
    """What runs, by one list instead of a question a case; None where it cannot be had now."""
    try:
        return workflow.all_running()
    except PlumblineError as failure:
        failures.append(failure)
        return None


def _restart_if_lost(case: Case, work: Casework, outbox: Outbox, workflow: Workflow) -> bool:
    if case.status is CaseStatus.CLOSED:
        return False
    if outbox.row(start_workflow(case.id, case.generation).id) is not None:
        return False  # its start is still to be carried out, which is the relay's to do
    if workflow.running(case.id, case.generation):
        return False  # begun since the list was made
    hand_over(case, "lost", work)
    return True
