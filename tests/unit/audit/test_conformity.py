"""The second verdict: whether a case was led as its policy says, judged alike by both verifiers."""

import copy
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from functions.audit.verify import Report, as_json, as_text
from functions.audit.verify.conformity import Conformity, Requirement
from functions.audit.verify.policy_terms import PolicyTerms
from shared.domain.event import stamp
from tests.independent_verifier.conforming import failures
from tests.unit.audit.bundles import checked, with_manifest_mended
from tests.unit.audit.evaluated import AUDITOR, september
from tests.unit.audit.lives import Value, changed, some_life
from tests.unit.audit.on_record import put_on_record, values_of
from tests.unit.audit.soak import share
from tests.unit.audit.test_case_course import at, ours, theirs
from tests.unit.evaluate.case_life import Life, figures

LIVES = share(60, 5_000)
ASKING = ("request:sent", "request:reminded", "request:escalated", "check_in:asked", "rep:told")
Openings = dict[int, dict[str, Any]]


class Told:
    """A case's story with the mail that the product sends, its policy, and its private parts."""

    def __init__(self, life: Life) -> None:
        self.policy = life.policy.model_dump(mode="json", exclude_none=True)
        self.story: list[Value] = []
        self.private: list[tuple[Value, Any]] = []
        for value, event in zip(values_of(life), life.events, strict=True):
            self.story.append(value)
            self.private.append((value, event.private))
            if value["tag"] in ASKING and value["data"]["request"] is not None:
                self.story.append(mail_about(value))

    def numbered(self) -> "Told":
        for sequence, value in enumerate(self.story, 1):
            value["sequence"] = sequence
        return self

    def openings(self) -> Openings:
        return {value["sequence"]: dict(body) for value, body in self.private if body is not None}

    def judged(self) -> set[str]:
        """The topics that are not as required. Both verifiers have to name the same."""
        self.numbered()
        found = Conformity(PolicyTerms(self.policy), self.openings()).follow(self.story)
        ours = {each.topic for each in found if each.holds is False}
        assert failures(self.policy, self.story, self.openings()) == ours
        return ours

    def index(self, tag: str) -> int:
        return self.story.index(at(self.story, tag))


def mail_about(value: Value) -> Value:
    data = {"notice": f"n-{value['data']['request']}", "kind": "question", "to": value["data"]["assignee"]}
    data |= {"request": value["data"]["request"], "message": "m", "link": None}
    if value["tag"] == "rep:told":
        data["kind"] = "rep_told"
    return {**copy.deepcopy(value), "tag": "notice:sent", "relied_on": {"text": "ab" * 32}, "data": data}


def well_led(weeks: int = 5) -> Life:
    """A case whose check-ins are all held."""
    life = put_on_record(Life()).open().answer("coach")
    for _ in range(weeks * 7):
        life.wait_days(1)
        if life.case.status == "open" and (asked := _check_in(life)) is not None:
            life.answer("held", request=asked)
    return life


def _check_in(life: Life) -> Any:
    standing = [life.requests[one] for one in life.case.standing]
    return next((request for request in standing if request.purpose == "check_in"), None)


def to_the_gate() -> Told:
    return Told(well_led())


def to_the_plan() -> Told:
    return Told(well_led().answer("publish", by="partner-2", known_by="cognito"))


def removed() -> Told:
    life = put_on_record(Life()).open("final_review").settle()
    return Told(life.answer("propose_removal", known_by="link+code").answer("approve", known_by="cognito"))


def graduated() -> Told:
    life = put_on_record(Life()).open().answer("coach").report_leave().wait_days(2).answer("resume")
    life.results("2026-10", figures("2026-10", "0.9000")).results("2026-11", figures("2026-11", "0.9000"))
    return Told(life)


def silent() -> Told:
    return Told(put_on_record(Life()).open().pass_deadline().pass_deadline())


def test_what_the_core_does_conforms_except_for_check_ins_that_nobody_held() -> None:
    chance = random.Random(21)
    for number in range(LIVES):
        told = Told(some_life(chance, turns=20))
        assert (ours(told.numbered().story), theirs(told.story)) == ([], ""), number
        assert told.judged() <= {"check-ins"}, number
    for honest in (to_the_gate, to_the_plan, removed, graduated, silent):
        assert honest().judged() == set(), honest


def due_at_once(told: Told) -> None:
    for value in told.story:
        if value["tag"] in ("request:sent", "request:escalated", "request:reminded"):
            value["data"]["due_at"] = value["occurred_at"]


def due_in_a_year(told: Told) -> None:
    asked = at(told.story, "request:sent")
    asked["data"]["due_at"] = later(asked["occurred_at"], days=365)


def check_in_due_at_once(told: Told) -> None:
    for value in told.story:
        if value["tag"] == "check_in:asked":
            value["data"]["due_at"] = later(value["occurred_at"], hours=1)


def later(time: str, **by: int) -> str:
    return stamp(datetime.fromisoformat(time) + timedelta(**by))


def of_policy(**stage: object) -> Callable[[Told], None]:
    """The policy says something else of the first stage than what was done."""

    def change(told: Told) -> None:
        told.policy["ladder"][0].update(stage)

    return change


def without(*tags: str) -> Callable[[Told], None]:
    def change(told: Told) -> None:
        told.story = [value for value in told.story if value["tag"] not in tags]

    return change


def say(tag: str, **data: object) -> Callable[[Told], None]:
    return lambda told: at(told.story, tag)["data"].update(data)


def no_gate(told: Told) -> None:
    """The next stage begins without HR."""
    gated = told.index("stage:gated")
    entered = next(at for at in range(gated, len(told.story)) if told.story[at]["tag"] == "stage:entered")
    del told.story[gated:entered]


def another_hold(told: Told) -> None:
    told.policy["hold"] = {"leave": "run", "dispute": "pause"}


def on_one_percent(told: Told) -> None:
    for _, body in told.private:
        for result in (body or {}).get("results", ()):
            result["credited"] = "10"


def early(told: Told) -> None:
    at(told.story, "case:opened")["occurred_at"] = "2026-09-15T06:00:00.000Z"


def one_person(told: Told) -> None:
    approved = at(told.story, "removal:approved")["data"]
    approved["by"] = approved["proposed_by"]


def asking(seat: str, within: str) -> dict[str, object]:
    chain = [{"to": seat, "within": within}, {"to": "hr_queue", "within": "5bd"}]
    return {"chain": chain, "answers": ["coach", "dispute_figures", "request_exception"]}


LEFT_UNDONE: list[tuple[Callable[[], Told], Callable[[Told], None], str]] = [
    (to_the_gate, due_at_once, "deadlines"),
    (silent, due_at_once, "deadlines"),
    (silent, due_in_a_year, "deadlines"),
    (to_the_gate, check_in_due_at_once, "deadlines"),
    (
        to_the_gate,
        of_policy(ask=asking("manager", "9bd")),
        "deadlines",
    ),
    (
        to_the_gate,
        of_policy(ask=asking("skip_level", "2bd")),
        "chain",
    ),
    (silent, say("request:sent", step=2, seat="skip_level"), "chain"),
    (silent, say("request:sent", empty_seats=["manager"]), "chain"),
    (silent, say("request:sent", seat="hr_queue"), "chain"),
    (to_the_gate, say("request:sent", choices=["agree_plan"]), "answers"),
    (removed, say("request:sent", choices=["propose_removal", "fire"]), "answers"),
    (to_the_plan, no_gate, "gates"),
    (to_the_plan, without("stage:approved"), "gates"),
    (to_the_plan, say("stage:approved", to="final_review"), "gates"),
    (graduated, of_policy(gate="hr_partner"), "gates"),
    (to_the_plan, say("stage:gated", to="final_review"), "ladder"),
    (to_the_plan, of_policy(then="final_review"), "ladder"),
    (graduated, say("case:closed", exit="policy_closed", because="ladder_ended"), "ladder"),
    (graduated, say("stage:entered", stage="final_review"), "ladder"),
    (to_the_gate, of_policy(length="60d"), "length"),
    (to_the_gate, of_policy(length="2p"), "length"),
    (to_the_gate, of_policy(length="10d"), "length"),
    (to_the_gate, without("check_in:asked", "check_in:done"), "check-ins"),
    (to_the_gate, of_policy(check_ins={"every": "2d", "by": "manager"}), "check-ins"),
    (to_the_gate, without("rep:told"), "rep informed"),
    (removed, without("rep:told"), "rep informed"),
    (removed, say("rep:told", choices=["acknowledge"]), "rep informed"),
    (to_the_gate, of_policy(rep={"told": True, "may": ["acknowledge"]}), "rep informed"),
    (graduated, another_hold, "pauses"),
    (graduated, say("case:held", paused=False), "pauses"),
    (graduated, on_one_percent, "graduation"),
    (graduated, of_policy(graduate={"at_least": "0.95", "count": 2, "of_next": 3}), "graduation"),
    (graduated, of_policy(graduate={"at_least": "0.85", "count": 3, "of_next": 3}), "graduation"),
    (graduated, of_policy(graduate={"at_least": "0.85", "count": 2, "of_next": 1}), "graduation"),
    (graduated, of_policy(graduate=None), "graduation"),
    (graduated, without("results:arrived"), "graduation"),
    (silent, without("notice:sent"), "mail"),
    (removed, one_person, "two persons"),
    (to_the_gate, early, "period"),
]


@pytest.mark.parametrize(("honest", "change", "topic"), LEFT_UNDONE)
def test_what_the_policy_requires_and_nobody_did_is_named(
    honest: Callable[[], Told], change: Callable[[Told], None], topic: str
) -> None:
    told = honest()
    change(told)
    assert topic in told.judged()


def test_both_judge_changed_histories_alike() -> None:
    chance = random.Random(22)
    judged = 0
    for _ in range(LIVES):
        life = some_life(chance)
        told = Told(life)
        for _ in range(5):
            _, told.story = changed(chance, life)
            told.private = []  # the changed events are copies
            if not ours(told.numbered().story):
                judged += bool(told.judged() - {"check-ins"})
    assert judged > LIVES // 4


MALFORMED: list[Callable[[dict[str, Any]], object]] = [
    lambda policy: policy.clear(),
    lambda policy: policy.update(ladder={}),
    lambda policy: policy.update(ladder=[[]]),
    lambda policy: policy["ladder"][0].update(ask=[]),
    lambda policy: policy["ladder"][0].update(length=30),
    lambda policy: policy["ladder"][0].update(length="9" * 5000 + "d"),
    lambda policy: policy["ladder"][0].update(length="9" * 400 + "d"),
    lambda policy: policy["ladder"][0].update(length="30 days"),
    lambda policy: policy["ladder"][0].update(graduate={"at_least": "1e999999999", "count": 1, "of_next": 1}),
    lambda policy: policy.update(hold=[1]),
]


@pytest.mark.parametrize("place", range(len(MALFORMED)))
def test_a_malformed_policy_ends_in_an_error_that_the_report_names(place: int) -> None:
    told = graduated().numbered()
    MALFORMED[place](told.policy)
    with pytest.raises((ValueError, LookupError, TypeError, AttributeError, ArithmeticError)):
        Conformity(PolicyTerms(told.policy), told.openings()).follow(told.story)


def test_a_missed_check_in_is_the_companys_failure() -> None:
    told = Told(put_on_record(Life()).open().answer("coach").wait_days(31))
    assert told.judged() == {"check-ins"}


def test_a_bundle_is_judged_by_the_policy_that_it_proves() -> None:
    made = september()
    case = made.cases[0]
    for files in (made.bundle(case), made.bundle(case, AUDITOR)):
        report = checked(files)
        assert {each.holds for each in report.requirements} == {True}
        assert report.not_judged == []
        assert "\nCONFORMS TO ITS POLICY" in as_text(report)
        assert '"conforms": true' in as_json(report)
    forged = with_manifest_mended({**made.bundle(case), "policies/field-sales@1.json": b"{}"})
    assert checked(forged).not_judged == ["the record is not intact"]
    period = checked(made.bundle_of_period("2026-09"))
    assert len({each.where.partition(",")[0] for each in period.requirements}) == len(made.cases)


def test_the_report_says_what_was_required_and_what_was_given() -> None:
    late = Requirement("deadlines", "event 3, request:sent", "2bd", "0:00:00", holds=False)
    sealed = Requirement("graduation", "event 9, case:closed", "2 of 3", "sealed results", holds=None)
    report = Report(kind="case", subject="case/one", requirements=[late, sealed])
    text = as_text(report)
    assert text.startswith("INTACT")
    assert report.exit_status == 0
    assert "DOES NOT CONFORM TO ITS POLICY" in text
    assert "event 3, request:sent: not as required: required 2bd; given 0:00:00" in text
    assert "CONFORMITY TO THE POLICY: not judged" in as_text(Report(kind="case", requirements=[sealed]))
