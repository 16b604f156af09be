"""The local cloud for the tests that need a whole one: started once, fresh, over a temporary folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.stack import Stack, running_stack
from tests.e2e.short_ladder import ShortLadder

# A day passes in nine seconds: time to answer a question, and little to wait for its deadline.
CLOCK_RATE = 10_000


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder: Path = tmp_path_factory.mktemp("cloud")
    with running_stack(folder, clock_rate=CLOCK_RATE, fresh=True) as running:
        yield running


@pytest.fixture(scope="session")
def short_ladder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShortLadder]:
    office = ShortLadder(tmp_path_factory.mktemp("short-ladder"))
    yield office
    office.stop()
