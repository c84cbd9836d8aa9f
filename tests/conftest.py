"""Every test runs away from the network, from the user's settings and from the user's folders."""

import os
import tempfile
from pathlib import Path

import pytest

from prefpairs.keys import ProjectKey
from prefpairs.lake import Lake
from prefpairs.prefect_settings import prefect_environment
from tests.support.keys import KEY

# Everything that a Prefect server keeps while the tests run: database, results, logs.
PREFECT_FOLDER = Path(tempfile.mkdtemp(prefix="prefpairs-tests-"))

# Hugging Face and Prefect read these when they are imported, which no module above does.
os.environ.update(
    {
        "DO_NOT_TRACK": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        **prefect_environment(PREFECT_FOLDER),
        "NO_PROXY": "127.0.0.1,localhost",
    }
)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    for name in list(os.environ):
        if name.startswith(("PREFPAIRS_", "praw_", "HF_TOKEN")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HF_HOME", str(tmp_path_factory.getbasetemp() / "huggingface"))


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """An empty lake."""
    return Lake(tmp_path / "lake")


@pytest.fixture(scope="session")
def key() -> ProjectKey:
    """A project key that tests may know."""
    return KEY


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the tests that start Prefect last: its threads draw from `random` for as long as the process lives.

    Hypothesis takes that for a strategy that is not reproducible, and fails whichever test is drawing.
    """
    items.sort(key=lambda item: item.get_closest_marker("prefect") is not None)
