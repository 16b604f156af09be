"""Routes of the ledger: checkpoints, the proof that it only grew, and the evidence of more than one case."""

from typing import Any

from aws_lambda_powertools.event_handler import Response

from functions.audit.evidence import export_evidence
from functions.audit.evidence.prove_consistency import prove_consistency
from functions.audit.handlers.routes.exchange import READS_PARAMETERS, Routes, json_answer, text_answer

routes = Routes()


@routes.get("/ledger/checkpoint")
def checkpoint() -> Response[Any]:
    latest = export_evidence.latest_checkpoint(routes.sources, routes.dependencies.ledger, routes.caller)
    return text_answer(latest.decode())


@routes.get("/ledger/consistency", middlewares=READS_PARAMETERS)
def consistency() -> Response[Any]:
    ledger = routes.dependencies.ledger
    return json_answer(prove_consistency(routes.sources, ledger, routes.caller, routes.query))


@routes.get("/ledger/evidence")
def ledger_evidence() -> Response[Any]:
    ledger = routes.dependencies.ledger
    bundle = export_evidence.ledger_evidence(routes.sources, ledger, routes.confirmed_caller)
    return routes.file_answer(bundle, "evidence-ledger.zip", "application/zip")


@routes.get("/periods/<period>/evidence")
def period_evidence(period: str) -> Response[Any]:
    ledger = routes.dependencies.ledger
    bundle = export_evidence.period_evidence(routes.sources, ledger, routes.confirmed_caller, period)
    return routes.file_answer(bundle, f"evidence-{period}.zip", "application/zip")
