"""A large export read in ranges has the same result as in one pass, whatever happens between the steps."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.ingest.range_plan import RangePlan
from functions.ingest.read_in_ranges import join_ranges, read_one_range
from functions.ingest.reading import text_reader
from functions.ingest.reading.profile import Profile
from functions.ingest.receive_export import read_whole, receive_export
from functions.ingest.reception import LargeExports, Received, Receiving
from shared.domain import paths
from shared.domain.change import Change
from shared.domain.errors import Conflict, IntegrityError, Throttled
from shared.domain.event import EventTag
from tests.fakes.clock import FakeClock
from tests.fakes.store import FakeStore
from tests.fakes.world import FakeExports, FakeFiles
from tests.unit.ingest.test_reading_properties import MODEST, damaged_exports
from tests.unit.ingest.test_receive_export import HEADER, KEY, PEOPLE, PEOPLE_KEY, PROFILE, SEPTEMBER

TEST_KEY = "incoming/test/export.csv"
LINES = [b"r-%d,2026-%02d,100,50,USD\n" % (number, 8 + number % 2) for number in range(40)]
MANY = HEADER + b"".join(LINES)


class Crash(Exception):
    """The function crashed."""


@dataclass
class Office:
    """Receives exports. ``dies_in``: after so many more writes and commits it crashes."""

    profiles: dict[str, str] = field(
        default_factory=lambda: {"varicent-attainment": PROFILE, "hr-people": PEOPLE}
    )
    limit: int = 200
    code_version: str = "1"
    dies_in: int | None = None

    def __post_init__(self) -> None:
        self.clock = FakeClock()
        self.exports = FakeExports()
        self.files = MortalFiles(self)
        self.store = MortalStore(self)

    @property
    def receiving(self) -> Receiving:
        return Receiving(
            self.store, self.exports, self.files, self.clock, lambda name: self.profiles.get(name), shards=4
        )

    @property
    def large(self) -> LargeExports:
        return LargeExports(self.exports, self.limit, self.code_version)

    def receive(self, key: str = KEY, version: str | None = None) -> Received | RangePlan:
        return receive_export(key, version, self.receiving, self.large)

    def read_range(self, plan: RangePlan, number: int) -> None:
        read_one_range(plan_key(plan), number, self.files, self.exports)

    def join(self, plan: RangePlan) -> Received:
        return join_ranges(plan_key(plan), self.receiving)

    def spend(self) -> None:
        if self.dies_in is not None:
            self.dies_in -= 1
            if self.dies_in < 0:
                raise Crash

    def in_one_pass(self, key: str = KEY, version: str | None = None) -> Received:
        return read_whole(self.exports.open(key, version), self.receiving)

    def plan(self, key: str = KEY, version: str | None = None) -> RangePlan:
        taken = self.receive(key, version)
        assert isinstance(taken, RangePlan)
        return taken

    def by_the_flow(self, key: str = KEY, version: str | None = None) -> Received:
        """What the workflow does, with the ranges in reverse order."""
        taken = self.receive(key, version)
        if isinstance(taken, Received):
            return taken
        listed = json.loads(self.files.read(paths.reading_ranges(taken.batch, taken.reading)))
        for item in reversed(listed):
            self.read_range(taken, item["range"])
        return self.join(taken)

    def told(self) -> dict[str, Any]:
        """Everything except the files between the steps."""
        return {
            "files": {key: body for key, body in self.files.files.items() if not is_staged(key)},
            "batches": list(self.store.batches()),
            "revisions": [each for period in self.store.periods() for each in self.store.revisions(period)],
            "directory": self.store.directory_batch(),
            "events": self.store.seen,
            "effects": self.store.effects,
            "arrivals": self.store.arrivals,
            "unsettled": self.store.unsettled,
        }


class MortalFiles(FakeFiles):
    def __init__(self, office: Office) -> None:
        super().__init__()
        self._office = office

    def write(self, key: str, body: bytes) -> None:
        self._office.spend()
        super().write(key, body)


class MortalStore(FakeStore):
    def __init__(self, office: Office) -> None:
        super().__init__(office.clock)
        self._office = office

    def commit(self, change: Change) -> str:
        self._office.spend()
        return super().commit(change)


def plan_key(plan: RangePlan) -> str:
    return paths.reading_plan(plan.batch, plan.reading)


def rejected_of(received: Received) -> str:
    return paths.rejected(received.batch.id, received.batch.known_at)


def is_staged(key: str) -> bool:
    return key.startswith(paths.STAGING)


def after_one_pass(office: Office, content: bytes, key: str = KEY, manifest: bytes | None = None) -> Received:
    """Check that the workflow's result equals that of one pass in another office; return it."""
    other = Office(office.profiles)
    for each in (other, office):
        if manifest is not None:
            each.exports.drop(key + paths.MANIFEST_SUFFIX, manifest)
        each.exports.drop(key, content)
    received = other.in_one_pass(key)
    assert office.by_the_flow(key) == received
    assert office.told() == other.told()
    return received


def test_a_large_export_is_read_in_ranges_to_the_outcome_of_one_pass() -> None:
    office = Office()
    received = after_one_pass(office, MANY)
    assert (received.status, received.batch.rows) == ("accepted", 40)
    ranges = [key for key in office.files.files if key.endswith(".counts.json")]
    assert len(ranges) > 5
    assert office.store.arrivals


def test_an_export_up_to_the_limit_is_read_at_once() -> None:
    office = Office(limit=len(MANY))
    office.exports.drop(KEY, MANY)
    assert isinstance(office.receive(KEY, None), Received)
    assert not any(is_staged(key) for key in office.files.files)
    office.exports.drop(KEY, MANY + LINES[0])
    assert isinstance(office.receive(KEY, None), RangePlan)


def test_the_first_of_duplicate_rows_counts_across_ranges() -> None:
    office = Office()
    office.profiles["varicent-attainment"] = PROFILE.replace("0.5", "1")
    broken = b"r-8,2026-13,1,1,USD\n"
    received = after_one_pass(office, MANY + LINES[3] + broken + LINES[3] + b"".join(LINES[:9]) + broken)
    assert received.batch.codes == {"bad_period": 2, "duplicate": 11}
    rejected = b"".join(office.files.read_lines(rejected_of(received))).splitlines()
    assert [json.loads(row)["line"] for row in rejected] == list(range(42, 55))


@pytest.mark.parametrize(
    ("manifest", "refused"),
    [
        ({"rows": 40}, None),
        ({"rows": 40, "sum_quota": "4000", "sum_credited": "2000.000"}, None),
        ({"rows": 40, "sum_quota": "4000.01"}, "manifest_mismatch"),
        ({"rows": 39}, "manifest_mismatch"),
        ({"sha256": "0" * 64}, "manifest_mismatch"),
        ([], "manifest_mismatch"),
    ],
)
def test_control_totals_are_summed_over_all_ranges(manifest: object, refused: str | None) -> None:
    received = after_one_pass(Office(), MANY, manifest=json.dumps(manifest).encode())
    assert received.batch.refused == refused


def test_a_manifest_that_is_not_text_passes_between_the_steps_unchanged() -> None:
    assert after_one_pass(Office(), MANY, manifest=b"\xff\xfe\x00").batch.refused == "manifest_mismatch"


def test_too_many_rejected_rows_are_counted_over_all_ranges() -> None:
    office = Office()
    content = HEADER + b"".join(b"r-%d,nonsense,1,1,USD\n" % n for n in range(25)) + b"".join(LINES[:24])
    received = after_one_pass(office, content)
    assert (received.batch.refused, received.batch.rejected) == ("too_many_rejected", 25)
    assert (
        len(
            b"".join(
                office.files.read_lines(paths.first_rejected(received.batch.id, received.batch.known_at))
            ).splitlines()
        )
        == 20
    )


def test_the_limit_on_rows_holds_over_all_ranges(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(text_reader, "MAX_ROWS", 39)
    assert after_one_pass(Office(), MANY).batch.refused == "too_large"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (MANY + b"\0", "not_text"),
        (MANY[:300] + b"\0" + MANY[300:], "not_text"),
        (b"%PDF-1.7" + MANY, "not_text"),
        (MANY.replace(b"Payee", b"Who", 1), "header_missing_column"),
        (MANY.replace(b"Currency", b"Currency,Quota", 1), "header_duplicate_column"),
        (b'"' + MANY, "header_missing_column"),
        (b"x" * 1000, "header_missing_column"),
        (b"\n" * 1000, "empty"),
        (HEADER + b"\r\n" * 1000, "empty"),
    ],
)
def test_a_large_file_that_is_refused_is_refused_for_the_same_reason(content: bytes, code: str) -> None:
    assert after_one_pass(Office(), content).batch.refused == code


def test_a_large_file_that_no_profile_fits_is_refused() -> None:
    received = after_one_pass(Office(), MANY, key="incoming/no-such-profile/x.csv")
    assert received.batch.refused == "unknown_profile"


def test_a_large_directory_is_whole_and_in_force() -> None:
    office = Office()
    people = [
        b'm-%d,"Ada ""%d""",a%d@example.com,,MGR,"West, %d",2020-01-01\n' % ((n,) * 4) for n in range(60)
    ]
    stray = b'm-99,"Ada\nByron",ada@example.com,,MGR,West,2020-01-01\n'
    header = b"id,name,email,boss,role,region,hired\n"
    received = after_one_pass(office, header + stray + b"".join(people), PEOPLE_KEY)
    assert (received.status, received.batch.accepted) == ("accepted", 60)
    assert received.batch.codes == {"control_character": 1}
    assert office.store.directory_batch() == received.batch.id


@given(
    export=damaged_exports(),
    limit=st.integers(2, 300),
    fraction=st.sampled_from(["0", "0.3", "1"]),
    manifest=st.sampled_from([None, b"", b'{"rows": 3}', b'{"sum_quota": "160000"}']),
)
@MODEST
def test_any_damaged_export_has_the_same_outcome_both_ways(
    export: tuple[Profile, bytes], limit: int, fraction: str, manifest: bytes | None
) -> None:
    of, data = export
    written = of.model_dump(mode="json", by_alias=True) | {"max_rejected_fraction": fraction}
    after_one_pass(Office({"test": json.dumps(written)}, limit), data, TEST_KEY, manifest)


WITH_REJECTS = MANY + LINES[0] + b"r-1,2026-13,1,1,USD\n"


def test_a_retry_after_a_crash_at_any_write_gives_the_same_result() -> None:
    untouched = Office()
    untouched.exports.drop(KEY, WITH_REJECTS)
    untouched.in_one_pass()
    for writes in range(200):
        office = Office(limit=600)
        office.exports.drop(KEY, WITH_REJECTS)
        office.dies_in = writes
        try:
            office.by_the_flow()
        except Crash:
            assert office.store.periods() == []
            assert office.store.seen == []
            office.dies_in = None
            assert office.by_the_flow().status == "accepted"
            assert office.told() == untouched.told()
        else:
            assert writes > 20, "and there were that many places to die"
            return
    raise AssertionError("it never came to its end")


def test_a_workflow_that_crashes_again_and_again_still_ends() -> None:
    office, untouched = Office(limit=600), Office()
    for each in (office, untouched):
        each.exports.drop(KEY, WITH_REJECTS)
    untouched.in_one_pass()
    for lives in range(100):
        office.dies_in = lives
        try:
            office.by_the_flow()
        except Crash:
            continue
        break
    assert office.told() == untouched.told()


def test_each_step_done_twice_has_the_effect_of_one() -> None:
    office, untouched = Office(), Office()
    for each in (office, untouched):
        each.exports.drop(KEY, MANY)
    untouched.in_one_pass()
    plan = office.plan()
    assert office.plan() == plan
    for number in [*range(len(plan.parts)), 0, 3]:
        office.read_range(plan, number)
    first = office.join(plan)
    assert office.join(plan) == first
    assert office.by_the_flow() == first
    assert office.told() == untouched.told()


def test_two_flows_for_one_export_at_the_same_time_end_in_one_batch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    office = Office()
    office.exports.drop(KEY, MANY)
    commit = office.store.commit

    def slow(change: Change) -> str:
        monkeypatch.setattr(office.store, "commit", commit)
        office.by_the_flow()
        return commit(change)

    monkeypatch.setattr(office.store, "commit", slow)
    assert office.by_the_flow().status == "accepted"
    assert [event.tag for event in office.store.seen].count(EventTag.EXPORT_ACCEPTED) == 1
    assert len(office.store.revisions("2026-09")) == 1


def test_a_correction_under_the_same_name_while_the_first_is_being_read_is_a_batch_of_its_own() -> None:
    office = Office()
    first = office.exports.drop(KEY, MANY)
    plan = office.plan(version=first)
    corrected = office.exports.drop(KEY, MANY.replace(b"100,50", b"100,95"))
    late = office.by_the_flow(version=corrected)
    for number in range(len(plan.parts)):
        office.read_range(plan, number)
    early = office.join(plan)
    assert (early.batch.object_version, late.batch.object_version) == (first, corrected)
    revisions = office.store.revisions("2026-09")
    assert [each.batch for each in revisions] == [early.batch.id, late.batch.id]


def test_repeated_content_is_recognised_before_any_range_is_read() -> None:
    office = Office()
    office.exports.drop(KEY, MANY)
    office.by_the_flow()
    staged = len(office.files.files)
    office.exports.drop(KEY + ".again", MANY)
    again = office.receive(KEY + ".again", None)
    assert isinstance(again, Received)
    assert again.status == "repeated"
    assert len(office.files.files) == staged
    assert office.receive(KEY, "v1") == Received("accepted", again.batch)


def test_content_accepted_meanwhile_is_a_repetition_at_the_join() -> None:
    office = Office()
    office.exports.drop(KEY, MANY)
    plan = office.plan()
    office.exports.drop(KEY + ".again", MANY)
    assert office.in_one_pass(KEY + ".again").status == "accepted"
    assert office.join(plan).status == "repeated"


def test_a_new_profile_manifest_or_code_version_makes_a_new_plan() -> None:
    office = Office()
    office.exports.drop(KEY, MANY)
    plans = {office.plan().reading}
    office.profiles["varicent-attainment"] = PROFILE.replace("0.5", "0.4")
    plans.add(office.plan().reading)
    office.exports.drop(KEY + paths.MANIFEST_SUFFIX, b'{"rows": 40}')
    plans.add(office.plan().reading)
    office.code_version = "2"
    plans.add(office.plan().reading)
    assert len(plans) == 4
    assert office.by_the_flow().status == "accepted"


def test_the_plans_own_profile_and_manifest_hold_until_the_join() -> None:
    office = Office()
    office.exports.drop(KEY, MANY)
    plan = office.plan()
    office.profiles.clear()
    office.exports.drop(KEY + paths.MANIFEST_SUFFIX, b'{"rows": 39}')
    for number in range(len(plan.parts)):
        office.read_range(plan, number)
    assert office.join(plan).status == "accepted"


def test_bytes_that_changed_since_the_plan_are_refused() -> None:
    office = Office()
    office.exports.drop(KEY, MANY)
    plan = office.plan()
    office.exports.versions[KEY][0] = (plan.dropped_at, MANY.replace(b"100,50", b"100,95"))
    with pytest.raises(IntegrityError, match="range 1 differs"):
        office.read_range(plan, 1)


def test_a_lasting_conflict_at_the_join_is_left_to_the_workflows_retry(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    office = Office()
    office.exports.drop(KEY, MANY)
    with monkeypatch.context() as crowd:
        crowd.setattr(office.store, "commit", _raises(Conflict))
        with pytest.raises(Conflict):
            office.by_the_flow()
        crowd.setattr(office.store, "commit", _raises(Throttled))
        with pytest.raises(Throttled):
            office.by_the_flow()
    assert office.by_the_flow().status == "accepted"


def _raises(error: type[Exception]) -> Callable[[Change], str]:
    def commit(change: Change) -> str:
        raise error("not now")

    return commit


def test_a_small_september_is_the_same_in_tiny_ranges() -> None:
    assert after_one_pass(Office(limit=2), SEPTEMBER).batch.periods == ("2026-08", "2026-09")
