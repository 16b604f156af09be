"""Bounds what a caller of the API sends: names in the path, query parameters, fields of a body. Pure."""

import unicodedata
from collections.abc import Mapping
from typing import Annotated, Final, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, ValidationError

from shared.domain.errors import InvalidInput
from shared.domain.typed_reason import LONGEST_REASON

LONGEST_NAME: Final = 128
"""Characters. No id of the product is longer, and 128 characters fit into a key of DynamoDB in any script."""
_UNNAMEABLE: Final = frozenset(("Cc", "Cs", "Zl", "Zp"))


def is_name(text: str) -> bool:
    """Whether the text may be an id: 1 to 128 characters, no control character and no line separator."""
    return 0 < len(text) <= LONGEST_NAME and not any(
        unicodedata.category(character) in _UNNAMEABLE for character in text
    )


def _name(text: str) -> str:
    if not is_name(text):
        raise ValueError(f"must have 1 to {LONGEST_NAME} characters and no control character")
    return text


Name = Annotated[str, AfterValidator(_name)]
TypedText = Annotated[str, StringConstraints(max_length=2 * LONGEST_REASON)]
"""A reason before it is trimmed and normalised. `typed_reason` then judges what is kept."""


class Parameters(BaseModel):
    """The parameters of one route's query. Each route's model lists its own; others are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Self:
        """The parameters; one with an empty value counts as not given. Raises InvalidInput."""
        try:
            return cls.model_validate({name: value for name, value in query.items() if value != ""})
        except ValidationError as error:
            raise InvalidInput(fault_of(error)) from error


def fault_of(error: ValidationError) -> str:
    """The first fault in one line: where it is and what is expected. It never repeats the value."""
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part)[:40] for part in first["loc"])
    expected = str(first.get("ctx", {}).get("error") or first["msg"])
    if first["type"] == "extra_forbidden":
        return f"{where!r} is not known here"
    return f"{where}: {expected}" if where else expected
