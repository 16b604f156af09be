"""Random requests to the API by all kinds of callers, most of them nearly right."""

import base64
import json
import random
from collections.abc import Callable, Sequence
from typing import Any, Final
from urllib.parse import quote, urlencode

from shared.account_ports import Account
from shared.domain.errors import Conflict, PlumblineError, Throttled
from shared.domain.identifiers import PersonId
from tests.unit.audit.company import PARTNER_OF

STAFF: Final = ("hr-1", "hr-2", "hr-9", "hr-8", "rep-one", "m-1", "co-1", None)
GROUPS: Final = ("hr_partner", "hr_admin", "compensation", "auditor")
REASON: Final = "Everybody had the same chance in this period."
SUPERSCRIPT: Final = "\N{SUPERSCRIPT TWO}"


class Crowd:
    """Random requests. One seed always gives the same ones."""

    def __init__(self, seed: object) -> None:
        self.chance = random.Random(str(seed))
        self._named = ""

    def claims(self) -> dict[str, Any]:
        """Those of an ID token, seven times out of eight; else something that a broken token could claim."""
        who = self._one(STAFF)
        groups = self.chance.sample(GROUPS, self._one((0, 1, 1, 1, 1, 2, 2)))
        if {"auditor", "hr_partner"} <= set(groups):
            groups.remove("auditor")
        claims: dict[str, Any] = {
            "sub": f"account-{who}",
            "token_use": "id",
            "cognito:groups": f"[{' '.join(groups)}]",
        }
        if who is not None:
            claims["custom:person_id"] = who
        if self._rarely(8):
            name = self._one((*claims, "custom:person_id"))
            claims[name] = self._one(
                (None, "", 7, "access", [], ["hr_admin]"], "hr_admin", "[contractors,hr_admin]",
                 "[[hr_admin]]", "[hr_admin", "x" * 129, "a\x00", "\ud800", {"hr_admin": True})
            )  # fmt: skip
        if self._rarely(40):
            return {}
        return claims

    def request(self, claims: dict[str, Any]) -> dict[str, Any]:
        """An HTTP API event."""
        method, path, body = self._one(ROUTES)
        own = claims.get("custom:person_id")
        # People like to look at their own case.
        self._named = f"case-{own}" if own in ("rep-one", "hr-9") and self._rarely(2) else self._case()
        path = path.format(
            case=self._named, person=self._person(), batch=self._batch(), period=self._period()
        )
        if self._rarely(10):
            method = self._one(("GET", "POST", "DELETE", "PUT", "HEAD", "OPTIONS"))
        query = self._query()
        written, encoded = self._body(body)
        return {
            "version": "2.0",
            "rawPath": path,
            "rawQueryString": urlencode(query, errors="replace")
            + self._one(("",) * 19 + ("&limit=1&limit=2",)),
            "headers": self._headers(),
            "queryStringParameters": dict(query) or None,
            "requestContext": {
                "stage": "$default",
                "http": {"method": method, "path": path},
                "authorizer": {"jwt": {"claims": claims, "scopes": None}},
            },
            "body": written,
            "isBase64Encoded": encoded,
        }

    def account(self, claims: dict[str, Any]) -> Account | None:
        """What the user pool says now: mostly what the token says."""
        if self._rarely(10):
            return None
        who = claims.get("custom:person_id")
        person_id = PersonId(who) if isinstance(who, str) and who else None
        return Account(not self._rarely(20), person_id, frozenset(GROUPS))

    def fault(self) -> PlumblineError | None:
        """What the table raises at the next commit: mostly nothing."""
        if self._rarely(20):
            return Conflict("somebody else was first")
        return Throttled("slow down") if self._rarely(20) else None

    def _query(self) -> list[tuple[str, str]]:
        if not self._rarely(10):
            return []
        return [(self._one(PARAMETERS), self._one(VALUES)) for _ in range(self._one((1, 1, 2)))]

    def _body(self, usual: Callable[["Crowd"], Any] | None) -> tuple[str | None, bool]:
        text = None if usual is None else json.dumps(usual(self))
        if self._rarely(12):
            text = self._one(ODD_BODIES)
        if text is not None and self._rarely(4):
            raw = text.encode("utf-8", "surrogatepass") + self._one((b"", b"", b"", b"\xff"))
            return base64.b64encode(raw).decode(), True
        return text, self._rarely(50)

    def _headers(self) -> Any:
        if self._rarely(20):
            return self._one(({}, {"Content-Type": "text/plain"}, {"accept": "\ud800" * 9}))
        return {"content-type": "application/json", "accept": self._one(("*/*", "text/csv"))}

    def _case(self) -> Any:
        return self._one(ODD_NAMES if self._rarely(12) else [f"case-{rep}" for rep in PARTNER_OF])

    def _person(self) -> Any:
        return self._one(ODD_NAMES if self._rarely(12) else (*PARTNER_OF, "m-1", "hr-1"))

    def _batch(self) -> Any:
        return self._one(ODD_NAMES if self._rarely(12) else ("b1", "evaluation-1", "none"))

    def _period(self) -> Any:
        return self._one(ODD_NAMES if self._rarely(12) else ("2026-09", "2026-08", "2026Q3"))

    def decision(self) -> dict[str, Any]:
        case = self._named if not self._rarely(6) else self._case()
        said = {
            "request_id": f"{case}.{self._one((1,) * 9 + (2, '9' * 5000, SUPERSCRIPT))}",
            "choice": self._one(("approve",) * 4 + ("send_back", "", "x" * 200)),
            "reason": self._reason(),
        }
        return said | ({"compared": self._one(("0" * 64, "x", 7))} if self._rarely(3) else {})

    def why(self) -> dict[str, Any]:
        return {"reason": self._reason()}

    def hold(self) -> dict[str, Any]:
        named = [self._person() for _ in range(self._one((0, 1, 2, 50)))]
        return self.why() | {"comparators": named}

    def _reason(self) -> Any:
        if not self._rarely(4):
            return REASON
        return self._one(("short", "x" * 3000, "a\x00b long enough", "\ud800" * 20, 7, None))

    def _one(self, of: Sequence[Any]) -> Any:
        return self.chance.choice(of)

    def _rarely(self, times: int) -> bool:
        return self.chance.randrange(times) == 0


ROUTES: Final[tuple[tuple[str, str, Callable[[Crowd], Any] | None], ...]] = (
    ("GET", "/cases", None),
    ("GET", "/cases", None),
    ("GET", "/cases/{case}", None),
    ("GET", "/cases/{case}/events", None),
    ("GET", "/cases/{case}/comparators", None),
    ("GET", "/cases/{case}/evidence", None),
    ("POST", "/cases/{case}/decisions", Crowd.decision),
    ("POST", "/cases/{case}/decisions", Crowd.decision),
    ("POST", "/cases/{case}/hold", Crowd.why),
    ("GET", "/evaluations", None),
    ("GET", "/evaluations/{batch}", None),
    ("GET", "/exports", None),
    ("GET", "/exports/{batch}", None),
    ("GET", "/exports/{batch}/rejected", None),
    ("GET", "/periods/{period}/evidence", None),
    ("GET", "/ledger/checkpoint", None),
    ("GET", "/ledger/consistency", None),
    ("GET", "/ledger/evidence", None),
    ("POST", "/people/{person}/shred", Crowd.why),
    ("POST", "/people/{person}/hold", Crowd.hold),
    ("DELETE", "/people/{person}/hold", Crowd.why),
    ("GET", "/r/{case}", None),
    ("GET", "{case}", None),
)
ODD_NAMES: Final = (
    "", "x" * 129, "x" * 3000, "\x00", "%00", "%0a", "%ff", "%2F%2E%2E", "..", "\ud800", "é" * 100, "a b",
    "<script>", "case-rep-one.1", "case-rep-one\n", "9" * 5000, SUPERSCRIPT, "{}", "\u2028", "#",
    "?",     quote("case-rep-one"), "CASE#case-rep-one", "hr-queue", "None", "' OR 1=1 --",
)  # fmt: skip
PARAMETERS: Final = (
    "limit", "limit", "cursor", "from", "from", "status", "stage", "manager", "hr_partner", "region", "role",
    "overdue", "waiting_for", "owner", "format", "from_", "__proto__", "", "x" * 5000, "\ud800",
)  # fmt: skip
VALUES: Final = (
    "", "1", "2", "50", "0000019999", "9" * 5000, "-1", "1e3", "٣", "open", "closed", "coaching", "hr-1",
    "m-1", "true", "hr", "csv", "json", "East", "a\x00b", "\ud800", "x" * 5000, "AAAA", "W10",
    "eyJhZnRlciI6WyIiLCIiXX0",
)  # fmt: skip
ODD_BODIES: Final = (
    "", "{", "[]", "null", "7", '"x"', "{}", "[" * 50_000, '{"reason":' * 3000 + "1" + "}" * 3000,
    '{"reason": "' + REASON + '", "reason": "' + REASON + '"}', '{"reason": "\\ud800 and so on"}',
    '{"reason": ' + "9" * 5000 + "}", '{"reason": 1e999}', "\ud800", "\x00", "x" * 70_000,
    '{"__class__": "x"}',
)  # fmt: skip
