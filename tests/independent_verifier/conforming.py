"""Whether a case was led as its policy says: the topics on which it was not, from the page alone."""

import re
from calendar import monthrange
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

Json = Mapping[str, Any]
M = [("manager", 2), ("manager", 1), ("skip_level", 2), ("hr_partner", 3), ("hr_queue", 5)]
Found = list[tuple[str, bool | None]]
"""Topics, each with whether it is as required; None where nobody can tell."""
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
HR = ("gate", "dispute", "exception", "withdrawal", "leave", "removal_approval")


def failures(policy: Json, story: Sequence[Json], openings: Mapping[int, Json]) -> set[str]:
    """The topics with something that is not as required. Exceptions where the policy has another form."""
    return {topic for topic, holds in _judged(policy, story, openings) if holds is False}


def _judged(policy: Json, story: Sequence[Json], openings: Mapping[int, Json]) -> Found:
    stages = {stage["stage"]: stage for stage in policy["ladder"]}
    found: Found = []
    asked: dict[str, Json] = {}
    for place, value in enumerate(story):
        data = value["data"]
        if "request" in data and "due_at" in data:
            asked[data["request"]] = data
        before = story[:place]
        tag = value["tag"]
        where = _stage_at(story[: place + (tag == "case:opened")])
        stage = stages[where]
        if tag == "case:opened":
            found.append(("period", value["occurred_at"] >= _over(data["period"])))
        elif tag in ("request:sent", "request:reminded", "request:escalated"):
            found += _question(stages[data["stage"]], value, before, asked)
        elif tag == "check_in:asked":
            found.append(("deadlines", _lasts(policy, "2bd", value["occurred_at"], data["due_at"])))
        elif tag == "rep:told":
            choices = [] if data["request"] is None else data["choices"]
            found.append(("rep informed", choices == list((stage.get("rep") or {}).get("may", []))))
        elif tag == "request:expired" or (tag == "check_in:missed" and data["because"] == "expired"):
            question = asked.get(data["request"] or "")
            if question is not None and question["assignee"] != "hr-queue":
                mails = [one["data"]["request"] for one in before if one["tag"] == "notice:sent"]
                found.append(("mail", data["request"] in mails))
        elif tag == "stage:gated":
            found.append(("ladder", data["to"] == _next(stages, before)))
        elif tag == "stage:entered":
            found += _entry(stages, data, before)
        elif tag == "stage:begun":
            found.append(
                (
                    "length",
                    _lasts(policy, stage.get("length") or "30d", value["occurred_at"], data["ends_at"]),
                )
            )
        elif tag == "case:held":
            runs = (policy.get("hold") or {}).get(data["reason"], "pause") == "run"
            stops = not (runs and data["reason"] in ("dispute", "leave"))
            found.append(("pauses", data["paused"] is stops))
        if tag in ("stage:ended", "removal:approved") and (stage.get("rep") or {}).get("told", True):
            since = _since(before, "stage:entered")
            found.append(("rep informed", any(one["tag"] == "rep:told" for one in since)))
        if tag == "removal:approved":
            found.append(("two persons", data["proposed_by"] != data["by"]))
        if tag == "case:closed":
            found += _end(stage, story, openings, data)
        if place + 1 == len(story) or tag in ("stage:ended", "stage:begun", "case:closed"):
            found += _check_ins(policy, stage, before, value)
    return found


def _stage_at(story: Sequence[Json]) -> str:
    stage = ""
    for value in story:
        if value["tag"] in ("case:opened", "stage:entered"):
            stage = value["data"]["stage"]
    return stage


def _since(story: Sequence[Json], *tags: str) -> Sequence[Json]:
    """What followed the last event with one of the tags; everything where there is none."""
    for place in range(len(story) - 1, -1, -1):
        if story[place]["tag"] in tags:
            return story[place + 1 :]
    return story


def _over(period: str) -> str:
    year, rest = period.split("-")
    month = 3 * int(rest[1]) if rest.startswith("Q") else int(rest)
    return f"{year}-{month:02d}-{monthrange(int(year), month)[1]:02d}T10:00:00.000Z"


def _span(policy: Json, length: str) -> tuple[timedelta, timedelta]:
    count, unit = re.fullmatch("([0-9]+)(d|bd|p)", length).groups()  # type: ignore[union-attr] # else no policy
    low, high, more = {"d": (1, 1, 0), "bd": (1, 2, 20), "p": (28, 31, 0)}[unit]
    if unit == "p" and policy["period"] == "quarter":
        low, high = 90, 92
    return int(count) * low * DAY - HOUR, (int(count) * high + more) * DAY + HOUR


def _lasts(policy: Json, length: str, start: str, end: str) -> bool:
    low, high = _span(policy, length)
    return low <= datetime.fromisoformat(end) - datetime.fromisoformat(start) <= high


def _links(stage: Json, purpose: str) -> list[tuple[str, str]]:
    links = [(seat, f"{days}bd") for seat, days in M]
    if stage.get("ask") is not None:
        links = [(link["to"], link["within"]) for link in stage["ask"]["chain"]]
    if purpose in HR:
        links = [link for link in links if link[0].startswith("hr_")]
        if not links or links[-1][0] != "hr_queue":
            links.append(("hr_queue", "5bd"))
    return links


def _question(stage: Json, value: Json, before: Sequence[Json], asked: Mapping[str, Json]) -> Found:
    data, links = value["data"], _links(stage, value["data"]["purpose"])
    step = data["step"]
    beyond = links[-1] if links[-1][0] == "hr_queue" else ("hr_queue", "5bd")
    seat, within = links[step] if step < len(links) else beyond
    found: Found = []
    # The kind of period does not matter to deadlines: chains count days.
    found.append(("deadlines", _lasts({"period": "month"}, within, value["occurred_at"], data["due_at"])))
    if data["after"] in asked and data["after"] is not None:
        starts = [asked[data["after"]]["step"] + more for more in (0, 1)]
    else:
        refused = [one["data"]["request"] for one in before if _refuses(one)]
        again = [asked[each] for each in refused if each in asked]
        starts = [
            0,
            *(each["step"] for each in again if each["purpose"] == data["purpose"] and "step" in each),
        ]
    passed = any([link[0] for link in links[start:step]] == data["empty_seats"] for start in starts)
    found.append(("chain", seat == data["seat"] and passed))
    if data["purpose"] in ("stage_plan", "removal_proposal"):
        adverse = bool(stage.get("adverse"))
        usual = ["coach", "dispute_figures", "request_exception"]
        if adverse:
            usual = ["propose_removal", "extend_plan", "request_exception"]
        offered = usual if stage.get("ask") is None else stage["ask"]["answers"]
        found.append(
            ("answers", all(each in offered for each in data["choices"]) or data["choices"] == usual[:1])
        )
    return found


def _refuses(value: Json) -> bool:
    refused = value["tag"] == "answer:refused" and "answered_by" in value["data"]
    return refused or value["data"].get("because") == "mail_not_sent"


def _next(stages: Mapping[str, Json], before: Sequence[Json]) -> Any:
    """The stage that comes next: at first, the one for which the case was opened."""
    here = _stage_at(before)
    return stages[here].get("then") if any(one["tag"] == "stage:entered" for one in before) else here


def _entry(stages: Mapping[str, Json], data: Json, before: Sequence[Json]) -> Found:
    to = data["stage"]
    if data.get("extended"):
        return [("ladder", stages[to].get("then") == _stage_at(before))]
    found: Found = [("ladder", to == _next(stages, before))]
    if stages[to].get("gate") is not None:
        passed = [
            one["data"]["to"] for one in _since(before, "stage:entered") if one["tag"] == "stage:approved"
        ]
        found.append(("gates", passed[-1:] == [to]))
    return found


def _check_ins(policy: Json, stage: Json, before: Sequence[Json], value: Json) -> Found:
    run = _since(before, "stage:begun", "stage:ended")
    began = next((one for one in reversed(before) if one["tag"] in ("stage:begun", "stage:ended")), None)
    if value["tag"] == "stage:begun" and began is None:
        began, run = value, []
    if began is None or began["tag"] != "stage:begun" or stage.get("check_ins") is None:
        return []
    run = [*run, value] if value["tag"] != "stage:begun" else run
    now, held, since = _time(value), timedelta(0), None
    for one in run:
        if one["tag"] == "case:held":
            since = _time(one)
        elif one["tag"] == "case:resumed" and since is not None:
            held, since = held + (_time(one) - since), None
    if since is not None:
        held += now - since
    each = _span(policy, stage["check_ins"]["every"])[1] + 12 * HOUR
    wanted = max(0, (now - _time(began) - held) // each)
    asked = [one for one in run if one["tag"] == "check_in:asked"]
    missed = [one for one in run if one["tag"] == "check_in:missed"]
    given = len(asked) + sum(one["data"]["request"] is None for one in missed)
    return [("check-ins", given >= wanted and not missed)]


def _time(value: Json) -> datetime:
    return datetime.fromisoformat(value["occurred_at"])


def _end(stage: Json, story: Sequence[Json], openings: Mapping[int, Json], data: Json) -> Found:
    if (data["exit"], data.get("because")) == ("policy_closed", "ladder_ended"):
        return [("ladder", stage.get("then") is None)]
    if data["exit"] != "graduated":
        return []
    bar = stage.get("graduate")
    if bar is None:
        return [("graduation", False)]
    results: dict[str, Json] = {}
    for value in story:
        if value["tag"] == "results:arrived":
            if value["sequence"] not in openings:
                return [("graduation", None)]
            for result in openings[value["sequence"]]["results"]:
                if result["period"] > story[0]["data"]["period"]:
                    results[result["period"]] = result
    shares = [_share(results[period]) for period in sorted(results)]
    counted = [share for share in shares if share is not None][-bar["of_next"] :]
    return [("graduation", sum(share >= _number(bar["at_least"]) for share in counted) >= bar["count"])]


def _share(result: Json) -> Fraction | None:
    if result["status"] != "assessable":
        return None
    year, rest = result["period"].split("-")
    last = 3 * int(rest[1]) if rest.startswith("Q") else int(rest)
    first = last - 2 if rest.startswith("Q") else last
    days = sum(monthrange(int(year), month)[1] for month in range(first, last + 1))
    quota = _number(result["quota"]) * _number(result["ramp_share"])
    share: Fraction = _number(result["credited"]) * days / (quota * (days - result["leave_days"]))
    return share


def _number(text: str) -> Fraction:
    if re.fullmatch(r"-?[0-9]{1,18}([.][0-9]{1,12})?", text) is None:
        raise ValueError("no number")
    return Fraction(Decimal(text))
