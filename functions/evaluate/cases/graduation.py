"""The good end of a case: enough of the latest periods met the stage's bar, compared exactly."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from functions.evaluate.cases.step_draft import Draft
from shared.domain.attainment import exact_attainment
from shared.domain.case import Case, Exit
from shared.domain.ladder import Graduate


def graduate_if_earned(draft: Draft) -> bool:
    """Close the case well if enough of the latest periods met the bar, but not while HR decides something."""
    bar = draft.stage.graduate
    if draft.case.hold is not None or bar is None or not graduates(draft.case, bar):
        return False
    draft.close(Exit.GRADUATED)
    return True


def graduates(case: Case, bar: Graduate) -> bool:
    """Whether ``count`` of the last ``of_next`` assessable periods since the case was opened met the bar.

    Periods that are not assessable, a leave among them, neither count nor use up one of the ``of_next``.
    """
    latest = [Fraction(result.exact) for result in case.results if result.exact is not None][-bar.of_next :]
    return sum(attainment >= Fraction(bar.at_least) for attainment in latest) >= bar.count


def exact_text(entry: Mapping[str, Any]) -> str | None:
    """The attainment of an assessable period as a fraction, from the figures that it was computed from."""
    exact = exact_attainment(entry)
    return None if exact is None else str(exact)
