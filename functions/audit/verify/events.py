"""Reads events strictly (R2): a fast path for plain spellings, and a slow path for every spelling."""

import re
from typing import Any, Final

from .data_forms import PLAIN, PUBLISHED, Form, fault_of, is_day
from .forms import HEX, TEXT, TIME, Event, canonical, has_shape, moment

_EVENT_SHAPE: Final[dict[str, Any]] = {
    "actor": {
        "authenticated_by": re.compile(r"none|link|link\+code|cognito|iam"),
        "id": TEXT,
        "kind": re.compile(r"person|system|link|service"),
    },
    "command": TEXT,
    "data": dict,
    "occurred_at": TIME,
    "previous": HEX,
    "recorded_at": TIME,
    "relied_on": dict,
    "sequence": int,
    "subject": TEXT,
    "tag": re.compile(r"[a-z_]+:[a-z_]+"),
    "v": int,
}
_PRIVATE_SHAPE: Final[dict[str, Any]] = {
    "alg": re.compile("A256GCM"),
    "ciphertext": re.compile(r"[A-Za-z0-9_-]+"),
    "commitment": HEX,
    "key": TEXT,
    "nonce": re.compile(r"[A-Za-z0-9_-]{16}"),
}


def parse_event(data: bytes, file: str, line: int | None, index: int | None) -> Event:
    """Raises ValueError unless the bytes are an event of version 1."""
    plain = plain_event(data, file, line, index)
    if plain is not None:
        return plain
    value = any_event(data)
    return Event(
        file,
        line,
        index,
        data,
        value["tag"],
        value["subject"],
        value["sequence"],
        value["previous"],
        value["occurred_at"],
        value["recorded_at"],
        None if value["private"] is None else value["private"]["key"],
        None,
        value,
    )


def any_event(data: bytes) -> dict[str, Any]:
    """The event in any canonical spelling. Raises ValueError if the bytes are not an event."""
    value = canonical(data)
    private = value.pop("private", "none") if isinstance(value, dict) else "none"
    if not has_shape(value, _EVENT_SHAPE) or not (private is None or has_shape(private, _PRIVATE_SHAPE)):
        raise ValueError("not an event of version 1")
    if value["v"] != 1 or value["sequence"] < 1:
        raise ValueError("not an event of version 1")
    if not all(isinstance(text, str) for text in value["relied_on"].values()):
        raise ValueError("not an event of version 1")
    moment(value["occurred_at"])
    moment(value["recorded_at"])
    fault = fault_of(value["tag"], value["data"], value["relied_on"])
    if fault:
        raise ValueError(fault)
    return {**value, "private": private}


# The fast path reads nearly every event, several times as fast: one pattern per form, which matches texts
# without escapes only. The slow path reads everything else.
_PLAIN: Final = f"{PLAIN}++"
_TIME: Final = r"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z"


def _pattern(tag: str, form: Form) -> re.Pattern[bytes] | None:
    data, relied_on = form.patterns()
    if data is None:
        return None
    return re.compile(
        (
            r'\{"actor":\{"authenticated_by":"(none|link|link\+code|cognito|iam)",'
            rf'"id":"({_PLAIN})","kind":"(person|system|link|service)"\}},"command":"{_PLAIN}",'
            rf'"data":({data}),"occurred_at":"({_TIME})","previous":"([0-9a-f]{{64}}+)",'
            r'"private":(?:null|\{"alg":"A256GCM","ciphertext":"[A-Za-z0-9_-]++","commitment":"[0-9a-f]{64}+",'
            rf'"key":"({_PLAIN})","nonce":"[A-Za-z0-9_-]{{16}}+"\}}),"recorded_at":"({_TIME})",'
            rf'"relied_on":({relied_on}),"sequence":([1-9]\d{{0,14}}+),"subject":"({_PLAIN})",'
            rf'"tag":"{tag}","v":1\}}'
        ).encode()
    )


_PATTERNS: Final = {
    tag.encode(): (tag, [pattern for form in forms if (pattern := _pattern(tag, form)) is not None])
    for tag, forms in PUBLISHED.items()
}
_UNKNOWN: Final[tuple[str, list[re.Pattern[bytes]]]] = ("", [])


def plain_event(data: bytes, file: str, line: int | None, index: int | None) -> Event | None:
    """The event, or None if the slow path must read it."""
    tag, patterns = _PATTERNS.get(data[data.rfind(b'"', 0, -8) + 1 : -8], _UNKNOWN)
    for pattern in patterns:
        match = pattern.fullmatch(data)
        if match is None:
            continue
        (
            known_by,
            actor,
            kind,
            inner,
            *days,
            occurred,
            previous,
            key,
            recorded,
            relied_on,
            sequence,
            subject,
        ) = match.groups()
        occurred_at, recorded_at = occurred.decode(), recorded.decode()
        if not (is_day(occurred_at[:10]) and is_day(recorded_at[:10])):
            return None
        if days and not all(day is None or is_day(day.decode()) for day in days):
            return None
        return Event(
            file,
            line,
            index,
            data,
            tag,
            subject.decode(),
            int(sequence),
            previous.decode(),
            occurred_at,
            recorded_at,
            None if key is None else key.decode(),
            (known_by, actor, kind, inner, relied_on),
        )
    return None
