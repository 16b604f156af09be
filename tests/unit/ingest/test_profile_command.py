"""`plumbline profile`: what it proposes for the samples, and what it asks a person to check."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.ingest.reading.profile import parse_profile
from local.cli import main
from local.profile_guess import guess_profile

EXAMPLES = Path("examples")
NAMED = {
    "varicent-attainment": "varicent/varicent-attainment-2026-09.csv",
    "varicent-gzip-attainment": "varicent-gzip/varicent-attainment-2026-09.csv.gz",
    "hr-people": "varicent/people-2026-09.csv",
    "canonical-attainment": "canonical/attainment-2026-09.csv",
    "canonical-people": "canonical/people-2026-09.csv",
    "xactly-attainment": "xactly/xactly-attainment-2026-09.csv",
    "oracle-attainment": "oracle/oracle-participant-goals-2026-09.tsv",
    "salesforce-attainment": "salesforce/salesforce-quota-2026-Q3.csv",
}


@pytest.mark.parametrize(("known", "export"), NAMED.items())
def test_a_file_with_a_telling_header_is_told_in_full(known: str, export: str) -> None:
    expected = parse_profile(Path(f"config/profiles/{known}.yaml").read_text("utf-8"), known)
    text, _ = guess_profile((EXAMPLES / export).read_bytes(), known)
    guessed = parse_profile(text, "guessed")
    assert (guessed.kind, guessed.columns) == (expected.kind, expected.columns)
    told = {"delimiter", "encoding", "header", "decimal", "thousands", "compression"}
    told |= {"period"} if expected.kind == "attainment" else {"date"}
    assert guessed.format.model_dump(include=told) == expected.format.model_dump(include=told)


def test_what_could_not_be_told_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profile", "guess", str(EXAMPLES / "sap/ACME_OGPT_PRD_20261002_061500_ATT202609.txt")]) == 1
    told = capsys.readouterr()
    assert "the form of periods" in told.err
    assert "quota: taken from '5'; it could be '6'" in told.err
    assert parse_profile(told.out, "guessed").columns["currency"] == "7"


def test_a_blank_leave_cell_is_asked_about_and_never_taken_for_zero() -> None:
    text, doubts = guess_profile((EXAMPLES / NAMED["varicent-attainment"]).read_bytes(), "varicent")
    assert any(doubt.startswith("leave_days: whether an empty cell") for doubt in doubts)
    assert parse_profile(text, "guessed").blank == {}


def test_rows_of_one_rep_that_differ_are_asked_about() -> None:
    head, rows = "rep_id,period,quota,credited,currency\n", ["r-1,2026-09,4.00,1.00,USD\n"] * 2
    _, doubts = guess_profile((head + "".join(rows)).encode(), "parts")
    assert not any("same_key" in doubt for doubt in doubts)
    _, doubts = guess_profile((head + "".join([*rows, "r-1,2026-09,6.00,8.00,USD\n"])).encode(), "parts")
    assert any("`same_key: sum`" in doubt for doubt in doubts)


@pytest.mark.parametrize(
    ("names", "encoding", "said"),
    [
        ((b"Zo\xc3\xab", b"\xc3\x89va", b"Ren\xe9"), "utf-8", "1 of the first 5 lines are not utf-8"),
        ((b"Ann", b"Bo", b"Ren\xe9"), "cp1252", "it is not utf-8; cp1252 fits, as do others"),
        (
            (b"Ann", b"Bo", b"Ren\x81"),
            "iso-8859-1",
            "it is not utf-8; iso-8859-1 fits, as do others",
        ),
    ],
)
def test_a_few_spoiled_lines_do_not_hide_the_encoding_of_the_others(
    names: tuple[bytes, ...], encoding: str, said: str
) -> None:
    rows = [b"r-1,2026-09,10,5,USD," + name for name in names]
    text, doubts = guess_profile(b"\n".join([b"rep_id,period,quota,credited,currency,x", *rows, b""]), "told")
    assert parse_profile(text, "guessed").format.encoding == encoding
    assert [doubt for doubt in doubts if said in doubt]


def test_check_says_of_every_file_whether_it_is_valid(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = Path("config/profiles/sap-attainment.yaml")
    bad = tmp_path / "bad.yaml"
    bad.write_text(good.read_text("utf-8").replace("quota: 5", "quota: Q"), "utf-8")
    assert main(["profile", "check", str(good)]) == 0
    assert main(["profile", "check", str(bad), str(good)]) == 1
    told = capsys.readouterr()
    assert told.err.splitlines() == [
        f"{bad}: columns.quota: without a header it must be a position: 1, 2, ..."
    ]
    assert f"{good}: valid: sap-attainment, attainment, 6 of 6 columns mapped" in told.out
    assert main(["profile", "check", str(tmp_path / "none.yaml")]) == 2


@given(data=st.one_of(st.binary(max_size=300), st.text('a1.,;\t|"\n\r-@', max_size=200).map(str.encode)))
@settings(max_examples=150, deadline=None)
def test_any_bytes_end_in_a_proposal(data: bytes) -> None:
    text, doubts = guess_profile(data, "any")
    assert text.startswith("# Please check" if doubts else "profile: any")
