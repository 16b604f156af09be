"""A policy in two versions: what people read and what the decision followed, by a keeper who can sign."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from local.cli import main
from shared.domain.canonical import canonical_bytes, digest
from tests.independent_verifier import examine, exit_status
from tests.unit.audit.bundles import checked, packed, with_manifest_mended
from tests.unit.audit.evaluated import AUDITOR, Evaluated, september
from tests.unit.audit.forgery import Files, Record
from tests.unit.evaluate.organisation import POLICY

NAME = "policies/field-sales@1.json"


@cache
def _made() -> tuple[Evaluated, Files, Files]:
    made = september()
    case = made.cases[0]
    return made, made.bundle(case), made.bundle(case, AUDITOR)


def found(files: Files, words: str) -> None:
    files = with_manifest_mended(files)
    report = checked(files)
    assert words in "\n".join(f"{at.where}: {at.what}" for at in report.findings), report.findings
    assert report.exit_status in (1, 4)
    assert exit_status(files) == report.exit_status, (report.findings, examine(files))


def softer(data: bytes) -> bytes:
    assert b'"0.70"' in data
    return data.replace(b'"0.70"', b'"0.30"')


def test_every_edition_has_the_one_text_by_which_the_decision_was_made() -> None:
    _, opened, sealed = _made()
    for files in (opened, sealed):
        assert [name for name in files if name.startswith("policies/")] == [NAME]
        assert checked(files).version == json.loads(files["manifest.json"])["v"] == 2
        assert checked(files).exit_status in (0, 5)
    assert opened[NAME] == opened["decision/policy.json"]


def another_text(files: Files) -> Files:
    return {**files, NAME: softer(files[NAME])}


def a_yaml_beside(files: Files) -> Files:
    """The very file that the events name as `relied_on.policy`, or one that says something else."""
    return {**files, "policies/field-sales@1.yaml": POLICY.encode()}


def no_text(files: Files) -> Files:
    return {name: data for name, data in files.items() if name != NAME}


def as_version_1(files: Files) -> Files:
    return {**files, "manifest.json": files["manifest.json"].replace(b'"v":2', b'"v":1')}


def as_version_3(files: Files) -> Files:
    return {**files, "manifest.json": files["manifest.json"].replace(b'"v":2', b'"v":3')}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (another_text, "is not the text of the policy"),
        (a_yaml_beside, "is not the text of the policy"),
        (no_text, "is not there"),
        (as_version_1, "which the opening of the case denies"),
        (as_version_3, "not a manifest of version 1 or 2"),
    ],
)
@pytest.mark.parametrize("edition", ["opened", "sealed"])
def test_a_second_text_is_found(change: Callable[[Files], Files], words: str, edition: str) -> None:
    _, opened, sealed = _made()
    found(change(dict(opened if edition == "opened" else sealed)), words)


def kept_with(text: bytes) -> Files:
    """The case, which commits to this text while its evaluation decided by the true one."""
    made, honest, _ = _made()
    record, subject = Record.of(made.world), f"case/{made.cases[0].id}"
    record.of_tag("case:opened", subject)["data"]["policy_json"] = digest(text)
    return record.case(subject, {**honest, NAME: text})


def test_a_case_cannot_commit_to_another_text_than_its_evaluation() -> None:
    found(kept_with(softer(_made()[1][NAME])), "but its evaluation decided by")


def test_the_text_is_the_policy_that_the_case_names() -> None:
    made, honest, _ = _made()
    other = {**json.loads(honest[NAME]), "version": 2}
    for text in (canonical_bytes(other), b"[]", b"no JSON"):
        record, subject = Record.of(made.world), f"case/{made.cases[0].id}"
        for event in record.events:
            if "policy_json" in event["data"]:
                event["data"]["policy_json"] = digest(text)
        found(record.case(subject, {**honest, NAME: text}), "policies/")


def of_version_1() -> tuple[Record, str, Files]:
    """The record as version 1 wrote it: the case names the YAML file alone."""
    made, honest, _ = _made()
    record, subject = Record.of(made.world), f"case/{made.cases[0].id}"
    for event in record.events:
        if event["tag"] == "case:opened":
            del event["data"]["policy_json"]
    files = {name: data for name, data in honest.items() if name != NAME}
    return record, subject, {**files, "policies/field-sales@1.yaml": POLICY.encode()}


def test_a_bundle_of_version_1_with_two_texts_is_compared_by_the_product(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record, subject, honest = of_version_1()
    path = tmp_path / "case.zip"
    path.write_bytes(packed(record.case(subject, honest)))
    assert main(["verify", str(path)]) == 0
    assert "the policy stands in two texts" in capsys.readouterr().out
    # The YAML that everybody reads says 0.30; the rep was judged by the 0.70 of the JSON.
    yaml = softer(POLICY.encode())
    for event in record.events:
        if "policy" in event["relied_on"]:
            event["relied_on"]["policy"] = digest(yaml)
    forged = record.case(subject, {**honest, "policies/field-sales@1.yaml": yaml})
    assert checked(forged).exit_status == 0  # neither verifier alone reads YAML; both warn of the two texts
    path.write_bytes(packed(forged))
    assert main(["verify", str(path)]) == 1
    assert "says something else than the JSON" in capsys.readouterr().out
    names = ("decision/", "openings/", "names.json")
    sealed = {name: data for name, data in honest.items() if not name.startswith(names)}
    path.write_bytes(packed(record.case(subject, {**sealed, "policies/field-sales@1.yaml": yaml})))
    assert main(["verify", str(path)]) == 0
    assert "Warnings" in (shown := capsys.readouterr().out)
    assert "says something else than the JSON" in shown
