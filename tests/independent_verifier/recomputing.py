"""A decision made anew, step by step as docs/reference/ledger-format.md lists them."""

import calendar
import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

Json = Mapping[str, Any]


def decide(policy: Json, person: Json, facts: Mapping[str, Json], population: Json, period: str) -> Any:
    """The decision's value; an exception where the page leaves nothing to decide by."""
    length = max([rule["of_last"] for rule in policy["rules"] if "of_last" in rule] + [1])
    if length > 120:
        raise ValueError("too long a window")
    names = [period]
    while len(names) < length:
        names.insert(0, _before(names[0]))
    inputs, exact = [], []
    for name in names:
        printed, numbers = _period(policy, person, facts.get(name), name)
        inputs.append(printed)
        exact.append(numbers)
    decision: dict[str, Any] = {
        "rep_id": person["person_id"],
        "period": period,
        "policy": "{}@{}".format(policy["policy"], policy["version"]),
        "outcome": "clear",
        "stage": None,
        "reason": None,
        "findings": [],
        "inputs": inputs,
    }
    if not _applies(policy, person):
        return {**decision, "outcome": "out_of_scope"}
    if inputs[-1]["status"] != "assessable":
        return {**decision, "outcome": "not_assessable", "reason": inputs[-1]["status"]}
    for rule in policy["rules"]:
        size = rule.get("of_last", 1)
        said = _fires(rule, exact[-size:], names[-size:], person, population)
        if said is not None:
            observed, threshold, periods = said
            decision["findings"].append(
                {"rule": rule["id"], "observed": observed, "threshold": threshold, "periods": periods}
            )
    if not decision["findings"]:
        return decision
    structural = policy.get("structural")
    if structural is not None:
        group = [person.get(column) for column in structural["group_by"]]
        if any(group == key for key in population["structural"]):
            return {**decision, "outcome": "structural"}
    opens = {rule["id"]: rule["opens"] for rule in policy["rules"]}
    places = [stage["stage"] for stage in policy["ladder"]]
    furthest = max(places.index(opens[found["rule"]]) for found in decision["findings"])
    return {**decision, "outcome": "open_case", "stage": places[furthest]}


def _before(name: str) -> str:
    year, quarter, number = _parts(name)
    last = 4 if quarter else 12
    year, number = (year, number - 1) if number > 1 else (year - 1, last)
    return f"{year:04d}-Q{number}" if quarter else f"{year:04d}-{number:02d}"


def _parts(name: str) -> tuple[int, bool, int]:
    found = re.fullmatch(r"([0-9]{4})-(Q?)([0-9]{1,2})", name)
    if found is None or len(found[3]) != (1 if found[2] else 2):
        raise ValueError("no period")
    if not 1 <= int(found[3]) <= (4 if found[2] else 12):
        raise ValueError("no period")
    return int(found[1]), bool(found[2]), int(found[3])


def _months(name: str) -> list[tuple[int, int]]:
    year, quarter, number = _parts(name)
    return [(year, 3 * number - 2 + step) for step in range(3)] if quarter else [(year, number)]


def _applies(policy: Json, person: Json) -> bool:
    for column, key in (("role", "roles"), ("region", "regions")):
        allowed = policy["applies_to"][key]
        if "*" not in allowed and person[column] not in allowed:
            return False
    return person.get("active") != "false"


def _number(text: Any) -> Fraction:
    if re.fullmatch(r"-?[0-9]{1,18}([.][0-9]{1,12})?", text) is None:
        raise ValueError("no number")
    return Fraction(Decimal(text))


def _period(policy: Json, person: Json, fact: Json | None, name: str) -> tuple[Any, Any]:
    printed: dict[str, Any] = {"period": name, "quota": None, "credited": None, "leave_days": None}
    printed |= {"eligible_fraction": None, "ramp_share": None, "adjusted_quota": None, "attainment": None}
    if fact is None:
        return {**printed, "status": "missing"}, None
    months = _months(name)
    days = sum(calendar.monthrange(*month)[1] for month in months)
    printed |= {"quota": fact["quota"], "credited": fact["credited"]}
    eligible = None
    if fact["leave_days"] is not None:
        if re.fullmatch("[0-9]{1,2}", fact["leave_days"]) is None or int(fact["leave_days"]) > days:
            raise ValueError("no days")
        printed["leave_days"] = int(fact["leave_days"])
        eligible = 1 - Fraction(printed["leave_days"], days)
        printed["eligible_fraction"] = _rounded(eligible, 4)
    credited = _number(fact["credited"])
    hired = date.fromisoformat(person["hire_date"])
    first_day = date(*months[0], 1)
    terms = policy["eligibility"]
    quota = None if fact["quota"] is None else _number(fact["quota"])
    share, adjusted = _ramp(terms.get("ramp", []), hired, name), Fraction(0)
    if quota is None:
        status = "quota_unknown"
    elif quota == 0:
        status = "quota_zero"
    elif eligible is None:
        status = "leave_unknown"
    elif hired.toordinal() + terms["min_tenure_days"] > first_day.toordinal():
        status = "tenure"
    elif eligible < _number(terms["min_eligible_fraction"]):
        status = "leave"
    else:
        adjusted = quota * eligible * _number(share)
        status = "assessable" if adjusted != 0 else "quota_zero"
    printed["status"] = status
    if status != "assessable":
        return printed, None
    printed |= {"ramp_share": share, "attainment": _rounded(credited / adjusted, 4)}
    whole, _, fraction = _rounded(adjusted, 6).partition(".")
    fraction = fraction.rstrip("0")
    printed["adjusted_quota"] = f"{whole}.{fraction}" if fraction else whole
    return printed, (credited, adjusted, fact["currency"])


def _ramp(ramp: list[str], hired: date, name: str) -> str:
    year, quarter, number = _parts(name)
    a_year = 4 if quarter else 12
    of_hire = (hired.month - 1) // 3 + 1 if quarter else hired.month
    since = (year - hired.year) * a_year + number - of_hire
    return ramp[since - 1] if 0 < since <= len(ramp) else "1"


def _fires(rule: Json, exact: list[Any], names: list[str], person: Json, population: Json) -> Any:
    """What was observed, the threshold, the periods; None where the rule does not fire."""
    if "below" in rule:
        bar = _number(rule["below"])
        low = [at for at, each in enumerate(exact) if each is not None and each[0] < bar * each[1]]
        if len(low) < rule["count"] or low[-1:] != [len(exact) - 1]:
            return None
        return str(len(low)), str(rule["count"]), [names[at] for at in low]
    if "trailing_below" in rule:
        if None in exact or len({each[2] for each in exact}) != 1:
            return None
        share = Fraction(sum(each[0] for each in exact)) / sum(each[1] for each in exact)
        if not share < _number(rule["trailing_below"]):
            return None
        return _rounded(share, 4), rule["trailing_below"], names
    attainment = exact[-1][0] / exact[-1][1]
    (groups,) = [each["groups"] for each in population["peers"] if each["rule"] == rule["id"]]
    key = [person.get(column) for column in rule["group_by"]]
    for group in groups:
        if group["key"] == key and group["size"] >= rule["min_group"] and attainment < 1:
            place = attainment.numerator * 10**90 // attainment.denominator
            share = Fraction(sum(int(low) < place for low in group["lowest"]), group["size"])
            if share < _number(rule["peer_rank_below"]):
                return _rounded(share, 4), rule["peer_rank_below"], names[-1:]
    return None


def _rounded(value: Fraction, places: int) -> str:
    whole, rest = divmod(abs(value.numerator) * 10**places, value.denominator)
    if 2 * rest > value.denominator or (2 * rest == value.denominator and whole % 2):
        whole += 1  # half to even
    front, back = divmod(whole, 10**places)
    return f"{'-' if value < 0 and whole else ''}{front}.{back:0{places}d}"
