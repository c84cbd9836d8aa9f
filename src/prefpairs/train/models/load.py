"""A model folder and a recipe -> a model that is ready to be trained, and its tokenizer."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError

from prefpairs.errors import ConfigError
from prefpairs.train.models.folder import (
    ADAPTER_CONFIG_NAME,
    ADAPTER_WEIGHTS_NAME,
    base_folder,
    check_folder,
    is_adapter,
    is_reward_model,
    library,
    quiet,
    read_json,
)
from prefpairs.train.models.memory import is_out_of_memory
from prefpairs.train.models.settle import settle
from prefpairs.train.recipe import Recipe

_LOCAL = {"local_files_only": True, "trust_remote_code": False}
# What transformers and peft raise for a folder that does not do.
_REFUSALS = (OSError, ValueError, KeyError, TypeError, ImportError, RuntimeError, AttributeError, SafetensorError)
_TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json", "tokenizer.model")


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A model in memory.

    Attributes
    ----------
    model
        A causal language model of transformers, or a `PeftModel` around one. Dropout is off in both modes.
    tokenizer
        The model's own.
    notes
        What was changed that a reader of the run should know, as sentences.

    """

    model: Any
    tokenizer: Any
    notes: tuple[str, ...] = ()


def load(folder: Path, recipe: Recipe, *, device: torch.device, trainable: bool = True) -> Loaded:
    """Load a model and its tokenizer. Nothing is fetched, and no code of the model's author runs.

    Parameters
    ----------
    folder
        A causal language model in safetensors, or an adapter of peft (LoRA) whose base model is a local folder.
    recipe
        Says what the weights are kept in, whether activations are computed again, and how long texts are.
    device
        Where the model goes.
    trainable
        Whether it is going to be trained. An adapter then goes on being trained: the recipe has to have `lora`,
        with the adapter's rank and alpha. If not, nothing of the model takes gradients.

    Raises
    ------
    ConfigError
        If the folder lacks a part, holds weights in another format than safetensors, or its parts do not fit
        together or the recipe.

    """
    check_folder(folder)
    if is_reward_model(folder):
        msg = (
            f"{folder} is a reward model: it has no words to give. Name the language model that it was made from."
        )
        raise ConfigError(msg)
    base = base_folder(folder) if is_adapter(folder) else folder
    tokenizer = _tokenizer(folder if any((folder / name).is_file() for name in _TOKENIZER_FILES) else base)
    model = _model(base, recipe)
    _check_fit(base, model, tokenizer, recipe)
    if base is not folder:
        model = _with_adapter(model, folder, recipe, trainable=trainable)
    if not trainable:
        model.requires_grad_(requires_grad=False)
    notes = settle(model, recipe, trainable=trainable)
    return Loaded(model=model.to(device), tokenizer=tokenizer, notes=notes)


def choose_device(setting: str) -> torch.device:
    """Return the device to train on.

    Raises
    ------
    ConfigError
        If a GPU is asked for and there is none.

    """
    if setting == "cuda" and not torch.cuda.is_available():
        msg = 'device is "cuda" and PyTorch sees no GPU. Use "auto" or "cpu", or install PyTorch for CUDA.'
        raise ConfigError(msg)
    if setting == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return torch.device(setting)


def _tokenizer(folder: Path) -> Any:
    try:
        with quiet():
            return library.AutoTokenizer.from_pretrained(folder, **_LOCAL)
    except _REFUSALS as error:
        msg = f"{folder} has no tokenizer that transformers can load without running its code ({_kind(error)})."
        raise ConfigError(msg) from None


def _model(folder: Path, recipe: Recipe) -> Any:
    if read_json(folder / "config.json").get("quantization_config"):
        msg = f"{folder} holds quantised weights. Train the model that they were made from."
        raise ConfigError(msg)
    try:
        with quiet():
            model, info = library.AutoModelForCausalLM.from_pretrained(
                folder,
                **_LOCAL,
                use_safetensors=True,
                dtype=getattr(torch, recipe.weights),
                output_loading_info=True,
            )
    except _REFUSALS as error:
        if is_out_of_memory(error):
            raise
        msg = (
            f"{folder} has no causal language model in safetensors that transformers can load without running "
            f"its code ({_kind(error)})."
        )
        raise ConfigError(msg) from None
    if info["missing_keys"]:
        msg = f"{folder} lacks {len(info['missing_keys'])} weights of its own architecture: they would be random."
        raise ConfigError(msg)
    return model


def _with_adapter(model: Any, folder: Path, recipe: Recipe, *, trainable: bool) -> Any:
    # Only here: it takes seconds to import.
    from peft import LoraConfig, PeftModel

    if not (folder / ADAPTER_WEIGHTS_NAME).is_file():
        msg = f"The adapter {folder} has no {ADAPTER_WEIGHTS_NAME}: other formats can run code when they are read."
        raise ConfigError(msg)
    document = read_json(folder / ADAPTER_CONFIG_NAME)
    if document.get("peft_type") != "LORA":
        msg = f"{folder} is an adapter of the kind {document.get('peft_type')!r}; only LoRA can be loaded."
        raise ConfigError(msg)
    if trainable:
        _check_same_adapter(folder, document, recipe)
    try:
        config = LoraConfig.from_pretrained(str(folder))
        config.lora_dropout = 0.0
        with quiet():
            adapted = PeftModel.from_pretrained(model, folder, config=config, is_trainable=trainable)
    except _REFUSALS as error:
        if is_out_of_memory(error):
            raise
        msg = f"The adapter {folder} cannot be put on its base model: they do not fit together ({_kind(error)})."
        raise ConfigError(msg) from None
    return adapted


def _check_same_adapter(folder: Path, document: dict[str, Any], recipe: Recipe) -> None:
    if recipe.lora is None:
        msg = (
            f"{folder} is an adapter and the recipe has no `lora` section. Add one to go on training the adapter, "
            "or merge it into its model first to train all weights."
        )
        raise ConfigError(msg)
    has, wants = (document.get("r"), document.get("lora_alpha")), (recipe.lora.rank, recipe.lora.alpha)
    if has != wants:
        msg = (
            f"The adapter {folder} has rank {has[0]} and alpha {has[1]}, and the recipe asks for rank {wants[0]} "
            f"and alpha {wants[1]:g}. Ask for the same, or merge the adapter into its model to begin a new one."
        )
        raise ConfigError(msg)


def _check_fit(folder: Path, model: Any, tokenizer: Any, recipe: Recipe) -> None:
    known = model.get_input_embeddings().num_embeddings
    if len(tokenizer) > known:
        msg = f"{folder}: the tokenizer has {len(tokenizer)} tokens and the model knows {known}."
        raise ConfigError(msg)
    longest = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    if longest is not None and recipe.text.max_tokens > longest:
        msg = (
            f"{folder}: the model reads {longest} tokens at most, and text.max_tokens is {recipe.text.max_tokens}."
        )
        raise ConfigError(msg)
    try:
        model.generation_config.validate(strict=True)
    except (ValueError, AttributeError) as error:
        if model.can_generate():
            # transformers refuses to save such a file: better told now than after the training.
            msg = (
                f"{folder}: generation_config.json contradicts itself ({_kind(error)}). Mend or remove that file."
            )
            raise ConfigError(msg) from None


def _kind(error: Exception) -> str:
    return type(error).__name__
