"""The settings of a deployment, read from the CDK's context (`cdk.json`, `-c name=value`) and validated."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator


def _split(value: Any) -> Any:
    """A list from the command line is text, separated by commas."""
    return (
        tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value
    )


def _parsed(value: Any) -> Any:
    """A mapping from the command line is JSON text."""
    return json.loads(value) if isinstance(value, str) else value


Email = Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]
LogDays = Literal[7, 30, 90, 180, 365, 731, 1827]


class DeploymentSettings(BaseModel):
    """One deployment. The defaults suit a first deployment to AWS; `plumbline up` sets those of a laptop."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    stage: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,15}$")] = "production"
    """``local`` is the local cloud: no libraries in the bundles, no second factor."""
    libraries: Literal["bundled", "left-out"] | None = None
    """Whether bundles contain their libraries. By default, all but those of the local cloud do."""

    config: Path | None = None
    """A folder of policies and profiles in place of the project's own ``config``."""

    clock_rate: Annotated[int, Field(ge=1)] = 1
    """How many times faster than the world's the clock runs; more than 1 only on a laptop."""
    clock_origin: datetime | None = None
    """When the clock began to run faster than real time; required if the rate is not 1."""

    public_url: str | None = None
    """The first part of links in mails, if it is not the API's own address: a domain of yours."""
    api_base: str | None = None
    """The address below which an API is reached by its id instead of by host name: the local cloud."""
    console_url: str | None = None
    """The console's address for links in mails to compensation staff. Without it the mails have no link."""
    console_origins: Annotated[tuple[str, ...], BeforeValidator(_split)] = ()
    """The origins whose pages may call the API from a browser."""

    mail_from: Email = "plumbline@example.com"
    """The sender of every mail."""
    mail_identity: Literal["create", "existing"] = "create"
    """``create`` registers the domain of ``mail_from`` with SES; ``existing`` if it is registered already."""
    hr_queue_email: Email = "hr-queue@example.com"
    """The shared mailbox that is asked last in every chain."""
    source_owner_email: Email = "compensation@example.com"
    """Who is told of refused files and rejected rows."""
    source_owners: Annotated[dict[str, Email], BeforeValidator(_parsed)] = {}
    """By profile: who is told of faults in its files, in place of ``source_owner_email``."""
    alarm_email: str | None = None
    """Who is told when an alarm rings."""
    anchor_emails: Annotated[tuple[Email, ...], BeforeValidator(_split)] = ()
    """Who receives the ledger's latest checkpoint by mail each day, as a proof against later changes."""
    anchor_bucket: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")] | None = None
    """A bucket of another account, with Object Lock, to which the checkpoint is copied."""
    timestamp_url: Annotated[str, Field(pattern=r"^https?://[^\s/]+")] | None = None
    """A time-stamping authority (RFC 3161) that certifies the checkpoint each day."""

    shards: Annotated[int, Field(ge=1, le=1000)] = 16
    """The number of files among which reps are divided, with one Lambda each. Fixed by the first export."""
    large_export_bytes: Annotated[int, Field(ge=2)] = 64 * 1024 * 1024
    """A larger export that is not compressed is read in ranges of half this size, in parallel."""
    retention_days: Annotated[int, Field(ge=1, le=36500)] = 2557
    """How long nobody, not even the root user, can delete an object of the ledger. Seven years."""
    log_retention_days: LogDays = 90
    """How long CloudWatch keeps the functions' logs."""
    reserve_concurrency: bool = True
    """False in a new account, whose limit of ten concurrent executions leaves none to reserve."""

    @classmethod
    def from_context(cls, context: Mapping[str, Any]) -> Self:
        """The settings in the context. Its other keys are the CDK's own."""
        given = {name: context[name] for name in cls.model_fields if context.get(name) not in (None, "")}
        return cls.model_validate(given)

    @field_validator("log_retention_days", mode="before")
    @classmethod
    def _number(cls, value: Any) -> Any:
        return int(value) if isinstance(value, str) and value.isdecimal() else value

    @field_validator("public_url", "api_base", "console_url")
    @classmethod
    def _without_final_slash(cls, value: str | None) -> str | None:
        return value.rstrip("/") if value else value

    @field_validator("config")
    @classmethod
    def _holds_policies(cls, value: Path | None) -> Path | None:
        if value is not None and not (value / "policies").is_dir():
            raise ValueError(f"{value} has no folder of policies")
        return value

    @model_validator(mode="after")
    def _a_fast_clock_has_an_origin(self) -> Self:
        if self.clock_rate > 1 and self.clock_origin is None:
            raise ValueError("clock_origin is required if clock_rate is not 1")
        if self.clock_rate > 1 and not self.is_local:
            raise ValueError("only the local stage may run its clock faster than real time")
        return self

    @property
    def is_local(self) -> bool:
        return self.stage == "local"

    @property
    def bundles_libraries(self) -> bool:
        return not self.is_local if self.libraries is None else self.libraries == "bundled"
