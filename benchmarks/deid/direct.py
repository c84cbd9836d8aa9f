"""Gold texts with direct identifiers -> the share of documents of which none survives.

A document leaks if one of its direct identifiers survives: if any letter or digit of it is unmasked,
under whatever type the rest is masked. `prefpairs.deid.policy` lists the direct types; documents without
one do not count. Recall is the share of documents that do not leak, with Wilson's interval. The held-out
texts were generated from templates that nothing was trained on; the hand-written ones, which no
generator saw, are reported beside. Some of them hold no identifier at all, only what looks like one: there
the share that is left as it was counts.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from benchmarks.deid.measures import Interval, share, wilson95
from benchmarks.deid.peers import Masker, covered
from prefpairs.deid.policy import DIRECT


class GoldSpan(Protocol):
    """One marked identifier."""

    @property
    def start(self) -> int:
        """First code point."""

    @property
    def end(self) -> int:
        """The code point after the last."""

    @property
    def entity_type(self) -> str:
        """What it is."""


class GoldText(Protocol):
    """A text whose identifiers are all marked."""

    @property
    def text(self) -> str:
        """The raw text."""

    @property
    def variant(self) -> str:
        """How it is written: lower case, upper case, with typos."""

    @property
    def spans(self) -> Sequence[GoldSpan]:
        """Its identifiers, quasi-identifiers too."""


@dataclass(slots=True, kw_only=True)
class DirectResult:
    """Documents with direct identifiers, and identifiers, counted."""

    documents: int = 0
    clean: int = 0
    without: int = 0
    """Texts without any identifier."""
    untouched: int = 0
    """Of those, texts in which nothing is masked."""
    by_variant: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Variant -> (documents of which nothing survives, documents)."""
    by_type: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Entity type, quasi-identifiers too -> (fully masked, all)."""

    @property
    def recall(self) -> float:
        """Share of documents of which no direct identifier survives."""
        return share(self.clean, self.documents)

    @property
    def interval(self) -> Interval:
        """Wilson's interval of `recall`."""
        return wilson95(self.clean, self.documents)


def measure(texts: Iterable[GoldText], masker: Masker) -> DirectResult:
    """Mask each text and count what survives."""
    documents, clean = Counter[str](), Counter[str]()
    found, planted = Counter[str](), Counter[str]()
    without = untouched = 0
    for gold in texts:
        flags = covered(gold.text, masker(gold.text))
        without += not gold.spans
        untouched += not gold.spans and not any(flags)
        leaks, has_direct = False, False
        for span in gold.spans:
            alive = survives(gold.text, span, flags)
            planted[span.entity_type] += 1
            found[span.entity_type] += not alive
            if span.entity_type in DIRECT:
                has_direct, leaks = True, leaks or alive
        if has_direct:
            documents[gold.variant] += 1
            clean[gold.variant] += not leaks
    return DirectResult(
        documents=documents.total(),
        clean=clean.total(),
        without=without,
        untouched=untouched,
        by_variant={name: (clean[name], documents[name]) for name in sorted(documents)},
        by_type={name: (found[name], planted[name]) for name in sorted(planted)},
    )


def survives(text: str, span: GoldSpan, flags: bytearray) -> bool:
    """Say whether a letter or digit of an identifier is left."""
    return any(text[place].isalnum() and not flags[place] for place in range(span.start, span.end))
