"""Erases a person: first the readable copies of their closed cases, then the key of the encrypted rest."""

from contextlib import suppress

from shared.aws import keys
from shared.aws.dynamo import Table
from shared.domain.case import Case, CaseStatus
from shared.domain.erasure import erased_case, erased_request
from shared.domain.errors import Conflict
from shared.domain.identifiers import CaseId, PersonId
from shared.domain.request import Request
from shared.ports import Erasure


class TablePersonalData:
    """See ``shared.ports.PersonalData``."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def erasure(self, person: PersonId) -> Erasure:
        item = self._table.get(keys.subject_key(person)) or {}
        return Erasure("wrapped_key" in item, int(item.get("shredded_by", 0)))

    def erase(self, person: PersonId, ordered_by: int) -> None:
        for item in list(self._table.query(keys.rep(person), "CASE#")):
            self._erase_case(CaseId(str(item["case_id"])))
        # Last, because it records that everything was done. The item stays, so that a repetition of this
        # erasure does not delete a key made later.
        with suppress(Conflict):  # this erasure was carried out before
            self._table.update(
                keys.subject_key(person),
                "SET shredded_by = :order REMOVE wrapped_key",
                {":order": ordered_by},
                "attribute_not_exists(shredded_by) OR shredded_by < :order",
            )

    def _erase_case(self, case_id: CaseId) -> None:
        item = self._table.get(keys.case(case_id))
        if item is None:
            return
        case = Case.model_validate_json(str(item["body"]))
        if case.status is not CaseStatus.CLOSED:
            return
        erased = erased_case(case)
        if erased is not case:
            self._replace(keys.case(case_id), erased)
        for row in list(self._table.query(keys.case(case_id)[0], "REQUEST#")):
            request = Request.model_validate_json(str(row["body"]))
            emptied = erased_request(request)
            if emptied is not request:
                self._replace(keys.request(request.id), emptied)

    def _replace(self, key: keys.Key, model: Case | Request) -> None:
        self._table.update(
            key,
            "SET body = :body, version = :version",
            {":body": model.model_dump_json(), ":version": model.version, ":before": model.version - 1},
            "version = :before",
        )
