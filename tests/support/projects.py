"""A whole small project on disk, for the tests that run the pipeline end to end."""

from pathlib import Path

from prefpairs.config import Settings
from prefpairs.files import write_atomic
from prefpairs.sample.write import Sample, write_sample
from prefpairs.settings_file import load_settings
from tests.support.keys import KEY_HEX

CONFIG = """\
[project]
name = "test-project"

[basis]
statement = "Synthetic text."
approval_id = "test"

[ingest]
archives = ["archives"]

[deid]
workers = 0
"""


def sample_project(folder: Path, *, config: str = CONFIG, posts: int = 150, comments: int = 1500) -> Sample:
    """Write a synthetic archive, a configuration and a key that is the same in every test."""
    write_atomic(folder / "work" / "project.key", KEY_HEX.encode())
    write_atomic(folder / "prefpairs.toml", config.encode())
    return write_sample(folder, seed=11, posts=posts, comments=comments)


def settings_of(folder: Path) -> Settings:
    """Return the settings of a project."""
    return load_settings(folder / "prefpairs.toml")
