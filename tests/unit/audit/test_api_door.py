"""The API's door: which tokens it takes, which input it refuses, and what it answers when a service fails."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from functions.audit.caller import Caller
from functions.audit.evidence.export_evidence import LedgerSource
from functions.audit.handlers import query as query_handler
from functions.audit.handlers.routes.exchange import Dependencies
from shared.account_ports import Account
from shared.domain.errors import Conflict, Forbidden, NotYet, Throttled
from shared.domain.identifiers import CaseId, PersonId
from tests.fakes.personal_data import FakePersonalData
from tests.fakes.world import FakeHandouts
from tests.unit.audit.hr_desk import ADMIN, AUDITOR, COMPENSATION, PARTNER, Desk, accounts, asked
from tests.unit.audit.test_query_handler import Context, LedgerBucket, call, claims_of, sealed
from tests.unit.audit.workshop import Log, Ring, World

FIELD_CASES = Path(__file__).parents[2] / "field_cases"
CASE = CaseId("case-r-1")
DECIDES = {"request_id": f"{CASE}.1", "choice": "approve", "reason": "The plan is fair and dated."}
WHY = json.dumps({"reason": "The lawsuit was announced today."})
ACTS = [
    (PARTNER, "POST", f"/cases/{CASE}/decisions", json.dumps(DECIDES)),
    (PARTNER, "POST", f"/cases/{CASE}/hold", WHY),
    (ADMIN, "POST", "/people/r-2/shred", WHY),
    (ADMIN, "POST", "/people/r-2/hold", WHY),
    (ADMIN, "DELETE", "/people/r-2/hold", WHY),
    (PARTNER, "GET", f"/cases/{CASE}/evidence", None),
    (ADMIN, "GET", "/periods/2026-09/evidence", None),
    (AUDITOR, "GET", "/ledger/evidence", None),
]


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.open("r-1", asked(CASE))
    return desk


@pytest.fixture(autouse=True)
def behind(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Dependencies:
    world = World()
    record = LedgerSource(LedgerBucket(world), Log(world), Ring(world))
    signed_in = accounts(PARTNER, ADMIN, AUDITOR, COMPENSATION)
    found = Dependencies(desk.sources, record, FakePersonalData(desk.store), FakeHandouts(), signed_in)
    monkeypatch.setattr(query_handler, "_dependencies", lambda: found)
    sealed(desk, world)
    return found


def raw_call(path: str, method: str = "GET", caller: Caller = ADMIN, **parts: Any) -> dict[str, Any]:
    """A request whose parts may have any form; the answer as the function gives it."""
    event = {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"content-type": "application/json"},
        "requestContext": {
            "stage": "$default",
            "http": {"method": method, "path": path},
            "authorizer": {"jwt": {"claims": claims_of(caller), "scopes": None}},
        },
        "isBase64Encoded": False,
    }
    return query_handler.handle(event | parts, Context())


def claims_in(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FIELD_CASES / name).read_text())
    return found


class TestTokens:
    def test_an_access_token_opens_nothing_not_even_ones_own_case(self) -> None:
        with pytest.raises(Forbidden, match="ID token"):
            Caller.from_claims(claims_in("42-own-case-by-the-other-token/claims-of-the-access-token.json"))
        rep = Caller.from_claims(claims_in("42-own-case-by-the-other-token/claims-of-the-id-token.json"))
        assert rep.person_id == "R-1"

    def test_a_group_whose_name_contains_that_of_another_grants_nothing(self) -> None:
        assert Caller.from_claims(claims_in("43-group-name-with-a-comma/claims.json")).groups == frozenset()

    @pytest.mark.parametrize("use", [None, "access", "ID", "", ["id"]])
    def test_every_other_use_of_a_token_is_refused(self, use: object) -> None:
        with pytest.raises(Forbidden, match="ID token"):
            Caller.from_claims(claims_of(ADMIN) | {"token_use": use})

    @pytest.mark.parametrize("group", ["hr_admin", "hr_partner"])
    def test_hr_is_a_person(self, group: str) -> None:
        claims = {"sub": "a-9", "token_use": "id", "cognito:groups": f"[auditor {group}]"}
        with pytest.raises(Forbidden, match="person"):
            Caller.from_claims(claims)

    @pytest.mark.parametrize("person", ["x" * 129, "r\x00", "\ud800", 7, ["r-1"]])
    def test_a_person_id_that_is_none_is_refused(self, person: object) -> None:
        with pytest.raises(Forbidden):
            Caller.from_claims(claims_of(ADMIN) | {"custom:person_id": person})


class TestAccounts:
    @pytest.mark.parametrize(("caller", "method", "path", "body"), ACTS)
    @pytest.mark.parametrize(
        "now",
        [
            None,
            Account(False, PersonId("hr-1"), frozenset({"hr_partner", "hr_admin", "auditor"})),
            Account(True, PersonId("r-9"), frozenset({"hr_partner", "hr_admin", "auditor"})),
            "no groups",
        ],
    )
    def test_no_act_and_no_export_outlives_the_account(
        self,
        desk: Desk,
        behind: Dependencies,
        now: Any,
        caller: Caller,
        method: str,
        path: str,
        body: str | None,
    ) -> None:
        known = accounts(PARTNER, ADMIN, AUDITOR).known
        if now == "no groups":
            now = Account(True, caller.person_id, frozenset({"contractors"}))
        elif now is not None and not now.enabled:
            now = Account(False, caller.person_id, now.groups)
        behind.accounts.known = {**known, caller.account: now}  # type: ignore[attr-defined]  # the fake's
        before = desk.tags()
        assert call(caller, path, method, body)[0] == 403
        assert desk.tags() == before

    @pytest.mark.parametrize(("caller", "method", "path", "body"), ACTS)
    def test_a_look_up_that_fails_lets_nobody_through(
        self, desk: Desk, behind: Dependencies, caller: Caller, method: str, path: str, body: str | None
    ) -> None:
        behind.accounts.down = True  # type: ignore[attr-defined]  # the fake's
        before = desk.tags()
        status, _, headers = call(caller, path, method, body)
        assert (status, headers["retry-after"]) == (503, "5")
        assert desk.tags() == before

    def test_the_groups_in_which_the_account_still_is_remain(self, behind: Dependencies) -> None:
        both = Caller("a-3", PersonId("hr-9"), frozenset({*ADMIN.groups, *PARTNER.groups}))
        partner = Account(True, PersonId("hr-9"), frozenset({"hr_partner"}))
        behind.accounts.known = {"a-3": partner}  # type: ignore[attr-defined]  # the fake's
        assert call(both, "/ledger/evidence")[0] == 403
        assert call(both, f"/cases/{CASE}/evidence")[0] == 404

    def test_reading_needs_no_look_up(self, behind: Dependencies) -> None:
        behind.accounts.down = True  # type: ignore[attr-defined]  # the fake's
        assert call(PARTNER, f"/cases/{CASE}")[0] == 200


class TestQueries:
    @pytest.mark.parametrize(
        "limit", ["0000019999", "050", "9" * 5000, "1_0", " 5", "+5", "5.0", "٥", "-1", "201", "1,2"]
    )
    @pytest.mark.parametrize("path", ["/cases", "/exports", "/evaluations"])
    def test_a_limit_is_written_in_one_way(self, path: str, limit: str) -> None:
        status, problem, _ = call(ADMIN, path, limit=limit)
        assert (status, problem["detail"][:6]) == (400, "limit:")

    @pytest.mark.parametrize("size", ["9" * 5000, "00001", "1" * 17, "٣", "1.0"])
    def test_so_is_the_size_of_a_checkpoint(self, size: str) -> None:
        assert call(AUDITOR, "/ledger/consistency", **{"from": size})[0] == 400

    @pytest.mark.parametrize(
        "path",
        [
            "/cases", f"/cases/{CASE}", f"/cases/{CASE}/events", f"/cases/{CASE}/comparators",
            f"/cases/{CASE}/evidence", "/evaluations", "/evaluations/e-1", "/exports", "/exports/b1",
            "/exports/b1/rejected", "/periods/2026-09/evidence", "/ledger/checkpoint",
            "/ledger/consistency", "/ledger/evidence",
        ],
    )  # fmt: skip
    def test_a_parameter_that_a_route_does_not_know_is_refused(self, path: str) -> None:
        needed = {"from": "1"} if path.endswith("consistency") else {}
        status, problem, _ = call(ADMIN, path, colour="red", **needed)
        assert (status, problem["detail"]) == (400, "'colour' is not known here")

    @pytest.mark.parametrize(("caller", "method", "path", "body"), ACTS)
    def test_an_act_takes_no_parameter(
        self, caller: Caller, method: str, path: str, body: str | None
    ) -> None:
        assert call(caller, path, method, body, colour="red")[0] == 400

    def test_a_parameter_is_given_once(self) -> None:
        answer = raw_call(
            "/cases", rawQueryString="role=AE&role=SDR", queryStringParameters={"role": "AE,SDR"}
        )
        assert answer["statusCode"] == 400
        answer = raw_call("/cases", rawQueryString="&".join(f"p{number}=1" for number in range(30)))
        assert answer["statusCode"] == 400

    @pytest.mark.parametrize("value", ["x" * 129, "a\x00b", "\ud800", "\u2028"])
    def test_a_filter_is_a_name(self, value: str) -> None:
        assert call(ADMIN, "/cases", region=value)[0] == 400

    @pytest.mark.parametrize(
        "inside", [b"{}", b'{"after":["a","b"],"filters":1}', b"[" * 1500, b'{"after":["a"],"filters":"x"}']
    )
    def test_a_cursor_of_ones_own_making_is_refused(self, inside: bytes) -> None:
        assert call(ADMIN, "/cases", cursor=base64.urlsafe_b64encode(inside).decode())[0] == 400
        assert call(ADMIN, "/cases", cursor="A" * 100_000)[0] == 400


class TestPaths:
    @pytest.mark.parametrize(
        "name", ["x" * 129, "x" * 3000, "a%00b", "%0a", "a\x7fb", "\ud800", "%E2%80%A8", "é" * 2000]
    )
    @pytest.mark.parametrize(
        "path", ["/cases/{}", "/cases/{}/evidence", "/exports/{}", "/evaluations/{}", "/periods/{}/evidence"]
    )
    def test_what_can_name_nothing_is_not_found(self, path: str, name: str) -> None:
        assert raw_call(path.format(name))["statusCode"] == 404
        assert raw_call(f"/people/{name}/shred", "POST", body=WHY)["statusCode"] == 404


class TestBodies:
    @pytest.mark.parametrize(
        ("body", "encoded"),
        [
            (base64.b64encode(b'{"reason": "\xff\xfe and so on"}').decode(), True),
            ("no base64!", True),
            ('{"reason": "half a pair: \ud800"}', False),
            (r'{"reason": "half a pair: \ud800"}', False),
            ("[" * 100_000, False),
            ('{"reason":' * 5000 + "1" + "}" * 5000, False),
            (json.dumps({"reason": "x" * 70_000}), False),
            (json.dumps({"reason": "x" * 4001}), False),
            ('{"reason": "The first of two.", "reason": "The second of two."}', False),
            ('{"reason": ' + "9" * 5000 + "}", False),
            ('{"reason": NaN}', False),
            ('{"reason": null}', False),
            ('"The lawsuit was announced today."', False),
        ],
    )
    def test_a_body_that_is_no_plain_json_is_refused(self, desk: Desk, body: str, encoded: bool) -> None:
        before = desk.tags()
        for path in ("/people/r-2/shred", "/people/r-2/hold", f"/cases/{CASE}/hold"):
            answer = raw_call(path, "POST", body=body, isBase64Encoded=encoded)
            assert answer["statusCode"] == 400, path
        assert desk.tags() == before

    @pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded", "json"])
    def test_a_body_of_another_type_is_refused(self, kind: str | None) -> None:
        headers = {} if kind is None else {"content-type": kind}
        answer = raw_call("/people/r-2/shred", "POST", body=WHY, headers=headers)
        assert answer["statusCode"] == 400
        assert "application/json" in answer["body"]

    def test_a_charset_beside_the_type_is_fine(self) -> None:
        headers = {"Content-Type": "application/json; charset=utf-8"}
        assert raw_call("/people/r-2/shred", "POST", body=WHY, headers=headers)["statusCode"] == 200

    @pytest.mark.parametrize(
        "changed",
        [
            {"request_id": "x" * 129},
            {"request_id": "case-r-1.1\n"},
            {"choice": "x" * 129},
            {"compared": "0" * 63},
            {"compared": "0" * 64 + "\n"},
            {"compared": "Z" * 64},
        ],
    )
    def test_the_fields_of_a_decision_are_bounded(self, changed: dict[str, str]) -> None:
        answer = raw_call(f"/cases/{CASE}/decisions", "POST", PARTNER, body=json.dumps(DECIDES | changed))
        assert answer["statusCode"] == 400

    @pytest.mark.parametrize("named", [["x" * 129], [""], ["a\x00"], [f"r-{number}" for number in range(41)]])
    def test_the_comparators_of_a_legal_hold_are_bounded(self, named: list[str]) -> None:
        body = json.dumps({"reason": "The lawsuit was announced today.", "comparators": named})
        assert raw_call("/people/r-2/hold", "POST", body=body)["statusCode"] == 400


THROTTLED = {"Error": {"Code": "ThrottlingException"}, "ResponseMetadata": {"HTTPStatusCode": 400}}
BROKEN = {"Error": {"Code": "InternalFailure"}, "ResponseMetadata": {"HTTPStatusCode": 500}}
DENIED = {"Error": {"Code": "AccessDeniedException"}, "ResponseMetadata": {"HTTPStatusCode": 400}}


class TestServices:
    @pytest.mark.parametrize(
        ("fault", "status", "after"),
        [
            (Conflict("somebody else was first"), 409, "1"),
            (Throttled("slow down"), 503, "5"),
            (NotYet("not yet"), 503, "5"),
            (ClientError(THROTTLED, "Decrypt"), 503, "5"),  # type: ignore[arg-type]  # of a full answer
            (ClientError(BROKEN, "Decrypt"), 503, "5"),  # type: ignore[arg-type]  # of a full answer
            (EndpointConnectionError(endpoint_url="https://kms.example"), 503, "5"),
        ],
    )
    def test_a_fault_that_passes_says_when_to_try_again(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch, fault: Exception, status: int, after: str
    ) -> None:
        attempts = []

        def fail(*_: object) -> None:
            attempts.append(1)
            raise fault

        monkeypatch.setattr(desk.store, "commit", fail)
        said, problem, headers = call(PARTNER, f"/cases/{CASE}")
        assert (said, problem["status"], headers["retry-after"]) == (status, status, after)
        assert "kms" not in json.dumps(problem)
        assert len(attempts) == (3 if isinstance(fault, Conflict) else 1)

    def test_a_missing_permission_is_our_mistake_and_raises_the_alarm(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: object) -> None:
            raise ClientError(DENIED, "PutItem")  # type: ignore[arg-type]  # of a full answer

        monkeypatch.setattr(desk.store, "commit", fail)
        with pytest.raises(ClientError):
            call(PARTNER, f"/cases/{CASE}")

    def test_a_refusal_that_waiting_does_not_cure_names_no_time(self) -> None:
        assert "retry-after" not in call(COMPENSATION, f"/cases/{CASE}")[2]
