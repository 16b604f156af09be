"""Questions that are asked of the whole bundle: keys, checkpoints, roots, proofs, files, an anchor."""

from collections.abc import Iterator, Mapping
from hashlib import sha256
from itertools import pairwise
from typing import Any

from tests.independent_verifier import basis
from tests.independent_verifier import opening as opening_of
from tests.independent_verifier.bundle import INCOMPLETE, TAMPERED, UNANCHORED, Bundle
from tests.independent_verifier.forms import (
    CHECKPOINT,
    HEX64,
    ends_evaluation,
    is_integer,
    is_path,
    is_text,
    of,
    rotates,
    signed_by,
    strict_base64,
)
from tests.independent_verifier.json_by_hand import read_json
from tests.independent_verifier.trees import leaf, root, root_by_inclusion, roots_by_consistency

ZERO = "0" * 64


def succession(bundle: Bundle, told: str | None) -> None:
    points = [bundle.points[number] for number in sorted(bundle.points)]
    if not points:
        return
    rotations = [
        (index, bundle.sealed[index][0]["data"])
        for index in sorted(bundle.sealed)
        if rotates(bundle.sealed[index][0])
    ]
    spoken_of = {point["key"] for point in points}
    for value, _ in [*bundle.sealed.values(), *bundle.waiting]:
        if rotates(value):
            spoken_of |= {str(value["data"].get("old")), str(value["data"].get("new"))}
    for name in bundle.keys:
        if name not in spoken_of:
            bundle.fault(TAMPERED, f"nothing speaks of key {name}")
    key = points[0]["key"]
    if told is not None and told != key:
        bundle.fault(TAMPERED, "the record begins under another key than was told")
    if points[0]["number"]:
        rotations = [at for at in rotations if at[0] >= points[0]["size"]]
    covered, number = 0, -1
    for point in points:
        # Certain: what an earlier checkpoint covered. Possible: what one that was left out covered.
        while rotations and rotations[0][0] < covered:
            key = _handed_on(key, rotations.pop(0)[1])
        if point["number"] != number + 1:
            while point["key"] != key and rotations and rotations[0][0] < point["size"]:
                key = _handed_on(key, rotations.pop(0)[1])
        if point["key"] != key:
            bundle.fault(
                INCOMPLETE if bundle.holes else TAMPERED, f"checkpoint {point['number']}: another key"
            )
            key = point["key"] if bundle.holes else key
        covered, number = point["size"], point["number"]


def _handed_on(key: str, data: Mapping[str, Any]) -> str:
    # What names another key than the one in force hands on nothing, and the writer goes on with that one.
    return str(data["new"]) if data.get("old") == key and isinstance(data.get("new"), str) else key


def follow_points(bundle: Bundle) -> None:
    before: dict[str, Any] | None = None
    for number in sorted(bundle.points):
        point = bundle.points[number]
        if number == 0 and point["previous"] != ZERO:
            bundle.fault(TAMPERED, "something before the first checkpoint")
        expected = 0 if before is None else before["number"] + 1
        if number != expected and bundle.kind == "ledger":
            bundle.fault(INCOMPLETE, f"checkpoints before {number} are missing")
        if before is not None:
            if number == expected and point["previous"] != before["digest"]:
                bundle.fault(TAMPERED, f"checkpoint {number} follows another one")
            if point["size"] < before["size"] or point["time"] < before["time"]:
                bundle.fault(TAMPERED, f"checkpoint {number} is smaller or older")
            if point["size"] == before["size"] and point["root"] != before["root"]:
                bundle.fault(TAMPERED, f"checkpoint {number} has another root")
        before = point


def roots(bundle: Bundle) -> None:
    size = 0
    while size in bundle.leaves:
        size += 1
    for number in sorted(bundle.points):
        point = bundle.points[number]
        if point["size"] > size:
            if not bundle.holes:
                bundle.fault(INCOMPLETE, f"checkpoint {number} covers more than is there")
            break
        leaves = [bundle.leaves[index] for index in range(point["size"])]
        if root(leaves).hex() != point["root"]:
            bundle.fault(TAMPERED, f"the root of checkpoint {number} does not fit")
            break
    latest = max((point["size"] for point in bundle.points.values()), default=None)
    if latest == 0:
        bundle.fault(INCOMPLETE, "no event is covered")
    if latest is not None and max(bundle.leaves, default=-1) >= latest:
        bundle.fault(UNANCHORED, "events after the latest checkpoint")


def proofs(bundle: Bundle) -> None:
    for index, (value, data) in bundle.sealed.items():
        name = f"proofs/{index:012d}.json"
        if name not in bundle.files:
            bundle.fault(INCOMPLETE, f"{name} is missing")
            continue
        proof = bundle.parsed(name, of({"index": is_integer, "path": is_path, "size": is_integer}))
        if proof is None:
            continue
        points = [
            bundle.points[n] for n in sorted(bundle.points) if bundle.points[n]["size"] == proof["size"]
        ]
        if not points:
            bundle.fault(INCOMPLETE, f"{name}: its checkpoint is missing")
            continue
        path = [bytes.fromhex(step) for step in proof["path"]]
        try:
            reached = root_by_inclusion(leaf(data), index, proof["size"], path).hex()
        except ValueError:
            reached = ""
        if proof["index"] != index or reached != points[0]["root"]:
            bundle.fault(TAMPERED, f"{name} does not lead to the root")
        elif value["recorded_at"] > points[0]["time"]:
            bundle.fault(TAMPERED, f"event {index} is younger than its checkpoint")
    for name, _ in bundle.under("proofs/"):
        if f"events/{name.removeprefix('proofs/')}" not in bundle.files:
            bundle.fault(INCOMPLETE, f"{name}: its event is missing")


def growth(bundle: Bundle) -> None:
    points = [bundle.points[number] for number in sorted(bundle.points)]
    wanted = {
        f"consistency/{before['size']:012d}-{after['size']:012d}.json": (before, after)
        for before, after in pairwise(points)
        if 0 < before["size"] < after["size"]
    }
    for name, (before, after) in wanted.items():
        if name not in bundle.files:
            bundle.fault(INCOMPLETE, f"{name} is missing")
            continue
        proof = bundle.parsed(name, of({"from": is_integer, "path": is_path, "to": is_integer}))
        if proof is None:
            continue
        path, old_root = [bytes.fromhex(step) for step in proof["path"]], bytes.fromhex(before["root"])
        try:
            roots = roots_by_consistency(before["size"], after["size"], path, old_root)
        except ValueError:
            roots = (b"", b"")
        sizes = (before["size"], after["size"])
        expected = (before["root"], after["root"])
        if (proof["from"], proof["to"]) != sizes or tuple(map(bytes.hex, roots)) != expected:
            bundle.fault(TAMPERED, f"{name} shows no growth")
    for name, _ in bundle.under("consistency/"):
        if name not in wanted:
            bundle.fault(INCOMPLETE, f"{name}: a checkpoint is missing")


def attachments(bundle: Bundle) -> None:
    chain = [value for value, _ in bundle.sealed.values()] + [value for value, _ in bundle.waiting]
    chain = [value for value in chain if value["subject"] == bundle.subject]
    private = {f"openings/{value['sequence']:06d}.json": value["private"] for value in chain}
    for name, data in bundle.under("openings/"):
        if name not in private:
            bundle.fault(INCOMPLETE, f"{name}: its event is missing")
        elif private[name] is None or private[name]["commitment"] != sha256(data).hexdigest():
            bundle.fault(TAMPERED, f"{name} is not what was sealed")
    named = {text for value in chain for text in _texts([value["relied_on"], value["data"]])}
    for folder in ("policies/", "decisions/", "exports/", "mails/"):
        for name, data in bundle.under(folder):
            if sha256(data).hexdigest() not in named:
                bundle.fault(TAMPERED, f"no event names {name}")
    there = {sha256(data).hexdigest(): data for _, data in bundle.under("policies/")}
    opened = opening_of.first_event(bundle)
    if opened is not None and bundle.version != (2 if "policy_json" in opened["data"] else 1):
        bundle.fault(TAMPERED, "another version")
    if opened is not None and "policy_json" in opened["data"]:
        opening_of.one_text(bundle, opened, there)
        return
    for value in chain:
        policy = value["relied_on"].get("policy", "")
        if HEX64.fullmatch(policy) and policy not in there:
            bundle.fault(INCOMPLETE, f"policy {policy} is missing")


def decision(bundle: Bundle) -> None:
    """The decision under the root of its evaluation, and as it was sealed into the case."""
    ends = {value["subject"]: value for value, _ in bundle.sealed.values() if ends_evaluation(value)}
    everything = [value for value, _ in [*bundle.sealed.values(), *bundle.waiting]]
    own = [value["relied_on"] for value in everything if value["subject"] == bundle.subject]
    for subject in ends:
        if subject not in {f"evaluation/{relied_on.get('evaluation')}" for relied_on in own}:
            bundle.fault(TAMPERED, f"the case did not rely on {subject}")
    opening_of.evaluation(bundle, ends)
    line, there = bundle.files.get("decision/line.json"), "decision/proof.json" in bundle.files
    if (line is not None) != there:
        bundle.fault(INCOMPLETE, "a decision without its proof, or a proof without its decision")
    if line is None:
        basis.without_decision(bundle)
        return
    if not there:
        return
    if "openings/000001.json" not in bundle.files:
        bundle.fault(INCOMPLETE, "a decision, and the first event is not opened")
    form = of({"evaluation": is_text, "index": is_integer, "path": is_path, "size": is_integer})
    proof = bundle.parsed("decision/proof.json", form)
    if proof is None:
        return
    end = ends.get(f"evaluation/{proof['evaluation']}")
    if end is None:
        bundle.fault(INCOMPLETE, "the end of the evaluation is missing")
        return
    path = [bytes.fromhex(step) for step in proof["path"]]
    try:
        reached = root_by_inclusion(leaf(line), proof["index"], proof["size"], path).hex()
    except ValueError:
        reached = ""
    counts = end["data"].get("outcomes")
    counted = isinstance(counts, dict) and all(is_integer(count) for count in counts.values())
    if not counted or proof["size"] != sum(counts.values()) or reached != end["data"].get("decisions_root"):
        bundle.fault(TAMPERED, "the decision is not of that evaluation")
        return
    opening = bundle.files.get("openings/000001.json")
    try:
        value = basis.loads(line)
        if opening is not None and not basis.same(read_json(opening)["body"].get("decision"), value):
            bundle.fault(TAMPERED, "the decision is not what was sealed")
            return
    except (ValueError, KeyError, TypeError, AttributeError):
        bundle.fault(TAMPERED, "the decision or its opening is of another form")
        return
    opening_of.decision(bundle, end, value)
    basis.follows(bundle, end, line)


def hold_to(bundle: Bundle, anchor: bytes) -> dict[str, Any] | None:
    """The checkpoint that the reader holds; nothing where no key here has signed it."""
    value = read_json(anchor)
    if not CHECKPOINT(value):
        raise ValueError("no checkpoint")
    point, signature = value["checkpoint"], strict_base64(value["signature"])
    body = anchor[len(b'{"checkpoint":') : anchor.rindex(b',"signature":')]
    if point["key"] not in bundle.keys:
        bundle.fault(TAMPERED, "the anchor is signed with an unknown key")
        return None
    elif signature is None or not signed_by(bundle.keys[point["key"]], signature, body):
        bundle.fault(TAMPERED, "the anchor's own signature does not fit")
    ours = bundle.points.get(point["number"])
    roots = {ours["root"] for ours in bundle.points.values() if ours["size"] == point["size"]}
    if ours is not None:
        if ours["digest"] != sha256(body).hexdigest():
            bundle.fault(TAMPERED, "the anchor is another checkpoint of this number")
    elif point["number"] > max(bundle.points, default=-1) or not roots:
        bundle.fault(INCOMPLETE, "there is nothing to compare the anchor with")
    elif roots != {point["root"]}:
        bundle.fault(TAMPERED, "the anchor has another root over as many events")
    return dict(point)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _texts(inner)
