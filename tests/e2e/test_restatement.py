"""Figures corrected afterwards, on the local cloud: a case undone, HR's word, every decision made again."""

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from local import cli
from local.cloud.clients import SignedIn, until
from local.cloud.stack import Stack
from shared.domain import paths
from shared.domain.identifiers import EvaluationId

VARICENT: Final = Path(__file__).parents[2] / "examples" / "varicent"
WINDOW: Final = ("2026-07", "2026-08", "2026-09")


class Restated:
    """September was decided, one rep's credits were corrected, and everybody in the story has acted."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.hr = SignedIn(stack, "hr.restatements", ("hr_admin",), "H001")
        self.drop("hr-people", "people-2026-09.csv", (VARICENT / "people-2026-09.csv").read_bytes())
        until("the directory is in force", lambda: self.taken_in("people-2026-09.csv"))
        for month in WINDOW:
            name = f"varicent-attainment-{month}.csv"
            self.drop("varicent-attainment", name, (VARICENT / name).read_bytes())
        self.first = until("September is decided", lambda: next(iter(self.evaluations()), None))
        self.case = until("a case is open", lambda: next(iter(self.open_cases()), None))
        self.others = {case["id"]: case["marked"] for case in self.open_cases()[1:]}
        self.drop("varicent-attainment", "corrected.csv", corrected(self.case["rep"]["id"]))
        self.marked = until("the case is marked", lambda: self.shown(lambda case: case["marked"]))
        # Only then: a question that was answered meanwhile is not mailed any more.
        self.mail = until("HR is mailed the question", self.mailed)
        self.decided = until("HR's answer is taken", self.withdraw)
        self.closed = until("the case is closed", lambda: self.shown(lambda case: case["status"] == "closed"))
        self.second = until("September is decided again", self.decided_again)

    def drop(self, profile: str, name: str, body: bytes) -> None:
        key = f"incoming/{profile}/{name}"
        self.stack.client("s3").put_object(Bucket=self.stack.info["exports_bucket"], Key=key, Body=body)

    def taken_in(self, name: str) -> bool | None:
        exports = self.hr.get("/exports").json()["exports"]
        return any(export["name"] == name for export in exports) or None

    def evaluations(self) -> list[dict[str, Any]]:
        found = self.hr.get("/evaluations").json()["evaluations"]
        return [each for each in found if each["period"] == "2026-09"]

    def decided_again(self) -> dict[str, Any] | None:
        return next((each for each in self.evaluations() if each["id"] != self.first["id"]), None)

    def open_cases(self) -> list[dict[str, Any]]:
        """The oldest first: whoever opened them, none is the same as the other."""
        cases = self.hr.get("/cases").json()["cases"]
        return sorted((case for case in cases if not case["marked"]), key=lambda case: str(case["id"]))

    def shown(self, right: Callable[[dict[str, Any]], object]) -> dict[str, Any] | None:
        case: dict[str, Any] = self.hr.get(f"/cases/{self.case['id']}").json()
        return case if right(case) else None

    def mailed(self) -> dict[str, Any] | None:
        mails = (m for m in self.stack.mails() if m["subject"] == "HR: restated figures undid a case")
        return next((mail for mail in mails if "999,999" in mail["text"]), None)

    def withdraw(self) -> dict[str, Any] | None:
        """Answer the question that stands; it may just have gone on from the HR partner to HR's queue."""
        case = self.shown(lambda _: True)
        assert case is not None
        for request in case["requests"]:
            if request["purpose"] == "withdrawal" and request["status"] == "open":
                words = {
                    "request_id": request["id"],
                    "choice": "withdraw",
                    "reason": "Finance corrected this.",
                }
                reply = self.hr.post(f"/cases/{case['id']}/decisions", words)
                return dict(reply.json()) if reply.status == 200 else None
        return None

    def replay(self, evaluation: dict[str, Any]) -> int:
        return cli.main(["replay", evaluation["id"], "--data", str(self.stack.folder)])


def corrected(rep_id: str) -> bytes:
    """The September export with credits for the rep that no rule finds fault with."""
    lines = (VARICENT / "varicent-attainment-2026-09.csv").read_text(encoding="utf-8-sig").splitlines()
    header = lines[0].split(",")
    rep, credited = header.index("Payee ID"), header.index("Credited Amount")
    rows = [line.split(",") for line in lines]
    for row in rows[1:]:
        if row[rep] == rep_id:
            row[credited] = "999999.00"
    return ("\n".join(",".join(row) for row in rows) + "\n").encode()


@pytest.fixture(scope="module")
def restated(stack: Stack) -> Restated:
    return Restated(stack)


def test_the_marked_case_shows_hr_the_arithmetic_before_and_after(restated: Restated) -> None:
    before = {period["period"]: period["says"] for period in restated.marked["periods"]}
    after = {period["period"]: period["says"] for period in restated.marked["restated"]["periods"]}
    assert restated.marked["restated"]["outcome"] != "open_case"
    assert before["2026-09"] != after["2026-09"]
    assert "999,999" in after["2026-09"]
    assert (before["2026-07"], before["2026-08"]) == (after["2026-07"], after["2026-08"])


def test_hr_was_mailed_the_question_with_both_figures(restated: Restated) -> None:
    text = restated.mail["text"]
    assert text.index("RESTATED:") < text.index("WHAT WAS FOUND") < text.index("THE FIGURES")


def test_the_case_was_withdrawn_by_hrs_word_and_by_nothing_else(restated: Restated) -> None:
    assert restated.closed["exit"] == "withdrawn"
    answers = [
        r["answer"] for r in restated.closed["requests"] if r["purpose"] == "withdrawal" and r["answer"]
    ]
    assert [answer["choice"] for answer in answers] == ["withdraw"]
    events = restated.hr.get(f"/cases/{restated.closed['id']}/events").json()["events"]
    tags = [event["tag"] for event in events]
    assert tags.index("case:marked") < tags.index("withdrawal:decided") < tags.index("case:closed")
    marked = events[tags.index("case:marked")]
    assert marked["relied_on"]["evaluation"] == restated.second["id"]
    assert set(marked["private"]) == {"before", "after"}


def test_nobody_elses_case_was_touched_and_none_was_opened(restated: Restated) -> None:
    assert {case["id"]: case["marked"] for case in restated.open_cases()} == restated.others


def test_both_evaluations_are_replayed_to_the_same_bytes(
    restated: Restated, capsys: pytest.CaptureFixture[str]
) -> None:
    for evaluation in (restated.first, restated.second):
        assert restated.replay(evaluation) == 0
        said = capsys.readouterr()
        assert "identical: 50 decisions" in said.out
        assert evaluation["decisions_root"] in said.out
        assert "replayed by code" not in said.out


def test_a_decision_that_somebody_changed_is_found_by_the_replay(
    restated: Restated, capsys: pytest.CaptureFixture[str]
) -> None:
    s3, bucket = restated.stack.client("s3"), restated.stack.info["facts_bucket"]
    prefix = paths.decisions(EvaluationId(restated.first["id"]), 0).rpartition("/")[0]
    keys = sorted(each["Key"] for each in s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"])
    bodies = {key: s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}
    key = next(key for key in keys if b'"clear"' in gzip.decompress(bodies[key]))
    changed = gzip.decompress(bodies[key]).replace(b'"clear"', b'"open_case"', 1)
    s3.put_object(Bucket=bucket, Key=key, Body=gzip.compress(changed))
    try:
        assert restated.replay(restated.first) == 1
        assert f"{key}: the file was changed since it was recorded; the first" in capsys.readouterr().err
    finally:
        s3.put_object(Bucket=bucket, Key=key, Body=bodies[key])
    assert restated.replay(restated.first) == 0


def test_an_evaluation_that_never_was_has_nothing_to_replay(
    restated: Restated, capsys: pytest.CaptureFixture[str]
) -> None:
    assert restated.replay({"id": "evaluation-00000000000000000000"}) == 1
    assert "there is no such evaluation" in capsys.readouterr().err
