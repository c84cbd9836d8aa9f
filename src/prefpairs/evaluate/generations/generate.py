"""A model and token ids of prompts -> what the model writes behind each.

The prompts are those of training (`Tree.prompt`), so a model is asked exactly as it was taught. Each prompt has
its own random numbers: what is sampled for one does not depend on which others share its batch.
"""

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import Any

import torch
import transformers
from torch import Tensor

from prefpairs.errors import ConfigError
from prefpairs.train.data.trees import Ids, Tree

# Its stubs are partial.
_library: Any = transformers
_PAD = 0  # what stands in the padding is never read: any token will do, so a tokenizer needs none for it
_TINY = 1e-20  # keeps the logarithm of a random number finite


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How the next token is taken: see `GenerationSettings`."""

    max_new_tokens: int = 256
    temperature: float = 0.0
    top_p: float = 1.0
    seed: int = 0
    batch: int = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a model wrote.

    Attributes
    ----------
    tokens
        How many, without the end of its turn.
    complete
        False if it was cut off at the most tokens.

    """

    text: str = field(repr=False)
    tokens: int
    complete: bool


def write_replies(
    model: Any,
    tokenizer: Any,
    prompts: Sequence[Ids],
    *,
    sampling: Sampling,
    ends: Sequence[int],
    keys: Sequence[str],
    progress: Callable[[int], None] | None = None,
) -> list[Reply]:
    """Return one reply for each prompt, in the order of the prompts.

    Parameters
    ----------
    model
        A causal language model of transformers or peft, on its device.
    tokenizer
        Its own: turns ids into text.
    prompts
        Token ids, none empty.
    sampling
        How the next token is taken.
    ends
        Token ids that end a reply (`end_tokens`).
    keys
        One for each prompt: with the seed it decides the prompt's random numbers.
    progress
        Called with the number of replies after every batch.

    Raises
    ------
    ConfigError
        If prompt and reply do not fit the positions that the model knows, or memory runs out.

    """
    _check_room(model, prompts, sampling)
    # Prompts of like length share a batch: less is padded, and padding changes nothing but rounding.
    order = sorted(range(len(prompts)), key=lambda place: (len(prompts[place]), place))
    replies: dict[int, Reply] = {}
    with _as_reader(model):
        for start in range(0, len(order), sampling.batch):
            places = order[start : start + sampling.batch]
            written = _batch(model, [prompts[p] for p in places], sampling, ends, [keys[p] for p in places])
            for place, ids in zip(places, written, strict=True):
                replies[place] = _reply(tokenizer, ids, ends)
            if progress is not None:
                progress(len(places))
    return [replies[place] for place in range(len(prompts))]


def end_tokens(tokenizer: Any, trees: Sequence[Tree]) -> tuple[int, ...]:
    """Return the token ids that end a reply: the tokenizer's own, and what ends a turn in the training data.

    Responses are tokenised with their end, and hold no other control token: the first one in any of them ends
    the turn, whatever the chat template calls it.
    """
    special = {number for number, token in tokenizer.added_tokens_decoder.items() if token.special}
    turns = {next((token for token in ids if token in special), None) for tree in trees for ids in tree.responses}
    return tuple(sorted(token for token in {tokenizer.eos_token_id, *turns} if token is not None))


def save_replies(path: Path, rows: Sequence[str]) -> None:
    """Write lines to a new file that only its owner can read.

    Raises
    ------
    ConfigError
        If the file exists, or cannot be written.

    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        msg = f"The replies cannot be written to {path} ({error.strerror}). Name a file that is not there yet."
        raise ConfigError(msg) from None
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.writelines(f"{row}\n" for row in rows)


class _OwnRandomness(transformers.LogitsProcessor):
    """Logits -> logits whose highest entry is a sample, from random numbers that belong to a row alone.

    Adding Gumbel noise to log-probabilities and taking the highest is to sample from them (Gumbel 1954).
    """

    def __init__(self, sampling: Sampling, keys: Sequence[str], device: torch.device) -> None:
        self._temperature = sampling.temperature
        self._top_p = None if sampling.top_p >= 1 else _library.TopPLogitsWarper(sampling.top_p)
        self._generators = [torch.Generator(device=device).manual_seed(_seed(sampling.seed, key)) for key in keys]

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        scaled = scores.float() / self._temperature
        if self._top_p is not None:
            scaled = self._top_p(input_ids, scaled)
        width = scaled.shape[-1]
        uniform = torch.stack(
            [torch.rand(width, generator=generator, device=scaled.device) for generator in self._generators]
        )
        return scaled - torch.log(_TINY - torch.log(uniform + _TINY))


def _batch(
    model: Any, prompts: Sequence[Ids], sampling: Sampling, ends: Sequence[int], keys: Sequence[str]
) -> list[list[int]]:
    device, longest = model.device, max(map(len, prompts))
    ids = torch.tensor([[_PAD] * (longest - len(prompt)) + prompt.tolist() for prompt in prompts], device=device)
    mask = torch.tensor([[0] * (longest - len(prompt)) + [1] * len(prompt) for prompt in prompts], device=device)
    processors = [_OwnRandomness(sampling, keys, device)] if sampling.temperature > 0 else []
    config = _library.GenerationConfig(
        max_new_tokens=sampling.max_new_tokens,
        do_sample=False,
        eos_token_id=list(ends) or None,
        pad_token_id=_PAD,
        use_cache=True,
    )
    try:
        with torch.inference_mode():
            written = model.generate(
                input_ids=ids,
                attention_mask=mask,
                generation_config=config,
                logits_processor=_library.LogitsProcessorList(processors),
            )
    except torch.OutOfMemoryError:
        msg = f"Memory ran out while {len(prompts)} replies were written at once. Lower replies.batch."
        raise ConfigError(msg) from None
    new: list[list[int]] = written[:, longest:].tolist()
    return new


def _reply(tokenizer: Any, ids: Sequence[int], ends: Sequence[int]) -> Reply:
    kept = list(takewhile(lambda token: token not in ends, ids))
    text = tokenizer.decode(kept, skip_special_tokens=True, clean_up_tokenization_spaces=False)
    return Reply(text=text.strip(), tokens=len(kept), complete=len(kept) < len(ids))


def _seed(seed: int, key: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}:{key}".encode()).digest()[:8]) >> 1


def _check_room(model: Any, prompts: Sequence[Ids], sampling: Sampling) -> None:
    known = getattr(model.config, "max_position_embeddings", None)
    wanted = max(map(len, prompts), default=0) + sampling.max_new_tokens
    if known is not None and wanted > known:
        msg = (
            f"The longest prompt and {sampling.max_new_tokens} new tokens take {wanted} positions, and the model "
            f"knows {known}. Lower replies.max_new_tokens or text.max_tokens."
        )
        raise ConfigError(msg)


@contextmanager
def _as_reader(model: Any) -> Iterator[None]:
    """Switch dropout off, and the model author's sampling habits (`generation_config.json`): both come back."""
    training, inner = model.training, getattr(model, "get_base_model", lambda: model)()
    habits = (getattr(model, "generation_config", None), inner.generation_config)
    model.eval()
    model.generation_config = inner.generation_config = _library.GenerationConfig()
    try:
        yield
    finally:
        model.generation_config, inner.generation_config = habits[0] or habits[1], habits[1]
        model.train(training)
