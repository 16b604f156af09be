"""Node.js: the machine's own if it is recent enough, otherwise the one from the Python package."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from local import node


@pytest.fixture
def on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("PATH", str(tmp_path))
    node.node_directory.cache_clear()
    yield tmp_path
    node.node_directory.cache_clear()


def install(folder: Path, version: str) -> None:
    for name in ("node", "npm"):
        (folder / name).write_text(f"#!/bin/sh\necho {version}\n")
        (folder / name).chmod(0o755)


def test_a_recent_node_of_the_machine_is_used(on_path: Path) -> None:
    install(on_path, "v22.1.0")
    assert node.node_directory() == on_path


@pytest.mark.parametrize("version", ["v18.20.0", "no version at all"])
def test_an_old_or_broken_node_is_passed_over(on_path: Path, version: str) -> None:
    install(on_path, version)
    assert node.node_directory() != on_path


def test_without_one_the_packaged_node_and_npm_are_used(on_path: Path) -> None:
    assert (node.node_directory() / "node").exists()
    assert (node.node_directory() / "npm").exists()


def test_the_packaged_npm_runs(on_path: Path) -> None:
    reply = subprocess.run([*node.program("npm"), "--version"], capture_output=True, text=True, check=True)
    assert reply.stdout[:1].isdigit()


def test_programs_find_node_first_on_their_path(on_path: Path) -> None:
    install(on_path, "v24.0.0")
    assert node.environment()["PATH"].split(":")[0] == str(on_path)
    assert node.environment()["JSII_NODE"] == str(on_path / "node")
