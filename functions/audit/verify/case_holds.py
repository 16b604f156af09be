"""Holds, what ends them, what later figures do, and the end of a case."""

from .case_state import WITHIN, CaseState, Faults, Value
from .forms import moment


class CaseHolds(CaseState):
    """The part of a case's course that can happen in any of its stages."""

    def _held(self, event: Value) -> Faults:
        data, left = event["data"], 0
        if self.hold is not None:
            yield f"is put on hold while it is on hold for {self.hold['reason']}"
        if data["reason"] not in self.causes:
            yield f"is put on hold for a {data['reason']} that nothing led to"
        if self.ends_at is not None:
            left = max(0, int((moment(self.ends_at) - moment(event["occurred_at"])).total_seconds()))
        if abs(left - data["remaining_s"]) > 1:
            yield f"says that {data['remaining_s']} seconds of the stage were left, and it was {left}"
        self.hold = {**data, "since": event["occurred_at"]}
        self.causes.discard(data["reason"])
        self.cleared.discard(data["reason"])

    def _resumed(self, event: Value) -> Faults:
        data, hold = event["data"], self.hold
        self.hold = None
        if hold is None or hold["reason"] != data["reason"] or hold["since"] != data["since"]:
            yield f"goes on from a hold for {data['reason']} since {data['since']}, which is not its hold"
            return
        if data["reason"] not in self.cleared:
            yield f"goes on from a hold for {data['reason']}, which nobody ended"
        expected = None if self.ends_at is None else moment(self.ends_at)
        if expected is not None and hold["paused"]:
            expected += moment(event["occurred_at"]) - moment(hold["since"])
        found = None if data["ends_at"] is None else moment(data["ends_at"])
        if (found is None) != (expected is None):
            yield "runs on after the hold, or does not, other than before"
        elif found is not None and expected is not None and abs(found - expected) > WITHIN:
            yield f"ends at {data['ends_at']} after the hold, where it would be {expected.isoformat()}"
        self.ends_at = data["ends_at"]

    def _hold_decided(self, event: Value) -> Faults:
        reason, choice = event["tag"].partition(":")[0], event["data"]["choice"]
        if self.hold is None or self.hold["reason"] != reason:
            yield f"a {reason} was decided that the case does not wait for"
        yield from self.decides(event, reason, choice)
        if choice in ("uphold", "grant", "withdraw"):
            self.exit = "excepted" if reason == "exception" else "withdrawn"
        else:
            self.cleared.add(reason)

    def _results(self, event: Value) -> Faults:
        data, self.results = event["data"], True
        if data["periods"] == [self.period]:
            self.cleared.add("withdrawal")  # restated again, the opening findings hold
            self.causes.discard("withdrawal")
        if any(period < self.period for period in data["periods"]):
            yield "results arrived of a period before the case's own"

    def _marked(self, event: Value) -> Faults:
        if event["data"]["period"] != self.period or event["data"]["outcome"] == "open_case":
            yield f"the findings of {self.period} are undone by what does not undo them"

    def _answer(self, event: Value) -> Faults:
        if event["data"]["purpose"] == "leave" and event["data"]["choice"] == "resume":
            self.cleared.add("leave")
        yield from ()

    def _closed(self, event: Value) -> Faults:
        end, because = event["data"]["exit"], event["data"].get("because")
        free = end == "left_company" or (end, because) == ("policy_closed", "policy_ended")
        if end in ("removal_approved", "excepted", "withdrawn") and self.exit != end:
            yield f"is closed as {end}, which nobody decided"
        elif self.exit and self.exit != end:
            yield f"is closed as {end}, and {self.exit} was decided"
        elif end == "graduated" and (not self.results or self.hold is not None):
            yield "graduates without results, or while it is on hold"
        elif end == "policy_closed" and not free and self.phase != "ended":
            yield "is closed at the end of its ladder, and no stage had ended"
        for request in self.questions.still_standing():
            yield f"is closed while {request} still stands"
