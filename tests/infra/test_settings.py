"""A deployment's settings are validated before the synthesis."""

import pytest
from pydantic import ValidationError

from infra.settings import DeploymentSettings


def test_a_context_with_only_the_cdks_own_keys_gives_the_defaults() -> None:
    assert DeploymentSettings.from_context({"@aws-cdk/core:x": True, "stage": None}) == DeploymentSettings()


def test_text_values_from_a_command_line_are_parsed() -> None:
    settings = DeploymentSettings.from_context(
        {
            "shards": "64",
            "log_retention_days": "365",
            "reserve_concurrency": "false",
            "public_url": "https://x.example/",
            "console_url": "https://hr.example/plumbline/",
            "source_owners": '{"sap-attainment": "sap@x.example"}',
        }
    )
    assert (settings.shards, settings.log_retention_days, settings.reserve_concurrency) == (64, 365, False)
    assert settings.public_url == "https://x.example"
    assert settings.console_url == "https://hr.example/plumbline"
    assert settings.source_owners == {"sap-attainment": "sap@x.example"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"shards": "0"},
        {"stage": "Prod!"},
        {"mail_from": "nobody"},
        {"log_retention_days": "13"},
        {"source_owners": '{"sap-attainment": "nobody"}'},
        {"source_owners": "sap-attainment"},
        {"retention_days": "0"},
        {"anchor_emails": "notary@x.example,nobody"},
        {"anchor_bucket": "Not_A_Bucket"},
        {"timestamp_url": "ftp://tsa.example"},
        {"clock_rate": "10"},
        {"config": "no-such-folder"},
        {"clock_rate": "10", "clock_origin": "2026-01-01T00:00:00Z"},
    ],
    ids=lambda wrong: " ".join(f"{name}={value}" for name, value in wrong.items()),
)
def test_an_invalid_value_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        DeploymentSettings.from_context(wrong)


def test_only_a_laptops_clock_runs_faster() -> None:
    fast = {"stage": "local", "clock_rate": "10", "clock_origin": "2026-01-01T00:00:00Z"}
    assert DeploymentSettings.from_context(fast).clock_rate == 10


def test_only_local_bundles_leave_out_libraries_unless_a_setting_says_otherwise() -> None:
    assert DeploymentSettings().bundles_libraries
    assert not DeploymentSettings(stage="local").bundles_libraries
    assert not DeploymentSettings(libraries="left-out").bundles_libraries
    assert DeploymentSettings(stage="local", libraries="bundled").bundles_libraries
