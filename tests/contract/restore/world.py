"""A deployment on moto in which everything has happened once: what a restore drill starts from."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import boto3
import orjson

from functions.audit.api.pause_case import pause_case
from functions.audit.api.person_act import PersonAct
from functions.audit.api.place_legal_hold import lift_legal_hold, place_legal_hold
from functions.audit.api.shred_person import shred_person
from functions.audit.caller import Caller, Group
from functions.audit.ledger.seal_ledger import Sealing, seal_ledger
from functions.audit.sources import Sources
from functions.evaluate.advance_case import advance_case
from functions.evaluate.commit_step import Casework
from functions.evaluate.open_case import open_cases
from functions.evaluate.plan_evaluation import Planning, plan_evaluation
from functions.ingest.receive_export import read_whole
from functions.ingest.reception import Received, Receiving
from functions.notify.deliver import Delivering, deliver
from functions.notify.mail_facts import Addresses, Composing
from local.restore.compare import Difference, differences
from local.restore.ledger import SealedLedger, read_ledger
from local.restore.ports import Items
from local.restore.rebuild import Rebuilt, rebuild
from local.restore.tables import BucketFacts, read_table
from shared.aws.dynamo import Table
from shared.aws.files import S3Files
from shared.aws.ledger_files import S3Archive
from shared.aws.ledger_head import TableEventLog, TableLedgerHead
from shared.aws.links import TableLinks
from shared.aws.outbox import TableOutbox
from shared.aws.personal_data import TablePersonalData
from shared.aws.signing import KmsKeyring
from shared.aws.subject_keys import KmsSubjectKeys
from shared.aws.table_store import TableStore
from shared.aws.task_tokens import TableTaskTokens
from shared.domain import paths
from shared.domain.answering import answering
from shared.domain.case import Case, CaseStatus
from shared.domain.change import Change
from shared.domain.decision_json import DecisionJson
from shared.domain.event import Actor, ActorKind, EventDraft, EventTag
from shared.domain.identifiers import BatchId, CommandId, EvaluationId, PersonId, evaluation_subject
from shared.domain.policy import parse_policy
from shared.domain.record import EvaluationRecord
from shared.domain.request import Answer
from tests.contract.conftest import REGION
from tests.fakes.clock import FakeClock
from tests.fakes.world import FakeDirectories, FakeExports, FakeMailer, FakePolicies, FakeWorkflow
from tests.unit.evaluate.case_life import FRIDAY, POLICY_TEXT, decision, directory, figures, person
from tests.unit.ingest.test_receive_export import HEADER, PEOPLE, PROFILE

REPS = tuple(map(PersonId, ("rep", "rep-asked", "rep-late", "rep-leave", "rep-gone")))
ANSWERED, ASKED, LATE, ON_LEAVE, GONE = REPS
ADMIN = Caller("a-1", PersonId("partner"), frozenset({Group.HR_ADMIN}))


def decided(period: str, rep: str) -> DecisionJson:
    inputs = [figures(each, "0.5") for each in ("2026-08", "2026-09", "2026-10")]
    return decision(period, *inputs) | {"rep_id": rep}


class Deployment:
    """The adapters on moto; exports, directory, policies, mail and workflows in memory."""

    def __init__(self, table: Table) -> None:
        self.s3, self.kms = boto3.client("s3"), boto3.client("kms")
        where: Any = {"LocationConstraint": REGION}
        self.s3.create_bucket(
            Bucket="ledger", CreateBucketConfiguration=where, ObjectLockEnabledForBucket=True
        )
        self.s3.create_bucket(Bucket="facts", CreateBucketConfiguration=where)
        signing = self.kms.create_key(KeyUsage="SIGN_VERIFY", KeySpec="ECC_NIST_P256")["KeyMetadata"]["KeyId"]
        self.signing = signing
        self.keyring = KmsKeyring(self.kms, [signing])
        self.wrapping = self.kms.create_key()["KeyMetadata"]["KeyId"]
        self.resource = boto3.resource("dynamodb", region_name=REGION)
        self.clock, self.exports = FakeClock(FRIDAY), FakeExports()
        self.policies = FakePolicies((parse_policy(POLICY_TEXT, "field-sales"), POLICY_TEXT.encode()))
        self.directories = FakeDirectories(directory(*(person(rep, "manager", "partner") for rep in REPS)))
        self.mailer, self.workflow = FakeMailer(), FakeWorkflow()
        self.earlier: Items = {}
        self.sealed: Items = {}
        self.work_with(table)

    def work_with(self, table: Table) -> None:
        """Everything from now on happens in this table."""
        self.table, self.files = table, S3Files("facts", self.s3)
        self.store = TableStore(table, KmsSubjectKeys(table, self.kms, self.wrapping), self.clock)
        self.work = Casework(self.store, self.files, self.directories, self.policies, self.clock)
        self.sources = Sources(self.store, self.directories, self.policies, self.files, self.clock)
        self.links, self.tokens = TableLinks(table, self.clock), TableTaskTokens(table)
        self.outbox, self.data = TableOutbox(table), TablePersonalData(table)

    # What happens.

    def receive(self, profile: str, content: bytes, name: str = "figures.csv") -> Received:
        key = f"incoming/{profile}/{name}"
        version = self.exports.drop(key, content, self.clock.now().replace(microsecond=0))
        profiles = {"varicent-attainment": PROFILE, "hr-people": PEOPLE}
        receiving = Receiving(self.store, self.exports, self.files, self.clock, profiles.get, shards=4)
        return read_whole(self.exports.open(key, version), receiving)

    def evaluate(self, batch: BatchId, *decisions: Mapping[str, Any]) -> None:
        """Plan what the batch calls for, and end it with these decisions for each evaluation planned."""
        planning = Planning(self.store, self.files, self.policies, self.clock, 4, "code")
        for plan in plan_evaluation(batch, planning):
            record = EvaluationRecord(
                plan=plan,
                completed_at=self.clock.now(),
                outcomes={"open_case": len(decisions)},
                decisions={"0000": "ab" * 32},
                decisions_root="cd" * 32,
            )
            self.completed(record)
            self.decide(plan.id, *decisions)

    def decide(self, evaluation: EvaluationId, *decisions: Mapping[str, Any]) -> None:
        self.files.write(paths.flagged(evaluation), orjson.dumps(decisions))
        open_cases(evaluation, 0, len(decisions), self.work)

    def completed(self, record: EvaluationRecord) -> None:
        """The end of an evaluation, as `run_evaluation` records it."""
        command, plan = CommandId(f"complete {record.plan.id}"), record.plan
        draft = EventDraft(
            EventTag.EVALUATION_COMPLETED,
            evaluation_subject(plan.id),
            self.clock.now(),
            Actor(ActorKind.SYSTEM, "run_evaluation"),
            command,
            relied_on={"policy": plan.policy_digest, "directory": plan.directory, "code": plan.code_version},
            data={
                "policy": plan.policy,
                "period": plan.period,
                "outcomes": record.outcomes,
                "unknown_reps": 0,
                "decisions": record.decisions,
                "decisions_root": record.decisions_root,
                "revisions": {period: list(batches) for period, batches in plan.revisions.items()},
                "policy_json": "ab" * 32,
                "population": "cd" * 32,
            },
        )
        self.store.commit(Change(command=command, result="", events=(draft,), evaluation=record))

    def relay(self) -> None:
        addresses = Addresses("https://cases.example.com", "hr@example.com", "figures@example.com", {}, None)
        composing = Composing(
            store=self.store,
            links=self.links,
            directories=self.directories,
            policies=self.policies,
            files=self.files,
            clock=self.clock,
            addresses=addresses,
        )
        faults: list[tuple[str, Exception]] = []
        delivering = Delivering(
            composing,
            self.outbox,
            self.mailer,
            self.workflow,
            self.tokens,
            lambda effect_id, error: faults.append((effect_id, error)),
        )
        for row in self.outbox.pending():
            deliver(row.effect.id, delivering)
        assert faults == []

    def case(self, rep: PersonId) -> Case:
        """The rep's latest."""
        return list(self.store.cases_of(rep))[-1]

    def answer(self, rep: PersonId, choice: str = "coach") -> None:
        case = self.case(rep)
        assert case.request_id is not None
        request = self.store.request(case.request_id)
        given = Answer(
            choice=choice,
            reason=f"The pipeline of {rep} was “thin”",
            answered_by=request.assignee,
            authenticated_by="link",
            answered_at=self.clock.now(),
        )
        self.store.commit(answering(case, request, given))

    def advance(self, rep: PersonId) -> None:
        case = self.case(rep)
        advance_case(case.id, case.generation, 0, self.work)

    def leave_company(self, *reps: PersonId) -> None:
        changed = [person(rep, "manager", "partner", active=rep not in reps) for rep in REPS]
        self.directories.directories.append(directory(*changed))

    def act(self, rep: PersonId) -> PersonAct:
        return PersonAct.of(self.sources, self.data, ADMIN, rep, "Asked for it by letter.")

    def shred(self, rep: PersonId) -> None:
        shred_person(self.act(rep))

    def seal(self) -> None:
        archive = S3Archive("ledger", self.s3)
        sealing = Sealing(
            TableLedgerHead(self.table),
            TableEventLog(self.table),
            archive,
            self.keyring,
            timedelta(days=365),
        )
        seal_ledger(sealing, self.clock.now())

    def everything(self) -> None:
        """A life of a deployment. ``earlier`` is its table before somebody was shredded, ``sealed`` the last
        one of which the ledger has everything; at the end an answer waits to be sealed.
        """
        self.receive(
            "hr-people", b"id,name,email,boss,role,region,hired\nrep,Rep,rep@example.com,,AE,E,2020-01-01\n"
        )
        self.receive("varicent-attainment", b"\x00binary", "refused.csv")
        august = HEADER + b"rep,2026-08,1000,500,USD\nrep-late,2026-08,1000,500,USD\n"
        batch = self.receive("varicent-attainment", august).batch
        self.receive("varicent-attainment", august, "again.csv")
        self.clock.advance(hours=1)
        self.evaluate(batch.id)
        self.seal()
        september = HEADER + b"rep,2026-09,1000,500,USD\nrep,2026-08,1000,510,USD\nrep,2026-9x,1,1,USD\n"
        batch = self.receive("varicent-attainment", september, "september.csv").batch
        self.evaluate(batch.id, *(decided("2026-09", rep) for rep in REPS))
        self.relay()
        self.clock.advance(hours=2)
        self.answer(ANSWERED)
        self.advance(ANSWERED)
        for rep in (ON_LEAVE, ASKED):
            pause_case(self.sources, ADMIN, self.case(rep).id, "A sick note came.")
        self.advance(ON_LEAVE)
        self.seal()
        place_legal_hold(self.act(LATE), [ANSWERED])
        self.links.issue_code(self.store.requests_of(self.case(LATE).id)[0].id, self.clock.now())
        self.tokens.store(self.case(LATE).id, "token")
        self.answer(GONE)
        self.clock.advance(days=3)
        for rep in (LATE, GONE):
            self.advance(rep)
        self.leave_company(GONE)
        self.advance(GONE)
        assert self.case(GONE).status is CaseStatus.CLOSED
        self.relay()
        self.seal()
        self.earlier = self.items()
        self.shred(GONE)
        self.clock.advance(days=1)
        lift_legal_hold(self.act(LATE))
        self.leave_company()
        october = HEADER + b"rep,2026-10,1000,400,USD\n"
        batch = self.receive("varicent-attainment", october, "october.csv").batch
        self.evaluate(batch.id, *(decided("2026-10", rep) for rep in (ANSWERED, GONE)))
        assert self.case(GONE).status is CaseStatus.OPEN
        self.advance(LATE)
        self.relay()
        self.relay()
        self.seal()
        self.sealed = self.items()
        self.answer(LATE)

    # What is looked at.

    def items(self) -> Items:
        return read_table(self.table.name, self.resource)

    def ledger(self) -> SealedLedger:
        return read_ledger(S3Archive("ledger", self.s3), self.keyring)

    def rebuilt(self, survived: Items, unsealed: Items | None = None) -> Rebuilt:
        return rebuild(self.ledger(), BucketFacts("facts", self.s3), survived, self.unwrap, unsealed)

    def differences(self, live: Items) -> list[Difference]:
        """Of a live table, by its own keys and with what it has not sealed."""
        return list(differences(live, self.rebuilt(live, live).items))

    def unwrap(self, person: PersonId, wrapped: bytes) -> bytes:
        return self.kms.decrypt(
            KeyId=self.wrapping, CiphertextBlob=wrapped, EncryptionContext={"person": person}
        )["Plaintext"]
