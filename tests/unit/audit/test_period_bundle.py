"""A bundle of a period: each case's own bundle, the evaluations, and all of it under one checkpoint."""

import json
import random
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from functions.audit.verify import Report, Verdict, as_text
from local.cli import main
from shared.domain.canonical import canonical_bytes
from shared.domain.errors import Forbidden, InvalidInput, NotFound
from tests.independent_verifier import examine, exit_status
from tests.unit.audit import mutations
from tests.unit.audit import test_tampering as laboratory
from tests.unit.audit.bundles import checked, packed, with_manifest_mended
from tests.unit.audit.evaluated import AUDITOR, Evaluated, september
from tests.unit.audit.hr_desk import COMPENSATION, PARTNER

Files = dict[str, bytes]


@cache
def _made() -> tuple[Evaluated, Files]:
    evaluated = september()
    return evaluated, evaluated.bundle_of_period("2026-09")


@pytest.fixture
def bundle() -> Files:
    return dict(_made()[1])


@pytest.fixture
def evaluated() -> Evaluated:
    return _made()[0]


def both(files: Files, anchor: bytes | None = None, key: str | None = None) -> Report:
    report = checked(files, anchor, key)
    assert exit_status(files, anchor, key) == report.exit_status, (report.findings, examine(files))
    return report


def mended(files: Files) -> Files:
    """Whoever changed a case's file mends its manifest, and then that of the whole."""
    for name in [each for each in files if each.startswith("cases/") and each.endswith("/manifest.json")]:
        prefix = name.removesuffix("manifest.json")
        inner = {each.removeprefix(prefix): data for each, data in files.items() if each.startswith(prefix)}
        files = {**files, name: with_manifest_mended(inner)["manifest.json"]}
    return with_manifest_mended(files)


def said(report: Report) -> str:
    return "\n".join(f"{at.where}: {at.what}" for at in report.findings if at.verdict is not Verdict.REMARK)


def test_a_period_has_every_case_that_its_evaluations_opened(bundle: Files, evaluated: Evaluated) -> None:
    report = both(bundle)
    assert (report.exit_status, said(report)) == (0, "")
    assert (report.kind, report.subject) == ("period", "period/2026-09")
    folders = {name.split("/")[1] for name in bundle if name.startswith("cases/")}
    assert folders == {case.id for case in evaluated.cases}
    assert "the period period/2026-09" in as_text(report)
    assert f"{len(evaluated.cases)} decisions were recomputed from the rows of the exports" in as_text(report)
    tags = {json.loads(data)["tag"] for name, data in bundle.items() if name.startswith("events/")}
    assert tags == {"evaluation:started", "evaluation:completed"}


def test_each_folder_is_a_bundle_by_itself(bundle: Files, evaluated: Evaluated) -> None:
    for case in evaluated.cases:
        prefix = f"cases/{case.id}/"
        alone = {name.removeprefix(prefix): data for name, data in bundle.items() if name.startswith(prefix)}
        assert both(alone).exit_status == 0
        assert "decision/facts/2026-09.json" in alone


def test_a_checkpoint_that_somebody_holds_anchors_the_whole(bundle: Files, evaluated: Evaluated) -> None:
    first, *_, last = evaluated.world.checkpoints()
    key = evaluated.world.signers[0].key_id
    assert both(bundle, first, key).exit_status == 0
    assert both(bundle, last).exit_status == 0
    assert both(bundle, first, "0" * 64).exit_status == 1
    assert both(bundle, september().world.checkpoints()[0]).exit_status in (0, 1)


def test_a_case_is_also_in_the_period_of_a_later_evaluation_that_gave_it_results() -> None:
    evaluated = september()
    own = evaluated.organisation
    october = own.exports.versions["incoming/varicent-attainment/varicent-attainment-2026-09.csv"][0][1]
    assert b"2026-09" in october
    own.clock.advance(days=30)
    evaluated.evaluate(
        own.drop("varicent-attainment", "october.csv", october.replace(b"2026-09", b"2026-10"))
    )
    evaluated.seal()
    fed = {case.id for case in evaluated.cases if case.results}
    assert fed
    files = evaluated.bundle_of_period("2026-10")
    assert fed <= {name.split("/")[1] for name in files if name.startswith("cases/")}
    assert both(files).exit_status == 0


def test_an_auditors_edition_is_sealed(evaluated: Evaluated) -> None:
    files = evaluated.bundle_of_period("2026-09", AUDITOR)
    assert both(files).exit_status == 0
    assert not [name for name in files if "/openings/" in name or "/decision/" in name or "names" in name]


def test_only_callers_who_see_every_case_may_export_a_period_and_the_export_is_recorded() -> None:
    evaluated = september()
    for caller in (PARTNER, COMPENSATION):
        with pytest.raises(Forbidden):
            evaluated.bundle_of_period("2026-09", caller)
    with pytest.raises(InvalidInput):
        evaluated.bundle_of_period("September")
    with pytest.raises(NotFound):
        evaluated.bundle_of_period("2026-01")
    evaluated.bundle_of_period("2026-09")
    taken = evaluated.organisation.store.seen[-1]
    assert (taken.tag, taken.subject) == ("evidence:exported", "system")
    assert taken.data["bundle"] == "period/2026-09"


def swap_two_cases(files: Files) -> str:
    one, other = sorted({name.split("/")[1] for name in files if name.startswith("cases/")})[:2]
    for name in [each for each in files if each.startswith("cases/")]:
        if name.startswith((f"cases/{one}/", f"cases/{other}/")):
            data = files.pop(name)
            new = name.replace(one, "\0").replace(other, one).replace("\0", other)
            files[f"moved/{new}"] = data
    for name in [each for each in files if each.startswith("moved/")]:
        files[name.removeprefix("moved/")] = files.pop(name)
    return f"cases/{one}/manifest.json: is about case/{other}"


def a_case_of_an_earlier_day(files: Files) -> str:
    """Its own bundle is sound; it lies under a checkpoint that is not this bundle's last."""
    later = september()
    later.organisation.clock.advance(hours=1)
    later.seal()
    case = later.cases[0]
    prefix = f"cases/{case.id}/"
    for name in [each for each in files if each.startswith(prefix)]:
        del files[name]
    files |= {f"{prefix}{name}": data for name, data in later.bundle(case).items()}
    return "is not a checkpoint of the bundle of the period"


def another_period(files: Files) -> str:
    manifest = json.loads(files["manifest.json"])
    files["manifest.json"] = canonical_bytes({**manifest, "subject": "period/2026-08"})
    return "is about 2026-09, not about period/2026-08"


def without_the_beginning(files: Files) -> str:
    for name, data in list(files.items()):
        if name.startswith("events/") and b"evaluation:started" in data:
            del files[name], files[f"proofs/{name[7:]}"]
    return "event 1 of evaluation/"


def a_stray_event(files: Files) -> str:
    source = next(name for name in files if name.startswith("cases/") and "/events/" in name)
    place = source.rsplit("/", 1)[1]
    files[f"events/{place}"] = files[source]
    files[f"proofs/{place}"] = files[source.replace("/events/", "/proofs/")]
    return "which has no place in a bundle of a period"


def a_row_within_a_case(files: Files) -> str:
    name = next(name for name in files if name.endswith("decision/facts/2026-09.json"))
    files[name] = files[name].replace(b'"credited":"', b'"credited":"1')
    return f"{name}: is not row"


@pytest.mark.parametrize(
    "change",
    [
        *(swap_two_cases, a_case_of_an_earlier_day, another_period, without_the_beginning, a_stray_event),
        a_row_within_a_case,
    ],
)
def test_every_change_to_a_period_is_found_at_its_place(
    bundle: Files, change: Callable[[Files], str]
) -> None:
    expected = change(bundle)
    report = both(mended(bundle))
    assert report.exit_status in (1, 4)
    assert expected in said(report)


@pytest.mark.parametrize("mend", [False, True], ids=["manifests as they were", "manifests mended"])
def test_every_mutation_of_a_period_is_found_by_both_verifiers(bundle: Files, mend: bool) -> None:
    chance = random.Random(f"period {mend}")
    aids = ("/README.txt", "/chronicle.html", "/names.json", "manifest.json")
    evidence = {name: data for name, data in bundle.items() if not name.endswith(aids)}
    rest = {name: data for name, data in bundle.items() if name not in evidence}
    for number in range(laboratory.MUTATIONS // 40):
        files = dict(evidence)
        mutation = chance.choice(mutations.EVERYWHERE)
        name = mutation(chance, files)
        if files == evidence:
            continue
        files = mended({**files, **rest}) if mend else {**files, **rest}
        report = both(files)
        assert report.exit_status in (1, 4), (number, mutation.__name__, name, report.findings)


def test_the_command_checks_a_period_and_the_pages_within(
    bundle: Files, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "period.zip").write_bytes(packed(bundle))
    assert main(["verify", str(tmp_path / "period.zip")]) == 0
    assert "The bundle contains the period period/2026-09" in capsys.readouterr().out
    page = next(name for name in bundle if name.endswith("/chronicle.html"))
    forged = mended({**bundle, page: bundle[page].replace(b"What happened", b"What did not")})
    (tmp_path / "forged.zip").write_bytes(packed(forged))
    assert main(["verify", str(tmp_path / "forged.zip")]) == 1
    assert f"{page}: does not agree with the events" in capsys.readouterr().out
