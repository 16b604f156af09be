"""Files of a local cloud, which only their owner may read: they hold passwords and people's figures."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

_FOLDER: Final = 0o700
_FILE: Final = 0o600
_HIDES_FROM_OTHERS: Final = 0o077


@contextmanager
def private_folder(folder: Path) -> Iterator[None]:
    """Create the folder, or close an existing one to others. Everything made meanwhile is closed, too."""
    before = os.umask(_HIDES_FROM_OTHERS)
    try:
        folder.mkdir(mode=_FOLDER, parents=True, exist_ok=True)
        folder.chmod(_FOLDER)
        yield
    finally:
        os.umask(before)


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Replace the file in one step, readable by its owner only."""
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE), "w") as file:
        file.write(json.dumps(content, indent=2) + "\n")
    part.replace(path)
