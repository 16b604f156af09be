"""What every route shares: its dependencies, the caller, the parts of the request, the form of the answer."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, TypeVar

import orjson
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter
from pydantic import BaseModel, ValidationError

from functions.audit.caller import Caller
from functions.audit.evidence.export_evidence import LedgerSource
from functions.audit.sources import Sources
from shared.domain.errors import InvalidInput
from shared.ports import Handouts, PersonalData

Body = TypeVar("Body", bound=BaseModel)
LARGEST_ANSWER: Final = 4_400_000
"""Bytes before base64: Lambda answers with at most 6 MB."""
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


class Routes(APIGatewayHttpRouter):
    """A group of routes. The entry puts ``dependencies`` into the context of each request."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Powertools gives it no types

    @property
    def dependencies(self) -> Dependencies:
        found: Dependencies = self.context["dependencies"]
        return found

    @property
    def sources(self) -> Sources:
        return self.dependencies.sources

    @property
    def caller(self) -> Caller:
        authorizer = self.current_event.request_context.authorizer
        return Caller.from_claims((authorizer.jwt_claim if authorizer else None) or {})

    @property
    def query(self) -> dict[str, str]:
        return dict(self.current_event.query_string_parameters or {})

    def body(self, model: type[Body]) -> Body:
        """The request's body as the model. Raises InvalidInput."""
        try:
            return model.model_validate_json(self.current_event.decoded_body or "")
        except ValidationError as error:
            raise InvalidInput("the body must be JSON with " + ", ".join(model.model_fields)) from error

    def file_answer(self, body: bytes, name: str, content_type: str) -> Response[Any]:
        """The file; or, where it is too large for an answer, a link to it that expires within minutes.

        The link is no redirection, because a redirection would send the caller's token to the bucket.
        """
        if len(body) > LARGEST_ANSWER:
            url = self.dependencies.handouts.hand_out(name, body, content_type)
            link = {"name": name, "bytes": len(body), "sha256": sha256(body).hexdigest(), "url": url}
            return json_answer(link, media_type=_LINK_TYPE)
        headers = _HEADERS | {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(200, content_type, body, headers=headers)


def json_answer(value: Any, *, status: int = 200, media_type: str = "application/json") -> Response[Any]:
    return text_answer(orjson.dumps(value).decode(), status=status, media_type=media_type)


def text_answer(text: str, *, status: int = 200, media_type: str = "application/json") -> Response[Any]:
    """An answer whose body is JSON text already."""
    return Response(status, media_type, text, headers=dict(_HEADERS))
