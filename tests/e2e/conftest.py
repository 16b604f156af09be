"""The local cloud for the tests that need a whole one: started once, fresh, over a temporary folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.cloud.stack import Stack, running_stack
from tests.e2e.short_ladder import ShortLadder

# A day passes in nine seconds: time to answer a question, and little to wait for its deadline.
CLOCK_RATE = 10_000
# So that a file of some hundred rows is large, and read in ranges.
LARGE_EXPORT_BYTES = 4_000
# Who is mailed the day's checkpoint; nobody else's mail is of that kind.
NOTARY = "notary@outside.example"
# Where else it goes. The bucket is another account's to make, and so not in the template.
ELSEWHERE = "anchors-elsewhere"
HERE = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)  # before the groups are read
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Side by side, whoever shares a cloud shares a worker, and a file stays together."""
    for item in items:
        if not item.path.is_relative_to(HERE):
            continue
        clouds = {"stack", "short_ladder"} & set(getattr(item, "fixturenames", ()))
        item.add_marker(pytest.mark.xdist_group(clouds.pop() if clouds else item.path.stem))


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder: Path = tmp_path_factory.mktemp("cloud")
    context = {
        "large_export_bytes": str(LARGE_EXPORT_BYTES),
        "anchor_emails": NOTARY,
        "anchor_bucket": ELSEWHERE,
    }
    with running_stack(folder, clock_rate=CLOCK_RATE, fresh=True, context=context) as running:
        yield running


@pytest.fixture(scope="session")
def short_ladder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShortLadder]:
    office = ShortLadder(tmp_path_factory.mktemp("short-ladder"))
    yield office
    office.stop()
