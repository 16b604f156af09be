"""Decides whether a case graduates: enough of the latest periods met the stage's bar, compared exactly."""

from fractions import Fraction

from functions.evaluate.cases.step_draft import Draft
from shared.domain.attainment import exact_attainment
from shared.domain.case import Case, Exit
from shared.domain.decision_json import PeriodJson
from shared.domain.ladder import Graduate


def graduate_if_earned(draft: Draft) -> bool:
    """Close the case as graduated if enough of the latest periods met the bar; never during a pause."""
    bar = draft.stage.graduate
    if draft.case.hold is not None or bar is None or not graduates(draft.case, bar):
        return False
    draft.close(Exit.GRADUATED)
    return True


def graduates(case: Case, bar: Graduate) -> bool:
    """Whether ``count`` of the last ``of_next`` assessable periods since the case was opened met the bar.

    A period that is not assessable, such as one on leave, is skipped: it is not one of the ``of_next``.
    """
    latest = [Fraction(result.exact) for result in case.results if result.exact is not None][-bar.of_next :]
    return sum(attainment >= Fraction(bar.at_least) for attainment in latest) >= bar.count


def exact_text(entry: PeriodJson) -> str | None:
    """The exact attainment as a fraction, such as ``1025/2000``; None where the period is not assessable."""
    exact = exact_attainment(entry)
    return None if exact is None else str(exact)
