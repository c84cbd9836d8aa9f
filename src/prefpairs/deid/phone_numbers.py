"""A text -> where Presidio's phone recognizer finds a number, with each candidate parsed once.

Presidio walks through the text with a `PhoneNumberMatcher` for each of eight regions. The walks differ
only where a candidate is a number in one region and not in another. Here they go together as long as
they agree, and what a candidate is in a region is remembered: comments repeat their years and ages.
`tests/deid/test_phone_numbers.py` shows that the results are equal.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

import phonenumbers
from phonenumbers import phonenumbermatcher as matcher
from phonenumbers.phonenumberutil import _SECOND_NUMBER_START_PATTERN, _UNWANTED_END_CHAR_PATTERN
from presidio_analyzer.predefined_recognizers import PhoneRecognizer

from prefpairs.errors import ConfigError

MATCHER_SHA256 = "ed162b1697ad0a0959c848d9fc7fd70343138f67b0eb9ff65c54cf7cdc6c0a6a"
"""Of the source of `phonenumbers.phonenumbermatcher` that is imitated here."""

SHORTEST_NUMBER = 4
"""Digits, country code included, of the shortest number that is valid anywhere or in Presidio's regions."""

_DIGIT = re.compile(r"\d")
_DIGITS_ENOUGH = re.compile(rf"(?:\d\D*){{{SHORTEST_NUMBER}}}")
_BEFORE_FIRST_DIGIT = 10  # twice an opening bracket or plus, and four marks
_REMEMBERED = 50_000

_Range = tuple[int, int]


class PhoneNumbers:
    """Finds the phone numbers of a `PhoneRecognizer`."""

    def __init__(self, recognizer: PhoneRecognizer) -> None:
        self._regions = tuple(recognizer.supported_regions)
        if recognizer.leniency not in (matcher.Leniency.POSSIBLE, matcher.Leniency.VALID):
            msg = "The groupings of stricter leniencies need the matcher itself."
            raise ConfigError(msg)
        self._leniency = recognizer.leniency
        # A stricter leniency would ask it; those that are accepted here do not.
        self._unasked = matcher.PhoneNumberMatcher("", None)
        self._accepting = lru_cache(maxsize=_REMEMBERED)(self._regions_that_accept)

    def find(self, text: str) -> list[_Range]:
        """Return every range that the matcher of a region finds, sorted; none lies inside another."""
        found: set[_Range] = set()
        # Where a walk stands -> the regions whose walk stands there.
        walks: dict[int, frozenset[str]] = {0: frozenset(self._regions)}
        while walks:
            position = min(walks)
            regions = walks.pop(position)
            for next_position, match, agreeing in self._step(text, position, regions):
                walks[next_position] = walks.get(next_position, frozenset()) | agreeing
                if match is not None:
                    found.add(match)
        return _outermost(found)

    def _step(
        self, text: str, position: int, regions: frozenset[str]
    ) -> Iterator[tuple[int, _Range | None, frozenset[str]]]:
        """Yield where the walks go on, what they have found there, and which regions' walks those are."""
        candidate = _candidate(text, position)
        if candidate is None:
            return
        start, words = candidate
        after = start + len(words)
        left = regions
        if _DIGITS_ENOUGH.search(words) and not _is_date_or_time(text, start, words):
            for offset, group in _groups(words):
                accepting = left & self._accepted_at(text, start + offset, group)
                if accepting:
                    end = start + offset + len(group)
                    yield end, (start + offset, end), accepting
                    left -= accepting
                if not left:
                    return
        yield after, None, left

    def _accepted_at(self, text: str, start: int, group: str) -> frozenset[str]:
        if not _DIGITS_ENOUGH.search(group) or (
            self._leniency >= matcher.Leniency.VALID and not _stands_alone(text, start, group)
        ):
            return frozenset()
        return self._accepting(group)

    def _regions_that_accept(self, group: str) -> frozenset[str]:
        """Return the regions in which `group`, standing by itself, is a number."""
        if not matcher._MATCHING_BRACKETS.fullmatch(group) or matcher._PUB_PAGES.search(group):
            return frozenset()
        return frozenset(region for region in self._regions if self._is_number(group, region))

    def _is_number(self, group: str, region: str) -> bool:
        try:
            number = phonenumbers.parse(group, region, keep_raw_input=True)
            return bool(matcher._verify(self._leniency, number, group, self._unasked))
        except phonenumbers.NumberParseException:
            return False


def _candidate(text: str, position: int) -> tuple[int, str] | None:
    """Return the next run of digits and marks at or after `position`, as the matcher cuts it."""
    digit = _DIGIT.search(text, position)
    if digit is None:
        return None
    found = matcher._PATTERN.search(text, max(position, digit.start() - _BEFORE_FIRST_DIGIT))
    return None if found is None else (found.start(), _cut(_SECOND_NUMBER_START_PATTERN, found[0]))


def _groups(candidate: str) -> Iterator[tuple[int, str]]:
    """Yield the candidate and the parts of it that the matcher tries, in its order, with their offsets."""
    yield 0, candidate
    for pattern in matcher._INNER_MATCHES:
        part = pattern.search(candidate)
        if part is not None:
            yield 0, _cut(_UNWANTED_END_CHAR_PATTERN, candidate[: part.start()])
        while part is not None:
            yield part.start(1), _cut(_UNWANTED_END_CHAR_PATTERN, part[1])
            part = pattern.search(candidate, part.start() + 1)


def _cut(pattern: re.Pattern[str], candidate: str) -> str:
    unwanted = pattern.search(candidate)
    return candidate[: unwanted.start()] if unwanted else candidate


def _is_date_or_time(text: str, start: int, candidate: str) -> bool:
    if matcher._SLASH_SEPARATED_DATES.search(candidate):
        return True
    is_time = matcher._TIME_STAMPS.search(candidate) is not None
    return is_time and matcher._TIME_STAMPS_SUFFIX.match(text, start + len(candidate)) is not None


def _stands_alone(text: str, start: int, group: str) -> bool:
    """Say whether no letter, currency or percent sign touches the group."""
    end = start + len(group)
    before = text[start - 1] if start > 0 and not matcher._LEAD_PATTERN.match(group) else ""
    after = text[end] if end < len(text) else ""
    return not any(
        matcher.PhoneNumberMatcher._is_invalid_punctuation_symbol(neighbour)
        or matcher.PhoneNumberMatcher._is_latin_letter(neighbour)
        for neighbour in (before, after)
        if neighbour
    )


def _outermost(ranges: set[_Range]) -> list[_Range]:
    """Leave out what lies inside another, as `EntityRecognizer.remove_duplicates` does for equal scores."""
    kept: list[_Range] = []
    for start, end in sorted(ranges, key=lambda item: (item[0], -item[1])):
        if not kept or end > kept[-1][1]:
            kept.append((start, end))
    return kept
