"""Restated figures, from the export to the end of a case, on fakes."""

from collections.abc import Mapping

import pytest

from functions.evaluate.advance_case import settle
from functions.evaluate.commit_step import Casework
from functions.evaluate.open_case import open_cases
from shared.aws.files import FiledDirectories
from shared.domain import paths
from shared.domain.answering import answering
from shared.domain.case import Case, CaseStatus, Exit
from shared.domain.effect import Notice, NoticeKind
from shared.domain.event import EventTag
from shared.domain.identifiers import PersonId
from shared.domain.person import HR_QUEUE
from shared.domain.policy import parse_policy
from shared.domain.record import PlannedEvaluation
from shared.domain.request import Answer
from tests.unit.evaluate.organisation import POLICY, ROOT, Organisation

REP = PersonId("R000004")
"""An account executive whom the sample's September flags."""
UNFLAGGED = PersonId("R000003")


class Floor(Organisation):
    """The sample organisation with its cases: batches are evaluated and acted on as they come in."""

    def __init__(self) -> None:
        super().__init__()
        directories = FiledDirectories(self.store, self.files)
        self.work = Casework(self.store, self.files, directories, self.policies, self.clock)
        self.people()
        for month in ("2026-07", "2026-08", "2026-09"):
            self.plan(self.month(month))
        self.take_in("2026-09", again=9)

    def take_in(
        self, month: str, credited: Mapping[PersonId, str] | None = None, *, again: int = 0
    ) -> list[PlannedEvaluation]:
        """Drop the sample's month, with these credits in place of its own, and act on all that it calls for.

        ``again`` tells apart exports that say the same: so many blank lines stand at the end.
        """
        source = (ROOT / f"examples/varicent/varicent-attainment-{month}.csv").read_bytes()
        return self._take(source, credited or {}, again)

    def october(self, credited: Mapping[PersonId, str] | None = None) -> list[PlannedEvaluation]:
        """A month later everybody did just as in September, these people aside."""
        source = (ROOT / "examples/varicent/varicent-attainment-2026-09.csv").read_bytes()
        return self._take(source.replace(b"2026-09", b"2026-10"), credited or {}, 0)

    def _take(self, source: bytes, credited: Mapping[PersonId, str], again: int) -> list[PlannedEvaluation]:
        header, *rows = (line.split(",") for line in source.decode("utf-8-sig").splitlines())
        rep, amount = header.index("Payee ID"), header.index("Credited Amount")
        for row in rows:
            row[amount] = credited.get(PersonId(row[rep]), row[amount])
        text = "\n".join(",".join(row) for row in [header, *rows]) + "\n" * (again + 1)
        name = f"{self.clock.now():%d%H%M}.csv"
        plans = self.plan(self.drop("varicent-attainment", name, text.encode()))
        for plan in plans:
            self.run(plan)
            open_cases(plan.id, 0, len(self.to_act_on(plan)), self.work)
        return plans

    @property
    def open_cases(self) -> dict[PersonId, Case]:
        return {case.rep_id: case for case in self.store.cases(CaseStatus.OPEN)}

    def case(self, rep: PersonId = REP) -> Case:
        (case,) = self.store.cases_of(rep)
        return case

    def told(self, kind: NoticeKind) -> list[Notice]:
        notices = (effect for effect in self.store.effects if isinstance(effect, Notice))
        return [notice for notice in notices if notice.notice is kind]

    def hr_says(self, choice: str) -> Case:
        case = self.case()
        assert case.request_id is not None
        request = self.store.request(case.request_id)
        assert request.purpose == "withdrawal"
        given = Answer(
            choice=choice,
            reason="The figures were corrected by finance.",
            answered_by=request.assignee,
            authenticated_by="cognito",
            answered_at=self.clock.now(),
        )
        self.store.commit(answering(case, request, given))
        return settle(case, self.work)


@pytest.fixture
def floor() -> Floor:
    return Floor()


def test_hr_confirms_a_restatement_that_undoes_a_case_and_no_other_case_changes(floor: Floor) -> None:
    others = {rep: case for rep, case in floor.open_cases.items() if rep != REP}
    assert len(others) >= 3
    before = floor.case()
    (plan,) = floor.take_in("2026-09", {REP: "999999"})
    marked = floor.case()
    assert marked.marked == f"2026-09 is clear as restated ({plan.id})"
    assert (marked.decision, marked.restated is not None) == (before.decision, True)
    (asked,) = floor.told(NoticeKind.WITHDRAWAL)
    assert asked.to == "H001"
    assert {rep: case for rep, case in floor.open_cases.items() if rep != REP} == others
    closed = floor.hr_says("withdraw")
    assert (closed.status, closed.exit) == (CaseStatus.CLOSED, Exit.WITHDRAWN)
    assert REP not in floor.open_cases


def test_the_record_shows_the_figures_before_and_after_and_who_decided(floor: Floor) -> None:
    floor.take_in("2026-09", {REP: "999999"})
    floor.hr_says("withdraw")
    tags = [event.tag for event in floor.store.seen if event.subject.endswith(floor.case().id)]
    marked, decided = tags.index(EventTag.CASE_MARKED), tags.index(EventTag.WITHDRAWAL_DECIDED)
    assert marked < decided < tags.index(EventTag.CASE_CLOSED)
    event = next(
        raw for raw in floor.store.events(floor.store.seen[-1].subject) if b'"tag":"case:marked"' in raw
    )
    private = floor.store.opened(event)
    assert private is not None
    assert set(private) == {"before", "after"}


def test_an_earlier_month_restated_counts_too_where_it_is_in_the_window(floor: Floor) -> None:
    # The rep's September alone is bad: with July and August good, neither rule fires.
    (july,) = floor.take_in("2026-07", {REP: "999999"})
    (august,) = floor.take_in("2026-08", {REP: "999999"})
    assert july.period == august.period == "2026-09"
    assert floor.case().marked is not None


def test_hr_is_not_asked_again_about_the_same_figures_of_a_case_that_it_kept(floor: Floor) -> None:
    floor.take_in("2026-09", {REP: "999999"})
    kept = floor.hr_says("keep")
    assert kept.marked is None
    floor.take_in("2026-09", {REP: "999999"}, again=1)
    assert floor.case() == kept
    floor.take_in("2026-09", {REP: "999998"})
    assert floor.case().marked is not None
    assert len(floor.told(NoticeKind.WITHDRAWAL)) == 2


def test_figures_restated_to_their_first_values_withdraw_hrs_question(floor: Floor) -> None:
    before = floor.case()
    floor.take_in("2026-09", {REP: "999999"})
    floor.take_in("2026-09", again=2)
    after = floor.case()
    assert (after.marked, after.hold, after.phase) == (None, None, before.phase)


def test_a_restated_past_period_undoes_the_case_that_it_opened(floor: Floor) -> None:
    floor.october()
    plans = floor.take_in("2026-09", {REP: "999999"})
    assert {plan.period: plan.opens_cases for plan in plans} == {"2026-09": False, "2026-10": True}
    assert floor.case().marked is not None
    assert floor.told(NoticeKind.PAST_FINDINGS) == []


def test_hr_is_told_once_of_new_findings_of_a_past_period_and_no_case_opens(floor: Floor) -> None:
    floor.october({UNFLAGGED: "999999"})
    known = set(floor.open_cases)
    for again in (0, 1):
        floor.take_in("2026-09", {UNFLAGGED: "1"}, again=again)
        floor.take_in("2026-08", {UNFLAGGED: "1"}, again=again)
    assert set(floor.open_cases) == known
    assert UNFLAGGED not in known
    (told,) = floor.told(NoticeKind.PAST_FINDINGS)
    assert (told.to, told.parameters["people"], told.parameters["count"]) == (HR_QUEUE, UNFLAGGED, "1")
    assert told.parameters["period"] == "2026-09"


def test_a_later_version_of_the_policy_changes_no_open_case(floor: Floor) -> None:
    before = floor.open_cases
    lenient = (
        POLICY.replace("version: 1", "version: 2").replace('"0.70"', '"0.01"').replace('"0.60"', '"0.01"')
    )
    floor.policies.policies.append((parse_policy(lenient, "field-sales-2"), lenient.encode()))
    second, first = floor.take_in("2026-09", again=3)
    assert (second.policy, second.opens_cases) == ("field-sales@2", True)
    assert floor.store.evaluation(second.id).outcomes.get("open_case", 0) == 0
    # The version that opened the cases is asked, too, and finds what it found.
    assert (first.policy, first.opens_cases) == ("field-sales@1", False)
    assert floor.open_cases == before
    assert floor.told(NoticeKind.PAST_FINDINGS) == []


def test_a_correction_reaches_a_case_by_the_version_that_opened_it(floor: Floor) -> None:
    strict = POLICY.replace("version: 1", "version: 2").replace('"0.70"', '"0.99"')
    floor.policies.policies.append((parse_policy(strict, "field-sales-2"), strict.encode()))
    second, first = floor.take_in("2026-09", {REP: "999999"})
    assert floor.case().marked == f"2026-09 is clear as restated ({first.id})"
    assert second.policy == "field-sales@2"


def test_a_restatement_acts_only_on_the_people_whom_it_concerns(floor: Floor) -> None:
    (plan,) = floor.take_in("2026-09", {UNFLAGGED: "999999"})
    assert {each["rep_id"] for each in floor.to_act_on(plan)} == set(floor.open_cases)
    assert paths.flagged(plan.id) in floor.files
    assert floor.told(NoticeKind.WITHDRAWAL) == []
