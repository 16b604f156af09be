"""Applies later evaluations to a case: new results, days of leave, graduation, and restated findings."""

from datetime import timedelta

from functions.evaluate.cases.deadlines import local_day
from functions.evaluate.cases.graduation import exact_text, graduate_if_earned
from functions.evaluate.cases.stages import pause, resume
from functions.evaluate.cases.step_draft import Draft
from shared.domain.case import Case, PeriodResult
from shared.domain.decision_json import DecisionJson, PeriodJson
from shared.domain.effect import NoticeKind
from shared.domain.event import EventTag, stamp
from shared.domain.identifiers import EvaluationId
from shared.domain.period import Period


def take_results(draft: Draft, decision: DecisionJson, evaluation_id: EvaluationId) -> None:
    """Apply every period after the one that opened the case. A restated period replaces its result."""
    opened_for = Period.parse(draft.case.opened_for)
    known = {result.period: result for result in draft.case.results}
    news: list[tuple[PeriodJson, int]] = []
    for entry in decision["inputs"]:
        if Period.parse(entry["period"]) <= opened_for or _same(known.get(entry["period"]), entry):
            continue
        if entry["status"] == "missing" and entry["period"] != decision["period"]:
            continue
        before = known.get(entry["period"])
        returned = before.days_returned if before is not None else 0
        leave = max(returned, _leave_within_stage(draft, entry))
        news.append((entry, leave - returned))
        known[entry["period"]] = PeriodResult(
            period=entry["period"],
            status=entry["status"],
            attainment=entry["attainment"],
            exact=exact_text(entry),
            evaluation_id=evaluation_id,
            arrived_at=draft.now,
            days_returned=leave,
        )
    draft.change(results=tuple(known[period] for period in sorted(known)))
    periods = [entry["period"] for entry, _ in news]
    draft.record(
        EventTag.RESULTS_ARRIVED,
        {"period": decision["period"], "evaluation": evaluation_id, "periods": periods},
        private={"results": [dict(entry) for entry, _ in news]},
        relied_on={"evaluation": evaluation_id},
    )
    for entry, days in news:
        _give_back_leave(draft, entry["period"], days)
    if not graduate_if_earned(draft) and news:
        draft.tell(NoticeKind.RESULTS, draft.case.owner, None, period=decision["period"])


def has_news(case: Case, decision: DecisionJson) -> bool:
    """Whether the decision has figures of later periods that the case does not have yet."""
    known = {result.period: result for result in case.results}
    return any(
        entry["period"] > case.opened_for
        and entry["status"] != "missing"
        and not _same(known.get(entry["period"]), entry)
        for entry in decision["inputs"]
    )


def undo_findings(draft: Draft, decision: DecisionJson, evaluation_id: EvaluationId) -> None:
    """The restated figures no longer support the case: mark it, and ask HR to confirm its withdrawal.

    If the figures change again before HR decides, HR keeps the same question and sees the newer figures.
    """
    why = decision["reason"] or decision["outcome"]
    draft.change(marked=f"{decision['period']} is {why} as restated ({evaluation_id})", restated=decision)
    draft.record(
        EventTag.CASE_MARKED,
        {"period": decision["period"], "outcome": decision["outcome"], "evaluation": evaluation_id},
        private={"before": dict(draft.case.decision), "after": dict(decision)},
        relied_on={"evaluation": evaluation_id},
    )
    pause(draft, "withdrawal")


def restore_findings(draft: Draft, decision: DecisionJson, evaluation_id: EvaluationId) -> None:
    """The figures, restated again, support the case: withdraw HR's question and continue the case."""
    draft.record(
        EventTag.RESULTS_ARRIVED,
        {"period": decision["period"], "evaluation": evaluation_id, "periods": [decision["period"]]},
        private={"results": [dict(entry) for entry in decision["inputs"]]},
        relied_on={"evaluation": evaluation_id},
    )
    draft.change(marked=None, restated=None)
    paused = draft.case.hold
    if paused is not None and paused.reason == "withdrawal":
        draft.withdraw_main()
        resume(draft)
    else:
        waiting = tuple(reason for reason in draft.case.holds_waiting if reason != "withdrawal")
        draft.change(holds_waiting=waiting)


def _same(known: PeriodResult | None, entry: PeriodJson) -> bool:
    return known is not None and (known.status, known.exact) == (entry["status"], exact_text(entry))


def _leave_within_stage(draft: Draft, entry: PeriodJson) -> int:
    """How many days of leave fell into the running stage.

    An export says how many days, not which, so the number is capped at the stage's days in that period.
    """
    case, policy = draft.case, draft.context.policy
    if case.stage_ends_at is None or policy.hold.leave != "pause" or not entry["leave_days"]:
        return 0
    period, zone = Period.parse(entry["period"]), policy.calendar.timezone
    first = max(period.first_day, local_day(case.stage_entered_at, zone))
    last = min(period.last_day, local_day(min(case.stage_ends_at, draft.now), zone))
    return max(0, min(int(entry["leave_days"]), (last - first).days + 1))


def _give_back_leave(draft: Draft, period: str, days: int) -> None:
    """Move the stage's end by the days of leave, which do not count."""
    ends_at = draft.case.stage_ends_at
    if not days or ends_at is None:
        return
    ends_at += timedelta(days=days)
    draft.change(stage_ends_at=ends_at)
    draft.record(
        EventTag.STAGE_EXTENDED,
        {"because": "leave", "days": days, "period": period, "ends_at": stamp(ends_at)},
    )
