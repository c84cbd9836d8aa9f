"""What ships with this installation: its `schemas/`, `expectations/` and `flows/`, and which code it is."""

import hashlib
from functools import cache
from pathlib import Path

from prefpairs import __version__
from prefpairs.errors import ConfigError

_PACKAGE = Path(__file__).resolve().parent


def project_folder(name: str) -> Path:
    """Return the folder `name`, from the installed wheel or from the checkout.

    Raises
    ------
    ConfigError
        If the installation lacks it. A run without contracts or gates is refused.

    """
    for folder in (_PACKAGE / "_project" / name, _PACKAGE.parents[1] / name):
        if folder.is_dir():
            return folder
    msg = f"This installation lacks the folder '{name}/'. Install prefpairs again: it does not run without it."
    raise ConfigError(msg)


@cache
def code_version() -> str:
    """Return the version and a hash of the package's own source, as `0.1.0+1a2b3c4d5e6f`.

    What a stage made is made again when the code has changed, between releases too.
    """
    digest = hashlib.sha256()
    for path in sorted(_PACKAGE.rglob("*.py")):
        digest.update(f"{path.relative_to(_PACKAGE)}\0".encode())
        digest.update(path.read_bytes())
    return f"{__version__}+{digest.hexdigest()[:12]}"
