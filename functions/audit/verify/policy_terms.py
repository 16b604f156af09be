"""What a policy requires of a case, read from its JSON (C1 to C13). Defaults are those of the format page."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

_HR_SEATS: Final = ("hr_partner", "hr_queue")
_OF_HR: Final = frozenset(("gate", "dispute", "exception", "withdrawal", "leave", "removal_approval"))
_MANAGERS_CHAIN: Final = (
    ("manager", "2bd"),
    ("manager", "1bd"),
    ("skip_level", "2bd"),
    ("hr_partner", "3bd"),
    ("hr_queue", "5bd"),
)
_LAST: Final = ("hr_queue", "5bd")
CHECK_IN_WITHIN: Final = "2bd"
_USUAL_LENGTH: Final = "30d"
_USUAL: Final = ("coach", "dispute_figures", "request_exception")
_ADVERSE: Final = ("propose_removal", "extend_plan", "request_exception")
_HOUR: Final = timedelta(hours=1)
"""A day on which the clocks change is an hour longer or shorter."""


class PolicyTerms:
    """Raises LookupError, TypeError or ValueError where the policy is malformed."""

    def __init__(self, policy: Mapping[str, Any]) -> None:
        self._stages = {stage["stage"]: stage for stage in policy["ladder"]}
        self._hold = policy.get("hold") or {}
        self._quarters = policy["period"] == "quarter"

    def link(self, stage: str, purpose: str, step: int) -> tuple[str, str]:
        """The seat, and how long it has, at this step of the chain that the purpose has in the stage."""
        chain = self._chain(stage, purpose)
        if step < len(chain):
            return chain[step]
        return chain[-1] if chain[-1][0] == "hr_queue" else _LAST

    def seats_between(self, stage: str, purpose: str, start: int, step: int) -> list[str]:
        return [seat for seat, _ in self._chain(stage, purpose)[start:step]]

    def _chain(self, stage: str, purpose: str) -> list[tuple[str, str]]:
        asked = self._stages[stage].get("ask")
        chain = list(_MANAGERS_CHAIN)
        if asked is not None:
            chain = [(link["to"], link["within"]) for link in asked["chain"]]
        if purpose not in _OF_HR:
            return chain
        chain = [link for link in chain if link[0] in _HR_SEATS]
        return chain if chain and chain[-1][0] == "hr_queue" else [*chain, _LAST]

    def answers(self, stage: str) -> list[str]:
        """What may be answered to the stage's question."""
        asked = self._stages[stage].get("ask")
        if asked is not None:
            return list(asked["answers"])
        return list(_ADVERSE if self._stages[stage].get("adverse") else _USUAL)

    def usual_answer(self, stage: str) -> str:
        """What is offered where every answer of the policy was refused before."""
        return (_ADVERSE if self._stages[stage].get("adverse") else _USUAL)[0]

    def is_gated(self, stage: str) -> bool:
        return self._stages[stage].get("gate") is not None

    def then(self, stage: str) -> str | None:
        found: str | None = self._stages[stage].get("then")
        return found

    def length(self, stage: str) -> str:
        return str(self._stages[stage].get("length") or _USUAL_LENGTH)

    def tells_rep(self, stage: str) -> bool:
        return bool((self._stages[stage].get("rep") or {}).get("told", True))

    def rep_may(self, stage: str) -> list[str]:
        return list((self._stages[stage].get("rep") or {}).get("may", ()))

    def check_ins_every(self, stage: str) -> str | None:
        plan = self._stages[stage].get("check_ins")
        return None if plan is None else plan["every"]

    def graduation(self, stage: str) -> Mapping[str, Any] | None:
        found: Mapping[str, Any] | None = self._stages[stage].get("graduate")
        return found

    def pauses(self, reason: str) -> bool:
        return reason not in ("dispute", "leave") or self._hold.get(reason, "pause") == "pause"

    def bounds(self, length: str) -> tuple[timedelta, timedelta]:
        """The least and the most that a length can last, whatever the calendar's holidays are."""
        unit = length.lstrip("0123456789")
        count = int(length[: len(length) - len(unit)])
        days = {"d": (1, 1), "bd": (1, 2), "p": (90, 92) if self._quarters else (28, 31)}[unit]
        holidays = timedelta(days=20) if unit == "bd" else timedelta(0)
        return timedelta(days=count * days[0]) - _HOUR, timedelta(days=count * days[1]) + _HOUR + holidays
