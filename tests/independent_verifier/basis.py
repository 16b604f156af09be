"""What a decision was made from, and whether it follows from that."""

import json
from hashlib import sha256
from typing import Any

from tests.independent_verifier.bundle import INCOMPLETE, TAMPERED, Bundle
from tests.independent_verifier.forms import is_hash, is_integer, is_path, is_text, matches, of
from tests.independent_verifier.json_by_hand import bounded
from tests.independent_verifier.recomputing import decide
from tests.independent_verifier.trees import leaf, root_by_inclusion

ROW_PROOF = of(
    {
        "batch": is_text,
        "index": is_integer,
        "path": is_path,
        "root": is_hash,
        "shard": matches("[0-9]{4}"),
        "shard_index": is_integer,
        "shard_path": is_path,
        "shards": is_integer,
        "size": is_integer,
    }
)


def parts(bundle: Bundle) -> list[str]:
    own = ("decision/line.json", "decision/proof.json")
    return [name for name, _ in bundle.under("decision/") if name not in own]


def without_decision(bundle: Bundle) -> None:
    for name in parts(bundle):
        tell(bundle, INCOMPLETE, f"{name} without a decision")
    idle_batches(bundle, set())


def idle_batches(bundle: Bundle, used: set[str]) -> None:
    for subject, tag in bundle.batches:
        if subject not in used:
            tell(bundle, INCOMPLETE, f"{tag} of {subject}, and no row of it")


def follows(bundle: Bundle, end: dict[str, Any], line: bytes) -> None:
    """Whether the decision follows from its basis, and whether the basis is what the record names."""
    if not parts(bundle) and "policy_json" not in end["data"]:
        idle_batches(bundle, set())
        return
    try:
        told = loads(line)
        window = {each["period"]: each["status"] for each in told["inputs"]}
        rep, period = told["rep_id"], told["period"]
        read = {name: list(end["data"]["revisions"][name]) for name in window}
    except (ValueError, KeyError, TypeError):
        tell(bundle, TAMPERED, "no decision of that evaluation")
        return
    policy = named(bundle, "decision/policy.json", end["data"].get("policy_json"))
    population = named(bundle, "decision/population.json", end["data"].get("population"))
    used: set[str] = set()
    directory = [end["relied_on"].get("directory")]
    person = row(bundle, "decision/person", directory, "directory:recorded", "", used)
    if person is not None and (person.get("person_id"), person.get("period")) != (rep, None):
        person = tell(bundle, TAMPERED, "another person")
    facts: dict[str, Any] = {}
    places = {"decision/person.json", "decision/person.proof.json"}
    for name, status in window.items():
        place = f"decision/facts/{name}"
        places |= {f"{place}.json", f"{place}.proof.json"}
        if status == "missing" and f"{place}.json" not in bundle.files:
            places.discard(f"{place}.proof.json")
            continue
        fact = row(bundle, place, read[name], "facts:recorded", name, used)
        if fact is not None and (fact.get("rep_id"), fact.get("period")) != (rep, name):
            fact = tell(bundle, TAMPERED, f"{place}.json is of somebody or some time else")
        facts[name] = fact
    for name in parts(bundle):
        if name.startswith("decision/facts/") and name not in places:
            tell(bundle, TAMPERED, f"{name}: no such period")
    idle_batches(bundle, used)
    if None in (policy, population, person) or None in facts.values():
        return
    try:
        anew = decide(policy, person, facts, population, period)
    except Exception as error:
        tell(bundle, TAMPERED, f"nothing follows: {error!r}")
        return
    if not same(anew, told):
        tell(bundle, TAMPERED, f"what follows is {anew}")


def named(bundle: Bundle, name: str, digest: Any) -> Any:
    if name not in bundle.files:
        return tell(bundle, INCOMPLETE, f"{name} is missing")
    if sha256(bundle.files[name]).hexdigest() != digest:
        return tell(bundle, TAMPERED, f"{name} is not what the evaluation names")
    try:
        value = loads(bundle.files[name])
    except ValueError:
        return tell(bundle, TAMPERED, f"{name} is no JSON")
    return value if isinstance(value, dict) else None


def row(bundle: Bundle, place: str, allowed: list[Any], tag: str, period: str, used: set[str]) -> Any:
    """The row's object, if its proof leads through its shard to what its batch committed to."""
    missing = [name for name in (f"{place}.json", f"{place}.proof.json") if name not in bundle.files]
    for name in missing:
        tell(bundle, INCOMPLETE, f"{name} is missing")
    proof = None if missing else bundle.parsed(f"{place}.proof.json", ROW_PROOF)
    if proof is None:
        return None
    batch = f"batch/{proof['batch']}"
    used.add(batch)
    if proof["batch"] not in allowed:
        return tell(bundle, TAMPERED, f"{place}: {batch} was not read")
    for each in (tag, "export:accepted"):
        if (batch, each) not in bundle.batches:
            tell(bundle, INCOMPLETE, f"{each} of {batch} is missing")
    if (batch, tag) not in bundle.batches:
        return None
    try:
        committed = bundle.batches[batch, tag]["data"]["roots"][period]
        line = bundle.files[f"{place}.json"]
        path = [bytes.fromhex(step) for step in proof["path"]]
        reached = root_by_inclusion(leaf(line), proof["index"], proof["size"], path).hex()
        entry = json.dumps(
            {name: proof[name] for name in ("root", "shard", "size")}, separators=(",", ":"), sort_keys=True
        )
        way = [bytes.fromhex(step) for step in proof["shard_path"]]
        top = root_by_inclusion(leaf(entry.encode()), proof["shard_index"], proof["shards"], way).hex()
        if (reached, top, proof["shards"]) != (proof["root"], committed["root"], committed["shards"]):
            raise ValueError("another root")
        value = loads(line)
        if not isinstance(value, dict):
            raise ValueError("no row")
    except (ValueError, KeyError, TypeError):
        return tell(bundle, TAMPERED, f"{place}.json is not that row")
    return value


def tell(bundle: Bundle, status: int, what: str) -> Any:
    """Nothing, which is what is left of a file that is at fault."""
    bundle.fault(status, what)


def loads(data: bytes) -> Any:
    """JSON in any spelling, without floats, large numbers, depth, or two members of one name."""

    def refuse(text: str) -> None:
        raise ValueError(text)

    def whole(text: str) -> int:
        if len(text) > 17 or abs(int(text)) > 2**53 - 1:
            raise ValueError("too large")
        return int(text)

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({name for name, _ in pairs}) != len(pairs):
            raise ValueError("a name twice")
        return dict(pairs)

    bounded(data)
    return json.loads(
        data.decode(), parse_float=refuse, parse_constant=refuse, parse_int=whole, object_pairs_hook=members
    )


def same(one: Any, other: Any) -> bool:
    """Equal as JSON, in which 1 is not true."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and bool(one == other)
