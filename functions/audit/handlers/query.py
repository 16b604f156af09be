"""Lambda: HR's API. The authorizer has checked the token; the use cases decide what its bearer may do."""

from functools import cache
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError

from functions.audit.api.problem import problem_of
from functions.audit.evidence.export_evidence import LedgerSource
from functions.audit.handlers.routes import cases, exports, ledger, people
from functions.audit.handlers.routes.exchange import Dependencies, json_answer
from functions.audit.sources import Sources
from shared.aws import adapters
from shared.domain.errors import NotFound, PlumblineError
from shared.runtime.observability import logger
from shared.runtime.settings import QuerySettings

app = APIGatewayHttpResolver()
for each in (cases, exports, ledger, people):
    app.include_router(each.routes)


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
    ledger_source = LedgerSource(
        bucket=adapters.archive(settings.ledger_bucket),
        events=adapters.event_log(settings),
        keyring=adapters.keyring(settings.signing_key_id),
    )
    return Dependencies(sources, ledger_source, adapters.personal_data(settings), adapters.handouts(settings))


@logger.inject_lambda_context
def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Takes an HTTP API request (payload 2.0); answers with JSON, a file, or a problem (RFC 9457)."""
    app.context["dependencies"] = _dependencies()
    return app.resolve(event, context)


def answer_problem(error: PlumblineError) -> Response[Any]:
    problem = problem_of(error)
    logger.info("refused", kind=type(error).__name__, status=problem["status"])
    return json_answer(problem, status=problem["status"], media_type="application/problem+json")


def answer_unknown_route(error: NotFoundError) -> Response[Any]:
    return answer_problem(NotFound("no such route"))


# As calls, because these two decorators carry no types.
app.exception_handler(PlumblineError)(answer_problem)
app.not_found(answer_unknown_route)
