"""Reads files of lines and builds their trees, once per export for all people in it."""

from dataclasses import dataclass, field
from typing import Final

import orjson

from shared.domain import paths
from shared.domain.identifiers import PersonId
from shared.domain.merkle import Tree, leaf_hash
from shared.domain.record import PlannedEvaluation
from shared.ports import Files

_REP: Final = "rep_id"


@dataclass(slots=True)
class FiledLines:
    """Caches everything that it reads: make a new one for each export."""

    files: Files
    _lines: dict[str, list[bytes]] = field(default_factory=dict)
    _trees: dict[str, Tree] = field(default_factory=dict)
    _starts: dict[str, list[int]] = field(default_factory=dict)

    def lines(self, key: str) -> list[bytes]:
        """Each without its line feed. Raises NotFound."""
        if key not in self._lines:
            self._lines[key] = [line for chunk in self.files.read_lines(key) for line in chunk.splitlines()]
        return self._lines[key]

    def tree(self, key: str) -> Tree:
        if key not in self._trees:
            self._trees[key] = Tree([leaf_hash(line) for line in self.lines(key)])
        return self._trees[key]

    def row(self, key: str, rep_id: PersonId, column: str = _REP) -> tuple[int, bytes] | None:
        """The index and the bytes of the person's line, in a file with one line per person."""
        quoted_id = orjson.dumps(rep_id)
        for index, line in enumerate(self.lines(key)):
            # Parse only lines that contain the id: of a hundred thousand lines one is the person's.
            if quoted_id in line and orjson.loads(line)[column] == rep_id:
                return index, line
        return None

    def decisions(self, plan: PlannedEvaluation) -> tuple[Tree, list[int]]:
        """The tree over all decisions of the evaluation, and the index at which each shard begins."""
        if plan.id not in self._trees:
            leaves: list[bytes] = []
            starts: list[int] = []
            for shard in range(plan.shards):
                starts.append(len(leaves))
                for chunk in self.files.read_lines(paths.decisions(plan.id, shard)):
                    leaves += map(leaf_hash, chunk.splitlines())
            self._trees[plan.id], self._starts[plan.id] = Tree(leaves), starts
        return self._trees[plan.id], self._starts[plan.id]
