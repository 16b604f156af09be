"""The words for the product's codes, as mails, pages, the API and the console show them. Pure.

``labels.json`` holds them all, by kind and code. The console serves a copy, ``console/labels.json``; a test
keeps the two alike.
"""

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Final

LABELS: Final[Mapping[str, Mapping[str, str]]] = json.loads(
    files("shared.domain").joinpath("labels.json").read_text(encoding="utf-8")
)


def label(kind: str, code: str) -> str:
    """``label("exit", "left_company")`` is ``left the company``.

    A policy may name stages and answers of its own. Such a code is shown as itself, with blanks.
    """
    return LABELS[kind].get(code, code.replace("_", " "))


def fate(became: str, stage: str | None) -> str:
    """What became of someone whom an evaluation found: ``still open: coaching``, or how their case ended."""
    if became == "open" and stage is not None:
        return f"{label('fate', became)}: {label('stage', stage)}"
    return label("fate" if became in LABELS["fate"] else "exit", became)
