from collections.abc import Iterator
from pathlib import Path

import pytest

from prefpairs.config import Settings
from prefpairs.lake import Lake
from tests.support.hub import Hub, running_hub
from tests.support.releases import fill, project


@pytest.fixture(scope="session")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """A lake with the published tables, which no test changes."""
    return fill(Lake(tmp_path_factory.mktemp("tables") / "lake"))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A project that releases to a directory."""
    return project(tmp_path / "project")


@pytest.fixture(scope="session")
def running() -> Iterator[Hub]:
    with running_hub() as server:
        yield server


@pytest.fixture
def hub(running: Hub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Hub:
    """An empty stand-in Hub, with the client's shared cache in a folder of the test."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    running.reset()
    return running


@pytest.fixture
def hub_settings(tmp_path: Path, hub: Hub) -> Settings:
    """A project that releases to the stand-in Hub."""
    return project(tmp_path / "project", target="hub", endpoint=hub.endpoint, repo_id="acme/pairs")
