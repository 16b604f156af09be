"""Files of lines and their trees, read once for however many people's evidence is made of them."""

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
    """Keeps what it reads, so it is for one export and no longer."""

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
        """Where the person's line is, and the line; of a file that speaks of each person once."""
        spelt = orjson.dumps(rep_id)
        for index, line in enumerate(self.lines(key)):
            # Parsing is for the few lines that name them: of a hundred thousand one is theirs.
            if spelt in line and orjson.loads(line)[column] == rep_id:
                return index, line
        return None

    def decisions(self, plan: PlannedEvaluation) -> tuple[Tree, list[int]]:
        """The tree over all decisions of the evaluation, and at which index each shard's begin."""
        if plan.id not in self._trees:
            leaves: list[bytes] = []
            starts: list[int] = []
            for shard in range(plan.shards):
                starts.append(len(leaves))
                for chunk in self.files.read_lines(paths.decisions(plan.id, shard)):
                    leaves += map(leaf_hash, chunk.splitlines())
            self._trees[plan.id], self._starts[plan.id] = Tree(leaves), starts
        return self._trees[plan.id], self._starts[plan.id]
