"""What each key of a profile means, with an example of its value."""

from typing import Final

PROFILE_KEYS: Final[dict[str, tuple[str, str]]] = {
    "profile": (
        "acme-attainment",
        "The profile's id, 1 to 128 characters without blanks or slashes. The source drops its files into "
        "the folder of this name in the exports bucket.",
    ),
    "kind": ("attainment", "Whether the file holds figures of reps or the directory of people."),
    "format": ('{delimiter: ";"}', "How the bytes are read; see below."),
    "columns": (
        "{rep_id: Payee ID, period: Period, quota: Quota, credited: Credited, currency: Currency}",
        "Our column, then the name of theirs. Without a header: its position, counted from 1.",
    ),
    "blank": (
        '{leave_days: "0"}',
        "What an empty cell of a column stands for, in plain form (`.` decimals, ISO dates).",
    ),
    "extra_columns": ("refuse", "Whether a file with columns that nobody maps is read or refused."),
    "same_key": (
        "sum",
        "What happens to rows of one rep and period that differ: `reject` rejects every one of them, `sum` "
        "adds them up (only for `kind: attainment`). See [Rows of one key](rows-of-one-key.md).",
    ),
    "max_rejected_fraction": (
        '"0.05"',
        "From 0 to 1. A file of which a larger share of rows is rejected is refused as a whole.",
    ),
    "format.delimiter": ('"|"', "The one character between two cells."),
    "format.quote": ('"\'"', "The character around a quoted cell; `null`: quotes are ordinary characters."),
    "format.encoding": ("cp1252", "The file's encoding. `utf-8` accepts a byte order mark."),
    "format.header": ("true", "Whether the first line names the columns."),
    "format.decimal": ('","', "The decimal separator."),
    "format.thousands": ('","', "The separator between groups of three digits; `null`: there is none."),
    "format.date": ('"%d.%m.%Y"', "The form of dates, from `%Y %m %d %b %B` and literal characters."),
    "format.period": ("quarter", "The form of a month, as `%Y-%m`; or `quarter` for 2026-Q3 and 2026_Q3."),
    "format.compression": ("gzip", "Whether the file is compressed."),
}
