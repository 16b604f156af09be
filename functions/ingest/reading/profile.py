"""Reads profiles, which say how the file of one source maps to our columns (``config/profiles/*.yaml``)."""

import re
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from functions.ingest.reading import dates
from functions.ingest.reading.cells import BadCell, CellCheck, normalised
from functions.ingest.reading.columns import (
    COLUMNS,
    MAY_BE_UNMAPPED,
    MAY_NOT_BE_EMPTY,
    Kind,
    cell_checks,
    plain_checks,
)
from shared.domain.errors import InvalidProfile

_FRACTION = re.compile(r"0(?:\.[0-9]+)?|1(?:\.0+)?")
_POSITION = re.compile(r"[1-9][0-9]{0,5}")


def _one_character(text: str) -> str:
    if len(text) != 1 or text in "\r\n\0" or "\ud800" <= text <= "\udfff":
        raise ValueError("must be one character other than a line end")
    return text


def _separator(text: str) -> str:
    if len(text) != 1 or text.isalnum() or text in "+- \t\r\n\0":
        raise ValueError('must be one character, such as "." or ","')
    return text


def _fraction(value: object) -> object:
    if not isinstance(value, str) or not _FRACTION.fullmatch(value):
        raise ValueError('must be a decimal from 0 to 1, such as "0.05"')
    return value


def _profile_id(text: str) -> str:
    if not re.fullmatch(r"[^\s/\x00-\x1f\x7f-\x9f]{1,128}", text):
        raise ValueError("must be 1 to 128 characters without blanks or slashes")
    return text


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Format(_Settings):
    """How to read the bytes of the file."""

    delimiter: Annotated[str, AfterValidator(_one_character)] = ","
    quote: Annotated[str, AfterValidator(_one_character)] | None = '"'
    encoding: Literal["utf-8", "utf-16", "cp1252", "iso-8859-1"] = "utf-8"
    header: bool = True
    decimal: Annotated[str, AfterValidator(_separator)] = "."
    thousands: Literal[",", ".", " ", "'"] | None = None
    date: str = "%Y-%m-%d"
    period: str = "%Y-%m"
    compression: Literal["none", "gzip"] = "none"

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.quote is not None and (self.quote == self.delimiter or self.quote in " \t"):
            raise ValueError("quote: must be neither a blank nor the delimiter")
        if self.decimal == self.thousands:
            raise ValueError("thousands: must differ from decimal")
        _compiles("date", self.date, needs_day=True)
        if self.period != "quarter":
            _compiles("period", self.period, needs_day=False)
        return self


def _compiles(key: str, form: str, *, needs_day: bool) -> None:
    try:
        dates.compile_form(form, needs_day=needs_day)
    except ValueError as error:
        raise ValueError(f"{key}: {form!r} cannot be read: {error}") from None


class Profile(_Settings):
    """The layout of one source. ``columns`` maps ours to theirs: a name, or a position counted from 1.

    ``same_key`` says what becomes of rows of one key that differ (see ``same_key.py``).
    """

    id: Annotated[str, AfterValidator(_profile_id)] = Field(alias="profile")
    kind: Kind
    format: Format = Format()
    columns: dict[str, str]
    blank: dict[str, str] = {}
    extra_columns: Literal["allow", "refuse"] = "allow"
    same_key: Literal["reject", "sum"] = "reject"
    max_rejected_fraction: Annotated[Decimal, BeforeValidator(_fraction)] = Decimal("0.05")

    @model_validator(mode="after")
    def _columns_are_of_the_kind(self) -> Self:
        known = COLUMNS[self.kind]
        for ours, theirs in self.columns.items():
            if ours not in known:
                raise ValueError(f"columns.{ours}: is not a column of {self.kind}: {', '.join(known)}")
            if not self.format.header and not _POSITION.fullmatch(theirs):
                raise ValueError(f"columns.{ours}: without a header it must be a position: 1, 2, ...")
            if not normalised(theirs):
                raise ValueError(f"columns.{ours}: must not be empty")
        for ours in known:
            if ours not in self.columns and ours not in MAY_BE_UNMAPPED:
                raise ValueError(f"columns.{ours}: must be mapped")
        if self.same_key == "sum" and self.kind != "attainment":
            raise ValueError("same_key: only rows of an attainment export can be added up")
        return self

    @model_validator(mode="after")
    def _blanks_are_acceptable(self) -> Self:
        checks = plain_checks(self.kind, self.format.period)
        for ours, value in self.blank.items():
            if ours not in checks:
                raise ValueError(f"blank.{ours}: is not a column of {self.kind}: {', '.join(checks)}")
            cell = normalised(value)
            if not cell:
                if ours in MAY_NOT_BE_EMPTY:
                    raise ValueError(f"blank.{ours}: must not be empty")
                continue
            try:
                checks[ours](cell)
            except BadCell as bad:
                raise ValueError(f"blank.{ours}: {value!r} is not acceptable: {bad.code}") from None
        return self

    def checks(self) -> dict[str, CellCheck]:
        """The check of each of our columns, for the forms of this file."""
        form = self.format
        return cell_checks(
            self.kind,
            decimal=form.decimal,
            thousands=form.thousands,
            date_form=form.date,
            period_form=form.period,
        )

    def blank_values(self) -> dict[str, str]:
        """The meaning of an empty cell, in our form, by column; columns without one are left out."""
        checks = plain_checks(self.kind, self.format.period)
        cells = {ours: normalised(text) for ours, text in self.blank.items()}
        values = {ours: checks[ours](cell) for ours, cell in cells.items() if cell}
        return {"active": "true", **values} if self.kind == "people" else values


class _Loader(yaml.SafeLoader):
    """Loads YAML in which only true, false and null are anything but text.

    A column named ``1``, the fraction 0.05 and a date stay as written. A repeated key is an error.
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise yaml.constructor.ConstructorError(None, None, "a key must be text", key_node.start_mark)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"{key!r} appears twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:null", re.compile(r"(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""]
)


def parse_profile(yaml_text: str, name: str) -> Profile:
    """Read a profile. InvalidProfile says in one line what is wrong, and at which YAML path.

    The message names the profile by ``name``, such as its file's name.
    """
    try:
        document = yaml.load(yaml_text, Loader=_Loader)  # a SafeLoader with fewer types
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InvalidProfile(f"{name}: is not YAML: {_yaml_problem(error)}") from None
    if not isinstance(document, dict):
        raise InvalidProfile(f"{name}: is not a profile: it must be a mapping with `profile: <id>`")
    try:
        return Profile.model_validate(_tidied(document))
    except ValidationError as error:
        raise InvalidProfile(f"{name}: {'; '.join(map(_problem, error.errors()))}") from None


def _tidied(document: dict[str, Any]) -> dict[str, Any]:
    """Drop empty sections, and normalise the names of their columns as header cells are normalised."""
    optional = ("blank", "format")
    sections = {key: part for key, part in document.items() if part is not None or key not in optional}
    columns = sections.get("columns")
    if isinstance(columns, dict):
        sections["columns"] = {
            ours: normalised(name) if isinstance(name, str) else name for ours, name in columns.items()
        }
    return sections


def _yaml_problem(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error)
    where = f" (line {mark.line + 1}, column {mark.column + 1})" if mark is not None else ""
    return " ".join(f"{problem}{where}".split())


def _problem(error: Any) -> str:
    path = ".".join(str(step) for step in error["loc"])
    message = " ".join(str(error["msg"]).removeprefix("Value error, ").split())
    if error["type"] == "value_error" and path in ("", "format"):
        # The message of a check of a whole section names the key itself.
        return f"{path}.{message}" if path else message
    if error["type"] == "extra_forbidden":
        message = "is not a key of a profile"
    return f"{path}: {message[0].lower()}{message[1:]}"
