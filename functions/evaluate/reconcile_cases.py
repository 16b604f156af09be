"""Repair open cases whose workflow or timer was lost, according to the table."""

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
    """How many cases were open, how many had a step due, and how many workflows were restarted."""

    open: int
    moved: int
    restarted: int


def reconcile_cases(work: Casework, outbox: Outbox, workflow: Workflow) -> Reconciled:
    """Look at every open case, the one due first at the start.

    A failure in one case does not stop the others, and neither does a failure to list the executions. All
    failures are raised together at the end.
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
            continue  # another process is changing this case, so it is not lost
        except PlumblineError as failure:
            failure.add_note(f"while reconciling {case.id}")
            failures.append(failure)
    if failures:
        raise ExceptionGroup(f"{len(failures)} failures among {seen} open cases", failures)
    return Reconciled(seen, moved, restarted)


class _ReadOnce:
    """Reads the directory in force once, and serves it to all cases."""

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
    """The running executions, from one list instead of one call a case; None where the list failed."""
    try:
        return workflow.all_running()
    except PlumblineError as failure:
        failures.append(failure)
        return None


def _restart_if_lost(case: Case, work: Casework, outbox: Outbox, workflow: Workflow) -> bool:
    if case.status is CaseStatus.CLOSED:
        return False
    if outbox.row(start_workflow(case.id, case.generation).id) is not None:
        return False  # the relay has not carried out its start yet
    if workflow.running(case.id, case.generation):
        return False  # started after the list was made
    hand_over(case, "lost", work)
    return True
