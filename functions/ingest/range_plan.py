"""The plan by which a large export is read in ranges: what every range and the join must agree on."""

from datetime import datetime
from typing import NamedTuple, Self

from pydantic import BaseModel, ConfigDict

from functions.ingest.reading.profile import Profile, parse_profile
from functions.ingest.reading.rows import Layout
from functions.ingest.reading.split import Range, Split
from shared.arrival_ports import Dropped
from shared.domain.event import stamp
from shared.domain.identifiers import BatchId, batch_id, derived_id
from shared.ports import Export


class _Part(NamedTuple):
    start: int
    stop: int
    line: int
    sha256: str


class RangePlan(BaseModel):
    """Contains the profile and the manifest as planned, because either may change between two steps."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_bytes="base64", val_json_bytes="base64")

    reading: str
    key: str
    object_version: str | None
    dropped_at: datetime
    profile_id: str
    profile_text: str
    manifest: bytes | None
    sha256: str
    size: int
    width: int
    positions: dict[str, int]
    big_endian: bool
    parts: tuple[_Part, ...]

    @classmethod
    def of(cls, export: Export, profile_id: str, profile_text: str, split: Split, code_version: str) -> Self:
        """The same export, profile, manifest, ranges and code give the same plan under the same name."""
        manifest = None if export.manifest is None else export.manifest.hex()
        cuts = ",".join(str(each.stop) for each in split.ranges)
        reading = derived_id(
            "reading",
            *(export.key, export.object_version or "", stamp(export.dropped_at), split.sha256),
            *(profile_text, str(manifest), cuts, code_version),
        )
        return cls(
            reading=reading,
            key=export.key,
            object_version=export.object_version,
            dropped_at=export.dropped_at,
            profile_id=profile_id,
            profile_text=profile_text,
            manifest=export.manifest,
            sha256=split.sha256,
            size=split.size,
            width=split.layout.width,
            positions=dict(split.layout.positions),
            big_endian=split.big_endian,
            parts=tuple(_Part(each.start, each.stop, each.line, each.sha256) for each in split.ranges),
        )

    @property
    def batch(self) -> BatchId:
        return batch_id(self.sha256)

    @property
    def dropped(self) -> Dropped:
        return Dropped(self.key, self.object_version, self.dropped_at)

    @property
    def profile(self) -> Profile:
        return parse_profile(self.profile_text, self.profile_id)

    @property
    def layout(self) -> Layout:
        return Layout(self.width, self.positions)

    def range(self, number: int) -> Range:
        return Range(*self.parts[number])
