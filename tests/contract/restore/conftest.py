"""A deployment that has lived, once for all tests of this folder that look at it."""

from collections.abc import Iterator

import pytest
from moto import mock_aws

from tests.contract.conftest import REGION, make_table
from tests.contract.restore.world import Deployment


@pytest.fixture(scope="package")
def deployment() -> Iterator[Deployment]:
    """The tests change copies only: it takes a while to live."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            patch.setenv(name, "testing")
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        with mock_aws():
            made = Deployment(make_table())
            made.everything()
            yield made
