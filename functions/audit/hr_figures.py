"""The arithmetic of one period, for HR and evidence, or the reason why the period does not count. Pure.

Only HR may know why a period does not count, so mails and pages to managers never use this module.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from shared.domain.figure_text import amount, percent
from shared.domain.period import Period

_STATUS = {
    "missing": "no figure was reported",
    "quota_unknown": "the quota is not known",
    "quota_zero": "no quota to measure against",
    "leave_unknown": "the days of leave are not known",
    "tenure": "too new in the role to count",
    "leave": "protected leave, does not count",
}


def period_in_words(figures: Mapping[str, Any]) -> str:
    """One period of a decision's inputs as one line of arithmetic, or why it does not count."""
    if figures["status"] != "assessable":
        return _STATUS.get(figures["status"], str(figures["status"]).replace("_", " "))
    quota = amount(figures["quota"])
    factors = []
    if figures["leave_days"]:
        # Days, not a percentage: 10 of 31 days would be rounded, and the reader could not verify the product.
        days = Period.parse(figures["period"]).days
        factors.append(f"× {days - figures['leave_days']} of {days} days worked")
    if Decimal(figures["ramp_share"]) != 1:
        factors.append(f"× {percent(figures['ramp_share'])} ramp")
    target = amount(figures["adjusted_quota"])
    adjusted = f"quota {quota} {' '.join(factors)} = {target}; " if factors else ""
    return f"{adjusted}credited {amount(figures['credited'])} ÷ {target} = {percent(figures['attainment'])}"
