"""A decision about one person, with its findings and inputs, and its one line of JSON."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple, cast

import orjson

from functions.evaluate.decisions.period_figures import PeriodFigures
from shared.domain.decision_json import (
    DecisionJson,
    FindingJson,
    Outcome,
    PeriodJson,
    Status,
    WhyNotAssessable,
)
from shared.domain.identifiers import PolicyRef
from shared.domain.money import plain, rounded
from shared.domain.policy import Policy


class Finding(NamedTuple):
    """One rule that fired. ``observed`` and ``threshold`` are printed forms; the comparison was exact."""

    rule: str
    observed: str
    threshold: str
    periods: tuple[str, ...]

    def as_data(self) -> FindingJson:
        return {
            "rule": self.rule,
            "observed": self.observed,
            "threshold": self.threshold,
            "periods": list(self.periods),
        }


@dataclass(frozen=True, slots=True)
class Decision:
    rep_id: str
    period: str
    policy: PolicyRef
    outcome: Outcome
    stage: str | None
    reason: WhyNotAssessable | None
    findings: tuple[Finding, ...]
    inputs: tuple[PeriodFigures, ...]

    def as_data(self) -> DecisionJson:
        """The decision's JSON, with its keys in the order of the line."""
        return {
            "rep_id": self.rep_id,
            "period": self.period,
            "policy": self.policy,
            "outcome": self.outcome,
            "stage": self.stage,
            "reason": self.reason,
            "findings": [finding.as_data() for finding in self.findings],
            "inputs": [input_data(entry) for entry in self.inputs],
        }


def decision_line(decision: Decision) -> bytes:
    """The decision's line: JSON without blanks, non-ASCII text as UTF-8, and a line feed."""
    return orjson.dumps(decision.as_data(), option=orjson.OPT_APPEND_NEWLINE)


def input_data(entry: PeriodFigures) -> PeriodJson:
    """One period of the window as a decision lists it."""
    data = {
        "period": entry.period,
        "quota": entry.quota,
        "credited": entry.credited,
        "leave_days": entry.leave_days,
        "eligible_fraction": _ratio(entry.eligible_fraction),
        "ramp_share": entry.ramp_share,
        "adjusted_quota": None if entry.adjusted_quota is None else money_text(entry.adjusted_quota),
        "attainment": _ratio(entry.attainment),
        "status": entry.status,
    }
    return cast(PeriodJson, data)  # `figures` sets the values that the status promises


def money_text(value: Fraction) -> str:
    """An amount rounded half-even to 6 places, without trailing zeros."""
    return plain(Decimal(rounded(value, 6)))


def input_text(
    period: str,
    status: Status,
    quota: str | None = None,
    credited: str | None = None,
    leave_days: int | None = None,
    eligible_fraction: str | None = None,
    ramp_share: str | None = None,
    adjusted_quota: str | None = None,
    attainment: str | None = None,
) -> str:
    """The JSON text of `input_data`, from cells that need no escaping."""
    return (
        f'{{"period":"{period}","quota":{_quoted(quota)},"credited":{_quoted(credited)},'
        f'"leave_days":{"null" if leave_days is None else leave_days},'
        f'"eligible_fraction":{_quoted(eligible_fraction)},"ramp_share":{_quoted(ramp_share)},'
        f'"adjusted_quota":{_quoted(adjusted_quota)},"attainment":{_quoted(attainment)},"status":"{status}"}}'
    )


def _quoted(text: str | None) -> str:
    return "null" if text is None else f'"{text}"'


def _ratio(value: Fraction | None) -> str | None:
    return None if value is None else rounded(value, 4)


def stage_opened(policy: Policy, findings: Iterable[Finding]) -> str:
    """The stage furthest along the ladder that one of these findings opens."""
    opens = {rule.id: rule.opens for rule in policy.rules}
    return max((opens[finding.rule] for finding in findings), key=policy.stage_index)
