"""Gold identifiers that were not masked -> how often, where, in which shape; and their words if synthetic."""

import re
from collections import Counter
from collections.abc import Iterable

from prefpairs.audit.measure import KINDS, Outcome, kind_of
from prefpairs.audit.report import Example, Miss

LISTED = 100
_AROUND = 45  # characters of a synthetic text on either side of what was missed
_FIRST_PIECE = re.compile(r"^\S*\s")
_LAST_PIECE = re.compile(r"\s\S*$")


def misses(tried: Iterable[Outcome], *, synthetic: bool) -> tuple[list[Miss], int]:
    """Return the most frequent misses, direct identifiers first, and how many are not listed.

    `synthetic` says that nobody's text is quoted by quoting one.
    """
    counts: Counter[tuple[str, str, str, str]] = Counter()
    examples: dict[tuple[str, str, str, str], Example] = {}
    for item in tried:
        if item.caught == "masked" or item.left_in_text:
            continue
        words = item.text.text[item.span.start : item.span.end]
        key = (item.text.id, item.text.variant, item.span.entity_type, shape(words))
        counts[key] += 1
        examples.setdefault(key, _example(item))
    ordered = sorted(counts.items(), key=lambda entry: (KINDS.index(kind_of(entry[0][2])), -entry[1], entry[0]))
    listed = [
        Miss(
            text=text,
            variant=variant,
            entity_type=entity_type,
            kind=kind_of(entity_type),
            shape=form,
            count=count,
            example=examples[text, variant, entity_type, form] if synthetic else None,
        )
        for (text, variant, entity_type, form), count in ordered[:LISTED]
    ]
    return listed, sum(count for _, count in ordered[LISTED:])


def shape(words: str) -> str:
    """Return `words` with X for capitals, x for small letters, 9 for digits, and the marks between them."""
    return "".join(_mark(character) for character in words)


def _mark(character: str) -> str:
    if character.isalpha():
        return "X" if character.isupper() else "x"
    return "9" if character.isdigit() else " " if character.isspace() else character


def _example(item: Outcome) -> Example:
    text, span = item.text.text, item.span
    before, after = text[: span.start], text[span.end :]
    if len(before) > _AROUND:
        before = _FIRST_PIECE.sub("… ", before[-_AROUND:])
    if len(after) > _AROUND:
        after = _LAST_PIECE.sub(" …", after[:_AROUND])
    return Example(before=before, identifier=text[span.start : span.end], after=after)
