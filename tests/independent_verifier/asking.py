"""Questions, answers and phases of a case, as the format page has them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

Value = Mapping[str, Any]

# Step: the phases that it needs, the one that it leads to.
PHASES: dict[str, tuple[set[str], str]] = {
    "stage:gated": ({"opened", "ended"}, "gate"),
    "stage:approved": ({"gate"}, "approved"),
    "stage:sent_back": ({"gate"}, "decided"),
    "stage:entered": ({"opened", "ended", "approved"}, "entered"),
    "extended": ({"asking"}, "extending"),
    "stage:begun": ({"entered", "asking", "extending"}, "running"),
    "check_in:asked": ({"running"}, "running"),
    "stage:ended": ({"running"}, "ended"),
    "exception:requested": ({"asking"}, "asking"),
    "removal:proposed": ({"asking"}, "approving"),
    "removal:approved": ({"approving"}, "decided"),
    "removal:sent_back": ({"approving"}, "asking"),
}
# Decision: what HR was asked.
DECISIONS = {
    "stage:approved": "gate",
    "stage:sent_back": "gate",
    "removal:approved": "removal_approval",
    "removal:sent_back": "removal_approval",
    "dispute:decided": "dispute",
    "exception:decided": "exception",
    "withdrawal:decided": "withdrawal",
}
CAUSE = {
    "dispute:raised": "dispute",
    "exception:requested": "exception",
    "case:marked": "withdrawal",
    "leave:reported": "leave",
}
ENDS = {"uphold": "withdrawn", "withdraw": "withdrawn", "grant": "excepted"}
CASES_OWN = {
    "case",
    "stage",
    "owner",
    "results",
    "dispute",
    "exception",
    "withdrawal",
    "removal",
    "rep",
    "check_in",
}
NOT_THE_PROPOSERS = {"gate", "exception", "dispute", "removal_approval"}
HR_ONLY = NOT_THE_PROPOSERS | {"withdrawal", "leave"}
REMOVAL = {"removal_proposal", "removal_approval"}
ACTED = {
    *DECISIONS,
    *("rep:acknowledged", "rep:rebutted", "check_in:done", "dispute:raised", "exception:requested"),
    "removal:proposed",
}
PASSING = {
    *("stage:gated", "stage:entered", "stage:begun", "stage:ended", "check_in:asked", "case:held"),
    *("removal:proposed", "removal:approved", "removal:sent_back", "exception:requested"),
    *("stage:approved", "stage:sent_back", "request:sent", "request:reminded", "request:escalated"),
}
TO_THE_ASKED = {
    *("question", "reminder", "escalation", "hr_escalation", "gate", "dispute", "exception", "withdrawal"),
    *("leave_review", "removal_approval", "check_in_due", "rep_told", "one_time_code"),
}
SEAT = ("seat", "assignee", "on_behalf_of")
PERSONS = {"link", "link+code", "cognito"}
STAGES_OWN = {"stage_plan", "removal_proposal"}
CHAIN = {"request:sent", "request:reminded", "request:escalated"}
KINDS = {**dict.fromkeys(CHAIN, "main"), "rep:told": "rep", "check_in:asked": "check_in"}
OUTCOMES = {"request:answered", "request:expired", "request:withdrawn"}


class Wrong(Exception):
    """The event does not fit the ones before it."""


def need(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Wrong(otherwise)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


class Asking:
    """Where the case is, and what was asked and answered."""

    def __init__(self, opened: Value) -> None:
        data = opened["data"]
        self.rep, self.stage, self.period, self.owner = (
            data[name] for name in ("rep", "stage", "period", "owner")
        )
        self.policy = opened["relied_on"]["policy"]
        self.phase, self.generation, self.missed, self.results = "opened", 1, 0, False
        self.latest = opened["occurred_at"]
        self.gate: str | None = None
        self.end: str | None = None
        self.proposer: str | None = None
        self.beside: str | None = None
        self.hold: dict[str, Any] | None = None
        self.only_end: str | None = None
        self.causes: set[str] = set()
        self.over_holds: set[str] = set()
        self.questions: dict[str, dict[str, Any]] = {}
        self.last: dict[str, dict[str, Any]] = {}
        self.taken: dict[str, Any] | None = None
        need(self.owner != self.rep, "the rep owns the case")

    def weigh(self, event: Value) -> None:
        """Answers count, by whoever gave them, and are not passed over."""
        tag, actor = event["tag"], event["actor"]
        if tag in ACTED and self.taken is not None:
            need(actor["id"] == self.taken["by"] and actor["kind"] == "person", "another actor")
            need(actor["authenticated_by"] == self.taken["known"], "authenticated otherwise")
        if tag in PASSING:
            for question in self.unheard():
                waited = at(event["occurred_at"]) - at(question["when"])
                need(waited <= timedelta(hours=1), "an answer is passed over")

    def unheard(self) -> list[dict[str, Any]]:
        return [each for each in self.last.values() if each["by"] is not None and not each["heard"]]

    def move(self, step: str) -> None:
        if step in PHASES:
            needed, after = PHASES[step]
            need(self.hold is None and self.phase in needed, f"{step} in {self.phase}")
            self.phase = after

    # Questions.

    def ask_or_end(self, event: Value) -> None:
        tag, data = event["tag"], event["data"]
        if tag in KINDS and data["request"] is not None:
            self.ask(event, KINDS[tag])
        elif tag in OUTCOMES:
            self.outcome(event)
        ends = tag in ("notice:bounced", "notice:failed", "check_in:done", "check_in:missed")
        if ends or (tag == "answer:refused" and "answered_by" in data):
            question = self.questions.get(data["request"], {})
            question["over"] = True
            if tag in ("answer:refused", "check_in:missed"):
                question["heard"] = True
        if tag == "notice:sent" and data["request"] in self.questions:
            question = self.questions[data["request"]]
            need(data["kind"] not in TO_THE_ASKED or data["to"] == question["assignee"], "mail to another")
            if data["kind"] == "receipt" and question["by"] is not None:
                need(data["to"] == question["by"], "a receipt to another")

    def ask(self, event: Value, kind: str) -> None:
        tag, data = event["tag"], event["data"]
        need(data["request"] not in self.questions, "asked twice")
        need(data["due_at"] >= event["occurred_at"], "due before asked")
        need((data["assignee"] == self.rep) == (kind == "rep"), "the rep's own case")
        need(data["on_behalf_of"] != self.rep, "on the rep's behalf")
        purpose = data["purpose"]
        if purpose in HR_ONLY:
            need(data["seat"] in ("hr_partner", "hr_queue"), "only HR decides")
        if kind in self.last:
            need(self.last[kind]["over"], "the last question stands")
            need(self.last[kind]["by"] is None or self.last[kind]["heard"], "the last answer counts")
        if kind == "main":
            need((tag == "request:sent") == (data["after"] is None), "after what?")
            if tag != "request:sent":
                earlier = self.questions.get(data["after"], {"over": False, "purpose": None})
                need(earlier["over"] and earlier["purpose"] == purpose, "after what?")
            self.place(purpose, data)
        question = {**data, "over": False, "outcome": None, "said": None, "by": None, "known": None}
        question |= {"heard": False, "when": None}
        self.questions[data["request"]] = self.last[kind] = question

    def place(self, purpose: str, data: Mapping[str, Any]) -> None:
        if self.hold is not None:
            need(purpose == self.hold["reason"], "on hold for something else")
        elif purpose in STAGES_OWN:
            need(self.phase in ("opened", "entered", "asking", "ended"), "no time to ask")
            self.phase = "asking"
        else:
            need(
                {"gate": "gate", "removal_approval": "approving"}.get(purpose) == self.phase, "no time to ask"
            )
        free = purpose not in NOT_THE_PROPOSERS or data["seat"] == "hr_queue"
        need(free or data["assignee"] not in (self.proposer, self.beside), "the proposer is asked")

    def outcome(self, event: Value) -> None:
        tag, data = event["tag"], event["data"]
        need(data["request"] in self.questions, "never asked")
        question = self.questions[data["request"]]
        need(
            question["outcome"] is None and question["purpose"] == data["purpose"], "second or other outcome"
        )
        if tag == "request:expired":
            need(event["occurred_at"] >= question["due_at"], "too early")
        question["outcome"], question["over"] = tag, True
        if tag == "request:answered":
            need(event["occurred_at"] <= question["due_at"], "too late")
            actor = event["actor"]
            question.update(said=data["choice"], by=actor["id"], known=actor["authenticated_by"])
            question["when"] = event["occurred_at"]
            need(all(data[each] == question[each] for each in SEAT), "another seat than was asked")
            need(actor["kind"] == "person" and actor["authenticated_by"] in PERSONS, "no person answered")
            removal = question["purpose"] in REMOVAL
            need(("compared" in data) == ("compared" in event["relied_on"]) == removal, "who was compared?")
            if (data["purpose"], data["choice"]) == ("leave", "resume"):
                self.over_holds.add("leave")

    def take(self, question: dict[str, Any] | None, choice: str | None, by: str | None) -> None:
        need(question is not None and question["outcome"] == "request:answered", "not answered")
        assert question is not None
        need(question["said"] in question["choices"], "not offered")
        need(choice is None or choice == question["said"], "another choice")
        need(by is None or by == question["by"], "somebody else's")
        desk = question["seat"] in ("hr_partner", "hr_queue") and question["known"] == "cognito"
        need(desk or question["by"] in (question["assignee"], question["on_behalf_of"]), "not asked")
        need(question["seat"] == "rep" or question["by"] != self.rep, "own case")
        if question["purpose"] in REMOVAL:
            need(question["known"] != "link", "a removal by a link alone")
            need(question["assignee"] != "hr-queue" or question["known"] == "cognito", "a shared mailbox")
        need(not question["heard"], "taken in twice")
        question["heard"], self.taken = True, question

    def take_stages(self, event: Value, choice: str | None, by: str | None) -> None:
        question = self.last.get("main")
        need(question is not None and question["purpose"] in STAGES_OWN, "not the stage's question")
        self.take(question, choice, by)
        assert question is not None
        self.proposer, self.beside = question["by"], event["data"].get("in_place_of")
        named = (None, question["assignee"], question["on_behalf_of"])
        need(self.beside in named, "the question names nobody else")

    def decide(self, event: Value, purpose: str) -> None:
        data, question = event["data"], self.last.get("main")
        need(question is not None and question["purpose"] == purpose, "not asked")
        removal = {"removal:approved": "approve", "removal:sent_back": "send_back"}.get(event["tag"])
        self.take(question, removal or data["choice"], data["by"])
        need(event["actor"]["id"] == data["by"], "another actor")
        free = purpose not in NOT_THE_PROPOSERS
        need(free or data["by"] not in (self.proposer, self.beside), "the proposer decides")
        if event["tag"].endswith(":decided"):
            need(self.hold is not None and self.hold["reason"] == purpose, "no such hold")
            if data["choice"] in ENDS:
                self.only_end = ENDS[data["choice"]]
            else:
                self.over_holds.add(purpose)
