"""A company whose every secret is recognisable, behind the sources of the API."""

import base64
import io
import json
import zipfile
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from functions.audit.evidence.export_evidence import LedgerSource
from functions.audit.handlers.routes.exchange import Dependencies
from shared.domain import paths
from shared.domain.change import Change
from shared.domain.event import Actor, ActorKind, EventDraft, EventTag
from shared.domain.identifiers import BatchId, CaseId, CommandId, PersonId, batch_subject, case_subject
from shared.domain.person import HR_QUEUE, Directory
from shared.domain.policy import policy_digest
from shared.domain.record import Batch
from shared.ledger_ports import EventPlace, StoredEvent
from tests.fakes.accounts import FakeAccounts
from tests.fakes.personal_data import FakePersonalData
from tests.fakes.world import FakeDirectories, FakeHandouts
from tests.unit.audit.hr_desk import DECISION, NOW, PEOPLE, POLICY_TEXT, Desk, asked, person
from tests.unit.audit.test_query_handler import LedgerBucket
from tests.unit.audit.workshop import Log, Ring, World

PARTNER_OF: Final = {"rep-one": "hr-1", "rep-two": "hr-2", "rep-three": "hr-2", "hr-9": "hr-1"}
"""Each rep with a case, and their HR partner. One rep is also an administrator."""
OWNERS: Final = {"rep-three": HR_QUEUE}
"""Owners of cases other than the rep's partner."""


ALSO_STAFF: Final = frozenset(("rep-one", "hr-9"))
"""Reps who act in the record themselves. Whoever reads it may read their names there."""


def name_of(rep: str) -> str:
    return f"Zaphira{list(PARTNER_OF).index(rep)}"


def secrets_of(rep: str) -> tuple[str, ...]:
    """A figure, words about the rep and their name, as only those who see the case may read them."""
    number = list(PARTNER_OF).index(rep)
    secrets = (f"4817{number}.93", f"privately{number}")
    return secrets if rep in ALSO_STAFF else (*secrets, name_of(rep))


class Company:
    """The sources of the API, filled with one open case for each rep."""

    def __init__(self) -> None:
        self.desk = Desk()
        people = [
            *(one for one in PEOPLE if one.id != "hr-9"),
            *(person(rep, f"{name_of(rep)} Rep", "m-1", by) for rep, by in PARTNER_OF.items()),
            person("hr-8", "Hilda Admin"),
        ]
        directory = Directory(BatchId("people-1"), {one.id: one for one in people})
        self.desk.sources = replace(self.desk.sources, directories=FakeDirectories(directory))
        for rep in PARTNER_OF:
            self._open(rep)
        self.desk.evaluated(*(self._decision(rep) for rep in PARTNER_OF))
        self._rejected_rows()
        self.world = World()
        self._ledgered = 0
        self.seal()
        self.accounts = FakeAccounts()
        self.dependencies = Dependencies(
            self.desk.sources,
            LedgerSource(LedgerBucket(self.world), Log(self.world), Ring(self.world)),
            FakePersonalData(self.desk.store),
            FakeHandouts(),
            self.accounts,
        )

    def seal(self) -> None:
        """Gives every event since the last time its place in the ledger."""
        store = self.desk.store
        for event in store.seen[self._ledgered :]:
            body = store.events(event.subject)[event.sequence - 1]
            self.world.events[EventPlace(event.subject, event.sequence)] = StoredEvent(body, None)
        self._ledgered = len(store.seen)
        self.world.seal(NOW + timedelta(minutes=1))

    def may_see(self, claims: dict[str, Any], rep: str) -> bool:
        """Who may read the rep's secrets, said a second time and plainly."""
        groups, who = self.groups_of(claims), claims.get("custom:person_id")
        if who == rep:
            return False
        if "hr_admin" in groups:
            return True
        return "hr_partner" in groups and (PARTNER_OF[rep] == who or OWNERS.get(rep) == HR_QUEUE)

    @staticmethod
    def groups_of(claims: dict[str, Any]) -> frozenset[str]:
        """The groups of a proper ID token of somebody who is a person; none for any other token."""
        claim = claims.get("cognito:groups")
        proper = claims.get("token_use") == "id" and isinstance(claims.get("sub"), str)
        if not proper or not isinstance(claim, str) or not claims.get("custom:person_id"):
            return frozenset()
        return frozenset(claim[1:-1].split(" ")) if claim[:1] == "[" and claim[-1:] == "]" else frozenset()

    def _decision(self, rep: str) -> dict[str, Any]:
        *before, last = DECISION["inputs"]
        return DECISION | {"rep_id": rep, "inputs": [*before, last | {"credited": secrets_of(rep)[0]}]}

    def _open(self, rep: str) -> None:
        case_id = CaseId(f"case-{rep}")
        owner = PersonId(OWNERS.get(rep, PARTNER_OF[rep]))
        purpose = "removal_approval" if rep == "rep-two" else "gate"
        self.desk.open(
            rep, asked(case_id, purpose=purpose, assignee=owner), decision=self._decision(rep), owner=owner
        )
        command = CommandId(f"note-{rep}")
        note = EventDraft(
            tag=EventTag.LEAVE_REPORTED,
            subject=case_subject(case_id),
            occurred_at=NOW,
            actor=Actor(ActorKind.PERSON, "m-1"),
            command=command,
            relied_on={"policy": policy_digest(POLICY_TEXT)},
            data={"by": "m-1"},
            private={"reason": f"What was said {secrets_of(rep)[1]}, of {name_of(rep)}."},
            person=PersonId(rep),
        )
        self.desk.store.commit(Change(command=command, result="noted", events=(note,)))

    def _rejected_rows(self) -> None:
        batch = Batch(
            id=BatchId("b1"), profile="p", kind="attainment", key="incoming/p/2026-09.csv",
            object_version=None, sha256="ab" * 32, bytes=100, rows=3, accepted=2, rejected=1,
            codes={"not_a_number": 1}, refused=None, periods=("2026-09",), dropped_at=NOW, known_at=NOW,
        )  # fmt: skip
        command = CommandId("batch-b1")
        actor = Actor(ActorKind.SYSTEM, "ingest")
        arrived = EventDraft(EventTag.EXPORT_ACCEPTED, batch_subject(batch.id), NOW, actor, command)
        self.desk.store.commit(Change(command=command, result="done", events=(arrived,), batch=batch))
        row = {"line": 17, "faults": [{"column": "quota", "code": "not_a_number", "value": "=1+1"}]}
        self.desk.files.write_lines(paths.rejected(batch.id, NOW), [json.dumps(row).encode() + b"\n"])


def text_of(answer: dict[str, Any]) -> str:
    """Everything that an answer says, its files unpacked."""
    raw = base64.b64decode(answer["body"]) if answer["isBase64Encoded"] else answer["body"].encode()
    if not zipfile.is_zipfile(io.BytesIO(raw)):
        return f"{answer['headers']}{raw.decode(errors='replace')}"
    with zipfile.ZipFile(io.BytesIO(raw)) as bundle:
        return "".join(bundle.read(name).decode(errors="replace") for name in bundle.namelist())
