"""prefpairs.toml and the environment -> `Settings` and `Credentials`, or an error that names the key."""

import difflib
import tomllib
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from prefpairs.config import Credentials, Settings
from prefpairs.errors import ConfigError

# Where the validation library speaks of Python, a person who writes TOML is told in TOML's words.
_WORDS = {"tuple_type": 'should be a list, like ["one", "two"]', "model_type": "should be a section, not a value"}


def load_settings(path: Path) -> Settings:
    """Read a TOML file into `Settings`.

    Raises
    ------
    ConfigError
        If the file is missing, is not TOML, or a key is unknown or a value out of range: it names the key.

    """
    if not path.is_file():
        msg = f"No configuration at {path}. Run `prefpairs init` to write one, or pass --config."
        raise ConfigError(msg)
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        msg = f"{path} is not valid TOML: {error}"
        raise ConfigError(msg) from None
    if "root" in document:
        msg = f"{path}: 'root' is not a setting."
        raise ConfigError(msg)
    try:
        return Settings.model_validate({**document, "root": path.absolute().parent})
    except ValidationError as error:
        problems = "\n".join(f"  {_problem(item)}" for item in error.errors())
        msg = f"{path} has settings that prefpairs does not understand:\n{problems}"
        raise ConfigError(msg) from None


def load_credentials() -> Credentials:
    """Read the secrets from the environment. This is the one place that does."""
    return Credentials()


def _problem(item: Any) -> str:
    key = ".".join(str(part) for part in item["loc"])
    if item["type"] == "extra_forbidden":
        return f"{key}: no such setting.{_suggestion(item['loc'])}"
    return f"{key}: {_WORDS.get(item['type'], item['msg'])}"


def _suggestion(location: tuple[Any, ...]) -> str:
    model: Any = Settings
    for part in location[:-1]:
        field = model.model_fields.get(part) if isinstance(part, str) else None
        if field is None or not isinstance(field.annotation, type) or not issubclass(field.annotation, BaseModel):
            return ""
        model = field.annotation
    close = difflib.get_close_matches(
        str(location[-1]), [name for name in model.model_fields if name != "root"], 1
    )
    return f" Did you mean '{close[0]}'?" if close else ""
