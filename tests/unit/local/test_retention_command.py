"""`plumbline retention` where the bucket cannot be read."""

import pytest

from local.cli import main


@pytest.fixture(autouse=True)
def _no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def test_without_credentials_one_line_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["retention", "--bucket", "ledger"]) == 2
    said = capsys.readouterr().err
    assert said == "plumbline: the bucket ledger cannot be read: Unable to locate credentials\n"


def test_an_endpoint_that_is_no_address_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["retention", "--bucket", "ledger", "--endpoint", "nowhere"]) == 2
    assert capsys.readouterr().err == "plumbline: Invalid endpoint: nowhere\n"
