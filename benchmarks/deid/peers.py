"""A text -> what each system masks in it: prefpairs as it comes, and stock Presidio as it comes.

Stock is `AnalyzerEngine` with its default English recognizers, its default threshold (0), its default
context enhancer and the NER configuration of its own `conf/default.yaml`, which leaves organisations
out. It drives the same spaCy pipeline as ours, which sets lemmas, so that its context words work. Two
things differ from "as it comes", and neither changes a result: no model is downloaded, and the e-mail
recognizer reads the suffix list that tldextract ships, not the one on the network. What its anonymizer
would replace is the union of its detections.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import presidio_analyzer
import tldextract
import yaml
from presidio_analyzer import AnalyzerEngine, RecognizerResult
from presidio_analyzer.nlp_engine import NerModelConfiguration
from spacy.language import Language

from prefpairs.config_deid import Deid
from prefpairs.deid.engine import Engine, Thread
from prefpairs.deid.pipeline import LoadedSpacyEngine, bundled_reader, load_pipeline
from prefpairs.deid.policy import KEEP

WITHHELD = "WITHHELD"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mask:
    """What a system replaces: code points `start` to `end` of the text."""

    start: int
    end: int
    entity_type: str
    score: float = 1.0
    recognizer: str = ""


Masker = Callable[[str], list[Mask]]
"""A text -> masks in order, none overlapping another."""


def ours(settings: Deid | None = None) -> Masker:
    """Return prefpairs' engine under `settings`, by default as it comes, each text a thread of its own.

    A text that it withholds (it fails closed) is masked as a whole, as `WITHHELD`.
    """
    engine = Engine.load(settings or Deid())

    def mask(text: str) -> list[Mask]:
        with engine.bounded_memory():
            (outcome,) = engine.deidentify_thread(Thread(texts=(text,)))
        if outcome is None:
            return [Mask(start=0, end=len(text), entity_type=WITHHELD)]
        return [
            Mask(
                start=span.start,
                end=span.end,
                entity_type=span.entity_type,
                score=span.score,
                recognizer=span.recognizer,
            )
            for span in outcome.spans
            if span.action != KEEP
        ]

    return mask


def stock(pipeline: str | None = None) -> Masker:
    """Return stock Presidio with a spaCy pipeline, by default the one that ours comes with."""
    analyzer = stock_analyzer(pipeline or Deid().spacy_pipeline)

    def mask(text: str) -> list[Mask]:
        found = analyzer.analyze(text, language="en")
        return merged(
            Mask(
                start=item.start,
                end=item.end,
                entity_type=item.entity_type,
                score=float(item.score),
                recognizer=item.recognition_metadata[RecognizerResult.RECOGNIZER_NAME_KEY],
            )
            for item in found
        )

    return mask


def pipeline_alone(pipeline: str, *, gated: bool = True) -> Masker:
    """Return what the entities of a spaCy pipeline would mask, without any recognizer."""
    nlp = _loaded(pipeline, gated=gated)
    types = _stock_configuration().model_to_presidio_entity_mapping or {}

    def mask(text: str) -> list[Mask]:
        with nlp.memory_zone():
            return [
                Mask(start=entity.start_char, end=entity.end_char, entity_type=types[entity.label_])
                for entity in nlp(text).ents
                if entity.label_ in types
            ]

    return mask


def stock_analyzer(pipeline: str, *, gated: bool = True) -> AnalyzerEngine:
    """Return stock Presidio around a spaCy pipeline, offline.

    With `gated=False` a transformer of ours reads every word, as others' do: what our reader leaves out before
    it runs one is our own doing, and no peer's speed.
    """
    logging.getLogger("presidio-analyzer").setLevel(logging.ERROR)  # a warning for each recognizer it leaves out
    nlp_engine = LoadedSpacyEngine(_loaded(pipeline, gated=gated), "en")
    nlp_engine.ner_model_configuration = _stock_configuration()
    tldextract.tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    return AnalyzerEngine(nlp_engine=nlp_engine, supported_languages=["en"])


def merged(masks: Iterable[Mask]) -> list[Mask]:
    """Return the union of masks, each piece under the type of its most certain part (the longest, if equal)."""
    pieces: list[Mask] = []
    best: Mask | None = None
    for mask in sorted(masks, key=lambda item: (item.start, item.end, item.entity_type)):
        if best is None or mask.start >= pieces[-1].end:
            best = mask
            pieces.append(mask)
            continue
        best = max(best, mask, key=lambda item: (item.score, item.end - item.start))
        piece = pieces[-1]
        pieces[-1] = replace(best, start=piece.start, end=max(piece.end, mask.end))
    return pieces


def covered(text: str, masks: Sequence[Mask]) -> bytearray:
    """Return one byte a code point of `text`: 1 where a mask lies."""
    flags = bytearray(len(text))
    for mask in masks:
        flags[mask.start : mask.end] = b"\x01" * (min(mask.end, len(text)) - mask.start)
    return flags


def _loaded(pipeline: str, *, gated: bool) -> Language:
    nlp = load_pipeline(pipeline, outside_bias=Deid().outside_bias)
    reader = bundled_reader(nlp)
    if reader is not None:
        reader.gated = gated
    return nlp


def _stock_configuration() -> NerModelConfiguration:
    path = Path(presidio_analyzer.__file__).parent / "conf" / "default.yaml"
    configuration = yaml.safe_load(path.read_text(encoding="utf-8"))["ner_model_configuration"]
    return NerModelConfiguration.from_dict(configuration)
