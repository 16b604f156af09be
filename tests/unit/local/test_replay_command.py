"""``plumbline replay`` says plainly whether an evaluation comes out as it did."""

import pytest

from functions.evaluate.replay_evaluation import Fault, Replay, ShardReplayed
from local import cli
from local.commands.replay import show
from tests.fakes.builders import a_plan

SHARD = ShardReplayed("0000", 50, "ab" * 32, same=True)


def test_the_same_bytes_are_said_to_be_so(capsys: pytest.CaptureFixture[str]) -> None:
    show(Replay(a_plan(), (SHARD,), "ef" * 32, (), "test"))
    said = capsys.readouterr()
    assert said.out.splitlines()[-1] == "identical: 50 decisions in 1 shards, byte for byte"
    assert "replayed by code" not in said.out
    assert said.err == ""


def test_what_differs_is_named_on_standard_error_and_other_code_beside_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    fault = Fault("Merkle root", "one anew, another in the record")
    show(Replay(a_plan(), (SHARD,), "ef" * 32, (fault,), "newer"))
    said = capsys.readouterr()
    assert said.err == "Merkle root: one anew, another in the record\n"
    assert "decided by code test, replayed by code newer" in said.out
    assert said.out.splitlines()[-1] == "not identical"


def test_what_cannot_be_decided_anew_is_not_called_different(capsys: pytest.CaptureFixture[str]) -> None:
    show(Replay(a_plan(), (), None, (Fault("facts/x", "the file is missing"),), "test"))
    said = capsys.readouterr()
    assert said.err == "facts/x: the file is missing\n"
    assert said.out.splitlines()[-1].startswith("not replayed")


def test_without_a_running_cloud_it_is_a_mistake_in_usage(
    tmp_path: object, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["replay", "evaluation-1", "--data", str(tmp_path)]) == 2
    assert "no local cloud runs" in capsys.readouterr().err
