"""Folder name -> path of the `schemas/`, `expectations/` or `flows/` that ship with this installation."""

from pathlib import Path

from prefpairs.errors import ConfigError


def project_folder(name: str) -> Path:
    """Return the folder `name`, from the installed wheel or from the checkout.

    Raises
    ------
    ConfigError
        If the installation lacks it. A run without contracts or gates is refused.

    """
    package = Path(__file__).resolve().parent
    for folder in (package / "_project" / name, package.parents[1] / name):
        if folder.is_dir():
            return folder
    msg = f"This installation lacks the folder '{name}/'. Install prefpairs again: it does not run without it."
    raise ConfigError(msg)
