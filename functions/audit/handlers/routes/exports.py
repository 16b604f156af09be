"""Routes of exports and of the evaluations that were made from them."""

from typing import Any

from aws_lambda_powertools.event_handler import Response

from functions.audit.api import answer_exports
from functions.audit.handlers.routes.exchange import Routes, json_answer
from shared.domain.identifiers import BatchId, EvaluationId

routes = Routes()


@routes.get("/evaluations")
def evaluations() -> Response[Any]:
    return json_answer(answer_exports.list_evaluations(routes.sources, routes.caller, routes.query))


@routes.get("/evaluations/<evaluation_id>")
def evaluation(evaluation_id: str) -> Response[Any]:
    evaluation = EvaluationId(evaluation_id)
    return json_answer(answer_exports.show_evaluation(routes.sources, routes.caller, evaluation))


@routes.get("/exports")
def exports() -> Response[Any]:
    return json_answer(answer_exports.list_exports(routes.sources, routes.caller, routes.query))


@routes.get("/exports/<batch>")
def export(batch: str) -> Response[Any]:
    return json_answer(answer_exports.show_export(routes.sources, routes.caller, BatchId(batch)))


@routes.get("/exports/<batch>/rejected")
def rejected(batch: str) -> Response[Any]:
    if _wants_csv():
        text = answer_exports.rejected_csv(routes.sources, routes.caller, BatchId(batch))
        return routes.file_answer(text.encode(), f"rejected-{batch}.csv", "text/csv; charset=utf-8")
    return json_answer(answer_exports.rejected_rows(routes.sources, routes.caller, BatchId(batch)))


def _wants_csv() -> bool:
    accepted = routes.current_event.headers.get("accept") or ""
    return routes.query.get("format") == "csv" or "text/csv" in accepted
