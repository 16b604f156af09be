"""Removes personal data from a closed case and its requests; ids, times and codes stay. Pure.

``marked`` is removed too: it says why restated figures undid a finding, and the reason may be a leave.
"""

from collections.abc import Mapping
from typing import Any, Final

from shared.domain.case import Case
from shared.domain.request import Request

_FIGURES: Final = ("findings", "inputs")
"""The members of a decision that are personal data."""


def personal_part(model: Case | Request) -> dict[str, Any]:
    """The personal data that erasing removes, as JSON; empty where there is none."""
    if isinstance(model, Request):
        return {"reason": model.answer.reason} if model.answer is not None and model.answer.reason else {}
    figures: Mapping[str, Any] = model.decision
    parts = {
        "decision": {name: figures[name] for name in _FIGURES if figures.get(name)},
        "results": [result.model_dump(mode="json") for result in model.results],
        "restated": model.restated,
        "marked": model.marked,
    }
    return {name: part for name, part in parts.items() if part}


def impersonal(case: Case) -> Case:
    """The case without personal data, at the same version."""
    decision = {name: [] if name in _FIGURES else value for name, value in case.decision.items()}
    return case.model_copy(update={"decision": decision, "results": (), "restated": None, "marked": None})


def impersonal_request(request: Request) -> Request:
    """The request without its typed reason, at the same version."""
    if request.answer is None:
        return request
    return request.model_copy(update={"answer": request.answer.model_copy(update={"reason": ""})})


def erased_case(case: Case) -> Case:
    """The next version of the case, without personal data; the same case where it has none."""
    if not personal_part(case):
        return case
    return impersonal(case).model_copy(update={"version": case.version + 1})


def erased_request(request: Request) -> Request:
    """The next version of the request, without its typed reason; the same request where it has none."""
    if not personal_part(request):
        return request
    return impersonal_request(request).model_copy(update={"version": request.version + 1})
