"""A witness signs what grew, and never what was cut back, forked or changed."""

import base64
import json
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from functions.audit.ledger.format import parse_checkpoint
from local.cli import main
from shared.domain.event import EventTag
from tests.unit.audit.bundles import bundle_of_ledger, packed, unpacked, with_manifest_mended
from tests.unit.audit.workshop import START, World


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def ledger(*names: str) -> World:
    """A ledger of one notice a name, with a checkpoint after each."""
    world = World()
    for minute, name in enumerate(names):
        world.happened("batch/b", EventTag.NOTICE_QUEUED, START + timedelta(minutes=minute), notice=name)
        world.seal(START + timedelta(minutes=minute, seconds=30))
    return world


def look(folder: Path, bundle: bytes) -> int:
    source = folder / "bundle.zip"
    source.write_bytes(bundle)
    return main(["witness", "--state", str(folder / "seen.json"), "--source", str(source)])


def size_seen(folder: Path) -> int:
    state = json.loads((folder / "seen.json").read_text())
    return parse_checkpoint(state["checkpoint"].encode())[0].size


def test_what_grew_is_signed_with_the_witnesss_own_key(folder: Path) -> None:
    assert look(folder, bundle_of_ledger(ledger("a"))) == 0
    assert look(folder, bundle_of_ledger(ledger("a", "b", "c"))) == 0
    assert size_seen(folder) == 3
    state = json.loads((folder / "seen.json").read_text())
    public = load_pem_public_key((folder / "seen.json.pub.pem").read_bytes())
    assert isinstance(public, ec.EllipticCurvePublicKey)
    body = parse_checkpoint(state["checkpoint"].encode())[0].body()
    public.verify(base64.b64decode(state["cosignature"]), body, ec.ECDSA(SHA256()))
    assert stat.S_IMODE((folder / "seen.json.key.pem").stat().st_mode) == 0o600


def test_the_same_again_is_fine(folder: Path) -> None:
    for _ in range(2):
        assert look(folder, bundle_of_ledger(ledger("a", "b"))) == 0


def test_a_record_cut_back_is_refused_and_what_was_seen_stays(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert look(folder, bundle_of_ledger(ledger("a", "b", "c"))) == 0
    assert look(folder, bundle_of_ledger(ledger("a", "b"))) == 1
    assert "the bundle ends before it" in capsys.readouterr().err
    assert size_seen(folder) == 3


def test_a_fork_is_refused_although_it_is_intact_in_itself(folder: Path) -> None:
    assert look(folder, bundle_of_ledger(ledger("a", "b"))) == 0
    assert look(folder, bundle_of_ledger(ledger("a", "B"))) == 1
    assert look(folder, bundle_of_ledger(ledger("a", "B", "c"))) == 1
    assert size_seen(folder) == 2


def test_a_changed_or_incomplete_record_is_not_believed_even_the_first_time(folder: Path) -> None:
    files = unpacked(bundle_of_ledger(ledger("a", "b")))
    name = next(name for name in files if "segments" in name)
    changed = {**files, name: files[name].replace(b'"notice":"a"', b'"notice":"x"')}
    assert look(folder, packed(with_manifest_mended(changed))) == 1
    rest = {other: data for other, data in files.items() if other != name}
    assert look(folder, packed(with_manifest_mended(rest))) == 4
    assert not (folder / "seen.json").exists()


def test_what_was_seen_serves_as_an_anchor(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert look(folder, bundle_of_ledger(ledger("a"))) == 0
    capsys.readouterr()
    assert main(["witness", "--state", str(folder / "seen.json"), "--print"]) == 0
    anchor = folder / "anchor.json"
    anchor.write_text(capsys.readouterr().out)
    grown = folder / "grown.zip"
    grown.write_bytes(bundle_of_ledger(ledger("a", "b")))
    assert main(["verify", str(grown), "--anchor", str(anchor)]) == 0


def test_a_state_that_somebody_else_wrote_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert look(folder, bundle_of_ledger(ledger("a"))) == 0
    state = folder / "seen.json"
    other = json.loads(state.read_text())
    other["checkpoint"] = ledger("B").checkpoints()[0].decode()
    state.write_text(json.dumps(other))
    assert look(folder, bundle_of_ledger(ledger("B"))) == 2
    assert "this witness did not write" in capsys.readouterr().err


def test_a_file_that_is_no_bundle_is_usage(folder: Path) -> None:
    assert look(folder, b"text") == 2
