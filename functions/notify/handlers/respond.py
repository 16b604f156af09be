"""Lambda: the response page behind the HTTP API."""

import base64
from functools import cache
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit, single_metric

from functions.notify.link import link_id, read_token
from functions.notify.link_events import Responding
from functions.notify.respond import WebRequest, WebResponse, answer_failure, respond
from shared.aws import adapters
from shared.aws.reasons import SERVICE_FAULTS, is_transient, reason
from shared.domain.errors import PlumblineError, Unavailable
from shared.runtime.observability import NAMESPACE, logger
from shared.runtime.settings import RespondSettings


@cache
def _dependencies() -> tuple[str, Responding]:
    settings = RespondSettings.from_environment()
    responding = Responding(
        store=adapters.case_store(settings),
        links=adapters.links(settings),
        directories=adapters.directories(settings),
        policies=adapters.policies(settings),
        files=adapters.files(settings),
        clock=settings.clock,
        console_url=settings.console_url,
        count=_count_refusal,
    )
    return settings.public_url, responding


@logger.inject_lambda_context
def handle(event: dict[str, Any], context: object) -> dict[str, Any]:
    """An HTTP API event, payload version 2."""
    request = _request(event)
    answer = _answer(request)
    # The token opens the page, so the log names the link by its id.
    token = read_token(request.path)
    logger.info(
        "answered a request for a link",
        link=None if token is None else link_id(token),
        method=request.method,
        status=answer.status,
    )
    return {"statusCode": answer.status, "headers": dict(answer.headers), "body": answer.body}


def _count_refusal(reason: str) -> None:
    with single_metric("LinksRefused", MetricUnit.Count, 1, namespace=NAMESPACE) as metric:
        metric.add_dimension("reason", reason)


def _answer(request: WebRequest) -> WebResponse:
    try:
        return respond(request, *_dependencies())
    except PlumblineError as error:
        return answer_failure(error)
    except SERVICE_FAULTS as error:
        if not is_transient(error):
            raise
        logger.error("a service failed", reason=reason(error))
        return answer_failure(Unavailable("a service does not answer"))


def _request(event: dict[str, Any]) -> WebRequest:
    return WebRequest(
        method=event["requestContext"]["http"]["method"].upper(),
        path=(event.get("pathParameters") or {}).get("token", ""),
        headers={name.lower(): value for name, value in event.get("headers", {}).items()},
        body=_body(event),
    )


def _body(event: dict[str, Any]) -> bytes | None:
    """None for a body that cannot be decoded."""
    body = event.get("body") or ""
    try:
        return base64.b64decode(body) if event.get("isBase64Encoded") else body.encode()
    except ValueError:
        return None
