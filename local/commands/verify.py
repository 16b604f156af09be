"""``plumbline verify``: check whether evidence is what was recorded."""

import argparse
import zipfile
from pathlib import Path

import functions.audit.verify as verifier
from functions.audit.evidence.reading_aids import altered_aids, policies_differ
from functions.audit.verify import Report, Verdict, open_bundle, printable
from functions.audit.verify.command import configure as configure_check
from functions.audit.verify.command import examine, show
from shared.domain.errors import InvalidInput

_MAIN = "import sys\n\nfrom verify.command import main\n\nsys.exit(main())\n"


def configure(parser: argparse.ArgumentParser) -> None:
    configure_check(parser)
    parser.add_argument(
        "--standalone",
        type=Path,
        metavar="FILE",
        help="write the verifier into one file, which needs only Python and `cryptography`, and stop",
    )


def run(arguments: argparse.Namespace) -> int:
    if arguments.standalone is not None:
        write_standalone(arguments.standalone)
        return 0
    try:
        report = examine(arguments)
    except ValueError as error:
        raise InvalidInput(printable(str(error))) from error
    _check_aids(arguments.bundle, report)
    return show(report, arguments)


def write_standalone(path: Path) -> None:
    """Write the verifier as a zip that Python can run. The same sources give the same bytes."""
    folder = Path(verifier.__file__).parent
    sources = {f"verify/{source.name}": source.read_text() for source in sorted(folder.glob("*.py"))}
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in {"__main__.py": _MAIN, **sources}.items():
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), text)


def _check_aids(bundle: Path, report: Report) -> None:
    """Compare the reading aids with the events. Only the product can do this, not the standalone verifier."""
    if report.kind == "ledger" or report.exit_status not in (0, 5):
        return
    files = open_bundle(bundle)
    folders = {""}
    if report.kind == "period":
        folders = {
            "/".join([*name.split("/")[:2], ""]) for name in files.names() if name.startswith("cases/")
        }
    for folder in sorted(folders):
        here = [name for name in files.names() if name.startswith(folder)]
        of_case = {name.removeprefix(folder): files.read(name) for name in here}
        if policies_differ(of_case):
            what = "the policy says something else than the JSON by which the evaluation decided"
            # Without that JSON, nothing here shows what it said, or that it was a policy.
            proven = "decision/policy.json" in of_case
            report.add(Verdict.TAMPERED if proven else Verdict.WARNING, f"{folder}policies/", what)
        for name, same_edition in altered_aids(of_case):
            if same_edition:
                report.add(Verdict.TAMPERED, folder + name, "does not agree with the events")
            else:
                what = "was made by another version and cannot be compared: do not rely on it"
                report.add(Verdict.WARNING, folder + name, what)
