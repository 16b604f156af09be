"""Rules about questions: who is asked, what ends a question, whose answer counts (R21 to R26)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

ASKING: Final = frozenset(
    ("request:sent", "request:reminded", "request:escalated", "check_in:asked", "rep:told")
)
OF_THE_CHAIN: Final = frozenset(("request:sent", "request:reminded", "request:escalated"))
HR_SEATS: Final = ("hr_partner", "hr_queue")
FOR_HR: Final = frozenset(("gate", "dispute", "exception", "withdrawal", "leave", "removal_approval"))
_OUTCOMES: Final = frozenset(("request:answered", "request:expired", "request:withdrawn"))

# These end a question without an outcome: a mail bounced, or the case itself moved on.
_ENDS_WITHOUT_OUTCOME: Final = frozenset(
    ("notice:bounced", "notice:failed", "answer:refused", "check_in:missed", "check_in:done")
)
ABOUT_QUESTIONS: Final = ASKING | _OUTCOMES | _ENDS_WITHOUT_OUTCOME


@dataclass(slots=True)
class Question:
    """A question as it was asked, and its outcome."""

    id: str
    purpose: str
    seat: str
    assignee: str
    on_behalf_of: str | None
    choices: list[str]
    due_at: str
    outcome: str = ""
    over: bool = False
    """Whether the next question may be asked: this one has an outcome, or it never arrived."""
    choice: str = ""
    by: str = ""
    known_by: str = ""


@dataclass(slots=True)
class Questions:
    """All questions of a case. ``main`` is the last question to the chain or to HR."""

    rep: str = ""
    asked: dict[str, Question] = field(default_factory=dict)
    main: Question | None = None
    to_rep: Question | None = None
    check_in: Question | None = None

    def faults(self, event: dict[str, Any]) -> list[str]:
        """What is wrong with an event of ``ABOUT_QUESTIONS``. The data of each has a ``request``."""
        tag, data = event["tag"], event["data"]
        if tag in _ENDS_WITHOUT_OUTCOME:
            question = self.asked.get(data["request"])
            by_the_case = tag != "answer:refused" or "answered_by" in data
            if question is not None and by_the_case:
                question.over = True
            return []
        if tag in _OUTCOMES:
            return [*self._outcome(event)]
        return [] if data["request"] is None else [*self._asked(event)]

    def _asked(self, event: dict[str, Any]) -> Iterator[str]:
        tag, data = event["tag"], event["data"]
        names = ("purpose", "seat", "assignee", "on_behalf_of", "choices", "due_at")
        question = Question(data["request"], *(data[name] for name in names))
        if question.id in self.asked:
            yield f"request {question.id} is asked a second time"
        self.asked[question.id] = question
        if question.due_at < event["occurred_at"]:
            yield f"request {question.id} was due before it was asked"
        if (question.assignee == self.rep) != (tag == "rep:told") or question.on_behalf_of == self.rep:
            yield f"request {question.id} asks {question.assignee}, but this is the rep's own case"
        if question.purpose in FOR_HR and question.seat not in HR_SEATS:
            yield f"request {question.id} asks the {question.seat} what only HR decides"
        if tag == "rep:told":
            before, self.to_rep = self.to_rep, question
        elif tag == "check_in:asked":
            before, self.check_in = self.check_in, question
        else:
            before, self.main = self.main, question
            yield from self._next_in_chain(event, question)
        if before is not None and not before.over:
            yield f"request {question.id} is asked while {before.id} is still open"

    def _next_in_chain(self, event: dict[str, Any], question: Question) -> Iterator[str]:
        tag, after = event["tag"], self.asked.get(event["data"]["after"] or "")
        if (tag == "request:sent") != (event["data"]["after"] is None):
            yield f"{tag} of {question.id} names a wrong question in `after`"
        elif tag != "request:sent" and (after is None or after.purpose != question.purpose):
            yield f"request {question.id} names a question in `after` that was not asked"
        elif tag != "request:sent" and after is not None and not after.over:
            yield f"{tag} of {question.id} came before {after.id} was due"

    def _outcome(self, event: dict[str, Any]) -> Iterator[str]:
        tag, data = event["tag"], event["data"]
        question = self.asked.get(data["request"])
        if question is None:
            yield f"request {data['request']} was never asked, but it has {tag}"
            return
        if question.outcome:
            yield f"request {question.id} has a second outcome, {tag} after {question.outcome}"
        if data["purpose"] != question.purpose:
            yield f"request {question.id} was about {question.purpose}, not about {data['purpose']}"
        if tag == "request:expired" and event["occurred_at"] < question.due_at:
            yield f"request {question.id} expired before {question.due_at}, when it was due"
        question.outcome, question.over = tag, True
        if tag == "request:answered":
            if event["occurred_at"] > question.due_at:
                yield f"request {question.id} was answered after {question.due_at}, when it was due"
            actor = event["actor"]
            question.choice, question.by, question.known_by = (
                data["choice"],
                actor["id"],
                actor["authenticated_by"],
            )

    def take_in(self, question: Question | None, choice: str | None, by: str | None) -> Iterator[str]:
        """What is wrong with a step that takes in this answer (R26). ``None`` where the step does not say."""
        if question is None or question.outcome != "request:answered":
            yield "follows from an answer, but nobody gave the answer"
            return
        name = f"the answer to {question.id}"
        if question.choice not in question.choices:
            yield f"{name} is {question.choice}, which was not offered"
        if choice is not None and question.choice != choice:
            yield f"{name} is {question.choice}, not {choice}"
        if by is not None and question.by != by:
            yield f"{name} is from {question.by}, not from {by}"
        signed_in = question.seat in HR_SEATS and question.known_by == "cognito"
        if question.by not in (question.assignee, question.on_behalf_of) and not signed_in:
            yield f"{name} is from {question.by}, who was not asked"
        if question.seat != "rep" and question.by == self.rep:
            yield f"{name} is from the rep, whom it is about"

    def open_questions(self) -> list[str]:
        latest = (self.main, self.to_rep, self.check_in)
        return [question.id for question in latest if question is not None and not question.over]
