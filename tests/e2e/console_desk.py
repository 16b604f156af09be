"""HR's console on loopback: its files, the real query function on fakes, and a sign-in for four people."""

import base64
import json
import mimetypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch
from urllib.parse import parse_qsl, urlsplit

from functions.audit.evidence.export_evidence import LedgerSource
from functions.audit.handlers import query as query_handler
from functions.audit.handlers.routes.exchange import Dependencies
from shared.account_ports import Account
from shared.domain import paths
from shared.domain.case import CaseStatus, Exit, PeriodResult, Waiting
from shared.domain.change import Change
from shared.domain.event import Actor, ActorKind, Authentication, EventDraft, EventTag, stamp
from shared.domain.identifiers import (
    BatchId,
    CaseId,
    CommandId,
    EvaluationId,
    PersonId,
    Subject,
    batch_subject,
    case_subject,
)
from shared.domain.person import Directory
from shared.domain.record import Batch
from shared.domain.request import Answer, Request, RequestStatus
from shared.ledger_ports import EventPlace, StoredEvent
from tests.fakes.accounts import FakeAccounts
from tests.fakes.personal_data import FakePersonalData
from tests.fakes.world import FakeDirectories, FakeHandouts
from tests.unit.audit.hr_desk import NOW, PEOPLE, Desk, asked, person
from tests.unit.audit.workshop import Bucket, Log, Ring, World

CONSOLE: Final = Path(__file__).parents[2] / "console"
PASSWORD: Final = "a long Password of 2026!"
USERS: Final[dict[str, dict[str, Any]]] = {
    "hal": {"cognito:groups": ["hr_partner"], "custom:person_id": "hr-1", "name": "Hal Partner"},
    "hugo": {"cognito:groups": ["hr_admin"], "custom:person_id": "hr-9", "name": "Hugo Admin"},
    "coco": {"cognito:groups": ["compensation"], "name": "Coco Compensation"},
    "otto": {"cognito:groups": ["auditor"], "name": "Otto Auditor"},
}
MANAGER: Final = Actor(ActorKind.PERSON, "m-1", Authentication.LINK)
SYSTEM: Final = Actor(ActorKind.SYSTEM, "advance_case")
REASON: Final = (
    "We went through her three largest deals. Two slipped into October for the customer's budget year; "
    "I will join the weekly pipeline call."
)


class LedgerBucket(Bucket):
    def names(self, prefix: str) -> list[str]:
        return sorted(name for name in self.world.files if name.startswith(prefix))


@dataclass
class Office:
    url: str
    desk: Desk
    handouts: FakeHandouts


def lived_in() -> tuple[Desk, World]:
    """Cases in several states, exports with faults, and a ledger that has all of it."""
    desk = Desk()
    newcomers = ("Cleo Sanderson", "Dimitri Okonkwo-Hernández", "Edda Sørensen", "Finn O’Malley")
    more = [person(f"r-{number}", name, "m-1", "hr-1") for number, name in enumerate(newcomers, 3)]
    people = {one.id: one for one in (*PEOPLE, *more)}
    desk.sources = replace(desk.sources, directories=FakeDirectories(Directory(BatchId("people-2"), people)))
    _gate(desk)
    late = NOW - timedelta(hours=5)
    desk.open("r-3", due_at=late, waiting_for=Waiting.ANSWER, owner=PersonId("m-1"))
    desk.open("r-4", due_at=NOW + timedelta(days=12), waiting_for=Waiting.RESULTS, owner=PersonId("m-1"))
    desk.open("r-5", due_at=NOW + timedelta(hours=20), marked="restated_figures")
    desk.open("r-6", status=CaseStatus.CLOSED, exit=Exit.GRADUATED)
    _exports(desk)
    world = World()
    for body in [body for name in _subjects(desk) for body in desk.store.events(name)]:
        place = EventPlace(Subject(json.loads(body)["subject"]), json.loads(body)["sequence"])
        world.events[place] = StoredEvent(body, None)
    world.seal(NOW)
    return desk, world


def _subjects(desk: Desk) -> list[Subject]:
    return list(dict.fromkeys(event.subject for event in desk.store.seen))


def _gate(desk: Desk) -> None:
    case_id = CaseId("case-r-1")
    answer = Answer(
        choice="coach",
        reason=REASON,
        answered_by=PersonId("m-1"),
        authenticated_by="link",
        answered_at=NOW - timedelta(days=33),
    )
    plan = asked(
        case_id,
        purpose="stage_plan",
        seat="manager",
        assignee=PersonId("m-1"),
        choices=("coach", "dispute_figures", "request_exception"),
        asked_at=NOW - timedelta(days=34),
        due_at=NOW - timedelta(days=32),
        status=RequestStatus.ANSWERED,
        answer=answer,
    )
    gate = asked(case_id, 2, stage="improvement_plan", choices=("publish", "extend", "close"))
    result = PeriodResult(
        period="2026-10", status="assessable", attainment="0.7420", evaluation_id=EvaluationId("e-2")
    )
    desk.open(
        "r-1", plan, gate, results=(result,), opened_at=NOW - timedelta(days=34), proposed_by=PersonId("m-1")
    )
    _history(desk, case_id, plan)


def _history(desk: Desk, case_id: CaseId, plan: Request) -> None:
    """What happened to the case since the manager was asked."""
    whom: dict[str, Any] = {
        "request": plan.id,
        "purpose": "stage_plan",
        "seat": "manager",
        "assignee": "m-1",
        "on_behalf_of": None,
    }
    asking = {
        "step": 0,
        "choices": list(plan.choices),
        "due_at": stamp(plan.due_at),
        "empty_seats": [],
        "after": None,
    }
    coaching: dict[str, Any] = {"stage": "coaching"}
    mail = {
        "notice": "n-1",
        "kind": "question",
        "to": "m-1",
        "request": plan.id,
        "message": "m-1",
        "link": "l",
    }
    results = coaching | {"period": "2026-10", "evaluation": "e-2", "periods": ["2026-10"]}
    gated = coaching | {"to": "improvement_plan", "because": ["policy"]}
    told: list[tuple[EventTag, Actor, int, dict[str, Any], str | None]] = [
        (EventTag.REQUEST_SENT, SYSTEM, 34, coaching | whom | asking, None),
        (EventTag.NOTICE_SENT, SYSTEM, 34, mail, None),
        (EventTag.REQUEST_ANSWERED, MANAGER, 33, whom | {"choice": "coach"}, REASON),
        (EventTag.STAGE_BEGUN, SYSTEM, 33, coaching | {"ends_at": stamp(NOW)}, None),
        (EventTag.RESULTS_ARRIVED, SYSTEM, 3, results, None),
        (EventTag.STAGE_GATED, SYSTEM, 1, gated, None),
    ]
    relied_on = {
        EventTag.NOTICE_SENT: {"text": "0f" * 32},
        EventTag.RESULTS_ARRIVED: {"policy": "0f" * 32, "evaluation": "e-2"},
    }
    for number, (tag, actor, days, data, reason) in enumerate(told):
        command = CommandId(f"{case_id}-{number}")
        event = EventDraft(
            tag,
            case_subject(case_id),
            NOW - timedelta(days=days),
            actor,
            command,
            relied_on=relied_on.get(tag, {"policy": "0f" * 32}),
            data=data,
            private=None if reason is None else {"reason": reason},
            person=PersonId("r-1"),
        )
        desk.store.commit(Change(command=command, result="done", events=(event,)))


def _exports(desk: Desk) -> None:
    for name, refused, rejected in (("september", None, 2), ("broken", "too_many_rejected", 0)):
        batch = Batch(
            id=BatchId(f"{name}-0123456789"[:16]),
            profile="varicent-attainment",
            kind="attainment",
            key=f"incoming/varicent-attainment/attainment-2026-09-{name}.csv",
            object_version=None,
            sha256="0f" * 32,
            bytes=18_234,
            rows=412,
            accepted=410 if refused is None else 0,
            rejected=rejected,
            codes={"not_a_number": 2, "bad_period": 1} if rejected else {},
            refused=refused,
            periods=("2026-07", "2026-08", "2026-09") if refused is None else (),
            dropped_at=NOW,
            known_at=NOW,
        )
        command = CommandId(f"export-{name}")
        event = EventDraft(EventTag.EXPORT_RECEIVED, batch_subject(batch.id), NOW, SYSTEM, command)
        desk.store.commit(Change(command=command, result="done", events=(event,), batch=batch))
        fault = {"column": "quota", "code": "not_a_number", "value": "12.000,50 €"}
        rows = [
            {"line": 17, "faults": [fault, {"column": "period", "code": "bad_period", "value": "Sept"}]},
            {"line": 230, "faults": [fault]},
        ]
        if rejected:
            desk.files.write_lines(
                paths.rejected(batch.id, batch.known_at), [json.dumps(row).encode() + b"\n" for row in rows]
            )


@contextmanager
def office() -> Iterator[Office]:
    """The console, served until the end of the block."""
    desk, world = lived_in()
    record = LedgerSource(LedgerBucket(world), Log(world), Ring(world))
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Desk)
    url = f"http://127.0.0.1:{server.server_port}"
    handouts = FakeHandouts(url)
    accounts = FakeAccounts(
        **{
            f"account-{name}": Account(
                True, claims.get("custom:person_id"), frozenset(claims["cognito:groups"])
            )
            for name, claims in USERS.items()
        }
    )
    found = Dependencies(desk.sources, record, FakePersonalData(desk.store), handouts, accounts)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    with patch.object(query_handler, "_dependencies", lambda: found):
        thread.start()
        try:
            yield Office(url, desk, handouts)
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


class _Desk(BaseHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path == "/console/config.json":
            base = f"http://{self.headers['Host']}"
            config = {"api_url": base, "cognito_endpoint": base, "client_id": "client", "region": "local"}
            self._answer(200, json.dumps(config).encode(), {"Content-Type": "application/json"})
        elif path.startswith("/handouts/"):
            self._hand_out(path)
        elif path.startswith("/console/"):
            file = CONSOLE / (path.removeprefix("/console/") or "index.html")
            kind = mimetypes.guess_type(file.name)[0] or "text/plain"
            self._answer(200, file.read_bytes(), {"Content-Type": kind})
        else:
            self._api("GET", None)

    def _hand_out(self, path: str) -> None:
        handouts = query_handler._dependencies().handouts
        assert isinstance(handouts, FakeHandouts)
        assert "Authorization" not in self.headers, "a token went where it has no business"
        name = path.rsplit("/", 1)[1]
        headers = {
            "Content-Type": "application/zip",
            "Content-Disposition": f'attachment; filename="{name}"',
        }
        self._answer(200, handouts.links[handouts.base + path], headers)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.path == "/":
            self._sign_in(self.headers["X-Amz-Target"].rpartition(".")[2], json.loads(body))
        else:
            self._api("POST", body)

    def _sign_in(self, action: str, said: dict[str, Any]) -> None:
        given = said.get("AuthParameters") or said.get("ChallengeResponses") or {}
        name = given.get("USERNAME", "")
        if action == "GlobalSignOut":
            self._say(200, {})
        elif action == "InitiateAuth" and (name not in USERS or given.get("PASSWORD") != PASSWORD):
            self._say(400, {"__type": "NotAuthorizedException", "message": "Incorrect username or password."})
        elif action == "InitiateAuth" and name == "hugo":
            challenge = {"USER_ID_FOR_SRP": "hugo"}
            self._say(
                200,
                {"ChallengeName": "NEW_PASSWORD_REQUIRED", "Session": "s", "ChallengeParameters": challenge},
            )
        else:
            token = ".".join(_base64url(part) for part in ({}, _claims(name), {}))
            result = {"IdToken": token, "AccessToken": "access", "RefreshToken": "refresh"}
            self._say(200, {"AuthenticationResult": result, "ChallengeParameters": {}})

    def _api(self, method: str, body: str | None) -> None:
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if not token:
            self._say(401, {"message": "Unauthorized"})
            return
        claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
        claims["cognito:groups"] = f"[{' '.join(claims['cognito:groups'])}]"
        address = urlsplit(self.path)
        answer = query_handler.handle(
            {
                "version": "2.0",
                "rawPath": address.path,
                "headers": {
                    "accept": self.headers.get("Accept", ""),
                    "content-type": self.headers.get("Content-Type", ""),
                },
                "queryStringParameters": dict(parse_qsl(address.query)) or None,
                "requestContext": {
                    "stage": "$default",
                    "http": {"method": method, "path": address.path},
                    "authorizer": {"jwt": {"claims": claims, "scopes": None}},
                },
                "body": body,
                "isBase64Encoded": False,
            },
            _Context(),
        )
        content = base64.b64decode(answer["body"]) if answer["isBase64Encoded"] else answer["body"].encode()
        self._answer(answer["statusCode"], content, answer["headers"])

    def _say(self, status: int, value: object) -> None:
        self._answer(status, json.dumps(value).encode(), {"Content-Type": "application/x-amz-json-1.1"})

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@dataclass
class _Context:
    function_name: str = "query"
    memory_limit_in_mb: int = 128
    invoked_function_arn: str = "arn"
    aws_request_id: str = "request"


def _claims(name: str) -> dict[str, Any]:
    stated = {"sub": f"account-{name}", "token_use": "id", "exp": 4_000_000_000, "cognito:username": name}
    return stated | USERS[name]


def _base64url(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
