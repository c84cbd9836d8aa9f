"""A reply -> how much empathy its words express, by EPITOME's three mechanisms."""

from prefpairs.evaluate.generations.cues import read, rules

MECHANISMS = ("emotional_reactions", "interpretations", "explorations")
HIGHEST = 2 * len(MECHANISMS)


def expressed_empathy(text: str) -> int:
    """Return the sum of the levels of the three mechanisms, 0 to 6.

    Sharma et al. 2020 have people mark emotional reactions, interpretations and explorations as absent (0),
    weak (1) or strong (2); here words decide. A long reply has more chances to hold a cue.
    """
    return sum(mechanisms(text).values())


def mechanisms(text: str) -> dict[str, int]:
    """Return the level of each mechanism, 0 to 2."""
    seen, found = read(text), rules("empathy")
    return {mechanism: found.level(seen, mechanism) for mechanism in MECHANISMS}
