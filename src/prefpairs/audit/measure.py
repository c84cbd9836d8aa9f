"""Gold texts and what the engine masked in them -> recall, precision and F2; and which texts leak.

A gold identifier is caught if each of its characters that is no white space was masked: what counts is
what a reader of the released text can still see. The text is the unit (Scaiano et al. 2016, J Biomed
Inform 63:174): it leaks if one direct identifier survives in it.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import get_args

from prefpairs.audit.intervals import clopper_pearson_upper
from prefpairs.audit.rates import F2, Rate
from prefpairs.audit.report import Documents, EntityFigures, Kind, VariantFigures
from prefpairs.config import Settings
from prefpairs.deid.engine import Engine
from prefpairs.deid.gold import GoldSpan, GoldText
from prefpairs.deid.policy import DIRECT, KEEP, QUASI
from prefpairs.deid.spans import Span
from prefpairs.errors import DeidentifyError

AS_WRITTEN = "as-is"
KINDS: tuple[Kind, ...] = get_args(Kind)
"""The order in which a steward reads them: direct identifiers first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """A gold text and the spans that were masked in it; None if it could not be searched."""

    gold: GoldText
    masked: tuple[Span, ...] | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one gold identifier."""

    text: GoldText
    span: GoldSpan
    caught: str
    typed: bool
    left_in_text: bool

    @property
    def key(self) -> tuple[str, str]:
        """What tells its text from all others: one id may come in several ways of writing."""
        return self.text.id, self.text.variant

    @property
    def survives(self) -> bool:
        """True for a direct identifier that a reader can still see."""
        return self.span.entity_type in DIRECT and self.caught != "masked"


def kind_of(entity_type: str) -> Kind:
    """Say whether a type names somebody or narrows down who somebody is."""
    return "direct" if entity_type in DIRECT else "quasi" if entity_type in QUASI else "other"


def in_order(entity_type: str) -> tuple[int, str]:
    """Return what entity types are sorted by: direct identifiers first, then by name."""
    return KINDS.index(kind_of(entity_type)), entity_type


def search(gold: Iterable[GoldText], engine: Engine) -> list[Searched]:
    """De-identify each gold text."""
    return [Searched(gold=text, masked=_masked(engine, text.text)) for text in gold]


def outcomes(searched: Iterable[Searched], *, left_in_text: frozenset[str]) -> list[Outcome]:
    """Return what became of every gold identifier of the texts that could be searched."""
    return [
        _outcome(item.gold, span, item.masked, left_in_text)
        for item in searched
        if item.masked is not None
        for span in item.gold.spans
    ]


def entity_figures(
    name: str,
    planted: Sequence[Outcome],
    found: Sequence[tuple[bool, bool]],
    *,
    kind: Kind,
    left_in_text: bool,
    confidence: float,
) -> EntityFigures:
    """Return the figures of some identifiers. `found` = for each masked span: is any right, is the type right."""
    counts = Counter(item.caught for item in planted)
    recall = Rate.of(counts["masked"], len(planted), confidence=confidence)
    typed_recall = Rate.of(sum(item.typed for item in planted), len(planted), confidence=confidence)
    precision = Rate.of(sum(right for right, _ in found), len(found), confidence=confidence)
    typed_precision = Rate.of(sum(typed for _, typed in found), len(found), confidence=confidence)
    return EntityFigures(
        entity_type=name,
        kind=kind,
        left_in_text=left_in_text,
        masked=counts["masked"],
        partly=counts["partly"],
        missed=counts["missed"],
        recall=recall,
        typed_recall=typed_recall,
        precision=precision,
        typed_precision=typed_precision,
        f2=F2.of(recall, precision),
        typed_f2=F2.of(typed_recall, typed_precision),
    )


def by_entity(
    searched: Sequence[Searched], tried: Sequence[Outcome], *, left_in_text: frozenset[str], confidence: float
) -> list[EntityFigures]:
    """Return the figures of each entity type of the gold: direct ones first, then by name."""
    planted: dict[str, list[Outcome]] = {}
    for item in tried:
        planted.setdefault(item.span.entity_type, []).append(item)
    found = _found_by_type(searched)
    return [
        entity_figures(
            name, planted[name], found.get(name, []), kind=kind_of(name), left_in_text=name in left_in_text,
            confidence=confidence,
        )
        for name in sorted(planted, key=in_order)
    ]  # fmt: skip


def together(
    name: str, searched: Sequence[Searched], tried: Sequence[Outcome], *kinds: Kind, confidence: float
) -> EntityFigures:
    """Return the figures of all identifiers of some kinds, without those that the policy leaves."""
    found = [hit for entity, hits in _found_by_type(searched).items() if kind_of(entity) in kinds for hit in hits]
    planted = [item for item in tried if kind_of(item.span.entity_type) in kinds and not item.left_in_text]
    kind = kinds[0] if len(kinds) == 1 else "other"
    return entity_figures(name, planted, found, kind=kind, left_in_text=False, confidence=confidence)


def documents(tried: Iterable[Outcome], *, confidence: float) -> Documents:
    """Count texts that hold a direct identifier, and those that keep one."""
    holding, leaking = set(), set()
    for item in tried:
        if item.span.entity_type in DIRECT:
            holding.add(item.key)
            if item.survives:
                leaking.add(item.key)
    upper = clopper_pearson_upper(len(leaking), len(holding), confidence=confidence) if holding else None
    return Documents(
        texts=len(holding),
        leaking=len(leaking),
        share=Rate.of(len(leaking), len(holding), confidence=confidence),
        upper_bound=upper,
    )


def by_variant(tried: Sequence[Outcome], settings: Settings) -> list[VariantFigures]:
    """Return the figures of each way of writing, as written first."""
    confidence = settings.audit.confidence
    figures = []
    for variant in sorted({item.text.variant for item in tried}, key=lambda name: (name != AS_WRITTEN, name)):
        own = [item for item in tried if item.text.variant == variant]
        shares = {
            kind: Rate.of(sum(item.caught == "masked" for item in some), len(some), confidence=confidence)
            for kind in ("direct", "quasi")
            for some in [[o for o in own if kind_of(o.span.entity_type) == kind and not o.left_in_text]]
        }
        figures.append(
            VariantFigures(
                variant=variant,
                texts=len({item.key for item in own}),
                documents=documents(own, confidence=confidence),
                **shares,
            )
        )
    return figures


def is_covered(span: GoldSpan | Span, masked: Iterable[Span], text: str) -> tuple[int, int]:
    """Return how many letters and digits of `span` are masked, and how many there are: an @ alone is no clue."""
    visible = {place for place in range(span.start, span.end) if text[place].isalnum()}
    hidden = {place for other in masked for place in range(max(other.start, span.start), min(other.end, span.end))}
    return len(visible & hidden), len(visible)


def _masked(engine: Engine, text: str) -> tuple[Span, ...] | None:
    try:
        return tuple(span for span in engine.deidentify(text).spans if span.action != KEEP)
    except DeidentifyError:
        return None


def _outcome(text: GoldText, span: GoldSpan, masked: Sequence[Span], left_in_text: frozenset[str]) -> Outcome:
    touching = [other for other in masked if _touch(span, other)]
    covered, visible = is_covered(span, touching, text.text)
    caught = "masked" if covered == visible else "partly" if covered else "missed"
    typed = caught == "masked" and all(other.entity_type == span.entity_type for other in touching)
    return Outcome(text=text, span=span, caught=caught, typed=typed, left_in_text=span.entity_type in left_in_text)


def _found_by_type(searched: Iterable[Searched]) -> dict[str, list[tuple[bool, bool]]]:
    found: dict[str, list[tuple[bool, bool]]] = {}
    for item in searched:
        for span in item.masked or ():
            touched = [gold.entity_type for gold in item.gold.spans if _touch(gold, span)]
            found.setdefault(span.entity_type, []).append((bool(touched), span.entity_type in touched))
    return found


def _touch(one: GoldSpan, other: Span) -> bool:
    return one.start < other.end and other.start < one.end
