"""The use cases' ports. Adapters are in ``shared.aws``; fakes in ``tests`` pass the same contract tests."""

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
from shared.domain.record import Batch, EvaluationRecord, PlannedEvaluation, Revision, UsedCode
from shared.domain.request import Request


class Clock(Protocol):
    def now(self) -> datetime:
        """The product's time, UTC."""
        ...

    def seconds_until(self, instant: datetime) -> int:
        """Real time until the instant, in whole seconds, at least 1."""
        ...


class CaseStore(Protocol):
    """Cases, requests, events and records: everything that one transaction may change."""

    def commit(self, change: Change) -> str:
        """Commit the change. Returns ``change.result``, or the first result of a repeated command.

        Raises Conflict if a version, a chain or the rep's open case has changed: read and decide again.
        """
        ...

    def outcome(self, command: str) -> str | None:
        """The result of a committed command; None if it was not committed."""
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
        """HR's instructions that the case has not carried out yet, oldest first."""
        ...

    def events(self, subject: Subject) -> Sequence[bytes]:
        """The subject's chain: canonical bytes of each event, in order."""
        ...

    def opened(self, event: bytes) -> Mapping[str, object] | None:
        """The decrypted private part of an event; None if it has none or its key was shredded."""
        ...

    def opening(self, event: bytes) -> bytes | None:
        """The exact bytes that were encrypted, whose digest is in the event; None as for `opened`."""
        ...

    def batch(self, batch: BatchId) -> Batch:
        """Raises NotFound."""
        ...

    def batches(self) -> Iterator[Batch]:
        """Every batch, latest first."""
        ...

    def revisions(self, period: str) -> Sequence[Revision]:
        """The revisions of a period, the last drop at the end."""
        ...

    def periods(self) -> Sequence[str]:
        """Every period with a revision, months and quarters, sorted as text."""
        ...

    def directory_batch(self) -> BatchId | None:
        """The people batch in force; None before the first."""
        ...

    def planned(self, evaluation_id: EvaluationId) -> PlannedEvaluation:
        """Raises NotFound."""
        ...

    def evaluation(self, evaluation_id: EvaluationId) -> EvaluationRecord:
        """Raises NotFound, also if the evaluation is planned but not finished."""
        ...

    def evaluations(self, policy_name: str) -> Iterator[EvaluationRecord]:
        """Finished evaluations under any version of the policy, latest period first."""
        ...


@dataclass(frozen=True, slots=True)
class Erasure:
    """The state of a person's key: whether it exists, and the last shredding carried out."""

    has_key: bool
    carried_out: int
    """The sequence of that ``subject:shredded`` in the person's chain; 0 before the first."""


class PersonalData(Protocol):
    """A person's erasable data: their data key and the readable copies of their closed cases."""

    def erasure(self, person: PersonId) -> Erasure: ...

    def erase(self, person: PersonId, ordered_by: int) -> None:
        """Carry out the shredding with that sequence in the person's chain, once. A later key is kept.

        May be called again after a crash.
        """
        ...


class Links(Protocol):
    """The tokens of response links and the one-time codes, stored only as SHA-256."""

    def issue(self, request_id: RequestId, expires_at: datetime) -> str:
        """A new random 256-bit token of 52 lower-case letters and digits.

        The caller mails it and must not store it.
        """
        ...

    def resolve(self, token: str) -> tuple[RequestId, datetime]:
        """The request and the token's expiry. Raises NotFound if the token was never issued."""
        ...

    def issue_code(self, request_id: RequestId, expires_at: datetime) -> str:
        """A new six-digit code that replaces an earlier one. Raises Throttled above five an hour."""
        ...

    def check_code(self, request_id: RequestId, code: str, now: datetime) -> UsedCode | None:
        """The code, for the ``Change`` that uses it up; None if it is wrong, expired or disabled.

        Only a wrong code is counted, and the fifth one disables the code.
        """
        ...


@dataclass(frozen=True, slots=True)
class OutboxRow:
    effect: Effect
    queued_at: datetime
    attempts: int


class Outbox(Protocol):
    def row(self, effect_id: str) -> OutboxRow | None:
        """The row while it is pending; otherwise None."""
        ...

    def pending(self, limit: int = 100) -> Sequence[OutboxRow]:
        """Pending rows, oldest first."""
        ...

    def claim(self, effect_id: str, now: datetime, until: datetime) -> bool:
        """Reserve the row until then. False if it is done or another worker has reserved it."""
        ...

    def done(self, effect_id: str) -> None: ...

    def failed(self, effect_id: str, why: str) -> None:
        """Count a failed attempt and release the row, which stays pending."""
        ...


class TaskTokens(Protocol):
    """The task tokens of waiting workflows. They are stored only in the table."""

    def store(self, case_id: CaseId, token: str) -> None: ...

    def take(self, case_id: CaseId) -> str | None:
        """Remove and return the token of the waiting task; None if none waits."""
        ...


class Workflow(Protocol):
    def start(self, case_id: CaseId, generation: int) -> None:
        """Start ``<case>-<generation>``. Does nothing if it was started before."""
        ...

    def wake(self, token: str) -> bool:
        """Complete the waiting task. False if it no longer waits, which is no error."""
        ...

    def running(self, case_id: CaseId, generation: int) -> bool: ...

    def all_running(self) -> Collection[tuple[CaseId, int]]:
        """The case and generation of every running execution. The newest may be missing for some seconds.

        Raises Throttled.
        """
        ...


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail, ready to send. ``notice_id`` is sent as a header and a tag."""

    notice_id: str
    to: tuple[str, ...]
    subject: str
    text: str
    html: str


class Mailer(Protocol):
    def send(self, mail: Mail) -> str:
        """The mail service's message id. Raises Throttled, or InvalidInput if it refuses the mail."""
        ...


class Topic(Protocol):
    def publish(self, event: bytes) -> None:
        """Publish a case event to other systems: only ids and tags."""
        ...


class Files(Protocol):
    """Derived files: facts, directories, decisions. Each is written once and never changed."""

    def read(self, key: str) -> bytes:
        """Raises NotFound."""
        ...

    def write(self, key: str, body: bytes) -> None:
        """May be repeated with the same bytes. Raises IntegrityError if the file exists with other bytes."""
        ...

    def read_lines(self, key: str) -> Iterable[bytes]:
        """The text that `write_lines` wrote, in chunks of whole lines. Raises NotFound."""
        ...

    def write_lines(self, key: str, lines: Iterable[bytes]) -> str:
        """Write lines, each with its line feed, as a gzip file. The same lines give the same bytes.

        Returns the SHA-256 of the text.
        """
        ...


class Handouts(Protocol):
    """Files that are too large for an API response."""

    def hand_out(self, name: str, body: bytes, content_type: str) -> str:
        """Store the file for a short time. Returns a link that opens it without sign-in for some minutes."""
        ...


@dataclass(frozen=True, slots=True)
class Export:
    """An export in the bucket. ``body`` is a stream; ``manifest`` is None if there is none.

    ``dropped_at``: S3's ``LastModified`` of this version, in whole seconds.
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
        """The latest version of each policy that is effective on that day and has not ended.

        Raises InvalidPolicy while any configured policy is invalid.
        """
        ...

    def ended(self, name: str, day: datetime) -> bool:
        """Whether the version of the policy in force on that day has ended."""
        ...

    def used(self, digest: str) -> tuple[Policy, bytes]:
        """The policy with this digest and its file's bytes as first used, even if the file has changed.

        Raises NotFound.
        """
        ...

    def by_ref(self, ref: PolicyRef) -> tuple[Policy, bytes]:
        """The policy and its file's bytes. Raises NotFound."""
        ...
