"""A model folder -> what it is (a whole model or an adapter of one), and one hash of what decides its scores."""

import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import transformers

from prefpairs.errors import ConfigError
from prefpairs.files import sha256_file, sha256_json

REPORT_NAME = "training.json"
CONFIG_NAME = "config.json"
ADAPTER_CONFIG_NAME = "adapter_config.json"
ADAPTER_WEIGHTS_NAME = "adapter_model.safetensors"
# What transformers, tokenizers and peft read. Cards, logs and weights in formats that are not read decide nothing.
_READ = frozenset({".safetensors", ".json", ".txt", ".model", ".jinja", ".tiktoken"})
_TEMPLATES = "additional_chat_templates"
_BASE = "base_model_name_or_path"
# Its stubs are partial: what loading returns has no type there.
library: Any = transformers


def is_adapter(folder: Path) -> bool:
    """Say whether a folder holds an adapter of peft, not a whole model."""
    return (folder / ADAPTER_CONFIG_NAME).is_file()


def is_reward_model(folder: Path) -> bool:
    """Say whether a folder holds a model, or an adapter of one, that gives numbers in place of words."""
    if is_adapter(folder):
        return read_json(folder / ADAPTER_CONFIG_NAME).get("task_type") == "SEQ_CLS"
    architectures = read_json(folder / CONFIG_NAME).get("architectures") or ()
    return any(str(name).endswith("ForSequenceClassification") for name in architectures)


def check_folder(folder: Path) -> None:
    """Check that a folder looks like a model at all.

    Raises
    ------
    ConfigError
        If it is not there, or holds neither a model nor an adapter.

    """
    if not (is_adapter(folder) or (folder / CONFIG_NAME).is_file()):
        msg = (
            f"No model at {folder}: it has to be a local folder with {CONFIG_NAME} and safetensors weights, or an "
            f"adapter with {ADAPTER_CONFIG_NAME}. Nothing is fetched: download a model first."
        )
        raise ConfigError(msg)


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object of a model folder.

    Raises
    ------
    ConfigError
        If the file is not there or holds no JSON object.

    """
    try:
        document = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        msg = f"{path} cannot be read as JSON ({type(error).__name__})."
        raise ConfigError(msg) from None
    if not isinstance(document, dict):
        msg = f"{path} holds no JSON object."
        raise ConfigError(msg)
    return document


def base_folder(adapter: Path) -> Path:
    """Return the folder of the model that an adapter belongs to.

    Raises
    ------
    ConfigError
        If the adapter does not name one, or what it names is not a local folder with a whole model.

    """
    named = read_json(adapter / ADAPTER_CONFIG_NAME).get(_BASE)
    if not isinstance(named, str) or not named:
        msg = f"{adapter / ADAPTER_CONFIG_NAME} does not name the model it belongs to ({_BASE})."
        raise ConfigError(msg)
    base = Path(named)
    if is_adapter(base):
        msg = f"The adapter {adapter} belongs to {base}, an adapter too. Merge that one into its model first."
        raise ConfigError(msg)
    if not (base / CONFIG_NAME).is_file():
        msg = (
            f"The adapter {adapter} belongs to the model {named!r}, and there is no such local folder here. "
            f"Put the folder of that model into {_BASE} of {ADAPTER_CONFIG_NAME}; nothing is fetched."
        )
        raise ConfigError(msg)
    return base


def folder_hash(folder: Path) -> str:
    """Return one SHA-256 over everything that decides a model's scores: configuration, weights, tokenizer.

    Cards, logs and reports are left out, and so is where an adapter's base model lies: its content counts.

    Raises
    ------
    ConfigError
        If the folder is not there, or holds no model.

    """
    check_folder(folder)
    hashes = {path.relative_to(folder).as_posix(): sha256_file(path) for path in _deciding_files(folder)}
    if is_adapter(folder):
        config = read_json(folder / ADAPTER_CONFIG_NAME)
        hashes[ADAPTER_CONFIG_NAME] = sha256_json({**config, _BASE: folder_hash(base_folder(folder))})
    return sha256_json(hashes)


def _deciding_files(folder: Path) -> list[Path]:
    return sorted(
        path
        for place in (folder, folder / _TEMPLATES)
        if place.is_dir()
        for path in place.iterdir()
        if path.is_file() and path.suffix in _READ and path.name != REPORT_NAME and not path.name.startswith(".")
    )


@contextmanager
def quiet() -> Iterator[None]:
    """Keep transformers' progress bars, and what it thinks of peft's code, off a terminal that shows ours."""
    logging = library.utils.logging
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "`is_gradient_checkpointing` is deprecated", FutureWarning)
            yield
    finally:
        if shown:
            logging.enable_progress_bar()
