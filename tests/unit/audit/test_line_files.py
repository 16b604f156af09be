"""One person's line is found among many, whatever their id looks like, and no file is read twice."""

from collections.abc import Iterable

import orjson
import pytest

from functions.audit.evidence.line_files import FiledLines
from shared.domain.errors import NotFound
from shared.domain.identifiers import PersonId
from shared.domain.merkle import Tree, leaf_hash
from tests.fakes.world import FakeFiles

IDS = ["r-1", "r-11", 'q"\\', "é", "z\u0308", "\U0001f600", "rep_id"]


class CountedFiles(FakeFiles):
    def __init__(self) -> None:
        super().__init__()
        self.reads = 0

    def read_lines(self, key: str) -> Iterable[bytes]:
        self.reads += 1
        return super().read_lines(key)


@pytest.fixture
def filed() -> FiledLines:
    files = CountedFiles()
    rows = [{"rep_id": rep, "says": IDS[number - 1], "line": number} for number, rep in enumerate(IDS)]
    files.write_lines("facts", [orjson.dumps(row) + b"\n" for row in rows])
    return FiledLines(files)


@pytest.mark.parametrize("rep", IDS)
def test_every_persons_line_is_found_at_its_index(filed: FiledLines, rep: str) -> None:
    found = filed.row("facts", PersonId(rep))
    assert found is not None
    assert found[0] == IDS.index(rep)
    assert orjson.loads(found[1])["rep_id"] == rep


def test_a_person_who_is_only_mentioned_is_not_found(filed: FiledLines) -> None:
    assert filed.row("facts", PersonId("r-111")) is None
    assert filed.row("facts", PersonId("r-1"), "says") == (1, filed.lines("facts")[1])


def test_a_file_is_read_once_for_however_many_people(filed: FiledLines) -> None:
    for rep in IDS:
        filed.row("facts", PersonId(rep))
    tree = Tree([leaf_hash(line) for line in filed.lines("facts")])
    assert filed.tree("facts").root() == tree.root()
    assert filed.tree("facts") is filed.tree("facts")
    assert isinstance(filed.files, CountedFiles)
    assert filed.files.reads == 1


def test_a_file_that_is_gone_is_not_found(filed: FiledLines) -> None:
    with pytest.raises(NotFound):
        filed.tree("elsewhere")
