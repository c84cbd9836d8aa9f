"""An empty folder -> a project: prefpairs.toml with the settings that people change, and the project key."""

from pathlib import Path

from prefpairs.config import CONFIG_NAME
from prefpairs.errors import ConfigError
from prefpairs.files import make_private_folder, write_atomic
from prefpairs.keys import ProjectKey
from prefpairs.settings_file import load_settings

EXAMPLE = """\
# A prefpairs project. Every other setting has a default: see src/prefpairs/config.py for the reasons.

[project]
name = "example"
series = "main"

[basis]
# Live reading and releases with text refuse to start until both are filled in.
statement = ""
approval_id = ""

[ingest]
archives = ["archives"]      # dump files (.zst, .gz, .ndjson) or folders of them
subreddits = []              # empty: every community of the archives
live = false                 # true: also read these subreddits from Reddit

[pairs]
preset = "shp"               # shp or llumi

[release]
target = "directory"         # directory or hub
directory = "releases"
"""


def create(folder: Path, *, config: str = EXAMPLE) -> Path:
    """Write the configuration and the key; return the configuration's path.

    What is there is kept: a configuration (cloned, or written by hand) without a key gets one.

    Raises
    ------
    ConfigError
        If both are there already, or there are tables that were made with a key that is gone.

    """
    path = make_private_folder(folder.absolute()) / CONFIG_NAME
    is_new = not path.exists()
    if is_new:
        write_atomic(path, config.encode())
    settings = load_settings(path)
    key_file = settings.path(settings.project.key_file)
    if key_file.exists() and not is_new:
        msg = f"{path} and its key {key_file} are there already. Nothing was changed."
        raise ConfigError(msg)
    if settings.lake_folder.exists() and not key_file.exists():
        msg = f"{settings.lake_folder} was made with a key that is gone. Put it back at {key_file}, or start anew."
        raise ConfigError(msg)
    ProjectKey.create(key_file)
    return path
