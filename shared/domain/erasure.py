"""What stays of a closed case once its person's data was erased: ids, times and codes. Pure.

Why restated figures undid a finding (``marked``) goes with them: it may be that somebody was on leave.
"""

from typing import Any, Final

from shared.domain.case import Case
from shared.domain.request import Request

_FIGURES: Final = ("findings", "inputs")
"""Of a decision."""


def personal_part(model: Case | Request) -> dict[str, Any]:
    """What erasing takes away, as JSON; empty where there is nothing to take."""
    if isinstance(model, Request):
        return {"reason": model.answer.reason} if model.answer is not None and model.answer.reason else {}
    parts = {
        "decision": {name: model.decision[name] for name in _FIGURES if model.decision.get(name)},
        "results": [result.model_dump(mode="json") for result in model.results],
        "restated": model.restated,
        "marked": model.marked,
    }
    return {name: part for name, part in parts.items() if part}


def impersonal(case: Case) -> Case:
    """The case without a figure, at the same version."""
    decision = {name: [] if name in _FIGURES else value for name, value in case.decision.items()}
    return case.model_copy(update={"decision": decision, "results": (), "restated": None, "marked": None})


def impersonal_request(request: Request) -> Request:
    """The question and what was chosen, without what was typed, at the same version."""
    if request.answer is None:
        return request
    return request.model_copy(update={"answer": request.answer.model_copy(update={"reason": ""})})


def erased_case(case: Case) -> Case:
    """The next version of the case, without a figure; the very case where it has none."""
    if not personal_part(case):
        return case
    return impersonal(case).model_copy(update={"version": case.version + 1})


def erased_request(request: Request) -> Request:
    """The next version of the request, without what was typed; the very request where nothing was."""
    if not personal_part(request):
        return request
    return impersonal_request(request).model_copy(update={"version": request.version + 1})
