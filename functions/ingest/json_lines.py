"""Accepted rows as JSON lines, from columns of JSON strings that lack only the quotes around them.

Written out by kind, because one formatted string a row is the fastest way there is.
"""

from collections.abc import Iterable


def attainment_lines(
    numbers: Iterable[int],
    rep_id: Iterable[str],
    period: Iterable[str],
    quota: Iterable[str],
    credited: Iterable[str],
    currency: Iterable[str],
    leave_days: Iterable[str],
) -> list[str]:
    rows = zip(numbers, rep_id, period, quota, credited, currency, leave_days, strict=True)
    return [
        f'{{"line":{n},"rep_id":"{r}","period":"{p}","quota":"{q}","credited":"{c}","currency":"{u}","leave_days":"{d}"}}\n'
        for n, r, p, q, c, u, d in rows
    ]


def people_lines(
    numbers: Iterable[int],
    person_id: Iterable[str],
    name: Iterable[str],
    email: Iterable[str],
    *others: Iterable[str],
) -> list[str]:
    """``others`` are the remaining ten columns of the kind, in its order."""
    rows = zip(numbers, person_id, name, email, *others, strict=True)
    return [
        f'{{"line":{n},"person_id":"{i}","name":"{a}","email":"{e}","manager_id":"{m}","role":"{o}","region":"{g}",'
        f'"hire_date":"{h}","hr_partner_id":"{p}","timezone":"{z}","active":"{t}","delegate_id":"{d}",'
        f'"delegate_from":"{f}","delegate_until":"{u}"}}\n'
        for n, i, a, e, m, o, g, h, p, z, t, d, f, u in rows
    ]
