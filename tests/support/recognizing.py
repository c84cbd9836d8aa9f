"""What recognizers alone make of a text: without an engine, a threshold or a list of what stays."""

from collections.abc import Iterable, Iterator

from presidio_analyzer import EntityRecognizer

from prefpairs.config_deid import Deid
from prefpairs.deid.fold import fold
from prefpairs.deid.policy import DIRECT
from prefpairs.deid.recognizers.base import RuleRecognizer
from prefpairs.deid.recognizers.community import community_recognizers
from prefpairs.deid.spans import Span, resolve

_OF_OTHERS = {"PERSON", "STREET_ADDRESS"}


def direct_recognizers() -> list[RuleRecognizer]:
    """Return our recognizers of what names somebody, besides names and streets; and of communities."""
    ours = (item for item in community_recognizers(Deid()) if isinstance(item, RuleRecognizer))
    return [item for item in ours if item.ENTITY in DIRECT - _OF_OTHERS | {"SUBREDDIT"}]


def spans_of(recognizers: Iterable[EntityRecognizer], raw: str) -> Iterator[Span]:
    """Yield what recognizers find in a text as it reads, where it stands in the raw text."""
    folded = fold(raw)
    text = raw if folded is None else folded.text
    for recognizer in recognizers:
        for found in recognizer.analyze(text, [], None):  # type: ignore[arg-type]  # ours read no tokens
            start, end = (found.start, found.end) if folded is None else folded.original(found.start, found.end)
            yield Span(
                start=start,
                end=end,
                entity_type=found.entity_type,
                score=found.score,
                recognizer=found.entity_type,
            )


def masked(recognizers: Iterable[EntityRecognizer], raw: str) -> str:
    """Return a text with `<ENTITY_TYPE>` in the place of what recognizers find."""
    pieces, position = [], 0
    for span in resolve(raw, spans_of(recognizers, raw)):
        pieces += [raw[position : span.start], f"<{span.entity_type}>"]
        position = span.end
    return "".join([*pieces, raw[position:]])
