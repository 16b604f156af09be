"""Figures committed twice, and batches that contradict themselves, by a keeper who can sign."""

import copy
from collections.abc import Callable
from functools import cache

import pytest

from tests.independent_verifier import examine, exit_status
from tests.unit.audit.bundles import checked
from tests.unit.audit.evaluated import Evaluated, september
from tests.unit.audit.forgery import Files, Record, Value


@cache
def _made() -> tuple[Evaluated, Files]:
    made = september()
    return made, made.bundle(made.cases[0])


def found_in_ledger_and_case(record: Record, words: str, in_case: bool = True) -> None:
    made, honest = _made()
    bundles = [record.ledger(), record.case(f"case/{made.cases[0].id}", honest)]
    for files in bundles if in_case else bundles[:1]:
        report = checked(files)
        assert words in "\n".join(at.what for at in report.findings), report.findings
        assert report.exit_status == 1
        assert exit_status(files) == 1, examine(files)


def record() -> Record:
    return Record.of(_made()[0].world)


Change = Callable[[Value], None]


def in_data(name: str, value: object) -> Change:
    return lambda event: event["data"].update({name: value})


def relies(name: str, value: str) -> Change:
    return lambda event: event["relied_on"].update({name: value})


def again(tag: str, change: Change, place: int | None = None) -> Record:
    """The record with a second event of this tag at the end, with other figures."""
    kept = record()
    twin = copy.deepcopy(used(kept, tag))
    change(twin)
    twin["recorded_at"] = twin["occurred_at"] = kept.events[-1]["recorded_at"]
    kept.insert(len(kept.events) - 1 if place is None else place, twin)
    return kept


def used(kept: Record, tag: str) -> Value:
    """The event of this tag on which the case relied: the last one, of which a bundle has the rows."""
    return [one for one in kept.events if one["tag"] == tag][-1]


ROOTS = {"2026-08": {"root": "ab" * 32, "shards": 1}, "2026-09": {"root": "ab" * 32, "shards": 4}}


@pytest.mark.parametrize(
    ("tag", "change", "words"),
    [
        ("facts:recorded", in_data("roots", ROOTS), "directly after the acceptance"),
        ("directory:recorded", in_data("in_force", False), "directly after the acceptance"),
        ("evaluation:completed", in_data("decisions_root", "ab" * 32), "second"),
        ("evaluation:completed", in_data("outcomes", {"clear": 50}), "second"),
    ],
)
def test_a_second_commitment_is_found(tag: str, change: Change, words: str) -> None:
    found_in_ledger_and_case(again(tag, change), words, in_case=tag != "directory:recorded")


@pytest.mark.parametrize("tag", ["export:accepted", "evaluation:started"])
def test_a_second_beginning_is_found(tag: str) -> None:
    found_in_ledger_and_case(again(tag, lambda event: None), "", in_case=False)


def test_the_first_commitment_cannot_be_left_out_for_the_second() -> None:
    kept = again("facts:recorded", in_data("roots", ROOTS))
    first = next(
        one
        for one in kept.events
        if one["subject"] == used(kept, "facts:recorded")["subject"] and one["tag"] == "facts:recorded"
    )
    kept.remove(first)
    accepted = used(kept, "export:accepted")
    kept.insert(
        kept.events.index(accepted) + 1,
        {**accepted, "tag": "export:repeated", "data": {"again_as": "incoming/again.csv"}},
    )
    found_in_ledger_and_case(kept, "directly after the acceptance")


@pytest.mark.parametrize(
    ("tag", "change", "words"),
    [
        ("export:accepted", in_data("sha256", "ab" * 32), "of another export"),
        ("export:accepted", in_data("id", "ab" * 8), "of another export"),
        ("export:accepted", relies("export", "ab" * 32), "of another export"),
        ("export:accepted", in_data("rows", 40), "counts 40 rows"),
        ("export:accepted", in_data("accepted", -1), "rows"),
        ("export:accepted", in_data("codes", {"duplicate": 3}), "faults for 0 rejected"),
        ("export:accepted", in_data("refused", "empty"), "was refused as empty"),
        ("export:accepted", in_data("kind", "people"), "of the kind people"),
        ("export:accepted", in_data("periods", ["2026-09"]), "other periods"),
        ("facts:recorded", relies("export", "ab" * 32), "another export"),
        ("facts:recorded", in_data("files", {"2026-09": "ab" * 32}), "other periods"),
    ],
)
def test_a_batch_that_contradicts_itself_is_found(tag: str, change: Change, words: str) -> None:
    kept = record()
    change(used(kept, tag))
    found_in_ledger_and_case(kept, words)


@pytest.mark.parametrize(
    "change",
    [
        in_data("policy", "field-sales@2"),
        in_data("period", "2026-08"),
        in_data("revisions", {}),
        relies("directory", "ab" * 8),
        relies("code", "other"),
        relies("policy", "ab" * 32),
    ],
)
def test_an_evaluation_is_completed_as_it_was_started(change: Change) -> None:
    kept = record()
    change(used(kept, "evaluation:completed"))
    found_in_ledger_and_case(kept, "than the start of the evaluation", in_case=False)
