"""Checks the reading aids of a bundle as far as the verifier alone can (R65)."""

from typing import Any, Final

from .forms import canonical, digest, plain_json
from .opening import opened_in
from .reading import Reading

READMES: Final = {
    "case": (
        "52d872df65743a55d6519a7a9082107ba89ed06be138a5f340fba0afb0cfaf80",
        "9b8ecc0b5c5e72b44e997ea30a0d9863fbff77ce74ec6a14376e3b37d703859e",
    ),
    "ledger": (
        "58c29196337359fcfc816b4770c78cbf6cae736c2dbd89417b889ff0b2c49829",
        "9ecb8f92070f196a4e0ee4734f97f1a3bef07b15eb4738326823022ab98e06c6",
    ),
    "period": (
        "492a977f236cbcaf9d1252a72ff00bd2059dd9a1a4cac071ed736355529ac9cf",
        "e59a24ee235dd70b24f2b9798ab57cb5c9e393e0fc69744e2b7eeb49cab26737",
    ),
}
"""The SHA-256 of every README.txt that was published, by the kind of the bundle; the latest one last."""


def check_reading_aids(reading: Reading) -> None:
    """Warn of a README that nobody published, and of a name that the proven row of the directory denies."""
    readme = reading.read("README.txt") if "README.txt" in reading.names else None
    if readme is not None and digest(readme) not in READMES[reading.report.kind]:
        reading.warn("README.txt", "is not the text that this verifier knows: do not follow it")
    if "names.json" not in reading.names:
        return
    names = reading.parsed("names.json", _names)
    opened = opened_in(reading)
    if names is None or opened is None:
        return
    rep = opened.value["data"]["rep"]
    said, proven = names.get(rep), _proven_name(reading)
    if said is not None and proven is not None and said != proven:
        reading.warn("names.json", f"calls {rep} {said}, but the directory called them {proven}")


def _names(data: bytes) -> dict[str, str]:
    value = canonical(data)
    if not isinstance(value, dict) or not all(isinstance(name, str) for name in value.values()):
        raise ValueError("not a list of names")
    return value


def _proven_name(reading: Reading) -> str | None:
    if "decision/person.json" not in reading.names:
        return None
    try:
        row: Any = plain_json(reading.files.read("decision/person.json"))
    except ValueError:
        return None  # reported as a row of another form
    name = row.get("name") if isinstance(row, dict) else None
    return name if isinstance(name, str) else None
