"""The pages of the policy language and the profile language: every key, from the models that read them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pydantic import BaseModel

from functions.ingest.reading.columns import COLUMNS, MAY_BE_UNMAPPED, MAY_NOT_BE_EMPTY
from functions.ingest.reading.profile import Profile
from local.docs.markdown import block, code, page, table
from local.docs.model_keys import Key, Part, keys, parts
from local.docs.policy_keys import POLICY_KEYS
from local.docs.profile_keys import PROFILE_KEYS
from shared.domain.policy import Policy

CONFIG: Final = Path(__file__).parents[2] / "config"
Explained = Mapping[str, tuple[str, str]]
"""By a key's path: an example of its value as YAML, and what it means."""


def policy_language() -> str:
    about = (
        "A policy is a YAML file in `config/policies`. `plumbline policy check` names every fault with its "
        "path and reads the policy out in sentences. [Write a policy](../how-to/write-a-policy.md) goes "
        "through one step by step."
    )
    forms = (
        "A *decimal* stands in quotes, because a bare `0.70` would be a binary float. A *length* is `30d` "
        "(calendar days), `10bd` (business days) or `2p` (periods)."
    )
    sample = block((CONFIG / "policies" / "field-sales.yaml").read_text("utf-8"), "yaml")
    return page(
        "Policy language",
        "shared/domain/policy.py",
        about,
        forms,
        *_parts(Policy, POLICY_KEYS),
        "## A whole policy",
        sample,
    )


def profile_language() -> str:
    about = (
        "A profile is a YAML file in `config/profiles`. `plumbline profile check` says whether it is valid "
        "and `plumbline profile guess` proposes one. [Write a profile](../how-to/write-a-profile.md) goes "
        "through one step by step."
    )
    sample = block((CONFIG / "profiles" / "varicent-attainment.yaml").read_text("utf-8"), "yaml")
    return page(
        "Profile language",
        "functions/ingest/reading/profile.py",
        about,
        *_parts(Profile, PROFILE_KEYS),
        "## Columns",
        *map(_columns, COLUMNS),
        "## A whole profile",
        sample,
    )


def _parts(model: type[BaseModel], explained: Explained) -> list[str]:
    """A table for each part. A key without an explanation, or the reverse, is an error."""
    found = [(part, list(keys(part))) for part in parts(model)]
    paths = {key.path for _, of_part in found for key in of_part}
    if paths != explained.keys():
        raise LookupError(f"keys and their explanations differ: {sorted(paths ^ explained.keys())}")
    blocks = []
    for part, of_part in found:
        blocks += [_heading(part), table(_HEADINGS, (_row(part, key, explained) for key in of_part))]
    return blocks


_HEADINGS: Final = ("key", "takes", "default", "example", "meaning")


def _heading(part: Part) -> str:
    return "## Top level" if not part.path else "## " + code(part.path.replace("`", ""))


def _row(part: Part, key: Key, explained: Explained) -> list[str]:
    example, meaning = explained[key.path]
    name = key.path.removeprefix(part.path).removeprefix(".")
    return [code(name), key.form, key.default, code(f"{name}: {example}"), meaning]


def _columns(kind: str) -> str:
    """The columns of ours that a profile of a kind maps."""
    columns = COLUMNS[kind]  # type: ignore[index]  # the caller walks the mapping's own keys
    rows = (
        [
            code(column),
            "may be left out" if column in MAY_BE_UNMAPPED else "must be mapped",
            _empty(column),
        ]
        for column in columns
    )
    return f"### {kind}\n\n" + table(("column", "mapping", "empty cell"), rows)


def _empty(column: str) -> str:
    if column in MAY_NOT_BE_EMPTY:
        return "rejects the row"
    return "means active" if column == "active" else "means unknown"
