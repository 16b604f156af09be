"""Erasing a person and keeping a record from being erased; what was sealed in the ledger stays checkable."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from functions.audit.api.case_view import View
from functions.audit.api.person_act import PersonAct
from functions.audit.api.place_legal_hold import MOST_COMPARATORS, lift_legal_hold, place_legal_hold
from functions.audit.api.shred_person import shred_person
from functions.audit.caller import Caller, Group
from shared.domain.canonical import digest
from shared.domain.case import Case, CaseStatus
from shared.domain.change import Change
from shared.domain.errors import Conflict, Forbidden, InvalidInput, NotFound
from shared.domain.event import EventTag, opening_bytes, parse_event
from shared.domain.identifiers import PersonId, case_subject, person_subject
from tests.fakes.personal_data import FakePersonalData
from tests.unit.audit.bundles import bundle_of_case, bundle_of_ledger, checked, unpacked
from tests.unit.audit.hr_desk import ADMIN, AUDITOR, NOW, PARTNER, Desk
from tests.unit.audit.workshop import POLICY, World

REASON = "Left the company three years ago."
REP, OTHER = PersonId("r-1"), PersonId("r-2")
SECOND_ADMIN = Caller("a-7", PersonId("hr-8"), frozenset({Group.HR_ADMIN}))


class Office(Desk):
    """The desk with what can be erased; its first rep has a closed case."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.data = FakePersonalData(self.store)
        self.case = self.closed(REP)

    def closed(self, rep: str) -> Case:
        case = self.open(rep)
        closed = case.model_copy(update={"status": CaseStatus.CLOSED, "version": 2})
        self.close(closed)
        return closed

    def act(self, person: str = REP, caller: Caller = ADMIN, reason: str = REASON) -> PersonAct:
        return PersonAct.of(self.sources, self.data, caller, PersonId(person), reason)

    def shred(self, person: str = REP, caller: Caller = ADMIN) -> View:
        return shred_person(self.act(person, caller))

    def hold(self, person: str = REP, comparators: Sequence[str] = (), caller: Caller = ADMIN) -> View:
        return place_legal_hold(self.act(person, caller), [PersonId(one) for one in comparators])

    def lift(self, person: str = REP, caller: Caller = ADMIN) -> View:
        return lift_legal_hold(self.act(person, caller))

    def opened(self, rep: PersonId = REP) -> bool:
        """Whether what was sealed in the rep's case can still be read."""
        first = self.store.events(case_subject(self.case.id))[0]
        return self.store.opened(first) is not None


@pytest.fixture
def office() -> Office:
    return Office()


def test_a_shredded_person_is_unreadable_and_the_record_says_by_whom_and_why(office: Office) -> None:
    assert office.shred() == {
        "person": "r-1",
        "status": "shredded",
        "shredded_at": "2026-10-05T14:00:00.000Z",
        "by": "hr-9",
    }
    assert not office.opened()
    assert office.store.case(office.case.id).decision["inputs"] == []
    body = office.store.events(person_subject(REP))[-1]
    event = parse_event(body)
    assert (event.tag, event.actor.id) == (EventTag.SUBJECT_SHREDDED, "hr-9")
    assert REASON not in body.decode()
    assert office.store.opened(body) == {"reason": REASON}


def test_the_event_comes_before_the_erasure_and_a_retry_finishes_after_a_crash(
    office: Office,
) -> None:
    office.data.dies = True
    with pytest.raises(ConnectionError):
        office.shred()
    assert office.tags()[-1] == "subject:shredded"
    assert office.opened()
    with pytest.raises(Conflict, match="being shredded"):
        office.hold()
    assert office.shred(caller=SECOND_ADMIN)["by"] == "hr-9"
    assert not office.opened()
    assert office.tags().count("subject:shredded") == 1


def test_shredding_again_does_nothing_until_something_new_was_sealed(office: Office) -> None:
    first = office.shred()
    office.clock.advance(days=1)
    assert office.shred() == first
    assert office.tags().count("subject:shredded") == 1
    office.hold(OTHER, [])
    office.lift(OTHER)
    office.shred(OTHER)  # nothing was ever sealed for this one: the order stands, and is recorded
    assert office.tags().count("subject:shredded") == 2


def test_a_legal_hold_blocks_shredding_until_it_is_lifted(office: Office) -> None:
    office.hold()
    with pytest.raises(Conflict, match="legal hold protects this record since 2026-10-05T14:00:00"):
        office.shred()
    assert office.opened()
    assert office.lift()["status"] == "lifted"
    office.shred()
    assert not office.opened()


def test_a_legal_hold_covers_the_comparators_and_ends_for_all_of_them(office: Office) -> None:
    office.hold(OTHER, ["r-1"])
    with pytest.raises(Conflict, match="placed on r-2"):
        office.shred()
    with pytest.raises(Conflict, match="there is no legal hold on r-1"):
        office.lift()
    office.hold()
    office.lift(OTHER)
    with pytest.raises(Conflict, match="legal hold protects"):
        office.shred()
    office.lift()
    assert office.shred()["status"] == "shredded"


def test_a_legal_hold_placed_again_adds_comparators_and_stays_one_hold(office: Office) -> None:
    first = office.hold()
    assert office.hold() == first
    assert office.tags().count("hold:placed") == 1
    wider = office.hold(comparators=["r-2", "m-1"])
    assert wider["hold"] == first["hold"]
    assert wider["comparators"] == ["r-2", "m-1"]
    assert office.hold(comparators=["m-1"]) == wider
    assert office.lift()["comparators"] == ["r-2", "m-1"]
    assert office.shred(OTHER)["status"] == "shredded"


def test_a_legal_hold_placed_during_a_shredding_wins(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = office.store.commit

    def overtaken(change: Change) -> str:
        monkeypatch.setattr(office.store, "commit", commit)
        office.hold(caller=SECOND_ADMIN)
        return commit(change)

    monkeypatch.setattr(office.store, "commit", overtaken)
    with pytest.raises(Conflict, match="legal hold"):
        office.shred()
    assert office.opened()


def test_nobody_is_erased_while_a_case_of_theirs_is_open(office: Office) -> None:
    office.open(OTHER)
    with pytest.raises(Conflict, match="case-r-2 is open"):
        office.shred(OTHER)


@pytest.mark.parametrize("caller", [PARTNER, AUDITOR, Caller("a", None, frozenset({Group.HR_ADMIN}))])
def test_only_an_administrator_with_a_person_acts(office: Office, caller: Caller) -> None:
    with pytest.raises(Forbidden):
        office.act(caller=caller)


def test_nobody_acts_on_their_own_record_or_holds_it_as_a_comparator(office: Office) -> None:
    with pytest.raises(Forbidden, match="own record"):
        office.act("hr-9")
    with pytest.raises(Forbidden, match="own record"):
        office.hold(comparators=["hr-9"])


def test_a_mistyped_id_is_not_found(office: Office) -> None:
    for wrong in ("r-77", ""):
        with pytest.raises(NotFound):
            office.act(wrong)
    with pytest.raises(NotFound):
        office.hold(comparators=["r-77"])


def test_comparators_are_other_people_and_limited_in_number(office: Office) -> None:
    with pytest.raises(InvalidInput, match="another person"):
        office.hold(comparators=["r-1"])
    for number in range(MOST_COMPARATORS + 1):
        office.closed(f"r-1{number:02d}")
    with pytest.raises(InvalidInput, match="at most 40"):
        office.hold(comparators=[f"r-1{number:02d}" for number in range(MOST_COMPARATORS + 1)])


def test_a_reason_is_typed(office: Office) -> None:
    with pytest.raises(InvalidInput, match="reason"):
        office.act(reason="because")


def test_after_a_shredding_every_check_of_the_ledger_still_holds() -> None:
    world = World()
    at = NOW
    case, person = "case/case-r-7", person_subject(PersonId("r-7"))
    told: dict[str, object] = {"reason": "what was typed"}
    opening = world.happened(
        case, EventTag.CASE_OPENED, at, private=told, relied_on={"policy": digest(POLICY)}
    )
    world.happened(case, EventTag.CASE_CLOSED, at)
    world.seal(at + timedelta(minutes=1))
    before = unpacked(bundle_of_case(world, case))
    assert before["openings/000001.json"] == opening_bytes(told, (1).to_bytes(16))
    world.happened(person, EventTag.SUBJECT_SHREDDED, at + timedelta(minutes=2), person="r-7")
    del world.openings[opening]  # the key is gone
    world.seal(at + timedelta(minutes=3))
    after = unpacked(bundle_of_case(world, case))
    assert not [name for name in after if name.startswith("openings/")]
    assert after["events/000000000000.json"] == before["events/000000000000.json"]
    assert checked(after, world.checkpoints()[0]).exit_status == 0
    assert checked(unpacked(bundle_of_ledger(world)), world.checkpoints()[0]).exit_status == 0
