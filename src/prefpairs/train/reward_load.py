"""A folder that training wrote -> a reward model, ready to score: for evaluation, and for best of n."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError

from prefpairs.errors import ConfigError
from prefpairs.train.models.folder import base_folder, check_folder, is_adapter, library, quiet
from prefpairs.train.models.load import Loaded
from prefpairs.train.models.settle import settle
from prefpairs.train.recipe import Recipe
from prefpairs.train.reward import HEAD_NAME

_LOCAL = {"local_files_only": True, "trust_remote_code": False}
_REFUSALS = (OSError, ValueError, KeyError, TypeError, ImportError, RuntimeError, AttributeError, SafetensorError)


def load_reward_model(folder: Path, recipe: Recipe, *, device: torch.device) -> Loaded:
    """Load a reward model and its tokenizer, to score and not to train.

    Parameters
    ----------
    folder
        A whole model, or an adapter of peft whose base model is a local folder.
    recipe
        Says what the weights are kept in.
    device
        Where the model goes.

    Raises
    ------
    ConfigError
        If the folder holds no reward model with one label.

    """
    check_folder(folder)
    adapted = is_adapter(folder)
    try:
        with quiet(), _without_load_report():
            tokenizer = library.AutoTokenizer.from_pretrained(folder, **_LOCAL)
            model, info = library.AutoModelForSequenceClassification.from_pretrained(
                base_folder(folder) if adapted else folder,
                **_LOCAL,
                use_safetensors=True,
                dtype=getattr(torch, recipe.weights),
                output_loading_info=True,
                **({"num_labels": 1} if adapted else {}),
            )
            if adapted:
                model = _with_adapter(model, folder)
    except _REFUSALS as error:
        msg = f"{folder} has no reward model that transformers can load ({type(error).__name__})."
        raise ConfigError(msg) from None
    missing = [name for name in info["missing_keys"] if not (adapted and name.startswith(f"{HEAD_NAME}."))]
    if missing or model.config.num_labels != 1:
        msg = f"{folder} is no reward model: it has no trained head with one label. Train one with task: reward."
        raise ConfigError(msg)
    for config in (model.config, model.config.get_text_config()):
        config.pad_token_id = tokenizer.pad_token_id
    notes = settle(model, recipe, trainable=False)
    return Loaded(model=model.to(device).requires_grad_(requires_grad=False), tokenizer=tokenizer, notes=notes)


def _with_adapter(model: Any, folder: Path) -> Any:
    # Only here: it takes seconds to import.
    from peft import PeftModel

    return PeftModel.from_pretrained(model, folder)


@contextmanager
def _without_load_report() -> Iterator[None]:
    """Keep transformers from reporting that the base model of an adapter has no reward head, which is right."""
    logging = library.utils.logging
    level = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(level)
