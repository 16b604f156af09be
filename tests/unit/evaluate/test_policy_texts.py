"""Policies as people write them: what is refused, and with which message."""

from pathlib import Path

import pytest

from shared.domain.errors import InvalidPolicy
from shared.domain.policy import parse_policy, policy_digest, policy_faults
from shared.domain.policy_check import check_policy
from shared.domain.policy_text import differences, sentences

REPOSITORY = Path(__file__).parents[3]
HR_LINKS = "        - {to: hr_partner, within: 3bd}\n        - {to: hr_queue, within: 5bd}\n"
FIELD_SALES = (REPOSITORY / "config/policies/field-sales.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("was", "becomes", "fault"),
    [
        ('below: "0.70"', "below: 0.70", "rules[0].below: is a YAML number"),
        ('below: "0.70"', 'below: "70%"', "rules[0].below: '70%' does not match the form"),
        ('below: "0.70"', 'below: "1e-1"', "rules[0].below: '1e-1' does not match the form"),
        ('["0.25", ', "[0.25, ", "eligibility.ramp[0]: is a YAML number"),
        ('share_below: "0.6"', "share_below: 0.6", "structural.share_below: is a YAML number"),
        ("roles: [AE, SDR, AM]", "roles: []", "applies_to.roles: "),
        ('regions: ["*"]', "regions: []", "applies_to.regions: "),
        (
            "id: trailing-three",
            "id: two-of-three",
            "rules[1].id: 'two-of-three' is the id of an earl",
        ),
        ("opens: coaching, cite", "opens: warning, cite", "rules[0].opens: 'warning' is not a stage"),
        ("version: 1\n", "version: 1\nversion: 2\n", "the key 'version' appears twice"),
        ("version: 1\n", "version: 0\n", "version: "),
        ("version: 1\n", "version: 010\n", "version: "),
        ("version: 1\n", "version: 9007199254740993\n", "9007199254740993 is beyond 2^53-1"),
        ("effective_from: 2026-09-01", "effective_from: 2026-09-31", "effective_from: "),
        ("period: month", "period: week", "period: "),
        ("title: ", "titel: ", "titel: is not a key of a policy"),
        ("count: 2, of_last: 3, opens", "of_last: 3, opens", "rules[0].count: is missing"),
        ('below: "0.70", count: 2, of_last: 3, ', "", "rules[0]: should have exactly one of below"),
        ("length: 30d", "length: 30", "ladder[0].length: "),
        ("length: 30d", "length: 0d", "ladder[0].length: "),
        ("{to: hr_queue, within: 5bd}", "{to: legal, within: 5bd}", "ladder[0].ask.chain[4].to: "),
        ("policy: field-sales", "policy: field sales/2", "policy: "),
    ],
)
def test_a_malformed_policy_is_refused_with_the_path(was: str, becomes: str, fault: str) -> None:
    assert was in FIELD_SALES
    text = FIELD_SALES.replace(was, becomes, 1)

    with pytest.raises(InvalidPolicy) as refusal:
        parse_policy(text, "field-sales.yaml")

    assert str(refusal.value).startswith("field-sales.yaml: ")
    assert fault in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "a: [", "\x00", "a: *b", "a: &b 1", "{[1]: 2}", "a: !!set {x}", "a: " + "[" * 5000, "1", "~"],
)
def test_a_text_that_is_not_a_policy_is_refused_with_a_plain_message(text: str) -> None:
    assert policy_faults(text)


def test_the_contracts_words_for_countries_are_not_booleans() -> None:
    policy = parse_policy(FIELD_SALES.replace("country: US", "country: NO"), "norway.yaml")

    assert policy.calendar.country == "NO"


def test_a_quoted_date_is_the_same_date() -> None:
    quoted = FIELD_SALES.replace("2026-09-01", '"2026-09-01"')

    assert parse_policy(quoted, "quoted") == parse_policy(FIELD_SALES, "plain")


def test_a_used_version_is_known_by_the_bytes_of_its_file() -> None:
    assert policy_digest(FIELD_SALES.encode()) != policy_digest(FIELD_SALES.encode() + b"\n")


def test_the_policy_that_is_delivered_can_go_live() -> None:
    assert check_policy(parse_policy(FIELD_SALES, "field-sales.yaml")) == []


@pytest.mark.parametrize(
    ("was", "becomes", "fault"),
    [
        (
            "count: 2, of_last: 3, opens",
            "count: 4, of_last: 3, opens",
            "rules[0].count: is 4, but the rule looks at only 3",
        ),
        ("then: improvement_plan", "then: warning", "ladder[0].then: 'warning' is not a stage"),
        ("then: final_review", "then: coaching", "ladder[0].then: leads back to 'coaching'"),
        ("then: final_review", "then: improvement_plan", "ladder[1].then: leads back to 'improvement_plan'"),
        ("then: final_review", "then: coaching", "ladder[2].stage: no rule or stage leads to 'final_review'"),
        (
            "        - {to: hr_partner, within: 3bd}\n        - {to: hr_queue, within: 5bd}\n",
            "",
            "does not end with HR",
        ),
        ("count: 2, of_next: 3", "count: 4, of_next: 3", "ladder[0].graduate.count: is 4, but only 3"),
        ("    length: 30d\n", "", "ladder[0].length: is missing"),
        ("every: 7d", "every: 31d", "ladder[0].check_ins.every: the stage ends"),
        ('    graduate: {at_least: "0.85", count: 2, of_next: 3}\n', "", "ladder[0].graduate: is missing"),
        ("enters: improvement_plan", "enters: somewhere", "relapse.enters: 'somewhere' is not a stage"),
        ("America/New_York", "America/Nowhere", "calendar.timezone: 'America/Nowhere'"),
        (
            'min_eligible_fraction: "0.5"',
            'min_eligible_fraction: "1.5"',
            "eligibility.min_eligible_fraction: ",
        ),
        ("within: 2bd", "within: 2p", "ladder[0].ask.chain[0].within: "),
        ("told: true", "told: false", "ladder[0].rep.may: "),
        ("period: month\n", "period: month\nends_on: 2026-09-01\n", "ends_on: 2026-09-01 is not after"),
    ],
)
def test_what_can_never_fire_or_never_end_is_found(was: str, becomes: str, fault: str) -> None:
    assert was in FIELD_SALES
    policy = parse_policy(FIELD_SALES.replace(was, becomes, 1), "field-sales.yaml")

    assert any(fault in found for found in check_policy(policy)), check_policy(policy)


def test_a_period_has_to_be_of_the_policys_kind_and_time() -> None:
    policy = parse_policy(FIELD_SALES, "field-sales.yaml")

    assert str(policy.require_period("2026-09")) == "2026-09"
    for wrong in ("2026-08", "2026-Q3", "2026-9", "", "september", "0001-01"):
        with pytest.raises(InvalidPolicy):
            policy.require_period(wrong)


def test_every_rule_and_stage_is_told_in_a_sentence() -> None:
    told = "\n".join(sentences(parse_policy(FIELD_SALES, "field-sales.yaml")))

    assert "Less than 70 % of quota in at least 2 of the last 3 months" in told
    assert "Where at least 60 % of a group (the same role and region, at least 10 people)" in told
    assert "At final_review the manager may propose removal" in told


def test_a_policys_end_is_told_in_a_sentence() -> None:
    ends = FIELD_SALES.replace("period: month\n", "period: month\nends_on: 2027-01-01\n", 1)
    told = sentences(parse_policy(ends, "field-sales.yaml"))

    assert "It ends on 2027-01-01: from then on it opens no case, and its open cases are closed." in told
    assert differences(parse_policy(FIELD_SALES, "a"), parse_policy(ends, "b")) == [
        "ends_on: (new) -> 2027-01-01"
    ]


def test_the_differences_of_two_versions_are_listed() -> None:
    before = parse_policy(FIELD_SALES, "before")
    after = parse_policy(FIELD_SALES.replace('"0.70"', '"0.65"').replace("version: 1", "version: 2"), "after")

    assert differences(before, before) == []
    assert differences(before, after) == ["version: 1 -> 2", "rules.two-of-three.below: 0.70 -> 0.65"]
