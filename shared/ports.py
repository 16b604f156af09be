"""What use cases speak to. Adapters are in ``shared.aws``; stand-ins, held to one suite, in ``tests``."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Protocol

from shared.domain.case import Case, CaseStatus
from shared.domain.change import Change
from shared.domain.effect import Effect
from shared.domain.identifiers import BatchId, CaseId, EvaluationId, PersonId, PolicyRef, RequestId, Subject
from shared.domain.instruction import Instruction
from shared.domain.person import Directory
from shared.domain.policy import Policy
from shared.domain.record import Batch, EvaluationRecord, PlannedEvaluation, Revision
from shared.domain.request import Request


class Clock(Protocol):
    def now(self) -> datetime:
        """The product's time, UTC."""
        ...

    def seconds_until(self, instant: datetime) -> int:
        """How long the world must wait for that instant, in whole seconds, at least 1."""
        ...


class CaseStore(Protocol):
    """Cases, requests, events, records: everything that one transaction may change."""

    def commit(self, change: Change) -> str:
        """Make the change true; returns ``change.result``, or a repeated command's first result.

        Raises Conflict where a version, a chain or the rep's open case moved: read and decide again.
        """
        ...

    def outcome(self, command: str) -> str | None:
        """The result of a command that was committed before; None where it was not."""
        ...

    def case(self, case_id: CaseId) -> Case:
        """Raises NotFound."""
        ...

    def open_case(self, policy_name: str, rep_id: PersonId) -> CaseId | None: ...

    def cases(self, status: CaseStatus) -> Iterator[Case]:
        """Every case of that status, by due time."""
        ...

    def cases_of(self, rep_id: PersonId) -> Iterator[Case]:
        """Every case of the rep, open or closed, oldest first."""
        ...

    def request(self, request_id: RequestId) -> Request:
        """Raises NotFound."""
        ...

    def requests_of(self, case_id: CaseId) -> Sequence[Request]:
        """Every request of the case, oldest first."""
        ...

    def instructions(self, case_id: CaseId) -> Sequence[Instruction]:
        """What HR told the case to do and it has not taken in yet, oldest first."""
        ...

    def events(self, subject: Subject) -> Sequence[bytes]:
        """The subject's chain: canonical bytes of each event, in order."""
        ...

    def opened(self, event: bytes) -> Mapping[str, object] | None:
        """The private part of an event in the clear; None where there is none or its key was shredded."""
        ...

    def opening(self, event: bytes) -> bytes | None:
        """The very bytes that were sealed, whose digest the event carries; None as for `opened`."""
        ...

    def batch(self, batch: BatchId) -> Batch:
        """Raises NotFound."""
        ...

    def batches(self) -> Iterator[Batch]:
        """Every batch, the latest first."""
        ...

    def revisions(self, period: str) -> Sequence[Revision]:
        """The revisions of a period, the one dropped last at the end."""
        ...

    def periods(self) -> Sequence[str]:
        """Every period that has a revision, months and quarters alike, as text in order."""
        ...

    def directory_batch(self) -> BatchId | None:
        """The people batch in force."""
        ...

    def planned(self, evaluation_id: EvaluationId) -> PlannedEvaluation:
        """Raises NotFound."""
        ...

    def evaluation(self, evaluation_id: EvaluationId) -> EvaluationRecord:
        """Raises NotFound, also where it is planned but not finished."""
        ...

    def evaluations(self, policy_name: str) -> Iterator[EvaluationRecord]:
        """Finished evaluations under any version of the policy, the latest period first."""
        ...


@dataclass(frozen=True, slots=True)
class Erasure:
    """What is kept of a person's key: whether there is one, and which shredding was carried out last."""

    has_key: bool
    carried_out: int
    """The place of that ``subject:shredded`` in the person's chain; 0 before the first."""


class PersonalData(Protocol):
    """What can be erased of a person: their data key, and the readable copies of their closed cases."""

    def erasure(self, person: PersonId) -> Erasure: ...

    def erase(self, person: PersonId, ordered_by: int) -> None:
        """Carry out the shredding at that place of the person's chain, once: a key made later is kept.

        A crash within is mended by calling again.
        """
        ...


class Links(Protocol):
    """The tokens of response links, stored only as SHA-256."""

    def issue(self, request_id: RequestId, expires_at: datetime) -> str:
        """A new random 256-bit token for the request, base64url; the caller mails it and forgets it."""
        ...

    def resolve(self, token: str) -> tuple[RequestId, datetime]:
        """The request and the token's expiry. Raises NotFound for a token that was never issued."""
        ...

    def issue_code(self, request_id: RequestId, expires_at: datetime) -> str:
        """A new six-digit code, in place of an earlier one. Raises Throttled beyond five an hour."""
        ...

    def redeem_code(self, request_id: RequestId, code: str, now: datetime) -> bool:
        """Whether the code is right, unused and in time; a right one is used up, five wrong ones end it."""
        ...


@dataclass(frozen=True, slots=True)
class OutboxRow:
    effect: Effect
    queued_at: datetime
    attempts: int


class Outbox(Protocol):
    def row(self, effect_id: str) -> OutboxRow | None:
        """The row, while it is still to be done."""
        ...

    def pending(self, limit: int = 100) -> Sequence[OutboxRow]:
        """What is still to be done, oldest first."""
        ...

    def claim(self, effect_id: str, now: datetime, until: datetime) -> bool:
        """Take the row for oneself until then; False where it is done, or another has it at the moment."""
        ...

    def done(self, effect_id: str) -> None: ...

    def failed(self, effect_id: str, why: str) -> None:
        """Count one more attempt, and let go of the row, which is still to be done."""
        ...


class TaskTokens(Protocol):
    """The workflow's task tokens, which never leave the table."""

    def store(self, case_id: CaseId, token: str) -> None: ...

    def take(self, case_id: CaseId) -> str | None:
        """The token of the waiting task, removed; None where nothing waits."""
        ...


class Workflow(Protocol):
    def start(self, case_id: CaseId, generation: int) -> None:
        """Start ``<case>-<generation>``; does nothing where it was started before."""
        ...

    def wake(self, token: str) -> bool:
        """Let the waiting task go on; False where it no longer waits, which is no error."""
        ...

    def running(self, case_id: CaseId, generation: int) -> bool: ...

    def all_running(self) -> Collection[tuple[CaseId, int]]:
        """Every execution that runs, case and generation; one begun in the last seconds may be missing.

        Raises Throttled.
        """
        ...


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail, ready to send. ``notice_id`` goes along as a header and a tag."""

    notice_id: str
    to: tuple[str, ...]
    subject: str
    text: str
    html: str


class Mailer(Protocol):
    def send(self, mail: Mail) -> str:
        """The carrier's message id. Raises Throttled, or InvalidInput for an address it refuses."""
        ...


class Topic(Protocol):
    def publish(self, event: bytes) -> None:
        """Tell other systems of a case event: ids and tags only."""
        ...


class Files(Protocol):
    """Derived files: facts, directories, decisions. Written whole, each under its own name, never changed."""

    def read(self, key: str) -> bytes:
        """Raises NotFound."""
        ...

    def write(self, key: str, body: bytes) -> None:
        """Writing the same bytes again is fine. Raises IntegrityError where other bytes stand there."""
        ...

    def read_lines(self, key: str) -> Iterable[bytes]:
        """What `write_lines` wrote, in chunks of whole lines. Raises NotFound."""
        ...

    def write_lines(self, key: str, lines: Iterable[bytes]) -> str:
        """Write lines, each with its line feed, as a gzip file, the same bytes for the same lines.

        Returns the SHA-256 of the text.
        """
        ...


class Handouts(Protocol):
    """Files that are too large for an answer of the API."""

    def hand_out(self, name: str, body: bytes, content_type: str) -> str:
        """Keep the file for a short while, and give a link that opens it without signing in, for minutes."""
        ...


@dataclass(frozen=True, slots=True)
class Export:
    """An export as it lies in the bucket. ``body`` is a stream; ``manifest`` is None where there is none.

    ``dropped_at`` is the bucket's word of when this version came, in whole seconds.
    """

    key: str
    object_version: str | None
    dropped_at: datetime
    size: int
    body: BinaryIO
    manifest: bytes | None


class Exports(Protocol):
    def open(self, key: str, object_version: str | None) -> Export:
        """Raises NotFound."""
        ...


class Directories(Protocol):
    def current(self) -> Directory:
        """The directory in force. Raises NotFound before the first one."""
        ...

    def version(self, batch: BatchId) -> Directory: ...


class Policies(Protocol):
    def in_force(self, day: datetime) -> Sequence[Policy]:
        """The latest version of each policy whose effective_from is not after that day, unless it ended.

        Raises InvalidPolicy while any policy of the configuration cannot be read.
        """
        ...

    def ended(self, name: str, day: datetime) -> bool:
        """Whether HR has ended the policy by that day: the latest version in force then says so."""
        ...

    def used(self, digest: str) -> tuple[Policy, bytes]:
        """The policy of this digest as its file was when it was first used, whatever the files say by now.

        Raises NotFound.
        """
        ...

    def by_ref(self, ref: PolicyRef) -> tuple[Policy, bytes]:
        """The policy and its file's bytes. Raises NotFound."""
        ...
