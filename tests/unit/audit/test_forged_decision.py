"""Another person's decision in the place of the case's own, without any key."""

import json
from collections.abc import Callable
from functools import cache

import pytest

from tests.independent_verifier import examine, exit_status
from tests.unit.audit.bundles import checked, with_manifest_mended
from tests.unit.audit.evaluated import Evaluated, september
from tests.unit.audit.forgery import Files, Record


@cache
def bundles() -> dict[str, Files]:
    """The bundle of each case, by rep."""
    made = september()
    return {case.rep_id: made.bundle(case) for case in made.cases}


def the_case() -> Files:
    return dict(next(iter(bundles().values())))


def found_by_both(files: Files, words: str) -> None:
    """Both verifiers refuse the files, whose manifest somebody made to fit."""
    files = with_manifest_mended(files)
    report = checked(files)
    assert words in "\n".join(f"{at.where}: {at.what}" for at in report.findings)
    assert report.exit_status in (1, 4)
    assert exit_status(files) == report.exit_status, (report.findings, examine(files))


def with_decision_of(files: Files, other: Files) -> Files:
    """The case with everything under ``decision/``, and the events that prove it, of another case."""
    kept = {name: data for name, data in files.items() if not name.startswith("decision/")}
    batches = {
        name: data
        for name, data in other.items()
        if name.startswith(("events/", "proofs/")) and b'"subject":"case/' not in other[f"events/{name[7:]}"]
    }
    return {**kept, **{name: data for name, data in other.items() if name.startswith("decision/")}, **batches}


def without_chronicle(files: Files) -> Files:
    return {name: data for name, data in files.items() if name != "chronicle.html"}


@pytest.mark.parametrize("place", [1, 2, 3])
def test_the_decision_about_another_rep_is_not_the_decision_of_the_case(place: int) -> None:
    other = list(bundles().values())[place]
    forged = with_decision_of(the_case(), other)
    del forged["openings/000001.json"]
    found_by_both(without_chronicle(forged), "is not the decision that opened this case")


def test_the_first_opening_is_needed_beside_the_decision() -> None:
    forged = the_case()
    del forged["openings/000001.json"]
    found_by_both(without_chronicle(forged), "openings/000001.json: is not there")


def record() -> tuple[Evaluated, Record, Files, str]:
    made = september()
    case = made.cases[0]
    return made, Record.of(made.world), made.bundle(case), f"case/{case.id}"


def say(name: str, value: object) -> Callable[[dict[str, dict[str, object]]], None]:
    def change(opened: dict[str, dict[str, object]]) -> None:
        opened["data"][name] = value

    return change


def rely(name: str, value: str) -> Callable[[dict[str, dict[str, object]]], None]:
    def change(opened: dict[str, dict[str, object]]) -> None:
        opened["relied_on"][name] = value

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (say("rep", "R000099"), "the rep"),
        (say("period", "2026-08"), "the period"),
        (say("policy", "field-sales@2"), "the policy"),
        (say("rules", ["trailing-three"]), "the rules"),
        (say("rules", []), "the rules"),
        (say("stage", "improvement_plan"), "the stage"),
        (say("evaluation", "evaluation-00000000000000000000"), "the evaluation"),
        (say("relapse", True), "the stage"),
        (rely("policy", "0" * 64), "the policy"),
    ],
)
def test_a_keeper_cannot_open_a_case_for_other_reasons_than_its_decision(
    change: Callable[[dict[str, dict[str, object]]], None], words: str
) -> None:
    _, kept, honest, subject = record()
    opened = kept.of_tag("case:opened", subject)
    del honest["openings/000001.json"]  # it holds the decision itself
    change(opened)
    found_by_both(kept.case(subject, honest), words)


def test_the_record_of_a_keeper_who_changes_nothing_is_intact() -> None:
    _, kept, honest, subject = record()
    files = kept.case(subject, honest)
    assert {name for name in files if files[name] != honest.get(name)} <= {
        "manifest.json",
        *(name for name in files if name.startswith("checkpoints/")),
    }
    assert (checked(files).exit_status, exit_status(files)) == (0, 0)
    assert (checked(kept.ledger()).exit_status, exit_status(kept.ledger())) == (0, 0)


def test_a_sealed_edition_binds_the_case_to_its_evaluation_as_well() -> None:
    _, kept, honest, subject = record()
    kept.of_tag("case:opened", subject)["data"]["period"] = "2026-08"
    sealed = {
        name: data
        for name, data in honest.items()
        if not name.startswith(("decision/", "openings/", "names"))
    }
    found_by_both(kept.case(subject, sealed), "the period")
    assert json.loads(kept.case(subject, sealed)["manifest.json"])["kind"] == "case"
