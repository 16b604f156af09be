"""Bundles that hide something: empty ledgers, periods without cases, other aids, floods of findings."""

import json
from functools import cache
from pathlib import Path

import pytest

from functions.audit.evidence.bundle_readme import CASE_README, LEDGER_README, PERIOD_README
from functions.audit.verify import Report, Verdict, as_json, as_text
from functions.audit.verify.findings import MOST_KINDS, SHOWN_OF_A_KIND
from functions.audit.verify.reading_aids import READMES
from shared.domain.canonical import canonical_bytes, digest
from tests.independent_verifier import exit_status
from tests.unit.audit.bundles import bundle_of_case, bundle_of_ledger, checked, unpacked, with_manifest_mended
from tests.unit.audit.evaluated import Evaluated, september
from tests.unit.audit.forgery import Files
from tests.unit.audit.test_tampering import LEDGER
from tests.unit.audit.workshop import START, World, lived_in


@cache
def _made() -> tuple[Evaluated, Files, Files]:
    made = september()
    return made, made.bundle_of_period("2026-09"), made.bundle(made.cases[0])


def warnings(report: Report) -> str:
    return "\n".join(f"{at.where}: {at.what}" for at in report.findings if at.verdict is Verdict.WARNING)


@pytest.mark.parametrize(
    "name", ["000000000007-000000000006", "000000000000-000000000000", "000000000003-000000000001"]
)
def test_a_segment_without_an_event_is_found(name: str) -> None:
    files = with_manifest_mended({**LEDGER, f"ledger/segments/{name}.jsonl": b""})
    report = checked(files)
    assert "has no event" in as_text(report)
    assert (report.exit_status, exit_status(files)) == (1, 1)


def test_a_ledger_that_covers_nothing_is_incomplete() -> None:
    for heartbeats in (1, 3):
        world = World()
        for hour in range(heartbeats):
            world.seal(START.replace(hour=6 + hour))
        files = unpacked(bundle_of_ledger(world))
        assert (checked(files).exit_status, exit_status(files)) == (4, 4)


def test_a_period_without_its_cases_is_incomplete() -> None:
    made, period, _ = _made()
    bare = with_manifest_mended({name: data for name, data in period.items() if "cases/" not in name})
    assert (checked(bare).exit_status, exit_status(bare)) == (4, 4)
    left_out = f"cases/{made.cases[0].id}/"
    fewer = with_manifest_mended({name: data for name, data in period.items() if left_out not in name})
    assert checked(fewer).exit_status == exit_status(fewer)
    assert "a case was due for 4 reps, and 3 cases are there" in warnings(checked(fewer))
    assert "a case was due" not in warnings(checked(period))


def test_every_readme_is_among_the_published_ones() -> None:
    ours = {"case": CASE_README, "ledger": LEDGER_README, "period": PERIOD_README}
    assert {kind: digest(text.encode()) for kind, text in ours.items()} == {
        kind: digests[-1] for kind, digests in READMES.items()
    }


def test_the_page_lists_every_published_readme() -> None:
    page = (Path(__file__).parents[3] / "docs/reference/ledger-format.md").read_text()
    for kind, digests in READMES.items():
        listed = ", ".join(f"`{each}`" for each in reversed(digests))
        assert f"| {kind} | {listed} |" in page


def test_another_readme_gets_a_warning() -> None:
    _, period, case = _made()
    for files in (period, case, LEDGER):
        other = with_manifest_mended({**files, "README.txt": files["README.txt"] + b"Trust us.\n"})
        assert warnings(checked(files)) == ""
        assert "README.txt: is not the text" in warnings(checked(other))


def test_a_name_that_the_directory_denies_gets_a_warning() -> None:
    made, _, case = _made()
    rep = made.cases[0].rep_id
    names = json.loads(case["names.json"])
    assert rep in names
    other = with_manifest_mended({**case, "names.json": canonical_bytes({**names, rep: "Somebody Else"})})
    assert f"calls {rep} Somebody Else" in warnings(checked(other))


@pytest.mark.parametrize(
    "names",
    [b"[]", b'{"m-1":1}', b"no JSON", b'{"a": "b"}', b"[" * 5000, b"9" * 9999],
    ids=["a list", "a number", "no JSON", "a blank", "deep", "long"],
)
def test_names_of_another_form_are_found(names: bytes) -> None:
    files = with_manifest_mended({**unpacked(bundle_of_case(lived_in())), "names.json": names})
    assert (checked(files).exit_status, exit_status(files)) == (1, 1)


def test_a_flood_of_findings_hides_none_of_another_kind() -> None:
    report = Report()
    for number in range(10_000):
        report.add(Verdict.REMARK, f"events/{number:012d}.json", "is a late entry")
        report.add(Verdict.TAMPERED, f"events/{number:012d}.json", f"event {number} is not canonical")
    report.add(Verdict.TAMPERED, "chronicle.html", "does not agree with the events")
    text = as_text(report)
    assert "chronicle.html: does not agree with the events" in text
    assert f"and {10_000 - SHOWN_OF_A_KIND} more like this one" in text
    assert len(text.splitlines()) < 60
    assert report.counts[Verdict.TAMPERED] == 10_001
    told = json.loads(as_json(report))["findings"]
    assert [one["verdict"] for one in told] == sorted((one["verdict"] for one in told), reverse=True)
    assert sum(1 + one["more_like_it"] for one in told) == 20_001


def test_findings_of_a_forgers_own_kinds_fill_no_memory() -> None:
    report = Report()
    for number in range(3 * MOST_KINDS):
        word = "".join(chr(97 + int(digit)) for digit in str(number))
        report.add(Verdict.TAMPERED, f"folder-{word}/x", word)
    assert len(report.findings) <= MOST_KINDS + SHOWN_OF_A_KIND
    assert report.counts[Verdict.TAMPERED] == 3 * MOST_KINDS


def test_control_characters_reach_no_terminal() -> None:
    report = Report(kind="case", subject="case/\x1b]0;owned\x07")
    report.add(Verdict.REMARK, "events/\x1b[2J.json", "a\rb\u202ec\u2028d\x9b1m\ud800")
    text = as_text(report)
    assert text.replace("\n", "").isprintable()
    assert "\\x1b[2J" in text
    text.encode()
