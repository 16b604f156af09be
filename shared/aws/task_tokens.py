"""Stores the task tokens of waiting workflows."""

from shared.aws import keys
from shared.aws.dynamo import Table, keyed
from shared.domain.identifiers import CaseId


class TableTaskTokens:
    """See ``shared.ports.TaskTokens``."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def store(self, case_id: CaseId, token: str) -> None:
        self._table.put(keyed(keys.task_token(case_id), {"token": token}))

    def take(self, case_id: CaseId) -> str | None:
        item = self._table.delete(keys.task_token(case_id))
        return None if item is None else str(item["token"])
