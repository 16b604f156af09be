"""What somebody may do to the files of a bundle, and where it must be found."""

import base64
import json
import random
from collections.abc import Callable

from functions.audit.verify import Report
from shared.domain.canonical import canonical_bytes
from tests.unit.audit.workshop import POLICY, TestSigner, lived_in

AIDS = ("README.txt", "chronicle.html", "names.json")

Files = dict[str, bytes]
Mutation = Callable[[random.Random, Files], str]
"""Changes the files and returns the name at which the change must be found."""


def evidence_in(files: Files) -> list[str]:
    return sorted(name for name in files if name not in (*AIDS, "manifest.json"))


def flip(chance: random.Random, files: Files) -> str:
    name = chance.choice(evidence_in(files))
    data = bytearray(files[name])
    data[chance.randrange(len(data))] ^= chance.randrange(1, 256)
    files[name] = bytes(data)
    return name


def cut(chance: random.Random, files: Files) -> str:
    name = chance.choice(evidence_in(files))
    files[name] = files[name][: chance.randrange(len(files[name]))]
    return name


def pad(chance: random.Random, files: Files) -> str:
    name = chance.choice(evidence_in(files))
    at = chance.randrange(len(files[name]) + 1)
    files[name] = files[name][:at] + chance.randbytes(chance.randrange(1, 5)) + files[name][at:]
    return name


def swap(chance: random.Random, files: Files) -> str:
    folder = chance.choice([name.rsplit("/", 1)[0] for name in evidence_in(files)])
    names = [name for name in evidence_in(files) if name.rsplit("/", 1)[0] == folder]
    one, other = chance.choice(names), chance.choice(evidence_in(files))
    while files[one] == files[other]:
        other = chance.choice(evidence_in(files))
    files[one], files[other] = files[other], files[one]
    return one


def overwrite(chance: random.Random, files: Files) -> str:
    one, other = chance.choice(evidence_in(files)), chance.choice(evidence_in(files))
    while files[one] == files[other]:
        other = chance.choice(evidence_in(files))
    files[one] = files[other]
    return one


def insert(chance: random.Random, files: Files) -> str:
    source = chance.choice(
        [name for name in evidence_in(files) if any(digit in name for digit in "0123456789")]
    )
    name = source.replace("0", "9", 1)
    files[name] = files[source]
    return name


def reword(chance: random.Random, files: Files) -> str:
    """A different value somewhere in the JSON, written as canonically as the ledger would."""
    name = chance.choice([name for name in evidence_in(files) if name.endswith(".json")])
    value = json.loads(files[name])
    holder = value
    while True:
        key = chance.choice(sorted(holder) if isinstance(holder, dict) else range(len(holder)))
        if isinstance(holder[key], dict | list) and holder[key]:
            holder = holder[key]
            continue
        old = holder[key]
        holder[key] = old + 1 if isinstance(old, int) else "forged" if old != "forged" else None
        break
    files[name] = canonical_bytes(value)
    return name


def lines_of(chance: random.Random, files: Files) -> tuple[str, list[bytes]]:
    name = chance.choice([name for name in files if "/segments/" in name])
    return name, files[name].splitlines(keepends=True)


def delete_line(chance: random.Random, files: Files) -> str:
    name, lines = lines_of(chance, files)
    del lines[chance.randrange(len(lines))]
    files[name] = b"".join(lines)
    return name


def repeat_line(chance: random.Random, files: Files) -> str:
    name, lines = lines_of(chance, files)
    lines.insert(chance.randrange(len(lines)), chance.choice(lines))
    files[name] = b"".join(lines)
    return name


def shuffle_lines(chance: random.Random, files: Files) -> str:
    name, lines = lines_of(chance, files)
    while len(lines) < 2:
        name, lines = lines_of(chance, files)
    lines.append(lines.pop(chance.randrange(len(lines) - 1)))
    files[name] = b"".join(lines)
    return name


def backdate(chance: random.Random, files: Files) -> str:
    name, lines = lines_of(chance, files)
    at = chance.randrange(len(lines))
    event = json.loads(lines[at])
    event[chance.choice(["occurred_at", "recorded_at"])] = "2026-09-01T06:00:00.000Z"
    lines[at] = canonical_bytes(event) + b"\n"
    files[name] = b"".join(lines)
    return name


def resign(chance: random.Random, files: Files) -> str:
    """A checkpoint signed again, with a key of the forger's that claims to be the keeper's."""
    name = chance.choice([name for name in files if "checkpoints/" in name])
    value = json.loads(files[name])
    forged = TestSigner.made(chance.randrange(10, 99)).sign(canonical_bytes(value["checkpoint"]))
    value["signature"] = base64.b64encode(forged).decode()
    files[name] = canonical_bytes(value)
    return name


EVERYWHERE: list[Mutation] = [flip, cut, pad, swap, overwrite, insert, reword, resign]
IN_SEGMENTS: list[Mutation] = [delete_line, repeat_line, shuffle_lines, backdate]


def swap_policy(chance: random.Random, files: Files) -> str:
    """Another policy in the place of the one that was applied."""
    name = next(name for name in files if name.startswith("policies/"))
    files[name] = POLICY.replace(b"version: 3", b"version: %d" % chance.randrange(4, 99))
    return name


def fork(chance: random.Random, files: Files) -> str:
    """A checkpoint over another root, signed by the keeper: another history of as many events."""
    name = chance.choice([name for name in files if "checkpoints/" in name])
    value = json.loads(files[name])
    value["checkpoint"]["root"] = chance.randbytes(32).hex()
    signer = next(one for one in lived_in().signers if one.key_id == value["checkpoint"]["key"])
    value["signature"] = base64.b64encode(signer.sign(canonical_bytes(value["checkpoint"]))).decode()
    files[name] = canonical_bytes(value)
    return name


def old_table(chance: random.Random, files: Files) -> str:
    """As if an old table had been restored and lived on: another event in the place of a chain's last one."""
    name = max(name for name in files if "/segments/" in name)
    lines = files[name].splitlines(keepends=True)
    at = chance.randrange(len(lines))
    event = json.loads(lines[at])
    event |= {
        "tag": "record:read",
        "data": {},
        "relied_on": {},
        "private": None,
        "command": f"{chance.random()}",
    }
    lines[at] = canonical_bytes(event) + b"\n"
    files[name] = b"".join(lines)
    return name


IN_A_CASE: list[Mutation] = [swap_policy, fork]
IN_THE_LEDGER: list[Mutation] = [*IN_SEGMENTS, fork, old_table]


def speaks_of(report: Report, name: str, files: Files) -> bool:
    """Whether a finding names the file, or what it is about: its index, its checkpoint, its key."""
    about = {name, name.rsplit("/", 1)[-1], name.rsplit("/", 1)[0] + "/"}
    if name.endswith(".pem"):
        about.add(name[5:69])
    if name.startswith(("proofs/", "events/")):
        about |= {f"proofs/{name[7:]}", f"events/{name[7:]}"}
    if name.startswith(("policies/", "openings/")):
        about.add("policies/")
    if "/segments/" in name or "checkpoints/" in name:
        about |= {"index", "checkpoint"}
    return any(part in f"{at.where}: {at.what}" for at in report.findings for part in about)
