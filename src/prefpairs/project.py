"""An empty folder -> a project: prefpairs.toml with the settings that people change, and the project key."""

from pathlib import Path

from prefpairs.config import CONFIG_NAME, load_settings
from prefpairs.errors import ConfigError
from prefpairs.files import make_private_folder, write_atomic
from prefpairs.keys import ProjectKey

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

    Raises
    ------
    ConfigError
        If the folder has a configuration already.

    """
    path = make_private_folder(folder.absolute()) / CONFIG_NAME
    if path.exists():
        msg = f"{path} is there already. Nothing was changed."
        raise ConfigError(msg)
    write_atomic(path, config.encode())
    settings = load_settings(path)
    ProjectKey.create(settings.path(settings.project.key_file))
    return path
