"""`plumbline shred` and `plumbline hold`, against an API that answers from memory."""

from typing import Any

import pytest

from local.cli import main
from local.cloud import sign_in
from local.cloud.sign_in import Refused
from local.commands import hold, shred

SHREDDED = {"person": "r 7/a", "status": "shredded", "shredded_at": "2026-10-05T14:00:00.000Z", "by": "hr-9"}
HELD = {"person": "r-7", "status": "held", "since": "2026-10-05T14:00:00.000Z", "comparators": ["r-8"]}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    calls: list[tuple[Any, ...]] = []

    def answer(args: Any, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        calls.append((method, path, body))
        return SHREDDED if path.endswith("/shred") else HELD

    for command in (shred, hold):
        monkeypatch.setattr(command, "call", answer)
    return calls


def test_shredding_names_the_person_and_says_what_was_done(
    asked: list[tuple[Any, ...]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["shred", "person/r 7/a", "--user", "hugo", "--reason", "Left years ago."]) == 0
    assert asked == [("POST", "/people/r%207%2Fa/shred", {"reason": "Left years ago."})]
    assert capsys.readouterr().out == "r 7/a was shredded at 2026-10-05T14:00:00.000Z by hr-9\n"


def test_a_hold_is_placed_with_comparators_and_lifted(asked: list[tuple[Any, ...]]) -> None:
    assert main(["hold", "r-7", "--reason", "Charge filed.", "--comparator", "r-8"]) == 0
    assert main(["hold", "r-7", "--reason", "It was settled.", "--lift"]) == 0
    assert asked == [
        ("POST", "/people/r-7/hold", {"reason": "Charge filed.", "comparators": ["r-8"]}),
        ("DELETE", "/people/r-7/hold", {"reason": "It was settled."}),
    ]


def test_a_refusal_is_one_line_and_status_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: Any) -> dict[str, Any]:
        raise Refused("a legal hold keeps this record")

    for command in (shred, hold):
        monkeypatch.setattr(command, "call", refuse)
    for name in ("shred", "hold"):
        assert main([name, "r-7", "--user", "hugo", "--reason", "Left years ago."]) == 1
        assert capsys.readouterr().err == "plumbline: a legal hold keeps this record\n"


def test_without_a_running_cloud_or_a_name_it_is_usage(
    tmp_path: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    said = ["shred", "r-7", "--reason", "Left years ago.", "--data", str(tmp_path)]
    assert main(said) == 2
    assert "plumbline up" in capsys.readouterr().err
    monkeypatch.setattr(sign_in, "read_stack", lambda _: {"api_url": "http://127.0.0.1:9"})
    assert main(said) == 2
    assert "--user NAME" in capsys.readouterr().err
