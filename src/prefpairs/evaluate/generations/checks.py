"""Settings of replies -> an error before hours of work, if what they name cannot be there at the end."""

import os
from pathlib import Path

from prefpairs.errors import ConfigError
from prefpairs.evaluate.generations.settings import GenerationSettings

_PARTS = {
    "its config.json": ("config.json",),
    "weights in safetensors": ("*.safetensors",),
    "a tokenizer": ("tokenizer*.json", "*.model", "vocab.*"),
}


def check_readers(settings: GenerationSettings) -> None:
    """See that the folders of the local models that read replies hold what a model is made of. Nothing is loaded.

    Raises
    ------
    ConfigError
        If a folder is not there, or a part of a model is missing in it.

    """
    for name in ("sentence_model", "judge"):
        folder: Path | None = getattr(settings, name)
        if folder is None:
            continue
        missing = [part for part, patterns in _PARTS.items() if not any(_any(folder, each) for each in patterns)]
        if missing:
            what = f"misses {' and '.join(missing)}" if folder.is_dir() else "is no folder"
            msg = f"replies.{name}: {folder} holds no model: it {what}. Name what `save_pretrained` wrote."
            raise ConfigError(msg)


def check_write_to(path: Path | None) -> None:
    """See that replies can be written to a new file; it is not made. None is fine.

    Raises
    ------
    ConfigError
        If the file exists, or its folder does not or is not writable.

    """
    if path is None:
        return
    if path.exists() or path.is_symlink():
        reason = "it exists: name a file that is not there yet"
    elif not path.parent.is_dir():
        reason = "its folder is not there: make it first"
    elif not os.access(path.parent, os.W_OK | os.X_OK):
        reason = "its folder is not writable: name another"
    else:
        return
    msg = f"The replies cannot be written to replies.write_to={path}: {reason}."
    raise ConfigError(msg)


def _any(folder: Path, pattern: str) -> bool:
    return next(folder.glob(pattern), None) is not None
