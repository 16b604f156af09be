"""The course of a case: which step can follow which, whatever its policy.

The rules are those of docs/reference/ledger-format.md.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from .case_holds import CaseHolds
from .case_questions import OF_THE_CHAIN
from .case_state import DECIDING, WITHIN, Faults, Value
from .event_data import FORMS
from .forms import moment

_SKEW: Final = timedelta(minutes=1)
_CASES_OWN: Final = (
    *("case:", "stage:", "owner:", "results:", "dispute:", "exception:"),
    *("withdrawal:", "removal:", "rep:", "check_in:"),
)
_IN_ORDER: Final = OF_THE_CHAIN | {tag for tag in FORMS if tag.startswith(_CASES_OWN)}
_CAUSES: Final = {
    "dispute:raised": "dispute",
    "exception:requested": "exception",
    "case:marked": "withdrawal",
    "leave:reported": "leave",
}
_PHASE_OF: Final = {"gate": "gate", "removal_approval": "approving"}
"""In which phase a question is put, where that is not ``asking``."""


class CaseCourse(CaseHolds):
    """The course of one case, followed event by event."""

    def faults(self, event: Value) -> list[str]:
        tag, data, occurred, found = event["tag"], event["data"], event["occurred_at"], list[str]()
        policy = event["relied_on"].get("policy", self.policy)
        if policy != self.policy and self.policy:
            found.append(f"relies on policy {policy}, and the case on {self.policy}")
        if data.get("stage", self.stage) != self.stage and tag not in ("case:opened", "stage:entered"):
            found.append(f"speaks of stage {data['stage']}, and the case is in {self.stage}")
        if tag in _IN_ORDER:
            if occurred >= self.latest:
                self.latest = occurred
            elif _apart(occurred, self.latest) > _SKEW:
                found.append(f"happened at {occurred}, after what happened at {self.latest}")
        rule = _RULES.get(tag)
        if rule is not None:
            if self.exit and tag != "case:closed" and tag in _COURSE:
                found.append(f"{tag} follows a decision that ends the case as {self.exit}")
            found += rule(self, event)
        if tag in _CAUSES:
            self.causes.add(_CAUSES[tag])
        return found

    def _opened(self, event: Value) -> Faults:
        data = event["data"]
        self.stage, self.owner, self.period = data["stage"], data["owner"], data["period"]
        self.policy, self.questions.rep = event["relied_on"]["policy"], data["rep"]
        if self.owner == data["rep"]:
            yield "the rep owns their own case"

    def _owner(self, event: Value) -> Faults:
        data = event["data"]
        if data["from"] != self.owner:
            yield f"takes the case from {data['from']}, and its owner was {self.owner}"
        self.owner = data["to"]
        if self.owner == self.questions.rep:
            yield "the rep owns their own case"

    def _asked(self, event: Value) -> Faults:
        purpose = event["data"]["purpose"]
        if self.hold is not None:
            if purpose != self.hold["reason"]:
                yield f"asks about {purpose} while the case is on hold for {self.hold['reason']}"
        elif purpose in ("stage_plan", "removal_proposal"):
            if self.phase not in ("opened", "entered", "asking", "ended"):
                yield f"asks about {purpose} while the case is {self.phase}"
            self.phase = "asking"
        elif _PHASE_OF.get(purpose, "") != self.phase:
            yield f"asks about {purpose} while the case is {self.phase}"
        to_the_queue = event["data"]["seat"] == "hr_queue"  # for whoever of HR signs in
        if purpose in DECIDING and event["data"]["assignee"] == self.proposer and not to_the_queue:
            yield f"asks {self.proposer} to decide what {self.proposer} proposed"

    def _gated(self, event: Value) -> Faults:
        yield from self.only_in(event, "opened", "ended")
        self.phase, self.gate_to = "gate", event["data"]["to"]

    def _gate_decided(self, event: Value) -> Faults:
        data = event["data"]
        yield from self.only_in(event, "gate")
        yield from self.decides(event, "gate", data["choice"])
        if data["to"] != self.gate_to:
            yield f"is about stage {data['to']}, and the gate about {self.gate_to}"
        if (event["tag"] == "stage:approved") != (data["choice"] == "publish"):
            yield f"does not follow from {data['choice']}"
        self.phase = {"publish": "approved", "extend": "extending"}.get(data["choice"], "decided")
        self.exit = "excepted" if self.phase == "decided" else ""

    def _entered(self, event: Value) -> Faults:
        to = event["data"]["stage"]
        if event["data"].get("extended"):
            yield from self.only_in(event, "asking")
            yield from self.answered(event)
            self.phase = "extending"
        else:
            yield from self.only_in(event, "opened", "ended", "approved")
            if self.phase == "approved" and to != self.gate_to:
                yield f"enters {to}, and HR let {self.gate_to} begin"
            if self.phase == "opened" and to != self.stage:
                yield f"enters {to}, and the case was opened for {self.stage}"
            self.phase = "entered"
        self.stage, self.proposer, self.ends_at = to, None, None

    def _begun(self, event: Value) -> Faults:
        yield from self.only_in(event, "entered", "asking", "extending")
        if self.phase == "asking":
            yield from self.answered(event)
        self.phase, self.ends_at = "running", event["data"]["ends_at"]
        if event["data"]["ends_at"] < event["occurred_at"]:
            yield "a stage ends before it begins"

    def _extended(self, event: Value) -> Faults:
        days, ends_at = event["data"]["days"], event["data"]["ends_at"]
        if self.ends_at is None or days < 1:
            yield "a stage that does not run got more time"
        elif abs(moment(ends_at) - moment(self.ends_at) - timedelta(days=days)) > WITHIN:
            yield f"moves the end by other than {days} days, from {self.ends_at} to {ends_at}"
        self.ends_at = ends_at

    def _ended(self, event: Value) -> Faults:
        yield from self.only_in(event, "running")
        if event["occurred_at"] < (self.ends_at or ""):
            yield f"a stage that runs until {self.ends_at} ended before"
        if event["data"]["check_ins_missed"] != self.missed:
            yield f"counts {event['data']['check_ins_missed']} missed check-ins, and {self.missed} are here"
        self.phase, self.ends_at = "ended", None

    def _exception(self, event: Value) -> Faults:
        yield from self.only_in(event, "asking")
        yield from self.answered(event, "request_exception")

    def _disputed(self, event: Value) -> Faults:
        by, asked = event["data"]["by"], self.questions
        if asked.to_rep is not None and by == asked.to_rep.by == asked.rep:
            yield from asked.taken(asked.to_rep, "dispute_figures", by)
        else:
            yield from self.answered(event, "dispute_figures")

    def _said(self, event: Value) -> Faults:
        yield from self.questions.taken(self.questions.to_rep, event["data"]["choice"], event["actor"]["id"])

    def _checked_in(self, event: Value) -> Faults:
        data = event["data"]
        yield from self.questions.taken(self.questions.asked.get(data["request"]), "held", data["by"])

    def _check_in(self, event: Value) -> Faults:
        yield from self.only_in(event, "running")

    def _missed(self, event: Value) -> Faults:
        self.missed += 1
        question = self.questions.asked.get(event["data"]["request"] or "")
        if event["data"]["request"] is not None and (question is None or question.purpose != "check_in"):
            yield "a check-in was missed that was not asked for"

    def _proposed(self, event: Value) -> Faults:
        yield from self.only_in(event, "asking")
        yield from self.answered(event, "propose_removal")
        yield from self.strongly(event)
        self.phase, self.proposer = "approving", event["data"]["by"]

    def _approved(self, event: Value) -> Faults:
        tag, data = event["tag"], event["data"]
        approved = tag == "removal:approved"
        yield from self.only_in(event, "approving")
        yield from self.decides(event, "removal_approval", "approve" if approved else "send_back")
        if data["proposed_by"] != self.proposer:
            yield f"names {data['proposed_by']} as the proposer, who is {self.proposer}"
        if approved:
            yield from self.strongly(event)
        self.phase, self.exit = ("decided", "removal_approved") if approved else ("asking", "")
        self.proposer = self.proposer if approved else None

    def _restarted(self, event: Value) -> Faults:
        self.generation += 1
        if event["data"]["generation"] != self.generation:
            yield f"is generation {event['data']['generation']} where {self.generation} follows"


def _apart(earlier: str, later: str) -> timedelta:
    return moment(later) - moment(earlier)


_RULES: Final[dict[str, Callable[[CaseCourse, Value], Faults]]] = {
    "case:opened": CaseCourse._opened,
    "case:marked": CaseCourse._marked,
    "case:held": CaseCourse._held,
    "case:resumed": CaseCourse._resumed,
    "case:closed": CaseCourse._closed,
    "owner:changed": CaseCourse._owner,
    "results:arrived": CaseCourse._results,
    **dict.fromkeys(OF_THE_CHAIN, CaseCourse._asked),
    "request:answered": CaseCourse._answer,
    "stage:entered": CaseCourse._entered,
    "stage:gated": CaseCourse._gated,
    "stage:approved": CaseCourse._gate_decided,
    "stage:sent_back": CaseCourse._gate_decided,
    "stage:begun": CaseCourse._begun,
    "stage:extended": CaseCourse._extended,
    "stage:ended": CaseCourse._ended,
    "rep:acknowledged": CaseCourse._said,
    "rep:rebutted": CaseCourse._said,
    "check_in:asked": CaseCourse._check_in,
    "check_in:done": CaseCourse._checked_in,
    "check_in:missed": CaseCourse._missed,
    "dispute:raised": CaseCourse._disputed,
    "dispute:decided": CaseCourse._hold_decided,
    "exception:requested": CaseCourse._exception,
    "exception:decided": CaseCourse._hold_decided,
    "withdrawal:decided": CaseCourse._hold_decided,
    "removal:proposed": CaseCourse._proposed,
    "removal:approved": CaseCourse._approved,
    "removal:sent_back": CaseCourse._approved,
    "workflow:restarted": CaseCourse._restarted,
}
_COURSE: Final = frozenset(
    tag
    for tag in _RULES
    if tag.partition(":")[0] in ("stage", "case", "dispute", "exception", "withdrawal", "removal")
)
