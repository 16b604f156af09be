"""Gives the wheel its dependencies: the pins of requirements/*.in, so that each is written once."""

from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

REQUIRED = ("function", "command")
OPTIONAL = ("charts", "cloud")


class Requirements(MetadataHookInterface):
    """The functions' libraries and the command line's, and as extras what only some commands need."""

    def update(self, metadata: dict[str, Any]) -> None:
        metadata["dependencies"] = [pin for name in REQUIRED for pin in self._pins(name)]
        metadata["optional-dependencies"] = {name: self._pins(name) for name in OPTIONAL}

    def _pins(self, name: str) -> list[str]:
        text = (Path(self.root) / "requirements" / f"{name}.in").read_text(encoding="utf-8")
        return [line for line in text.splitlines() if line and not line.startswith("#")]
