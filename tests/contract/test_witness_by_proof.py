"""A witness that asks the API for the proof of growth alone, and what it makes of a false one."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from functions.audit.evidence.export_evidence import LedgerSource
from functions.audit.evidence.prove_consistency import prove_consistency
from functions.audit.ledger.format import parse_checkpoint
from local.witness.state import read_seen
from shared.domain.event import EventTag
from tests.contract import shown_ledger
from tests.contract.shown_ledger import Api, ledger, lived, look
from tests.unit.audit.bundles import bundle_of_ledger
from tests.unit.audit.hr_desk import AUDITOR, Desk
from tests.unit.audit.workshop import START, Bucket, Log, Ring, TestSigner, World


class LedgerBucket(Bucket):
    def names(self, prefix: str) -> list[str]:
        return sorted(name for name in self.world.files if name.startswith(prefix))


@pytest.fixture
def api() -> Iterator[Api]:
    with shown_ledger.shown() as api:
        yield api


def proof(world: World, held: int) -> dict[str, Any]:
    """What the product's own API answers."""
    record = LedgerSource(LedgerBucket(world), Log(world), Ring(world))
    return prove_consistency(Desk().sources, record, AUDITOR, {"from": str(held)})


def answers(api: Api, held: int, shown: object) -> None:
    body = shown if isinstance(shown, bytes) else json.dumps(shown).encode()
    api.replies[f"/ledger/consistency?from={held}"] = (200, "application/json", body)


@pytest.fixture
def seen(api: Api, tmp_path: Path) -> Path:
    """The state of a witness who saw three events."""
    api.replies["/ledger/evidence"] = (200, "application/zip", ledger("a", "b", "c"))
    assert look(tmp_path, api.url) == 0
    api.asked.clear()
    return tmp_path / "seen.json"


def test_after_the_first_time_the_proof_is_asked_for_and_no_event(
    api: Api, seen: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for held, names in ((3, "abc"), (3, "abcdefg"), (7, "abcdefgh")):
        answers(api, held, proof(lived(*names), held))
        assert look(seen.parent, api.url) == 0
        assert f"over {len(names)} events" in capsys.readouterr().out
    assert {path.partition("?")[0] for path, _ in api.asked} == {"/ledger/consistency"}
    kept = read_seen(seen)
    assert kept is not None
    assert kept.keeper == TestSigner.made(1).public_key_pem()
    assert kept.checkpoint == parse_checkpoint(lived(*"abcdefgh").checkpoints()[-1])[0]


def test_the_whole_option_still_checks_every_event(api: Api, seen: Path) -> None:
    answers(api, 3, proof(lived(*"abcd"), 3))
    assert look(seen.parent, api.url, "--whole") == 0
    assert [path for path, _ in api.asked] == ["/ledger/evidence"]


def test_a_quiet_ledger_with_a_newer_checkpoint_over_as_many_events_is_fine(api: Api, seen: Path) -> None:
    quiet = lived(*"abc")
    quiet.seal(START + timedelta(hours=3))
    assert len(quiet.checkpoints()) == 4
    answers(api, 3, proof(quiet, 3))
    assert look(seen.parent, api.url) == 0


def forged(**changes: object) -> dict[str, Any]:
    """The proof of four events, with another checkpoint, by the keeper's own key."""
    shown = proof(lived(*"abcd"), 3)
    point = replace(parse_checkpoint(shown["checkpoint"].encode())[0], **changes)  # type: ignore[arg-type]
    return {**shown, "checkpoint": point.file(TestSigner.made(1).sign(point.body())).decode()}


def unsigned() -> dict[str, Any]:
    shown = proof(lived(*"abcd"), 3)
    point, _ = parse_checkpoint(shown["checkpoint"].encode())
    return {**shown, "checkpoint": point.file(TestSigner.made(2).sign(point.body())).decode()}


def without_a_step() -> dict[str, Any]:
    shown = proof(lived(*"abcd"), 3)
    return {**shown, "path": shown["path"][1:]}


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        (proof(lived(*"abXd"), 3), "was forked"),
        (proof(lived(*"abXde"), 3), "does not begin"),
        (proof(lived(*"abX"), 3), "was rewritten"),
        (proof(lived(*"ab"), 2), "cut back"),
        (forged(number=1), "cut back"),
        (forged(size=2), "cut back"),
        (forged(root="0" * 64), "does not begin"),
        (forged(size=5), "does not begin"),
        (forged(previous="0" * 64), "was forked"),
        (forged(time="2026-09-01T00:00:00.000Z"), "is dated before"),
        (unsigned(), "is not valid"),
        (without_a_step(), "does not begin"),
        ({**proof(lived(*"abcd"), 3), "path": []}, "proof"),
        ({**proof(lived(*"abcd"), 3), "path": ["0" * 64] * 500}, "proof"),
    ],
)
def test_a_record_that_did_not_grow_is_reported_and_the_state_stays(
    api: Api, seen: Path, capsys: pytest.CaptureFixture[str], shown: object, words: str
) -> None:
    before = seen.read_bytes()
    answers(api, 3, shown)
    assert look(seen.parent, api.url) == 1
    assert words in capsys.readouterr().err
    assert seen.read_bytes() == before
    assert len(api.asked) == 1  # and a whole ledger, which may be another one, explains nothing away


@pytest.mark.parametrize(
    "shown",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b"[" * 100_000,
        {"checkpoint": 1, "path": []},
        {"checkpoint": "{}", "path": []},
        {"checkpoint": lived("a").checkpoints()[0].decode(), "path": ["x"]},
        {"checkpoint": lived("a").checkpoints()[0].decode(), "path": {"0": 1}},
        {"checkpoint": lived("a").checkpoints()[0].decode() + "\n", "path": []},
    ],
    ids=[
        "nothing",
        "a list",
        "empty",
        "no text",
        "deep",
        "number",
        "no checkpoint",
        "step",
        "steps",
        "blank",
    ],
)
def test_an_answer_that_is_no_proof_is_reported_in_one_line(
    api: Api, seen: Path, capsys: pytest.CaptureFixture[str], shown: object
) -> None:
    answers(api, 3, shown)
    assert look(seen.parent, api.url) == 2
    error = capsys.readouterr().err
    assert "is not a proof" in error
    assert error.count("\n") == 1


def test_a_key_that_took_over_is_believed_by_the_events_alone(api: Api, seen: Path) -> None:
    old, new = TestSigner.made(1), TestSigner.made(2)
    rotated = lived(*"abc")
    rotated.signers.append(new)
    later = START + timedelta(minutes=9)
    rotated.happened("system", EventTag.KEY_ROTATED, later, old=old.key_id, new=new.key_id)
    rotated.seal(later)
    rotated.happened("batch/b", EventTag.NOTICE_QUEUED, later, notice="d")
    rotated.seal(later)
    answers(api, 3, proof(rotated, 3))
    api.replies["/ledger/evidence"] = (200, "application/zip", bundle_of_ledger(rotated))
    assert look(seen.parent, api.url) == 0
    assert [path for path, _ in api.asked] == ["/ledger/consistency?from=3", "/ledger/evidence"]
    kept = read_seen(seen)
    assert kept is not None
    assert kept.keeper == new.public_key_pem()
    api.asked.clear()
    answers(api, 5, proof(rotated, 5))
    assert look(seen.parent, api.url) == 0
    assert [path for path, _ in api.asked] == ["/ledger/consistency?from=5"]


def test_a_ledger_by_another_key_is_refused_by_its_events(api: Api, seen: Path) -> None:
    other = lived(*"abcd", signer=2)
    answers(api, 3, proof(other, 3))
    api.replies["/ledger/evidence"] = (200, "application/zip", bundle_of_ledger(other))
    assert look(seen.parent, api.url) == 1


def test_a_size_that_the_ledger_never_had_is_looked_at_whole(api: Api, seen: Path) -> None:
    api.replies["/ledger/consistency?from=3"] = (400, "application/problem+json", b"{}")
    api.replies["/ledger/evidence"] = (200, "application/zip", ledger("a", "b"))
    assert look(seen.parent, api.url) == 1


def test_a_refusal_to_prove_is_no_proof_and_no_reason_to_ask_for_more(api: Api, seen: Path) -> None:
    api.replies["/ledger/consistency?from=3"] = (503, "text/plain", b"")
    assert look(seen.parent, api.url) == 2
    assert len(api.asked) == 1


def test_a_state_without_the_keepers_key_gets_it_from_the_whole_ledger(api: Api, seen: Path) -> None:
    state = json.loads(seen.read_text())
    del state["keeper"]
    seen.write_text(json.dumps(state))
    assert look(seen.parent, api.url) == 0
    assert [path for path, _ in api.asked] == ["/ledger/evidence"]
    assert json.loads(seen.read_text())["keeper"] == TestSigner.made(1).public_key_pem().decode()


def test_a_state_with_another_keepers_key_is_refused(
    api: Api, seen: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = json.loads(seen.read_text())
    seen.write_text(json.dumps({**state, "keeper": TestSigner.made(2).public_key_pem().decode()}))
    assert look(seen.parent, api.url) == 2
    assert "this witness did not write" in capsys.readouterr().err
