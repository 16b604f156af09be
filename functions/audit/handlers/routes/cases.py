"""Routes of cases: the list, one case, its history and evidence; HR's decisions and the pause for a leave."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from pydantic import BaseModel, ConfigDict, StringConstraints

from functions.audit.api import answer_query
from functions.audit.api.pause_case import pause_case
from functions.audit.api.record_decision import record_decision
from functions.audit.api.show_comparators import show_comparators
from functions.audit.evidence import export_evidence
from functions.audit.handlers.routes.exchange import READS_PARAMETERS, Routes, json_answer
from functions.audit.parameters import Name, TypedText
from shared.domain.identifiers import CaseId, RequestId

routes = Routes()


class DecisionBody(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    request_id: Name
    choice: Name
    reason: TypedText
    compared: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = None


class PauseBody(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    reason: TypedText


@routes.get("/cases", middlewares=READS_PARAMETERS)
def cases() -> Response[Any]:
    return json_answer(answer_query.list_cases(routes.sources, routes.caller, routes.query))


@routes.get("/cases/<case_id>")
def case(case_id: str) -> Response[Any]:
    return json_answer(answer_query.show_case(routes.sources, routes.caller, CaseId(case_id)))


@routes.get("/cases/<case_id>/events")
def events(case_id: str) -> Response[Any]:
    return json_answer(answer_query.show_events(routes.sources, routes.caller, CaseId(case_id)))


@routes.get("/cases/<case_id>/comparators")
def comparators(case_id: str) -> Response[Any]:
    return json_answer(show_comparators(routes.sources, routes.caller, CaseId(case_id)))


@routes.get("/cases/<case_id>/evidence")
def case_evidence(case_id: str) -> Response[Any]:
    ledger = routes.dependencies.ledger
    bundle = export_evidence.case_evidence(routes.sources, ledger, routes.confirmed_caller, CaseId(case_id))
    return routes.file_answer(bundle, f"evidence-{case_id}.zip", "application/zip")


@routes.post("/cases/<case_id>/decisions")
def decide(case_id: str) -> Response[Any]:
    body = routes.body(DecisionBody)
    decision = (RequestId(body.request_id), body.choice, body.reason, body.compared)
    return json_answer(record_decision(routes.sources, routes.confirmed_caller, CaseId(case_id), *decision))


@routes.post("/cases/<case_id>/hold")
def pause(case_id: str) -> Response[Any]:
    """Pauses the case for a leave; a legal hold is a route of people."""
    reason = routes.body(PauseBody).reason
    return json_answer(pause_case(routes.sources, routes.confirmed_caller, CaseId(case_id), reason))
