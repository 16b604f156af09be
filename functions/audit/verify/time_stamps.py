"""Checks that each time stamp (RFC 3161) is over its checkpoint; ``openssl ts -verify`` checks its signer."""

import re
from hashlib import sha256

from .dates import check_stamped_time
from .reading import Reading


def check_time_stamps(reading: Reading) -> None:
    """Each time stamp contains the SHA-256 of the checkpoint file that it is named after."""
    for name in reading.under("ledger/timestamps/"):
        token = reading.read(name)
        point = re.sub(r"ledger/timestamps/(.*)\.tsr", r"ledger/checkpoints/\1.json", name)
        if point not in reading.names:
            reading.incomplete(point, "has a time stamp, but is not there itself")
            continue
        stamped = reading.read(point)
        if token is None or stamped is None:
            continue
        digest = sha256(stamped).digest()
        if digest not in token:
            reading.tampered(name, f"is not a time stamp over {point}")
            continue
        for found in reading.points:
            if found.place == point:
                check_stamped_time(reading, name, token, digest, found)
