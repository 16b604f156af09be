"""Lambda: HR's API. The authorizer has checked the token; what its bearer may is decided behind this."""

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Any, TypeVar
from urllib.parse import unquote

import orjson
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from pydantic import BaseModel, ConfigDict, ValidationError

from functions.audit.api import answer_exports, answer_query
from functions.audit.api.hold_person import lift_hold, place_hold
from functions.audit.api.person_act import PersonAct
from functions.audit.api.problem import problem_of
from functions.audit.api.record_decision import record_decision
from functions.audit.api.record_leave import record_leave
from functions.audit.api.show_comparators import show_comparators
from functions.audit.api.shred_person import shred_person
from functions.audit.caller import Asker
from functions.audit.evidence import export_evidence
from functions.audit.evidence.export_evidence import Record
from functions.audit.evidence.prove_consistency import show_growth
from functions.audit.sources import Sources
from shared.aws import adapters
from shared.domain.errors import InvalidInput, NotFound, PlumblineError
from shared.domain.identifiers import BatchId, CaseId, EvaluationId, PersonId, RequestId
from shared.ports import Handouts, PersonalData
from shared.runtime.observability import logger
from shared.runtime.settings import QuerySettings

Said = TypeVar("Said", bound=BaseModel)
app = APIGatewayHttpResolver()
_HEADERS: dict[str, str | list[str]] = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_LARGEST_ANSWER = 4_400_000
"""Bytes before base64: Lambda answers with at most 6 MB."""
_LINK_TYPE = "application/vnd.plumbline.link+json"


class Decision(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    request_id: str
    choice: str
    reason: str
    compared: str | None = None


class Reason(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    reason: str


class Holding(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    reason: str
    comparators: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Dependencies:
    sources: Sources
    record: Record
    personal_data: PersonalData
    handouts: Handouts


@cache
def _dependencies() -> Dependencies:
    settings = QuerySettings.from_environment()
    sources = Sources(
        store=adapters.case_store(settings),
        directories=adapters.directories(settings),
        policies=adapters.policies(settings),
        files=adapters.files(settings),
        clock=settings.clock,
    )
    record = Record(
        shelf=adapters.archive(settings.ledger_bucket),
        events=adapters.event_log(settings),
        keyring=adapters.keyring(settings.signing_key_id),
    )
    return Dependencies(sources, record, adapters.personal_data(settings), adapters.handouts(settings))


@logger.inject_lambda_context
def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """An HTTP API request, payload 2.0; JSON, a file, or a problem (RFC 9457)."""
    return app.resolve(event, context)


@app.get("/cases")
def cases() -> Response[Any]:
    return _json(answer_query.list_cases(_sources(), _asker(), _query()))


@app.get("/cases/<case_id>")
def case(case_id: str) -> Response[Any]:
    return _json(answer_query.show_case(_sources(), _asker(), CaseId(case_id)))


@app.get("/cases/<case_id>/events")
def events(case_id: str) -> Response[Any]:
    return _json(answer_query.show_events(_sources(), _asker(), CaseId(case_id)))


@app.get("/cases/<case_id>/comparators")
def comparators(case_id: str) -> Response[Any]:
    return _json(show_comparators(_sources(), _asker(), CaseId(case_id)))


@app.get("/cases/<case_id>/evidence")
def case_evidence(case_id: str) -> Response[Any]:
    found = _dependencies()
    bundle = export_evidence.case_evidence(found.sources, found.record, _asker(), CaseId(case_id))
    return _file(bundle, f"evidence-{case_id}.zip", "application/zip")


@app.post("/cases/<case_id>/decisions")
def decisions(case_id: str) -> Response[Any]:
    said = _said(Decision)
    request_id = RequestId(said.request_id)
    answer = (said.choice, said.reason, said.compared)
    return _json(record_decision(_sources(), _asker(), CaseId(case_id), request_id, *answer))


@app.post("/cases/<case_id>/hold")
def hold(case_id: str) -> Response[Any]:
    return _json(record_leave(_sources(), _asker(), CaseId(case_id), _said(Reason).reason))


@app.get("/evaluations")
def evaluations() -> Response[Any]:
    return _json(answer_exports.list_evaluations(_sources(), _asker(), _query()))


@app.get("/evaluations/<evaluation_id>")
def evaluation(evaluation_id: str) -> Response[Any]:
    return _json(answer_exports.show_evaluation(_sources(), _asker(), EvaluationId(evaluation_id)))


@app.get("/exports")
def exports() -> Response[Any]:
    return _json(answer_exports.list_exports(_sources(), _asker(), _query()))


@app.get("/exports/<batch>")
def export(batch: str) -> Response[Any]:
    return _json(answer_exports.show_export(_sources(), _asker(), BatchId(batch)))


@app.get("/exports/<batch>/rejected")
def rejected(batch: str) -> Response[Any]:
    sources, asker, batch_id = _sources(), _asker(), BatchId(batch)
    if _query().get("format") == "csv" or "text/csv" in (app.current_event.headers.get("accept") or ""):
        text = answer_exports.rejected_csv(sources, asker, batch_id)
        return _file(text.encode(), f"rejected-{batch}.csv", "text/csv; charset=utf-8")
    return _json(answer_exports.rejected_rows(sources, asker, batch_id))


@app.get("/periods/<period>/evidence")
def period_evidence(period: str) -> Response[Any]:
    found = _dependencies()
    bundle = export_evidence.period_evidence(found.sources, found.record, _asker(), period)
    return _file(bundle, f"evidence-{period}.zip", "application/zip")


@app.get("/ledger/checkpoint")
def checkpoint() -> Response[Any]:
    latest = export_evidence.latest_checkpoint(_dependencies().record, _asker())
    return Response(200, "application/json", latest.decode(), headers=dict(_HEADERS))


@app.get("/ledger/consistency")
def consistency() -> Response[Any]:
    return _json(show_growth(_dependencies().record, _asker(), _query()))


@app.get("/ledger/evidence")
def ledger_evidence() -> Response[Any]:
    found = _dependencies()
    bundle = export_evidence.ledger_evidence(found.sources, found.record, _asker())
    return _file(bundle, "evidence-ledger.zip", "application/zip")


@app.post("/people/<person_id>/shred")
def shred(person_id: str) -> Response[Any]:
    return _json(shred_person(_act_on(person_id, _said(Reason).reason)))


@app.post("/people/<person_id>/hold")
def place(person_id: str) -> Response[Any]:
    said = _said(Holding)
    comparators = [PersonId(one) for one in said.comparators]
    return _json(place_hold(_act_on(person_id, said.reason), comparators))


@app.delete("/people/<person_id>/hold")
def lift(person_id: str) -> Response[Any]:
    return _json(lift_hold(_act_on(person_id, _said(Reason).reason)))


def refused(error: PlumblineError) -> Response[Any]:
    problem = problem_of(error)
    logger.info("refused", kind=type(error).__name__, status=problem["status"])
    body = orjson.dumps(problem).decode()
    return Response(problem["status"], "application/problem+json", body, headers=dict(_HEADERS))


def no_such_route(error: NotFoundError) -> Response[Any]:
    return refused(NotFound("no such route"))


# As calls, because these two decorators carry no types.
app.exception_handler(PlumblineError)(refused)
app.not_found(no_such_route)


def _sources() -> Sources:
    return _dependencies().sources


def _asker() -> Asker:
    authorizer = app.current_event.request_context.authorizer
    return Asker.from_claims((authorizer.jwt_claim if authorizer else None) or {})


def _said(model: type[Said]) -> Said:
    """The body as the model has it. Raises InvalidInput."""
    try:
        return model.model_validate_json(app.current_event.decoded_body or "")
    except ValidationError as error:
        raise InvalidInput("the body is JSON with " + ", ".join(model.model_fields)) from error


def _act_on(person_id: str, reason: str) -> PersonAct:
    found = _dependencies()
    return PersonAct.of(found.sources, found.personal_data, _asker(), PersonId(unquote(person_id)), reason)


def _query() -> dict[str, str]:
    return dict(app.current_event.query_string_parameters or {})


def _json(value: dict[str, Any]) -> Response[Any]:
    return Response(200, "application/json", orjson.dumps(value).decode(), headers=dict(_HEADERS))


def _file(body: bytes, name: str, content_type: str) -> Response[Any]:
    if len(body) > _LARGEST_ANSWER:
        return _link(body, name, content_type)
    headers = _HEADERS | {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(200, content_type, body, headers=headers)


def _link(body: bytes, name: str, content_type: str) -> Response[Any]:
    """Where the file can be had within minutes: not a redirection, which would carry the token along."""
    found = {
        "name": name,
        "bytes": len(body),
        "sha256": sha256(body).hexdigest(),
        "url": _dependencies().handouts.hand_out(name, body, content_type),
    }
    return Response(200, _LINK_TYPE, orjson.dumps(found).decode(), headers=dict(_HEADERS))
