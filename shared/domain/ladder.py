"""The ladder of a policy: the stages that a case goes through, and who is asked in each."""

import re
from dataclasses import dataclass
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, PlainValidator

LengthUnit = Literal["d", "bd", "p"]
Seat = Literal["manager", "skip_level", "hr_partner", "hr_queue"]
"""Who is asked. The directory fills a seat at the time of asking, so the people may change."""

HR_SEATS: frozenset[Seat] = frozenset({"hr_partner", "hr_queue"})

_LENGTH = re.compile(r"([1-9][0-9]{0,3})(d|bd|p)")


@dataclass(frozen=True, slots=True)
class Length:
    """How long something takes: ``30d`` calendar days, ``10bd`` business days, ``2p`` periods."""

    count: int
    unit: LengthUnit

    @classmethod
    def parse(cls, text: object) -> Self:
        if isinstance(text, cls):
            return text
        found = _LENGTH.fullmatch(text) if isinstance(text, str) else None
        if found is None:
            raise ValueError("should be a length such as 30d (days), 10bd (business days) or 2p (periods)")
        return cls(int(found[1]), found[2])  # type: ignore[arg-type]  # the pattern admits only the units

    def __str__(self) -> str:
        return f"{self.count}{self.unit}"


LengthText = Annotated[Length, PlainValidator(Length.parse), PlainSerializer(str, return_type=str)]
Word = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f-\x9f]{1,64}$")]
"""The name of a stage, a rule or an answer."""
Decimal = Annotated[str, Field(pattern=r"^[0-9]{1,6}(\.[0-9]{1,12})?$")]
"""A decimal in quotes. A bare 0.70 in YAML is a binary float, which is not exactly 0.70."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Link(_Part):
    """One step of a chain: the seat that is asked, and how long it has to answer."""

    to: Seat
    within: LengthText


class Ask(_Part):
    chain: Annotated[tuple[Link, ...], Field(min_length=1)]
    answers: Annotated[tuple[Word, ...], Field(min_length=1)]
    """The answers to choose from. Every answer needs a typed reason."""
    agenda: tuple[Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f-\x9f]{1,200}$")], ...] = ()
    """Topics that the mail and the page suggest to the asked person."""


class Rep(_Part):
    """Whether the rep is told, and which responses they may give."""

    told: bool = True
    may: tuple[Word, ...] = ()


class CheckIns(_Part):
    every: LengthText
    by: Seat = "manager"


class Graduate(_Part):
    """The case graduates when ``count`` of the next ``of_next`` periods reach ``at_least``."""

    at_least: Decimal
    count: Annotated[int, Field(ge=1)]
    of_next: Annotated[int, Field(ge=1, le=60)]


class Stage(_Part):
    """One stage. A policy that is only evaluated may leave out every key but the name."""

    stage: Word
    length: LengthText | None = None
    gate: Literal["hr_partner"] | None = None
    ask: Ask | None = None
    rep: Rep | None = None
    check_ins: CheckIns | None = None
    graduate: Graduate | None = None
    then: Word | None = None
    adverse: Literal["removal"] | None = None


class Relapse(_Part):
    """A case that opens within ``within`` of a graduation begins at the stage ``enters``."""

    within: LengthText
    enters: Word


class PauseTerms(_Part):
    """Whether a pause stops the stage's clock, for leave and for disputes; ``hold`` in a policy file."""

    leave: Literal["pause", "run"] = "pause"
    dispute: Literal["pause", "run"] = "pause"


class Retention(_Part):
    years: Annotated[int, Field(ge=1, le=100)] = 7
