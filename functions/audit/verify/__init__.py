"""Check an evidence bundle without network, account, or any other part of this project.

    plumbline verify BUNDLE [--anchor CHECKPOINT [--witness-key PEM]] [--key KEY] [--json]
    plumbline verify --standalone verify.pyz      writes the same as one file to hand out:
    python verify.pyz BUNDLE ...

The package imports only the standard library and `cryptography`. It deliberately shares no code with the
writer, so that one mistake cannot hide in both. It checks the rules R1 to R69 of
docs/reference/ledger-format.md.
"""

from .check import verify
from .files import open_bundle
from .findings import Verdict
from .report import Report, as_json, as_text, printable

__all__ = ["Report", "Verdict", "as_json", "as_text", "open_bundle", "printable", "verify"]
