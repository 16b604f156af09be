"""Completes a bundle with its reading aids and its manifest, and packs it into a zip.

The same files give the same zip.
"""

import io
import re
import zipfile
from collections.abc import Mapping
from hashlib import sha256
from typing import Final

from functions.audit.evidence.bundle_readme import CASE_README, LEDGER_README, PERIOD_README
from functions.audit.evidence.reading_aids import rendered
from shared.domain.canonical import canonical_bytes
from shared.domain.errors import IntegrityError

VERSION: Final = 1
ONE_POLICY_TEXT: Final = 2
"""The version of a case bundle whose case commits to its policy as canonical JSON."""
_OLDEST_ZIP_DATE: Final = (1980, 1, 1, 0, 0, 0)
_README: Final = {"case": CASE_README, "ledger": LEDGER_README, "period": PERIOD_README}
_SAFE_NAME: Final = re.compile(r"[A-Za-z0-9@._-]+(/[A-Za-z0-9@._-]+)*")


def with_manifest(
    kind: str, subject: str, files: dict[str, bytes], version: int = VERSION
) -> dict[str, bytes]:
    """The files, their reading aids, and the manifest that lists all of them."""
    files["README.txt"] = _README[kind].encode()
    manifest = {"kind": kind, "subject": subject, "v": version}
    if kind == "case":
        files |= rendered({**files, "manifest.json": canonical_bytes(manifest)})
    digests = {name: sha256(data).hexdigest() for name, data in files.items()}
    files["manifest.json"] = canonical_bytes({**manifest, "files": digests})
    return files


def zipped(files: Mapping[str, bytes]) -> bytes:
    """A zip of the files in the order of their names. It contains no dates and nothing else that varies."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name in sorted(files):
            if not _SAFE_NAME.fullmatch(name) or ".." in name:
                raise IntegrityError(f"not a valid name for a file of a bundle: {name!r}")
            entry = zipfile.ZipInfo(name, _OLDEST_ZIP_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[name])
    return buffer.getvalue()
