"""A witness's state as the anchor, and their key: it must be that witness's word on that checkpoint."""

import base64
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from functions.audit.ledger.format import parse_checkpoint
from local.cli import main
from local.commands.verify import write_standalone
from tests.unit.audit.bundles import bundle_of_ledger
from tests.unit.audit.workshop import START, TestSigner, World, lived_in


class Office:
    """A bundle of the whole ledger, and what a witness wrote who saw it."""

    def __init__(self, folder: Path) -> None:
        self.bundle, self.state = folder / "ledger.zip", folder / "seen.json"
        self.key = folder / "seen.json.pub.pem"
        self.bundle.write_bytes(bundle_of_ledger(lived_in()))
        assert main(["witness", "--state", str(self.state), "--source", str(self.bundle)]) == 0

    def verify(self, *more: str) -> int:
        return main(["verify", str(self.bundle), "--anchor", str(self.state), *more])

    def held_to(self) -> int:
        return self.verify("--witness-key", str(self.key))

    def change(self, **members: Any) -> None:
        self.state.write_text(json.dumps({**json.loads(self.state.read_text()), **members}))


@pytest.fixture
def office(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Office:
    office = Office(tmp_path)
    capsys.readouterr()
    return office


def test_what_a_witness_signed_is_an_anchor_with_or_without_their_key(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    assert office.verify() == 0
    assert "which the witness" not in capsys.readouterr().out
    assert office.held_to() == 0
    assert "which the witness" in capsys.readouterr().out
    assert office.verify("--witness-key", str(office.key), "--json") == 0
    witness = json.loads(office.state.read_text())["witness"]
    assert json.loads(capsys.readouterr().out)["witnessed_by"] == witness


def test_openssl_accepts_the_witnesss_signature_by_the_page_alone(office: Office, tmp_path: Path) -> None:
    state = json.loads(office.state.read_text())
    file = state["checkpoint"]
    (tmp_path / "body").write_text(file[len('{"checkpoint":') : file.index(',"signature":')])
    (tmp_path / "signature").write_bytes(base64.b64decode(state["cosignature"]))
    given = ["-verify", str(office.key), "-signature", str(tmp_path / "signature"), str(tmp_path / "body")]
    done = subprocess.run(["openssl", "dgst", "-sha256", *given], capture_output=True, text=True, check=True)
    assert done.stdout == "Verified OK\n"


def test_the_one_file_verifier_knows_witnesses_too(office: Office, tmp_path: Path) -> None:
    write_standalone(tmp_path / "verify.pyz")
    given = [str(office.bundle), "--anchor", str(office.state), "--witness-key", str(office.key)]
    command = [sys.executable, "-I", str(tmp_path / "verify.pyz"), *given]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    assert (done.returncode, done.stderr) == (0, "")
    assert "which the witness" in done.stdout


def of_another_ledger(office: Office) -> None:
    """The keeper's own word on another ledger, in the witness's name."""
    other = World([TestSigner.made(1)])
    other.seal(START)
    office.change(checkpoint=other.checkpoints()[0].decode())


def of_another_witness(office: Office) -> None:
    other = TestSigner.made(7)
    body = parse_checkpoint(json.loads(office.state.read_text())["checkpoint"].encode())[0].body()
    office.change(cosignature=base64.b64encode(other.sign(body)).decode())


def of_another_name(office: Office) -> None:
    office.change(witness=TestSigner.made(7).key_id)


def with_a_keeper_who_signs_for_the_witness(office: Office) -> None:
    point = parse_checkpoint(json.loads(office.state.read_text())["checkpoint"].encode())[0]
    signer = lived_in().signers[1]
    assert point.key == signer.key_id
    office.change(cosignature=base64.b64encode(signer.sign(point.body())).decode())


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (of_another_ledger, "the signature of the witness is not valid"),
        (of_another_witness, "the signature of the witness is not valid"),
        (with_a_keeper_who_signs_for_the_witness, "the signature of the witness is not valid"),
        (of_another_name, "but the key that you hold is"),
    ],
)
def test_what_is_not_that_witnesss_word_is_tampered_with(
    office: Office, capsys: pytest.CaptureFixture[str], harm: Any, words: str
) -> None:
    harm(office)
    assert office.held_to() == 1
    out = capsys.readouterr().out
    assert words in out
    assert "which the witness" not in out


def test_a_checkpoint_that_the_witness_signed_and_the_bundle_denies_is_tampered_with(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    witness = TestSigner(key)
    point, _ = parse_checkpoint(json.loads(office.state.read_text())["checkpoint"].encode())
    forked = replace(point, root="0" * 64)
    keeper = lived_in().signers[1]
    office.key.write_bytes(witness.public_key_pem())
    office.change(
        checkpoint=forked.file(keeper.sign(forked.body())).decode(),
        cosignature=base64.b64encode(witness.sign(forked.body())).decode(),
        witness=witness.key_id,
    )
    assert office.held_to() == 1
    assert "the record was rewritten" in capsys.readouterr().out


@pytest.mark.parametrize(
    "members",
    [
        {"checkpoint": None},
        {"checkpoint": "{}"},
        {"checkpoint": {"checkpoint": {}}},
        {"cosignature": 7},
        {"cosignature": "no base64!"},
        {"cosignature": "\N{LATIN SMALL LETTER E WITH ACUTE}"},
        {"witness": None},
    ],
)
def test_a_broken_state_is_a_matter_of_usage(
    office: Office, capsys: pytest.CaptureFixture[str], members: dict[str, Any]
) -> None:
    office.change(**members)
    assert office.held_to() == 2
    assert office.verify() == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 2
    assert "is not a checkpoint" in error


def test_a_key_without_a_states_word_to_check_is_a_matter_of_usage(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", str(office.bundle), "--witness-key", str(office.key)]) == 2
    office.state.write_bytes(lived_in().checkpoints()[0])
    assert office.held_to() == 2
    assert capsys.readouterr().err.count("name the state with --anchor") == 2


@pytest.mark.parametrize("key", [b"", b"no key", "ed25519", "P-384", "private"])
def test_what_is_no_witnesss_key_is_a_matter_of_usage(
    office: Office, capsys: pytest.CaptureFixture[str], key: bytes | str
) -> None:
    form = Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    made: dict[object, bytes] = {
        "ed25519": Ed25519PrivateKey.generate().public_key().public_bytes(*form),
        "P-384": ec.generate_private_key(ec.SECP384R1()).public_key().public_bytes(*form),
        "private": office.key.with_name("seen.json.key.pem").read_bytes(),
    }
    office.key.write_bytes(made.get(key, b"") if isinstance(key, str) else key)
    assert office.held_to() == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "key" in error


def test_a_key_file_with_other_line_ends_is_the_same_key(office: Office) -> None:
    office.key.write_bytes(office.key.read_bytes().replace(b"\n", b"\r\n"))
    assert office.held_to() == 0
