"""Compares what the policy requires of a case with what the record shows (C1 to C13).

This is a second verdict: a case may be recorded truthfully and yet not have been led as its policy says.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from .forms import moment
from .graduating import earned
from .policy_terms import CHECK_IN_WITHIN, PolicyTerms
from .recompute import Span

Value = dict[str, Any]
_CHAIN: Final = ("request:sent", "request:reminded", "request:escalated")
_OF_STAGE: Final = ("stage_plan", "removal_proposal")
_LATE: Final = timedelta(hours=12)
"""A check-in may be asked for late, for example after an outage; the next one is counted from there."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing that the policy requires. ``holds`` is None where the bundle does not show what was given."""

    topic: str
    where: str
    required: str
    given: str
    holds: bool | None


@dataclass(slots=True)
class Conformity:
    """Follows a case and notes each requirement. ``openings`` are the private parts, by sequence."""

    terms: PolicyTerms
    openings: Mapping[int, Value]
    found: list[Requirement] = field(default_factory=list)
    stage: str = ""
    entered: bool = False
    approved: str = ""
    period: str = ""
    asked: dict[str, Value] = field(default_factory=dict)
    put_again: list[Value] = field(default_factory=list)
    mailed: set[str] = field(default_factory=set)
    told: bool = False
    begun: str = ""
    held_since: str = ""
    held: timedelta = timedelta(0)
    check_ins: int = 0
    missed: int = 0
    results: dict[str, Value] | None = field(default_factory=dict)

    def follow(self, events: Sequence[Value]) -> list[Requirement]:
        for event in events:
            rule = _RULES.get(event["tag"])
            if rule is not None:
                rule(self, event)
        if self.begun and events:
            self._check_ins(events[-1])
        return self.found

    def note(self, topic: str, event: Value, required: str, given: str, holds: bool | None) -> None:
        where = f"event {event['sequence']}, {event['tag']}"
        self.found.append(Requirement(topic, where, required, given, holds))

    def _opened(self, event: Value) -> None:
        self.stage, self.period = event["data"]["stage"], event["data"]["period"]
        over = f"{Span.named(self.period).last_day}T10:00:00.000Z"
        holds = event["occurred_at"] >= over
        self.note("period", event, f"{self.period} is over", event["occurred_at"], holds)

    def _asked(self, event: Value) -> None:
        data, terms = event["data"], self.terms
        seat, within = terms.link(data["stage"], data["purpose"], data["step"])
        self._deadline(event, within)
        after = self.asked.get(data["after"] or "")
        starts = {0} | {each["step"] for each in self.put_again if each["purpose"] == data["purpose"]}
        if after is not None:
            starts = {after["step"], after["step"] + 1}
        skipped = [terms.seats_between(data["stage"], data["purpose"], at, data["step"]) for at in starts]
        holds = data["seat"] == seat and data["empty_seats"] in skipped
        given = f"{data['seat']} at step {data['step']}, after the empty seats {data['empty_seats']}"
        self.note(
            "chain", event, f"{seat} at step {data['step']}, and no seat skipped that is filled", given, holds
        )
        if data["purpose"] in _OF_STAGE:
            answers = terms.answers(data["stage"])
            usual = [terms.usual_answer(data["stage"])]
            holds = set(data["choices"]) <= set(answers) or data["choices"] == usual
            self.note("answers", event, f"some of {answers}", f"{data['choices']}", holds)
        self.asked[data["request"]] = data

    def _deadline(self, event: Value, within: str) -> None:
        least, most = self.terms.bounds(within)
        given = moment(event["data"]["due_at"]) - moment(event["occurred_at"])
        self.note("deadlines", event, within, f"{given}", least <= given <= most)

    def _rep_told(self, event: Value) -> None:
        self.told = True
        data, may = event["data"], self.terms.rep_may(self.stage)
        choices = [] if data["request"] is None else data["choices"]
        self.note("rep informed", event, f"may {may}", f"may {choices}", choices == may)
        if data["request"] is not None:
            self.asked[data["request"]] = data

    def _informed(self, event: Value) -> None:
        if self.terms.tells_rep(self.stage):
            given = "told" if self.told else "not told"
            self.note("rep informed", event, f"told in {self.stage}", given, self.told)

    def _sent(self, event: Value) -> None:
        self.mailed.add(event["data"]["request"] or "")

    def _expired(self, event: Value) -> None:
        question = self.asked.get(event["data"]["request"] or "")
        if question is None or question["assignee"] == "hr-queue":
            return
        sent = question["request"] in self.mailed
        self.note("mail", event, "a mail left before the deadline", "sent" if sent else "none", sent)

    def _withdrawn(self, event: Value) -> None:
        question = self.asked.get(event["data"]["request"])
        if question is not None and event["data"].get("because") == "mail_not_sent":
            self.put_again.append(question)

    def _refused(self, event: Value) -> None:
        question = self.asked.get(event["data"]["request"])
        if "answered_by" in event["data"] and question is not None:
            self.put_again.append(question)

    def _gated(self, event: Value) -> None:
        to = event["data"]["to"]
        expected = self.terms.then(self.stage) if self.entered else self.stage
        self.note("ladder", event, f"{expected} comes next", to, to == expected)

    def _approved(self, event: Value) -> None:
        self.approved = event["data"]["to"]

    def _entered(self, event: Value) -> None:
        to = event["data"]["stage"]
        if event["data"].get("extended"):
            holds = self.terms.then(to) == self.stage
            self.note("ladder", event, f"the stage before {self.stage}", to, holds)
        else:
            expected = self.terms.then(self.stage) if self.entered else self.stage
            self.note("ladder", event, f"{expected} comes next", to, to == expected)
            if self.terms.is_gated(to):
                passed = self.approved == to
                given = "HR approved it" if passed else "nobody approved it"
                self.note("gates", event, f"HR approves {to}", given, passed)
        self.stage, self.entered, self.approved, self.told = to, True, "", False

    def _begun(self, event: Value) -> None:
        length = self.terms.length(self.stage)
        least, most = self.terms.bounds(length)
        given = moment(event["data"]["ends_at"]) - moment(event["occurred_at"])
        self.note("length", event, length, f"{given}", least <= given <= most)
        if self.begun:
            self._check_ins(event)
        self.begun, self.held, self.check_ins, self.missed = event["occurred_at"], timedelta(0), 0, 0

    def _check_in_asked(self, event: Value) -> None:
        self.check_ins += 1
        self.asked[event["data"]["request"]] = event["data"]
        self._deadline(event, CHECK_IN_WITHIN)

    def _check_in_missed(self, event: Value) -> None:
        self.missed += 1
        self.check_ins += event["data"]["request"] is None
        if event["data"]["because"] == "expired":
            self._expired(event)

    def _check_ins(self, event: Value) -> None:
        """Those that were due while the stage ran, without the time on hold."""
        every, begun, self.begun = self.terms.check_ins_every(self.stage), self.begun, ""
        if every is None:
            return
        now = moment(event["occurred_at"])
        away = self.held + (now - moment(self.held_since) if self.held_since else timedelta(0))
        due = max(0, (now - moment(begun) - away) // (self.terms.bounds(every)[1] + _LATE))
        given = f"{self.check_ins} due, {self.missed} of them not held"
        holds = self.check_ins >= due and not self.missed
        self.note("check-ins", event, f"every {every}: at least {due}", given, holds)

    def _ended(self, event: Value) -> None:
        self._informed(event)
        if self.begun:
            self._check_ins(event)

    def _held(self, event: Value) -> None:
        data, pauses = event["data"], self.terms.pauses(event["data"]["reason"])
        required, given = (f"the clock {'stops' if stops else 'runs'}" for stops in (pauses, data["paused"]))
        self.note("pauses", event, required, given, data["paused"] == pauses)
        self.held_since = event["occurred_at"]

    def _resumed(self, event: Value) -> None:
        self.held += moment(event["occurred_at"]) - moment(self.held_since)
        self.held_since = ""

    def _results(self, event: Value) -> None:
        body = self.openings.get(event["sequence"])
        if body is None or self.results is None:
            self.results = None
            return
        self.results |= {each["period"]: each for each in body["results"] if each["period"] > self.period}

    def _removal(self, event: Value) -> None:
        self._informed(event)
        data = event["data"]
        given = f"{data['proposed_by']} and {data['by']}"
        self.note("two persons", event, "two", given, data["proposed_by"] != data["by"])

    def _closed(self, event: Value) -> None:
        data = event["data"]
        if self.begun:
            self._check_ins(event)
        if data["exit"] == "policy_closed" and data.get("because") == "ladder_ended":
            following = self.terms.then(self.stage)
            self.note("ladder", event, f"{following or 'nothing'} comes next", "the end", following is None)
        if data["exit"] == "graduated":
            bar = self.terms.graduation(self.stage)
            required = (
                "none is possible"
                if bar is None
                else (f"{bar['count']} of {bar['of_next']} periods of at least {bar['at_least']}")
            )
            if bar is None:
                self.note("graduation", event, required, "graduated", holds=False)
            elif self.results is None:
                self.note("graduation", event, required, "sealed results", holds=None)
            else:
                good = earned(bar, self.results)
                self.note("graduation", event, required, f"{good}", good >= bar["count"])


_RULES: Final[dict[str, Callable[[Conformity, Value], None]]] = {
    "case:opened": Conformity._opened,
    **dict.fromkeys(_CHAIN, Conformity._asked),
    "request:expired": Conformity._expired,
    "answer:refused": Conformity._refused,
    "request:withdrawn": Conformity._withdrawn,
    "notice:sent": Conformity._sent,
    "rep:told": Conformity._rep_told,
    "stage:gated": Conformity._gated,
    "stage:approved": Conformity._approved,
    "stage:entered": Conformity._entered,
    "stage:begun": Conformity._begun,
    "stage:ended": Conformity._ended,
    "check_in:asked": Conformity._check_in_asked,
    "check_in:missed": Conformity._check_in_missed,
    "case:held": Conformity._held,
    "case:resumed": Conformity._resumed,
    "results:arrived": Conformity._results,
    "removal:approved": Conformity._removal,
    "case:closed": Conformity._closed,
}
