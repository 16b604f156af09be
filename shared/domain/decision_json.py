"""The JSON form of a decision: one line of an evaluation's decisions file, for everybody who reads one.

The evaluation writes these lines; cases, mails, the API and the comparator search read them. The keys stand
in the order in which a line has them. Numbers are decimal text, so that no reader rounds them.
"""

from typing import Literal, TypedDict

Outcome = Literal["out_of_scope", "not_assessable", "clear", "open_case", "structural"]

WhyNotAssessable = Literal["missing", "quota_unknown", "quota_zero", "leave_unknown", "tenure", "leave"]
Status = WhyNotAssessable | Literal["assessable"]
"""Whether a period can be judged, and the reason where it cannot."""


class FindingJson(TypedDict):
    """One rule that fired. ``observed`` and ``threshold`` are printed; the comparison was exact."""

    rule: str
    observed: str
    threshold: str
    periods: list[str]


class AssessablePeriodJson(TypedDict):
    """One period of the window whose attainment was computed."""

    period: str
    quota: str
    credited: str
    leave_days: int
    eligible_fraction: str
    ramp_share: str
    adjusted_quota: str
    attainment: str
    status: Literal["assessable"]


class OtherPeriodJson(TypedDict):
    """One period of the window that was not assessed. A value that was not computed is null."""

    period: str
    quota: str | None
    credited: str | None
    leave_days: int | None
    eligible_fraction: str | None
    ramp_share: None
    adjusted_quota: None
    attainment: None
    status: WhyNotAssessable


PeriodJson = AssessablePeriodJson | OtherPeriodJson


class DecisionJson(TypedDict):
    """What one evaluation says of one person. ``inputs`` are the periods of the window, oldest first."""

    rep_id: str
    period: str
    policy: str
    outcome: Outcome
    stage: str | None
    """Set only where the outcome is ``open_case``."""
    reason: WhyNotAssessable | None
    """Set only where the outcome is ``not_assessable``."""
    findings: list[FindingJson]
    inputs: list[PeriodJson]
