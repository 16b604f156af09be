"""The day's checkpoint goes out once each channel, whatever fails, dies or runs twice."""

import json
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from functions.audit.handlers import anchor as anchor_handler
from functions.audit.ledger.anchor_checkpoint import (
    Anchoring,
    Authority,
    Channel,
    OtherAccount,
    anchor_checkpoint,
)
from functions.audit.ledger.format import parse_checkpoint
from shared.domain.canonical import digest
from shared.domain.effect import Notice, NoticeKind
from shared.domain.errors import Conflict, NotFound, NotYet
from shared.domain.event import Event, EventTag, stamp
from tests.fakes.clock import FakeClock
from tests.fakes.store import FakeStore
from tests.unit.audit.test_seal_handler import Context
from tests.unit.audit.workshop import START, Bucket, Crash, HeadItem, World

MINUTE = timedelta(minutes=1)
TOKEN_OF = "ledger/timestamps/000000000001-000000000000.tsr"
CHECKPOINT = "ledger/checkpoints/000000000001-000000000000.json"


@dataclass
class Stamps:
    """An authority that certifies, or is away."""

    away: bool = False
    asked: list[bytes] = field(default_factory=list)

    def stamp(self, data: bytes) -> bytes:
        if self.away:
            raise NotYet("nobody answers")
        self.asked.append(data)
        return b"token %d over " % len(self.asked) + digest(data).encode()


@dataclass
class Office:
    """A ledger of one event, and others who hold its checkpoints."""

    world: World = field(default_factory=World)
    other: World = field(default_factory=World)
    stamps: Stamps = field(default_factory=Stamps)
    clock: FakeClock = field(default_factory=lambda: FakeClock(START + 5 * MINUTE))

    def __post_init__(self) -> None:
        self.world.happened("case/c-1", EventTag.CASE_OPENED, START)
        self.world.seal(START + MINUTE)
        self.store = FakeStore(self.clock)
        self.failures: list[tuple[Channel, str]] = []
        self.anchoring = Anchoring(
            head=HeadItem(self.world),
            archive=Bucket(self.world),
            store=self.store,
            clock=self.clock,
            retention=timedelta(days=365),
            addresses=("works.council@x.example", "notary@y.example"),
            other_account=OtherAccount("anchors-elsewhere", Bucket(self.other)),
            authority=Authority("tsa.example", self.stamps),
        )

    def run(self) -> list[Channel]:
        def note(channel: Channel, error: Exception) -> None:
            self.failures.append((channel, type(error).__name__))

        return anchor_checkpoint(self.anchoring, note)

    def seal_more(self) -> None:
        self.world.happened("case/c-1", EventTag.CASE_CLOSED, self.clock.now())
        self.world.seal(self.clock.now() + MINUTE)

    def notices(self) -> list[Notice]:
        return [effect for effect in self.store.effects if isinstance(effect, Notice)]

    def anchored(self) -> dict[str, Event]:
        """The events, by channel and day."""
        return {f"{event.data['by']} {event.occurred_at[:10]}": event for event in self.store.seen}


@pytest.fixture
def office() -> Office:
    return Office()


def test_a_sent_checkpoint_is_dated_after_it_was_read_and_not_when_the_run_began(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = stamp(office.clock.now())

    def get_later(name: str) -> bytes:
        office.clock.advance(hours=1)
        return Bucket(office.world).get(name)

    monkeypatch.setattr(office.anchoring.archive, "get", get_later)
    office.run()
    assert len(office.store.seen) == 3
    assert all(event.occurred_at > began for event in office.store.seen)


def test_the_latest_checkpoint_goes_out_each_way_and_the_record_says_where(office: Office) -> None:
    assert office.run() == ["mail", "bucket", "time_stamp"]
    file = office.world.files[CHECKPOINT]
    assert {notice.parameters["checkpoint"] for notice in office.notices()} == {file.decode()}
    assert [notice.parameters["address"] for notice in office.notices()] == [
        "works.council@x.example",
        "notary@y.example",
    ]
    assert office.other.files == {CHECKPOINT: file}
    assert office.other.retained[CHECKPOINT] == office.clock.now() + timedelta(days=365)
    assert office.stamps.asked == [file]
    assert {event.tag for event in office.store.seen} == {EventTag.CHECKPOINT_ANCHORED}
    found = [event.data for event in office.store.seen]
    assert {data["checkpoint"] for data in found} == {parse_checkpoint(file)[0].digest()}
    assert {(data["number"], data["size"]) for data in found} == {(0, 1)}
    assert {data["by"]: data["to"] for data in found} == {
        "mail": ["x.example", "y.example"],
        "bucket": ["anchors-elsewhere"],
        "time_stamp": ["tsa.example"],
    }
    assert found[-1]["token"] == digest(office.world.files[TOKEN_OF])


def test_no_address_of_a_person_stands_in_the_record(office: Office) -> None:
    office.run()
    assert not any("works.council" in json.dumps(event.data) for event in office.store.seen)


def test_each_channel_is_served_once_a_day_however_often_the_function_runs(office: Office) -> None:
    office.run()
    for _ in range(3):
        office.clock.advance(hours=1)
        office.seal_more()
        assert office.run() == []
    assert (len(office.notices()), len(office.stamps.asked), len(office.other.files)) == (2, 1, 1)
    office.clock.advance(days=1)
    assert office.run() == ["mail", "bucket", "time_stamp"]
    assert len({notice.id for notice in office.notices()}) == 4
    assert parse_checkpoint(office.stamps.asked[-1])[0].size == 4


def test_an_unavailable_authority_delays_no_other_channel_and_is_asked_again_the_next_hour(
    office: Office,
) -> None:
    office.stamps.away = True
    assert office.run() == ["mail", "bucket"]
    assert office.failures == [("time_stamp", "NotYet")]
    office.clock.advance(hours=1)
    office.seal_more()
    office.stamps.away = False
    assert office.run() == ["time_stamp"]
    assert [parse_checkpoint(data)[0].size for data in office.stamps.asked] == [2]


def test_a_different_file_under_the_checkpoints_name_in_the_other_account_is_reported(office: Office) -> None:
    office.other.files[CHECKPOINT] = b"something else"
    assert office.run() == ["mail", "time_stamp"]
    assert office.failures == [("bucket", "IntegrityError")]
    assert office.other.files[CHECKPOINT] == b"something else"


@pytest.mark.parametrize("calls", range(1, 3))
def test_the_next_run_finishes_a_copy_that_failed_half_way(office: Office, calls: int) -> None:
    office.other.die_at = calls
    office.run()
    assert office.failures == [("bucket", "Crash")]
    assert office.run() == ["bucket"]
    assert office.other.files == {CHECKPOINT: office.world.files[CHECKPOINT]}


def test_a_token_that_was_stored_before_a_crash_is_the_one_that_is_recorded(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.anchoring = replace(office.anchoring, addresses=(), other_account=None)
    commit = office.store.commit
    monkeypatch.setattr(office.store, "commit", lambda change: (_ for _ in ()).throw(Crash))
    assert office.run() == []
    first = office.world.files[TOKEN_OF]
    monkeypatch.setattr(office.store, "commit", commit)
    assert office.run() == ["time_stamp"]
    assert len(office.stamps.asked) == 1
    assert office.store.seen[-1].data["token"] == digest(first)


def test_the_first_token_counts_when_two_runs_ask_at_once(office: Office) -> None:
    other = replace(office.anchoring, addresses=(), other_account=None)

    @dataclass
    class Overtaken:
        def stamp(self, data: bytes) -> bytes:
            # Meanwhile another run asks, stores and records.
            anchor_checkpoint(other, lambda channel, error: pytest.fail(f"{channel}: {error!r}"))
            return b"too late"

    office.anchoring = replace(other, authority=Authority("tsa.example", Overtaken()))
    office.run()
    assert office.failures == []
    assert office.world.files[TOKEN_OF].startswith(b"token 1")
    assert len(office.store.seen) == 1


def test_a_conflict_is_retried_and_a_lasting_one_is_reported(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.anchoring = replace(office.anchoring, other_account=None, authority=None)
    commit, refusals = office.store.commit, [2]

    def busy(change: object) -> str:
        refusals[0] -= 1
        if refusals[0] >= 0:
            raise Conflict("the chain moved")
        return commit(change)  # type: ignore[arg-type]  # as it was handed over

    monkeypatch.setattr(office.store, "commit", busy)
    assert office.run() == ["mail"]
    office.clock.advance(days=1)
    refusals[0] = 3
    assert office.run() == []
    assert office.failures == [("mail", "Conflict")]


def test_nothing_is_sent_before_the_first_checkpoint_or_without_a_channel() -> None:
    office = Office()
    assert anchor_checkpoint(replace(office.anchoring, head=HeadItem(World())), _never) == []
    nobody = replace(office.anchoring, addresses=(), other_account=None, authority=None)
    assert anchor_checkpoint(nobody, _never) == []
    assert (office.store.seen, office.store.effects) == ([], [])


def test_while_a_round_is_being_sealed_the_checkpoint_before_it_goes_out(office: Office) -> None:
    office.world.happened("case/c-1", EventTag.CASE_CLOSED, START + 6 * MINUTE)
    office.world.calls, office.world.die_at = 0, 6  # the plan is stored, its checkpoint is not
    with pytest.raises(Crash):
        office.world.seal(START + 7 * MINUTE)
    assert office.run() == ["mail", "bucket", "time_stamp"]
    assert list(office.other.files) == [CHECKPOINT]


def test_a_head_that_names_a_checkpoint_that_is_gone_stops_the_run(office: Office) -> None:
    del office.world.files[CHECKPOINT]
    with pytest.raises(NotFound):
        office.run()


def test_anchor_mails_have_their_own_notice_kind_and_go_to_nobody_in_the_directory(office: Office) -> None:
    office.run()
    assert {(notice.notice, notice.to) for notice in office.notices()} == {
        (NoticeKind.CHECKPOINT_ANCHOR, None)
    }


def test_successes_and_failures_are_metrics_and_the_log_holds_no_answer_of_the_authority(
    office: Office, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    office.stamps.away = True
    monkeypatch.setattr(anchor_handler, "_dependencies", lambda: office.anchoring)
    assert anchor_handler.handle({}, Context()) == {"done": ["mail", "bucket"], "failed": ["time_stamp"]}
    out, log = capsys.readouterr()
    [counted] = [json.loads(line) for line in out.splitlines() if '"_aws"' in line]
    assert (counted["AnchorsMade"], counted["AnchorsFailed"]) == ([2.0], [1.0])
    assert counted["service"] == "anchor"
    assert "nobody answers" not in out + log


def _never(channel: Channel, error: Exception) -> None:
    raise AssertionError(f"{channel}: {error!r}")


def test_the_day_comes_from_the_products_clock() -> None:
    office = Office(clock=FakeClock(datetime.fromisoformat("2026-10-01T23:59:59Z")))
    office.run()
    office.clock.advance(seconds=1)
    office.run()
    assert sorted(office.anchored()) == sorted(
        f"{channel} 2026-10-0{day}" for channel in ("mail", "bucket", "time_stamp") for day in (1, 2)
    )
