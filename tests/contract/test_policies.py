"""Policies: those that are bundled, those that have ended, and those that cases were opened under."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.aws.policies import FiledPolicies
from shared.domain import paths
from shared.domain.errors import IntegrityError, InvalidPolicy, NotFound
from shared.domain.identifiers import PolicyRef
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


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (POLICY.replace(b'below: "0.70"', b"below: 0.70"), "broken.yaml: rules"),
        (b"policy: [\n", "broken.yaml:"),
        (b"\xff\xfe", "broken.yaml: the file is not UTF-8 text"),
        (POLICY, "field-sales.yaml: field-sales@1 is defined by another file as well"),
    ],
)
def test_while_a_file_cannot_be_read_nobody_says_what_is_in_force_and_open_cases_go_on(
    tmp_path: Path, broken: bytes, said: str
) -> None:
    (tmp_path / "field-sales.yaml").write_bytes(POLICY)
    (tmp_path / "broken.yaml").write_bytes(broken)
    policies = BundledPolicies(tmp_path)
    with pytest.raises(InvalidPolicy) as refused:
        policies.in_force(on("2026-12-01"))
    assert said in str(refused.value)
    assert policies.by_ref(PolicyRef("field-sales@1"))[0].version == 1
    assert not policies.ended("field-sales", on("2026-12-01"))


def test_the_later_of_two_versions_in_force_counts(tmp_path: Path) -> None:
    second = POLICY.replace(b"version: 1", b"version: 2").replace(b"2026-09-01", b"2026-10-01")
    (tmp_path / "a.yaml").write_bytes(second)
    (tmp_path / "b.yaml").write_bytes(POLICY)
    policies = BundledPolicies(tmp_path)
    days = ("2026-08-31", "2026-09-01", "2026-09-30", "2026-10-01")
    assert [[policy.version for policy in policies.in_force(on(day))] for day in days] == [[], [1], [1], [2]]
