"""Opening cases and passing results to them, with the whole use case on fakes."""

import pytest

from functions.evaluate.advance_case import hand_over
from shared.domain.case import Case, CaseStatus, Exit, Phase
from shared.domain.effect import NoticeKind
from shared.domain.event import EventTag
from shared.domain.identifiers import CaseId
from tests.unit.evaluate.case_life import decision, directory, figures, person
from tests.unit.evaluate.office import Office


def test_a_flagged_rep_gets_one_case_however_often_the_slice_is_repeated() -> None:
    office = Office()
    flagged = [decision("2026-09")]
    assert office.evaluated("e-1", flagged) == {"opened": 1, "fed": 0}
    assert office.evaluated("e-1", flagged) == {"opened": 0, "fed": 0}
    assert len(office.store) == 1
    assert EventTag.CASE_OPENED in office.store
    assert office.mailed(NoticeKind.QUESTION) == 1


def test_results_feed_the_open_case_once_and_wake_its_workflow() -> None:
    office = Office()
    office.evaluated("e-1", [decision("2026-09")])
    news = [decision("2026-10", figures("2026-10", "0.9"), outcome="clear")]
    assert office.evaluated("e-2", news) == {"opened": 0, "fed": 1}
    assert office.evaluated("e-2", news) == {"opened": 0, "fed": 0}
    assert [result.period for result in office.case.results] == ["2026-10"]
    assert EventTag.RESULTS_ARRIVED in office.store
    assert any(effect.id.startswith("wake") for effect in office.store.effects)


def test_an_evaluation_that_shows_nothing_new_changes_nothing() -> None:
    office = Office()
    office.evaluated("e-1", [decision("2026-09")])
    before = office.case
    assert office.evaluated("e-2", [decision("2026-09")]) == {"opened": 0, "fed": 0}
    assert office.case == before


def test_a_rep_who_is_flagged_again_while_their_case_is_open_gets_no_second_one() -> None:
    office = Office()
    office.evaluated("e-1", [decision("2026-09")])
    again = decision("2026-10", figures("2026-09", "0.5"), figures("2026-10", "0.5"))
    assert office.evaluated("e-2", [again]) == {"opened": 0, "fed": 1}
    assert len(office.store) == 1


def test_the_slice_that_graduated_a_case_does_not_open_another_when_it_is_done_again() -> None:
    office = Office()
    office.evaluated("e-1", [decision("2026-09")])
    good = [figures("2026-10", "0.9"), figures("2026-11", "0.9")]
    flagged_by_another_rule = decision("2026-11", *good)
    assert office.evaluated("e-2", [flagged_by_another_rule])["fed"] == 1
    assert office.case.exit is Exit.GRADUATED
    assert office.evaluated("e-2", [flagged_by_another_rule]) == {"opened": 0, "fed": 0}


def test_a_restatement_that_undoes_the_findings_asks_hr_to_confirm_the_withdrawal() -> None:
    office = Office()
    office.evaluated("e-1", [decision("2026-09")])
    undone = [decision("2026-09", figures("2026-09", "0.9"), outcome="clear")]
    assert office.evaluated("e-2", undone, opens_cases=False) == {"opened": 0, "fed": 1}
    assert office.case.marked is not None
    assert office.mailed(NoticeKind.WITHDRAWAL) == 1


def test_an_answer_that_is_on_its_way_is_not_lost_to_a_restatement() -> None:
    office = Office()
    office.evaluated("e-1", [decision("2026-09")])
    office.answer("coach")
    undone = [decision("2026-09", figures("2026-09", "0.9"), outcome="clear")]
    assert office.evaluated("e-2", undone, opens_cases=False)["fed"] == 1
    assert EventTag.STAGE_BEGUN in office.store
    office.answer("keep")
    office.advance()
    assert office.case.phase is Phase.RUNNING


def test_findings_of_a_past_period_open_no_case() -> None:
    office = Office()
    assert office.evaluated("e-1", [decision("2026-08")], opens_cases=False) == {"opened": 0, "fed": 0}
    assert len(office.store) == 0


def test_only_a_relapse_within_the_policys_time_begins_at_the_later_stage() -> None:
    for days, stage in ((100, "improvement_plan"), (200, "coaching")):
        office = Office()
        office.evaluated("e-1", [decision("2026-09")])
        good = decision("2026-11", figures("2026-10", "0.9"), figures("2026-11", "0.9"), outcome="clear")
        office.evaluated("e-2", [good])
        office.clock.advance(days=days)
        assert office.evaluated("e-3", [decision("2027-03")]) == {"opened": 1, "fed": 0}
        (reopened,) = office.store.cases(CaseStatus.OPEN)
        assert reopened.stage == stage
        assert (reopened.phase is Phase.GATE) == (stage == "improvement_plan")


def test_a_withdrawn_case_is_not_reopened_on_the_same_figures() -> None:
    office = Office()
    office.evaluated("e-1", [decision("2026-09")])
    office.answer("dispute_figures")
    office.advance()
    office.answer("uphold")
    office.advance()
    assert office.case.exit is Exit.WITHDRAWN
    assert office.evaluated("e-2", [decision("2026-09")]) == {"opened": 0, "fed": 0}
    other_figures = decision("2026-09", figures("2026-09", "0.4"))
    assert office.evaluated("e-3", [other_figures]) == {"opened": 1, "fed": 0}


def test_many_reps_are_opened_in_one_slice() -> None:
    people = directory(*(person(f"rep-{n}", "manager", "partner") for n in range(10)))
    office = Office(people)
    flagged = [decision("2026-09") | {"rep_id": f"rep-{n}"} for n in range(10)]
    assert office.evaluated("e-1", flagged) == {"opened": 10, "fed": 0}
    assert len(office.store) == 10


def test_after_a_conflict_the_case_is_read_and_decided_again(monkeypatch: pytest.MonkeyPatch) -> None:
    office = Office()
    office.evaluated("e-1", [decision("2026-09")])
    stale = office.case
    hand_over(stale, "history", office.work)  # somebody else is first
    before = [stale]
    current = office.store.case

    def late(case_id: CaseId) -> Case:
        return before.pop() if before else current(case_id)

    monkeypatch.setattr(office.store, "case", late)
    news = [decision("2026-10", figures("2026-10", "0.9"), outcome="clear")]
    assert office.evaluated("e-2", news)["fed"] == 1
    assert office.case.version == stale.version + 2
