"""A stranger makes the decision again: every row proven, every step recomputed, every change found."""

import json
import random
from collections.abc import Callable
from functools import cache

import pytest

from functions.audit.verify import Report, Verdict, as_json, as_text
from shared.domain import paths
from shared.domain.canonical import canonical_bytes
from shared.domain.merkle import Tree, leaf_hash
from tests.independent_verifier import examine, exit_status
from tests.unit.audit import mutations
from tests.unit.audit import test_tampering as laboratory
from tests.unit.audit.bundles import checked, with_manifest_mended
from tests.unit.audit.evaluated import AUDITOR, Evaluated, september
from tests.unit.evaluate.organisation import ROOT

Files = dict[str, bytes]


@cache
def evaluated() -> Evaluated:
    return september()


@cache
def _bundle() -> Files:
    """The first bundle that was ever taken: each taking is an event that no checkpoint covers at first."""
    untouched = september()
    return untouched.bundle(untouched.cases[0])


@pytest.fixture
def bundle() -> Files:
    return dict(_bundle())


def mended(files: Files) -> Report:
    """The verdict on files whose manifest was made to fit; both verifiers have to agree on it."""
    files = with_manifest_mended(files)
    report = checked(files)
    assert exit_status(files) == report.exit_status, (report.findings, examine(files))
    return report


def said(report: Report) -> str:
    return "\n".join(f"{at.where}: {at.what}" for at in report.findings if at.verdict is not Verdict.REMARK)


def test_the_decision_of_every_case_is_made_again_from_its_bundle() -> None:
    assert len(evaluated().cases) >= 3
    for case in evaluated().cases:
        files = evaluated().bundle(case)
        assert mended(files).exit_status in (0, 5)
        assert "The decision was recomputed" in as_text(mended(files))
        assert json.loads(as_json(mended(files)))["recomputed"] == 1
        assert {at.verdict for at in mended(files).findings} <= {Verdict.REMARK, Verdict.UNANCHORED}
        line, row = (json.loads(files[f"decision/{name}.json"]) for name in ("line", "facts/2026-09"))
        assert line["rep_id"] == row["rep_id"] == case.rep_id
        assert row["line"] >= 2


def test_the_row_of_the_batch_that_was_in_force_is_there(bundle: Files) -> None:
    proof = json.loads(bundle["decision/facts/2026-08.proof.json"])
    revisions = [each.batch for each in evaluated().organisation.store.revisions("2026-08")]
    assert proof["batch"] in revisions
    row = bundle["decision/facts/2026-08.json"]
    assert json.loads(row)["period"] == "2026-08"


def test_the_chronicle_says_which_line_of_which_export_each_figure_is_from(bundle: Files) -> None:
    page = bundle["chronicle.html"].decode()
    row, proof = (json.loads(bundle[f"decision/facts/2026-09{end}.json"]) for end in ("", ".proof"))
    said = f"line {row['line']} of varicent-attainment-2026-09.csv (batch {proof['batch']})"
    assert f"Reported in {said}" in page
    assert page.count("Reported in line") == 3


def test_the_report_remarks_on_what_it_did_not_recompute(bundle: Files) -> None:
    remarks = [f"{at.where}: {at.what}" for at in mended(bundle).findings]
    assert any("decision/population.json: not recomputed: other people's figures" in each for each in remarks)
    last = evaluated().organisation.store.revisions("2026-08")[-1].batch
    if json.loads(bundle["decision/facts/2026-08.proof.json"])["batch"] != last:
        assert any(f"not recomputed: that {last} has no row" in each for each in remarks)


def test_a_month_without_a_row_is_part_of_the_decision_and_the_report_remarks_on_it() -> None:
    reps = {case.rep_id.encode() for case in evaluated().cases}
    july = (ROOT / "examples/varicent/varicent-attainment-2026-07.csv").read_bytes().splitlines(keepends=True)
    made = Evaluated()
    made.organisation.people()
    silent = [line for line in july if not any(rep in line for rep in reps)]
    assert len(silent) < len(july)
    made.organisation.drop("varicent-attainment", "july.csv", b"".join(silent))
    for month in ("2026-08", "2026-09"):
        made.evaluate(made.organisation.month(month))
    made.seal()
    assert made.cases
    for case in made.cases:
        files = made.bundle(case)
        line = json.loads(files["decision/line.json"])
        assert line["inputs"][0]["status"] == "missing"
        assert "decision/facts/2026-07.json" not in files
        report = mended(files)
        assert (report.exit_status in (0, 5), report.recomputed) == (True, 1)
        remarks = [at.what for at in report.findings if at.where == "decision/facts/2026-07.json"]
        assert len(remarks) == 1
        assert "has no row of" in remarks[0]


def test_expired_files_leave_the_decision_without_its_basis_and_the_report_says_so() -> None:
    made = september()
    case, files = made.cases[0], made.organisation.files.files
    directory = made.organisation.store.directory_batch()
    assert directory is not None
    del files[paths.line_roots(directory)]
    report = mended(made.bundle(case))
    assert report.exit_status == 4
    assert "decision/policy.json: is not there, so the decision cannot be recomputed" in said(report)
    for key in [key for key in files if "/decisions/" in key]:
        del files[key]
    report = mended(made.bundle(case))
    assert report.exit_status in (0, 5)
    assert "not recomputed: the decision is not in this edition" in [at.what for at in report.findings]


def test_a_sealed_edition_has_no_figures_and_says_so() -> None:
    files = evaluated().bundle(evaluated().cases[0], AUDITOR)
    assert not [name for name in files if name.startswith("decision/")]
    assert not [name for name, data in files.items() if b'"subject":"batch/' in data]
    report = mended(files)
    assert report.exit_status in (0, 5)
    assert [at.where for at in report.findings if at.verdict is Verdict.REMARK] == ["decision/line.json"]


def flip_a_digit(files: Files) -> str:
    name = "decision/facts/2026-09.json"
    row = json.loads(files[name])
    row["credited"] = row["credited"].translate(str.maketrans("0123456789", "1234567890"))
    files[name] = json.dumps(row, separators=(",", ":")).encode()
    return f"{name}: is not row"


def swap_the_policys_json(files: Files) -> str:
    policy = json.loads(files["decision/policy.json"])
    policy["rules"][0]["below"] = "0.01"
    files["decision/policy.json"] = canonical_bytes(policy)
    return "decision/policy.json: is not the file that the record of the evaluation names"


def another_population(files: Files) -> str:
    files["decision/population.json"] = b'{"peers":[],"structural":[]}\n'
    return "decision/population.json: is not the file that the record of the evaluation names"


def another_reps_row(files: Files) -> str:
    """With its own right proof, as the exporter makes it for the other rep's bundle."""
    other = evaluated().bundle(evaluated().cases[1])
    for end in ("", ".proof"):
        files[f"decision/facts/2026-09{end}.json"] = other[f"decision/facts/2026-09{end}.json"]
    return "decision/facts/2026-09.json: is not a row about"


def another_persons_row(files: Files) -> str:
    other = evaluated().bundle(evaluated().cases[1])
    for end in ("", ".proof"):
        files[f"decision/person{end}.json"] = other[f"decision/person{end}.json"]
    return "decision/person.json: is not a row about"


def another_months_row(files: Files) -> str:
    for end in ("", ".proof"):
        files[f"decision/facts/2026-09{end}.json"] = files[f"decision/facts/2026-07{end}.json"]
    return "decision/facts/2026-09.json: comes from batch/"


def remove_a_row(files: Files) -> str:
    del files["decision/facts/2026-08.json"]
    return "decision/facts/2026-08.json: is not there"


def remove_a_row_and_its_proof(files: Files) -> str:
    del files["decision/facts/2026-08.json"], files["decision/facts/2026-08.proof.json"]
    return "decision/facts/2026-08.json: is not there"


def add_a_month(files: Files) -> str:
    for end in ("", ".proof"):
        files[f"decision/facts/2026-06{end}.json"] = files[f"decision/facts/2026-07{end}.json"]
    return "decision/facts/2026-06.json: is about a period that the decision does not use"


def wrong_order(files: Files) -> str:
    proof = json.loads(files["decision/facts/2026-09.proof.json"])
    proof["index"] ^= 1
    files["decision/facts/2026-09.proof.json"] = canonical_bytes(proof)
    return "decision/facts/2026-09.json: is not row"


def wrong_shard(files: Files) -> str:
    proof = json.loads(files["decision/person.proof.json"])
    proof["shard"], proof["shard_index"] = f"{int(proof['shard']) ^ 1:04d}", proof["shard_index"] ^ 1
    files["decision/person.proof.json"] = canonical_bytes(proof)
    return "decision/person.json: is not row"


def a_proof_of_another_form(files: Files) -> str:
    proof = json.loads(files["decision/person.proof.json"])
    proof["shard_path"] = ["00"]
    files["decision/person.proof.json"] = canonical_bytes(proof)
    return "decision/person.proof.json: not a proof"


def a_tree_of_ones_own(files: Files) -> str:
    """A row that never was, under a root made for it: nothing that is sealed names that root."""
    name = "decision/facts/2026-09"
    row = json.loads(files[f"{name}.json"]) | {"credited": "1"}
    files[f"{name}.json"] = json.dumps(row).encode()
    proof = json.loads(files[f"{name}.proof.json"])
    root = Tree([leaf_hash(files[f"{name}.json"])]).root().hex()
    proof |= {"index": 0, "size": 1, "path": [], "root": root}
    files[f"{name}.proof.json"] = canonical_bytes(proof)
    return f"{name}.json: is not row"


def without_the_batchs_event(files: Files) -> str:
    batch = json.loads(files["decision/person.proof.json"])["batch"]
    for name, data in list(files.items()):
        if name.startswith("events/") and f'"subject":"batch/{batch}"'.encode() in data:
            del files[name], files[f"proofs/{name[7:]}"]
    return f"directory:recorded of batch/{batch}"


def without_the_decision(files: Files) -> str:
    del files["decision/line.json"], files["decision/proof.json"]
    return "decision/line.json: is not there, and decision/facts/2026-07.json proves nothing without it"


@pytest.mark.parametrize(
    "change",
    [
        *(flip_a_digit, swap_the_policys_json, another_population, another_reps_row, another_persons_row),
        *(
            another_months_row,
            remove_a_row,
            remove_a_row_and_its_proof,
            add_a_month,
            wrong_order,
            wrong_shard,
        ),
        *(a_proof_of_another_form, a_tree_of_ones_own, without_the_batchs_event, without_the_decision),
    ],
)
def test_every_change_to_the_basis_is_found_at_its_place(
    bundle: Files, change: Callable[[Files], str]
) -> None:
    expected = change(bundle)
    report = mended(bundle)
    assert report.exit_status in (1, 4)
    assert report.recomputed == (change is add_a_month)
    assert expected in said(report)


@pytest.mark.parametrize("mend", [False, True], ids=["manifest as it was", "manifest mended"])
def test_every_mutation_is_found_at_its_place_and_by_both_verifiers(bundle: Files, mend: bool) -> None:
    chance = random.Random(f"basis {mend}")
    for number in range(laboratory.MUTATIONS // 4):
        files = dict(bundle)
        mutation = chance.choice(mutations.EVERYWHERE)
        name = mutation(chance, files)
        if files == bundle:
            continue
        files = with_manifest_mended(files) if mend else files
        report = checked(files)
        assert report.exit_status in (1, 4), (number, mutation.__name__, name)
        assert exit_status(files) == report.exit_status, (number, mutation.__name__, name, report.findings)
        # Of two files that changed places one may leave nothing to hold the other one to.
        changed = [name, *(each for each in files if files[each] != bundle.get(each))]
        spoken_of = any(mutations.speaks_of(report, each, files) for each in changed)
        assert spoken_of, (number, mutation.__name__, name, report.findings)


def test_every_deletion_is_found_and_both_verifiers_agree(bundle: Files) -> None:
    for name in mutations.evidence_in(bundle):
        rest = {other: data for other, data in bundle.items() if other != name}
        assert checked(rest).exit_status in (1, 4), name
        optional = name.startswith("openings/") and not name.endswith("000001.json")
        assert mended(rest).exit_status in ((0,) if optional else (1, 4)), name
