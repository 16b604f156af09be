"""Rules about the course of a case, under every policy (R16 to R48 of docs/reference/ledger-format.md)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from .case_holds import CaseHolds
from .case_questions import OF_THE_CHAIN
from .case_state import DECIDING, WITHIN, Faults, Value
from .event_data import FORMS
from .forms import moment

_SKEW: Final = timedelta(minutes=1)
_TAKEN_WITHIN: Final = timedelta(hours=1)
"""An answer may arrive while another step is being written; the next step takes it in."""
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
"""The phase that these questions need; every other question leads to ``asking``."""


class CaseCourse(CaseHolds):
    """Follows the course of one case event by event."""

    def faults(self, event: Value) -> list[str]:
        tag, data, occurred, found = event["tag"], event["data"], event["occurred_at"], list[str]()
        policy = event["relied_on"].get("policy", self.policy)
        if policy != self.policy and self.policy:
            found.append(f"relies on policy {policy}, but the case relies on {self.policy}")
        if data.get("stage", self.stage) != self.stage and tag not in ("case:opened", "stage:entered"):
            found.append(f"names stage {data['stage']}, but the case is in {self.stage}")
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
            found += self._answers_in_time(event)
        if tag in _CAUSES:
            self.causes.add(_CAUSES[tag])
        return found

    def _answers_in_time(self, event: Value) -> Faults:
        """Whoever answered acts in the step that takes it in, and no step passes an answer over (R63)."""
        tag, answer = event["tag"], self.questions.taken
        if tag in _ACTED and answer is not None:
            actor = event["actor"]
            acts = (actor["id"], actor["kind"], actor["authenticated_by"])
            if acts != (answer.by, "person", answer.known_by):
                yield f"{' '.join(acts)} acts, but {answer.by} answered by {answer.known_by}"
        if tag in _PASSING:
            for each in self.questions.untaken():
                if _apart(each.answered_at, event["occurred_at"]) > _TAKEN_WITHIN:
                    yield f"{tag} passes over the answer to {each.id}, which nobody took in"

    def _opened(self, event: Value) -> Faults:
        data = event["data"]
        self.stage, self.owner, self.period = data["stage"], data["owner"], data["period"]
        self.policy, self.questions.rep = event["relied_on"]["policy"], data["rep"]
        if self.owner == data["rep"]:
            yield "the rep owns their own case"

    def _owner_changed(self, event: Value) -> Faults:
        data = event["data"]
        if data["from"] != self.owner:
            yield f"takes the case from {data['from']}, but its owner was {self.owner}"
        self.owner = data["to"]
        if self.owner == self.questions.rep:
            yield "the rep owns their own case"

    def _chain_asked(self, event: Value) -> Faults:
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
        to_the_queue = event["data"]["seat"] == "hr_queue"  # which any signed-in HR user may answer
        asked = event["data"]["assignee"]
        if purpose in DECIDING and asked in self.proposers() and not to_the_queue:
            yield f"asks {asked} to decide what {self.proposer} proposed"

    def _gated(self, event: Value) -> Faults:
        yield from self.needs_phase(event, "opened", "ended")
        self.phase, self.gate_to = "gate", event["data"]["to"]

    def _gate_decided(self, event: Value) -> Faults:
        data = event["data"]
        yield from self.needs_phase(event, "gate")
        yield from self.takes_in_decision(event, "gate", data["choice"])
        if data["to"] != self.gate_to:
            yield f"is about stage {data['to']}, but the gate is about {self.gate_to}"
        if (event["tag"] == "stage:approved") != (data["choice"] == "publish"):
            yield f"does not follow from the choice {data['choice']}"
        self.phase = {"publish": "approved", "extend": "extending"}.get(data["choice"], "decided")
        self.exit = "excepted" if self.phase == "decided" else ""

    def _entered(self, event: Value) -> Faults:
        to = event["data"]["stage"]
        if event["data"].get("extended"):
            yield from self.needs_phase(event, "asking")
            yield from self.takes_in_stage_answer(event)
            self.phase = "extending"
        else:
            yield from self.needs_phase(event, "opened", "ended", "approved")
            if self.phase == "approved" and to != self.gate_to:
                yield f"enters {to}, but HR approved {self.gate_to}"
            if self.phase == "opened" and to != self.stage:
                yield f"enters {to}, but the case was opened for {self.stage}"
            self.phase = "entered"
        self.stage, self.proposer, self.with_proposer, self.ends_at = to, None, None, None

    def _begun(self, event: Value) -> Faults:
        yield from self.needs_phase(event, "entered", "asking", "extending")
        if self.phase == "asking":
            yield from self.takes_in_stage_answer(event)
        self.phase, self.ends_at = "running", event["data"]["ends_at"]
        if event["data"]["ends_at"] < event["occurred_at"]:
            yield "the stage ends before it begins"

    def _extended(self, event: Value) -> Faults:
        days, ends_at = event["data"]["days"], event["data"]["ends_at"]
        if self.ends_at is None or days < 1:
            yield "extends a stage that does not run, or by less than one day"
        elif abs(moment(ends_at) - moment(self.ends_at) - timedelta(days=days)) > WITHIN:
            yield f"moves the end from {self.ends_at} to {ends_at}, which is not {days} days"
        self.ends_at = ends_at

    def _ended(self, event: Value) -> Faults:
        yield from self.needs_phase(event, "running")
        if event["occurred_at"] < (self.ends_at or ""):
            yield f"a stage that runs until {self.ends_at} ended before that time"
        if event["data"]["check_ins_missed"] != self.missed:
            yield f"counts {event['data']['check_ins_missed']} missed check-ins, but there were {self.missed}"
        self.phase, self.ends_at = "ended", None

    def _exception_requested(self, event: Value) -> Faults:
        yield from self.needs_phase(event, "asking")
        yield from self.takes_in_stage_answer(event, "request_exception")

    def _dispute_raised(self, event: Value) -> Faults:
        by, asked = event["data"]["by"], self.questions
        if asked.to_rep is not None and by == asked.to_rep.by == asked.rep:
            yield from asked.take_in(asked.to_rep, "dispute_figures", by)
        else:
            yield from self.takes_in_stage_answer(event, "dispute_figures")

    def _rep_answered(self, event: Value) -> Faults:
        yield from self.questions.take_in(
            self.questions.to_rep, event["data"]["choice"], event["actor"]["id"]
        )

    def _check_in_held(self, event: Value) -> Faults:
        data = event["data"]
        yield from self.questions.take_in(self.questions.asked.get(data["request"]), "held", data["by"])

    def _check_in_asked(self, event: Value) -> Faults:
        yield from self.needs_phase(event, "running")

    def _check_in_missed(self, event: Value) -> Faults:
        self.missed += 1
        question = self.questions.asked.get(event["data"]["request"] or "")
        if event["data"]["request"] is not None and (question is None or question.purpose != "check_in"):
            yield "reports a missed check-in that nobody asked for"

    def _removal_proposed(self, event: Value) -> Faults:
        yield from self.needs_phase(event, "asking")
        yield from self.takes_in_stage_answer(event, "propose_removal")
        yield from self.needs_strong_sign_in(event)
        self.phase, self.proposer = "approving", event["data"]["by"]

    def _removal_decided(self, event: Value) -> Faults:
        tag, data = event["tag"], event["data"]
        approved = tag == "removal:approved"
        yield from self.needs_phase(event, "approving")
        yield from self.takes_in_decision(event, "removal_approval", "approve" if approved else "send_back")
        if data["proposed_by"] != self.proposer:
            yield f"names {data['proposed_by']} as the proposer, but the proposer is {self.proposer}"
        if approved:
            yield from self.needs_strong_sign_in(event)
        self.phase, self.exit = ("decided", "removal_approved") if approved else ("asking", "")
        if not approved:
            self.proposer = self.with_proposer = None

    def _workflow_restarted(self, event: Value) -> Faults:
        self.generation += 1
        if event["data"]["generation"] != self.generation:
            yield f"is generation {event['data']['generation']}, but {self.generation} comes next"


def _apart(earlier: str, later: str) -> timedelta:
    return moment(later) - moment(earlier)


_RULES: Final[dict[str, Callable[[CaseCourse, Value], Faults]]] = {
    "case:opened": CaseCourse._opened,
    "case:marked": CaseCourse._case_marked,
    "case:held": CaseCourse._held,
    "case:resumed": CaseCourse._resumed,
    "case:closed": CaseCourse._closed,
    "owner:changed": CaseCourse._owner_changed,
    "results:arrived": CaseCourse._results_arrived,
    **dict.fromkeys(OF_THE_CHAIN, CaseCourse._chain_asked),
    "request:answered": CaseCourse._leave_ended,
    "stage:entered": CaseCourse._entered,
    "stage:gated": CaseCourse._gated,
    "stage:approved": CaseCourse._gate_decided,
    "stage:sent_back": CaseCourse._gate_decided,
    "stage:begun": CaseCourse._begun,
    "stage:extended": CaseCourse._extended,
    "stage:ended": CaseCourse._ended,
    "rep:acknowledged": CaseCourse._rep_answered,
    "rep:rebutted": CaseCourse._rep_answered,
    "check_in:asked": CaseCourse._check_in_asked,
    "check_in:done": CaseCourse._check_in_held,
    "check_in:missed": CaseCourse._check_in_missed,
    "dispute:raised": CaseCourse._dispute_raised,
    "dispute:decided": CaseCourse._hold_decided,
    "exception:requested": CaseCourse._exception_requested,
    "exception:decided": CaseCourse._hold_decided,
    "withdrawal:decided": CaseCourse._hold_decided,
    "removal:proposed": CaseCourse._removal_proposed,
    "removal:approved": CaseCourse._removal_decided,
    "removal:sent_back": CaseCourse._removal_decided,
    "workflow:restarted": CaseCourse._workflow_restarted,
}
_ACTED: Final = frozenset(
    (
        *("rep:acknowledged", "rep:rebutted", "check_in:done", "dispute:raised", "exception:requested"),
        *("stage:approved", "stage:sent_back", "removal:proposed", "removal:approved", "removal:sent_back"),
        *("dispute:decided", "exception:decided", "withdrawal:decided"),
    )
)
"""Steps of the person whose answer they take in."""
_PASSING: Final = frozenset(
    (
        *("stage:gated", "stage:entered", "stage:begun", "stage:ended", "check_in:asked", "case:held"),
        *("removal:proposed", "removal:approved", "removal:sent_back", "exception:requested"),
        *("stage:approved", "stage:sent_back", *OF_THE_CHAIN),
    )
)
_COURSE: Final = frozenset(
    tag
    for tag in _RULES
    if tag.partition(":")[0] in ("stage", "case", "dispute", "exception", "withdrawal", "removal")
)
