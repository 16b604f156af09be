"""What no honest case does, whatever its policy."""

import re
from dataclasses import dataclass, field
from typing import Any, Final

from .case_course import CaseCourse
from .case_questions import ABOUT_QUESTIONS, Questions

# What cannot happen to a case that is closed.
_NOT_AFTER_THE_END: Final = re.compile(
    "case:(opened|held|resumed|closed)|(stage|dispute|exception|withdrawal|removal):.*|rep:told"
    "|request:(sent|reminded|escalated|answered)|check_in:(asked|done)"
)

NOT_JUDGED: Final = frozenset(
    (
        *("link:opened", "link:refused", "record:read", "evidence:exported"),
        *("notice:queued", "notice:delivered", "workflow:started"),
    )
)
"""What may stand anywhere but at the beginning, so that nobody has to look into it."""


@dataclass(slots=True)
class CaseRules:
    """One case, followed event by event."""

    closed: bool = False
    broken: bool = False
    """Whether a fault was found: what follows it can be judged no more, step by step."""
    sent: set[str] = field(default_factory=set)
    life: CaseCourse = field(default_factory=lambda: CaseCourse(Questions()))

    def faults(self, event: dict[str, Any]) -> list[str]:
        tag, found = event["tag"], list[str]()
        if (tag == "case:opened") != (event["sequence"] == 1):
            found.append("a case begins with case:opened, and only begins with it")
        if self.closed and _NOT_AFTER_THE_END.fullmatch(tag):
            found.append(f"{tag} happened after the case was closed")
        if not (found or self.broken):
            if tag in ABOUT_QUESTIONS:
                found += self.life.questions.faults(event)
            found += self.life.faults(event)
        self.broken = self.broken or bool(found)
        if tag == "notice:sent":
            found += self._sent(event["data"]["notice"])
        elif tag == "case:closed":
            self.closed = True
        return found

    def _sent(self, notice: str) -> list[str]:
        """It breaks no step that follows, so it is asked of every notice, whatever was found before."""
        if notice in self.sent:
            return [f"notice {notice} was sent a second time"]
        self.sent.add(notice)
        return []
