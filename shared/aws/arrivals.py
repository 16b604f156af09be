"""Arrivals in the table: an item for each received object version and for each unsettled batch."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from shared.arrival_ports import Dropped
from shared.aws import keys
from shared.aws.dynamo import Table, keyed
from shared.domain.errors import Throttled
from shared.domain.identifiers import BatchId
from shared.domain.record import Batch

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.client import SFNClient

_THROTTLED = {"ThrottlingException", "ExecutionLimitExceeded", "TooManyRequestsException"}


class TableArrivals:
    """See ``shared.arrival_ports.Arrivals``."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def unknown(self, dropped: Iterable[Dropped]) -> Sequence[Dropped]:
        by_key = {keys.arrival(each.key, each.object_version): each for each in dropped}
        known = {(str(item["pk"]), str(item["sk"])) for item in self._table.get_many(by_key)}
        return [each for key, each in by_key.items() if key not in known]

    def unsettled(self) -> Iterator[Batch]:
        for item in self._table.query_index(keys.PENDING_INDEX, keys.UNSETTLED):
            # The index lags behind the table, so check that the batch is still unsettled.
            batch = self._table.get(keys.batch(BatchId(str(item["batch"]))))
            if batch is not None and self._table.get((str(item["pk"]), str(item["sk"]))) is not None:
                yield Batch.model_validate_json(str(batch["body"]))

    def settle(self, batch: BatchId) -> None:
        self._table.delete(keys.unsettled(batch))

    def place(self) -> str | None:
        item = self._table.get(keys.sweep())
        return None if item is None or item["place"] is None else str(item["place"])

    def keep_place(self, place: str | None) -> None:
        self._table.put(keyed(keys.sweep(), {"place": place}))


class StepFunctionsExportFlow:
    """See ``shared.arrival_ports.ExportFlow``. The input is the same as from the bucket's event."""

    def __init__(self, sfn: "SFNClient", state_machine_arn: str, bucket: str) -> None:
        self._sfn = sfn
        self._arn = state_machine_arn
        self._bucket = bucket

    def start(self, name: str, key: str, object_version: str | None) -> bool:
        announced = {"key": key} | ({"version-id": object_version} if object_version else {})
        detail = {"bucket": {"name": self._bucket}, "object": announced}
        try:
            self._sfn.start_execution(
                stateMachineArn=self._arn, name=name, input=json.dumps({"detail": detail})
            )
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            if code == "ExecutionAlreadyExists":
                return False
            raise (
                Throttled(f"the workflow service returned {code}") if code in _THROTTLED else error
            ) from error
        return True
