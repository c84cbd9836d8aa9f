"""One engine for the room: loading it takes longer than most of its tests."""

import pytest

from prefpairs.config_deid import Deid
from prefpairs.deid.engine import Engine


@pytest.fixture(scope="session")
def engine() -> Engine:
    """The engine under the default settings."""
    return Engine.load(Deid())
