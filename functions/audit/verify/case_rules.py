"""What no honest case does, whatever its policy."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

# What cannot happen to a case that is closed.
_NOT_AFTER_THE_END: Final = re.compile(
    "case:(opened|held|resumed|closed)|(stage|dispute|exception|withdrawal|removal):.*|rep:told"
    "|request:(sent|reminded|escalated|answered)|check_in:(asked|done)"
)
_ASKED: Final = frozenset(
    ("request:sent", "request:reminded", "request:escalated", "check_in:asked", "rep:told")
)
_OUTCOMES: Final = frozenset(("request:answered", "request:expired", "request:withdrawn"))


@dataclass(slots=True)
class CaseRules:
    """What no honest case does, whatever its policy."""

    closed: bool = False
    proposer: str | None = None
    due: dict[str, str] = field(default_factory=dict)
    outcome: dict[str, str] = field(default_factory=dict)
    sent: set[str] = field(default_factory=set)

    def faults(self, event: dict[str, Any]) -> Iterator[str]:
        tag, data = event["tag"], event["data"]
        request, notice = data.get("request"), data.get("notice")
        if (tag == "case:opened") != (event["sequence"] == 1):
            yield "a case begins with case:opened, and only begins with it"
        if self.closed and _NOT_AFTER_THE_END.fullmatch(tag):
            yield f"{tag} happened after the case was closed"
        if tag == "case:closed":
            self.closed = True
        if tag in _ASKED and isinstance(request, str):
            self.due[request] = str(data.get("due_at", ""))
        if tag in _OUTCOMES and isinstance(request, str):
            if request in self.outcome:
                yield f"request {request} has a second outcome, {tag} after {self.outcome[request]}"
            elif tag == "request:answered" and request not in self.due:
                yield f"request {request} was answered, and never asked"
            elif tag == "request:expired" and event["occurred_at"] < self.due.get(request, ""):
                yield f"request {request} expired before {self.due[request]}, when it was due"
            self.outcome[request] = tag
        if tag == "notice:sent" and isinstance(notice, str):
            if notice in self.sent:
                yield f"notice {notice} was sent a second time"
            self.sent.add(notice)
        yield from self._two_people(tag, event["actor"]["id"])

    def _two_people(self, tag: str, actor: str) -> Iterator[str]:
        if tag == "removal:proposed":
            self.proposer = actor
        elif tag == "removal:sent_back":
            self.proposer = None
        elif tag == "removal:approved":
            if self.proposer is None:
                yield "a removal was approved that nobody had proposed"
            elif self.proposer == actor:
                yield f"{actor} approved the removal that {actor} had proposed"
