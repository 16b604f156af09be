"""Check an evidence bundle without network, account, or any other part of this project.

    plumbline verify BUNDLE [--anchor CHECKPOINT [--witness-key PEM]] [--key KEY] [--json]
    plumbline verify --standalone verify.pyz      writes the same as one file to hand out:
    python verify.pyz BUNDLE ...

The package imports the standard library and `cryptography`, and nothing of ours, on purpose: it repeats in
its own words what the writer does elsewhere, so that one mistake is not made twice. What it checks stands in
docs/reference/ledger-format.md.
"""

from .check import verify
from .files import open_bundle
from .report import Report, Verdict, as_json, as_text

__all__ = ["Report", "Verdict", "as_json", "as_text", "open_bundle", "verify"]
