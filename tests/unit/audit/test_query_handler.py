"""HR's API as HTTP: statuses, problems, files; with the world behind it in memory."""

import base64
import io
import json
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest

from functions.audit.caller import Caller
from functions.audit.evidence.export_evidence import LedgerSource
from functions.audit.handlers import query as query_handler
from functions.audit.handlers.routes import exchange
from functions.audit.handlers.routes.exchange import Dependencies
from functions.audit.ledger.format import Checkpoint, parse_checkpoint
from shared.domain import paths
from shared.domain.change import Change
from shared.domain.event import Actor, ActorKind, EventDraft, EventTag
from shared.domain.identifiers import (
    BatchId,
    CaseId,
    CommandId,
    EvaluationId,
    PolicyRef,
    Subject,
    batch_subject,
)
from shared.domain.merkle import verify_consistency
from shared.domain.record import Batch, EvaluationRecord, PlannedEvaluation
from shared.ledger_ports import EventPlace, StoredEvent
from tests.fakes.personal_data import FakePersonalData
from tests.fakes.world import FakeHandouts
from tests.unit.audit.hr_desk import (
    ADMIN,
    AUDITOR,
    COMPENSATION,
    DECISION,
    NOW,
    OTHER_PARTNER,
    PARTNER,
    POLICY_TEXT,
    STRANGER,
    Desk,
    accounts,
    asked,
    decided,
)
from tests.unit.audit.workshop import START, Bucket, Log, Ring, World

CASE = CaseId("case-r-1")


@dataclass
class Context:
    function_name: str = "query"
    memory_limit_in_mb: int = 128
    invoked_function_arn: str = "arn:aws:lambda:eu-central-1:000000000000:function:query"
    aws_request_id: str = "request-1"


class LedgerBucket(Bucket):
    def names(self, prefix: str) -> Iterable[str]:
        return sorted(name for name in self.world.files if name.startswith(prefix))


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture(autouse=True)
def world(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> World:
    world = World()
    record = LedgerSource(LedgerBucket(world), Log(world), Ring(world))
    signed_in = accounts(PARTNER, OTHER_PARTNER, ADMIN, COMPENSATION, AUDITOR, STRANGER)
    found = Dependencies(desk.sources, record, FakePersonalData(desk.store), FakeHandouts(), signed_in)
    monkeypatch.setattr(query_handler, "_dependencies", lambda: found)
    return world


def claims_of(caller: Caller) -> dict[str, str]:
    """The claims of the caller's ID token, as API Gateway hands them over."""
    claims = {
        "sub": caller.account,
        "token_use": "id",
        "cognito:groups": f"[{' '.join(sorted(caller.groups))}]",
    }
    return claims | ({"custom:person_id": caller.person_id} if caller.person_id else {})


def call(
    caller: Caller, path: str, method: str = "GET", body: str | None = None, **query: str
) -> tuple[int, Any, dict[str, str]]:
    """The status, the body (JSON where it is JSON, else bytes), the headers."""
    answer = query_handler.handle(
        {
            "version": "2.0",
            "routeKey": f"{method} {path}",
            "rawPath": path,
            "rawQueryString": "",
            "headers": {"accept": "application/json", "content-type": "application/json"},
            "queryStringParameters": query or None,
            "requestContext": {
                "stage": "$default",
                "http": {"method": method, "path": path},
                "authorizer": {"jwt": {"claims": claims_of(caller), "scopes": None}},
            },
            "body": body,
            "isBase64Encoded": False,
        },
        Context(),
    )
    raw = base64.b64decode(answer["body"]) if answer["isBase64Encoded"] else answer["body"].encode()
    headers = {name.lower(): str(value) for name, value in answer["headers"].items()}
    is_json = headers["content-type"].endswith("json")
    return answer["statusCode"], json.loads(raw) if is_json else raw, headers


def sealed(desk: Desk, world: World) -> None:
    """Every event so far has its place in the ledger."""
    for event in desk.store.seen:
        for number, body in enumerate(desk.store.events(event.subject), 1):
            place = EventPlace(event.subject, number)
            world.events.setdefault(place, StoredEvent(body, None))
    world.seal(NOW + timedelta(minutes=1))


def test_the_list_is_json_that_must_not_be_cached() -> None:
    status, body, headers = call(PARTNER, "/cases")
    assert (status, body["cases"]) == (200, [])
    assert headers["cache-control"] == "no-store"


def test_a_wrong_group_is_403_and_a_problem() -> None:
    status, body, headers = call(STRANGER, "/cases")
    assert (status, body["status"]) == (403, 403)
    assert headers["content-type"] == "application/problem+json"


def test_anothers_case_and_no_case_read_the_same_to_the_letter(desk: Desk) -> None:
    desk.open("r-1")
    hidden = call(OTHER_PARTNER, "/cases/case-r-1")
    nothing = call(OTHER_PARTNER, "/cases/case-r-none")
    assert hidden == nothing
    assert hidden[0] == 404


def test_a_case_and_its_history_are_shown(desk: Desk) -> None:
    desk.open("r-1", asked(CASE))
    assert call(PARTNER, f"/cases/{CASE}")[1]["rep"]["name"] == "Ada Rep"
    assert len(call(PARTNER, f"/cases/{CASE}/events")[1]["events"]) == 2


def test_a_route_that_is_not_there_is_a_problem_too() -> None:
    assert call(ADMIN, "/secrets")[0] == 404


def test_a_decision_counts_once_and_a_second_one_is_refused(desk: Desk) -> None:
    desk.open("r-1", asked(CASE))
    said = {"request_id": f"{CASE}.1", "choice": "approve", "reason": "The plan is fair and dated."}
    status, body, _ = call(PARTNER, f"/cases/{CASE}/decisions", "POST", json.dumps(said))
    assert (status, body["status"]) == (200, "answered")
    again = json.dumps({**said, "choice": "send_back"})
    status, body, _ = call(PARTNER, f"/cases/{CASE}/decisions", "POST", again)
    assert status == 409
    assert "already answered" in body["detail"]


@pytest.mark.parametrize(
    "body", [None, "", "{", "[]", '{"choice":"x"}', '{"request_id":1,"choice":"a","reason":"b"}']
)
def test_a_malformed_decision_is_400(desk: Desk, body: str | None) -> None:
    desk.open("r-1", asked(CASE))
    assert call(PARTNER, f"/cases/{CASE}/decisions", "POST", body)[0] == 400


def batch(**changes: Any) -> Batch:
    made: dict[str, Any] = {
        "id": BatchId("b1"),
        "profile": "varicent-attainment",
        "kind": "attainment",
        "key": "incoming/varicent-attainment/2026-09.csv",
        "object_version": None,
        "sha256": "ab" * 32,
        "bytes": 100,
        "rows": 3,
        "accepted": 2,
        "rejected": 1,
        "codes": {"not_a_number": 2},
        "refused": None,
        "periods": ("2026-09",),
        "dropped_at": NOW,
        "known_at": NOW,
    }
    return Batch(**{**made, **changes})


def commit(desk: Desk, name: str, **changes: Any) -> None:
    subject = batch_subject(BatchId(name))
    actor, command = Actor(ActorKind.SYSTEM, "test"), CommandId(f"command-{name}")
    event = EventDraft(EventTag.EXPORT_ACCEPTED, subject, NOW, actor, command)
    desk.store.commit(Change(command=command, result="done", events=(event,), **changes))


def test_compensation_staff_see_which_cell_of_an_export_was_wrong(desk: Desk) -> None:
    commit(desk, "b1", batch=batch())
    fault = {"column": "quota", "code": "not_a_number", "value": "=1+1"}
    row = {"line": 17, "faults": [fault, {**fault, "column": "credited", "value": None}]}
    desk.files.write_lines(paths.rejected(BatchId("b1"), NOW), [json.dumps(row).encode() + b"\n"])
    assert call(COMPENSATION, "/exports")[1]["exports"][0]["name"] == "2026-09.csv"
    assert call(COMPENSATION, "/exports/b1")[1]["codes"] == {"not_a_number": 2}
    assert call(COMPENSATION, "/exports/b1/rejected")[1]["rejected"] == [row]
    status, text, headers = call(COMPENSATION, "/exports/b1/rejected", format="csv")
    assert status == 200
    assert headers["content-type"] == "text/csv; charset=utf-8"
    assert text == b"line,column,code,value\r\n17,quota,not_a_number,'=1+1\r\n17,credited,not_a_number,\r\n"


def test_an_export_without_a_rejected_row_has_an_empty_list(desk: Desk) -> None:
    commit(desk, "b1", batch=batch(rejected=0))
    assert call(COMPENSATION, "/exports/b1/rejected")[1]["rejected"] == []


def test_compensation_staff_see_no_case_and_hr_partners_no_export(desk: Desk) -> None:
    desk.open("r-1")
    assert call(COMPENSATION, f"/cases/{CASE}")[0] == 403
    assert call(PARTNER, "/exports")[0] == 403


def test_an_evaluation_names_everything_that_it_read(desk: Desk) -> None:
    plan = PlannedEvaluation(
        id=EvaluationId("e-1"),
        policy=PolicyRef("field-sales@3"),
        policy_digest="cd" * 32,
        period="2026-09",
        directory=BatchId("people-1"),
        revisions={"2026-09": (BatchId("b1"),)},
        shards=4,
        code_version="1",
        opens_cases=True,
    )
    record = EvaluationRecord(
        plan=plan, completed_at=NOW, outcomes={"clear": 7}, decisions={"0000": "ef" * 32}, decisions_root="00"
    )
    commit(desk, "b2", planned=plan)
    commit(desk, "b3", evaluation=record)
    assert [found["id"] for found in call(AUDITOR, "/evaluations")[1]["evaluations"]] == ["e-1"]
    assert call(PARTNER, "/evaluations/e-1")[1]["revisions"] == {"2026-09": ["b1"]}
    assert call(COMPENSATION, "/evaluations")[0] == 403


def test_a_removal_names_the_comparison_that_hr_looked_at(desk: Desk) -> None:
    desk.open("r-1", asked(CASE, purpose="removal_approval", adverse=True))
    desk.evaluated(DECISION, decided("r-2"))
    status, shown, _ = call(ADMIN, f"/cases/{CASE}/comparators")
    assert (status, shown["total"], shown["comparators"][0]["rep"]["name"]) == (200, 1, "Ben Rep")
    said = {
        "request_id": f"{CASE}.1",
        "choice": "approve",
        "reason": "Everything was tried, and nobody else.",
    }
    assert call(ADMIN, f"/cases/{CASE}/decisions", "POST", json.dumps(said))[0] == 400
    stale = json.dumps(said | {"compared": "0" * 64})
    assert call(ADMIN, f"/cases/{CASE}/decisions", "POST", stale)[0] == 409
    named = json.dumps(said | {"compared": shown["compared"]})
    assert call(ADMIN, f"/cases/{CASE}/decisions", "POST", named)[1]["status"] == "answered"


def test_evidence_of_a_case_is_a_zip_and_taking_it_is_recorded(desk: Desk, world: World) -> None:
    desk.open("r-1")
    sealed(desk, world)
    status, body, headers = call(PARTNER, f"/cases/{CASE}/evidence")
    assert status == 200
    assert headers["content-disposition"] == 'attachment; filename="evidence-case-r-1.zip"'
    with zipfile.ZipFile(io.BytesIO(body)) as bundle:
        names = bundle.namelist()
        assert bundle.read("policies/field-sales@3.yaml") == POLICY_TEXT
    assert "openings/000001.json" in names
    assert desk.tags()[-1] == "evidence:exported"
    assert desk.store.seen[-1].data["sha256"] == sha256(body).hexdigest()


def test_what_is_too_large_for_an_answer_is_handed_out_by_a_link(
    desk: Desk, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.open("r-1")
    sealed(desk, world)
    monkeypatch.setattr(exchange, "LARGEST_ANSWER", 1000)
    status, said, headers = call(PARTNER, f"/cases/{CASE}/evidence")
    assert (status, headers["content-type"]) == (200, "application/vnd.plumbline.link+json")
    handouts = query_handler._dependencies().handouts
    assert isinstance(handouts, FakeHandouts)
    body = handouts.links[said["url"]]
    assert zipfile.is_zipfile(io.BytesIO(body))
    assert (said["name"], said["bytes"]) == ("evidence-case-r-1.zip", len(body))
    assert said["sha256"] == sha256(body).hexdigest() == desk.store.seen[-1].data["sha256"]
    assert call(PARTNER, f"/cases/{CASE}/events")[2]["content-type"] == "application/json"
    assert len(handouts.links) == 1


def test_evidence_of_a_period_is_for_those_who_see_every_case(desk: Desk, world: World) -> None:
    desk.open("r-1")
    desk.evaluated(DECISION)
    sealed(desk, world)
    assert call(PARTNER, "/periods/2026-09/evidence")[0] == 403
    assert call(ADMIN, "/periods/September/evidence")[0] == 400
    assert call(ADMIN, "/periods/2026-08/evidence")[0] == 404
    status, body, headers = call(ADMIN, "/periods/2026-09/evidence")
    assert (status, headers["content-disposition"]) == (200, 'attachment; filename="evidence-2026-09.zip"')
    with zipfile.ZipFile(io.BytesIO(body)) as bundle:
        assert f"cases/{CASE}/manifest.json" in bundle.namelist()
    assert desk.store.seen[-1].data["bundle"] == "period/2026-09"


def test_an_auditors_edition_stays_sealed_and_has_no_names(desk: Desk, world: World) -> None:
    desk.open("r-1")
    sealed(desk, world)
    status, body, _ = call(AUDITOR, f"/cases/{CASE}/evidence")
    assert status == 200
    with zipfile.ZipFile(io.BytesIO(body)) as bundle:
        assert not [name for name in bundle.namelist() if name.startswith(("openings/", "names"))]
        assert b"Ada" not in bundle.read("chronicle.html")


def test_the_ledgers_checkpoint_and_bundle_are_the_auditors(desk: Desk, world: World) -> None:
    assert call(AUDITOR, "/ledger/checkpoint")[0] == 404
    desk.open("r-1")
    sealed(desk, world)
    assert call(AUDITOR, "/ledger/checkpoint")[1]["checkpoint"]["size"] == 1
    status, body, headers = call(AUDITOR, "/ledger/evidence")
    assert (status, headers["content-type"]) == (200, "application/zip")
    assert zipfile.is_zipfile(io.BytesIO(body))
    assert desk.store.seen[-1].subject == Subject("system")
    assert call(PARTNER, "/ledger/evidence")[0] == 403


def test_the_holder_of_a_checkpoint_gets_a_proof_that_the_ledger_grew_from_it(
    desk: Desk, world: World
) -> None:
    def latest() -> Checkpoint:
        return parse_checkpoint(world.checkpoints()[-1])[0]

    for number in range(5):
        world.happened("batch/b", EventTag.NOTICE_QUEUED, START, notice=f"n-{number}")
    world.seal(START)
    held = latest()
    for number in range(4):
        world.happened("batch/c", EventTag.NOTICE_QUEUED, START, notice=f"m-{number}")
    world.seal(START)
    status, shown, _ = call(AUDITOR, "/ledger/consistency", **{"from": str(held.size)})
    assert (status, shown["from"], shown["to"]) == (200, 5, 9)
    assert shown["checkpoint"].encode() == world.checkpoints()[-1]
    path = [bytes.fromhex(step) for step in shown["path"]]
    roots = bytes.fromhex(held.root), bytes.fromhex(latest().root)
    verify_consistency(held.size, latest().size, path, *roots)
    assert call(AUDITOR, "/ledger/consistency", **{"from": "9"})[1]["path"] == []
    for wrong in ("", "0", "10", "-1", "x", "\N{SUPERSCRIPT TWO}"):
        assert call(AUDITOR, "/ledger/consistency", **{"from": wrong})[0] == 400, wrong
    assert call(AUDITOR, "/ledger/consistency")[0] == 400
    assert call(PARTNER, "/ledger/consistency", **{"from": "5"})[0] == 403


WHY = json.dumps({"reason": "The lawsuit was announced today."})


def test_an_administrator_holds_lifts_and_shreds(desk: Desk) -> None:
    commit(desk, "b1", batch=batch())
    said = json.dumps({"reason": "The lawsuit was announced.", "comparators": ["r-2"]})
    status, held, _ = call(ADMIN, "/people/r-1/hold", "POST", said)
    assert (status, held["status"], held["comparators"]) == (200, "held", ["r-2"])
    status, problem, _ = call(ADMIN, "/people/r-2/shred", "POST", WHY)
    assert (status, problem["title"]) == (409, "The resource has changed since you read it")
    assert call(ADMIN, "/people/r-1/hold", "DELETE", WHY)[1]["status"] == "lifted"
    assert call(ADMIN, "/people/r-2/shred", "POST", WHY)[1]["status"] == "shredded"
    assert desk.tags()[-1] == "subject:shredded"


def test_only_an_administrator_acts_on_people_and_says_why(desk: Desk) -> None:
    assert call(PARTNER, "/people/r-1/shred", "POST", WHY)[0] == 403
    assert call(AUDITOR, "/people/r-1/hold", "DELETE", WHY)[0] == 403
    assert call(ADMIN, "/people/hr-9/shred", "POST", WHY)[0] == 403
    assert call(ADMIN, "/people/r-77/shred", "POST", WHY)[0] == 404
    for body in (None, "{}", '{"reason": 7}', '{"reason": "short"}', '{"reason": "long enough", "x": 1}'):
        assert call(ADMIN, "/people/r-1/shred", "POST", body)[0] == 400
