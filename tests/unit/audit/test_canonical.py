import json
from typing import Any

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.canonical import canonical_bytes, digest, parse_canonical

KEYS = st.text(st.characters(max_codepoint=0x7F), max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(VALUES)
def test_the_bytes_are_those_of_the_rfc_8785_package(value: Any) -> None:
    assert canonical_bytes(value) == rfc8785.dumps(value)


@settings(max_examples=200, deadline=None)
@given(VALUES)
def test_canonical_bytes_read_back_as_the_value(value: Any) -> None:
    assert parse_canonical(canonical_bytes(value)) == value


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(KEYS, VALUES, min_size=1))
def test_other_spellings_of_the_same_value_are_refused(value: Any) -> None:
    spelled = json.dumps(value, indent=1).encode()
    with pytest.raises(ValueError, match="canonical"):
        parse_canonical(spelled)


@pytest.mark.parametrize(
    "value",
    [
        0.5,
        float("nan"),
        1e300,
        2**53,
        -(2**53),
        {"ü": 1},
        {1: 2},
        b"x",
        (1, 2),
        {"a": [{"b": 0.0}]},
        object(),
    ],
)
def test_values_without_an_exact_form_are_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        canonical_bytes(value)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b'{"a":1,"a":1}',
        b'{"a":1,"a":2}',
        b'{"b":1,"a":2}',
        b'{"a":1.0}',
        b'{"a":0.5}',
        b'{"a":-0}',
        b'{"a":1e3}',
        b'{"a":01}',
        b'{"a":9007199254740992}',
        b'{"a":123456789012345678901234567890}',
        b'"\\u0041"',
        b'"\\/"',
        b'"\\u001B"',
        b'"\\ud800"',
        b'"\xff"',
        b"\xef\xbb\xbf1",
        b"[1, 2]",
        b"[1]\n",
        b"NaN",
        b'{"\xc3\xbc":1}',
        b"[" * 900 + b"]" * 900,
        b"[" * 5000,
    ],
)
def test_bytes_that_are_not_canonical_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"JSON|form|ASCII|2\^53"):
        parse_canonical(data)


def test_a_digest_is_sha_256_in_hex() -> None:
    assert digest(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
