"""Every code of a rejected row, and every code of a refused file."""

from enum import StrEnum
from typing import NamedTuple


class RowCode(StrEnum):
    """Why a row was rejected."""

    MISSING_VALUE = "missing_value"
    NOT_A_NUMBER = "not_a_number"
    TOO_MANY_DIGITS = "too_many_digits"
    OUT_OF_RANGE = "out_of_range"
    NOT_A_DATE = "not_a_date"
    BAD_PERIOD = "bad_period"
    UNKNOWN_CURRENCY = "unknown_currency"
    BAD_EMAIL = "bad_email"
    NOT_A_BOOLEAN = "not_a_boolean"
    UNKNOWN_TIMEZONE = "unknown_timezone"
    TOO_LONG = "too_long"
    CONTROL_CHARACTER = "control_character"
    WRONG_FIELD_COUNT = "wrong_field_count"
    BAD_ENCODING = "bad_encoding"
    BAD_QUOTING = "bad_quoting"
    DUPLICATE = "duplicate"
    CONFLICTING = "conflicting"


class FileCode(StrEnum):
    """Why a whole file was refused."""

    EMPTY = "empty"
    TRUNCATED_GZIP = "truncated_gzip"
    TOO_COMPRESSED = "too_compressed"
    TOO_LARGE = "too_large"
    NOT_TEXT = "not_text"
    HEADER_MISSING_COLUMN = "header_missing_column"
    HEADER_DUPLICATE_COLUMN = "header_duplicate_column"
    HEADER_EXTRA_COLUMN = "header_extra_column"
    MANIFEST_MISMATCH = "manifest_mismatch"
    TOO_MANY_REJECTED = "too_many_rejected"
    UNKNOWN_PROFILE = "unknown_profile"


class Fault(NamedTuple):
    """One thing wrong with a row; ``column`` and ``value`` are None for a fault of the whole row."""

    column: str | None
    code: RowCode
    value: str | None
