"""Two systems -> every figure of quality, with intervals, counts and definitions."""

import inspect
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from types import ModuleType

from benchmarks.deid import corpora, direct, false_masks, peers, presidio_research, wnut17
from benchmarks.deid.measures import Interval
from benchmarks.deid.table import numbered

Figures = dict[str, float | str]
Say = Callable[[str], None]
_SIDES = ("", "stock_")


def figures(say: Say) -> Figures:
    """Measure prefpairs and stock Presidio with the same spaCy pipeline. `say` is told what is measured.

    A text that ours withholds leaks nothing and counts as masked: how many there were is a figure.
    """
    withheld = Counter[str]()
    maskers = {"": _counting(peers.ours(), withheld), "stock_": peers.stock()}
    found: Figures = {}
    for part in (_direct, _wnut17, _presidio_research, _false_masks):
        say(part.__name__.strip("_").replace("_", " "))
        found |= part(maskers)
    found["withheld_texts"] = withheld.total()
    return found | _definitions(direct, wnut17, presidio_research, false_masks)


def _counting(masker: peers.Masker, withheld: Counter[str]) -> peers.Masker:
    def mask(text: str) -> list[peers.Mask]:
        masks = masker(text)
        withheld.update(mask.entity_type for mask in masks if mask.entity_type == peers.WITHHELD)
        return masks

    return mask


def _direct(maskers: dict[str, peers.Masker]) -> Figures:
    from prefpairs.deid import gold

    found: Figures = {}
    for name, texts in (("direct", gold.heldout()), ("handwritten", gold.handwritten())):
        for side, masker in maskers.items():
            result = direct.measure(texts, masker)
            found |= {
                f"{side}{name}_document_recall": result.recall,
                **_bounds(f"{side}{name}_document_recall", result.interval),
                **numbered(result.by_variant, f"{side}{name}_variant"),
                **numbered(result.by_type, f"{side}{name}_type"),
            }
            if result.without:
                found[f"{side}{name}_untouched_share"] = result.untouched / result.without
                found[f"{name}_documents_without_identifiers"] = result.without
        found[f"{name}_documents"] = result.documents
    return found


def _wnut17(maskers: dict[str, peers.Masker]) -> Figures:
    sentences = corpora.wnut17_reddit()
    found: Figures = {"wnut17_reddit_sentences": len(sentences)}
    for side, masker in maskers.items():
        result = wnut17.measure(sentences, masker)
        lower = wnut17.measure(sentences, masker, lower=True)
        figures = {
            **{f"{name}_recall": figure for name, figure in result.recall.items()},
            "mask_precision": result.precision,
            "strict_mask_precision": result.strict_precision,
            **{f"{name}_recall_lower": figure for name, figure in lower.recall.items()},
            "mask_precision_lower": lower.precision,
        }
        for name, figure in figures.items():
            key = f"{side}wnut17_reddit_{name}"
            found |= {key: figure.value, f"{key}_tokens": figure.whole, **_bounds(key, figure.interval)}
    return found


def _presidio_research(maskers: dict[str, peers.Masker]) -> Figures:
    texts = corpora.presidio_research()
    found: Figures = {"presidio_research_texts": len(texts)}
    for side, masker in maskers.items():
        result = presidio_research.measure(texts, masker)
        key = f"{side}presidio_research"
        found |= {
            f"{key}_f2": result.tokens.f2,
            **_bounds(f"{key}_f2", result.interval),
            f"{key}_precision": result.tokens.precision,
            f"{key}_recall": result.tokens.recall,
            f"{key}_span_f2": result.spans.f2,
            f"{key}_character_f2": result.characters.f2,
            **numbered(result.by_type, f"{key}_type"),
            **numbered(result.false_by_type, f"{key}_false"),
        }
    return found


def _false_masks(maskers: dict[str, peers.Masker]) -> Figures:
    words = corpora.english_words()
    sources = {"reddit": corpora.reddit_lines(), "counselchat": corpora.counselchat_answers()}
    clean = {name: false_masks.clean_texts(texts, words) for name, texts in sources.items()}
    clean["all"] = [text for texts in clean.values() for text in texts]
    by_side = [false_masks.measure(clean["all"], masker) for masker in maskers.values()]
    ratio, interval = false_masks.ratio(*by_side)
    found: Figures = {
        "false_masks_ratio": ratio,
        **_bounds("false_masks_ratio", interval),
        "stock_false_masks_ratio": 1.0,
        "false_masks_comments": len(clean["all"]),
        "false_masks_words": by_side[0].words,
    }
    for side, result in zip(_SIDES, by_side, strict=True):
        found |= {
            f"{side}false_masks": result.masks,
            f"{side}false_masks_per_1000": result.rate,
            **_bounds(f"{side}false_masks_per_1000", result.interval),
            **numbered(result.by_type, f"{side}false_masks_type"),
            **numbered(result.by_recognizer, f"{side}false_masks_recognizer"),
            **_by_source(side, result, clean),
        }
    return found


def _by_source(
    side: str, result: false_masks.FalseMasks, clean: dict[str, list[false_masks.CleanText]]
) -> dict[str, float]:
    lines = len(clean["reddit"])
    parts: dict[str, tuple[Sequence[int], Iterable[false_masks.CleanText]]] = {
        "reddit": (result.per_text[:lines], clean["reddit"]),
        "counselchat": (result.per_text[lines:], clean["counselchat"]),
    }
    return {
        f"{side}false_masks_per_1000_{name}": 1_000 * sum(counts) / sum(text.words for text in texts)
        for name, (counts, texts) in parts.items()
    }


def _bounds(key: str, interval: Interval) -> dict[str, float]:
    return {f"{key}_low": interval[0], f"{key}_high": interval[1]}


def _definitions(*modules: ModuleType) -> dict[str, str]:
    return {f"definition_{module.__name__.rpartition('.')[2]}": inspect.getdoc(module) or "" for module in modules}
