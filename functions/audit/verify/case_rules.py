"""Rules that every case follows, under every policy (R8, R16)."""

import re
from dataclasses import dataclass, field
from typing import Any, Final

from .case_course import CaseCourse
from .case_questions import ABOUT_QUESTIONS, Questions

# Events that cannot happen to a closed case (R8).
_NOT_AFTER_THE_END: Final = re.compile(
    "case:(opened|held|resumed|closed)|(stage|dispute|exception|withdrawal|removal):.*|rep:told"
    "|request:(sent|reminded|escalated|answered)|check_in:(asked|done)"
)

UNRESTRICTED: Final = frozenset(
    (
        *("link:opened", "link:refused", "record:read", "evidence:exported"),
        *("notice:queued", "notice:delivered", "notice:reported", "workflow:started"),
    )
)
"""Tags that may stand anywhere except at the beginning, so that the rules skip them."""


@dataclass(slots=True)
class CaseRules:
    """Follows one case event by event."""

    closed: bool = False
    broken: bool = False
    """Whether a fault was found. The steps after a fault cannot be judged."""
    sent: set[str] = field(default_factory=set)
    course: CaseCourse = field(default_factory=lambda: CaseCourse(Questions()))

    def faults(self, event: dict[str, Any]) -> list[str]:
        tag, found = event["tag"], list[str]()
        if (tag == "case:opened") != (event["sequence"] == 1):
            found.append("a case begins with case:opened, and case:opened stands nowhere else")
        if self.closed and _NOT_AFTER_THE_END.fullmatch(tag):
            found.append(f"{tag} happened after the case was closed")
        if not (found or self.broken):
            if tag in ABOUT_QUESTIONS:
                found += self.course.questions.faults(event)
            found += self._course(event)
        self.broken = self.broken or bool(found)
        if tag == "notice:sent":
            found += self._sent(event["data"]["notice"])
        elif tag == "case:closed":
            self.closed = True
        return found

    def _course(self, event: dict[str, Any]) -> list[str]:
        try:
            return self.course.faults(event)
        except OverflowError:
            return ["names times or days that no calendar has"]

    def _sent(self, notice: str) -> list[str]:
        """Checked even after a fault, because it does not depend on the steps before."""
        if notice in self.sent:
            return [f"notice {notice} was sent a second time"]
        self.sent.add(notice)
        return []
