"""A model folder -> a causal language model and its tokenizer, and back."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
import transformers
from safetensors import SafetensorError

from prefpairs.config import Train
from prefpairs.errors import ConfigError
from prefpairs.files import fsync_folder, make_private_folder, sha256_file, sha256_json

REPORT_NAME = "training.json"
# Its stubs are partial: the tuple that loading returns has no type there.
_library: Any = transformers


def folder_hash(folder: Path) -> str:
    """Return one SHA-256 over the names and bytes of the files of a model folder.

    Raises
    ------
    ConfigError
        If the folder is not there, or holds no model.

    """
    if not (folder / "config.json").is_file():
        msg = f"No model at {folder}: it has to be a local folder with config.json and safetensors weights."
        raise ConfigError(msg)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return sha256_json({path.relative_to(folder).as_posix(): sha256_file(path) for path in files})


def load(folder: Path, *, device: torch.device, settings: Train) -> tuple[Any, Any]:
    """Load a model in float32 and its tokenizer. Nothing is fetched, no code of the model's author runs.

    Raises
    ------
    ConfigError
        If the folder lacks a part, holds weights in another format than safetensors, or its parts do not fit
        together or the settings.

    """
    local = {"local_files_only": True, "trust_remote_code": False}
    with _quiet():
        try:
            tokenizer = _library.AutoTokenizer.from_pretrained(folder, **local)
        except (OSError, ValueError, KeyError, ImportError) as error:
            msg = (
                f"{folder} has no tokenizer that transformers can load without running its code ({_kind(error)})."
            )
            raise ConfigError(msg) from None
        try:
            model, info = _library.AutoModelForCausalLM.from_pretrained(
                folder, **local, use_safetensors=True, dtype=torch.float32, output_loading_info=True
            )
        except (OSError, ValueError, KeyError, ImportError, RuntimeError, SafetensorError) as error:
            msg = (
                f"{folder} has no causal language model in safetensors that transformers can load without running "
                f"its code ({_kind(error)})."
            )
            raise ConfigError(msg) from None
    if info["missing_keys"]:
        msg = f"{folder} lacks {len(info['missing_keys'])} weights of its own architecture: they would be random."
        raise ConfigError(msg)
    _check_fit(folder, model, tokenizer, settings)
    # Dropout would make the loss at the start other than ln 2; nothing else differs between the two modes here.
    return model.to(device).eval(), tokenizer


def choose_device(setting: str) -> torch.device:
    """Return the device to train on.

    Raises
    ------
    ConfigError
        If a GPU is asked for and there is none.

    """
    if setting == "cuda" and not torch.cuda.is_available():
        msg = 'train.device is "cuda" and PyTorch sees no GPU. Use "auto" or "cpu", or install PyTorch for CUDA.'
        raise ConfigError(msg)
    if setting == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return torch.device(setting)


def save(output: Path, *, model: Any, tokenizer: Any, files: Mapping[str, bytes]) -> None:
    """Write model, tokenizer and `files` to a new folder, so that a crash leaves all of it or nothing."""
    make_private_folder(output.parent)
    temporary = Path(tempfile.mkdtemp(prefix=f".{output.name}.", dir=output.parent))
    try:
        with _quiet():
            model.save_pretrained(temporary, safe_serialization=True)
            tokenizer.save_pretrained(temporary)
        for name, content in files.items():
            (temporary / name).write_bytes(content)
        for path in temporary.iterdir():
            with path.open("rb+") as stream:
                os.fsync(stream.fileno())
        temporary.replace(output)
        fsync_folder(output.parent)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _check_fit(folder: Path, model: Any, tokenizer: Any, settings: Train) -> None:
    known = model.get_input_embeddings().num_embeddings
    if len(tokenizer) > known:
        msg = f"{folder}: the tokenizer has {len(tokenizer)} tokens and the model knows {known}."
        raise ConfigError(msg)
    longest = getattr(model.config, "max_position_embeddings", None)
    if longest is not None and settings.max_tokens > longest:
        msg = f"{folder}: the model reads {longest} tokens at most, and train.max_tokens is {settings.max_tokens}."
        raise ConfigError(msg)


def _kind(error: Exception) -> str:
    return type(error).__name__


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep transformers' progress bars off a terminal that shows ours."""
    logging = _library.utils.logging
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()
