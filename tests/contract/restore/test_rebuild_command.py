"""``plumbline rebuild`` as somebody uses it whose table is lost, or who wants to know whether it is sound."""

from pathlib import Path
from typing import Any

import pytest

from functions.audit.evidence.bundles import ledger_bundle
from functions.audit.evidence.export_evidence import CHECKPOINTS, SEGMENTS
from local.cli import main
from local.commands import rebuild as command
from local.commands.rebuild import Place
from local.restore.ports import Items
from local.restore.tables import make_table_like, read_table, write_table
from shared.aws import keys
from shared.aws.ledger_files import S3Archive
from shared.runtime.settings import RecordSettings
from tests.contract.restore.world import ANSWERED, GONE, LATE, Deployment
from tests.unit.audit.workshop import lived_in

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def place(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> Place:
    settings = RecordSettings.model_validate(
        {
            "TABLE_NAME": "plumbline",
            "SUBJECT_KEY_ID": deployment.wrapping,
            "CODE_VERSION": "test",
            "CLOCK_RATE": 1,
            "FACTS_BUCKET": "facts",
            "LEDGER_BUCKET": "ledger",
            "SIGNING_KEY_ID": deployment.signing,
        }
    )
    found = Place(settings, deployment.resource, deployment.kms, deployment.s3)
    monkeypatch.setattr(command, "locally", lambda _: found)
    return found


def a_table(deployment: Deployment, name: str, items: Items) -> str:
    make_table_like("plumbline", name, deployment.resource)
    write_table(name, items, deployment.resource)
    return name


def run(*words: str) -> int:
    return main(["rebuild", *words])


def test_a_sound_table_is_said_to_be_sound(place: Place, capsys: Capture) -> None:
    assert run("--compare") == 0
    said = capsys.readouterr()
    assert "plumbline agrees with the ledger: " in said.out
    assert "1 events not sealed yet" in said.out
    assert "intact" in said.err


def test_a_lost_table_is_made_again_with_the_keys_of_the_damaged_one(
    deployment: Deployment, place: Place, capsys: Capture
) -> None:
    assert run("--into", "again", "--create", "--unsealed") == 0
    assert "CASE" in capsys.readouterr().out
    assert run("--compare", "again") == 0
    # A second time over what the first one wrote, as after a crash in the middle of it.
    assert run("--into", "again", "--unsealed") == 0
    assert (
        read_table("again", deployment.resource)[keys.ledger_head()] == deployment.items()[keys.ledger_head()]
    )


def test_what_differs_is_told_a_line_an_item(deployment: Deployment, place: Place, capsys: Capture) -> None:
    items, key = dict(deployment.sealed), keys.case(deployment.case(ANSWERED).id)
    items[key] = items[key] | {"listing_sk": "2030-01-01T00:00:00.000Z#x"}
    a_table(deployment, "edited", items)
    assert run("--compare", "edited") == 1
    said = capsys.readouterr().out
    assert f"differs   {key[0]}/CASE: listing_sk" in said
    assert "edited differs from the ledger in 1 of" in said


def test_a_table_with_something_else_in_it_is_not_written_over(
    deployment: Deployment, place: Place, capsys: Capture
) -> None:
    a_table(deployment, "taken", {("X", "Y"): {"pk": "X", "sk": "Y"}})
    assert run("--into", "taken") == 2
    assert "--over" in capsys.readouterr().err
    assert len(read_table("taken", deployment.resource)) == 1


def test_a_table_is_mended_in_place_where_it_differs(
    deployment: Deployment, place: Place, capsys: Capture
) -> None:
    items, key = dict(deployment.sealed), keys.case(deployment.case(ANSWERED).id)
    items[key] = items[key] | {"version": 99}
    items["CASE#forged", "CASE"] = items[key] | {"pk": "CASE#forged"}
    del items[keys.directory()]
    a_table(deployment, "damaged", items)
    assert run("--into", "damaged", "--over") == 0
    said = capsys.readouterr().out
    assert f"repair    differs   {key[0]}/CASE: version" in said
    assert "repair    too many  CASE#forged/CASE" in said
    assert run("--compare", "damaged") == 0
    mended = read_table("damaged", deployment.resource)
    assert mended[key] == deployment.sealed[key]
    assert mended[keys.directory()] == deployment.sealed[keys.directory()]
    # Codes and workflows' tokens, of which the ledger says nothing, stay as they are.
    assert keys.task_token(deployment.case(LATE).id) in mended


def test_without_a_key_nothing_is_written_until_somebody_says_so(
    deployment: Deployment, place: Place, capsys: Capture
) -> None:
    survived = {key: item for key, item in deployment.sealed.items() if key != keys.subject_key(LATE)}
    a_table(deployment, "keyless", survived)
    assert run("--into", "poor", "--create", "--keys", "keyless") == 4
    said = capsys.readouterr().err
    assert f"the key of {LATE} is lost" in said
    assert "--partial" in said
    assert read_table("poor", deployment.resource) == {}
    assert run("--into", "poor", "--keys", "keyless", "--partial") == 4
    assert read_table("poor", deployment.resource)


def test_a_shredded_key_is_refused_and_reported(
    deployment: Deployment, place: Place, capsys: Capture
) -> None:
    a_table(deployment, "backup", deployment.earlier)
    assert run("--into", "from-backup", "--create", "--keys", "backup", "--partial") == 4
    assert f"refused: the key of {GONE}" in capsys.readouterr().err
    assert "wrapped_key" not in read_table("from-backup", deployment.resource)[keys.subject_key(GONE)]


def bundle(deployment: Deployment, path: Path, spoil: bool = False) -> Path:
    archive = S3Archive("ledger", deployment.s3)
    points = {name: archive.get(name) for name in archive.names(CHECKPOINTS)}
    segments = {name: archive.get(name) for name in archive.names(SEGMENTS)}
    if spoil:
        first = min(segments)
        segments[first] = segments[first].replace(b'"kind":"system"', b'"kind":"person"', 1)
    path.write_bytes(ledger_bundle(segments, points, [deployment.keyring.first().public_key_pem()]))
    return path


def test_a_bundle_of_the_whole_ledger_serves_as_well_as_the_bucket(
    deployment: Deployment, place: Place, tmp_path: Path
) -> None:
    assert run("--compare", "--from-ledger", str(bundle(deployment, tmp_path / "ledger.zip"))) == 0


def test_a_changed_ledger_is_refused_and_the_change_is_named(
    deployment: Deployment, place: Place, tmp_path: Path, capsys: Capture
) -> None:
    spoilt = bundle(deployment, tmp_path / "ledger.zip", spoil=True)
    assert run("--into", "never", "--create", "--from-ledger", str(spoilt)) == 1
    assert "ledger/segments/" in capsys.readouterr().err
    names: Any = deployment.resource.meta.client.list_tables()["TableNames"]
    assert "never" not in names


def test_a_ledger_that_did_not_grow_from_the_anchor_is_refused(
    deployment: Deployment, place: Place, tmp_path: Path
) -> None:
    archive, anchor = S3Archive("ledger", deployment.s3), tmp_path / "anchor.json"
    anchor.write_bytes(archive.get(min(archive.names(CHECKPOINTS))))
    assert run("--compare", "--anchor", str(anchor)) == 0
    anchor.write_bytes(lived_in().checkpoints()[0])
    assert run("--compare", "--anchor", str(anchor)) == 1
    anchor.write_bytes(b"{}")
    assert run("--compare", "--anchor", str(anchor)) == 2


@pytest.mark.parametrize(
    "words", [(), ("--compare", "--into", "x"), ("--compare", "--create"), ("--compare", "--over")]
)
def test_contradictory_options_are_refused(place: Place, words: tuple[str, ...], capsys: Capture) -> None:
    try:
        status = run(*words)
    except SystemExit as stopped:
        status = int(stopped.code or 0)
    assert status == 2
    assert capsys.readouterr().err


def test_a_missing_table_is_reported_in_one_line(place: Place, capsys: Capture) -> None:
    assert run("--compare", "nowhere") == 2
    assert "there is no table nowhere" in capsys.readouterr().err
