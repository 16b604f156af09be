"""Checks the basis of a decision against the record, and recomputes the decision (R7, D1 to D5)."""

import json
import re
from collections.abc import Collection
from typing import Any, Final

from .forms import HEX, TEXT, Event, canonical, digest, has_shape, plain_json, proof_path, spelled
from .reading import Reading
from .recompute import Basis, Row, depends_on_others, recompute
from .trees import included, leaf_hash

LINE: Final = "decision/line.json"
POLICY: Final = "decision/policy.json"
POPULATION: Final = "decision/population.json"
PERSON: Final = "decision/person"
FACTS: Final = "decision/facts/"
ACCEPTED, FACTS_RECORDED, DIRECTORY_RECORDED = "export:accepted", "facts:recorded", "directory:recorded"
_PROOF_SHAPE: Final[dict[str, Any]] = {
    "batch": TEXT,
    "index": int,
    "path": list,
    "root": HEX,
    "shard": re.compile(r"\d{4}", re.ASCII),
    "shard_index": int,
    "shard_path": list,
    "shards": int,
    "size": int,
}


def is_batch(event: Event) -> bool:
    """Whether the event records a batch from which the rows of a decision may come."""
    tag, subject = event.value["tag"], str(event.value["subject"])
    return tag in (ACCEPTED, FACTS_RECORDED, DIRECTORY_RECORDED) and subject.startswith("batch/")


def check_basis(reading: Reading, event: Event, line: bytes) -> None:
    """The files are those that the evaluation and the batches name, and the decision follows from them."""
    there, named = basis_files(reading), event.value["data"]
    if not there and "policy_json" not in named:
        reading.remark(
            LINE, "not recomputed: the record of its evaluation does not name what the decision was made from"
        )
        unneeded_batches(reading, set())
        return
    try:
        decision = plain_json(line)
        statuses = {entry["period"]: entry["status"] for entry in decision["inputs"]}
        rep, period = decision["rep_id"], decision["period"]
        revisions = {each: list(named["revisions"][each]) for each in statuses}
    except (ValueError, LookupError, TypeError) as error:
        reading.tampered(LINE, f"is not a decision that its evaluation can have made ({error!r})")
        return
    rows = _Rows(reading, rep)
    policy = _committed(reading, POLICY, named.get("policy_json"))
    population = _committed(reading, POPULATION, named.get("population"))
    person = rows.read(PERSON, DIRECTORY_RECORDED, "", [event.value["relied_on"].get("directory")])
    facts = {
        each: rows.read(f"{FACTS}{each}", FACTS_RECORDED, each, revisions[each])
        for each, status in statuses.items()
        if status != "missing" or f"{FACTS}{each}.json" in there
    }
    expected = {f"{FACTS}{each}{end}" for each in facts for end in (".json", ".proof.json")}
    for name in there:
        if name.startswith(FACTS) and name not in expected:
            reading.tampered(name, "is about a period that the decision does not use")
    unneeded_batches(reading, rows.batches)
    if policy is None or population is None or person is None or None in facts.values():
        return
    found = {each: row for each, row in facts.items() if row is not None}
    _compare(reading, decision, Basis(policy, person, found, population), period)
    _remark_on_later_batches(reading, rep, revisions, rows.batch_of)


def basis_files(reading: Reading) -> list[str]:
    """Every file under decision/ except the decision and its proof."""
    return [name for name in reading.under("decision/") if name not in (LINE, "decision/proof.json")]


def unneeded_batches(reading: Reading, needed: Collection[str]) -> None:
    """The events of a batch are here only to prove rows, so such a row must be here, too."""
    for (subject, _), event in sorted(reading.batches.items()):
        if subject not in needed:
            reading.incomplete(event.place, f"belongs to {subject}, but no row of that batch is there")


def _committed(reading: Reading, name: str, expected: Any) -> Row | None:
    """The object in the file, if the record of the evaluation names its digest; else None and a finding."""
    if name not in reading.names:
        reading.incomplete(name, "is not there, so the decision cannot be recomputed")
        return None
    data = reading.read(name)
    if data is None:
        return None
    if digest(data) != expected:
        reading.tampered(name, "is not the file that the record of the evaluation names: its SHA-256 differs")
        return None
    value = reading.parsed(name, plain_json)
    return value if isinstance(value, dict) else None


class _Rows:
    """Reads the rows of a rep with their proofs, and notes the batches from which they come."""

    def __init__(self, reading: Reading, rep: str) -> None:
        self._reading = reading
        self._rep = rep
        self.batch_of: dict[str, str] = {}
        self.batches: set[str] = set()

    def read(self, name: str, tag: str, period: str, allowed: Collection[Any]) -> Row | None:
        """The row, if it is proved to stand in one of these batches; otherwise None and a finding."""
        row_name, proof_name = f"{name}.json", f"{name}.proof.json"
        missing = [each for each in (row_name, proof_name) if each not in self._reading.names]
        for each in missing:
            self._reading.incomplete(each, "is not there, so the decision cannot be recomputed")
        if missing:
            return None
        data, proof = self._reading.read(row_name), self._reading.parsed(proof_name, _row_proof)
        if data is None or proof is None:
            return None
        batch = f"batch/{proof['batch']}"
        self.batches.add(batch)
        self.batch_of[period] = proof["batch"]
        if proof["batch"] not in allowed:
            self._reading.tampered(row_name, f"comes from {batch}, which the evaluation did not read for it")
            return None
        events = [self._reading.batches.get((batch, each)) for each in (tag, ACCEPTED)]
        for each, event in zip((tag, ACCEPTED), events, strict=True):
            if event is None:
                self._reading.incomplete(
                    "events/", f"{each} of {batch} is not there, which would prove {row_name}"
                )
        if events[0] is None:
            return None
        if not _is_proved(events[0], period, data, proof):
            what = f"is not row {proof['index']} of shard {proof['shard']} of {batch}"
            self._reading.tampered(row_name, f"{what}, or {proof_name} was changed")
            return None
        return self._own(row_name, data, period)

    def _own(self, name: str, data: bytes, period: str) -> Row | None:
        """The row, if it is about the rep and that period; a row of a directory has no period."""
        row = self._reading.parsed(name, lambda _: plain_json(data))
        key, about = ("rep_id", period) if period else ("person_id", None)
        if not isinstance(row, dict) or (row.get(key), row.get("period")) != (self._rep, about):
            self._reading.tampered(name, f"is not a row about {self._rep}{f' in {period}' if period else ''}")
            return None
        return row


def _row_proof(data: bytes) -> Row:
    value = canonical(data)
    if not has_shape(value, _PROOF_SHAPE):
        raise ValueError("not a proof of a row")
    proof_path({each: value[each] for each in ("index", "path", "size")}, "index", "size")
    shard = {"index": value["shard_index"], "path": value["shard_path"], "size": value["shards"]}
    proof_path(shard, "index", "size")
    found: Row = value
    return found


def _is_proved(event: Event, period: str, line: bytes, proof: Row) -> bool:
    """Whether the line is under the root of its shard, and that root under the root of the batch."""
    roots = event.value["data"].get("roots")
    over = roots.get(period) if isinstance(roots, dict) else None
    if not isinstance(over, dict) or over.get("shards") != proof["shards"]:
        return False
    shard = f'{{"root":"{proof["root"]}","shard":"{proof["shard"]}","size":{proof["size"]}}}'.encode()
    path, shard_path = ([bytes.fromhex(step) for step in proof[each]] for each in ("path", "shard_path"))
    return included(leaf_hash(line), proof["index"], proof["size"], path, proof["root"]) and included(
        leaf_hash(shard), proof["shard_index"], proof["shards"], shard_path, str(over.get("root"))
    )


def _compare(reading: Reading, decision: Row, basis: Basis, period: str) -> None:
    try:
        recomputed = recompute(basis, period)
        others = depends_on_others(basis.policy)
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, StopIteration) as error:
        reading.tampered(LINE, f"cannot follow from the rows and the policy here ({error!r})")
        return
    reading.report.recomputed += spelled(recomputed) == spelled(decision)
    for member in sorted({*recomputed, *decision}):
        said, follows = decision.get(member), recomputed.get(member)
        if spelled(said) != spelled(follows):
            what = f"`{member}` is {_brief(said)}, but {_brief(follows)} follows from the rows and the policy"
            reading.tampered(LINE, f"its {what}")
    if others:
        what = "not recomputed: other people's figures behind these totals, which no case bundle has"
        reading.remark(POPULATION, what)


def _remark_on_later_batches(
    reading: Reading, rep: str, revisions: dict[str, list[str]], batch_of: dict[str, str]
) -> None:
    """Nothing proves the absence of a row: a later batch might have one about the rep."""
    for period, batches in revisions.items():
        used = batch_of.get(period)
        later = batches[batches.index(used) + 1 :] if used in batches else batches
        if later:
            what = f"not recomputed: that {', '.join(later)} has no row of {rep} in {period}"
            reading.remark(f"{FACTS}{period}.json", what)


def _brief(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 300 else f"{text[:300]}..."
