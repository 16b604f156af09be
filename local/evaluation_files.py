"""The files around an evaluation: JSON lines as ``read`` wrote them, and results written whole or not."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson

from functions.evaluate.figures import Row
from shared.domain.errors import InvalidDirectory, InvalidFacts, InvalidInput, InvalidPolicy
from shared.domain.policy import Policy, parse_policy


def read_policy(path: Path) -> Policy:
    """The policy of a file; InvalidPolicy names the file and the YAML path of each fault."""
    try:
        return parse_policy(path.read_bytes().decode("utf-8-sig"), str(path))
    except UnicodeDecodeError as error:
        raise InvalidPolicy(f"{path}: not UTF-8 text") from error


def read_people(path: Path) -> list[Row]:
    """The directory's rows."""
    return list(_rows(path, InvalidDirectory))


def read_facts(paths: Sequence[Path]) -> dict[str, dict[str, Row]]:
    """Facts by rep and period; a later line supersedes an earlier one."""
    facts: dict[str, dict[str, Row]] = {}
    for path in paths:
        for row in _rows(path, InvalidFacts):
            rep, period = row.get("rep_id"), row.get("period")
            if not isinstance(rep, str) or not isinstance(period, str):
                raise InvalidFacts(f"{path}: a row has no rep_id or no period")
            facts.setdefault(rep, {})[period] = row
    return facts


def write_whole(path: Path, lines: Iterable[bytes]) -> None:
    """Write a file by a neighbour that takes its place when it is complete; devices are written to."""
    if path.exists() and not path.is_file():
        with path.open("wb") as device:
            device.writelines(lines)
        return
    partial = path.with_name(f".{path.name}.partial")
    try:
        with partial.open("wb") as file:
            file.writelines(lines)
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def _rows(path: Path, fault: type[InvalidInput]) -> Iterator[dict[str, Any]]:
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                row = orjson.loads(line)
            except orjson.JSONDecodeError as error:
                raise fault(f"{path}: line {number} is not JSON: {error}") from error
            if not isinstance(row, dict):
                raise fault(f"{path}: line {number} is no row of named columns")
            yield row
