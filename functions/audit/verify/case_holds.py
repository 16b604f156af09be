"""Rules about holds, what ends them, later results, and the end of a case (R48 to R56)."""

from .case_state import WITHIN, CaseState, Faults, Value
from .forms import moment


class CaseHolds(CaseState):
    """The steps that can happen in any stage of a case."""

    def _held(self, event: Value) -> Faults:
        data, left = event["data"], 0
        if self.hold is not None:
            yield f"is put on hold while it is on hold for {self.hold['reason']}"
        if data["reason"] not in self.causes:
            yield f"is put on hold for a {data['reason']}, but nothing led to one"
        if self.ends_at is not None:
            left = max(0, int((moment(self.ends_at) - moment(event["occurred_at"])).total_seconds()))
        if abs(left - data["remaining_s"]) > 1:
            yield f"says that {data['remaining_s']} seconds of the stage were left, but it was {left}"
        self.hold = {**data, "since": event["occurred_at"]}
        self.causes.discard(data["reason"])
        self.cleared.discard(data["reason"])

    def _resumed(self, event: Value) -> Faults:
        data, hold = event["data"], self.hold
        self.hold = None
        if self.questions.main is not None and self.questions.main.purpose == data["reason"]:
            self.questions.main.taken = True
        if hold is None or hold["reason"] != data["reason"] or hold["since"] != data["since"]:
            yield f"resumes from a hold for {data['reason']} since {data['since']}, which is not in force"
            return
        if data["reason"] not in self.cleared:
            yield f"resumes from a hold for {data['reason']}, but nobody ended that hold"
        expected = None if self.ends_at is None else moment(self.ends_at)
        if expected is not None and hold["paused"]:
            expected += moment(event["occurred_at"]) - moment(hold["since"])
        found = None if data["ends_at"] is None else moment(data["ends_at"])
        if (found is None) != (expected is None):
            yield "has an end of the stage after the hold but had none before, or the reverse"
        elif found is not None and expected is not None and abs(found - expected) > WITHIN:
            yield f"ends at {data['ends_at']} after the hold, but must end at {expected.isoformat()}"
        self.ends_at = data["ends_at"]

    def _hold_decided(self, event: Value) -> Faults:
        reason, choice = event["tag"].partition(":")[0], event["data"]["choice"]
        if self.hold is None or self.hold["reason"] != reason:
            yield f"decides a {reason}, but the case is not on hold for one"
        yield from self.takes_in_decision(event, reason, choice)
        if choice in ("uphold", "grant", "withdraw"):
            self.exit = "excepted" if reason == "exception" else "withdrawn"
        else:
            self.cleared.add(reason)

    def _results_arrived(self, event: Value) -> Faults:
        data, self.results = event["data"], True
        if data["periods"] == [self.period]:
            self.cleared.add("withdrawal")  # restated again, the figures support the opening findings
            self.causes.discard("withdrawal")
        if any(period < self.period for period in data["periods"]):
            yield "names results of a period before the case's own"

    def _case_marked(self, event: Value) -> Faults:
        if event["data"]["period"] != self.period or event["data"]["outcome"] == "open_case":
            yield f"marks the case for another period than {self.period}, or with the outcome open_case"

    def _leave_ended(self, event: Value) -> Faults:
        if event["data"]["purpose"] == "leave" and event["data"]["choice"] == "resume":
            self.cleared.add("leave")
        yield from ()

    def _closed(self, event: Value) -> Faults:
        end, because = event["data"]["exit"], event["data"].get("because")
        free = end == "left_company" or (end, because) == ("policy_closed", "policy_ended")
        if end in ("removal_approved", "excepted", "withdrawn") and self.exit != end:
            yield f"is closed as {end}, which nobody decided"
        elif self.exit and self.exit != end:
            yield f"is closed as {end}, but {self.exit} was decided"
        elif end == "graduated" and (not self.results or self.hold is not None):
            yield "graduates without results, or while it is on hold"
        elif end == "policy_closed" and not free and self.phase != "ended":
            yield "is closed at the end of its ladder, but no stage had ended"
        for request in self.questions.open_questions():
            yield f"is closed while question {request} is still open"
        if not free:
            for question in self.questions.untaken():
                yield f"is closed, but nobody took in the answer to {question.id}"
