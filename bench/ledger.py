"""Benchmark of the ledger, as ratios to plain SHA-256 over the same bytes on the same machine.

python -m bench.ledger [--events 1000000]

Targets: canonicalise and chain at most 2.5, Merkle root at most 3, verify at most 2.5 (signatures apart), an
inclusion proof under 5 ms. All are met except that of the verifier, which plain Python cannot meet:

- Digests alone exceed it. The yardstick is one call over all bytes. The verifier digests each byte
  three times (for the file, the leaf and the chain). The last two, and one tree node for each event, are
  calls on a few hundred bytes, in which the call itself dominates: together about eight times the yardstick.
- Matching each event with the pattern of its kind takes more than the digests.
- Following the chains and cases takes the rest: parsing data as JSON, and checking the rules at each step.

The benchmark prints these three parts. The verifier is plain Python on purpose, so that outsiders can read it
and run it with only `cryptography`. Compiled code would be faster and harder to trust.
"""

import argparse
import gc
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import orjson
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from functions.audit.ledger.format import (
    NO_CHECKPOINT,
    checkpoint_of,
    key_id,
    leaf_hashes,
    segment_bytes,
    segment_name,
)
from functions.audit.verify import verify
from functions.audit.verify.events import plain_event
from functions.audit.verify.trees import GrowingTree
from functions.audit.verify.trees import leaf_hashes as leaf_hashes_checked
from shared.domain.canonical import encode
from shared.domain.event import (
    NOTHING_BEFORE,
    Actor,
    ActorKind,
    Authentication,
    EventDraft,
    EventTag,
    Sealed,
    chain,
    event_bytes,
    event_digest,
)
from shared.domain.identifiers import CommandId, PersonId, Subject
from shared.domain.merkle import Frontier, Tree

START = datetime(2026, 10, 1, tzinfo=UTC)
SEGMENT = 1000
PART = Sealed("r-7", "AAAAAAAAAAAAAAAA", "c2VhbGVk" * 8, "ab" * 32)


@dataclass(frozen=True)
class Row:
    """One line of the table: a time, the time that it is compared with, and the allowed ratio."""

    name: str
    seconds: float
    beside: float
    allowed: float

    def line(self) -> str:
        ratio = self.seconds / self.beside
        verdict = "ok" if ratio <= self.allowed else "MISSED"
        return f"{self.name:<44} {self.seconds:9.3f} s {ratio:8.2f} of {self.allowed:<6} {verdict}"


@dataclass(frozen=True)
class InMemory:
    files: dict[str, bytes]

    def names(self) -> list[str]:
        return list(self.files)

    def read(self, name: str) -> bytes:
        return self.files[name]

    def faults(self) -> list[tuple[str, str]]:
        return []


STORY: list[tuple[EventTag, dict[str, Any]]] = [
    (
        EventTag.CASE_OPENED,
        {"stage": "coaching", "rep": "r-7", "policy": "field-sales@3", "period": "2026-09", "owner": "m-1"}
        | {"evaluation": "evaluation-5e2c", "rules": ["two-of-three"], "relapse": False},
    ),
    (EventTag.STAGE_ENTERED, {"stage": "coaching"}),
    (
        EventTag.REQUEST_SENT,
        {"stage": "coaching", "request": "1", "purpose": "stage_plan", "seat": "manager", "step": 0}
        | {"assignee": "m-1", "on_behalf_of": None, "choices": ["coach", "dispute_figures"], "after": None}
        | {"due_at": "2027-10-05T19:00:00.000Z", "empty_seats": []},
    ),
    (
        EventTag.NOTICE_SENT,
        {"notice": "notice-4fd1", "kind": "question", "to": "m-1", "request": "1", "message": "0100018c-2f"}
        | {"link": "8d1f"},
    ),
    (
        EventTag.REQUEST_ANSWERED,
        {"request": "1", "purpose": "stage_plan", "seat": "manager", "assignee": "m-1", "on_behalf_of": None}
        | {"choice": "coach"},
    ),
    (EventTag.STAGE_BEGUN, {"stage": "coaching", "ends_at": "2027-11-05T19:00:00.000Z"}),
    (EventTag.REP_TOLD, {"stage": "coaching", "request": None}),
]
MISSED = (EventTag.CHECK_IN_MISSED, {"stage": "coaching", "request": None, "because": "empty_seat"})
RELIED_ON = {
    EventTag.CASE_OPENED: {"policy": "9f" * 32, "evaluation": "evaluation-5e2c", "directory": "1b2c3d4e5f60"},
    EventTag.NOTICE_SENT: {"text": "7e" * 32},
}


def events(count: int) -> list[bytes]:
    """Cases of twenty events each, in interleaved chains, as the store writes them."""
    cases = max(1, count // 20)
    last = [NOTHING_BEFORE] * cases
    made = []
    for number in range(count):
        case, sequence = number % cases, number // cases + 1
        tag, data = STORY[sequence - 1] if sequence <= len(STORY) else MISSED
        sealed = tag in (EventTag.CASE_OPENED, EventTag.REQUEST_ANSWERED)
        draft = EventDraft(
            tag=tag,
            subject=Subject(f"case/case-{case:020d}"),
            occurred_at=START + timedelta(milliseconds=number),
            actor=Actor(ActorKind.PERSON, "m-1", Authentication.LINK),
            command=CommandId(f"advance-{number:020d}"),
            relied_on=RELIED_ON.get(tag, {"policy": "9f" * 32}),
            data=data,
            private={"n": 1} if sealed else None,
            person=PersonId("r-7"),
        )
        event = chain(draft, sequence, last[case], draft.occurred_at, PART if sealed else None)
        data_bytes = event_bytes(event)
        last[case] = event_digest(data_bytes)
        made.append(data_bytes)
    return made


def bundle(made: Sequence[bytes]) -> tuple[dict[str, bytes], int]:
    """A ledger of these events with one checkpoint for each segment, and the number of signatures."""
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    files = {f"keys/{key_id(pem)}.pem": pem}
    frontier, previous = Frontier(), NO_CHECKPOINT
    for number, first in enumerate(range(0, len(made), SEGMENT)):
        some = made[first : first + SEGMENT]
        files[segment_name(first, first + len(some) - 1)] = segment_bytes(some)
        frontier = frontier.extended(leaf_hashes(some))
        time = orjson.loads(some[-1])["recorded_at"]
        point = checkpoint_of(frontier, number, previous, time, key_id(pem))
        files[point.name()] = point.file(key.sign(point.body(), ec.ECDSA(hashes.SHA256())))
        previous = point.digest()
    digests = {name: sha256(data).hexdigest() for name, data in files.items()}
    files["manifest.json"] = encode({"files": digests, "kind": "ledger", "subject": "ledger", "v": 1})
    return files, len(digests) // 2


def best_of(tries: int, work: Callable[[], Any]) -> float:
    """The shortest time of several tries, with the garbage collector off."""
    times = []
    for _ in range(tries):
        gc.collect()
        gc.disable()
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
        gc.enable()
    return min(times)


def making(made: Sequence[bytes]) -> list[Row]:
    """The sealing side: canonical events, chains, roots and proofs."""
    values = [orjson.loads(data) for data in made]

    def alone() -> None:
        for data in made:
            sha256(data).digest()

    def canonicalise_and_chain() -> None:
        previous = NOTHING_BEFORE
        for value in values:
            value["previous"] = previous
            previous = event_digest(encode(value))

    hashing = best_of(3, alone)
    tree = Tree(leaf_hashes(made))
    places = [random.Random(7).randrange(len(made)) for _ in range(1000)]
    proofs = best_of(3, lambda: [tree.inclusion_proof(at) for at in places]) / len(places)
    return [
        Row("canonicalise and chain", best_of(3, canonicalise_and_chain), hashing, 2.5),
        Row("Merkle root", best_of(3, lambda: Frontier().extended(leaf_hashes(made)).root()), hashing, 3),
        Row("one inclusion proof (beside 1 ms)", proofs, 0.001, 5),
    ]


def verifying(made: Sequence[bytes]) -> tuple[Row, str]:
    """The verifying side and its parts."""
    files, signatures = bundle(made)
    key = ec.generate_private_key(ec.SECP256R1())
    signed = key.sign(b"x" * 300, ec.ECDSA(hashes.SHA256()))
    public = key.public_key()
    signing = best_of(
        3, lambda: [public.verify(signed, b"x" * 300, ec.ECDSA(hashes.SHA256())) for _ in range(signatures)]
    )
    report = verify(InMemory(files))
    if report.exit_status:
        raise AssertionError(report.findings)
    whole = b"".join(made)
    beside = best_of(3, lambda: sha256(whole).digest())
    seconds = best_of(2, lambda: verify(InMemory(files))) - signing
    row = Row("verify, less the signatures", seconds, beside, 2.5)
    return row, parts_of_verifying(made, files, seconds)


def parts_of_verifying(made: Sequence[bytes], files: dict[str, bytes], whole: float) -> str:
    """The share of digests and pattern matching. The rest follows chains and cases."""

    def digests() -> None:
        for data in files.values():
            sha256(data).hexdigest()
        for data in made:
            sha256(data).hexdigest()
        GrowingTree().append(leaf_hashes_checked(made))

    digesting = best_of(2, digests)
    matching = best_of(2, lambda: [plain_event(data, "", 1, 0) is None for data in made])
    shares = {"digesting": digesting, "matching": matching, "following": whole - digesting - matching}
    spelled = (f"{name} {seconds / len(made) * 1e6:.1f}" for name, seconds in shares.items())
    return f"verifying an event, in microseconds: {', '.join(spelled)}"


def main() -> None:
    parser = argparse.ArgumentParser(description="The ledger's speed beside plain SHA-256.")
    parser.add_argument("--events", type=int, default=200_000)
    arguments = parser.parse_args()
    print(f"{arguments.events} events; ratios are to SHA-256 of the same bytes")
    made = events(arguments.events)
    verified, parts = verifying(made)
    for row in [*making(made), verified]:
        print(row.line())
    print(parts)


if __name__ == "__main__":
    main()
