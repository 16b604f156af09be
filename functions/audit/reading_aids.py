"""What a bundle has for people: made from its proven files, and made again to check what is there."""

import json
from collections.abc import Mapping

from functions.audit import chronicle
from shared.domain.event import parse_event


def doubtful_aids(files: Mapping[str, bytes]) -> list[tuple[str, bool]]:
    """The reading aids of a bundle of a case that are not what its events make of them.

    Each with whether it claims to be of this edition: then it was altered; if not, it cannot be compared.
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


def rendered(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """What this version writes for people out of a bundle's proven files; also to check what is there."""
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
    return {"chronicle.html": chronicle.render(subject, ordered, openings, names, places)}
