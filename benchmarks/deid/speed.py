"""Comments a second and core, beside stock Presidio's, in the same run and on the same texts.

Patterns only: Presidio's own recognizers under its driver and under ours. Every text must give the same
(type, start, end, score), or there is no figure. With NER: the whole engine, replacing and looking again
included, against `AnalyzerEngine.analyze` alone, which drives a spaCy pipeline over every word.
Each side runs in a process of its own with one thread; what counts is processor time. For patterns the
fastest of some rounds counts; for NER one round, after some other texts.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.deid import corpora, models

Say = Callable[[str], None]
Figures = dict[str, float]

_ROUNDS = 3
_WARM_UP = 60
_NER_EVERY = {"reddit": 8, "counselchat": 24}
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def figures(say: Say) -> Figures:
    """Return the speeds of both systems, and their ratios.

    Raises
    ------
    SystemExit
        If a text gives different results, or a peer's pipeline is not there.

    """
    found: Figures = {}
    for part in ("patterns", "ours", "six_layer", "cnn"):
        say(f"speed: {part.replace('_', ' ')}")
        found |= _in_new_process(part)
    for name, peer in (("equal_recall", "six_layer"), ("cnn", "cnn")):
        found[f"ner_speedup_{name}"] = found["ner_docs_per_s"] / found[f"stock_{peer}_docs_per_s"]
        found[f"stock_ner_speedup_{name}"] = 1.0
    found["stock_patterns_speedup"] = 1.0
    return found


def _texts() -> dict[str, list[str]]:
    return {"reddit": corpora.reddit_lines(), "counselchat": corpora.counselchat_answers()}


def _patterns() -> Figures:
    """Time Presidio's recognizers under both drivers, and what ours finds besides under ours."""
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.context_aware_enhancers import LemmaContextAwareEnhancer

    from prefpairs.config_deid import Deid
    from prefpairs.deid import pipeline, presidio
    from prefpairs.deid.detect import Detector
    from prefpairs.deid.finders import Reading, without_contained
    from prefpairs.deid.search import Search
    from prefpairs.deid.spans import Span

    nlp_engine = pipeline.LoadedSpacyEngine(pipeline.load_pipeline("blank:en"), "en")
    recognizers = list(presidio.predefined_recognizers("en"))
    presidio.quiet()
    analyzer = AnalyzerEngine(
        registry=RecognizerRegistry(recognizers=recognizers),
        nlp_engine=nlp_engine,
        context_aware_enhancer=LemmaContextAwareEnhancer(context_matching_mode="whole_word"),
    )
    detector = Detector(Deid(spacy_pipeline="blank:en"))

    def theirs(text: str) -> list[tuple[Any, ...]]:
        return sorted(
            (item.start, item.end, item.entity_type, item.score) for item in analyzer.analyze(text, "en")
        )

    def ours() -> Callable[[str], list[tuple[Any, ...]]]:
        search = Search(recognizers)  # a new one has not seen the texts: it remembers numbers

        def run(text: str) -> list[tuple[Any, ...]]:
            found = search.found(Reading(text, nlp_engine, "en", whole_pipeline=False))
            distinct = without_contained(item for item, _ in found)
            return sorted((item.start, item.end, item.entity_type, item.score) for item in distinct)

        return run

    def everything_of_ours(text: str) -> list[Span]:
        return list(detector.detections(text))

    everything = _texts()
    first = ours()
    different = sum(theirs(text) != first(text) for texts in everything.values() for text in texts)
    if different:
        msg = f"{different} texts give other results than under Presidio: there is nothing to compare."
        raise SystemExit(msg)
    figures: Figures = {
        "patterns_documents": sum(map(len, everything.values())),
        "patterns_documents_different": 0,
    }
    stock_total = our_total = 0.0
    for name, texts in everything.items():
        stock_s = min(_seconds(theirs, texts) for _ in range(_ROUNDS))
        our_s = min(_seconds(ours(), texts) for _ in range(_ROUNDS))
        all_s = _seconds(everything_of_ours, texts)
        stock_total, our_total = stock_total + stock_s, our_total + our_s
        figures |= {
            f"patterns_{name}_docs_per_s": len(texts) / our_s,
            f"stock_patterns_{name}_docs_per_s": len(texts) / stock_s,
            f"all_patterns_{name}_docs_per_s": len(texts) / all_s,
            f"patterns_{name}_speedup": stock_s / our_s,
        }
    return {
        **figures,
        "patterns_docs_per_s": figures["patterns_documents"] / our_total,
        "stock_patterns_docs_per_s": figures["patterns_documents"] / stock_total,
        "patterns_speedup": stock_total / our_total,
    }


def _ours() -> Figures:
    from prefpairs.config_deid import Deid
    from prefpairs.deid.engine import Engine, Thread

    engine = Engine.load(Deid())

    def run(text: str) -> object:
        with engine.bounded_memory():
            return engine.deidentify_thread(Thread(texts=(text,)))

    documents, seconds = _ner_seconds(run)
    return {"ner_docs_per_s": documents / seconds, "ner_documents": documents}


def _stock(name: str, folder: str) -> Figures:
    from benchmarks.deid import peers
    from prefpairs.deid.pipeline import LoadedSpacyEngine

    # Passing over common words is ours; a pipeline as it comes reads every word.
    analyzer = peers.stock_analyzer(folder, gated=False)
    if not isinstance(analyzer.nlp_engine, LoadedSpacyEngine):
        msg = "Stock Presidio does not drive the pipeline that it was given."
        raise SystemExit(msg)
    nlp = analyzer.nlp_engine.get_nlp("en")

    def run(text: str) -> object:
        with nlp.memory_zone():
            return analyzer.analyze(text, "en")

    documents, seconds = _ner_seconds(run)
    return {f"stock_{name}_docs_per_s": documents / seconds}


def _ner_seconds(run: Callable[[str], object]) -> tuple[int, float]:
    """Return how many texts were read, after some others, and the processor time."""
    for text in _ner_texts(first=1)[:_WARM_UP]:
        run(text)
    texts = _ner_texts(first=0)
    return len(texts), _seconds(run, texts)


def _ner_texts(*, first: int) -> list[str]:
    return [text for name, texts in _texts().items() for text in texts[first :: _NER_EVERY[name]]]


def _seconds(run: Callable[[str], object], texts: Sequence[str]) -> float:
    started = time.process_time()
    for text in texts:
        run(text)
    return time.process_time() - started


def _in_new_process(part: str) -> Figures:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.deid.speed", part],
        env={**os.environ, **_ONE_THREAD},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        msg = f"The speed of '{part}' could not be measured."
        raise SystemExit(msg)
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    return figures


def _measure(part: str) -> Figures:
    if part == "patterns":
        return _patterns()
    if part == "ours":
        return _ours()
    folder = {"six_layer": models.SIX_LAYERS, "cnn": models.CNN}[part]
    if not folder.is_dir():
        msg = f"{folder.name} is not there. Make it (some minutes, once): {models.COMMAND}"
        raise SystemExit(msg)
    return _stock(part, str(folder))


if __name__ == "__main__":
    print(
        json.dumps(_measure(sys.argv[1]) if len(sys.argv) > 1 else figures(lambda part: print(part, flush=True)))
    )
