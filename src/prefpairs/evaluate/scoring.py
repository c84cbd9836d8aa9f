"""A model folder and held-out posts -> the score of every response; one model in memory at a time."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from prefpairs.errors import ConfigError
from prefpairs.evaluate.held_out import Floats
from prefpairs.train.attention.choose import choose
from prefpairs.train.data.trees import Split
from prefpairs.train.loop.prepare import compute_type
from prefpairs.train.models.load import load
from prefpairs.train.recipe import Recipe
from prefpairs.train.reward import RewardScorer
from prefpairs.train.reward_load import load_reward_model
from prefpairs.train.scoring.all import Scoring, score_all
from prefpairs.train.scoring.scorer import Scorer


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A model in memory, ready to score.

    Attributes
    ----------
    model, tokenizer
        As loaded.
    scorer
        What scores packed rows.
    choices
        What was chosen on this machine, in words.

    """

    model: Any
    tokenizer: Any
    scorer: Scoring
    choices: dict[str, str]


def open_model(folder: Path, recipe: Recipe, *, device: torch.device) -> Opened:
    """Load a model to score with, and not to train.

    Raises
    ------
    ConfigError
        If the folder holds no model that fits the recipe, or this machine lacks what it asks for.

    """
    of_rewards = recipe.task == "reward"
    if of_rewards:
        loaded = load_reward_model(folder, recipe, device=device)
    else:
        loaded = load(folder, recipe, device=device, trainable=False)
    compute = compute_type(recipe, device)
    attention = choose(
        loaded.model, recipe.attention, device=device, dtype=compute, max_tokens=recipe.text.max_tokens
    )
    scorer: Scoring
    if of_rewards:
        scorer = RewardScorer(loaded.model, attention, compute=compute)
    else:
        scorer = Scorer(loaded.model, attention, head_tokens=recipe.head_tokens, compute=compute)
    choices = {
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else device.type,
        "weights": recipe.weights,
        "compute": str(compute).removeprefix("torch."),
        "attention": attention.name,
    }
    return Opened(model=loaded.model, tokenizer=loaded.tokenizer, scorer=scorer, choices=choices)


def let_go(device: torch.device) -> None:
    """Free the memory of models that nothing refers to any more: the next one has to fit."""
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()


def scores_of(model: Opened, split: Split, recipe: Recipe, *, device: torch.device, folder: Path) -> Floats:
    """Return `[responses]` the score of each response of the trees that have a pair; NaN for the others.

    Raises
    ------
    ConfigError
        If a response gets no finite score, or memory is too small.

    """
    trees = [tree for tree in split.trees if tree.pairs]
    size = 1 + max(number for tree in split.trees for number in tree.numbers)
    scores = np.full(size, np.nan)
    with memory_explained(recipe.row_tokens):
        shared = model.choices["attention"] != "rows"
        found = score_all(model.scorer, trees, row_tokens=recipe.row_tokens, device=device, shared=shared).numpy()
    scores[: len(found)] = found
    used = np.array([number for tree in trees for number in tree.numbers])
    if broken := int((~np.isfinite(scores[used])).sum()):
        msg = (
            f"{folder} gives {broken} of {len(used)} responses no finite score. Its weights are damaged, or too "
            "large for bfloat16: check the model, or set compute=float32."
        )
        raise ConfigError(msg)
    return scores


@contextmanager
def memory_explained(row_tokens: int) -> Iterator[None]:
    """Turn an error for want of memory into one that says what to lower."""
    try:
        yield
    except torch.OutOfMemoryError:
        pass
    else:
        return
    msg = f"Memory is too small. Lower row_tokens ({row_tokens}) or replies.batch: the figures stay the same."
    raise ConfigError(msg)
