"""A period: the events of its evaluations, and a bundle of its own for each case, under one checkpoint."""

from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

from tests.independent_verifier import commitments
from tests.independent_verifier.bundle import INCOMPLETE, TAMPERED, Bundle

Examine = Callable[[Mapping[str, bytes]], list[tuple[int, str]]]


def evaluations(bundle: Bundle) -> None:
    chains: dict[str, dict[int, tuple[dict[str, Any], bytes]]] = {}
    for value, data in bundle.sealed.values():
        if value["subject"].startswith("evaluation/"):
            chains.setdefault(value["subject"], {})[value["sequence"]] = (value, data)
    if not chains:
        bundle.fault(INCOMPLETE, "no evaluation")
    for subject, chain in chains.items():
        commitments.of_chain(bundle, subject, [chain[sequence][0] for sequence in sorted(chain)])
        for sequence, (value, _) in chain.items():
            if sequence > 1 and sequence - 1 not in chain:
                bundle.fault(INCOMPLETE, f"{subject} {sequence - 1} is missing")
            else:
                before = sha256(chain[sequence - 1][1]).hexdigest() if sequence > 1 else "0" * 64
                if value["previous"] != before:
                    bundle.fault(TAMPERED, f"{subject} {sequence} follows another one")
            if bundle.subject is not None and f"period/{value['data'].get('period')}" != bundle.subject:
                bundle.fault(TAMPERED, f"{subject} is of another period")


def cases(bundle: Bundle, examine: Examine) -> None:
    folders: dict[str, dict[str, bytes]] = {}
    for name, data in bundle.under("cases/"):
        case, _, inner = name.removeprefix("cases/").partition("/")
        folders.setdefault(case, {})[inner] = data
    events = [value for value, _ in bundle.sealed.values()]
    opens = [
        value["subject"]
        for value in events
        if value["tag"] == "evaluation:started" and value["data"]["opens_cases"]
    ]
    due = [
        value["data"]["outcomes"].get("open_case", 0)
        for value in events
        if value["tag"] == "evaluation:completed" and value["subject"] in opens
    ]
    if not folders and sum(due) > 0:
        bundle.fault(INCOMPLETE, "cases are missing")
    latest = bundle.points[max(bundle.points)] if bundle.points else None
    for case, files in folders.items():
        for status, what in examine(files):
            bundle.fault(status, f"cases/{case}: {what}")
        inner_bundle = Bundle(files)
        inner_bundle.read()
        if (inner_bundle.kind, inner_bundle.subject) != ("case", f"case/{case}"):
            bundle.fault(TAMPERED, f"cases/{case} is of something else")
        for name, data in files.items():
            if name.startswith("checkpoints/") and bundle.files.get(name) != data:
                bundle.fault(TAMPERED, f"cases/{case}/{name} is not of this bundle")
        if latest and f"checkpoints/{latest['size']:012d}-{latest['number']:012d}.json" not in files:
            bundle.fault(INCOMPLETE, f"cases/{case}: the latest checkpoint is missing")
