"""The report of a check, as text for a lawyer and as JSON for a program."""

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from .conformity import Requirement
from .conformity_report import conformity_json, conformity_lines
from .findings import Finding, Findings, Verdict

EXIT_STATUS: Final = {
    Verdict.TAMPERED: 1,
    Verdict.INCOMPLETE: 4,
    Verdict.UNANCHORED: 5,
    Verdict.WARNING: 0,
    Verdict.REMARK: 0,
}


@dataclass(slots=True)
class Report:
    """The findings, and what the bundle is about."""

    kind: str = ""
    version: int = 1
    """The version of the bundle's format, as its manifest says."""
    subject: str = ""
    events: int = 0
    sealed_size: int = 0
    checkpoints: int = 0
    opened: int = 0
    """Private parts that this edition opens; ``sealed`` and ``erased`` count the other ones (R14)."""
    sealed: int = 0
    erased: int = 0
    latest_time: str = ""
    anchored_by: str = ""
    witnessed_by: str = ""
    """The name of the key with which a witness signed that checkpoint."""
    recomputed: int = 0
    """How many decisions were recomputed with the recorded result."""
    keys: list[str] = field(default_factory=list)
    proven_events: list[tuple[int | None, str, str, str]] = field(default_factory=list)
    requirements: list[Requirement] = field(default_factory=list)
    """What the policy of each case requires, and what was given."""
    not_judged: list[str] = field(default_factory=list)
    """The cases whose conformity was not judged, and why."""
    found: Findings = field(default_factory=Findings)

    def add(self, verdict: Verdict, where: str, what: str, times: int = 1) -> None:
        self.found.add(Finding(verdict, where, what), times)

    @property
    def findings(self) -> list[Finding]:
        """The findings to show, worst first."""
        return [finding for finding, _ in self.found.ranked()]

    @property
    def counts(self) -> Counter[Verdict]:
        """How many findings there are of each verdict, also those that are not shown."""
        return self.found.counts

    @property
    def exit_status(self) -> int:
        for verdict, status in EXIT_STATUS.items():
            if self.counts[verdict]:
                return status
        return 0


_HEADLINES: Final = {
    0: "INTACT. Everything that was checked is as it was recorded.",
    1: "TAMPERED. Something is not as it was recorded. The findings below say what and where.",
    4: "INCOMPLETE. No change was found, but something that the record refers to is missing.",
    5: "INTACT, BUT NOT FULLY ANCHORED. No checkpoint covers the last events yet.",
}
_HEADINGS: Final = {
    Verdict.TAMPERED: "Changed",
    Verdict.INCOMPLETE: "Missing",
    Verdict.UNANCHORED: "Not anchored yet",
    Verdict.WARNING: "Warnings: know this before you rely on the bundle",
    Verdict.REMARK: "Remarks, which are no sign of tampering by themselves",
}


def as_text(report: Report) -> str:
    """The report for a lawyer."""
    what = "the whole ledger" if report.kind == "ledger" else f"the {report.kind} {report.subject}"
    lines = [
        _HEADLINES[report.exit_status],
        "",
        f"The bundle contains {what}: {report.events} events, {report.checkpoints} checkpoints. "
        f"Its format is version {report.version}.",
    ]
    if report.checkpoints:
        lines.append(f"The latest checkpoint covers {report.sealed_size} events, as of {report.latest_time}.")
    if report.opened or report.sealed or report.erased:
        lines.append(
            f"Private parts: {report.opened} are opened here and match what was sealed; {report.sealed} stay "
            f"sealed; {report.erased} are erased, because a recorded act deleted their keys."
        )
    if report.recomputed:
        what = "The decision was" if report.recomputed == 1 else f"{report.recomputed} decisions were"
        lines.append(f"{what} recomputed from the rows of the exports and the policy, with the same result.")
    for number, key in enumerate(report.keys):
        lines.append(f"{'Signed with key' if number == 0 else 'Later signed with key'} {key}")
    if report.anchored_by:
        by = f", which the witness {report.witnessed_by} signed" if report.witnessed_by else ""
        lines.append(f"The record grew from the checkpoint that you hold ({report.anchored_by}){by}.")
    ranked = report.found.ranked()
    for verdict, heading in _HEADINGS.items():
        found = [(finding, more) for finding, more in ranked if finding.verdict is verdict]
        lines += ["", f"{heading}:"] if found else []
        for finding, more in found:
            lines.append(f"  {finding.where}: {finding.what}")
            lines += [f"  and {more} more like this one"] if more else []
    lines += conformity_lines(report.requirements, report.not_judged)
    if report.proven_events:
        lines += ["", "The proven events (index, time, actor, tag):"]
        lines += [
            f"  {'-' if index is None else index:>6}  {time}  {who}  {tag}"
            for index, time, who, tag in report.proven_events
        ]
    return "\n".join(printable(line) for line in [*lines, "", *_limits(report)]) + "\n"


def printable(text: str) -> str:
    """The text with all escaped that could move a terminal's cursor, or hide or reorder other text."""
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)


def _limits(report: Report) -> list[str]:
    lines = ["This check does not show:", "- that the information that people and systems entered was true;"]
    if report.kind == "case":
        lines.append("- that no event followed the last one here; a bundle of the whole ledger shows that;")
        lines.append(
            "- that chronicle.html, names.json and README.txt agree with the events; they are reading aids;"
        )
    if report.kind == "period":
        lines.append("- that every case of the period is here; a bundle of the whole ledger shows that;")
    if not report.anchored_by:
        lines.append(
            "- that nobody made up the whole record later with another key; to check this, compare a key or "
            "a checkpoint with what you received at the time (--key, --anchor);"
        )
    lines[-1] = lines[-1].removesuffix(";") + "."
    return lines


def as_json(report: Report) -> str:
    return (
        json.dumps(
            {
                "verdict": {0: "intact", 1: "tampered", 4: "incomplete", 5: "unanchored"}[report.exit_status],
                "exit_status": report.exit_status,
                "kind": report.kind,
                "format": report.version,
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
                "conformity": conformity_json(report.requirements, report.not_judged),
                "anchored_by": report.anchored_by or None,
                "witnessed_by": report.witnessed_by or None,
                "counts": {verdict.value: report.counts[verdict] for verdict in Verdict},
                "findings": [
                    {
                        "verdict": finding.verdict.value,
                        "where": finding.where,
                        "what": finding.what,
                        "more_like_it": more,
                    }
                    for finding, more in report.found.ranked()
                ],
            },
            indent=2,
        )
        + "\n"
    )
