"""In-memory files, directories, policies, links, mailer, topic and workflow."""

import gzip
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from shared.arrival_ports import Dropped, Page
from shared.domain import paths
from shared.domain.errors import IntegrityError, InvalidInput, InvalidPolicy, NotFound, Throttled
from shared.domain.identifiers import BatchId, CaseId, PolicyRef, RequestId
from shared.domain.line_file import LineFile
from shared.domain.person import Directory
from shared.domain.policy import Policy, policy_digest
from shared.domain.record import UsedCode
from shared.ports import Export, Mail
from tests.fakes.store import FakeCode


class FakeFiles:
    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def __contains__(self, key: str) -> bool:
        return key in self.files

    def read(self, key: str) -> bytes:
        try:
            return self.files[key]
        except KeyError:
            raise NotFound(f"there is no object {key}") from None

    def write(self, key: str, body: bytes) -> None:
        if self.files.setdefault(key, body) != body:
            raise IntegrityError(f"{key} exists with other bytes")

    def read_lines(self, key: str) -> Iterable[bytes]:
        return [gzip.decompress(self.read(key))]

    def write_lines(self, key: str, lines: Iterable[bytes]) -> str:
        file = LineFile()
        for line in lines:
            file.add(line)
        body, digest = file.finish()
        self.write(key, body)
        return digest


class FakeHandouts:
    """``links``: each file by its link. Links begin with ``base``."""

    def __init__(self, base: str = "https://handouts.example") -> None:
        self.base = base
        self.links: dict[str, bytes] = {}

    def hand_out(self, name: str, body: bytes, content_type: str) -> str:
        link = f"{self.base}/handouts/{len(self.links) + 1}/{name}"
        self.links[link] = body
        return link


class FakeExports:
    """A bucket with versions ``v1``, ``v2``, ... of each key. By default, drops are one minute apart."""

    def __init__(self) -> None:
        self.versions: dict[str, list[tuple[datetime, bytes]]] = {}
        self._next = datetime(2026, 10, 1, 6, tzinfo=UTC)

    def drop(self, key: str, body: bytes, dropped_at: datetime | None = None) -> str:
        """Returns the version."""
        self.versions.setdefault(key, []).append((dropped_at or self._next, body))
        self._next += timedelta(minutes=1)
        return f"v{len(self.versions[key])}"

    def open(self, key: str, object_version: str | None) -> Export:
        versions = self.versions.get(key, [])
        number = len(versions) if object_version is None else int(object_version.removeprefix("v"))
        if not 0 < number <= len(versions):
            raise NotFound(f"there is no object {key}")
        dropped_at, body = versions[number - 1]
        manifest = self.versions.get(key + paths.MANIFEST_SUFFIX)
        return Export(
            key, f"v{number}", dropped_at, len(body), io.BytesIO(body), manifest[-1][1] if manifest else None
        )

    def part(self, key: str, object_version: str | None, start: int, stop: int) -> io.BytesIO:
        return io.BytesIO(self.open(key, object_version).body.read()[start:stop])

    def page(self, after: str | None) -> Page:
        """One page for each key. ``after`` is the key of the previous page."""
        left = sorted(key for key in self.versions if not paths.is_manifest(key) and key > (after or ""))
        dropped = [
            Dropped(key, f"v{number}", dropped_at)
            for key in left[:1]
            for number, (dropped_at, _) in enumerate(self.versions[key], start=1)
        ]
        return Page(tuple(dropped), left[0] if len(left) > 1 else None)


class FakeDirectories:
    def __init__(self, *directories: Directory) -> None:
        self.directories = list(directories)

    def current(self) -> Directory:
        if not self.directories:
            raise NotFound("no directory of people has been accepted yet")
        return self.directories[-1]

    def version(self, batch: BatchId) -> Directory:
        for directory in self.directories:
            if directory.version == batch:
                return directory
        raise NotFound(f"there is no directory {batch}")


class FakePolicies:
    """``over``: the names of policies that HR has ended. ``fault``: the fault of a policy file."""

    def __init__(self, *policies: tuple[Policy, bytes]) -> None:
        self.over: set[str] = set()
        self.fault: str | None = None
        self.policies = list(policies)

    def in_force(self, day: datetime) -> Sequence[Policy]:
        if self.fault is not None:
            raise InvalidPolicy(self.fault)
        latest: dict[str, Policy] = {}
        for policy, _ in self.policies:
            known = latest.get(policy.policy)
            if policy.effective_from <= day.date() and (known is None or known.version < policy.version):
                latest[policy.policy] = policy
        return [policy for policy in latest.values() if policy.policy not in self.over]

    def ended(self, name: str, day: datetime) -> bool:
        return name in self.over

    def used(self, digest: str) -> tuple[Policy, bytes]:
        for policy, text in self.policies:
            if policy_digest(text) == digest:
                return policy, text
        raise NotFound(f"there is no policy of digest {digest}")

    def by_ref(self, ref: PolicyRef) -> tuple[Policy, bytes]:
        for policy, text in self.policies:
            if policy.ref == ref:
                return policy, text
        raise NotFound(f"there is no policy {ref}")


class FakeLinks:
    """Tokens and codes are numbered, so that a test can predict them: ``numbered_token(1)``, ``000001``.

    ``codes`` are those of the store, whose changes use them up.
    """

    def __init__(self, codes: dict[RequestId, FakeCode] | None = None) -> None:
        self.links: dict[str, tuple[RequestId, datetime]] = {}
        self.codes = {} if codes is None else codes
        self.issued = 0

    def issue(self, request_id: RequestId, expires_at: datetime) -> str:
        token = numbered_token(len(self.links) + 1)
        self.links[token] = (request_id, expires_at)
        return token

    def resolve(self, token: str) -> tuple[RequestId, datetime]:
        if token not in self.links:
            raise NotFound("there is no such link")
        return self.links[token]

    def issue_code(self, request_id: RequestId, expires_at: datetime) -> str:
        if self.issued >= 5:
            raise Throttled("no more codes for this request within the hour")
        self.issued += 1
        code = f"{self.issued:06d}"
        self.codes[request_id] = FakeCode(code, expires_at)
        return code

    def check_code(self, request_id: RequestId, code: str, now: datetime) -> UsedCode | None:
        known = self.codes.get(request_id)
        if known is None or now >= known.expires_at or known.guesses >= 5:
            return None
        if known.code != code:
            known.guesses += 1
            return None
        return UsedCode(request_id, known.code)


def numbered_token(number: int) -> str:
    """A token of the form that real ones have."""
    return f"link{number:048d}"


class FakeMailer:
    """``refuses``: addresses that the mail service rejects. ``down`` makes every sending fail."""

    def __init__(self) -> None:
        self.sent: list[Mail] = []
        self.refuses: set[str] = set()
        self.down = False

    def __len__(self) -> int:
        return len(self.sent)

    def send(self, mail: Mail) -> str:
        if self.down:
            raise Throttled("the mail service said to slow down")
        if self.refuses & set(mail.to):
            raise InvalidInput("the mail service refused the mail")
        self.sent.append(mail)
        return f"message-{len(self.sent)}"


class FakeTopic:
    def __init__(self) -> None:
        self.published: list[bytes] = []

    def publish(self, event: bytes) -> None:
        self.published.append(event)


class FakeTaskTokens:
    def __init__(self) -> None:
        self.tokens: dict[CaseId, str] = {}

    def store(self, case_id: CaseId, token: str) -> None:
        self.tokens[case_id] = token

    def take(self, case_id: CaseId) -> str | None:
        return self.tokens.pop(case_id, None)


class FakeWorkflow:
    """``alive``: the running executions; ``unlisted``: those missing in lists; ``woken``: tokens used.

    ``looked_at`` counts the queries for one execution. ``down`` makes every listing fail.
    """

    def __init__(self) -> None:
        self.started: list[tuple[CaseId, int]] = []
        self.alive: set[tuple[CaseId, int]] = set()
        self.woken: list[str] = []
        self.unlisted: set[tuple[CaseId, int]] = set()
        self.looked_at = 0
        self.down = False

    def start(self, case_id: CaseId, generation: int) -> None:
        if (case_id, generation) not in self.started:
            self.started.append((case_id, generation))
            self.alive.add((case_id, generation))

    def wake(self, token: str) -> bool:
        self.woken.append(token)
        return True

    def running(self, case_id: CaseId, generation: int) -> bool:
        self.looked_at += 1
        return (case_id, generation) in self.alive

    def all_running(self) -> frozenset[tuple[CaseId, int]]:
        if self.down:
            raise Throttled("the workflow service said to slow down")
        return frozenset(self.alive - self.unlisted)
