"""Which past figures tell what may still come, and to whom they belong."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.unit.evaluate.pace_files import (
    PEOPLE,
    POLICY,
    REPS,
    SEPTEMBER,
    TERMS,
    PaceFolder,
    fact,
    finals,
    nothing_yet,
    now,
    person,
    told,
)
from tests.unit.evaluate.population_files import Row


@pytest.fixture
def folder(tmp_path: Path) -> PaceFolder:
    return PaceFolder(tmp_path)


class TestHistory:
    def _gain(self, folder: PaceFolder, snapshots: Sequence[tuple[str, list[Row]]]) -> tuple[int, Any]:
        """How many gains there were, and the least."""
        line = told(folder.run(PEOPLE, finals(), [*snapshots, now("0")]))["r-1"]
        return line["history"], line["lower"]

    def test_the_day_nearest_in_elapsed_share_counts(self, folder: PaceFolder) -> None:
        snapshots = [
            ("2026-09-15", nothing_yet()),
            ("2026-09-16", [fact(rep, "2026-09", "50") for rep in REPS]),
            ("2026-09-17", nothing_yet()),
        ]

        assert self._gain(folder, snapshots) == (9, "0.0500")

    def test_of_two_equally_near_days_the_earlier_share_counts(self, folder: PaceFolder) -> None:
        snapshots = [("2026-09-17", nothing_yet()), ("2026-09-15", [fact(r, "2026-09", "50") for r in REPS])]

        assert self._gain(folder, snapshots) == (9, "0.0500")

    def test_of_days_of_one_share_the_latest_counts(self, folder: PaceFolder) -> None:
        # 5 September is the Saturday before Labor Day: until the 7th nothing is added to the 4th.
        policy = POLICY | {"pace": TERMS | {"from": "0"}}
        snapshots = [
            ("2026-09-05", nothing_yet()),
            ("2026-09-07", [fact(rep, "2026-09", "50") for rep in REPS]),
            ("2026-09-04", nothing_yet()),
            now("0", "2026-10-06"),
        ]

        line = told(folder.run(PEOPLE, finals(), snapshots, policy, as_of="2026-10-06"))["r-1"]

        assert line["lower"] == "0.0500"

    def test_a_day_more_than_a_twentieth_away_does_not_count(self, folder: PaceFolder) -> None:
        assert self._gain(folder, [("2026-09-15", nothing_yet())])[0] == 9  # 1/21 away
        assert self._gain(folder, [("2026-09-14", nothing_yet())])[0] == 0  # 2/21 away

    def test_exactly_a_twentieth_away_counts(self, folder: PaceFolder) -> None:
        # February has 20 weekdays in both years, so a twentieth is exactly one of them.
        policy = POLICY | {
            "calendar": {"timezone": "UTC", "country": None, "subdivision": None},
            "pace": TERMS | {"group_by": []},
        }
        snapshots = [
            ("2026-02-12", nothing_yet("2026-02")),
            ("2027-02-12", [fact("r-1", "2027-02", "0")]),
        ]
        moment = {"period": "2027-02", "as_of": "2027-02-12"}

        line = told(folder.run(PEOPLE, finals("2026-02"), snapshots, policy, **moment))["r-1"]
        assert (line["elapsed"], line["history"]) == ("0.5000", 9)  # 9 and 10 of 20 days
        early = [("2026-02-11", nothing_yet("2026-02")), snapshots[1]]
        line = told(folder.run(PEOPLE, finals("2026-02"), early, policy, **moment))["r-1"]
        assert line["history"] == 0

    def test_each_person_has_a_nearest_day_of_their_own(self, folder: PaceFolder) -> None:
        snapshots = [
            ("2026-09-16", nothing_yet(reps=REPS[:5])),
            ("2026-09-15", [fact(rep, "2026-09", "50") for rep in REPS]),
            ("2026-09-17", nothing_yet("2026-08")),
            now("0"),
        ]

        line = told(folder.run(PEOPLE, finals(), snapshots))["r-1"]

        assert (line["lower"], line["upper"]) == ("0.1000", "0.8500")

    def test_the_nearest_days_currency_has_to_be_that_of_the_final_figure(self, folder: PaceFolder) -> None:
        snapshots = [
            ("2026-09-16", nothing_yet(currency="EUR")),
            ("2026-09-15", nothing_yet()),
        ]

        assert self._gain(folder, snapshots) == (0, None)

    def test_history_in_another_currency_throughout_counts(self, folder: PaceFolder) -> None:
        snapshots = [("2026-09-16", nothing_yet(currency="EUR")), now("0")]

        assert told(folder.run(PEOPLE, finals(currency="EUR"), snapshots))["r-1"]["history"] == 9

    def test_several_snapshots_of_a_past_day_supersede_by_the_command_line(self, folder: PaceFolder) -> None:
        snapshots = [
            ("2026-09-16", nothing_yet()),
            ("2026-09-16", [fact("r-1", "2026-09", "50"), fact("r-1", "2026-08", "7")]),
        ]

        assert self._gain(folder, snapshots) == (9, "0.0500")

    def test_a_snapshot_counts_whatever_its_status_was_then(self, folder: PaceFolder) -> None:
        assert self._gain(folder, [("2026-09-16", nothing_yet(quota=None, leave_days=None))])[0] == 9

    def test_only_final_figures_that_are_assessable_count(self, folder: PaceFolder) -> None:
        rows = finals()
        rows[0]["quota"], rows[1]["leave_days"] = "0", "20"

        line = told(folder.run(PEOPLE, rows[:-1], [SEPTEMBER, now("0")]))["r-1"]

        assert line["history"] == 6

    def test_history_is_so_many_calendar_periods_whether_they_have_figures_or_not(
        self, folder: PaceFolder
    ) -> None:
        def history(periods: int) -> Any:
            policy = POLICY | {"pace": TERMS | {"history": periods}}
            july = [("2026-07-17", nothing_yet("2026-07")), now("0")]
            return told(folder.run(PEOPLE, finals("2026-07"), july, policy))["r-1"]["history"]

        assert [history(count) for count in (1, 2, 3, 4, 9_007_199_254_740_991)] == [0, 0, 9, 9, 9]

    def test_history_may_be_older_than_the_policy(self, folder: PaceFolder) -> None:
        policy = POLICY | {"effective_from": "2026-10-01"}

        assert told(folder.run(PEOPLE, finals(), [SEPTEMBER, now()], policy))["r-1"]["history"] == 9

    def test_people_who_left_or_are_out_of_scope_add_nothing(self, folder: PaceFolder) -> None:
        people = [*PEOPLE[:7], person("r-8", active="false"), person("r-9", role="VP")]

        assert told(folder.run(people, finals(), [SEPTEMBER, now()]))["r-1"]["history"] == 7

    def test_a_clawback_is_a_gain_below_zero(self, folder: PaceFolder) -> None:
        then = [fact(rep, "2026-09", "900") for rep in REPS]

        line = told(folder.run(PEOPLE, finals(), [("2026-09-16", then), now("500")]))["r-1"]

        assert (line["lower"], line["median"], line["upper"]) == ("-0.3000", "0.1000", "0.5000")


class TestGroups:
    def _outcomes(self, folder: PaceFolder, sdrs: int, terms: Row = TERMS) -> dict[str, Row]:
        """Nine AEs, and so many SDRs, whose gains are all of a whole quota."""
        extra = [f"s-{number}" for number in range(sdrs)]
        people = [*PEOPLE, *(person(rep, role="SDR") for rep in extra)]
        rows = finals() + [fact(rep, "2026-09", "1000") for rep in extra]
        september = ("2026-09-16", nothing_yet(reps=[*REPS, *extra]))
        october = ("2026-10-16", nothing_yet("2026-10", [*REPS, *extra]))
        return told(folder.run(people, rows, [september, october], POLICY | {"pace": terms}))

    def test_a_group_with_enough_gains_uses_its_own(self, folder: PaceFolder) -> None:
        lines = self._outcomes(folder, 9)

        assert (lines["s-0"]["lower"], lines["s-0"]["history"]) == ("1.0000", 9)
        assert (lines["s-0"]["group"], lines["r-1"]["group"]) == ({"role": "SDR"}, {"role": "AE"})

    def test_a_group_with_too_few_uses_everybodys(self, folder: PaceFolder) -> None:
        lines = self._outcomes(folder, 8)

        assert (lines["s-0"]["lower"], lines["s-0"]["history"], lines["s-0"]["group"]) == ("0.1000", 17, {})
        assert (lines["r-1"]["history"], lines["r-1"]["group"]) == (9, {"role": "AE"})

    def test_where_everybodys_are_too_few_there_is_no_history(self, folder: PaceFolder) -> None:
        line = self._outcomes(folder, 2, TERMS | {"min_history": 12})["r-1"]

        assert (line["outcome"], line["reason"], line["attainment"]) == ("no_history", None, "0.0000")
        assert (line["history"], line["group"]) == (11, {})
        assert self._outcomes(folder, 2, TERMS | {"min_history": 11})["r-1"]["lower"] == "0.1000"
        assert [line[key] for key in ("lower", "median", "upper")] == [None] * 3

    def test_a_pool_too_small_for_its_coverage_is_no_history_and_names_its_group(
        self, folder: PaceFolder
    ) -> None:
        line = self._outcomes(folder, 0, TERMS | {"coverage": "0.800000000001"})["r-1"]

        assert (line["outcome"], line["history"], line["group"]) == ("no_history", 9, {"role": "AE"})

    def test_without_group_by_everybody_is_one_group(self, folder: PaceFolder) -> None:
        lines = self._outcomes(folder, 3, TERMS | {"group_by": []})

        assert {(row["history"], json.dumps(row["group"])) for row in lines.values()} == {(12, "{}")}

    def test_a_group_is_told_in_the_order_of_the_policy_with_its_empty_cells(
        self, folder: PaceFolder
    ) -> None:
        policy = POLICY | {"pace": TERMS | {"group_by": ["hr_partner_id", "role"]}}

        line = folder.run(PEOPLE, finals(), [SEPTEMBER, now()], policy).splitlines()[0]

        assert line.endswith(b'"group":{"hr_partner_id":null,"role":"AE"}}')

    def test_somebody_who_changed_group_belongs_to_that_of_the_people_file(self, folder: PaceFolder) -> None:
        # All of r-9's September was as an AE; the file calls them an SDR now, and so is the history.
        people = [*PEOPLE[:8], person("r-9", role="SDR")]
        policy = POLICY | {"pace": TERMS | {"min_history": 1, "coverage": "0.1"}}
        october = ("2026-10-16", nothing_yet("2026-10"))

        lines = told(folder.run(people, finals(), [SEPTEMBER, october], policy))

        assert (lines["r-1"]["history"], lines["r-9"]["history"]) == (8, 1)
        assert (lines["r-9"]["group"], lines["r-9"]["median"]) == ({"role": "SDR"}, None)
