"""Sentences with spans -> the numbers that the tagger reads, prepared exactly as at run time."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from prefpairs.deid.ner.pieces import Pieces
from prefpairs.deid.ner.words import Lexicon, split
from training.ner.corpora import LABELS, Sentence
from training.ner.model import POSITIONS


@dataclass(frozen=True, slots=True)
class Encoded:
    """One text: ids, shapes, kinds and labels of its pieces, of one length."""

    rows: np.ndarray
    soft: np.ndarray | None = None


def encode(
    sentence: Sentence,
    pieces: Pieces,
    lexicon: Lexicon,
    *,
    chance: random.Random,
    forget: float,
) -> Encoded:
    """Return the text's numbers; of a share of the words, what the lexicon knows is forgotten."""
    rows = [(pieces.first, 0, 0, -100)]
    spans = iter(sentence.spans)
    span = next(spans, None)
    for word in split(sentence.text):
        while span and span[1] <= word.start:
            span = next(spans, None)
        inside = span is not None and span[0] < word.end and span[1] > word.start and span[2] in LABELS
        label = 1 + LABELS.index(span[2]) if inside and span else 0
        kind = lexicon.kinds.get(word.key, 0)
        if chance.random() < forget:
            kind = 0
        rows += [(number, word.shape, kind, label) for number in pieces.of(word.key)]
    rows = rows[: POSITIONS - 1]
    rows.append((pieces.last, 0, 0, -100))
    return Encoded(np.array(rows, dtype=np.int16).T)


def batches(
    data: Sequence[Encoded], *, pieces: int, chance: random.Random | None
) -> Iterator[tuple[list[int], Tensor, Tensor | None]]:
    """Yield (which, rows, soft labels) of about equal length; `rows` is (4, batch, length)."""
    order = list(range(len(data)))
    if chance:
        chance.shuffle(order)
    # Sorted within large blocks: little padding, and still another mixture in every epoch.
    block = 4096 if chance else len(order) or 1
    groups = []
    for start in range(0, len(order), block):
        some = sorted(order[start : start + block], key=lambda number: data[number].rows.shape[1])
        group: list[int] = []
        for number in some:
            if group and (len(group) + 1) * data[number].rows.shape[1] > pieces:
                groups.append(group)
                group = []
            group.append(number)
        groups.append(group)
    if chance:
        chance.shuffle(groups)
    for group in groups:
        yield (group, *_padded([data[number] for number in group]))


def _padded(items: Sequence[Encoded]) -> tuple[Tensor, Tensor | None]:
    length = max(item.rows.shape[1] for item in items)
    rows = torch.zeros((4, len(items), length), dtype=torch.long)
    rows[3] = -100
    soft = torch.zeros((len(items), length, 1 + len(LABELS))) if items[0].soft is not None else None
    for number, item in enumerate(items):
        wide = item.rows.shape[1]
        rows[:, number, :wide] = torch.from_numpy(item.rows.astype(np.int64))
        if soft is not None and item.soft is not None:
            soft[number, :wide] = torch.from_numpy(item.soft.astype(np.float32))
    return rows, soft
