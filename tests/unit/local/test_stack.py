"""The folder of a local cloud: one process at a time, and a clock that never changes."""

import os
from pathlib import Path

import pytest

from local.cloud import stack
from local.cloud.engine import STEADY_PORTS
from local.cloud.private_files import private_folder, write_json
from shared.domain.errors import InvalidInput


def test_the_clock_and_ports_of_a_folder_stay(tmp_path: Path) -> None:
    first = stack._settings(tmp_path, 500)
    write_json(tmp_path / "settings.json", first)
    assert stack._settings(tmp_path, None) == first
    assert stack._settings(tmp_path, 500) == first


def test_another_clock_rate_for_an_existing_folder_is_refused(tmp_path: Path) -> None:
    write_json(tmp_path / "settings.json", stack._settings(tmp_path, 500))
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


@pytest.mark.parametrize("now_free", [20100, 20200])
def test_the_port_of_links_stays_and_one_that_is_taken_is_reported(
    monkeypatch: pytest.MonkeyPatch, now_free: int
) -> None:
    monkeypatch.setattr(stack, "free_port", lambda preferred: now_free)
    said: list[str] = []
    assert stack._front_port(20100, said.append) == now_free
    told = "another program listens on port 20100, which the links in earlier mails name"
    assert [told in each for each in said] == ([] if now_free == 20100 else [True])


def test_ports_are_not_those_that_systems_take_for_connections() -> None:
    linux, others = range(32768, 61000), range(49152, 65536)
    assert not {*STEADY_PORTS} & {*linux, *others}


def test_only_its_owner_may_read_the_folder_and_its_files(tmp_path: Path) -> None:
    folder = tmp_path / "cloud"
    folder.mkdir(mode=0o755)
    with private_folder(folder):
        (folder / "engine").mkdir()
        (folder / "engine" / "engine.log").touch()
        write_json(folder / "settings.json", {})
    assert [path for path in (folder, *folder.rglob("*")) if path.stat().st_mode & 0o077] == []


def test_the_file_with_passwords_is_closed_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        write_json(tmp_path / "accounts.json", {"password": "secret"})
    finally:
        os.umask(before)
    assert (tmp_path / "accounts.json").stat().st_mode & 0o777 == 0o600
