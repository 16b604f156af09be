"""Receiving an export: whole or not at all, once, and never silently."""

import dataclasses
import json
from datetime import datetime
from pathlib import Path

import pytest

from functions.ingest.receive_export import read_whole
from functions.ingest.reception import Received, Receiving
from shared.domain import paths
from shared.domain.canonical import canonical_bytes, parse_canonical
from shared.domain.change import Change
from shared.domain.effect import Notice, NoticeKind
from shared.domain.errors import Conflict, NotFound, Throttled
from shared.domain.event import EventTag
from shared.domain.identifiers import shard_of
from shared.domain.merkle import Tree, leaf_hash
from shared.domain.person import HR_QUEUE
from tests.fakes.clock import FakeClock
from tests.fakes.store import FakeStore
from tests.fakes.world import FakeExports, FakeFiles

PROFILE = """
profile: varicent-attainment
kind: attainment
columns: {rep_id: Payee, period: Period, quota: Quota, credited: Credited, currency: Currency}
max_rejected_fraction: "0.5"
"""
PEOPLE = """
profile: hr-people
kind: people
columns:
  {person_id: id, name: name, email: email, manager_id: boss, role: role, region: region, hire_date: hired}
"""
HEADER = b"Payee,Period,Quota,Credited,Currency\n"
SEPTEMBER = HEADER + b"r-1,2026-09,100,50,USD\nr-2,2026-09,100,90,USD\nr-1,2026-08,100,70,USD\n"
KEY = "incoming/varicent-attainment/september.csv"


@pytest.fixture
def receiving() -> Receiving:
    clock = FakeClock()
    profiles = {"varicent-attainment": PROFILE, "hr-people": PEOPLE}
    return Receiving(FakeStore(clock), FakeExports(), FakeFiles(), clock, profiles.get, shards=4)


def drop(receiving: Receiving, content: bytes, key: str = KEY, dropped_at: datetime | None = None) -> str:
    """Returns the object version."""
    assert isinstance(receiving.exports, FakeExports)
    return receiving.exports.drop(key, content, dropped_at)


def receive(key: str, version: str | None, receiving: Receiving) -> Received:
    return read_whole(receiving.exports.open(key, version), receiving)


def store_of(receiving: Receiving) -> FakeStore:
    assert isinstance(receiving.store, FakeStore)
    return receiving.store


def notices(receiving: Receiving) -> list[Notice]:
    return [effect for effect in store_of(receiving).effects if isinstance(effect, Notice)]


def test_an_accepted_export_is_filed_by_shard_and_period(receiving: Receiving) -> None:
    drop(receiving, SEPTEMBER)
    received = receive(KEY, "v1", receiving)
    assert received.status == "accepted"
    assert received.batch.periods == ("2026-08", "2026-09")
    (revision,) = receiving.store.revisions("2026-09")
    assert set(revision.shards) == {f"{shard_of(rep, 4):04d}" for rep in ("r-1", "r-2")}
    key = paths.facts(shard_of("r-2", 4), "2026-09", received.batch.id)
    lines = b"".join(receiving.files.read_lines(key)).splitlines()
    assert "r-2" in [json.loads(line)["rep_id"] for line in lines]
    assert EventTag.EXPORT_ACCEPTED in store_of(receiving)
    assert EventTag.FACTS_RECORDED in store_of(receiving)
    assert notices(receiving) == []


def test_two_events_for_one_drop_have_the_effect_of_one(receiving: Receiving) -> None:
    drop(receiving, SEPTEMBER)
    first = receive(KEY, "v1", receiving)
    events = len(store_of(receiving).seen)
    assert receive(KEY, "v1", receiving) == first
    assert len(store_of(receiving).seen) == events
    assert len(receiving.store.revisions("2026-09")) == 1


def test_the_same_content_under_another_name_changes_nothing_and_is_recorded(receiving: Receiving) -> None:
    drop(receiving, SEPTEMBER)
    receive(KEY, "v1", receiving)
    drop(receiving, SEPTEMBER, KEY + ".again")
    assert receive(KEY + ".again", "v1", receiving).status == "repeated"
    assert len(receiving.store.revisions("2026-09")) == 1
    assert EventTag.EXPORT_REPEATED in store_of(receiving)


def test_accepted_content_dropped_where_no_profile_is_changes_nothing_and_is_recorded(
    receiving: Receiving,
) -> None:
    drop(receiving, SEPTEMBER)
    batch = receive(KEY, "v1", receiving).batch
    drop(receiving, SEPTEMBER, "incoming/no-such-profile/september.csv")
    again = receive("incoming/no-such-profile/september.csv", "v1", receiving)
    assert (again.status, again.batch) == ("repeated", batch)
    assert receiving.store.batch(batch.id).refused is None


def test_a_correction_under_the_same_name_is_a_revision_of_its_own(receiving: Receiving) -> None:
    drop(receiving, SEPTEMBER)
    receive(KEY, "v1", receiving)
    drop(receiving, SEPTEMBER.replace(b"100,50", b"100,95"))
    assert receive(KEY, "v2", receiving).status == "accepted"
    assert len(receiving.store.revisions("2026-09")) == 2


def test_a_correction_stays_in_force_when_the_original_is_read_after_it(receiving: Receiving) -> None:
    first = drop(receiving, SEPTEMBER)
    corrected = drop(receiving, SEPTEMBER.replace(b"100,50", b"100,95"))
    in_force = receive(KEY, corrected, receiving).batch
    assert isinstance(receiving.clock, FakeClock)
    receiving.clock.advance(minutes=5)
    late = receive(KEY, first, receiving).batch
    assert late.known_at > in_force.known_at
    assert [revision.batch for revision in receiving.store.revisions("2026-09")] == [late.id, in_force.id]


def test_a_file_of_many_years_is_accepted_whole(receiving: Receiving) -> None:
    months = [f"{year}-{month:02d}" for year in range(2014, 2027) for month in range(1, 13)][:150]
    drop(receiving, HEADER + b"".join(b"r-1,%s,100,50,USD\n" % month.encode() for month in months))
    assert receive(KEY, None, receiving).batch.periods == tuple(months)
    assert receiving.store.periods() == months
    (recorded,) = (event for event in store_of(receiving).seen if event.tag is EventTag.FACTS_RECORDED)
    assert len(recorded.data["files"]) == 150


def test_the_event_commits_to_every_line_of_every_file(receiving: Receiving) -> None:
    rows = b"".join(b"r-%d,2026-%02d,100,50,USD\n" % (n % 700, 8 + n % 2) for n in range(1400))
    drop(receiving, HEADER + rows)
    batch = receive(KEY, None, receiving).batch
    (recorded,) = (event for event in store_of(receiving).seen if event.tag is EventTag.FACTS_RECORDED)
    filed = parse_canonical(receiving.files.read(paths.line_roots(batch.id)))
    assert set(filed) == set(recorded.data["roots"]) == {"2026-08", "2026-09"}
    for period, entries in filed.items():
        for entry in entries:
            lines = _lines(receiving, paths.facts(int(entry["shard"]), period, batch.id))
            tree = Tree([leaf_hash(line) for line in lines])
            assert (entry["size"], entry["root"]) == (len(lines), tree.root().hex())
        over = Tree([leaf_hash(canonical_bytes(entry)) for entry in entries])
        assert recorded.data["roots"][period] == {"root": over.root().hex(), "shards": 4}


def test_a_rep_id_that_looks_like_a_period_is_not_taken_for_one(receiving: Receiving) -> None:
    drop(receiving, HEADER + b'"""period"":""2020-01","2026-09",100,50,USD\nperiod,2026-09,100,50,USD\n')
    batch = receive(KEY, None, receiving).batch
    assert batch.periods == ("2026-09",)
    assert batch.accepted == 2


def test_a_directorys_event_commits_to_every_line_and_to_empty_shards(
    receiving: Receiving,
) -> None:
    drop(receiving, people("Ada"), PEOPLE_KEY)
    batch = receive(PEOPLE_KEY, None, receiving).batch
    recorded = next(e for e in store_of(receiving).seen if e.tag is EventTag.DIRECTORY_RECORDED)
    entries = parse_canonical(receiving.files.read(paths.line_roots(batch.id)))[""]
    assert sorted(entry["size"] for entry in entries) == [0, 0, 0, 1]
    (line,) = _lines(receiving, paths.people_shard(batch.id, shard_of("m-1", 4)))
    assert entries[shard_of("m-1", 4)]["root"] == leaf_hash(line).hex()
    over = Tree([leaf_hash(canonical_bytes(entry)) for entry in entries])
    assert recorded.data["roots"] == {"": {"root": over.root().hex(), "shards": 4}}


def _lines(receiving: Receiving, key: str) -> list[bytes]:
    return b"".join(receiving.files.read_lines(key)).splitlines()


def test_a_crash_before_the_commit_leaves_nothing_that_counts_and_a_retry_ends_the_same(
    receiving: Receiving, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(receiving, SEPTEMBER)
    with monkeypatch.context() as crash:
        crash.setattr(receiving.store, "commit", _raises_throttled)
        with pytest.raises(Throttled):
            receive(KEY, "v1", receiving)
    assert receiving.store.revisions("2026-09") == []
    assert receive(KEY, "v1", receiving).status == "accepted"
    assert len(receiving.store.revisions("2026-09")) == 1


def _raises_throttled(change: object) -> str:
    raise Throttled("the table said to slow down")


@pytest.mark.parametrize(
    ("content", "key", "code"),
    [
        (b"", KEY, "empty"),
        (HEADER, KEY, "empty"),
        (b"\x00\x01\x02", KEY, "not_text"),
        (b"who,what\n1,2\n", KEY, "header_missing_column"),
        (HEADER + b"r-1,x,100,50,USD\nr-2,2026-09,1e3,1,USD\n", KEY, "too_many_rejected"),
        (SEPTEMBER, "incoming/no-such-profile/september.csv", "unknown_profile"),
        (SEPTEMBER, "incoming/september.csv", "unknown_profile"),
    ],
)
def test_a_refused_file_is_recorded_and_its_owner_told_and_no_fact_changes(
    receiving: Receiving, content: bytes, key: str, code: str
) -> None:
    drop(receiving, content, key)
    received = receive(key, "v1", receiving)
    assert (received.status, received.batch.refused) == ("refused", code)
    assert receiving.store.batch(received.batch.id).refused == code
    assert receiving.store.periods() == []
    assert EventTag.EXPORT_REFUSED in store_of(receiving)
    (notice,) = notices(receiving)
    assert notice.notice is NoticeKind.EXPORT_REFUSED
    assert notice.parameters["code"] == code


def test_a_half_broken_file_is_accepted_with_its_rejects_and_its_owner_told(receiving: Receiving) -> None:
    drop(receiving, SEPTEMBER + b"r-3,2026-09,12;5,1,USD\n")
    received = receive(KEY, "v1", receiving)
    assert (received.status, received.batch.accepted, received.batch.rejected) == ("accepted", 3, 1)
    rejected = json.loads(
        b"".join(receiving.files.read_lines(paths.rejected(received.batch.id, received.batch.known_at)))
    )
    fault = {"column": "quota", "code": "not_a_number", "value": "12;5"}
    assert rejected == {"line": 5, "faults": [fault]}
    (notice,) = notices(receiving)
    assert notice.notice is NoticeKind.EXPORT_REJECTS


def test_the_first_twenty_rejected_rows_are_filed_by_themselves(receiving: Receiving) -> None:
    drop(receiving, SEPTEMBER + b"".join(b"r-%d,2026-13,1,1,USD\n" % number for number in range(3, 30)))
    received = receive(KEY, "v1", receiving)
    assert (received.batch.refused, received.batch.rejected) == ("too_many_rejected", 27)
    where = paths.first_rejected(received.batch.id, received.batch.known_at)
    first = b"".join(receiving.files.read_lines(where)).splitlines()
    assert [json.loads(row)["line"] for row in first] == list(range(5, 25))


def test_a_refused_file_is_read_anew_when_it_is_dropped_again(receiving: Receiving) -> None:
    wrong = "incoming/hr-people/september.csv"
    drop(receiving, SEPTEMBER, wrong)
    assert receive(wrong, "v1", receiving).status == "refused"
    drop(receiving, SEPTEMBER)
    assert receive(KEY, "v1", receiving).status == "accepted"


def test_a_refused_file_is_accepted_when_it_is_dropped_again_after_its_profile_was_corrected(
    receiving: Receiving,
) -> None:
    rows = [b"r-%d,2026/09,100,50,USD\n" % number for number in range(9)]
    slashed = HEADER + b"".join([*rows, b"r-9,x,1,1,USD\n"])
    drop(receiving, slashed)
    refused = receive(KEY, "v1", receiving).batch
    assert (refused.refused, refused.rejected) == ("too_many_rejected", 10)
    mended = {"varicent-attainment": PROFILE + 'format: {period: "%Y/%m"}\n'}.get
    again = dataclasses.replace(receiving, profile_text=mended)
    drop(again, slashed)
    assert isinstance(receiving.clock, FakeClock)
    receiving.clock.advance(minutes=5)
    taken = receive(KEY, "v2", again).batch
    assert (taken.id, taken.refused, taken.rejected) == (refused.id, None, 1)
    kept = _lines(receiving, paths.rejected(taken.id, taken.known_at))
    assert [json.loads(line)["line"] for line in kept] == [11]


def test_a_directory_is_filed_whole_and_by_shard_and_is_then_in_force(receiving: Receiving) -> None:
    people = b"id,name,email,boss,role,region,hired\nm-1,Ada,ada@example.com,,MGR,West,2020-01-01\n"
    drop(receiving, people, "incoming/hr-people/people.csv")
    received = receive("incoming/hr-people/people.csv", "v1", receiving)
    assert receiving.store.directory_batch() == received.batch.id
    for shard in range(4):
        found = b"".join(receiving.files.read_lines(paths.people_shard(received.batch.id, shard)))
        assert (b"m-1" in found) == (shard == shard_of("m-1", 4))
    assert b"m-1" in b"".join(receiving.files.read_lines(paths.people(received.batch.id)))


def people(name: str) -> bytes:
    return f"id,name,email,boss,role,region,hired\nm-1,{name},ada@example.com,,MGR,West,2020-01-01\n".encode()


PEOPLE_KEY = "incoming/hr-people/people.csv"


def test_an_older_people_file_that_is_read_later_is_kept_and_not_put_in_force(receiving: Receiving) -> None:
    old = drop(receiving, people("Ada"), PEOPLE_KEY)
    new = drop(receiving, people("Ada Byron"), PEOPLE_KEY)
    in_force = receive(PEOPLE_KEY, new, receiving).batch
    late = receive(PEOPLE_KEY, old, receiving)
    assert (late.status, late.batch.refused) == ("accepted", None)
    assert receiving.store.batch(late.batch.id) == late.batch
    assert paths.people(late.batch.id) in receiving.files  # type: ignore[operator]  # the fake's own
    assert receiving.store.directory_batch() == in_force.id
    recorded = [event for event in store_of(receiving).seen if event.tag is EventTag.DIRECTORY_RECORDED]
    assert [event.data["in_force"] for event in recorded] == [True, False]


def test_of_two_people_files_read_at_once_the_later_drop_is_in_force(
    receiving: Receiving, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = drop(receiving, people("Ada"), PEOPLE_KEY)
    new = drop(receiving, people("Ada Byron"), PEOPLE_KEY)
    commit, store = receiving.store.commit, receiving.store

    def slow(change: Change) -> str:
        monkeypatch.setattr(store, "commit", commit)
        receive(PEOPLE_KEY, new, receiving)
        return commit(change)

    monkeypatch.setattr(store, "commit", slow)
    assert receive(PEOPLE_KEY, old, receiving).status == "accepted"
    in_force = store.directory_batch()
    assert in_force is not None
    assert store.batch(in_force).object_version == new


def test_a_lasting_conflict_is_left_to_the_workflows_retry(
    receiving: Receiving, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(receiving, SEPTEMBER)
    monkeypatch.setattr(receiving.store, "commit", _raises_conflict)
    with pytest.raises(Conflict):
        receive(KEY, None, receiving)


def _raises_conflict(change: object) -> str:
    raise Conflict("somebody else was first")


def test_an_export_that_is_gone_is_not_found(receiving: Receiving) -> None:
    with pytest.raises(NotFound):
        receive(KEY, "v1", receiving)


def test_the_samples_of_the_main_organisation_are_all_accepted(receiving: Receiving) -> None:
    root = Path(__file__).parents[3]
    profile = (root / "config/profiles/varicent-attainment.yaml").read_text()
    own = Receiving(
        receiving.store, receiving.exports, receiving.files, receiving.clock, lambda _: profile, shards=4
    )
    samples = sorted((root / "examples/varicent").glob("varicent-attainment-*.csv"))
    assert len(samples) == 13
    for sample in samples:
        key = f"incoming/varicent-attainment/{sample.name}"
        drop(own, sample.read_bytes(), key)
        assert receive(key, "v1", own).status == "accepted"
    assert len(own.store.revisions("2026-08")) >= 2


def test_a_directory_with_gaps_is_in_force_and_hr_is_told_of_them(receiving: Receiving) -> None:
    people = b"""id,name,email,boss,role,region,hired
m-1,Mia,mia@example.com,m-2,AE,West,2020-01-01
m-2,Max,max@example.com,m-1,AE,West,2020-01-01
"""
    key = "incoming/hr-people/people.csv"
    drop(receiving, people, key)
    received = receive(key, "v1", receiving)
    assert receiving.store.directory_batch() == received.batch.id
    (notice,) = notices(receiving)
    assert (notice.notice, notice.to) == (NoticeKind.DIRECTORY_FAULTS, HR_QUEUE)
    assert notice.parameters["circles_of_managers"] == "1: m-1 > m-2 > m-1"
    assert notice.parameters["without_hr_partner"] == "2: m-1, m-2"
    recorded = next(e for e in store_of(receiving).seen if e.tag is EventTag.DIRECTORY_RECORDED)
    assert recorded.data["faults"] == {"circles_of_managers": 1, "without_hr_partner": 2}
