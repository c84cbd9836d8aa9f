"""The folder that a stage begins with -> a scorer on this process, ready to be trained, and what was chosen."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from prefpairs.errors import ConfigError
from prefpairs.train.attention.choose import choose
from prefpairs.train.attention.interface import Attention
from prefpairs.train.loop.parts import shard, whole_weights
from prefpairs.train.loop.processes import Processes
from prefpairs.train.models.folder import is_adapter
from prefpairs.train.models.load import load
from prefpairs.train.models.lora import add_lora, parameters
from prefpairs.train.recipe import Recipe
from prefpairs.train.reward import RewardScorer, with_reward_head
from prefpairs.train.scoring.scorer import Scorer


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A model on this process.

    Attributes
    ----------
    scorer
        What is trained and called.
    model, tokenizer
        The language model in it, and its tokenizer.
    compute
        What is multiplied in.
    attention
        The name of how rows are attended to.
    in_parts
        Whether each process holds a part of it only (FSDP2).
    parameters
        `trained` and `all`.
    choices
        What was chosen, in words, for whoever started the run.
    notes
        What a reader of the result should know of the model.

    """

    scorer: nn.Module
    model: Any
    tokenizer: Any
    compute: torch.dtype
    attention: str
    in_parts: bool
    parameters: Mapping[str, int]
    choices: Mapping[str, str]
    notes: tuple[str, ...]

    def weights(self) -> dict[str, Tensor] | None:
        """Return the model's weights put together, on the main process; None if it holds them whole anyway."""
        if not self.in_parts:
            return None
        found = whole_weights(self.scorer)
        return {name.removeprefix("model."): tensor for name, tensor in found.items() if name.startswith("model.")}


def prepare(
    source: Path,
    recipe: Recipe,
    *,
    processes: Processes,
    with_head: bool = False,
) -> Prepared:
    """Load a model, put adapters on it if the recipe says so, and give every process its copy or its part.

    `with_head` makes a reward model of it: one number for a response, in place of its words.

    Raises
    ------
    ConfigError
        If the folder holds no model that fits the recipe, or this machine lacks what it asks for.

    """
    if with_head and is_adapter(source):
        msg = f"{source} is an adapter, and a reward model is made from a whole model: merge it first."
        raise ConfigError(msg)
    in_parts = recipe.parallel == "fsdp2" and processes.size > 1
    # A model in parts need not fit on one GPU: it waits in memory, and is moved block by block as it is divided.
    loaded = load(source, recipe, device=torch.device("cpu") if in_parts else processes.device)
    model = loaded.model
    if with_head:
        model = with_reward_head(model, loaded.tokenizer, seed=recipe.seed)
    if recipe.lora is not None and not hasattr(model, "peft_config"):
        model = add_lora(model, recipe.lora, seed=recipe.seed)
    compute = compute_type(recipe, processes.device)
    attention = choose(
        model, recipe.attention, device=processes.device, dtype=compute, max_tokens=recipe.text.max_tokens
    )
    scorer = _scorer(model, attention, compute, recipe, rewards=with_head)
    trained, every = parameters(scorer)
    if in_parts:
        shard(scorer, model=model, processes=processes)
    return Prepared(
        scorer=scorer,
        model=model,
        tokenizer=loaded.tokenizer,
        compute=compute,
        attention=attention.name,
        in_parts=in_parts,
        parameters={"trained": trained, "all": every},
        choices=_choices(recipe, processes, attention, compute, in_parts=in_parts),
        notes=loaded.notes,
    )


def _scorer(model: Any, attention: Attention, compute: torch.dtype, recipe: Recipe, *, rewards: bool) -> nn.Module:
    if rewards:
        return RewardScorer(model, attention, compute=compute)
    return Scorer(model, attention, head_tokens=recipe.head_tokens, compute=compute)


def compute_type(recipe: Recipe, device: torch.device) -> torch.dtype:
    """Return what is multiplied in: `auto` is bfloat16 on a GPU that has it, else float32."""
    if recipe.compute != "auto":
        return torch.float32 if recipe.compute == "float32" else torch.bfloat16
    has_it = device.type == "cuda" and torch.cuda.is_bf16_supported()
    return torch.bfloat16 if has_it else torch.float32


def _arithmetic(recipe: Recipe, compute: torch.dtype) -> str:
    chosen = str(compute).removeprefix("torch.")
    if recipe.weights == "bfloat16" and chosen != "bfloat16":
        return f"{chosen}; weights in bfloat16 make the arithmetic bfloat16"
    return chosen


def _choices(
    recipe: Recipe, processes: Processes, attention: Attention, compute: torch.dtype, *, in_parts: bool
) -> dict[str, str]:
    device = processes.device
    why = f" ({attention.reason})" if attention.reason else ""
    layout = "alone" if processes.size == 1 else "a part each (FSDP2)" if in_parts else "a copy each"
    return {
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else device.type,
        "processes": f"{processes.size}, {layout}",
        "weights": recipe.weights,
        "compute": _arithmetic(recipe, compute),
        "attention": f"{attention.name}{why}",
        "trained": "all weights" if recipe.lora is None else f"adapters of rank {recipe.lora.rank}",
        "activations": "computed again" if recipe.gradient_checkpointing else "kept",
    }
