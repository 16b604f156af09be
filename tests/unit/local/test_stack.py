"""The folder of a local cloud: one process at a time, and a clock that never changes."""

from pathlib import Path

import pytest

from local.cloud import stack
from shared.domain.errors import InvalidInput


def test_the_clock_and_ports_of_a_folder_stay(tmp_path: Path) -> None:
    first = stack._settings(tmp_path, 500) | {"engine_port": 4566}
    stack._write(tmp_path / "settings.json", first)
    assert stack._settings(tmp_path, None) == first
    assert stack._settings(tmp_path, 500) == first


def test_another_clock_rate_for_an_existing_folder_is_refused(tmp_path: Path) -> None:
    stack._write(tmp_path / "settings.json", stack._settings(tmp_path, 500))
    with pytest.raises(
        InvalidInput, match=r"runs at 500 times real time.*for a rate of 2 use another --data"
    ):
        stack._settings(tmp_path, 2)


def test_by_default_the_clock_is_real_time(tmp_path: Path) -> None:
    assert stack._settings(tmp_path, None)["clock_rate"] == 1


def test_one_process_runs_the_cloud_of_a_folder(tmp_path: Path) -> None:
    with (
        stack._exclusive(tmp_path),
        pytest.raises(stack.AlreadyRunning, match="is running already"),
        stack._exclusive(tmp_path),
    ):
        pass
    with stack._exclusive(tmp_path):
        pass


def test_a_fresh_start_empties_the_folder(tmp_path: Path) -> None:
    (tmp_path / "engine").mkdir()
    (tmp_path / "engine" / "state").touch()
    (tmp_path / "settings.json").touch()
    stack._empty(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_without_a_running_cloud_the_error_says_how_to_start_one(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="`plumbline up` starts one"):
        stack.read_stack(tmp_path)
