"""Detections in a text, which may overlap -> spans that do not, and the text with each of them replaced."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from prefpairs.deid.policy import action_of_overlap

_COMBINING_MARKS = ("\u0300", "\u036f")
_LATIN_LETTERS = ("\u00c0", "\u024f")
# What stands inside a word without ending it: an underscore, the backslash that Reddit's editor puts
# before one, and characters that nobody sees.
_JOINERS = frozenset("_\\\u00ad\u200b\u200c\u200d\u2060\ufeff")
_SPACES = frozenset(" \t\u00a0")
_AFTER_DROPPED = frozenset(" \t\u00a0\r\n.,;:!?)]") | {""}
_LINE_STARTS = frozenset("\r\n([") | {""}


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
    equally certain) and an action as strict as any of theirs. A detection that ends inside a word takes
    the rest of the word with it: Presidio finds `lonely.bo` in `lonely.boi`, and the rest would be a clue.
    """
    resolved: list[Span] = []
    together: list[Span] = []
    end = 0
    for span in sorted(detections, key=lambda item: (item.start, item.end, item.entity_type, item.recognizer)):
        if span.start >= span.end:
            continue
        # One that lies in what is masked already is not grown: a word of a million letters is walked once.
        whole = span if span.end <= end else _grown(text, span)
        if together and whole.start >= end:
            resolved.append(_union(together))
            together = []
        together.append(whole)
        end = max(end, whole.end)
    if together:
        resolved.append(_union(together))
    return tuple(resolved)


def replace_spans(text: str, spans: Sequence[Span], replacements: Sequence[str] | None = None) -> Deidentified:
    """Put a replacement, or `<ENTITY_TYPE>`, in the place of each span.

    `spans` are sorted and do not overlap (`resolve`). An empty replacement takes one adjoining space with it.
    """
    instead = [f"<{span.entity_type}>" for span in spans] if replacements is None else replacements
    kept = kept_ranges(text, spans, instead)
    pieces = [text[slice(*kept[0])]]
    for replacement, (start, end) in zip(instead, kept[1:], strict=True):
        pieces += (replacement, text[start:end])
    return Deidentified(text="".join(pieces), spans=tuple(spans))


def kept_ranges(text: str, spans: Sequence[Span], replacements: Sequence[str]) -> list[tuple[int, int]]:
    """Return where the raw text before, between and after the spans stays as it is: one range more than spans."""
    starts = [0, *(span.end for span in spans)]
    ends = [*(span.start for span in spans), len(text)]
    for number, replacement in enumerate(replacements):
        if replacement:
            continue
        before, after = ends[number], starts[number + 1]
        if before > starts[number] and text[before - 1] in _SPACES and text[after : after + 1] in _AFTER_DROPPED:
            ends[number] -= 1
        elif after < ends[number + 1] and text[after] in _SPACES and text[before - 1 : before] in _LINE_STARTS:
            starts[number + 1] += 1
    return list(zip(starts, ends, strict=True))


def _union(together: Sequence[Span]) -> Span:
    strongest = max(together, key=_strength)
    return replace(
        strongest,
        start=together[0].start,
        end=max(span.end for span in together),
        action=action_of_overlap(strongest.action, (span.action for span in together)),
    )


def _strength(span: Span) -> tuple[float, int, str]:
    # Of equals the first in the alphabet counts: whoever found a name, before the thread that repeats it.
    return (span.score, span.end - span.start, span.entity_type)


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
