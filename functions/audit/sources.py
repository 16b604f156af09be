"""The stores that HR's API reads, and the one check of who may see a case."""

from dataclasses import dataclass

from functions.audit.caller import Caller
from shared.domain.case import Case
from shared.domain.errors import NotFound
from shared.domain.identifiers import BatchId, CaseId
from shared.domain.person import Directory
from shared.ports import CaseStore, Clock, Directories, Files, Policies


@dataclass(frozen=True, slots=True)
class Sources:
    """The stores and the clock that every answer of the API uses."""

    store: CaseStore
    directories: Directories
    policies: Policies
    files: Files
    clock: Clock

    def directory(self) -> Directory:
        """The directory in force; empty before the first directory arrived."""
        try:
            return self.directories.current()
        except NotFound:
            return Directory(BatchId(""), {})


def visible_case(sources: Sources, caller: Caller, case_id: CaseId) -> tuple[Case, Directory]:
    """The case and the directory. Raises NotFound unless the caller may see the case."""
    directory = sources.directory()
    case = sources.store.case(case_id)
    caller.require_sight(case, directory)
    return case, directory
