"""Routes of people: erase a person's data; place and lift a legal hold."""

from typing import Annotated, Any
from urllib.parse import unquote

from aws_lambda_powertools.event_handler import Response
from pydantic import BaseModel, ConfigDict, Field

from functions.audit.api.person_act import PersonAct
from functions.audit.api.place_legal_hold import MOST_COMPARATORS, lift_legal_hold, place_legal_hold
from functions.audit.api.shred_person import shred_person
from functions.audit.handlers.routes.exchange import Routes, json_answer
from functions.audit.parameters import Name, TypedText
from shared.domain.identifiers import PersonId

routes = Routes()


class ReasonBody(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    reason: TypedText


class LegalHoldBody(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    reason: TypedText
    comparators: Annotated[tuple[Name, ...], Field(max_length=MOST_COMPARATORS)] = ()


@routes.post("/people/<person_id>/shred")
def shred(person_id: str) -> Response[Any]:
    return json_answer(shred_person(_act_on(person_id, routes.body(ReasonBody).reason)))


@routes.post("/people/<person_id>/hold")
def place(person_id: str) -> Response[Any]:
    body = routes.body(LegalHoldBody)
    comparators = [PersonId(each) for each in body.comparators]
    return json_answer(place_legal_hold(_act_on(person_id, body.reason), comparators))


@routes.delete("/people/<person_id>/hold")
def lift(person_id: str) -> Response[Any]:
    return json_answer(lift_legal_hold(_act_on(person_id, routes.body(ReasonBody).reason)))


def _act_on(person_id: str, reason: str) -> PersonAct:
    person, personal_data = PersonId(unquote(person_id)), routes.dependencies.personal_data
    return PersonAct.of(routes.sources, personal_data, routes.confirmed_caller, person, reason)
