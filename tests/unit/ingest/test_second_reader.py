"""The reader agrees with one that was written a second time, in every row, line, cell and code."""

import random

import pytest

from tests.independent_reader import reader
from tests.unit.ingest.reading import read
from tests.unit.ingest.test_reader_fuzz import CASES, damaged_export

COUNTED = (None, "too_many_rejected")


@pytest.mark.parametrize("part", range(10))
def test_both_readers_say_the_same_of_whatever_is_dropped(part: int) -> None:
    for number in range(part, CASES, 10):
        of, data = damaged_export(random.Random(f"second reader {number}"))
        if of.format.compression == "gzip":
            continue  # what is inside is read as the others are
        ours, theirs = read(data, of), reader.read(data, of.model_dump())
        case = f"case {number}, profile {of.id}: {data!r}"
        assert ours.refused == theirs.refused, case
        if theirs.refused in COUNTED:
            assert ours.rows == theirs.accepted, case
            assert ours.faults == {
                row["line"]: [(fault["column"], fault["code"], fault["value"]) for fault in row["faults"]]
                for row in theirs.rejected
            }, case
            assert (ours.told.blank_lines, ours.told.codes) == (theirs.blank_lines, theirs.codes), case
