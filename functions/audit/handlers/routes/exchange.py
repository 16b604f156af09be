"""What every route shares: its dependencies, the caller, the parts of the request, the form of the answer."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl, unquote

import orjson
from aws_lambda_powertools.event_handler import ApiGatewayResolver, Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter
from pydantic import BaseModel, ValidationError

from functions.audit.caller import Caller
from functions.audit.confirm_account import confirm_account
from functions.audit.evidence.export_evidence import LedgerSource
from functions.audit.parameters import Parameters, fault_of, is_name
from functions.audit.sources import Sources
from shared.account_ports import Accounts
from shared.domain.errors import InvalidInput, NotFound
from shared.ports import Handouts, PersonalData

Body = TypeVar("Body", bound=BaseModel)
LARGEST_ANSWER: Final = 4_400_000
"""Bytes before base64: Lambda answers with at most 6 MB."""
LARGEST_BODY: Final = 64 * 1024
"""Bytes. The longest reason and a legal hold's comparators need less than half."""
_MOST_PARAMETERS: Final = 20
_LINK_TYPE: Final = "application/vnd.plumbline.link+json"
_HEADERS: Final[dict[str, str | list[str]]] = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class Dependencies:
    sources: Sources
    ledger: LedgerSource
    personal_data: PersonalData
    handouts: Handouts
    accounts: Accounts


def refuse_odd_requests(app: ApiGatewayResolver, answer: Callable[..., Response[Any]]) -> Response[Any]:
    """Middleware of the application: names in the path and parameters of the query have a usable form.

    Raises NotFound for a path that can name nothing, InvalidInput for a query that can be read in two ways.
    """
    event = app.current_event
    if not all(is_name(unquote(name)) for name in event.path.removeprefix("/").split("/")):
        raise NotFound("nothing has such a name")
    try:
        given = parse_qsl(
            event.get("rawQueryString") or "", keep_blank_values=True, max_num_fields=_MOST_PARAMETERS
        )
    except ValueError as error:
        raise InvalidInput(f"a query has at most {_MOST_PARAMETERS} parameters") from error
    if len({name for name, _ in given}) < len(given):
        raise InvalidInput("each parameter of the query may be given once")
    return answer(app)


def _without_parameters(app: ApiGatewayResolver, answer: Callable[..., Response[Any]]) -> Response[Any]:
    """Middleware of the routes that take no parameters."""
    Parameters.read(app.current_event.query_string_parameters or {})
    return answer(app)


READS_PARAMETERS: Final[list[Callable[..., Any]]] = []
"""The middleware of a route whose use case reads ``routes.query`` by a model of its own."""


class Routes(APIGatewayHttpRouter):
    """A group of routes. The entry puts ``dependencies`` into the context of each request.

    A route takes no parameters unless it says ``middlewares=READS_PARAMETERS``.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Powertools gives it no types

    def route(self, *given: Any, **named: Any) -> Callable[[Any], Any]:
        *others, middlewares = given  # get, post and delete pass every argument by position
        named["middlewares"] = [_without_parameters] if middlewares is None else middlewares
        return super().route(*others, **named)

    @property
    def dependencies(self) -> Dependencies:
        found: Dependencies = self.context["dependencies"]
        return found

    @property
    def sources(self) -> Sources:
        return self.dependencies.sources

    @property
    def caller(self) -> Caller:
        """The caller as the token names them: enough to read."""
        authorizer = self.current_event.request_context.authorizer
        return Caller.from_claims((authorizer.jwt_claim if authorizer else None) or {})

    @property
    def confirmed_caller(self) -> Caller:
        """The caller, confirmed by the user pool: needed to act and to export evidence."""
        return confirm_account(self.dependencies.accounts, self.caller)

    @property
    def query(self) -> dict[str, str]:
        return dict(self.current_event.query_string_parameters or {})

    def body(self, model: type[Body]) -> Body:
        """The request's body as the model. Raises InvalidInput."""
        kind = (self.current_event.headers.get("content-type") or "").partition(";")[0]
        if kind.strip().lower() != "application/json":
            raise InvalidInput("send the body as application/json")
        text = self._text()
        try:
            # In this order: pydantic refuses deep nesting, on which Python's own reader would fail.
            read = model.model_validate_json(text)
            json.loads(text, object_pairs_hook=_distinct)
        except ValidationError as error:
            fields = ", ".join(model.model_fields)
            raise InvalidInput(f"the body must be JSON with {fields}; {fault_of(error)}") from error
        return read

    def _text(self) -> str:
        try:
            text = self.current_event.decoded_body or ""
            size = len(text.encode())
        except ValueError as error:  # no base64, no UTF-8, or half a surrogate pair
            raise InvalidInput("the body is not text in UTF-8") from error
        if size > LARGEST_BODY:
            raise InvalidInput(f"the body may have at most {LARGEST_BODY} bytes")
        return text

    def file_answer(self, body: bytes, name: str, content_type: str) -> Response[Any]:
        """The file; or, where it is too large for an answer, a link to it that expires within minutes.

        The link is no redirection, because a redirection would send the caller's token to the bucket.
        """
        if len(body) > LARGEST_ANSWER:
            return self._link(body, name, content_type)
        headers = _HEADERS | {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(200, content_type, body, headers=headers)

    def list_answer(self, value: Any, name: str) -> Response[Any]:
        """JSON of any length; or, where it is too large for an answer, a link to it as a file."""
        body = orjson.dumps(value)
        if len(body) > LARGEST_ANSWER:
            return self._link(body, name, "application/json")
        return text_answer(body.decode())

    def _link(self, body: bytes, name: str, content_type: str) -> Response[Any]:
        url = self.dependencies.handouts.hand_out(name, body, content_type)
        link = {"name": name, "bytes": len(body), "sha256": sha256(body).hexdigest(), "url": url}
        return json_answer(link, media_type=_LINK_TYPE)


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Raises InvalidInput for a repeated field, of which readers take the first or the last."""
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise InvalidInput("each field of the body may be given once")
    return fields


def json_answer(
    value: Any, *, status: int = 200, media_type: str = "application/json", retry_after: int | None = None
) -> Response[Any]:
    return text_answer(
        orjson.dumps(value).decode(), status=status, media_type=media_type, retry_after=retry_after
    )


def text_answer(
    text: str, *, status: int = 200, media_type: str = "application/json", retry_after: int | None = None
) -> Response[Any]:
    """An answer whose body is JSON text already. ``retry_after``: seconds until another attempt may help."""
    headers = dict(_HEADERS)
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    return Response(status, media_type, text, headers=headers)
