"""The policy's key ``pace``: what it may say, how it is read out, and what it is warned of."""

import json
from pathlib import Path

import pytest

from local.cli import main
from shared.domain.policy import parse_policy, policy_faults
from shared.domain.policy_check import check_policy
from shared.domain.policy_text import differences, sentences
from tests.unit.evaluate.pace_files import POLICY, TERMS, PaceFolder
from tests.unit.evaluate.population_files import Row


@pytest.mark.parametrize(
    ("differs", "fault"),
    [
        ({key: None}, f"pace.{key}: ")
        for key in ("below", "from", "coverage", "history", "min_history", "group_by")
    ]
    + [
        ({"below": 0.7}, "pace.below: is a YAML number"),
        ({"below": "70%"}, "pace.below: '70%' does not match the form"),
        ({"from": 0.4}, "pace.from: is a YAML number"),
        ({"from": 1}, "pace.from: is a YAML number"),
        ({"from": "1.000000000001"}, "pace.from: 1.000000000001 is over 1"),
        ({"from": "-0.1"}, "pace.from: '-0.1' does not match the form"),
        ({"coverage": 0.8}, "pace.coverage: is a YAML number"),
        ({"coverage": "0"}, "pace.coverage: 0 is not between 0 and 1"),
        ({"coverage": "1.0"}, "pace.coverage: 1.0 is not between 0 and 1"),
        ({"coverage": "-0.8"}, "pace.coverage: '-0.8' does not match the form"),
        ({"history": 0}, "pace.history: "),
        ({"history": "12"}, "pace.history: "),
        ({"history": 1.5}, "pace.history: "),
        ({"history": 2.0}, "pace.history: "),
        ({"history": True}, "pace.history: "),
        ({"min_history": 0}, "pace.min_history: "),
        ({"min_history": -1}, "pace.min_history: "),
        ({"group_by": "role"}, "pace.group_by: "),
        ({"group_by": ["team"]}, "pace.group_by[0]: "),
        ({"speaks_from": "0.4"}, "pace.speaks_from: is not a key of a policy"),
        ({"title": "Pace"}, "pace.title: is not a key of a policy"),
    ],
)
def test_all_six_terms_are_asked_for_in_their_forms_and_no_others(
    tmp_path: Path, differs: Row, fault: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = PaceFolder(tmp_path)
    inputs = folder.inputs([], [], [("2026-10-16", [])], POLICY | {"pace": TERMS | differs})
    moment = ["--period", "2026-10", "--as-of", "2026-10-16"]

    assert main(["pace", *inputs, *moment, "--out", str(folder.out)]) == 2

    told_why = capsys.readouterr().err
    assert fault in told_why
    assert told_why.count("\n") == 1


@pytest.mark.parametrize("key", list(TERMS))
def test_a_term_that_is_missing_is_named(key: str) -> None:
    terms = {name: value for name, value in TERMS.items() if name != key}

    assert policy_faults(json.dumps(POLICY | {"pace": terms})) == [f"pace.{key}: is missing"]


@pytest.mark.parametrize(
    "terms", [{"from": "0"}, {"from": "1"}, {"coverage": "0.999999999999"}, {"group_by": []}]
)
def test_the_ends_of_the_ranges_are_allowed(terms: Row) -> None:
    assert policy_faults(json.dumps(POLICY | {"pace": TERMS | terms})) == []


class TestThePolicysOwnWords:
    POLICY = parse_policy(json.dumps(POLICY | {"title": "Field sales"}), "policy")

    def test_pace_is_read_out_in_two_sentences(self) -> None:
        told_so = sentences(self.POLICY)

        assert (
            "Once 40 % of the business days of a month are over, a band for each person's final attainment "
            "is computed from the last 12 months of the same role, or of everybody where there are fewer "
            "than 9 figures."
        ) in told_so
        assert (
            "A person is behind where the upper end of the band (80 % coverage) is under 70 % of quota, and "
            "at risk where its median is; neither opens a case."
        ) in told_so

    def test_a_policy_without_pace_does_not_speak_of_it(self) -> None:
        policy = parse_policy(json.dumps(POLICY | {"pace": None}), "policy")

        assert not any("band" in sentence for sentence in sentences(policy))

    def test_what_differs_is_named_as_the_policy_writes_it(self) -> None:
        later = parse_policy(
            json.dumps(POLICY | {"title": "Field sales", "pace": TERMS | {"from": "0.5"}}), "later"
        )

        assert differences(self.POLICY, later) == ["pace.from: 0.4 -> 0.5"]

    @pytest.mark.parametrize(("coverage", "fewest"), [("0.8", 9), ("0.5", 3), ("0.95", 39), ("0.1", 2)])
    def test_a_pool_that_could_never_make_a_band_is_a_fault(self, coverage: str, fewest: int) -> None:
        def faults(min_history: int) -> list[str]:
            terms = TERMS | {"coverage": coverage, "min_history": min_history}
            policy = parse_policy(json.dumps(POLICY | {"pace": terms}), "policy")
            return [fault for fault in check_policy(policy) if fault.startswith("pace")]

        assert faults(fewest) == []
        assert faults(fewest - 1) == [
            f"pace.min_history: {fewest - 1} gains are too few; a band with coverage {coverage} takes at "
            f"least {fewest}"
        ]
