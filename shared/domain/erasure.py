"""What stays of a closed case once its person's data was erased: ids, times and codes. Pure."""

from shared.domain.case import Case
from shared.domain.request import Request


def erased_case(case: Case) -> Case:
    """The case without a figure."""
    decision = {**case.decision, "findings": [], "inputs": []}
    return case.model_copy(update={"decision": decision, "results": (), "version": case.version + 1})


def erased_request(request: Request) -> Request:
    """The question and what was chosen, without what was typed."""
    if request.answer is None or not request.answer.reason:
        return request
    answer = request.answer.model_copy(update={"reason": ""})
    return request.model_copy(update={"answer": answer, "version": request.version + 1})
