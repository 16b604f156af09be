"""Routes of exports and of the evaluations that were made from them."""

from typing import Any, Literal

from aws_lambda_powertools.event_handler import Response

from functions.audit.api import answer_exports
from functions.audit.handlers.routes.exchange import READS_PARAMETERS, Routes, json_answer
from functions.audit.parameters import Parameters
from shared.domain.identifiers import BatchId, EvaluationId

routes = Routes()


class RejectedRows(Parameters):
    format: Literal["csv", "json"] | None = None


@routes.get("/evaluations", middlewares=READS_PARAMETERS)
def evaluations() -> Response[Any]:
    return json_answer(answer_exports.list_evaluations(routes.sources, routes.caller, routes.query))


@routes.get("/evaluations/<evaluation_id>")
def evaluation(evaluation_id: str) -> Response[Any]:
    evaluation = EvaluationId(evaluation_id)
    return json_answer(answer_exports.show_evaluation(routes.sources, routes.caller, evaluation))


@routes.get("/exports", middlewares=READS_PARAMETERS)
def exports() -> Response[Any]:
    return json_answer(answer_exports.list_exports(routes.sources, routes.caller, routes.query))


@routes.get("/exports/<batch>")
def export(batch: str) -> Response[Any]:
    return json_answer(answer_exports.show_export(routes.sources, routes.caller, BatchId(batch)))


@routes.get("/exports/<batch>/rejected", middlewares=READS_PARAMETERS)
def rejected(batch: str) -> Response[Any]:
    if _wants_csv(RejectedRows.read(routes.query)):
        text = answer_exports.rejected_csv(routes.sources, routes.caller, BatchId(batch))
        return routes.file_answer(text.encode(), f"rejected-{batch}.csv", "text/csv; charset=utf-8")
    rows = answer_exports.rejected_rows(routes.sources, routes.caller, BatchId(batch))
    return routes.list_answer(rows, f"rejected-{batch}.json")


def _wants_csv(asked: RejectedRows) -> bool:
    accepted = routes.current_event.headers.get("accept") or ""
    return asked.format == "csv" or (asked.format is None and "text/csv" in accepted)
