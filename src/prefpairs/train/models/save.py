"""A trained model -> a folder that transformers, peft and vLLM load as it is."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from jinja2 import TemplateError
from torch import Tensor

from prefpairs.errors import ConfigError
from prefpairs.files import fsync_folder, make_private_folder, pretty_json
from prefpairs.train.models.folder import (
    ADAPTER_CONFIG_NAME,
    ADAPTER_WEIGHTS_NAME,
    CONFIG_NAME,
    base_folder,
    is_adapter,
    is_reward_model,
    quiet,
    read_json,
)
from prefpairs.train.models.load import load
from prefpairs.train.recipe import Recipe

CARD_NAME = "README.md"
_WEIGHTS = "model.safetensors"
_WEIGHTS_INDEX = "model.safetensors.index.json"
_SETS = ("target_modules", "exclude_modules", "modules_to_save")


def save(
    output: Path,
    *,
    model: Any,
    tokenizer: Any,
    files: Mapping[str, bytes],
    state_dict: Mapping[str, Tensor] | None = None,
) -> None:
    """Write model, tokenizer and `files` to a new folder, so that a crash leaves all of it or nothing.

    Parameters
    ----------
    output
        The folder to make; if it is there it has to be empty.
    model
        A model of transformers, whole, or a `PeftModel`: then only its adapter is written, and the configuration
        names the base model by the path that it was loaded from.
    tokenizer
        Written beside it, with its chat template. The token that ends a reply is added to those that end a
        generation, if it is not among them: a reply would go on without end.
    files
        Name -> content of what else belongs there: the card, the report.
    state_dict
        The weights, under the names of `model.state_dict()`, where the model itself holds only a part of them
        (FSDP2). None: the model's own.

    Raises
    ------
    ConfigError
        If `output` holds something.

    """
    weights = {} if state_dict is None else {"state_dict": _without_twins(model, state_dict)}
    with _appearing(output) as temporary:
        with quiet(), _usable(model, tokenizer):
            if _is_adapted(model):
                # The default asks the Hub whether the vocabulary has grown.
                model.save_pretrained(temporary, save_embedding_layers=False, **weights)
                _sort_targets(temporary / ADAPTER_CONFIG_NAME)
                if (generation := getattr(model, "generation_config", None)) is not None:
                    generation.save_pretrained(temporary)
            else:
                model.save_pretrained(temporary, **weights)
            tokenizer.save_pretrained(temporary)
        # peft writes a card with nothing in it.
        (temporary / CARD_NAME).unlink(missing_ok=True)
        for name, content in files.items():
            (temporary / name).write_bytes(content)


def merge_adapter(folder: Path, output: Path, *, files: Mapping[str, bytes] | None = None) -> None:
    """Write an adapter and its base model as one model, in the precision that the base model is stored in.

    The sum is formed in float32 and rounded once.

    Raises
    ------
    ConfigError
        If `folder` is no adapter, or it and its base model do not do.

    """
    if not is_adapter(folder):
        msg = f"{folder} is no adapter: there is nothing to merge."
        raise ConfigError(msg)
    stored = read_json(base_folder(folder) / CONFIG_NAME)
    # Only here: a reward model is loaded by the room that knows its head.
    from prefpairs.train.reward_load import load_reward_model

    whole, cpu = Recipe(weights="float32"), torch.device("cpu")
    rewards = is_reward_model(folder)
    loaded = (
        load_reward_model(folder, whole, device=cpu)
        if rewards
        else load(folder, whole, device=cpu, trainable=False)
    )
    merged = loaded.model.merge_and_unload(safe_merge=True)
    merged = merged.to(getattr(torch, str(stored.get("dtype") or stored.get("torch_dtype") or "float32")))
    save(output, model=merged, tokenizer=loaded.tokenizer, files=files or {})


def _sort_targets(path: Path) -> None:
    # peft keeps sets, whose order is another one in every process.
    config = read_json(path)
    ordered = {name: sorted(value) if name in _SETS and value else value for name, value in config.items()}
    path.write_bytes(pretty_json(ordered))


def _without_twins(model: Any, state_dict: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Leave out what is tied to another weight: gathered, the two are no longer one tensor."""
    first: dict[int, str] = {}
    twins = {
        name
        for name, parameter in model.named_parameters(remove_duplicate=False)
        if first.setdefault(id(parameter), name) != name
    }
    return {name: tensor for name, tensor in state_dict.items() if name not in twins}


def _is_adapted(model: Any) -> bool:
    return hasattr(model, "peft_config") and hasattr(model, "get_base_model")


def missing_weights(folder: Path) -> str | None:
    """Return the name of a weight file that a folder which `save` wrote lacks; None if none is missing."""
    if (index := folder / _WEIGHTS_INDEX).is_file():
        expected = sorted(set(read_json(index).get("weight_map", {}).values()))
    else:
        expected = [ADAPTER_WEIGHTS_NAME if is_adapter(folder) else _WEIGHTS]
    return next((name for name in expected if not (folder / name).is_file()), None)


@contextmanager
def _appearing(output: Path) -> Iterator[Path]:
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        msg = f"{output} is not empty: nothing is overwritten. Name another output folder."
        raise ConfigError(msg)
    make_private_folder(output.parent)
    temporary = Path(tempfile.mkdtemp(prefix=f".{output.name}.", dir=output.parent))
    try:
        yield temporary
        for path in temporary.rglob("*"):
            if path.is_file():
                with path.open("rb+") as stream:
                    os.fsync(stream.fileno())
        fsync_folder(temporary)
        temporary.replace(output)
        fsync_folder(output.parent)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def _usable(model: Any, tokenizer: Any) -> Iterator[None]:
    """Undo for the files what only training wants, and let generation end where a reply ends."""
    # A reward model does not generate.
    config, generation = model.config.get_text_config(), getattr(model, "generation_config", None)
    cache, ends = getattr(config, "use_cache", None), getattr(generation, "eos_token_id", None)
    if cache is not None:
        config.use_cache = True
    if generation is not None:
        generation.eos_token_id = _with_end(ends, _end_of_reply(tokenizer))
    try:
        yield
    finally:
        if cache is not None:
            config.use_cache = cache
        if generation is not None:
            generation.eos_token_id = ends


def _with_end(ends: int | list[int] | None, end: int | None) -> int | list[int] | None:
    known = [] if ends is None else [ends] if isinstance(ends, int) else list(ends)
    if end is None or end in known:
        return ends
    return [end, *known] if known else end


def _end_of_reply(tokenizer: Any) -> int | None:
    """Return the token that ends a turn in the chat template, or the end-of-text token without a template."""
    end: int | None = tokenizer.eos_token_id
    if tokenizer.chat_template is None:
        return end
    turns = [{"role": "user", "content": "question"}, {"role": "assistant", "content": "answer"}]
    try:
        rendered = str(tokenizer.apply_chat_template(turns, tokenize=False))
    except (ValueError, TypeError, TemplateError):
        return end
    after = tokenizer(rendered.rpartition("answer")[2], add_special_tokens=False).input_ids
    control = {token for token, added in tokenizer.added_tokens_decoder.items() if added.special}
    return next((token for token in after if token in control), end)
