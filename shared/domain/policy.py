"""A policy: the dated, versioned rules by which people are evaluated, and the ladder of its cases."""

import hashlib
import json
from datetime import date
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    model_validator,
)

from shared.domain import strict_yaml
from shared.domain.canonical import canonical_bytes, refuse_inexact
from shared.domain.errors import InvalidPolicy
from shared.domain.identifiers import PolicyRef, policy_ref
from shared.domain.ladder import Decimal, PauseTerms, Relapse, Retention, Stage, Word
from shared.domain.period import Period, PeriodKind

SignedDecimal = Annotated[str, Field(pattern=r"^-?[0-9]{1,6}(\.[0-9]{1,12})?$")]
GroupField = Literal["role", "region", "manager_id", "hr_partner_id", "timezone"]
Window = Annotated[int, Field(ge=1, le=120)]
RuleKind = Literal["below", "trailing_below", "peer_rank_below"]
_KINDS: tuple[RuleKind, ...] = ("below", "trailing_below", "peer_rank_below")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Calendar(_Part):
    """Where business days are counted. A person's own time zone takes precedence."""

    timezone: Annotated[str, Field(min_length=1, max_length=64)] = "UTC"
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None
    subdivision: Annotated[str, Field(min_length=1, max_length=16)] | None = None


class AppliesTo(_Part):
    roles: Annotated[tuple[str, ...], Field(min_length=1)]
    regions: Annotated[tuple[str, ...], Field(min_length=1)]


class Eligibility(_Part):
    min_tenure_days: Annotated[int, Field(ge=0, le=100_000)]
    min_eligible_fraction: Decimal
    ramp: tuple[Decimal, ...] = ()


class Structural(_Part):
    """Where most of a group falls short, sales leadership is asked about the quotas and no case opens."""

    group_by: tuple[GroupField, ...]
    min_group: Annotated[int, Field(ge=1)]
    share_below: Decimal


def _at_most_one(share: str) -> str:
    if Fraction(share) > 1:
        raise ValueError(f"{share} is over 1")
    return share


def _inside_zero_and_one(share: str) -> str:
    if not 0 < Fraction(share) < 1:
        raise ValueError(f"{share} is not between 0 and 1, both excluded")
    return share


class Pace(_Part):
    """How an unfinished period is projected; a policy without these terms projects none."""

    below: SignedDecimal
    speaks_from: Annotated[Decimal, AfterValidator(_at_most_one), Field(alias="from")]
    """The share of the period's business days that has to be over before anybody is projected."""
    coverage: Annotated[Decimal, AfterValidator(_inside_zero_and_one)]
    history: Annotated[int, Field(ge=1)]
    """How many calendar periods back the figures of the past are taken."""
    min_history: Annotated[int, Field(ge=1)]
    group_by: tuple[GroupField, ...]


class _Rule(_Part):
    id: Word
    opens: Word
    cite: str | None = None


class BelowRule(_Rule):
    below: SignedDecimal
    count: Annotated[int, Field(ge=1)]
    of_last: Window


class TrailingRule(_Rule):
    trailing_below: SignedDecimal
    of_last: Window


class PeerRankRule(_Rule):
    peer_rank_below: Decimal
    group_by: tuple[GroupField, ...]
    min_group: Annotated[int, Field(ge=1)]


def _rule_kind(rule: Any) -> str | None:
    found = [kind for kind in _KINDS if (kind in rule if isinstance(rule, dict) else hasattr(rule, kind))]
    return found[0] if len(found) == 1 else None


Rule = Annotated[
    Annotated[BelowRule, Tag("below")]
    | Annotated[TrailingRule, Tag("trailing_below")]
    | Annotated[PeerRankRule, Tag("peer_rank_below")],
    Discriminator(
        _rule_kind,
        custom_error_type="rule_kind",
        custom_error_message="should have exactly one of below, trailing_below and peer_rank_below",
    ),
]


class Policy(_Part):
    """One version of a policy. ``policy`` is its name; ``ref`` names the version."""

    policy: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
    version: Annotated[int, Field(ge=1)]
    effective_from: date
    ends_on: date | None = None
    """From this day on the policy opens no case, and the open cases of all its versions end."""
    title: str = ""
    period: PeriodKind
    calendar: Calendar = Calendar()
    applies_to: AppliesTo
    eligibility: Eligibility
    structural: Structural | None = None
    pace: Pace | None = None
    rules: tuple[Rule, ...]
    ladder: Annotated[tuple[Stage, ...], Field(min_length=1)]
    relapse: Relapse | None = None
    hold: PauseTerms = PauseTerms()
    retention: Retention = Retention()

    @model_validator(mode="after")
    def _names_agree(self) -> "Policy":
        stages = [stage.stage for stage in self.ladder]
        for index, stage in enumerate(stages):
            if stage in stages[:index]:
                raise ValueError(f"ladder[{index}].stage: {stage!r} is in the ladder twice")
        rules = [rule.id for rule in self.rules]
        for index, rule in enumerate(self.rules):
            if rule.id in rules[:index]:
                raise ValueError(f"rules[{index}].id: {rule.id!r} is the id of an earlier rule already")
            if rule.opens not in stages:
                raise ValueError(f"rules[{index}].opens: {rule.opens!r} is not a stage of the ladder")
        return self

    @property
    def ref(self) -> PolicyRef:
        """The version's name, as in ``field-sales@3``."""
        return policy_ref(self.policy, self.version)

    @property
    def longest_window(self) -> int:
        """How many periods the longest rule looks at, the evaluated one included; at least one."""
        return max([1, *(rule.of_last for rule in self.rules if not isinstance(rule, PeerRankRule))])

    def stage(self, name: str) -> Stage:
        """The stage of this name; KeyError where the ladder has none."""
        for stage in self.ladder:
            if stage.stage == name:
                return stage
        raise KeyError(name)

    def stage_index(self, name: str) -> int:
        """The position of a stage in the ladder, from 0."""
        return [stage.stage for stage in self.ladder].index(name)

    def require_period(self, text: str) -> Period:
        """Parse a period that this version can evaluate: of its kind, and not before it came into force."""
        period = self.require_kind(text)
        if period.first_day < self.effective_from:
            raise InvalidPolicy(
                f"{self.ref} is in force from {self.effective_from}; {text} begins on {period.first_day}"
            )
        return period

    def require_pace(self) -> Pace:
        """The terms of pace; InvalidPolicy where the policy has none."""
        if self.pace is None:
            raise InvalidPolicy(f"{self.ref} has no key pace, so no unfinished {self.period} is projected")
        return self.pace

    def require_kind(self, text: str) -> Period:
        """Parse a period of the policy's own kind, month or quarter."""
        try:
            period = Period.parse(text)
            period.window(self.longest_window)[0].plus(-1).first_day  # noqa: B018  # raises before year 1
        except ValueError as error:
            raise InvalidPolicy(f"{self.ref} cannot evaluate {text!r}: {error}") from error
        if period.kind != self.period:
            raise InvalidPolicy(f"{self.ref} evaluates by {self.period}; {text} is a {period.kind}")
        return period


def parse_policy(yaml_text: str, name: str) -> Policy:
    """Read a policy. ``name`` is the file's name in the message of InvalidPolicy, which is one line."""
    try:
        return _validated(yaml_text)
    except _Faults as faults:
        raise InvalidPolicy(f"{name}: " + "; ".join(faults.lines)) from faults


def policy_faults(yaml_text: str) -> list[str]:
    """Every fault of a policy's text, with its YAML path; an empty list for a valid policy."""
    try:
        _validated(yaml_text)
    except _Faults as faults:
        return faults.lines
    return []


def policy_digest(yaml_bytes: bytes) -> str:
    """The SHA-256 of a policy's file, in hex. It shows whether a used version was changed."""
    return hashlib.sha256(yaml_bytes).hexdigest()


def policy_json(yaml_bytes: bytes) -> bytes:
    """The document as canonical JSON, without defaults that the file does not state.

    Readers of evidence can recompute decisions from it without a YAML parser.
    """
    return canonical_bytes(strict_yaml.load(yaml_bytes.decode()))


class _Faults(Exception):
    def __init__(self, lines: list[str]) -> None:
        super().__init__("; ".join(lines))
        self.lines = lines


def _validated(yaml_text: str) -> Policy:
    try:
        document = strict_yaml.load(yaml_text)
        if not isinstance(document, dict):
            raise _Faults(["a policy has to be a mapping of keys such as policy, version and rules"])
        # Strict JSON validation accepts lists as tuples and ISO text as dates, but no float as a decimal.
        policy = Policy.model_validate_json(json.dumps(document))
        refuse_inexact(document)  # refuses numbers so large that JSON readers disagree
        return policy
    except ValidationError as error:
        raise _Faults([_fault_line(fault) for fault in error.errors(include_url=False)]) from error
    except (ValueError, TypeError, RecursionError) as error:
        raise _Faults([" ".join(str(error).split())]) from error


def _fault_line(fault: Any) -> str:
    """One fault as a line such as ``rules[0].below: is missing``."""
    location: tuple[int | str, ...] = fault["loc"]
    if location[:1] == ("rules",) and len(location) > 2:
        location = (*location[:2], *location[3:])  # pydantic puts the rule's kind in between
    path = ""
    for step in location:
        path += f"[{step}]" if isinstance(step, int) else f".{step}" if path else step
    message = str(fault["msg"]).removeprefix("Value error, ")
    if fault["type"] == "missing":
        message = "is missing"
    elif fault["type"] == "extra_forbidden":
        message = "is not a key of a policy"
    elif fault["type"] == "too_short":
        message = "is empty; name at least one"
    elif fault["type"] == "string_type" and isinstance(fault["input"], float | int):
        message = f'is a YAML number; write it in quotes: "{fault["input"]}"'
    elif fault["type"] == "string_pattern_mismatch":
        message = f"{fault['input']!r} does not match the form {fault['ctx']['pattern']}"
    return f"{path}: {message}" if path else message
