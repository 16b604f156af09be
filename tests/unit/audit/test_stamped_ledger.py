"""Time stamps in a bundle of the whole ledger: each is over its own checkpoint, as both verifiers find."""

from hashlib import sha256

import pytest

from functions.audit.evidence.bundles import ledger_bundle
from functions.audit.verify import Verdict
from tests.independent_verifier import exit_status
from tests.unit.audit.bundles import checked, segments_of, unpacked, with_manifest_mended
from tests.unit.audit.workshop import lived_in

FIRST, SECOND = "000000000003-000000000000", "000000000004-000000000001"


@pytest.fixture(scope="module")
def stamped() -> dict[str, bytes]:
    world = lived_in()
    points = {name: data for name, data in world.files.items() if "/checkpoints/" in name}
    tokens = {
        f"ledger/timestamps/{at}.tsr": b"0 "
        + sha256(points[f"ledger/checkpoints/{at}.json"]).digest()
        + b" 0"
        for at in (FIRST, SECOND)
    }
    late = {"ledger/timestamps/000000000099-000000000099.tsr": b"of a checkpoint that came meanwhile"}
    return unpacked(ledger_bundle(segments_of(world), points, world.keys(), (), tokens | late))


def test_a_ledger_with_time_stamps_is_intact_and_has_no_stamp_without_its_checkpoint(
    stamped: dict[str, bytes],
) -> None:
    assert [name for name in stamped if name.endswith(".tsr")] == [
        f"ledger/timestamps/{at}.tsr" for at in (FIRST, SECOND)
    ]
    assert (checked(stamped).exit_status, exit_status(stamped)) == (0, 0)
    assert "openssl ts -verify" in stamped["README.txt"].decode()


def test_a_stamp_over_another_checkpoint_is_found_at_its_place(stamped: dict[str, bytes]) -> None:
    first, second = (f"ledger/timestamps/{at}.tsr" for at in (FIRST, SECOND))
    changed = with_manifest_mended(stamped | {first: stamped[second]})
    report = checked(changed)
    assert [at.where for at in report.findings if at.verdict is Verdict.TAMPERED] == [first]
    assert (report.exit_status, exit_status(changed)) == (1, 1)


def test_a_stamp_whose_checkpoint_was_taken_away_is_incomplete(stamped: dict[str, bytes]) -> None:
    rest = with_manifest_mended(
        {name: data for name, data in stamped.items() if name != f"ledger/checkpoints/{SECOND}.json"}
    )
    assert (checked(rest).exit_status, exit_status(rest)) == (4, 4)
