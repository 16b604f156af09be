"""Policies: those that are bundled, those that have ended, and those that cases were opened under."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.aws.used_policies import FiledPolicies
from shared.domain import paths
from shared.domain.errors import IntegrityError, NotFound
from shared.domain.policy import policy_digest
from shared.runtime.configuration import BundledPolicies
from tests.fakes.world import FakeFiles

POLICY = (Path(__file__).parents[2] / "config/policies/field-sales.yaml").read_bytes()
DIGEST = policy_digest(POLICY)


def on(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=UTC)


@pytest.fixture
def ended(tmp_path: Path) -> BundledPolicies:
    """A policy whose second version, in force from December, ends it in January."""
    second = POLICY.replace(b"version: 1", b"version: 2").replace(b"2026-09-01", b"2026-12-01")
    (tmp_path / "field-sales-1.yaml").write_bytes(POLICY)
    (tmp_path / "field-sales-2.yaml").write_bytes(second + b"\nends_on: 2027-01-01\n")
    return BundledPolicies(tmp_path)


@pytest.mark.parametrize(
    ("day", "in_force", "over"),
    [
        ("2026-08-31", [], False),
        ("2026-11-30", [1], False),
        ("2026-12-31", [2], False),
        ("2027-01-01", [], True),
    ],
)
def test_a_policy_ends_on_the_day_that_its_latest_version_names(
    ended: BundledPolicies, day: str, in_force: list[int], over: bool
) -> None:
    assert [policy.version for policy in ended.in_force(on(day))] == in_force
    assert ended.ended("field-sales", on(day)) is over


def test_a_policy_that_is_no_longer_bundled_has_not_ended_by_that(ended: BundledPolicies) -> None:
    assert not ended.ended("gone-from-the-folder", on("2027-01-01"))


def test_a_used_policy_is_what_it_was_when_it_was_used() -> None:
    files = FakeFiles()
    older = POLICY.replace(b"title: ", b"title: Former ")
    files.write(paths.policy(policy_digest(older)), older)
    policy, text = FiledPolicies(files).used(policy_digest(older))
    assert (policy.title, text) == ("Former Field sales performance", older)


def test_a_stored_policy_that_was_changed_is_found_out() -> None:
    files = FakeFiles()
    files.write(paths.policy(DIGEST), POLICY + b"\n")
    with pytest.raises(IntegrityError):
        FiledPolicies(files).used(DIGEST)


def test_a_policy_that_was_never_used_is_not_there() -> None:
    with pytest.raises(NotFound):
        FiledPolicies(FakeFiles()).used(DIGEST)
