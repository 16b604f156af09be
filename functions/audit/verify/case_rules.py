"""What no honest case does, whatever its policy."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from .case_life import CaseLife
from .case_questions import Questions

# What cannot happen to a case that is closed.
_NOT_AFTER_THE_END: Final = re.compile(
    "case:(opened|held|resumed|closed)|(stage|dispute|exception|withdrawal|removal):.*|rep:told"
    "|request:(sent|reminded|escalated|answered)|check_in:(asked|done)"
)

NOT_JUDGED: Final = frozenset(
    ("link:opened", "link:refused", "record:read", "evidence:exported", "notice:queued")
)
"""What may stand anywhere but at the beginning, so that nobody has to look into it."""


@dataclass(slots=True)
class CaseRules:
    """One case, followed event by event."""

    closed: bool = False
    broken: bool = False
    """Whether a fault was found: what follows it can be judged no more, step by step."""
    sent: set[str] = field(default_factory=set)
    life: CaseLife = field(default_factory=lambda: CaseLife(Questions()))

    def faults(self, event: dict[str, Any]) -> Iterator[str]:
        tag, data = event["tag"], event["data"]
        if (tag == "case:opened") != (event["sequence"] == 1):
            yield "a case begins with case:opened, and only begins with it"
            self.broken = True
        if self.closed and _NOT_AFTER_THE_END.fullmatch(tag):
            yield f"{tag} happened after the case was closed"
            self.broken = True
        if tag == "notice:sent":
            if data["notice"] in self.sent:
                yield f"notice {data['notice']} was sent a second time"
            self.sent.add(data["notice"])
        if not self.broken:
            for fault in self.life.questions.faults(event):
                self.broken = True
                yield fault
            for fault in self.life.faults(event):
                self.broken = True
                yield fault
        self.closed = self.closed or tag == "case:closed"
