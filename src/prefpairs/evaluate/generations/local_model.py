"""A folder -> a local model for reading, loaded without a network and without running its author's code."""

from pathlib import Path
from typing import Any

import torch
import transformers

from prefpairs.errors import ConfigError
from prefpairs.files import sha256_file, sha256_json

_library: Any = transformers


def load_local(folder: Path, loader: str, *, setting: str, device: torch.device) -> tuple[Any, Any]:
    """Return a model in evaluation mode on the device, and its tokenizer.

    Parameters
    ----------
    folder
        What transformers' `save_pretrained` writes.
    loader
        transformers' class: `AutoModel`, `AutoModelForCausalLM`.
    setting
        Named in the error.
    device
        Where the model is put.

    Raises
    ------
    ConfigError
        If the folder holds no such model in safetensors, or no tokenizer.

    """
    local = {"local_files_only": True, "trust_remote_code": False}
    shown = _library.utils.logging.is_progress_bar_enabled()
    _library.utils.logging.disable_progress_bar()
    try:
        tokenizer = _library.AutoTokenizer.from_pretrained(folder, **local)
        model = getattr(_library, loader).from_pretrained(folder, **local, use_safetensors=True)
    except Exception as error:
        # Many kinds, and their messages run to pages.
        msg = f"{setting}: {folder} holds no model that can be loaded from safetensors ({type(error).__name__})."
        raise ConfigError(msg) from None
    finally:
        if shown:
            _library.utils.logging.enable_progress_bar()
    return model.to(device).eval(), tokenizer


def identity(folder: Path) -> str:
    """Return the folder's name and a hash over the files that decide what its model says."""
    deciding = sorted(path for path in folder.iterdir() if path.suffix in {".safetensors", ".json", ".jinja"})
    return f"{folder.name}+{sha256_json({path.name: sha256_file(path) for path in deciding})[:12]}"
