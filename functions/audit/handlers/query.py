"""Lambda: HR's API. The authorizer has checked the token; the use cases decide what its bearer may do."""

from functools import cache
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError

from functions.audit.api.problem import problem_of, retry_after
from functions.audit.evidence.export_evidence import LedgerSource
from functions.audit.handlers.routes import cases, exports, ledger, people
from functions.audit.handlers.routes.exchange import Dependencies, json_answer, refuse_odd_requests
from functions.audit.sources import Sources
from shared.aws import adapters
from shared.aws.reasons import SERVICE_FAULTS, is_transient, reason
from shared.domain.errors import NotFound, PlumblineError, Unavailable
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
    return Dependencies(
        sources,
        ledger_source,
        adapters.personal_data(settings),
        adapters.handouts(settings),
        adapters.accounts(settings.user_pool_id),
    )


@logger.inject_lambda_context
def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Takes an HTTP API request (payload 2.0); answers with JSON, a file, or a problem (RFC 9457)."""
    app.context["dependencies"] = _dependencies()
    return app.resolve(event, context)


def answer_problem(error: PlumblineError) -> Response[Any]:
    problem = problem_of(error)
    logger.info("refused", kind=type(error).__name__, status=problem["status"])
    return json_answer(
        problem,
        status=problem["status"],
        media_type="application/problem+json",
        retry_after=retry_after(error),
    )


def answer_unknown_route(error: NotFoundError) -> Response[Any]:
    return answer_problem(NotFound("no such route"))


def answer_service_fault(error: Exception) -> Response[Any]:
    """Says 503 if a service is overloaded or unreachable. Raises any other fault: it is our mistake."""
    if not is_transient(error):
        raise error
    logger.error("a service failed", reason=reason(error))
    return answer_problem(Unavailable("a service that this needs does not answer; try again in a moment"))


# As calls, because these decorators carry no types.
app.use(middlewares=[refuse_odd_requests])
app.exception_handler(PlumblineError)(answer_problem)
app.exception_handler(list(SERVICE_FAULTS))(answer_service_fault)
app.not_found(answer_unknown_route)
