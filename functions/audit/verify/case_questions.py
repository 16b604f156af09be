"""Rules about questions: who is asked, what ends a question, whose answer counts (R21 to R26, R63, R64)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

ASKING: Final = frozenset(
    ("request:sent", "request:reminded", "request:escalated", "check_in:asked", "rep:told")
)
OF_THE_CHAIN: Final = frozenset(("request:sent", "request:reminded", "request:escalated"))
HR_QUEUE: Final = "hr-queue"
HR_SEATS: Final = ("hr_partner", "hr_queue")
FOR_HR: Final = frozenset(("gate", "dispute", "exception", "withdrawal", "leave", "removal_approval"))
_OUTCOMES: Final = frozenset(("request:answered", "request:expired", "request:withdrawn"))

# These end a question without an outcome: a mail bounced, or the case itself moved on.
_ENDS_WITHOUT_OUTCOME: Final = frozenset(
    ("notice:bounced", "notice:failed", "answer:refused", "check_in:missed", "check_in:done")
)
# Notices that put a question to a person, or confirm an answer. Each goes to that person (R64).
_TO_ASSIGNEE: Final = frozenset(
    (
        *(
            "question",
            "reminder",
            "escalation",
            "hr_escalation",
            "gate",
            "dispute",
            "exception",
            "withdrawal",
        ),
        *("leave_review", "removal_approval", "check_in_due", "rep_told", "one_time_code"),
    )
)
_SIGNED_IN: Final = frozenset(("link", "link+code", "cognito"))
_ABOUT_REMOVAL: Final = frozenset(("removal_proposal", "removal_approval"))
ABOUT_QUESTIONS: Final = frozenset(("notice:sent",)) | ASKING | _OUTCOMES | _ENDS_WITHOUT_OUTCOME


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
    taken: bool = False
    """Whether a step took the answer in, or refused it."""
    answered_at: str = ""


@dataclass(slots=True)
class Questions:
    """All questions of a case. ``main`` is the last question to the chain or to HR."""

    rep: str = ""
    asked: dict[str, Question] = field(default_factory=dict)
    main: Question | None = None
    to_rep: Question | None = None
    check_in: Question | None = None
    taken: Question | None = None
    """The question whose answer the latest such step took in."""

    def faults(self, event: dict[str, Any]) -> list[str]:
        """What is wrong with an event of ``ABOUT_QUESTIONS``. The data of each has a ``request``."""
        tag, data = event["tag"], event["data"]
        if tag == "notice:sent":
            return [*self._mailed(data)]
        if tag in _ENDS_WITHOUT_OUTCOME:
            question = self.asked.get(data["request"])
            by_the_case = tag != "answer:refused" or "answered_by" in data
            if question is not None and by_the_case:
                question.over = True
                question.taken = question.taken or tag in ("answer:refused", "check_in:missed")
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
        if before is not None and before.outcome == "request:answered" and not before.taken:
            yield f"request {question.id} is asked, but nobody took in the answer to {before.id}"

    def _mailed(self, data: dict[str, Any]) -> Iterator[str]:
        """A mail about a question goes to the person whom it asks; a receipt to the one who answered."""
        question = self.asked.get(data["request"] or "")
        if question is None:
            return
        if data["kind"] in _TO_ASSIGNEE and data["to"] != question.assignee:
            yield f"{data['kind']} went to {data['to']}, but {question.id} asks {question.assignee}"
        if data["kind"] == "receipt" and question.by and data["to"] != question.by:
            yield f"the receipt went to {data['to']}, but {question.by} answered {question.id}"

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
            yield from _answered_as_asked(question, event)
            question.answered_at = event["occurred_at"]
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
        if question.taken:
            yield f"takes in the answer to {question.id} a second time"
        question.taken, self.taken = True, question
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
        if question.purpose in _ABOUT_REMOVAL and question.known_by == "link":
            yield f"{name} came by a link alone, which is not enough for a removal"
        if (
            question.purpose in _ABOUT_REMOVAL
            and question.assignee == HR_QUEUE
            and question.known_by != "cognito"
        ):
            yield f"{name} came from a shared mailbox, without anybody who signed in"

    def untaken(self) -> list[Question]:
        """The latest questions of each kind whose answers no step took in."""
        latest = (self.main, self.to_rep, self.check_in)
        return [each for each in latest if each is not None and each.by and not each.taken]

    def open_questions(self) -> list[str]:
        latest = (self.main, self.to_rep, self.check_in)
        return [question.id for question in latest if question is not None and not question.over]


def _answered_as_asked(question: Question, event: dict[str, Any]) -> Iterator[str]:
    """A person answered, from the seat that was asked; about a removal, after they saw comparable people."""
    data, actor = event["data"], event["actor"]
    for name in ("seat", "assignee", "on_behalf_of"):
        asked = getattr(question, name)
        if data[name] != asked:
            yield f"the answer names {data[name]} as `{name}`, but {question.id} asked {asked}"
    if actor["kind"] != "person" or actor["authenticated_by"] not in _SIGNED_IN:
        yield f"{question.id} was answered by {actor['kind']}/{actor['authenticated_by']}, which is no person"
    looked = "compared" in data, "compared" in event["relied_on"]
    if looked != (question.purpose in _ABOUT_REMOVAL,) * 2:
        yield f"the answer to {question.id} names comparable people, or names none, against its purpose"
