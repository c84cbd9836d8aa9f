from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tests.support.tiny_model import CHAT_TEMPLATE, save_tiny_model
from tests.support.training import TASK_TEXTS, release


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Compute on one thread: for models this small several only wait for one another."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def task_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a tiny model that knows the words of the synthetic task, and nothing of their order."""
    return save_tiny_model(
        tmp_path_factory.mktemp("task") / "model", texts=TASK_TEXTS, chat_template=CHAT_TEMPLATE
    )


@pytest.fixture(scope="session")
def task_release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of releases whose only version holds the synthetic task."""
    return release(tmp_path_factory.mktemp("task") / "releases")
