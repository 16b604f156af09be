"""Makes the reading aids of a bundle from its proven files, and checks existing ones by making them again."""

import json
from collections.abc import Mapping
from typing import Final

from functions.audit.evidence import chronicle
from shared.domain.canonical import digest
from shared.domain.errors import InvalidPolicy
from shared.domain.event import EventTag, parse_event
from shared.domain.identifiers import batch_subject
from shared.domain.policy import Policy, parse_policy, policy_json

_FACTS: Final = "decision/facts/"
_PROOF: Final = ".proof.json"


def altered_aids(files: Mapping[str, bytes]) -> list[tuple[str, bool]]:
    """The reading aids of a case bundle that differ from what this version makes from its events.

    Each comes with whether it claims this version's edition. If it does, somebody altered it; if it does not,
    it is from another version and cannot be compared.
    """
    if json.loads(files["manifest.json"])["kind"] != "case":
        return []
    names = json.loads(files.get("names.json", b"{}"))
    if not isinstance(names, dict) or not all(isinstance(name, str) for name in names.values()):
        return [("names.json", True)]
    edition = f'content="{chronicle.EDITION}"'.encode()
    return [
        (name, edition in files[name])
        for name, data in rendered(files).items()
        if name in files and files[name] != data
    ]


def policies_differ(files: Mapping[str, bytes]) -> bool:
    """Whether the YAML of a policy says something else than the JSON that the evaluations committed to.

    Bundles of version 1 have both. In version 2 there is only the JSON.
    """
    committed = {
        event.data["policy_json"]
        for name, data in files.items()
        if name.startswith("events/") and (event := parse_event(data)).tag is EventTag.EVALUATION_COMPLETED
        if "policy_json" in event.data
    }
    texts = [data for name, data in files.items() if name.startswith("policies/") and name.endswith(".yaml")]
    return bool(committed) and any(_json_digest(text) not in committed for text in texts)


def _json_digest(text: bytes) -> str | None:
    try:
        return digest(policy_json(text))
    except (InvalidPolicy, ValueError):
        return None


def rendered(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The reading aids that this version makes from the proven files of a bundle."""
    names = json.loads(files["names.json"]) if "names.json" in files else {}
    subject = json.loads(files["manifest.json"])["subject"]
    chain = {
        name: event
        for name, data in files.items()
        if name.startswith(("events/", "unsealed/")) and (event := parse_event(data)).subject == subject
    }
    ordered = sorted(chain.values(), key=lambda event: event.sequence)
    places = {event.sequence: name for name, event in chain.items()}
    openings = {
        int(name.removeprefix("openings/").removesuffix(".json")): data
        for name, data in files.items()
        if name.startswith("openings/")
    }
    page = chronicle.render(subject, ordered, openings, names, places, _reported(files), _policy(files))
    return {"chronicle.html": page}


def _policy(files: Mapping[str, bytes]) -> Policy | None:
    """The policy of the case; None if the bundle has none, or one that this version cannot parse."""
    texts = [data for name, data in files.items() if name.startswith("policies/")]
    if len(texts) != 1:
        return None
    try:
        return parse_policy(texts[0].decode(), "the policy of the bundle")
    except (InvalidPolicy, UnicodeDecodeError):
        return None


def _reported(files: Mapping[str, bytes]) -> dict[str, str]:
    """By period, the export and the line that the row of the decision came from."""
    accepted = {
        event.subject: str(event.data.get("key", "")).rpartition("/")[2]
        for name, data in files.items()
        if name.startswith("events/") and (event := parse_event(data)).tag is EventTag.EXPORT_ACCEPTED
    }
    found = {}
    for name, data in files.items():
        if name.startswith(_FACTS) and name.endswith(_PROOF):
            batch, row = json.loads(data)["batch"], json.loads(files[f"{name.removesuffix(_PROOF)}.json"])
            export = accepted.get(batch_subject(batch)) or "an export"
            period = name.removeprefix(_FACTS).removesuffix(_PROOF)
            lines = row.get("lines")
            where = f"lines {', '.join(map(str, lines))}, added up," if lines else f"line {row.get('line')}"
            found[period] = f"Reported in {where} of {export} (batch {batch})"
    return found
