"""A reply -> what in it a reader can act on."""

from prefpairs.evaluate.generations.cues import read, rules, sentences

_MOST = 5  # more steps than this are no better advice: a list of ten is longer, not easier to act on
_CONCRETE = 2


def concrete_steps(text: str) -> int:
    """Return how many sentences suggest a concrete step, counted up to five.

    A step is concrete if its sentence offers something to do and says when, how often, with whom or with what.
    """
    found = rules("actionability")
    return min(_MOST, sum(found.level(part, "suggestion") >= _CONCRETE for part in sentences(read(text))))


def gives_advice(text: str) -> bool:
    """Say whether any sentence advises something, however general."""
    found = rules("actionability")
    return any(found.level(part, "suggestion") for part in sentences(read(text)))
