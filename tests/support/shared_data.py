"""Where the recorded real data is, for the tests that need it; they skip where it is absent."""

from pathlib import Path

import pytest

_SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"


def shared_data(folder: str) -> Path:
    """Return the folder of recorded data, or skip the test with a message that says what is missing."""
    path = _SHARED / folder
    if not path.is_dir():
        pytest.skip(f"recorded data not here: ../shared/data/{folder}")
    return path
