"""A witness that fetches the ledger from the API itself: its token goes to the API, and to nobody else."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.cli import main
from tests.contract.shown_ledger import Api, ledger, look, shown


@pytest.fixture
def api() -> Iterator[Api]:
    with shown() as api:
        yield api


def test_what_the_api_shows_must_have_grown(api: Api, tmp_path: Path) -> None:
    statuses = []
    for names in (("a",), ("a", "b"), ("a",), ("a", "B", "c")):
        api.replies["/ledger/evidence"] = (200, "application/zip", ledger(*names))
        statuses.append(look(tmp_path, f"{api.url}/"))
    assert statuses == [0, 0, 1, 1]
    assert {path for path, _ in api.asked} == {
        "/ledger/evidence",
        "/ledger/consistency?from=1",
        "/ledger/consistency?from=2",
    }
    assert {token for _, token in api.asked} == {"Bearer secret"}


def test_a_large_ledger_is_fetched_by_its_link_without_the_token(api: Api, tmp_path: Path) -> None:
    link = json.dumps({"url": f"{api.url}/large?signed=1"}).encode()
    api.replies["/ledger/evidence"] = (200, "application/vnd.plumbline.link+json", link)
    api.replies["/large?signed=1"] = (200, "application/zip", ledger("a"))
    assert look(tmp_path, api.url) == 0
    assert api.asked[1] == ("/large?signed=1", None)


def test_a_token_follows_no_redirection(api: Api, tmp_path: Path) -> None:
    api.replies["/ledger/evidence"] = (302, "text/plain", b"")
    assert look(tmp_path, api.url) == 2
    assert [path for path, _ in api.asked] == ["/ledger/evidence"]


def test_a_token_is_sent_only_over_https(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert look(tmp_path, "http://ledger.example") == 2
    assert "only over https" in capsys.readouterr().err


def test_a_refusal_is_told_and_changes_nothing(
    api: Api, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    api.replies["/ledger/evidence"] = (403, "application/problem+json", b"{}")
    assert look(tmp_path, api.url) == 2
    assert "answered 403" in capsys.readouterr().err
    assert not (tmp_path / "seen.json").exists()


def test_without_a_token_nobody_is_asked(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("PLUMBLINE_TOKEN", raising=False)
    assert main(["witness", "--state", str(tmp_path / "seen.json"), "--source", api.url]) == 2
    assert "PLUMBLINE_TOKEN" in capsys.readouterr().err
    assert api.asked == []
