"""The local cloud is stopped in the middle of its work and restarted on the same folder."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from local.cloud.clients import until
from tests.e2e.short_ladder import QUIET, ShortLadder


def test_after_a_restart_deadlines_hold_and_no_accepted_export_is_lost(
    short_ladder: ShortLadder, tmp_path: Path
) -> None:
    office, rep = short_ladder, QUIET
    # The stage lasts three days. While the cloud is stopped, they do not pass.
    office.answer(rep, office.question(rep, "stage_plan", "coaching"), "coach")
    until("the stage runs", lambda: "stage:begun" in office.tags(rep) or None)
    before = office.case(rep)
    mails = [mail["id"] for mail in office.stack.mails()]
    already = len(_evaluations(office))
    office.drop_results(tmp_path, rep, "2026-12", 120)
    until("the export is being read", lambda: len(_evaluations(office)) > already or None)

    office.stop()
    time.sleep(2)  # eleven hours of the product, if its time did not stand still
    restarted, stopped_at = datetime.now(UTC), office.stopped_at()
    office.start()
    assert abs(_product_time(office, restarted) - stopped_at) < timedelta(hours=2)

    office.question(rep, "gate", "improvement_plan")
    assert office.case(rep)["version"] > before["version"]
    until("the results dropped just before the stop have arrived", lambda: _results(office, rep))
    assert [mail["id"] for mail in office.stack.mails()][: len(mails)] == mails
    until("every open case has a running workflow", lambda: _all_have_workflows(office))
    for case in _open_cases(office):
        assert not case["overdue"]


def _product_time(office: ShortLadder, at: datetime) -> datetime:
    """The product's time at a real time, by the clock of the running cloud."""
    clock = office.stack.info["clock"]
    origin = datetime.fromisoformat(clock["origin"])
    return origin + (at - origin) * int(clock["rate"])


def _results(office: ShortLadder, rep: str) -> bool | None:
    arrived = [event["data"] for event in office.events(rep) if event["tag"] == "results:arrived"]
    return any("2026-12" in data["periods"] for data in arrived) or None


def _open_cases(office: ShortLadder) -> list[dict[str, Any]]:
    return list(office.hr.get("/cases").json()["cases"])


def _evaluations(office: ShortLadder) -> list[dict[str, Any]]:
    machine = office.stack.info["state_machines"]["evaluation"]
    return list(office.stack.client("stepfunctions").list_executions(stateMachineArn=machine)["executions"])


def _all_have_workflows(office: ShortLadder) -> bool | None:
    machine = office.stack.info["state_machines"]["case"]
    running = office.stack.client("stepfunctions").list_executions(
        stateMachineArn=machine, statusFilter="RUNNING"
    )
    carried = {execution["name"].rpartition("-")[0] for execution in running["executions"]}
    return {case["id"] for case in _open_cases(office)} <= carried or None
