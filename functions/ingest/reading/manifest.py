"""Reads manifests, and compares an export with the control totals that its manifest states."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import MAX_PREC, Context, Decimal, Inexact

import orjson

_DECIMAL = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")

_UNROUNDED = Context(prec=MAX_PREC, traps=[Inexact])
"""Cells with too many digits count in full, so nothing may be rounded."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a manifest states, None where it does not. ``sums`` is by our column: ``quota``, ``credited``."""

    rows: int | None
    sha256: str | None
    sums: dict[str, Decimal]


def parse_manifest(content: bytes) -> Manifest | None:
    """Parse a manifest; None if it is not a JSON object of the right types. Unknown keys are ignored."""
    try:
        stated = orjson.loads(content.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError:
        return None
    if not isinstance(stated, dict):
        return None
    if type(stated.get("rows", 0)) is not int or not isinstance(stated.get("sha256", ""), str):
        return None
    sums: dict[str, Decimal] = {}
    for column in ("quota", "credited"):
        text = stated.get(f"sum_{column}", "0")
        if not isinstance(text, str) or not _DECIMAL.fullmatch(text):
            return None
        if f"sum_{column}" in stated:
            sums[column] = Decimal(text)
    return Manifest(stated.get("rows"), stated.get("sha256"), sums)


class ControlTotals:
    """Exact sums of the columns whose sum a manifest states."""

    def __init__(self, columns: Iterable[str]) -> None:
        self._sums = dict.fromkeys(columns, Decimal(0))

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self._sums)

    def as_text(self) -> dict[str, str]:
        """Each sum in full, for `add` to add to others."""
        return {column: str(total) for column, total in self._sums.items()}

    def add(self, column: str, plain_numbers: Iterable[str]) -> None:
        """Add numbers in plain form."""
        total = self._sums[column]
        for number in map(Decimal, plain_numbers):
            total = _UNROUNDED.add(total, number)
        self._sums[column] = total

    def hold(self, manifest: Manifest, *, rows: int, sha256: str) -> bool:
        """Whether everything that the manifest states is true."""
        return (
            manifest.rows in (None, rows)
            and manifest.sha256 in (None, sha256)
            and all(self._sums[column] == total for column, total in manifest.sums.items())
        )
