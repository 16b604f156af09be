"""Our columns, by kind of export: which must be mapped, which cells may be empty, and how each is checked."""

from collections.abc import Callable
from typing import Final, Literal

from functions.ingest.reading import cells, dates
from functions.ingest.reading.cells import CellCheck, NumberForm

Kind = Literal["attainment", "people"]

COLUMNS: Final[dict[Kind, tuple[str, ...]]] = {
    "attainment": ("rep_id", "period", "quota", "credited", "currency", "leave_days"),
    "people": (
        *("person_id", "name", "email", "manager_id", "role", "region", "hire_date"),
        *("hr_partner_id", "timezone", "active", "delegate_id", "delegate_from", "delegate_until"),
    ),
}
MAY_BE_UNMAPPED: Final = frozenset(
    {"leave_days", "hr_partner_id", "timezone", "active", "delegate_id", "delegate_from", "delegate_until"}
)
MAY_NOT_BE_EMPTY: Final = frozenset(
    {"rep_id", "period", "credited", "currency", "person_id", "name", "email", "role", "region", "hire_date"}
)


def cell_checks(
    kind: Kind, *, decimal: str, thousands: str | None, date_form: str, period_form: str
) -> dict[str, CellCheck]:
    """The check of each column of the kind. That of ``leave_days`` does not know the length of the period."""
    if kind == "attainment":
        numbers = NumberForm(decimal, thousands)
        return {
            "rep_id": cells.text_check(cells.MAX_ID_LENGTH),
            "period": dates.period_check(period_form),
            "quota": cells.amount_check(numbers, may_be_negative=False),
            "credited": cells.amount_check(numbers, may_be_negative=True),
            "currency": cells.currency,
            "leave_days": lambda cell: cells.leave_days(cell, None),
        }
    an_id = cells.text_check(cells.MAX_ID_LENGTH)
    a_name = cells.text_check(cells.MAX_NAME_LENGTH)
    a_date: Callable[[str], str] = dates.date_check(date_form)
    return {
        "person_id": an_id,
        "name": a_name,
        "email": cells.email,
        "manager_id": an_id,
        "role": a_name,
        "region": a_name,
        "hire_date": a_date,
        "hr_partner_id": an_id,
        "timezone": cells.timezone,
        "active": cells.boolean,
        "delegate_id": an_id,
        "delegate_from": a_date,
        "delegate_until": a_date,
    }


def plain_checks(kind: Kind, period_form: str) -> dict[str, CellCheck]:
    """The checks of values in a profile: ``.`` decimals and ISO dates."""
    return cell_checks(
        kind,
        decimal=".",
        thousands=None,
        date_form="%Y-%m-%d",
        period_form="quarter" if period_form == "quarter" else "%Y-%m",
    )
