"""Threads -> the log-probability of each response, given its prompt."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from prefpairs.train.data import Pair, Thread
from prefpairs.train.encoding import Ids
from prefpairs.train.losses import token_log_probabilities


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One response behind its prompt."""

    prompt: Ids
    response: Ids

    def __len__(self) -> int:
        return len(self.prompt) + len(self.response)


@dataclass(frozen=True, slots=True, kw_only=True)
class PairSet:
    """Every distinct response once, and pairs as positions in that list.

    Attributes
    ----------
    examples
        One for each response of each thread.
    threads
        The pairs of each thread; `chosen` and `rejected` are positions in `examples`.

    """

    examples: tuple[Example, ...]
    threads: tuple[tuple[Pair, ...], ...]

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """All pairs, in the order of the threads."""
        return tuple(pair for thread in self.threads for pair in thread)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Examples, padded on the right.

    Attributes
    ----------
    ids
        `[examples, tokens]`.
    attention
        `[examples, tokens]`, 1 for a token and 0 for padding.
    scored
        `[examples, tokens]`, true for the tokens of responses.
    first
        The first column in which any response begins.

    """

    ids: Tensor
    attention: Tensor
    scored: Tensor
    first: int


def pair_set(threads: Sequence[Thread]) -> PairSet:
    """Lay the responses of all threads in one list."""
    examples: list[Example] = []
    placed: list[tuple[Pair, ...]] = []
    for thread in threads:
        start = len(examples)
        examples.extend(Example(prompt=thread.prompt, response=response) for response in thread.responses)
        placed.append(
            tuple(
                Pair(
                    chosen=start + pair.chosen,
                    rejected=start + pair.rejected,
                    extra_words=pair.extra_words,
                    seconds_between=pair.seconds_between,
                )
                for pair in thread.pairs
            )
        )
    return PairSet(examples=tuple(examples), threads=tuple(placed))


def collate(examples: Sequence[Example], *, device: torch.device) -> Batch:
    """Pad examples to the longest of them.

    Padding stands on the right, behind everything that a causal model looks at, and is masked besides: which
    id fills it makes no difference, so a tokenizer needs no padding token.
    """
    shape = (len(examples), max(map(len, examples)))
    ids = torch.zeros(shape, dtype=torch.long)
    attention = torch.zeros(shape, dtype=torch.long)
    scored = torch.zeros(shape, dtype=torch.bool)
    for row, example in enumerate(examples):
        ids[row, : len(example)] = torch.tensor(example.prompt + example.response)
        attention[row, : len(example)] = 1
        scored[row, len(example.prompt) : len(example)] = True
    return Batch(
        ids=ids.to(device),
        attention=attention.to(device),
        scored=scored.to(device),
        first=min(len(example.prompt) for example in examples),
    )


def score(model: Any, examples: Sequence[Example], *, device: torch.device) -> Tensor:
    """Return the summed log-probability of each response, in nats, `[examples]`.

    Prompt tokens do not count: they only condition. The token in column `t` is predicted in column `t - 1`, so
    logits are asked for from the last column before any response on.
    """
    batch = collate(examples, device=device)
    columns = torch.arange(batch.first - 1, batch.ids.shape[1] - 1, device=device)
    with autocast(device):
        logits = model(
            input_ids=batch.ids, attention_mask=batch.attention, use_cache=False, logits_to_keep=columns
        ).logits
    tokens = token_log_probabilities(logits, batch.ids[:, batch.first :])
    return tokens.masked_fill(~batch.scored[:, batch.first :], 0.0).sum(-1)


@torch.no_grad()
def score_all(model: Any, examples: Sequence[Example], *, batch_examples: int, device: torch.device) -> Tensor:
    """Return what `score` returns for any number of examples, without gradients.

    Examples of one length share a batch, so that little is spent on padding.
    """
    scores = torch.zeros(len(examples), device=device)
    order = sorted(range(len(examples)), key=lambda number: len(examples[number]))
    for numbers in _chunks(order, batch_examples):
        scores[torch.tensor(numbers, device=device)] = score(
            model, [examples[number] for number in numbers], device=device
        )
    return scores


def autocast(device: torch.device) -> AbstractContextManager[Any]:
    """Return bfloat16 arithmetic on a GPU, and plain float32 on a CPU."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=device.type == "cuda")


def _chunks(numbers: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(numbers), size):
        yield numbers[start : start + size]
