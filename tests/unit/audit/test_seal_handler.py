"""The sealing function: whatever rang, it seals all there is, and says how far behind it was."""

import json
from dataclasses import dataclass
from datetime import timedelta

import pytest

from functions.audit.handlers import seal as seal_handler
from shared.domain.event import EventTag
from tests.fakes.clock import FakeClock
from tests.unit.audit.workshop import START, World


@dataclass
class Context:
    function_name: str = "seal"
    memory_limit_in_mb: int = 128
    invoked_function_arn: str = "arn:aws:lambda:eu-central-1:000000000000:function:seal"
    aws_request_id: str = "request-1"


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World()
    clock = FakeClock(START + timedelta(seconds=90))
    monkeypatch.setattr(seal_handler, "_dependencies", lambda: (world.sealing(), clock))
    return world


@pytest.mark.parametrize("event", [{}, {"Records": []}, {"source": "aws.events"}])
def test_every_start_seals_everything(world: World, event: dict[str, object]) -> None:
    world.happened("case/c-1", EventTag.CASE_OPENED, START)
    assert seal_handler.handle(event, Context()) == {"sealed": 1, "size": 1, "waiting": 0}


def test_lag_and_gaps_are_metrics(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.happened("case/c-1", EventTag.CASE_OPENED, START)
    seal_handler.handle({}, Context())
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    assert lines[-1]["SealLagSeconds"] == [90.0]
    assert lines[-1]["SealBroken"] == [0.0]
    assert lines[-1]["service"] == "seal"


def test_a_second_writer_leaves_the_work_to_the_first(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.happened("case/c-1", EventTag.CASE_OPENED, START)
    sealing = world.sealing()
    read = sealing.head.read

    def overtaken() -> tuple[int, bytes] | None:
        found = read()
        world.head_item = (found[0] + 1 if found else 1, found[1] if found else b"")
        return found

    monkeypatch.setattr(sealing.head, "read", overtaken)
    monkeypatch.setattr(seal_handler, "_dependencies", lambda: (sealing, FakeClock(START)))
    assert seal_handler.handle({}, Context()) == {"sealed": 0, "size": None, "waiting": None}
