"""A profile that is not valid is told in one line, with the YAML path of what is wrong."""

from pathlib import Path

import pytest

from functions.ingest.reading.profile import parse_profile
from shared.domain.errors import InvalidProfile

PROFILES = sorted(Path("config/profiles").glob("*.yaml"))
GOOD = """
profile: acme
kind: attainment
format:
  delimiter: ","
  date: "%Y-%m-%d"
columns:
  rep_id: Payee
  period: Period
  quota: Quota
  credited: Credited
  currency: Currency
blank:
  leave_days: "0"
"""


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.stem)
def test_the_profiles_that_come_with_the_product_are_valid(path: Path) -> None:
    assert parse_profile(path.read_text("utf-8"), path.name).id == path.stem


def test_what_a_profile_does_not_say_is_as_documented() -> None:
    profile = parse_profile(
        "profile: a\nkind: attainment\n" + GOOD[GOOD.index("columns") : GOOD.index("blank")], "a"
    )
    form = profile.format
    assert (form.delimiter, form.quote, form.encoding, form.header) == (",", '"', "utf-8", True)
    assert (form.decimal, form.thousands, form.date, form.period) == (".", None, "%Y-%m-%d", "%Y-%m")
    assert (form.compression, profile.extra_columns, profile.blank) == ("none", "allow", {})
    assert str(profile.max_rejected_fraction) == "0.05"


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ("profile: acme", "", "profile"),
        ("profile: acme", "profile: a/b", "profile"),
        ("kind: attainment", "kind: sales", "kind"),
        ("kind: attainment", "kind: attainment\nowner: me", "owner"),
        ('delimiter: ","', 'delimiter: ",,"', "format.delimiter"),
        ('delimiter: ","', 'delimiter: "\\n"', "format.delimiter"),
        ('delimiter: ","', "quote: ','", "format.quote"),
        ('delimiter: ","', 'quote: ""', "format.quote"),
        ('delimiter: ","', "encoding: latin-1", "format.encoding"),
        ('delimiter: ","', "header: perhaps", "format.header"),
        ('delimiter: ","', "thousands: '.'", "format.thousands"),
        ('delimiter: ","', "thousands: '_'", "format.thousands"),
        ('delimiter: ","', "decimal: '5'", "format.decimal"),
        ('delimiter: ","', "compression: zip", "format.compression"),
        ('delimiter: ","', "colour: red", "format.colour"),
        ('date: "%Y-%m-%d"', 'date: "%y-%m-%d"', "format.date"),
        ('date: "%Y-%m-%d"', 'date: "%Y-%m"', "format.date"),
        ('date: "%Y-%m-%d"', 'date: "%Y-%m-%d %m"', "format.date"),
        ('date: "%Y-%m-%d"', 'period: "%m"', "format.period"),
        ('date: "%Y-%m-%d"', 'period: "%Y-%"', "format.period"),
        ("  quota: Quota\n", "", "columns.quota"),
        ("quota: Quota", "quota: ' '", "columns.quota"),
        ("quota: Quota", "quota: null", "columns.quota"),
        ("quota: Quota", "quota: Quota\n  qouta: Q", "columns.qouta"),
        ("delimiter", "header: false\n  delimiter", "columns.rep_id"),
        ('leave_days: "0"', 'leave_days: "-1"', "blank.leave_days"),
        ('leave_days: "0"', 'leave_days: "1.5"', "blank.leave_days"),
        ('leave_days: "0"', 'quota: "1,5"', "blank.quota"),
        ('leave_days: "0"', 'period: "09/2026"', "blank.period"),
        ('leave_days: "0"', 'currency: ""', "blank.currency"),
        ('leave_days: "0"', 'person: "1"', "blank.person"),
        ("blank:", "extra_columns: maybe\nblank:", "extra_columns"),
        ("blank:", "same_key: add\nblank:", "same_key"),
        ("blank:", "max_rejected_fraction: 5%\nblank:", "max_rejected_fraction"),
        ("blank:", 'max_rejected_fraction: "1.5"\nblank:', "max_rejected_fraction"),
        ("kind: attainment", "kind: attainment\nkind: people", "'kind' appears twice"),
        ("columns:", "columns: [", "is not YAML"),
    ],
)
def test_a_mistake_is_told_in_one_line_with_its_path(old: str, new: str, path: str) -> None:
    assert old in GOOD
    with pytest.raises(InvalidProfile) as told:
        parse_profile(GOOD.replace(old, new, 1), "acme.yaml")
    message = str(told.value)
    assert message.startswith("acme.yaml: ")
    assert path in message
    assert "\n" not in message


@pytest.mark.parametrize(
    "text", ["", "[]", "42", "\0", "a: !!python/object:os.system {}", "a: !!int x", "[" * 5000]
)
def test_what_is_no_profile_at_all_is_told_as_well(text: str) -> None:
    with pytest.raises(InvalidProfile):
        parse_profile(text, "acme.yaml")


def test_values_stay_the_text_that_was_written() -> None:
    text = (
        GOOD.replace("Payee", "1").replace('"0"', "0").replace("kind:", "max_rejected_fraction: 0.30\nkind:")
    )
    profile = parse_profile(text.replace("Quota", "2026-01-01"), "acme.yaml")
    assert profile.columns["rep_id"] == "1"
    assert profile.columns["quota"] == "2026-01-01"
    assert profile.blank == {"leave_days": "0"}
    assert str(profile.max_rejected_fraction) == "0.30"
