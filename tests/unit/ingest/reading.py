"""Reads small exports in memory, for tests that speak of rows and not of files."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from functions.ingest.reading.export_reader import read_export
from functions.ingest.reading.outcome import AcceptedRows, Summary
from functions.ingest.reading.profile import Profile, parse_profile
from functions.ingest.reading.revisions import Revisions

ATTAINMENT = """
profile: test
kind: attainment
columns: {rep_id: id, period: month, quota: quota, credited: paid, currency: cur, leave_days: leave}
max_rejected_fraction: "1"
"""
PEOPLE = """
profile: test
kind: people
columns:
  person_id: id
  name: name
  email: email
  manager_id: boss
  role: role
  region: region
  hire_date: hired
  timezone: zone
  active: active
  delegate_id: deputy
  delegate_from: since
max_rejected_fraction: "1"
"""
HEADER = "id,month,quota,paid,cur,leave"


@dataclass
class ReadRows:
    """A sink that remembers, and the summary."""

    jsonl: bytes = b""
    rejected_jsonl: bytes = b""
    ids: list[str] = field(default_factory=list)
    summary: Summary | None = None

    def accepted(self, rows: AcceptedRows) -> None:
        self.ids += rows.ids
        self.jsonl += rows.jsonl

    def rejected(self, jsonl: bytes) -> None:
        self.rejected_jsonl += jsonl

    def accepted_again(self, keys: Iterable[tuple[str, str]]) -> Iterator[bytes]:
        yield self.jsonl

    def revise(self, revisions: Revisions) -> None:
        self.jsonl = revisions.accepted(self.jsonl)
        self.ids = [str(row.get("rep_id", row.get("person_id"))) for row in self.rows]
        self.rejected_jsonl = b"".join(revisions.rejected([self.rejected_jsonl]))

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.jsonl.splitlines()]

    @property
    def faults(self) -> dict[int, list[tuple[str | None, str, str | None]]]:
        """By line: column, code and value of each fault."""
        found = {}
        for text in self.rejected_jsonl.splitlines():
            row = json.loads(text)
            found[row["line"]] = [(f["column"], f["code"], f["value"]) for f in row["faults"]]
        return found

    @property
    def codes(self) -> dict[int, list[str]]:
        return {line: [code for _, code, _ in faults] for line, faults in self.faults.items()}

    @property
    def told(self) -> Summary:
        assert self.summary is not None
        return self.summary

    @property
    def refused(self) -> str | None:
        return self.told.refused


def profile(text: str = ATTAINMENT, **form: object) -> Profile:
    """The profile, with format settings put in."""
    settings = json.dumps(form, ensure_ascii=False)
    return parse_profile(f"{text}\nformat: {settings}\n", "test.yaml")


def read(
    content: bytes | str,
    of: Profile | None = None,
    *,
    manifest: object = None,
    row_by_row: bool = False,
    piece: int = 1 << 20,
    size: int | None = None,
) -> ReadRows:
    data = content.encode() if isinstance(content, str) else content
    result = ReadRows()
    stated = json.dumps(manifest).encode() if manifest is not None else None
    result.summary = read_export(
        _pieces(data, piece), of or profile(), result, manifest=stated, size=size, row_by_row=row_by_row
    )
    return result


def both_ways(content: bytes | str, of: Profile | None = None, **more: Any) -> ReadRows:
    """Read the fast way, after making sure that the slow way says the same."""
    fast = read(content, of, **more)
    slow = read(content, of, row_by_row=True, **more)
    if fast.refused not in (None, "manifest_mismatch", "too_many_rejected"):
        # The rows of such a file count for nothing, and the two ways may have come differently far.
        assert fast.summary == slow.summary
    else:
        assert fast == slow
    return fast


def _pieces(data: bytes, piece: int) -> Iterator[bytes]:
    for start in range(0, len(data), piece):
        yield data[start : start + piece]
