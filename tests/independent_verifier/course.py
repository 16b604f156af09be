"""The course of a case, as the format page has it: what the page asks of each step."""

from datetime import datetime, timedelta

from tests.independent_verifier.asking import CASES_OWN, CAUSE, CHAIN, DECISIONS, Asking, Value, at, need

SECOND = timedelta(seconds=1)


class Course(Asking):
    """Where the case is; `follow` raises Wrong at the first event that does not fit."""

    def follow(self, event: Value) -> None:
        tag, data = event["tag"], event["data"]
        need(event["relied_on"].get("policy", self.policy) == self.policy, "another policy")
        if tag != "stage:entered":
            need(data.get("stage", self.stage) == self.stage, "another stage")
        subject = tag.split(":")[0]
        if subject in CASES_OWN or tag in CHAIN:
            need(at(self.latest) - at(event["occurred_at"]) <= timedelta(minutes=1), "out of order")
            self.latest = max(self.latest, event["occurred_at"])
        if self.only_end and subject in ("case", "stage", "dispute", "exception", "withdrawal", "removal"):
            need(tag == "case:closed", "only the end can follow")
        self.ask_or_end(event)
        if tag in DECISIONS:
            self.decide(event, DECISIONS[tag])
        before = self.phase
        self.move("extended" if data.get("extended") and tag == "stage:entered" else tag)
        rule = getattr(self, "on_" + tag.replace(":", "_"), None)
        if rule is not None:
            rule(event, before)
        self.weigh(event)
        if tag in CAUSE:
            self.causes.add(CAUSE[tag])

    # What the page asks of single steps. ``before``: the phase in which the step was taken.

    def on_owner_changed(self, event: Value, before: str) -> None:
        need(event["data"]["from"] == self.owner, "from another owner")
        self.owner = event["data"]["to"]
        need(self.owner != self.rep, "the rep owns the case")

    def on_workflow_restarted(self, event: Value, before: str) -> None:
        self.generation += 1
        need(event["data"]["generation"] == self.generation, "another generation")

    def on_stage_gated(self, event: Value, before: str) -> None:
        self.gate = event["data"]["to"]

    def on_stage_approved(self, event: Value, before: str) -> None:
        need((event["data"]["to"], event["data"]["choice"]) == (self.gate, "publish"), "another gate")

    def on_stage_sent_back(self, event: Value, before: str) -> None:
        choice = event["data"]["choice"]
        need(event["data"]["to"] == self.gate and choice != "publish", "another gate")
        if choice == "extend":
            self.phase = "extending"
        else:
            self.only_end = "excepted"

    def on_stage_entered(self, event: Value, before: str) -> None:
        to = event["data"]["stage"]
        if self.phase == "extending":
            self.take_stages(event, None, None)
        else:
            need({"opened": self.stage, "approved": self.gate}.get(before, to) == to, "another stage")
        self.stage, self.proposer, self.beside, self.end = to, None, None, None

    def on_stage_begun(self, event: Value, before: str) -> None:
        if before == "asking":
            self.take_stages(event, None, None)
        self.end = event["data"]["ends_at"]
        need(self.end is not None and self.end >= event["occurred_at"], "ends before it begins")

    def on_stage_extended(self, event: Value, before: str) -> None:
        days = event["data"]["days"]
        need(self.end is not None and days >= 1, "nothing to extend")
        need(near(event["data"]["ends_at"], at(str(self.end)) + timedelta(days=days)), "another end")
        self.end = event["data"]["ends_at"]

    def on_stage_ended(self, event: Value, before: str) -> None:
        need(event["occurred_at"] >= str(self.end), "too early")
        need(event["data"]["check_ins_missed"] == self.missed, "miscounted")
        self.end = None

    def on_exception_requested(self, event: Value, before: str) -> None:
        self.take_stages(event, "request_exception", event["data"]["by"])

    def on_dispute_raised(self, event: Value, before: str) -> None:
        by, of_rep = event["data"]["by"], self.last.get("rep")
        if of_rep is not None and by == self.rep == of_rep["by"]:
            self.take(of_rep, "dispute_figures", by)
        else:
            self.take_stages(event, "dispute_figures", by)

    def on_rep_acknowledged(self, event: Value, before: str) -> None:
        self.take(self.last.get("rep"), event["data"]["choice"], event["actor"]["id"])

    on_rep_rebutted = on_rep_acknowledged

    def on_check_in_done(self, event: Value, before: str) -> None:
        self.take(self.questions.get(event["data"]["request"]), "held", event["data"]["by"])

    def on_check_in_missed(self, event: Value, before: str) -> None:
        self.missed += 1
        about = event["data"]["request"]
        asked = about is None or self.questions.get(about, {"purpose": ""})["purpose"] == "check_in"
        need(asked, "no check-in")

    def on_removal_proposed(self, event: Value, before: str) -> None:
        self.take_stages(event, "propose_removal", event["data"]["by"])
        self.strongly(event)

    def on_removal_approved(self, event: Value, before: str) -> None:
        need(event["data"]["proposed_by"] == self.proposer, "another proposer")
        self.strongly(event)
        self.only_end = "removal_approved"

    def on_removal_sent_back(self, event: Value, before: str) -> None:
        need(event["data"]["proposed_by"] == self.proposer, "another proposer")
        self.proposer = self.beside = None

    def strongly(self, event: Value) -> None:
        need(event["actor"]["authenticated_by"] in ("link+code", "cognito"), "a link alone")

    def on_results_arrived(self, event: Value, before: str) -> None:
        periods, self.results = event["data"]["periods"], True
        need(all(period >= self.period for period in periods), "an earlier period")
        if periods == [self.period]:
            self.over_holds.add("withdrawal")
            self.causes.discard("withdrawal")

    def on_case_marked(self, event: Value, before: str) -> None:
        data = event["data"]
        need(data["period"] == self.period and data["outcome"] != "open_case", "nothing is undone")

    def on_case_held(self, event: Value, before: str) -> None:
        data = event["data"]
        need(self.hold is None and data["reason"] in self.causes, "no cause to hold")
        left = 0 if self.end is None else (at(self.end) - at(event["occurred_at"])).total_seconds()
        need(abs(max(0, int(left)) - data["remaining_s"]) <= 1, "another rest")
        self.hold = {**data, "since": event["occurred_at"]}
        self.causes.discard(data["reason"])
        self.over_holds.discard(data["reason"])

    def on_case_resumed(self, event: Value, before: str) -> None:
        data, hold = event["data"], self.hold
        need(hold is not None, "no hold")
        assert hold is not None
        need((hold["reason"], hold["since"]) == (data["reason"], data["since"]), "another hold")
        need(data["reason"] in self.over_holds, "nobody ended the hold")
        need((self.end is None) == (data["ends_at"] is None), "another end")
        if self.end is not None:
            away = at(event["occurred_at"]) - at(hold["since"]) if hold["paused"] else timedelta(0)
            need(near(data["ends_at"], at(self.end) + away), "another end")
        self.hold, self.end = None, data["ends_at"]
        if "main" in self.last and self.last["main"]["purpose"] == data["reason"]:
            self.last["main"]["heard"] = True

    def on_case_closed(self, event: Value, before: str) -> None:
        how, because = event["data"]["exit"], event["data"].get("because")
        if self.only_end or how in ("removal_approved", "excepted", "withdrawn"):
            need(how == self.only_end, "another end was decided")
        if how == "graduated":
            need(self.results and self.hold is None, "graduates without results")
        if how == "policy_closed" and because != "policy_ended":
            need(self.phase == "ended", "no stage is over")
        need(all(question["over"] for question in self.last.values()), "a question stands")
        free = how == "left_company" or (how, because) == ("policy_closed", "policy_ended")
        need(free or not self.unheard(), "an answer counts")


def near(text: str, time: datetime) -> bool:
    return abs(at(text) - time) <= SECOND
