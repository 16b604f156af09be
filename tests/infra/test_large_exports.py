"""What reading in ranges needs from the template."""

from pathlib import Path

from infra.settings import DeploymentSettings
from shared.domain import paths
from tests.infra.conftest import Template, synthesise


def test_the_limit_is_a_setting(template: Template, tmp_path: Path) -> None:
    assert template.function("Ingest")["Environment"]["Variables"]["LARGE_EXPORT_BYTES"] == str(64 * 2**20)
    settings = DeploymentSettings(libraries="left-out", large_export_bytes=1000)
    told = synthesise(tmp_path, settings).function("Ingest")["Environment"]["Variables"]
    assert told["LARGE_EXPORT_BYTES"] == "1000"


def test_files_between_steps_expire_and_facts_do_not(template: Template) -> None:
    rules = template.only("S3::Bucket", "StorageFacts")["LifecycleConfiguration"]["Rules"]
    expiring = [rule for rule in rules if "ExpirationInDays" in rule or "NoncurrentVersionExpiration" in rule]
    goes = {rule["Prefix"]: rule["ExpirationInDays"] for rule in expiring}
    assert goes == {paths.STAGING: 14, paths.HANDOUTS: 1}


def test_the_workflow_may_read_the_list_of_ranges(template: Template) -> None:
    resources = [
        str(statement["Resource"])
        for name, statement in template.statements()
        if name.startswith("EvaluationFlow") and statement["Action"] == "s3:GetObject"
    ]
    assert len(resources) == 1
    assert f"/{paths.STAGING}*" in resources[0]
    assert "/evaluations/*" in resources[0]
