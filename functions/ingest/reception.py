"""What taking in an export works with, and what it ends in."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from shared.domain.record import Batch
from shared.ports import CaseStore, Clock, Exports, Files


@dataclass(frozen=True, slots=True)
class Receiving:
    """``profile_text`` gives a profile's YAML by its id, or None."""

    store: CaseStore
    exports: Exports
    files: Files
    clock: Clock
    profile_text: Callable[[str], str | None]
    shards: int


@dataclass(frozen=True, slots=True)
class Received:
    status: Literal["accepted", "refused", "repeated"]
    batch: Batch
