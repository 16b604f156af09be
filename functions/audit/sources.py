"""The stores that HR's API reads, and the door through which every use case enters."""

from dataclasses import dataclass

from functions.audit import rights
from functions.audit.caller import Caller
from functions.audit.rights import Resource
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


def admit(sources: Sources, caller: Caller, resource: Resource) -> Directory:
    """The directory in force. Raises Forbidden unless the caller's role and standing open the resource.

    Acts of HR, and reads as HR, take a person of this directory who is still with the company.
    """
    directory = sources.directory()
    rights.require_role(caller, resource, directory)
    return directory


def visible_case(
    sources: Sources, caller: Caller, case_id: CaseId, resource: Resource
) -> tuple[Case, Directory]:
    """The case and the directory in force. Raises Forbidden as `admit` does.

    Raises NotFound for a case that is hidden from the caller, as for one that does not exist.
    """
    directory = admit(sources, caller, resource)
    case = sources.store.case(case_id)
    rights.require(caller, resource, rights.relation_to_case(caller, case, directory), directory)
    return case, directory
