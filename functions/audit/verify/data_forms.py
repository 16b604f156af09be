"""Checks that `data` and `relied_on` of an event have a form that was published for its tag (R2)."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Final

from .event_data import FORMS

PLAIN: Final = r"[ !#-\[\]-\x7f]"
"""An ASCII character that a text holds without an escape."""
_PLAIN: Final = f'"{PLAIN}*+"'
_TIME: Final = r"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z"
_IS_TIME: Final = re.compile(_TIME, re.ASCII)
_IS_HASH: Final = re.compile(r"[0-9a-f]{64}")
# The plain spelling of each type. Types that are objects have none; the slow path reads them.
# Repetitions are possessive (`*+`): what follows never begins with the same character.
_SPELLED: Final = {
    "text": _PLAIN,
    "whole": r"(?:0|-?[1-9]\d{0,14}+)",
    "flag": "(?:true|false)",
    "time": '"' + _TIME.replace(r"\d{4}-\d\d-\d\d", r"(\d{4}-\d\d-\d\d)") + '"',
    "hash": '"[0-9a-f]{64}+"',
    "texts": rf"\[(?:{_PLAIN}(?:,{_PLAIN})*)?\]",
    "null": "null",
}
_KEPT: Final = (
    r'\{"open":"[A-Za-z0-9_-]*+","sealed":(?:null|\{"ciphertext":"[A-Za-z0-9_-]*+","key":'
    + _PLAIN
    + r',"nonce":"[A-Za-z0-9_-]*+"\})\}'
)


@lru_cache(maxsize=4096)
def is_day(text: str) -> bool:
    """Whether the day exists: ``2026-02-31`` does not."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_time(value: Any) -> bool:
    return isinstance(value, str) and _IS_TIME.fullmatch(value) is not None and is_day(value[:10])


def _is_hash(value: Any) -> bool:
    return isinstance(value, str) and _IS_HASH.fullmatch(value) is not None


def _is_whole(value: Any) -> bool:
    return type(value) is int


def _is_root(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and value.keys() == {"root", "shards"}
        and _is_hash(value["root"])
        and _is_whole(value["shards"])
    )


def _each(holds: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and all(map(holds, value))


def _by_name(holds: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, dict) and all(map(holds, value.values()))


_TYPES: Final[dict[str, Callable[[Any], bool]]] = {
    "text": _is_text,
    "whole": _is_whole,
    "flag": lambda value: isinstance(value, bool),
    "time": _is_time,
    "hash": _is_hash,
    "null": lambda value: value is None,
    "texts": _each(_is_text),
    "names": _by_name(_is_text),
    "counts": _by_name(_is_whole),
    "hashes": _by_name(_is_hash),
    "lists": _by_name(_each(_is_text)),
    "parts": _by_name(_by_name(_is_hash)),
    "roots": _by_name(_is_root),
}


@dataclass(frozen=True, slots=True)
class Form:
    """One published form. ``members`` and ``names`` say for each entry whether it is required."""

    members: dict[str, tuple[str, bool]]
    names: dict[str, bool]

    @classmethod
    def parse(cls, data: str, relied_on: str) -> "Form":
        members = dict(member.split(":") for member in data.split())
        return cls(
            {name.rstrip("?"): (kind, not name.endswith("?")) for name, kind in members.items()},
            {name.rstrip("?"): not name.endswith("?") for name in relied_on.split()},
        )

    def fits(self, data: dict[str, Any], relied_on: dict[str, Any]) -> bool:
        return (
            all(name in self.members or (name == "state" and _is_kept(data[name])) for name in data)
            and all(
                _holds(kind, data[name]) if name in data else not needed
                for name, (kind, needed) in self.members.items()
            )
            and self.names.keys() >= relied_on.keys()
            and all(name in relied_on for name, needed in self.names.items() if needed)
        )

    def patterns(self) -> tuple[str | None, str]:
        """Patterns for `data` and `relied_on` in plain canonical spelling; the day of each time is a group.

        The first is None if a required member has no plain spelling. Optional ones without it are left out.
        """
        relied_on = _object({name: (_PLAIN, needed) for name, needed in self.names.items()})
        members = {"state": (_KEPT, False)}
        for name, (kind, needed) in self.members.items():
            spelled = _SPELLED.get(kind.rstrip("?"))
            if spelled is not None:
                members[name] = (f"(?:{spelled}|null)" if kind.endswith("?") else spelled, needed)
            elif needed:
                return None, relied_on
        return _object(members), relied_on


def _object(members: dict[str, tuple[str, bool]]) -> str:
    """A pattern for an object with these members in order, and commas between the members that are there."""
    spelled = [(f'"{name}":{value}', needed) for name, (value, needed) in sorted(members.items())]
    first = next((at for at, (_, needed) in enumerate(spelled) if needed), None)
    if first is not None:
        before = "".join(f"(?:{member},|)" for member, _ in spelled[:first])
        return rf"\{{{before}{_beginning(spelled[first:])}\}}"
    either = [_beginning(spelled[at:]) for at in range(len(spelled))]
    return rf"\{{(?:{'|'.join([*either, ''])})\}}"


def _beginning(spelled: list[tuple[str, bool]]) -> str:
    """A pattern for the first member, followed by any of the others."""
    (member, _), *others = spelled
    return member + "".join(f",{other}" if needed else f"(?:,{other}|)" for other, needed in others)


def _holds(kind: str, value: Any) -> bool:
    return (kind.endswith("?") and value is None) or _TYPES[kind.rstrip("?")](value)


def _is_kept(value: Any) -> bool:
    """Whether the value has the form of `state`, which only the keeper reads."""
    if not isinstance(value, dict) or value.keys() != {"open", "sealed"} or not _is_text(value["open"]):
        return False
    sealed = value["sealed"]
    names = {"ciphertext", "key", "nonce"}
    return sealed is None or (
        isinstance(sealed, dict) and sealed.keys() == names and all(map(_is_text, sealed.values()))
    )


PUBLISHED: Final = {tag: tuple(Form.parse(*form) for form in forms) for tag, forms in FORMS.items()}


def fault_of(tag: str, data: dict[str, Any], relied_on: dict[str, Any]) -> str:
    """What is wrong with the form; empty if it is right."""
    forms = PUBLISHED.get(tag)
    if forms is None:
        return f"not an event of version 1: there is no {tag}"
    if any(form.fits(data, relied_on) for form in forms):
        return ""
    return f"not an event of version 1: its data or relied_on has no form that was published for {tag}"
