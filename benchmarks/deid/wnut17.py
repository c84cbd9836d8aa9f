"""WNUT17's Reddit sentences -> the share of name tokens that is masked, and of masked tokens that is a name.

The running text of a sentence is its tokens with a space between them, `@` and the word after it in one.
A token is masked if any of its characters is. Recall is untyped: of the gold tokens of a class, the
share that is masked under any type; organisations are WNUT17's `corporation` and `group`. Precision
looks at name masks only (person, place, street, organisation), since the gold says nothing about
links, handles, ages and dates: of the tokens under them, the share that lies in a gold entity of any of the
six classes; `strict_precision` counts persons, places and organisations only. The whole engine reads
each sentence on its own; no threshold was ever looked up here. Intervals draw whole sentences.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.deid.corpora import TaggedSentence
from benchmarks.deid.measures import Interval, bootstrap, ratio_of_columns, share
from benchmarks.deid.peers import Mask, Masker, covered

CLASSES = {"person": "person", "location": "location", "corporation": "organisation", "group": "organisation"}
"""WNUT17's class -> ours. Products and creative works identify nobody: they only count for precision."""
NAME_TYPES = frozenset({"PERSON", "LOCATION", "STREET_ADDRESS", "ORGANIZATION"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A share, its interval, and what it was counted from."""

    part: int
    whole: int
    interval: Interval

    @property
    def value(self) -> float:
        """The share."""
        return share(self.part, self.whole)


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenResult:
    """Recall by class, and precision of name masks."""

    recall: dict[str, Figure]
    precision: Figure
    strict_precision: Figure


def measure(sentences: Iterable[TaggedSentence], masker: Masker, *, lower: bool = False) -> TokenResult:
    """Mask each sentence and count tokens. `lower` writes it in lower case first."""
    recall: dict[str, list[tuple[int, int]]] = {name: [] for name in sorted(set(CLASSES.values()))}
    precise: list[tuple[int, int]] = []
    strict: list[tuple[int, int]] = []
    for sentence in sentences:
        tokens = [token.lower() for token in sentence.tokens] if lower else sentence.tokens
        text, places = running_text(tokens)
        masks = masker(text)
        masked = _touched(text, places, masks)
        named = _touched(text, places, [mask for mask in masks if mask.entity_type in NAME_TYPES])
        classes = [CLASSES.get(tag, "") for tag in sentence.tags]
        for name, counts in recall.items():
            gold = [hit for hit, found in zip(masked, classes, strict=True) if found == name]
            counts.append((sum(gold), len(gold)))
        precise.append((sum(hit and bool(tag) for hit, tag in zip(named, sentence.tags, strict=True)), sum(named)))
        strict.append((sum(hit and bool(name) for hit, name in zip(named, classes, strict=True)), sum(named)))
    return TokenResult(
        recall={name: _figure(counts) for name, counts in recall.items()},
        precision=_figure(precise),
        strict_precision=_figure(strict),
    )


def running_text(tokens: Sequence[str]) -> tuple[str, list[tuple[int, int]]]:
    """Return the text of some tokens, and where each token is in it."""
    text = ""
    places = []
    for position, token in enumerate(tokens):
        if position and not (text.endswith("@") and tokens[position - 1] == "@"):
            text += " "
        places.append((len(text), len(text) + len(token)))
        text += token
    return text, places


def _touched(text: str, places: Iterable[tuple[int, int]], masks: Sequence[Mask]) -> list[bool]:
    flags = covered(text, masks)
    return [any(flags[start:end]) for start, end in places]


def _figure(counts: Sequence[tuple[int, int]]) -> Figure:
    return Figure(
        part=sum(part for part, _ in counts),
        whole=sum(whole for _, whole in counts),
        interval=bootstrap(counts, ratio_of_columns),
    )
