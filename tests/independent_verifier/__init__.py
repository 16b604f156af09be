"""A second verifier, written from docs/reference/ledger-format.md and nothing else.

It shares no line with the one that is handed out, works another way round (it gathers everything first, then
asks one question after another of the whole), and answers with the exit status alone. Where the two differ,
one of them is wrong, or the page left something open.
"""

from collections.abc import Mapping

from tests.independent_verifier import chains, commitments, periods, questions, times
from tests.independent_verifier.bundle import INCOMPLETE, TAMPERED, UNANCHORED, Bundle
from tests.independent_verifier.container import LITTER, NoZip, read_zip, strange_names


def exit_status(files: Mapping[str, bytes], anchor: bytes | None = None, key: str | None = None) -> int:
    """What ``plumbline verify`` must answer for these files."""
    found = {status for status, _ in examine(files, anchor, key)}
    return next((status for status in (TAMPERED, INCOMPLETE, UNANCHORED) if status in found), 0)


def exit_status_of_zip(archive: bytes) -> int:
    """What ``plumbline verify`` must answer for this file; 2 where it is no zip at all."""
    try:
        files, faults = read_zip(archive)
    except NoZip:
        return TAMPERED if archive[:2] == b"PK" else 2
    return TAMPERED if faults else exit_status(files)


def examine(
    files: Mapping[str, bytes], anchor: bytes | None = None, key: str | None = None
) -> list[tuple[int, str]]:
    """Everything that is wrong, with the exit status that it alone would have."""
    bundle = Bundle({name: data for name, data in files.items() if not LITTER.fullmatch(name)})
    for what in strange_names(bundle.files):
        bundle.fault(TAMPERED, what)
    bundle.read()
    questions.succession(bundle, key)
    questions.follow_points(bundle)
    chains.follow_chains(bundle)
    if bundle.kind == "ledger":
        questions.roots(bundle)
    elif bundle.kind == "period":
        questions.proofs(bundle)
        questions.growth(bundle)
        periods.evaluations(bundle)
        periods.cases(bundle, examine)
    else:
        questions.proofs(bundle)
        questions.growth(bundle)
        commitments.of_case(bundle)
        questions.attachments(bundle)
        questions.decision(bundle)
    held = None if anchor is None else questions.hold_to(bundle, anchor)
    times.compare(bundle, held)
    return bundle.why
