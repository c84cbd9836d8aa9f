"""A compiled pattern -> strings of which every match contains some.

Most rules need a word that most texts do not have. Looking for a string costs a hundredth of running a
pattern, and nobody has to write down, and keep up to date, what a pattern needs: it is read from the
pattern itself. What is not understood asks for nothing, so the rule runs.
"""

import re
from collections.abc import Iterable, Sequence
from re import _constants as codes  # type: ignore[attr-defined]  # typeshed leaves it out
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

Requirement = frozenset[str]
"""Strings in lower case, of which a match contains at least one."""

_MAX_STRINGS = 80  # a longer list costs more to look through than it saves
_MAX_CLASS = 12
_NOTHING = frozenset({""})
_TELLS_NOTHING = frozenset(" etaoinshrdlucmfwypvbgkjqxz.,'-\n")
"""Single characters that nearly every text holds."""

DIGITS: Requirement = frozenset("0123456789")

# What else, without the case, is one of the ASCII letters i, k and s; and digits of other scripts.
_UNUSUAL = re.compile(r"(?![0-9])[\d\u0130\u0131\u017f\u212a]")


def is_usual(text: str) -> bool:
    """Say whether requirements hold for `text`: no letters or digits that only stand in for ASCII's."""
    return text.isascii() or _UNUSUAL.search(text) is None


def requirements(pattern: re.Pattern[str]) -> tuple[Requirement, ...]:
    """Return what every match of `pattern` needs, in a text that is usual, in lower case; short lists first."""
    exact, needed = _sequence(parser.parse(pattern.pattern, pattern.flags))
    everything = {*needed, *([exact] if exact is not None else [])}
    useful = {_shortest(item) for item in everything if _is_useful(item)}
    return tuple(sorted(useful, key=lambda item: (item != DIGITS, len(item), sorted(item))))


def _is_useful(strings: Requirement) -> bool:
    return 0 < len(strings) <= _MAX_STRINGS and "" not in strings and _TELLS_NOTHING.isdisjoint(strings)


def _shortest(strings: Requirement) -> Requirement:
    """Leave out what holds another of the strings: the other is found wherever it is."""
    return frozenset(item for item in strings if not any(other in item for other in strings - {item}))


_Read = tuple[Requirement | None, set[Requirement]]
"""Every string that a piece can match, if they are few; and what its matches need besides."""


def _sequence(pieces: Iterable[tuple[Any, Any]]) -> _Read:
    needed: set[Requirement] = set()
    run: Requirement = _NOTHING  # what the pieces since the last unknown one can match
    known = True
    for code, argument in pieces:
        exact, inner = _piece(code, argument)
        needed |= inner
        joined = frozenset(a + b for a in run for b in exact) if exact is not None else None
        if joined is not None and len(joined) <= _MAX_STRINGS:
            run = joined
            continue
        known = False
        needed.add(run)
        run = exact if exact is not None else _NOTHING
    if known:
        return run, needed
    return None, needed | {run}


def _piece(code: Any, argument: Any) -> _Read:
    match code:
        case codes.LITERAL:
            return _characters([argument]), set()
        case codes.IN:
            return _class(argument)
        case codes.BRANCH:
            return _branch([_sequence(pieces) for pieces in argument[1]])
        case codes.SUBPATTERN:
            return _sequence(argument[3])
        case codes.ATOMIC_GROUP:
            return _sequence(argument)
        case codes.MAX_REPEAT | codes.MIN_REPEAT | codes.POSSESSIVE_REPEAT:
            return _repeat(*argument)
        case codes.AT | codes.ASSERT | codes.ASSERT_NOT:
            return _NOTHING, set()
        case _:
            return None, set()


def _repeat(least: int, most: int, pieces: Iterable[tuple[Any, Any]]) -> _Read:
    exact, needed = _sequence(pieces)
    if least == 0:
        return (exact | _NOTHING if most == 1 and exact is not None else None), set()
    if least == most == 1:
        return exact, needed
    return None, needed | ({exact} if exact is not None else set())


def _branch(branches: Sequence[_Read]) -> _Read:
    if all(exact is not None for exact, _ in branches):
        together = frozenset().union(*(exact for exact, _ in branches if exact is not None))
        return (together, set()) if len(together) <= _MAX_STRINGS else (None, set())
    best = [_best(exact, needed) for exact, needed in branches]
    return None, {frozenset().union(*best)} if all(best) else set()


def _best(exact: Requirement | None, needed: set[Requirement]) -> Requirement:
    """Return the requirement of one alternative that tells most: the longest strings."""
    choices = [item for item in (needed | {exact} if exact is not None else needed) if _is_useful(item)]
    return max(choices, key=lambda item: (min(map(len, item)), -len(item), sorted(item)), default=frozenset())


def _class(members: Sequence[tuple[Any, Any]]) -> _Read:
    if members == [(codes.CATEGORY, codes.CATEGORY_DIGIT)]:
        return None, {DIGITS}
    points: list[int] = []
    for code, argument in members:
        if code == codes.LITERAL:
            points.append(argument)
        elif code == codes.RANGE and argument[1] - argument[0] < _MAX_CLASS:
            points += range(argument[0], argument[1] + 1)
        else:
            return None, set()
    exact = _characters(points)
    if exact is not None and exact <= DIGITS:
        return None, {DIGITS}
    return exact if exact is not None and len(exact) <= _MAX_CLASS else None, set()


def _characters(points: Sequence[int]) -> Requirement | None:
    # Beyond ASCII lower case has exceptions.
    return frozenset(chr(point).lower() for point in points) if max(points) < 128 else None
