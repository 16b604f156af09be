"""The error of a failed deployment, and when a deployment is skipped."""

from pathlib import Path

import pytest

from local.cloud import deploy


def test_a_failure_is_reported_by_the_lines_with_errors() -> None:
    words = "\n".join(
        ["Plumbline | CREATE_COMPLETE | A", "Plumbline | CREATE_FAILED | B: not supported", "x" * 10] * 2
    )
    assert deploy._reasons(words) == "Plumbline | CREATE_FAILED | B: not supported"


def test_a_failure_without_such_lines_is_reported_by_the_last_lines() -> None:
    assert deploy._reasons("\n".join(map(str, range(30)))).splitlines() == [str(n) for n in range(20, 30)]


def test_a_deployment_is_done_again_when_a_file_or_a_setting_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deploy, "ROOT", tmp_path)
    for source in deploy.SOURCES:
        folder = tmp_path / source if "." not in source else tmp_path / "requirements"
        folder.mkdir(exist_ok=True)
        (tmp_path / source if "." in source else folder / "a.py").write_text("1")
    first = deploy._digest({"stage": "local"})
    assert deploy._digest({"stage": "local"}) == first
    assert deploy._digest({"stage": "local", "clock_rate": "2"}) != first
    (tmp_path / "infra" / "__pycache__").mkdir()
    (tmp_path / "infra" / "__pycache__" / "a.pyc").write_text("1")
    assert deploy._digest({"stage": "local"}) == first
    (tmp_path / "infra" / "a.py").write_text("2")
    assert deploy._digest({"stage": "local"}) != first
