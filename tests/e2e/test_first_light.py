"""The whole way, on the local cloud: what the demo shows, and what must not happen twice or get lost."""

import io
import json
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from local.cloud.clients import SignedIn, answer_by_link, call, link_in, send_form, until
from local.cloud.stack import Stack
from local.demo import Demo, verify

EXAMPLES = Path(__file__).parents[2] / "examples"
SEPTEMBER = EXAMPLES / "varicent/varicent-attainment-2026-09.csv"


class Office:
    """The organisation after the demo's story, and an HR administrator who looks at it."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.words = io.StringIO()
        self.demo = Demo(stack, Console(file=self.words, width=160))
        self.demo.run()
        self.hr = self.demo.hr
        self.answered = self.demo.outcome["answered"].partition(":")[0]
        self.silent = self.demo.outcome["escalated"].partition(":")[0]

    def tags(self, case_id: str) -> list[str]:
        return [event["tag"] for event in self.hr.get(f"/cases/{case_id}/events").json()["events"]]

    def case(self, case_id: str) -> dict[str, Any]:
        return dict(self.hr.get(f"/cases/{case_id}").json())

    def cases(self) -> list[str]:
        return sorted(case["id"] for case in self.hr.get("/cases").json()["cases"])

    def evaluations(self) -> list[str]:
        return sorted(each["id"] for each in self.hr.get("/evaluations").json()["evaluations"])

    def drop(self, profile: str, name: str, body: bytes) -> None:
        key = f"incoming/{profile}/{name}"
        self.stack.client("s3").put_object(Bucket=self.stack.info["exports_bucket"], Key=key, Body=body)

    def export_named(self, name: str) -> dict[str, Any] | None:
        exports = self.hr.get("/exports").json()["exports"]
        return next((export for export in exports if export["name"] == name), None)

    def mails_about(self, subject: str) -> list[dict[str, Any]]:
        return [mail for mail in self.stack.mails() if subject in mail["subject"]]

    def runs(self) -> Counter[str]:
        """How many evaluation workflows there are, by status."""
        machine = self.stack.info["state_machines"]["evaluation"]
        found = self.stack.client("stepfunctions").list_executions(stateMachineArn=machine)["executions"]
        return Counter(run["status"] for run in found)

    def let_workflows_end(self, started: int) -> None:
        def ended() -> bool | None:
            runs = self.runs()
            return True if runs.total() >= started and runs["RUNNING"] == 0 else None

        until("every evaluation workflow ended", ended)


@pytest.fixture(scope="module")
def office(stack: Stack) -> Office:
    return Office(stack)


def test_the_answered_case_waits_for_results(office: Office) -> None:
    case = office.case(office.answered)
    assert (case["stage"], case["waiting_for"]) == ("coaching", "results")
    answers = [request["answer"] for request in case["requests"] if request["purpose"] == "stage_plan"]
    assert [answer["choice"] for answer in answers if answer] == ["coach"]
    tags = office.tags(office.answered)
    assert tags[0] == "case:opened"
    assert tags.count("request:answered") == 1


def test_the_silent_managers_case_went_to_the_managers_manager(office: Office) -> None:
    asked = [(r["seat"], r["status"]) for r in office.case(office.silent)["requests"]]
    assert asked[:2] == [("manager", "expired"), ("manager", "expired")]
    assert asked[2][0] == "skip_level"
    assert "request:escalated" in office.tags(office.silent)


def test_the_story_tells_history_addresses_and_the_verdicts(office: Office) -> None:
    told = office.words.getvalue()
    for expected in ("mailbox http", "case:opened", "request:answered", "intact", "events/"):
        assert expected in told


def test_no_evaluation_workflow_failed(office: Office) -> None:
    runs = office.runs()
    assert set(runs) <= {"SUCCEEDED", "RUNNING"}


def test_the_same_export_dropped_again_has_no_second_effect(office: Office) -> None:
    before = (office.cases(), office.evaluations(), office.runs().total())
    office.drop("varicent-attainment", "again.csv", SEPTEMBER.read_bytes())
    office.drop("varicent-attainment", SEPTEMBER.name, SEPTEMBER.read_bytes())
    office.let_workflows_end(before[2] + 2)
    assert (office.cases(), office.evaluations()) == before[:2]


def test_the_same_event_delivered_twice_has_no_second_effect(office: Office) -> None:
    before = (office.cases(), office.evaluations(), office.runs().total())
    detail = {
        "bucket": {"name": office.stack.info["exports_bucket"]},
        "object": {"key": f"incoming/varicent-attainment/{SEPTEMBER.name}"},
    }
    event = json.dumps({"detail-type": "Object Created", "source": "aws.s3", "detail": detail})
    sfn, machine = office.stack.client("stepfunctions"), office.stack.info["state_machines"]["evaluation"]
    for _ in range(2):
        sfn.start_execution(stateMachineArn=machine, input=event)
    office.let_workflows_end(before[2] + 2)
    assert (office.cases(), office.evaluations()) == before[:2]


def test_a_link_opened_a_hundred_times_changes_nothing(office: Office) -> None:
    link, page = _standing_question(office)
    case_ids = office.cases()
    opened = _opened(office, case_ids)
    answers = [_answers(office, case_id) for case_id in case_ids]
    for _ in range(50):
        assert call(link).status in (200, 410)
        head = call(link, "HEAD")
        assert head.body == b""
    assert [_answers(office, case_id) for case_id in case_ids] == answers
    assert sum(_opened(office, case_ids).values()) <= sum(opened.values()) + 1
    assert 'name="choice"' in page


def _standing_question(office: Office) -> tuple[str, str]:
    """A link that still asks; somebody else's deadline may pass at any moment."""

    def look() -> tuple[str, str] | None:
        for mail in reversed(office.stack.mails()):
            link = link_in(mail)
            if link and 'name="choice"' in (page := call(link).text):
                return link, page
        return None

    return until("a question that stands", look)


def _opened(office: Office, case_ids: list[str]) -> dict[str, int]:
    return {case_id: office.tags(case_id).count("link:opened") for case_id in case_ids}


def _answers(office: Office, case_id: str) -> int:
    return office.tags(case_id).count("request:answered")


def test_a_used_link_says_who_answered_and_a_second_answer_is_not_taken(office: Office) -> None:
    links = [link for mail in office.stack.mails() if (link := link_in(mail))]
    used = next(link for link in links if "already answered" in call(link).text.lower())
    before = _answers(office, office.answered)
    assert send_form(used, call(used).text, "coach", "a second thought about it").status == 409
    assert _answers(office, office.answered) == before


@pytest.mark.parametrize("token", ["x" * 43, "short", "%2e%2e%2f" * 5])
def test_a_wrong_link_is_not_found_and_gives_no_hint(office: Office, token: str) -> None:
    link = f"{office.stack.info['public_url']}/r/{token}"
    for reply in (call(link), answer_by_link(link, "coach", "let me in, please")):
        assert reply.status == 404
        assert "case" not in reply.text.lower().replace("upper case", "")


def test_a_file_that_no_profile_fits_is_refused_and_its_owner_told(office: Office) -> None:
    office.drop("no-such-profile", "stray.csv", SEPTEMBER.read_bytes() + b"\n")
    export = until("the stray file", lambda: office.export_named("stray.csv"))
    assert export["refused"] == "unknown_profile"
    until("its owner is told", lambda: _mail_saying(office, "stray.csv"))


def test_an_empty_file_is_refused_and_its_owner_told(office: Office) -> None:
    office.drop("varicent-attainment", "nothing.csv", b"")
    export = until("the empty file", lambda: office.export_named("nothing.csv"))
    assert (export["refused"], export["bytes"]) == ("empty", 0)
    until("its owner is told", lambda: _mail_saying(office, "nothing.csv"))


def test_a_half_broken_file_is_taken_with_its_rejects_listed(office: Office) -> None:
    lines = SEPTEMBER.read_bytes().splitlines(keepends=True)
    lines[3] = lines[3].replace(b".", b";", 1)
    office.drop("varicent-attainment", "half-broken.csv", b"".join(lines).replace(b"2026-09", b"2024-01"))
    export = until("the half-broken file", lambda: office.export_named("half-broken.csv"))
    assert (export["refused"], export["rejected"]) == (None, 1)
    rejected = office.hr.get(f"/exports/{export['id']}/rejected").json()["rejected"]
    assert [(row["line"], row["faults"][0]["code"]) for row in rejected] == [(4, "not_a_number")]
    until("its owner is told", lambda: _mail_saying(office, "half-broken.csv"))


def _mail_saying(office: Office, name: str) -> bool | None:
    return any(name in mail["text"] for mail in office.stack.mails()) or None


def test_only_hr_reads_cases_and_only_who_is_signed_in_reads_anything(office: Office) -> None:
    path = f"/cases/{office.answered}"
    api_url = office.stack.info["api_url"]
    assert call(api_url + path).status == 401
    assert (
        call(api_url + path, headers={"Authorization": "Bearer " + office.hr.token[:-4] + "AAAA"}).status
        == 401
    )
    for groups in ((), ("compensation",)):
        stranger = SignedIn(office.stack, f"stranger{len(groups)}", groups, "R000004")
        assert stranger.get(path).status == 403
        assert stranger.get("/cases").status == 403


def test_a_partner_sees_only_the_cases_of_their_own_people(office: Office) -> None:
    partner = SignedIn(office.stack, "other.partner", ("hr_partner",), "M000005")
    assert partner.get("/cases").json()["cases"] == []
    assert partner.get(f"/cases/{office.answered}").status == 404


def test_the_whole_ledger_verifies_and_is_locked(office: Office, tmp_path: Path) -> None:
    bundle = tmp_path / "ledger.zip"

    def checked() -> tuple[int, str] | None:
        bundle.write_bytes(office.hr.get("/ledger/evidence").body)
        status, words = verify(bundle)
        # Something may have happened since the last checkpoint; the next one will cover it.
        return None if status == 5 else (status, words)

    status, words = until("a ledger whose tail is sealed", checked)
    assert status == 0, words
    s3, bucket = office.stack.client("s3"), office.stack.info["ledger_bucket"]
    pieces = s3.list_objects_v2(Bucket=bucket, Prefix="ledger/")["Contents"]
    assert pieces
    for piece in pieces:
        assert s3.head_object(Bucket=bucket, Key=piece["Key"])["ObjectLockMode"] == "COMPLIANCE"


def test_the_evidence_of_a_period_makes_every_decision_again(office: Office, tmp_path: Path) -> None:
    bundle = tmp_path / "period.zip"

    def checked() -> tuple[int, str] | None:
        bundle.write_bytes(office.hr.get("/periods/2026-09/evidence").body)
        status, words = verify(bundle)
        return None if status == 5 else (status, words)

    status, words = until("a period whose cases are sealed", checked)
    assert status == 0, words
    with zipfile.ZipFile(bundle) as archive:
        cases = {name.split("/")[1] for name in archive.namelist() if name.startswith("cases/")}
        for case in cases:
            line = json.loads(archive.read(f"cases/{case}/decision/line.json"))
            fact = json.loads(archive.read(f"cases/{case}/decision/facts/2026-09.json"))
            assert (fact["rep_id"], fact["period"]) == (line["rep_id"], "2026-09")
    assert cases >= set(office.cases())
    assert f"{len(cases)} decisions were recomputed" in words


def test_no_mail_names_anybody_or_any_figure_in_its_subject(office: Office) -> None:
    names = [case["rep"]["name"] for case in office.hr.get("/cases").json()["cases"]]
    for mail in office.stack.mails():
        assert not any(name in mail["subject"] for name in names)
        assert not any(character.isdigit() for character in mail["subject"])
