"""A local cloud whose ladders are short, so that whole lives of cases pass while a test watches."""

import csv
import json
import re
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import yaml

from local.cloud.clients import Reply, SignedIn, call, link_in, offered_choices, send_form, until
from local.cloud.stack import Stack, running_stack

ROOT: Final = Path(__file__).parents[2]
VARICENT: Final = ROOT / "examples" / "varicent"
CLOCK_RATE: Final = 20_000
"""A day passes in 4.3 seconds: a silent manager's two deadlines are soon over."""
LONG: Final = "400d"
"""Half an hour: nothing that a walk waits for on purpose, however slow the machine is."""
REASON: Final = "We looked at every open deal together, and this is what we think is right."

SILENT, REMOVED, DISPUTED, QUIET = "R000017", "R000037", "R000014", "R000004"
"""The four people of the sample whom the policy flags: an SDR, an AM and two AEs."""


def short_policies(folder: Path) -> Path:
    """A folder of policies, one for each role: the product's own policy with other lengths."""
    for profile in (ROOT / "config" / "profiles").iterdir():
        (folder / "profiles").mkdir(parents=True, exist_ok=True)
        (folder / "profiles" / profile.name).write_bytes(profile.read_bytes())
    (folder / "policies").mkdir()
    silence = [("manager", "4d"), ("manager", "4d"), ("skip_level", LONG)]
    ladders = {
        "SDR": ({"coaching": "2d", "improvement_plan": LONG}, {"coaching": silence}),
        "AM": ({"coaching": "1d", "improvement_plan": "1d"}, {}),
        "AE": ({"coaching": "3d", "improvement_plan": LONG}, {}),
    }
    for role, (lengths, chains) in ladders.items():
        policy = yaml.safe_load((ROOT / "config/policies/field-sales.yaml").read_text())
        policy |= {"policy": f"field-sales-{role.lower()}"}
        policy["applies_to"]["roles"] = [role]
        for stage in policy["ladder"]:
            stage.pop("check_ins", None)
            if "length" in stage:
                stage["length"] = lengths[stage["stage"]]
            first = chains.get(stage["stage"], [("manager", LONG)])
            chain = [*first, ("hr_partner", LONG), ("hr_queue", LONG)]
            stage["ask"]["chain"] = [{"to": seat, "within": within} for seat, within in chain]
        (folder / "policies" / f"{role.lower()}.yaml").write_text(yaml.safe_dump(policy))
    return folder


class ShortLadder:
    """The cloud, the sample organisation in it, and its four cases; everybody acts by their mails."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "cloud"
        self._config = short_policies(folder / "config")
        self._running = ExitStack()
        with (VARICENT / "people-2026-09.csv").open(encoding="utf-8-sig", newline="") as people:
            self._people = {row["Employee ID"]: row for row in csv.DictReader(people)}
        self.start()
        self.drop("hr-people", VARICENT / "people-2026-09.csv")
        until("the directory is in force", lambda: self.hr.get("/exports").json()["exports"] or None)
        for month in ("07", "08", "09"):
            self.drop("varicent-attainment", VARICENT / f"varicent-attainment-2026-{month}.csv")
        self.cases: dict[str, str] = until("four cases are open", self._four_cases)

    def start(self) -> None:
        self.stack: Stack = self._running.enter_context(
            running_stack(self._folder, CLOCK_RATE, config=self._config)
        )
        self.hr = SignedIn(self.stack, "h.partner", ("hr_admin",), "H001")

    def stop(self) -> None:
        self._running.close()

    def stopped_at(self) -> datetime:
        """The product's time at the last stop."""
        saved = json.loads((self._folder / "clock.json").read_text())
        return datetime.fromisoformat(saved["product_time"])

    def name(self, person: str) -> str:
        return self._people[person]["Full Name"]

    def drop(self, profile: str, export: Path) -> None:
        key = f"incoming/{profile}/{export.name}"
        bucket = self.stack.info["exports_bucket"]
        self.stack.client("s3").put_object(Bucket=bucket, Key=key, Body=export.read_bytes())

    def drop_results(self, folder: Path, rep: str, period: str, share_of_quota: int) -> None:
        """A later month's export with one row: what the rep was credited, in percent of a quota of 50,000."""
        export = folder / f"varicent-attainment-{period}.csv"
        export.write_text(
            "Payee ID,Period,Quota,Credited Amount,Currency,Leave Days\n"
            f"{rep},{period},50000.00,{500 * share_of_quota}.00,USD,\n"
        )
        self.drop("varicent-attainment", export)

    def case(self, rep: str) -> dict[str, Any]:
        return dict(self.hr.get(f"/cases/{self.cases[rep]}").json())

    def events(self, rep: str) -> list[dict[str, Any]]:
        return list(self.hr.get(f"/cases/{self.cases[rep]}/events").json()["events"])

    def tags(self, rep: str) -> list[str]:
        return [event["tag"] for event in self.events(rep)]

    def seats_asked(self, rep: str, stage: str) -> list[tuple[str, str]]:
        """Seat and outcome of everybody who was asked the stage's own question."""
        asked = (r for r in self.case(rep)["requests"] if r["stage"] == stage)
        return [(r["seat"], r["status"]) for r in asked if r["purpose"] not in ("rep", "gate", "dispute")]

    def question(self, rep: str, purpose: str, stage: str, seat: str | None = None) -> dict[str, Any]:
        """The open request, as soon as there is one."""

        def look() -> dict[str, Any] | None:
            for request in self.case(rep)["requests"]:
                right = (request["purpose"], request["stage"]) == (purpose, stage)
                if right and request["status"] == "open" and seat in (None, request["seat"]):
                    return dict(request)
            return None

        return until(f"{purpose} of {stage} about {rep}", look)

    def link(self, rep: str, request: dict[str, Any]) -> tuple[str, str]:
        """The mail's link for a request and the page behind it, as soon as the mail is there."""
        address = self._people[request["assignee"]["id"]]["Work Email"]

        def look() -> tuple[str, str] | None:
            for mail in reversed(self.stack.mails()):
                link = link_in(mail) if mail["to"] == [address] else None
                page = call(link).text if link else ""
                if link and self.name(rep) in page and offered_choices(page) == request["choices"]:
                    return link, page
            return None

        return until(f"a mail to {address} about {rep}", look)

    def answer(self, rep: str, request: dict[str, Any], choice: str) -> None:
        """Open the mail's link, choose, say why, send; with the one-time code where the page asks for it."""
        link, page = self.link(rep, request)
        code = ""
        if request["adverse"]:
            assert send_form(link, page, choice, REASON).status == 422, "a link alone was enough"
            assert send_form(link, page, choice, REASON, action="code").status == 200
            code = until("the one-time code", lambda: self._code(request))
        reply = send_form(link, page, choice, REASON, code)
        assert reply.status == 200, reply.text

    def decide(self, rep: str, request: dict[str, Any], choice: str) -> Reply:
        """HR answers, signed in."""
        body = {"request_id": request["id"], "choice": choice, "reason": REASON}
        reply = self.hr.post(f"/cases/{self.cases[rep]}/decisions", body)
        assert reply.status == 200, reply.text
        return reply

    def ended(self, rep: str) -> str:
        """How the case ended, once it has."""

        def look() -> str | None:
            case = self.case(rep)
            return str(case["exit"]) if case["status"] == "closed" else None

        return until(f"the case of {rep} ends", look)

    def _code(self, request: dict[str, Any]) -> str | None:
        address = self._people[request["assignee"]["id"]]["Work Email"]
        for mail in reversed(self.stack.mails()):
            found = re.search(r"one-time code.*?\b(\d{6})\b", mail["text"], re.DOTALL)
            if mail["to"] == [address] and found:
                return found[1]
        return None

    def _four_cases(self) -> dict[str, str] | None:
        cases = self.hr.get("/cases").json()["cases"]
        found = {case["rep"]["id"]: case["id"] for case in cases}
        return found if len(found) == 4 else None
