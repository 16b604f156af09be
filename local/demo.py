"""``make demo``: shows the product end to end on the local cloud, with the sample organisation.

Exports are dropped, cases open, one manager answers, another stays silent, HR reads the history, and the
evidence is verified. In a copy with one changed byte, the verifier finds the change.
"""

import argparse
import contextlib
import hashlib
import io
import sys
import tempfile
import time
import zipfile
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from local import cli
from local.cloud.clients import (
    Reply,
    SignedIn,
    TimedOut,
    Unreachable,
    answer_by_link,
    call,
    link_in,
    offered_choices,
    send_form,
    until,
)
from local.cloud.deploy import DeployFailed
from local.cloud.engine import EngineFailed
from local.cloud.stack import AlreadyRunning, Stack, running_stack

SAMPLES: Final = Path(__file__).parents[1] / "examples" / "varicent"
CLOCK_RATE: Final = 10_000
"""A day passes in nine seconds: enough time to answer a question, and little to wait for its deadline."""
REASON: Final = "Two of her large renewals slipped into October; we will work on the pipeline together."

LEFT_OUT: Final = ("notice:sent", "record:read", "link:opened")
"""Events that the demo leaves out of the history that it prints."""


class DemoFailed(RuntimeError):
    """A step of the demo did not give its expected result."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="demo", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(".plumbline/demo"), help="default: .plumbline/demo")
    folder = parser.parse_args().data
    console = Console()
    began = time.monotonic()
    try:
        with running_stack(
            folder, CLOCK_RATE, fresh=True, say=lambda step: console.print(f"· {step}")
        ) as stack:
            console.print(f"The local cloud is ready after {time.monotonic() - began:.0f} s")
            Demo(stack, console).run()
    except (DemoFailed, TimedOut, Unreachable, AlreadyRunning, EngineFailed, DeployFailed) as error:
        console.print(f"[red]The demo failed:[/] {error}", soft_wrap=True)
        console.print(f"See the engine's log: {folder}/engine/engine.log", soft_wrap=True)
        return 1
    console.print(f"Done in {time.monotonic() - began:.0f} s. The local cloud has stopped.")
    return 0


@dataclass
class Demo:
    stack: Stack
    console: Console
    outcome: dict[str, str] = field(default_factory=dict)
    told: dict[str, int] = field(default_factory=dict)

    def run(self) -> None:
        self.show_addresses()
        self.hr = SignedIn(self.stack, "hr.admin", ("hr_admin",), "H001")
        self.drop_exports()
        self.show_open_cases()
        answered = self.answer_a_question()
        silent = self.let_a_deadline_pass(answered)
        self.show_access(answered)
        for case_id in (answered, silent):
            self.show_history(case_id)
        self.verify_record(answered)
        self.console.print(self.summary())

    def show_addresses(self) -> None:
        info = self.stack.info
        self.console.print(
            f"mailbox {info['mailbox_url']}/ · console {info['console_url']}/ · API {info['api_url']}",
            soft_wrap=True,
        )

    def drop_exports(self) -> None:
        self._chapter("Exports arrive: the people file, then twelve months of attainment")
        months = sorted(SAMPLES.glob("varicent-attainment-????-??.csv"))
        drops = [("hr-people", SAMPLES / "people-2026-09.csv"), *(("varicent-attainment", m) for m in months)]
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        with Progress(*columns, console=self.console, transient=True) as progress:
            task = progress.add_task("exports read", total=len(drops))
            for profile, export in drops:
                batch = self._drop(profile, export)
                taken = until(f"{export.name} is read", partial(self._export, batch))
                periods = ", ".join(taken["periods"]) or "the directory"
                progress.console.print(f"  {export.name}: {taken['accepted']} rows accepted ({periods})")
                progress.advance(task)

    def show_open_cases(self) -> None:
        self._chapter("The policy is evaluated for every rep")
        evaluation = until("September is evaluated", self._evaluation)
        outcomes = ", ".join(f"{count} {name}" for name, count in evaluation["outcomes"].items())
        self.console.print(f"  {evaluation['policy']}, period {evaluation['period']}: {outcomes}")
        wanted = evaluation["outcomes"].get("open_case", 0)
        cases = until(
            f"{wanted} cases are open", lambda: self._cases() if len(self._cases()) >= wanted else None
        )
        for case in cases:
            self.console.print(
                f"  case {case['id']} about {case['rep']['name']}: {case['owner']['name']} is asked"
            )
        self.outcome["cases opened"] = str(len(cases))

    def answer_a_question(self) -> str:
        self._chapter("A manager opens the mail and answers")
        link, choices = until("a manager answers", self._answer)
        late = answer_by_link(link, choices[-1], "On second thoughts, something else.")
        self._expect(late, 409, "a second answer by the same link is refused")
        case = until("the case goes on", self._answered_case)
        self.outcome["answered"] = f"{case['id']}: stage {case['stage']}, waiting for {case['waiting_for']}"
        return str(case["id"])

    def let_a_deadline_pass(self, answered: str) -> str:
        self._chapter(
            "Another manager stays silent: a reminder, then the question goes to the manager's manager"
        )
        silent = next(case["id"] for case in self._cases() if case["id"] != answered)
        until("the question passes to the manager's manager", lambda: self._passed_on(silent))
        requests = self._case(silent)["requests"]
        for request in requests:
            who = request["assignee"]["name"] or request["assignee"]["id"]
            self.console.print(
                f"  {request['asked_at']}: {who} ({request['seat']}) was asked; status {request['status']}"
            )
        subjects = {mail["subject"] for mail in self.stack.mails()}
        self.console.print(
            f"  mails so far: {len(self.stack.mails())}, with {len(subjects)} different subjects"
        )
        self.outcome["escalated"] = f"{silent}: asked {' → '.join(r['seat'] for r in requests)}"
        return str(silent)

    def show_access(self, case_id: str) -> None:
        self._chapter("HR may read the case, others may not")
        path, api_url = f"/cases/{case_id}", self.stack.info["api_url"]
        outsider = SignedIn(self.stack, "comp.analyst", ("compensation",), None)
        self._expect(call(api_url + path), 401, "without a token")
        self._expect(outsider.get(path), 403, "with a token of another group")
        self._expect(self.hr.get(path), 200, "as HR")

    def show_history(self, case_id: str) -> None:
        self.console.print(f"  [bold]history of {case_id}[/]")
        for event in self._expect(self.hr.get(f"/cases/{case_id}/events"), 200).json()["events"]:
            if event["tag"] not in LEFT_OUT:
                line = f"    {event['occurred_at'][:16]}  {event['tag']:<18} {event['says']}"
                self.console.print(line, soft_wrap=True)

    def verify_record(self, case_id: str) -> None:
        self._chapter("The evidence is downloaded and verified, without an account or a network")
        with tempfile.TemporaryDirectory() as folder:
            bundle = Path(folder) / "evidence.zip"
            status, words = until(
                "the ledger has sealed the case's events", lambda: self._sealed_evidence(case_id, bundle)
            )
            self.console.print(_indented(words), soft_wrap=True)
            self._expect_status(status, 0, "the bundle is intact")
            copy = Path(folder) / "changed.zip"
            changed = flip_one_byte(bundle, copy)
            self.console.print(f"  In a copy, one byte of {changed} is changed:")
            status, words = verify(copy)
            self.console.print(_indented(words), soft_wrap=True)
            self._expect_status(status, 1, "the copy was changed")
            if changed not in words:
                raise DemoFailed(f"verify did not name {changed}")
        self.outcome["evidence"] = "intact; the changed byte of the copy was found"

    def summary(self) -> Table:
        table = Table(title="Summary", title_justify="left", show_header=False)
        for what, how in self.outcome.items():
            table.add_row(what, how)
        table.add_row("mails sent", str(len(self.stack.mails())))
        return table

    def _drop(self, profile: str, export: Path) -> str:
        s3, bucket = self.stack.client("s3"), self.stack.info["exports_bucket"]
        for part in (export.with_name(export.name + ".manifest.json"), export):
            s3.put_object(Bucket=bucket, Key=f"incoming/{profile}/{part.name}", Body=part.read_bytes())
        return hashlib.sha256(export.read_bytes()).hexdigest()[:16]

    def _export(self, batch: str) -> dict[str, Any] | None:
        reply = self.hr.get(f"/exports/{batch}")
        return None if reply.status == 404 else self._expect(reply, 200).json()

    def _evaluation(self) -> dict[str, Any] | None:
        found = self._expect(self.hr.get("/evaluations"), 200).json()["evaluations"]
        return next((each for each in found if each["period"] == "2026-09"), None)

    def _cases(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._expect(self.hr.get("/cases"), 200).json()["cases"]
        return found

    def _case(self, case_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self._expect(self.hr.get(f"/cases/{case_id}"), 200).json()
        return found

    def _answer(self) -> tuple[str, list[str]] | None:
        """Answer the newest open question. On a slow machine an older one may be overdue."""
        for mail in reversed(self.stack.mails()):
            link = link_in(mail)
            page = call(link).text if link else ""
            choices = offered_choices(page)
            if link and choices:
                self.console.print(f"  mail to {', '.join(mail['to'])}: “{mail['subject']}”")
                self.console.print(
                    f"  the page offers {', '.join(choices)}; the manager chooses {choices[0]}"
                )
                reply = send_form(link, page, choices[0], REASON)
                self.console.print(f"  the answer is sent: {reply.status}")
                if reply.status == 200:
                    return link, choices
        return None

    def _answered_case(self) -> dict[str, Any] | None:
        return next((case for case in self._cases() if case["waiting_for"] == "results"), None)

    def _passed_on(self, case_id: str) -> bool | None:
        """Reads the list of cases, because reading a single case is recorded as an event each time."""
        (row,) = (case for case in self._cases() if case["id"] == case_id)
        return row["owner"]["id"] != row["manager"]["id"] or None

    def _sealed_evidence(self, case_id: str, bundle: Path) -> tuple[int, str] | None:
        """The verifier's result, once a checkpoint covers all events of the case."""
        reply = self.hr.get(f"/cases/{case_id}/evidence")
        if reply.status != 200:
            return None
        bundle.write_bytes(reply.body)
        status, words = verify(bundle)
        return None if status == 5 else (status, words)

    def _expect(self, reply: Reply, status: int, what: str | None = None) -> Reply:
        if reply.status != status:
            raise DemoFailed(f"{what or 'a request'}: {reply.status} instead of {status}: {reply.text[:500]}")
        if what:
            self.console.print(f"  {what}: {reply.status}")
        return reply

    def _expect_status(self, found: int, wanted: int, what: str) -> None:
        if found != wanted:
            raise DemoFailed(f"verify returned {found} instead of {wanted} ({what})")

    def _chapter(self, title: str) -> None:
        self.console.print(f"\n[bold]{title}[/]")


def verify(bundle: Path) -> tuple[int, str]:
    """The exit status and output of ``plumbline verify``."""
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        status = cli.main(["verify", str(bundle)])
    return status, output.getvalue()


def flip_one_byte(bundle: Path, copy: Path) -> str:
    """Write a copy of a bundle with one byte of one event changed. Returns the name of the changed file."""
    with zipfile.ZipFile(bundle) as original, zipfile.ZipFile(copy, "w") as changed:
        files = {name: original.read(name) for name in original.namelist()}
        victim = next(name for name in sorted(files) if name.startswith("events/"))
        for name, content in files.items():
            changed.writestr(name, _flipped(content) if name == victim else content)
    return victim


def _flipped(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


def _indented(words: str) -> str:
    """The first part of the verifier's report. The list of events that follows is in the history above."""
    verdict = words.partition("Worth a look")[0].partition("The events, as they are proved")[0]
    return "\n".join(f"    {line}" for line in verdict.strip().splitlines())


if __name__ == "__main__":
    sys.exit(main())
