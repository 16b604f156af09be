"""Accepted rows as JSON lines, from columns of JSON strings that lack only the quotes around them.

Written out by kind, because one formatted string a row is the fastest way there is.
"""

from collections.abc import Iterable, Sequence

_LAST_THREE = [f"{number:03d}" for number in range(1000)]


def line_numbers(numbers: Sequence[int]) -> list[str]:
    """Ascending numbers, mostly of consecutive lines, as text: made a thousand at a time."""
    first, stop = numbers[0], numbers[-1] + 1
    texts: list[str] = []
    at = first
    while at < stop:
        start = at % 1000
        upto = min(stop, at - start + 1000)
        thousands = str(at // 1000)
        if at < 1000:
            texts += map(str, range(at, upto))
        else:
            texts += [thousands + three for three in _LAST_THREE[start : start + upto - at]]
        at = upto
    return texts if len(texts) == len(numbers) else [texts[number - first] for number in numbers]


def attainment_lines(
    numbers: Sequence[int],
    rep_id: Iterable[str],
    period: Iterable[str],
    quota: Iterable[str],
    credited: Iterable[str],
    currency: Iterable[str],
    leave_days: Iterable[str],
) -> list[str]:
    rows = zip(line_numbers(numbers), rep_id, period, quota, credited, currency, leave_days, strict=True)
    return [
        f'{{"line":{n},"rep_id":"{r}","period":"{p}","quota":"{q}","credited":"{c}","currency":"{u}","leave_days":"{d}"}}\n'
        for n, r, p, q, c, u, d in rows
    ]


def people_lines(
    numbers: Sequence[int],
    person_id: Iterable[str],
    name: Iterable[str],
    email: Iterable[str],
    *others: Iterable[str],
) -> list[str]:
    """``others`` are the remaining ten columns of the kind, in its order."""
    rows = zip(line_numbers(numbers), person_id, name, email, *others, strict=True)
    return [
        f'{{"line":{n},"person_id":"{i}","name":"{a}","email":"{e}","manager_id":"{m}","role":"{o}","region":"{g}",'
        f'"hire_date":"{h}","hr_partner_id":"{p}","timezone":"{z}","active":"{t}","delegate_id":"{d}",'
        f'"delegate_from":"{f}","delegate_until":"{u}"}}\n'
        for n, i, a, e, m, o, g, h, p, z, t, d, f, u in rows
    ]
