"""The environment variables of each function: one model each, read at the function's first call."""

import os
from datetime import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, Json

from shared.runtime.clock import ScaledClock


class Settings(BaseModel):
    """The settings of every function. A missing or invalid variable fails the first call, which names it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    table_name: str = Field(alias="TABLE_NAME")
    """The table of cases, events and everything else that changes."""
    subject_key_id: str = Field(alias="SUBJECT_KEY_ID")
    """The KMS key that wraps each person's data key."""
    code_version: str = Field(alias="CODE_VERSION")
    """The digest of the deployed source, which events name."""
    clock_rate: int = Field(alias="CLOCK_RATE", ge=1)
    """How many times faster than the world's the clock runs; 1 on AWS."""
    clock_origin: datetime | None = Field(alias="CLOCK_ORIGIN", default=None)
    """Since when the clock runs faster."""

    @classmethod
    def from_environment(cls) -> Self:
        # Treat an empty variable as not set, because the template sets all of them.
        return cls.model_validate({name: value for name, value in os.environ.items() if value != ""})

    @property
    def clock(self) -> ScaledClock:
        return ScaledClock(self.clock_rate, self.clock_origin)


class FilesSettings(Settings):
    facts_bucket: str = Field(alias="FACTS_BUCKET")
    """The bucket of facts, decisions and rejected rows."""


class IngestSettings(FilesSettings):
    exports_bucket: str = Field(alias="EXPORTS_BUCKET")
    """The bucket into which exports are dropped."""
    shards: int = Field(alias="SHARDS", ge=1, le=9999)
    large_export_bytes: int = Field(alias="LARGE_EXPORT_BYTES", ge=2)
    """A larger export is read in ranges."""


class SweepSettings(Settings):
    exports_bucket: str = Field(alias="EXPORTS_BUCKET")
    """The bucket into which exports are dropped."""
    evaluation_state_machine_arn: str = Field(alias="EVALUATION_STATE_MACHINE_ARN")
    """The evaluation workflow."""


class PlanSettings(FilesSettings):
    shards: int = Field(alias="SHARDS", ge=1, le=9999)


class ReconcileSettings(FilesSettings):
    case_state_machine_arn: str = Field(alias="CASE_STATE_MACHINE_ARN")
    """The case workflow."""


class RelaySettings(FilesSettings):
    public_url: str = Field(alias="PUBLIC_URL")
    mail_from: str = Field(alias="MAIL_FROM")
    hr_queue_email: str = Field(alias="HR_QUEUE_EMAIL")
    source_owner_email: str = Field(alias="SOURCE_OWNER_EMAIL")
    source_owners: Json[dict[str, str]] = Field(alias="SOURCE_OWNERS", default={})
    """The owner of each source, by profile, as JSON."""
    console_url: str | None = Field(alias="CONSOLE_URL", default=None)
    configuration_set: str = Field(alias="CONFIGURATION_SET")
    """The SES configuration set that reports deliveries and bounces."""
    topic_arn: str = Field(alias="TOPIC_ARN")
    """The SNS topic that tells other systems of each event of a case."""
    case_state_machine_arn: str = Field(alias="CASE_STATE_MACHINE_ARN")
    """The case workflow."""


class RespondSettings(FilesSettings):
    public_url: str = Field(alias="PUBLIC_URL")
    console_url: str | None = Field(alias="CONSOLE_URL", default=None)


class LedgerSettings(Settings):
    ledger_bucket: str = Field(alias="LEDGER_BUCKET")
    """The bucket of segments and checkpoints, locked by S3 Object Lock."""
    signing_key_id: str = Field(alias="SIGNING_KEY_ID")
    """The KMS key that signs checkpoints."""
    retention_days: int = Field(alias="RETENTION_DAYS", ge=1)


class AnchorSettings(Settings):
    ledger_bucket: str = Field(alias="LEDGER_BUCKET")
    """The bucket of segments and checkpoints, locked by S3 Object Lock."""
    retention_days: int = Field(alias="RETENTION_DAYS", ge=1)
    anchor_emails: Json[tuple[str, ...]] = Field(alias="ANCHOR_EMAILS", default=())
    """The recipients of the latest checkpoint each day, as JSON."""
    anchor_bucket: str | None = Field(alias="ANCHOR_BUCKET", default=None)
    """A bucket of another account to which checkpoints are copied."""
    timestamp_url: str | None = Field(alias="TIMESTAMP_URL", default=None)
    """A time-stamping authority (RFC 3161)."""


class RecordSettings(FilesSettings):
    """The settings of everything that reads the whole record, `plumbline rebuild` included."""

    ledger_bucket: str = Field(alias="LEDGER_BUCKET")
    """The bucket of segments and checkpoints, locked by S3 Object Lock."""
    signing_key_id: str = Field(alias="SIGNING_KEY_ID")
    """The KMS key that signs checkpoints."""


class QuerySettings(RecordSettings):
    user_pool_id: str = Field(alias="USER_POOL_ID")
    """The Cognito user pool, in which an account is looked up before an act or an export."""
