"""Detections in a text, which may overlap -> spans that do not, and the text with each of them replaced."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

_COMBINING_MARKS = ("\u0300", "\u036f")
_LATIN_LETTERS = ("\u00c0", "\u024f")
# What stands inside a word without ending it: an underscore, the backslash that Reddit's editor puts
# before one, and characters that nobody sees.
_JOINERS = frozenset("_\\\u00ad\u200b\u200c\u200d\u2060\ufeff")


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One identifier in a text, without its characters.

    Attributes
    ----------
    start, end
        First code point, and the one after the last, in the raw text.
    entity_type
        What it is, in Presidio's words.
    score
        The recognizer's confidence, 0 to 1.
    recognizer
        Who found it.
    action
        What was done with it.

    """

    start: int
    end: int
    entity_type: str
    score: float
    recognizer: str
    action: str = "placeholder"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deidentified:
    """A text without its identifiers, and where they were in the raw text, in order."""

    text: str = field(repr=False)
    spans: tuple[Span, ...]


def resolve(text: str, detections: Iterable[Span]) -> tuple[Span, ...]:
    """Return spans that cover every detected character, sorted, none overlapping another.

    Overlapping detections become their union, under the type of the most certain one (the longest, if
    equally certain). A detection that ends inside a word takes the rest of the word with it: Presidio
    finds `lonely.bo` in `lonely.boi`, and the rest would be a clue.
    """
    whole = [_grown(text, span) for span in detections if span.start < span.end]
    resolved: list[Span] = []
    strongest: Span | None = None
    for span in sorted(whole, key=lambda item: (item.start, item.end, item.entity_type, item.recognizer)):
        if strongest is None or span.start >= resolved[-1].end:
            resolved.append(span)
            strongest = span
            continue
        strongest = max(strongest, span, key=_strength)
        resolved[-1] = replace(strongest, start=resolved[-1].start, end=max(resolved[-1].end, span.end))
    return tuple(resolved)


def replace_spans(text: str, spans: Sequence[Span]) -> Deidentified:
    """Put `<ENTITY_TYPE>` in the place of each span. `spans` are sorted and do not overlap (`resolve`)."""
    pieces: list[str] = []
    position = 0
    for span in spans:
        pieces += (text[position : span.start], f"<{span.entity_type}>")
        position = span.end
    pieces.append(text[position:])
    return Deidentified(text="".join(pieces), spans=tuple(spans))


def _strength(span: Span) -> tuple[float, int, str, str]:
    return (span.score, span.end - span.start, span.entity_type, span.recognizer)


def _grown(text: str, span: Span) -> Span:
    start, end = span.start, span.end
    while start > 0 and _in_word(text[start - 1]) and _in_word(text[start]):
        start -= 1
    while end < len(text) and _in_word(text[end - 1]) and _in_word(text[end]):
        end += 1
    return span if (start, end) == (span.start, span.end) else replace(span, start=start, end=end)


def _in_word(character: str) -> bool:
    # Scripts without spaces between words stay out: there the rest of the word would be the rest of the line.
    return (
        (character.isascii() and character.isalnum())
        or character in _JOINERS
        or _LATIN_LETTERS[0] <= character <= _LATIN_LETTERS[1]
        or _COMBINING_MARKS[0] <= character <= _COMBINING_MARKS[1]
    )
