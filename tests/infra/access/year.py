"""A story in which every function does everything that it ever does, called as the workflows call it."""

import base64
import json
import re
from collections.abc import Iterator, Mapping
from email import message_from_string
from email.policy import default
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import boto3
from boto3.dynamodb.conditions import Key

from functions.audit.handlers.routes import exchange
from tests.contract.conftest import REGION
from tests.infra.access.cloud_in_memory import CloudInMemory

SAMPLE: Final = Path(__file__).parents[3] / "examples" / "varicent"
REASON: Final = "We looked at every open deal together, and this is what we think is right."
ADMIN = "H001"
REMOVED, RECOVERED, EXCEPTED, LEAVER = "R000037", "R000004", "R000017", "R000014"
"""The four people of the sample whom the policy flags."""


class Year:
    """Runs the story. Each method is one kind of thing that happens."""

    def __init__(self, cloud: CloudInMemory) -> None:
        self.cloud = cloud
        self.table: Any = boto3.resource("dynamodb", region_name=REGION).Table("Cases")
        self._s3 = boto3.client("s3")
        self._account = cloud.account_of(ADMIN, "hr_admin")

    def happen(self) -> None:
        """Everything, from the first export to an erasure."""
        self.evaluate(self.drop("varicent-attainment", "early.csv", _results("06")))
        self.evaluate(self.drop("hr-people", "people.csv", _people()))
        for month in ("07", "08", "09", "08-restated"):
            self.evaluate(self.drop("varicent-attainment", f"{month}.csv", _results(month)))
        self.evaluate(self.drop("no-such-profile", "refused.csv", b"nothing"))
        self.relay()
        self.turn()
        self._managers_are_silent()
        self._answers_and_bounces()
        self._exports_and_workflows_are_lost()
        self._go_on_to_a_removal()
        self._somebody_recovers_and_somebody_leaves()
        self.announce("CHAIN#case/")
        self.announce("OUTBOX#")
        self.cloud.call("Relay", {"task": "digest"})
        self.relay()
        self.cloud.call("Seal", {})
        self.cloud.call("Anchor", {})
        self._hr_looks_around()
        self._hr_acts_on_people()
        self.cloud.call("Seal", {})

    def _managers_are_silent(self) -> None:
        """Each question is asked again, and then passes to the manager's manager."""
        for _ in range(2):
            self.cloud.pass_time(days=4)
            self.turn()
        seats = {each["seat"] for case in self.cases() for each in self.open_requests(case["id"])}
        assert "skip_level" in seats

    def _answers_and_bounces(self) -> None:
        self._lose_keys()
        for rep, choice in (
            (LEAVER, "dispute_figures"), (EXCEPTED, "request_exception"), (RECOVERED, "coach"),
        ):  # fmt: skip
            assert self.answer(rep, choice)
        self._lose_keys()
        assert self.answer(REMOVED, "coach")
        self.turn()
        self.page("x" * 43)
        for choice in ("acknowledge", "rebut"):
            self.answer(REMOVED, choice)
        for kind, about in (
            ("Delivery", {"timestamp": "2026-11-01T00:00:00.000Z"}),
            ("Bounce", {"bounceType": "Permanent"}),
        ):
            for mail in self.cloud.mails()[-6:]:
                notice = message_from_string(mail)["X-Plumbline-Notice"]
                self.feedback(str(notice), kind, **about)
        self.turn()

    def _exports_and_workflows_are_lost(self) -> None:
        """What the two sweeps are for."""
        self.drop("varicent-attainment", "lost.csv", _results("05"))
        interrupted = self.drop("varicent-attainment", "interrupted.csv", _results("04"))
        self.cloud.call("Ingest", {"bucket": self.cloud.bucket("Exports"), "key": interrupted})
        self.cloud.pass_time(hours=1)
        self.cloud.call("Sweep", {})
        flows = boto3.client("stepfunctions")
        machine = next(
            each["stateMachineArn"]
            for each in flows.list_state_machines()["stateMachines"]
            if each["name"].endswith("-case")
        )
        for execution in flows.list_executions(stateMachineArn=machine)["executions"][:1]:
            flows.stop_execution(executionArn=execution["executionArn"])
        self._lose_keys()
        self.cloud.pass_time(days=7)
        self.cloud.call("Reconcile", {})
        self.relay()
        case = self.cases()[0]
        outdated = {"step": "wait", "generation": case["generation"], "version": 1, "token": "late"}
        self.cloud.call("Case", {"case_id": case["id"], **outdated})

    def _go_on_to_a_removal(self) -> None:
        for _ in range(30):
            self.turn()
            self._lose_keys()
            for choice in ("held", "publish", "agree_plan", "propose_removal", "approve"):
                if self.answer(REMOVED, choice):
                    break
            else:
                self.cloud.pass_time(days=15)
            if not self.case_of(REMOVED):
                return
        raise AssertionError(f"no removal was approved: {self.case_of(REMOVED)}")

    def _somebody_recovers_and_somebody_leaves(self) -> None:
        for month in ("2026-10", "2026-11"):
            september = _results("09").decode().replace("2026-09", month).splitlines()
            rows = [row for row in september if not row.startswith(RECOVERED)]
            rows += [f"{RECOVERED},{month},50000.00,60000.00,USD,", f"R000001,{month},unreadable,1.00,USD,"]
            export = "\n".join([*rows, ""]).encode()
            self.evaluate(self.drop("varicent-attainment", f"{month}.csv", export))
        self.relay()
        self.evaluate(self.drop("hr-people", "left.csv", _people(LEAVER)))
        self.turn()
        self.evaluate(self.drop("hr-people", "left-too.csv", _people(LEAVER, EXCEPTED)))
        self.cloud.call("Reconcile", {})
        assert not self.case_of(EXCEPTED)
        assert not self.case_of(RECOVERED)
        assert not self.case_of(LEAVER)

    def _lose_keys(self) -> None:
        """As after an erasure: the next function that seals something of the person makes a new key."""
        for item in self.table.scan()["Items"]:
            if item["pk"].startswith("KEY#"):
                self.table.put_item(Item={"pk": item["pk"], "sk": item["sk"], "shredded_by": 0})

    def _hr_looks_around(self) -> None:
        case = self.cases()[0]
        one = f"/cases/{case['id']}"
        evaluation = json.loads(self.ask("/evaluations")["body"])["evaluations"][0]
        exports = json.loads(self.ask("/exports")["body"])["exports"]
        rejecting = next(each["id"] for each in exports if each["rejected"])
        for path in (
            "/cases", one, f"{one}/events", f"{one}/comparators", f"{one}/evidence", "/ledger/evidence",
            "/ledger/checkpoint", f"/evaluations/{evaluation['id']}", f"/exports/{rejecting}",
            f"/exports/{rejecting}/rejected", f"/periods/{evaluation['period']}/evidence",
        ):  # fmt: skip
            found = self.ask(path)
            assert found["statusCode"] == 200, (path, found["body"])
        self.ask("/ledger/consistency", **{"from": "1"})
        with self.cloud.changed(exchange, "LARGEST_ANSWER", 1):
            self.ask(f"{one}/evidence")

    def _hr_acts_on_people(self) -> None:
        first, *others = self.cases()
        self.ask(f"/cases/{first['id']}/hold", "POST", body={"reason": REASON})
        self.cloud.call("Reconcile", {})
        for case in others:
            self.ask(f"/cases/{case['id']}/hold", "POST", body={"reason": REASON})
        self.turn()
        for method, what in (("POST", "hold"), ("DELETE", "hold"), ("POST", "shred")):
            done = self.ask(f"/people/{RECOVERED}/{what}", method, body={"reason": REASON})
            assert done["statusCode"] == 200, done["body"]

    def answer(self, rep: str, choice: str) -> bool:
        """Give that answer to the rep's case, whoever is asked. False if nobody is asked for it."""
        case = self.case_of(rep)
        asked = [each for each in self.open_requests(case["id"]) if choice in each["choices"]] if case else []
        if not case or not asked:
            return False
        request = asked[0]
        if request["seat"] in ("hr_partner", "hr_queue"):
            self._decide(case, request, choice)
        else:
            self._answer_by_link(request, choice)
        return True

    def _answer_by_link(self, request: Mapping[str, Any], choice: str) -> None:
        token = next(each for each in self.links() if self._request_of(each) == request["id"])
        code = ""
        if request["adverse"]:
            self.page(token, action="code", choice=choice)
            self.relay()
            [code, *_] = re.findall(r"\b\d{6}\b", _text(self.cloud.mails()[-1]))
            self.page(token, action="answer", choice=choice, code="000000")
        answered = self.page(token, action="answer", choice=choice, code=code)
        assert answered["statusCode"] == 200, answered["body"]

    def _decide(self, case: Mapping[str, Any], request: Mapping[str, Any], choice: str) -> None:
        body = {"request_id": request["id"], "choice": choice, "reason": REASON}
        if request["adverse"]:
            compared = json.loads(self.ask(f"/cases/{case['id']}/comparators")["body"])
            body["compared"] = compared["compared"]
        answered = self.ask(f"/cases/{case['id']}/decisions", "POST", body)
        assert answered["statusCode"] == 200, answered["body"]

    def case_of(self, rep: str) -> dict[str, Any] | None:
        return next((case for case in self.cases() if case["rep_id"] == rep), None)

    def _request_of(self, token: str) -> str | None:
        key = {"pk": f"LINK#{sha256(token.encode()).hexdigest()}", "sk": "LINK"}
        return str(self.table.get_item(Key=key).get("Item", {}).get("request_id"))

    def drop(self, profile: str, name: str, content: bytes) -> str:
        key = f"incoming/{profile}/{name}"
        self._s3.put_object(Bucket=self.cloud.bucket("Exports"), Key=key, Body=content)
        return key

    def evaluate(self, key: str) -> None:
        """The evaluation workflow of one dropped export."""
        call, bucket = self.cloud.call, self.cloud.bucket("Exports")
        version = self._s3.head_object(Bucket=bucket, Key=key)["VersionId"]
        read = call("Ingest", {"bucket": bucket, "key": key, "object_version": version})
        if read["status"] == "cut":
            for each in self._listed(read["ranges"]):
                call("Ingest", {"plan": read["plan"], "range": each["range"]})
            read = call("Ingest", {"plan": read["plan"], "join": True})
        if read["status"] not in ("accepted", "repeated"):
            return
        for plan in call("Plan", {"batch": read["batch"]})["evaluations"]:
            asked = {"evaluation_id": plan["evaluation_id"]}
            shards = [each["shard"] for each in self._listed(plan["shards_key"])]
            for shard in shards:
                call("Shard", asked | {"step": "assess", "shard": shard})
            call("Shard", asked | {"step": "summarise"})
            for shard in shards:
                call("Shard", asked | {"step": "decide", "shard": shard})
            for part in call("Shard", asked | {"step": "collect"})["slices"]:
                call("Open", asked | part)
            call("Shard", asked | {"step": "complete"})
        call("Ingest", {"settled": read["batch"]})

    def relay(self) -> None:
        """Deliver what waits, until nothing does; the sweep leaves the last minute to the stream."""
        self.cloud.pass_time(minutes=2)
        while self.cloud.call("Relay", {}):
            self.cloud.pass_time(minutes=2)

    def turn(self) -> None:
        """One turn of every open case's workflow."""
        for case in self.cases():
            asked = {"case_id": case["id"], "generation": case["generation"]}
            told = self.cloud.call("Case", asked | {"step": "advance", "turn": 0})
            if told["waiting_for"] in ("answer", "hr", "results"):
                waits = {"step": "wait", "version": told["version"], "token": f"token-{case['id']}"}
                self.cloud.call("Case", asked | waits)
        self.relay()

    def cases(self, status: str = "open") -> list[dict[str, Any]]:
        found = self.table.query(
            IndexName="listing", KeyConditionExpression=Key("listing_pk").eq(f"CASES#{status}")
        )
        return [json.loads(item["body"]) for item in found["Items"]]

    def open_requests(self, case_id: str) -> list[dict[str, Any]]:
        found = self.table.query(
            KeyConditionExpression=Key("pk").eq(f"CASE#{case_id}") & Key("sk").begins_with("REQUEST#")
        )
        return [each for item in found["Items"] if (each := json.loads(item["body"]))["status"] == "open"]

    def links(self) -> Iterator[str]:
        """The tokens of all mailed links, the latest first."""
        for mail in reversed(self.cloud.mails()):
            text = _text(mail)
            yield from dict.fromkeys(re.findall(r"/r/([a-z0-9]{52})", text))

    def page(self, token: str, **form: str) -> Mapping[str, Any]:
        """Open a response page, and send its form if there are fields to fill in."""
        event = {
            "requestContext": {"http": {"method": "GET"}}, "pathParameters": {"token": token}, "headers": {},
        }  # fmt: skip
        shown = self.cloud.call("Respond", event)
        if not form or shown["statusCode"] != 200:
            return dict(shown)
        hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', shown["body"]))
        choices = re.findall(r'type="radio" name="choice" value="([^"]*)"', shown["body"])
        fields = {"choice": choices[0] if choices else "", "reason": REASON, "seen": "yes"} | hidden | form
        posted = event | {
            "requestContext": {"http": {"method": "POST"}},
            "headers": {
                "content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin",
            },
            "body": urlencode(fields),
        }  # fmt: skip
        return dict(self.cloud.call("Respond", posted))

    def ask(self, path: str, method: str = "GET", body: Any = None, **query: str) -> Any:
        """A request of a signed-in HR administrator. Raises no error for a refusal."""
        claims = {
            "sub": self._account, "token_use": "id", "custom:person_id": ADMIN,
            "cognito:groups": "[hr_admin]",
        }  # fmt: skip
        answer = self.cloud.call(
            "Query",
            {
                "version": "2.0", "rawPath": path, "rawQueryString": urlencode(query),
                "headers": {} if body is None else {"content-type": "application/json"},
                "queryStringParameters": query, "body": None if body is None else json.dumps(body),
                "isBase64Encoded": False,
                "requestContext": {
                    "http": {"method": method, "path": path}, "stage": "$default",
                    "authorizer": {"jwt": {"claims": claims}},
                },
            },
        )  # fmt: skip
        return answer

    def feedback(self, notice_id: str, kind: str, **about: str) -> None:
        message = {"eventType": kind, "mail": {"tags": {"notice": [notice_id]}}, kind.lower(): about}
        self.cloud.call("Feedback", {"Records": [{"Sns": {"Message": json.dumps(message)}}]})

    def announce(self, prefix: str) -> None:
        """Hand the relay the first item of the table under the prefix, as the table's stream does."""
        item = next(each for each in self.table.scan()["Items"] if each["pk"].startswith(prefix)
                    and each["sk"].startswith(("EVENT#", "OUTBOX")))  # fmt: skip
        typed = boto3.client("dynamodb").get_item(
            TableName="Cases", Key={"pk": {"S": item["pk"]}, "sk": {"S": item["sk"]}}
        )["Item"]
        self.cloud.call("Relay", {"Records": [_inserted(typed)]})

    def _listed(self, key: str) -> list[dict[str, Any]]:
        body = self._s3.get_object(Bucket=self.cloud.bucket("Facts"), Key=key)["Body"].read()
        return list(json.loads(body))


def _results(month: str) -> bytes:
    return (SAMPLE / f"varicent-attainment-2026-{month}.csv").read_bytes()


def _people(*left: str) -> bytes:
    """The sample's people; some of them have left."""
    lines = (SAMPLE / "people-2026-09.csv").read_text(encoding="utf-8-sig").splitlines()
    now = [line.replace(",true,", ",false,") if line.startswith(left) else line for line in lines]
    return "\n".join([*now, ""]).encode()


def _text(mail: str) -> str:
    """The plain text of a raw mail."""
    plain = message_from_string(mail, policy=default).get_body(("plain",))
    return "" if plain is None else str(plain.get_content())


def _inserted(item: Mapping[str, Any]) -> dict[str, Any]:
    image = {
        name: {"B": base64.b64encode(value["B"]).decode()} if "B" in value else value
        for name, value in item.items()
    }
    return {
        "eventID": "e-1", "eventName": "INSERT", "eventSource": "aws:dynamodb",
        "dynamodb": {
            "Keys": {"pk": item["pk"], "sk": item["sk"]}, "NewImage": image, "SequenceNumber": "1",
            "StreamViewType": "NEW_IMAGE",
        },
    }  # fmt: skip
