"""A text -> the people, places and organisations in it.

A three-layer BERT in 8-bit integers, run by onnxruntime on the stretches of a text that may hold a name
(`prefpairs.deid.ner.gate`). It needs no tokens from anybody, and neither spaCy nor torch.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from prefpairs.deid.ner import gate
from prefpairs.deid.ner.pieces import Pieces
from prefpairs.deid.ner.words import LOWER, OPAQUE, SAFE, Lexicon, Word, split
from prefpairs.errors import ConfigError

MOST_PIECES = 126
"""Pieces in one window: with its two end marks, less than the positions that the network has learnt."""
_OVERLAP = 40
_PERSON = "PERSON"
_SMALLEST = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """A name in a text: code points from `start` up to `end`, what it is, and how likely, 0 to 1."""

    start: int
    end: int
    label: str
    score: float


class Reader:
    """Reads texts, one at a time. The same text always gives the same answer, whatever was read before."""

    def __init__(
        self,
        folder: Path,
        *,
        outside_bias: float = 2.0,
        person_bias: float = 0.0,
        floor: float = 0.5,
        gated: bool = True,
    ) -> None:
        """Load the network of a folder.

        Parameters
        ----------
        folder
            Where `ner.onnx`, `ner.json`, `vocab.txt` and `lexicon.gz` are.
        outside_bias
            Subtracted from the logit of "no name": higher finds more, and takes more that is none.
        person_bias
            Added to the logit of a person.
        floor
            A word is part of a name if that is at least this likely.
        gated
            Whether stretches of common words only are passed over.

        Raises
        ------
        ConfigError
            If a file is missing or is not what it should be.

        """
        self.outside_bias = outside_bias
        self.person_bias = person_bias
        self.floor = floor
        self.gated = gated
        self._pieces = Pieces.load(folder / "vocab.txt")
        self._lexicon = Lexicon.load(folder / "lexicon.gz")
        try:
            about = json.loads((folder / "ner.json").read_text(encoding="utf-8"))
            self._labels: list[str] = about["labels"]
            self._gate = gate.GateWords(**{name: frozenset(words) for name, words in about["gate"].items()})
            self._session = _session(folder / "ner.onnx")
        except Exception as error:  # onnxruntime's errors have no base of their own
            msg = f"{folder} holds no NER of this version ({type(error).__name__}). Install prefpairs again."
            raise ConfigError(msg) from None

    @property
    def labels(self) -> tuple[str, ...]:
        """What the reader tells apart."""
        return tuple(self._labels)

    def find(self, text: str) -> tuple[Entity, ...]:
        """Return the names in a text, in order, none overlapping another."""
        words = list(split(text))
        stretches = self._stretches(words)
        return tuple(entity for start, end in stretches for entity in self._read(words[start:end]))

    def read_share(self, text: str) -> tuple[int, int]:
        """Return how many of the text's words the network reads, and how many words there are."""
        words = list(split(text))
        return sum(end - start for start, end in self._stretches(words)), len(words)

    def _stretches(self, words: Sequence[Word]) -> Iterator[tuple[int, int]]:
        if self.gated:
            return gate.windows(words, self._lexicon, self._gate)
        return iter([(0, len(words))] if words else [])

    def _read(self, words: Sequence[Word]) -> Iterator[Entity]:
        chances = self._chances(words)
        outside = chances[:, 0]
        kinds = chances[:, 1:].argmax(axis=1)
        found: list[Word] = []
        previous, best = -1, 0.0
        for word, out, kind in zip(words, outside.tolist(), kinds.tolist(), strict=True):
            inside = 1 - out >= self.floor and bool(word.key) and word.shape != OPAQUE
            if found and (not inside or kind != previous or word.new_line):
                yield from self._entity(found, previous, best)
                found, best = [], 0.0
            if inside:
                found.append(word)
                previous, best = kind, max(best, 1 - out)
        if found:
            yield from self._entity(found, previous, best)

    def _entity(self, words: Sequence[Word], kind: int, score: float) -> Iterator[Entity]:
        places = [number for number, word in enumerate(words) if word.key[0].isalnum()]
        if places and not (len(places) == 1 and self._is_nobody(words[places[0]], self._labels[kind])):
            start, end = words[places[0]].start, words[places[-1]].end
            yield Entity(start=start, end=end, label=self._labels[kind], score=round(score, 4))

    def _is_nobody(self, word: Word, label: str) -> bool:
        """Say whether a word alone is no name: a small letter; for all but people, any letter and common words."""
        if label == _PERSON:
            return word.shape == LOWER and len(word.key) == 1
        is_common = word.shape == LOWER and self._lexicon.kinds.get(word.key, 0) & SAFE
        return len(word.key) == 1 or bool(is_common)

    def _chances(self, words: Sequence[Word]) -> NDArray[np.float32]:
        """Return for each word how likely it is outside of names, and in one of each kind."""
        chances = np.zeros((len(words), 1 + len(self._labels)), np.float32)
        chances[:, 0] = 1
        pieces = [self._pieces.of(word.key) for word in words]
        read_up_to = 0
        for start, end in _cut([len(item) for item in pieces]):
            read = self._run(words[start:end], pieces[start:end])
            # Each window counts from the middle of its overlap with the one before: there both show enough.
            first = (start + read_up_to) // 2
            chances[first:end] = read[first - start :]
            read_up_to = end
        return chances

    def _run(self, words: Sequence[Word], pieces: Sequence[tuple[int, ...]]) -> NDArray[np.float32]:
        counts = [len(item) for item in pieces]
        ids = [self._pieces.first, *(number for item in pieces for number in item), self._pieces.last]
        kinds = [self._lexicon.kinds.get(word.key, 0) for word in words]
        inputs = {
            "ids": np.array([ids], np.int64),
            "shapes": _spread([word.shape for word in words], counts),
            "kinds": _spread(kinds, counts),
            "places": np.arange(len(ids), dtype=np.int64)[None],
        }
        logits = self._session.run(["logits"], inputs)[0][0, 1:-1]
        logits[:, 0] -= self.outside_bias
        logits[:, 1 + self._labels.index(_PERSON)] += self.person_bias
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        shares = powers / powers.sum(axis=1, keepdims=True)
        result = np.zeros((len(words), shares.shape[1]), np.float32)
        result[:, 0] = 1
        seen = np.array([number for number, count in enumerate(counts) if count])
        if len(seen):
            starts = np.cumsum([0, *(count for count in counts if count)])[:-1]
            result[seen, 1:] = np.maximum.reduceat(shares[:, 1:], starts)
            # A word is inside a name as soon as one of its pieces is.
            result[seen, 0] = np.minimum.reduceat(shares[:, 0], starts)
        return result


def _spread(values: Sequence[int], counts: Sequence[int]) -> NDArray[np.int64]:
    inner = np.repeat(np.array(values, np.int64), counts)
    return np.concatenate([[0], inner, [0]])[None]


def _cut(counts: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield (first, end) of windows over words of that many pieces, each overlapping the one before."""
    start = end = 0
    size = 0
    while end < len(counts):
        while end < len(counts) and size + counts[end] <= MOST_PIECES:
            size += counts[end]
            end += 1
        yield start, end
        if end == len(counts):
            return
        start = end
        size = 0
        while size + counts[start - 1] <= _OVERLAP:
            start -= 1
            size += counts[start]


def _session(path: Path) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = True
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])
