"""presidio-research's synthetic set -> F2 as presidio-evaluator 0.3.2 computes it.

The main figure is the evaluator's global figure at the level of tokens (`TokenEvaluator`): every token
is personal or not, whatever its type. All 17 types of the set count for both systems: nothing that
a system does not look for is taken out, as the notebooks do. A token is a token of spaCy's English
tokenizer. It belongs to a span that holds its first character, or that lies within it. Where the two
sides' mapped types differ and the token is one of the evaluator's skip words (punctuation, stop words,
"street", "Mr."), it does not count. F2 = 5PR / (4P + R).

Beside it stands the evaluator's figure at the level of spans (`SpanEvaluator`, intersection over union of
characters at least 0.75, as in its notebooks of 2025): runs of personal tokens, joined over skip words.
And the share without the evaluator's rules: characters, letters and digits only.

Its published figures (0.618 for stock Presidio with `en_core_web_lg`, 0.845 customised with a
clinical transformer) are from its notebooks 4 and 5; they map types and take out those that a system
does not look for in each notebook anew, so they are a direction and no peer. The set is read to
measure on, and nothing was ever tuned or written by its text. Intervals draw whole templates.
"""

import string
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import spacy
from numpy.typing import NDArray
from spacy.lang.en.stop_words import STOP_WORDS
from spacy.tokens import Doc

from benchmarks.deid.corpora import SpannedText, own_words
from benchmarks.deid.measures import Interval, bootstrap, share
from benchmarks.deid.peers import Mask, Masker, covered
from prefpairs.audit.intervals import f_measure

_MIN_OVERLAP = 0.75
_OUTSIDE = ""
# presidio-evaluator's `skipwords.py` (MIT, Microsoft): these, spaCy's stop words and runs of marks.
_SKIP_WORDS = (
    STOP_WORDS
    | own_words("presidio_evaluator_skip_words")
    | frozenset([*string.punctuation, *string.whitespace, ""])
    | {mark * times for mark, most in (("\n", 4), ("\t", 4), (">", 6)) for times in range(2, most + 1)}
)
_MAPPED = {
    "STREET_ADDRESS": "LOCATION", "GPE": "LOCATION", "ZIP_CODE": "LOCATION", "POSTCODE": "LOCATION",
    "DOMAIN_NAME": "URL", "RELATIVE_DATE": "DATE_TIME",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Precision, recall and F2 of one way of counting."""

    precision: float
    recall: float

    @property
    def f2(self) -> float:
        """The F measure that weighs recall twice as much."""
        return f_measure(self.recall, self.precision)


@dataclass(frozen=True, slots=True, kw_only=True)
class SyntheticResult:
    """The three scores, and what was found of each type."""

    tokens: Score
    spans: Score
    characters: Score
    interval: Interval
    """Of the F2 over tokens."""
    by_type: dict[str, tuple[int, int]]
    """Type of the set -> (tokens masked, tokens), skip words left out."""
    false_by_type: dict[str, int]
    """Our or Presidio's type -> tokens masked outside every gold span, skip words left out."""


def measure(texts: Iterable[SpannedText], masker: Masker) -> SyntheticResult:
    """Mask each text and count tokens, spans and characters."""
    tokenizer = spacy.blank("en")
    by_group: dict[int, NDArray[np.int64]] = {}
    spans, characters = Counter[str](), Counter[str]()
    found, planted, false = Counter[str](), Counter[str](), Counter[str]()
    for item in texts:
        doc, masks = tokenizer(item.text), masker(item.text)
        gold_masks = [Mask(start=start, end=end, entity_type=kind) for start, end, kind in item.spans]
        gold, system = _types(doc, gold_masks), _types(doc, masks)
        counts = np.array(token_counts([token.text for token in doc], gold, system))
        by_group[item.group] = by_group.get(item.group, np.zeros(3, dtype=np.int64)) + counts
        spans.update(span_counts(doc, gold, system))
        characters.update(_character_counts(item.text, gold_masks, masks))
        for token, kind, other in zip(doc, gold, system, strict=True):
            if _is_skipped(token.text):
                continue
            planted[kind] += bool(kind)
            found[kind] += bool(kind and other)
            false[other] += bool(other and not kind)
    annotated, predicted, both = (int(value) for value in sum(by_group.values(), np.zeros(3, dtype=np.int64)))
    return SyntheticResult(
        tokens=_score(Counter(annotated=annotated, predicted=predicted, both=both)),
        spans=_score(spans),
        characters=_score(characters),
        interval=bootstrap([tuple(counts) for counts in by_group.values()], _f2_of_sums),
        by_type={kind: (found[kind], planted[kind]) for kind in sorted(planted) if kind},
        false_by_type={kind: count for kind, count in false.most_common() if kind and count},
    )


def token_counts(tokens: Sequence[str], gold: Sequence[str], system: Sequence[str]) -> tuple[int, int, int]:
    """Return (personal in the gold, in the system's, in both) over tokens; types are "" outside."""
    annotated = predicted = both = 0
    for token, kind, other in zip(tokens, gold, system, strict=True):
        if _mapped(kind) != _mapped(other) and _is_skipped(token):
            continue
        annotated += bool(kind)
        predicted += bool(other)
        both += bool(kind and other)
    return annotated, predicted, both


def span_counts(doc: Doc, gold: Sequence[str], system: Sequence[str]) -> dict[str, int]:
    """Return the numbers of annotated, predicted and matching spans, as `SpanEvaluator` counts them.

    A gold span with several predictions over it is compared with their union, and they count as one.
    """
    annotated, predicted = _runs(doc, gold), _runs(doc, system)
    counts = Counter(annotated=len(annotated))
    used = set()
    for span in annotated:
        over = [other for other in predicted if _shared(span, other) > 0]
        used.update(over)
        if not over:
            continue
        counts["predicted"] += 1
        counts["both"] += (_overlap(span, over[0]) if len(over) == 1 else _union(span, over)) >= _MIN_OVERLAP
    counts["predicted"] += len(set(predicted) - used)
    return counts


def _types(doc: Doc, masks: Sequence[Mask]) -> list[str]:
    """Return the type of the most certain mask of each token, the later one's where equally certain."""
    ranked = sorted(masks, key=lambda mask: (mask.score, mask.start), reverse=True)
    return [
        next((mask.entity_type for mask in ranked if _holds(mask, *place)), _OUTSIDE) for place in _places(doc)
    ]


def _places(doc: Doc) -> Iterator[tuple[int, int]]:
    return ((token.idx, token.idx + len(token.text)) for token in doc)


def _holds(mask: Mask, start: int, end: int) -> bool:
    return mask.start <= start < mask.end or (start <= mask.start <= end and start <= mask.end <= end)


def _mapped(kind: str) -> str:
    return _MAPPED.get(kind, kind)


def _is_skipped(token: str) -> bool:
    return token.lower().strip() in _SKIP_WORDS


def _runs(doc: Doc, types: Sequence[str]) -> list[tuple[int, int]]:
    """Return where runs of personal tokens begin and end, without the skip words at their ends."""
    runs: list[tuple[int, int]] = []
    broken = True
    for token, kind in zip(doc, types, strict=True):
        skipped = token.text.lower() in _SKIP_WORDS
        if not kind:
            broken = broken or not _is_skipped(token.text)
        elif not skipped:
            start = token.idx if broken or not runs else runs.pop()[0]
            runs.append((start, token.idx + len(token.text)))
            broken = False
    return runs


def _shared(span: tuple[int, int], other: tuple[int, int]) -> int:
    return max(0, min(span[1], other[1]) - max(span[0], other[0]))


def _overlap(span: tuple[int, int], other: tuple[int, int]) -> float:
    shared = _shared(span, other)
    return shared / (span[1] - span[0] + other[1] - other[0] - shared)


def _union(span: tuple[int, int], others: Sequence[tuple[int, int]]) -> float:
    # The evaluator counts one character too many at the end of the first, and one too early in the rest.
    gold = set(range(span[0], span[1] + 1))
    first, *rest = others
    found = set(range(first[0], first[1] + 1)).union(*(range(start - 1, end) for start, end in rest))
    return len(gold & found) / len(gold | found)


def _character_counts(text: str, gold: Sequence[Mask], system: Sequence[Mask]) -> dict[str, int]:
    sides = [
        (one, other)
        for character, one, other in zip(text, covered(text, gold), covered(text, system), strict=True)
        if character.isalnum()
    ]
    return {
        "annotated": sum(one for one, _ in sides),
        "predicted": sum(other for _, other in sides),
        "both": sum(one & other for one, other in sides),
    }


def _score(counts: Counter[str]) -> Score:
    return Score(
        precision=share(counts["both"], counts["predicted"]), recall=share(counts["both"], counts["annotated"])
    )


def _f2_of_sums(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    annotated, predicted, both = sums.T
    values: NDArray[np.float64] = 5 * both / (4 * annotated + predicted)
    return values
