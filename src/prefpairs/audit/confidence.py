"""Texts searched without a threshold -> how sure each recognizer is, and what lies just below the line."""

from collections.abc import Iterable, Sequence
from typing import Literal

from prefpairs.audit.measure import is_covered
from prefpairs.audit.report import ConfidenceFigures, Histogram
from prefpairs.config import Settings
from prefpairs.deid.engine import Engine
from prefpairs.deid.spans import Span

BINS = 20
_ROUNDING = 1e-9  # 0.3 is a little under 6 / 20 as a float


def without_threshold(settings: Settings) -> Engine:
    """Load an engine that reports every detection, however unsure."""
    return Engine.load(settings.deid.model_copy(update={"score_threshold": 0.0}))


def confidence_figures(
    texts: Sequence[str], engine: Engine, *, settings: Settings, source: Literal["project", "gold"]
) -> ConfidenceFigures:
    """Count the scores of everything that an engine without a threshold takes for an identifier."""
    counts: dict[tuple[str, str], _Scores] = {}
    searched = 0
    threshold = settings.deid.score_threshold
    near = threshold - settings.audit.near_threshold
    for text in texts:
        found = _found(engine, text)
        if found is None:
            continue
        searched += 1
        masked = [span for span in found if span.score >= threshold]
        for span in found:
            key = (span.entity_type, span.recognizer)
            scores = counts.setdefault(key, _Scores(threshold, near))
            scores.add(span.score, is_masked=_is_masked(span, masked, text))
    return ConfidenceFigures(
        source=source,
        texts=searched,
        threshold=threshold,
        just_below_from=max(0.0, near),
        histograms=[counts[key].histogram(*key) for key in sorted(counts)],
    )


class _Scores:
    def __init__(self, threshold: float, near: float) -> None:
        self._threshold = threshold
        self._near = near
        self._bins = [0] * BINS
        self._below = self._just_below = self._unmasked = 0

    def add(self, score: float, *, is_masked: bool) -> None:
        self._bins[min(BINS - 1, int(score * BINS + _ROUNDING))] += 1
        if score >= self._threshold:
            return
        self._below += 1
        if score >= self._near - _ROUNDING:
            self._just_below += 1
            self._unmasked += not is_masked

    def histogram(self, entity_type: str, recognizer: str) -> Histogram:
        return Histogram(
            entity_type=entity_type,
            recognizer=recognizer,
            bins=self._bins,
            below=self._below,
            just_below=self._just_below,
            just_below_unmasked=self._unmasked,
            above=sum(self._bins) - self._below,
        )


def _found(engine: Engine, text: str) -> list[Span] | None:
    try:
        with engine.bounded_memory():
            return list(engine.detector.detections(text))
    except Exception:  # as the engine does: a text that cannot be searched is not counted
        return None


def _is_masked(span: Span, masked: Iterable[Span], text: str) -> bool:
    covered, visible = is_covered(span, masked, text)
    return covered == visible
