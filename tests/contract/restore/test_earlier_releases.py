"""What an earlier release wrote still verifies, and its table is made again without a difference."""

import base64
import gzip
import json
import zipfile
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from functions.audit.verify import open_bundle
from local.restore.compare import differences
from local.restore.ledger import read_bundle
from local.restore.ports import Items
from local.restore.rebuild import rebuild
from shared.domain.errors import NotFound
from shared.domain.identifiers import BatchId, PersonId
from tests.independent_verifier import exit_status
from tests.unit.audit.bundles import checked, unpacked

RELEASES = sorted(path for path in (Path(__file__).parents[2] / "releases").iterdir() if path.is_dir())
BUNDLES = [path for release in RELEASES for path in sorted(release.glob("*.zip")) if path.name != "table.zip"]


class FiledFacts:
    """The facts' files of a release, by their paths in the bucket."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def shards(self, batch: BatchId, period: str) -> Mapping[str, str]:
        found = {
            name.partition("shard=")[2][:4]: sha256(gzip.decompress(self._archive.read(name))).hexdigest()
            for name in self._archive.namelist()
            if f"period={period}/rev={batch}" in name
        }
        if not found:
            raise NotFound(f"no facts of {period} in {batch}")
        return found


def decoded(value: Any) -> Any:
    match value:
        case {"bytes": text}:
            return base64.b64decode(text)
        case {"map": inner}:
            return {key: decoded(each) for key, each in inner.items()}
        case {"set": members}:
            return {decoded(each) for each in members}
        case {"list": members}:
            return [decoded(each) for each in members]
    return value


def table_of(archive: zipfile.ZipFile) -> Items:
    rows = map(json.loads, archive.read("table.jsonl").decode().splitlines())
    items = [{key: decoded(value) for key, value in row.items()} for row in rows]
    return {(item["pk"], item["sk"]): item for item in items}


@pytest.mark.parametrize("path", BUNDLES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_both_verifiers_find_a_bundle_of_an_earlier_release_as_it_was(path: Path) -> None:
    files = unpacked(path.read_bytes())
    expected = json.loads(path.with_name("expected.json").read_text())[path.name]
    report = checked(files)
    assert report.exit_status == expected, report.findings
    assert exit_status(files) == expected


@pytest.mark.parametrize("release", RELEASES, ids=lambda path: path.name)
def test_the_table_of_an_earlier_release_is_made_again_without_a_difference(release: Path) -> None:
    with (
        zipfile.ZipFile(release / "table.zip") as archive,
    ):
        items = table_of(archive)
        keys = {who: base64.b64decode(key) for who, key in json.loads(archive.read("data-keys.json")).items()}

        def unwrap(person: PersonId, wrapped: bytes) -> bytes:
            return keys[person]

        made = rebuild(
            read_bundle(open_bundle(release / "lived-ledger.zip")), FiledFacts(archive), items, unwrap, items
        )
    assert made.faults == []
    assert list(map(str, differences(items, made.items))) == []
