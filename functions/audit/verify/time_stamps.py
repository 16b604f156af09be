"""Time stamps (RFC 3161) beside the checkpoints. Whose they are, ``openssl ts -verify`` tells."""

import re
from hashlib import sha256

from .reading import Reading


def check_time_stamps(reading: Reading) -> None:
    """Each is over the file of the checkpoint that it is named after: its SHA-256 stands in it."""
    for name in reading.under("ledger/timestamps/"):
        token = reading.read(name)
        point = re.sub(r"ledger/timestamps/(.*)\.tsr", r"ledger/checkpoints/\1.json", name)
        if point not in reading.names:
            reading.incomplete(point, "has a time stamp, and is not there itself")
            continue
        stamped = reading.read(point)
        if token is not None and stamped is not None and sha256(stamped).digest() not in token:
            reading.tampered(name, f"is not a time stamp over {point}")
