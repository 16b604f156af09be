"""What a check found, for a lawyer and for a program."""

import json
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

MOST_SHOWN: Final = 50


class Verdict(StrEnum):
    """What a finding means for the whole; the worst one decides."""

    TAMPERED = "tampered"
    INCOMPLETE = "incomplete"
    UNANCHORED = "unanchored"
    REMARK = "remark"


EXIT_STATUS: Final = {
    Verdict.TAMPERED: 1,
    Verdict.INCOMPLETE: 4,
    Verdict.UNANCHORED: 5,
    Verdict.REMARK: 0,
}


@dataclass(frozen=True, slots=True)
class Finding:
    verdict: Verdict
    where: str
    what: str


@dataclass(slots=True)
class Report:
    """What was found, and what the bundle is about."""

    kind: str = ""
    subject: str = ""
    events: int = 0
    sealed_size: int = 0
    checkpoints: int = 0
    opened: int = 0
    """Private parts that can be read here, that stay sealed, and whose keys were deleted."""
    sealed: int = 0
    erased: int = 0
    latest_time: str = ""
    anchored_by: str = ""
    witnessed_by: str = ""
    """The name of the key with which a witness signed that checkpoint."""
    recomputed: int = 0
    """How many decisions were made again, and came out as they were recorded."""
    keys: list[str] = field(default_factory=list)
    story: list[tuple[int | None, str, str, str]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    counts: Counter[Verdict] = field(default_factory=Counter)

    def add(self, verdict: Verdict, where: str, what: str) -> None:
        """Note it; beyond a number that somebody would read, only count it."""
        self.counts[verdict] += 1
        if self.counts[verdict] <= MOST_SHOWN:
            self.findings.append(Finding(verdict, where, what))

    @property
    def exit_status(self) -> int:
        for verdict, status in EXIT_STATUS.items():
            if self.counts[verdict]:
                return status
        return 0


_HEADLINES: Final = {
    0: "INTACT. Everything that was checked is as it was recorded.",
    1: "TAMPERED. Something is not as it was recorded; what and where stands below.",
    4: "INCOMPLETE. Nothing was found changed, but something that the record refers to is missing.",
    5: "INTACT, BUT THE TAIL IS NOT ANCHORED. No checkpoint covers the last events yet.",
}
_WORDS: Final = {
    Verdict.TAMPERED: "Changed",
    Verdict.INCOMPLETE: "Missing",
    Verdict.UNANCHORED: "Not anchored yet",
    Verdict.REMARK: "Worth a look, and no sign of tampering by itself",
}


def as_text(report: Report) -> str:
    """The report as a lawyer reads it."""
    what = "the whole ledger" if report.kind == "ledger" else f"the {report.kind} {report.subject}"
    lines = [
        _HEADLINES[report.exit_status],
        "",
        f"The bundle is of {what}: {report.events} events, {report.checkpoints} checkpoints.",
    ]
    if report.checkpoints:
        lines.append(f"The latest checkpoint covers {report.sealed_size} events, at {report.latest_time}.")
    if report.opened or report.sealed or report.erased:
        lines.append(
            f"Of the sealed parts {report.opened} are opened here and are what was sealed, {report.sealed} "
            f"stay sealed, and the keys of {report.erased} were deleted by an act on record."
        )
    if report.recomputed:
        what = "The decision was" if report.recomputed == 1 else f"{report.recomputed} decisions were"
        lines.append(f"{what} made again from the export's rows and the policy, with the same result.")
    for number, key in enumerate(report.keys):
        lines.append(f"{'Signed with key' if number == 0 else 'handed on to key'} {key}")
    if report.anchored_by:
        by = f", which the witness {report.witnessed_by} signed" if report.witnessed_by else ""
        lines.append(f"It goes on from the checkpoint that you hold ({report.anchored_by}){by}.")
    for verdict, heading in _WORDS.items():
        found = [finding for finding in report.findings if finding.verdict is verdict]
        if found:
            lines += ["", f"{heading}:", *(f"  {finding.where}: {finding.what}" for finding in found)]
        if report.counts[verdict] > len(found):
            lines.append(f"  and {report.counts[verdict] - len(found)} more")
    if report.story:
        lines += ["", "The events, as they are proved (index, time, by, what):"]
        lines += [
            f"  {'-' if index is None else index:>6}  {time}  {who}  {tag}"
            for index, time, who, tag in report.story
        ]
    return "\n".join([*lines, "", *_limits(report)]) + "\n"


def _limits(report: Report) -> list[str]:
    lines = ["What this does not show: that what was entered was true."]
    if report.kind == "case":
        lines.append("That nothing followed the last event here: a bundle of the whole ledger shows that.")
        lines.append(
            "That chronicle.html, names.json and README.txt say what the events say: they are reading aids."
        )
    if report.kind == "period":
        lines.append("That every case of the period is here: a bundle of the whole ledger shows that.")
    if not report.anchored_by:
        lines.append(
            "That the whole was not made up later with another key: compare a key or a checkpoint with what "
            "you were told at the time (--key, --anchor)."
        )
    return lines


def as_json(report: Report) -> str:
    return (
        json.dumps(
            {
                "verdict": {0: "intact", 1: "tampered", 4: "incomplete", 5: "unanchored"}[report.exit_status],
                "exit_status": report.exit_status,
                "kind": report.kind,
                "subject": report.subject,
                "events": report.events,
                "checkpoints": report.checkpoints,
                "sealed_size": report.sealed_size,
                "latest_time": report.latest_time or None,
                "sealed_parts": {
                    "opened": report.opened,
                    "sealed": report.sealed,
                    "erased": report.erased,
                },
                "keys": report.keys,
                "recomputed": report.recomputed,
                "anchored_by": report.anchored_by or None,
                "witnessed_by": report.witnessed_by or None,
                "counts": {verdict.value: report.counts[verdict] for verdict in Verdict},
                "findings": [
                    {"verdict": finding.verdict.value, "where": finding.where, "what": finding.what}
                    for finding in report.findings
                ],
            },
            indent=2,
        )
        + "\n"
    )
