"""A model folder -> what it says of its own making, and the folder of the model that it was trained from."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prefpairs.errors import ConfigError
from prefpairs.train.loop.plan import stage_key
from prefpairs.train.models.folder import REPORT_NAME, base_folder, folder_hash, is_adapter


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What `training.json` says that an evaluation needs to know; all of it None or empty where there is none.

    Attributes
    ----------
    stage
        The stage that made the model.
    version
        The dataset version that it was trained on.
    content_root
        Of that version.
    made_from
        What the model was trained from: the hash of a folder, or of the inputs of the stage before.
    recipe
        The settings that decided the result.

    """

    stage: str | None = None
    version: str | None = None
    content_root: str | None = None
    made_from: str | None = None
    recipe: Mapping[str, Any]

    def setting(self, name: str) -> Any:
        """Return a setting that the model was trained with, None if it is not known."""
        return self.recipe.get(name)


def origin_of(folder: Path) -> Origin:
    """Read the origin of a model.

    Raises
    ------
    ConfigError
        If there is a `training.json` that `prefpairs train` did not write.

    """
    path = folder / REPORT_NAME
    if not path.is_file():
        return Origin(recipe={})
    try:
        document = json.loads(path.read_bytes())
        inputs = document["inputs"]
        return Origin(
            stage=document["stage"],
            version=document["version"],
            content_root=document["content_root"],
            made_from=inputs["model_sha256"],
            recipe=dict(inputs["recipe"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        msg = f"{path} is no report of `prefpairs train` ({type(error).__name__}). Remove it, or train again."
        raise ConfigError(msg) from None


def reference_of(folder: Path, origin: Origin) -> Path:
    """Return the folder of the model that this one was trained from: a stage beside it, or an adapter's own model.

    Raises
    ------
    ConfigError
        If it is neither, and so has to be named.

    """
    beside = sorted(path.parent for path in folder.absolute().parent.glob(f"*/{REPORT_NAME}"))
    candidates = [path for path in beside if path != folder.absolute()]
    if is_adapter(folder):
        candidates.append(base_folder(folder))
    for candidate in candidates:
        if origin.made_from is not None and is_origin(candidate, origin):
            return candidate
    which = (
        "Name its folder"
        if origin.stage is None
        else "A first stage of a run was trained from the folder given as --model"
    )
    msg = (
        f"Implicit rewards are measured against the model that {folder} was trained from, and that is not beside "
        f"it. {which}: reference=FOLDER."
    )
    raise ConfigError(msg)


def is_origin(candidate: Path, origin: Origin) -> bool:
    """Say whether a folder is the model that another one was trained from."""
    path = candidate / REPORT_NAME
    if path.is_file():
        try:
            if stage_key(json.loads(path.read_bytes())["inputs"]) == origin.made_from:
                return True
        except (OSError, ValueError, KeyError, TypeError):
            return False
    return folder_hash(candidate) == origin.made_from
