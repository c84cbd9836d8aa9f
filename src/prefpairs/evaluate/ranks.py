"""The responses of each thread in two orders -> Kendall's tau, and whether the first is the same."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from prefpairs.evaluate.bootstrap import Bootstrap, Estimate, Sums
from prefpairs.evaluate.held_out import Floats, HeldOut, Thread
from prefpairs.evaluate.rules import LONGER, MODEL, RANDOM, REFERENCE, REFERENCE_PER_TOKEN, Scored

_RANKED = 3  # with two responses tau is accuracy written another way
_SHOWN = (MODEL, REFERENCE, REFERENCE_PER_TOKEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How well a rule orders the responses of one post, on average over posts' threads."""

    rule: str
    tau: Estimate | None
    top_1: Estimate | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranks:
    """Threads with at least `least` compared responses; `rules` is empty if there is none."""

    least: int
    threads: int
    rules: tuple[Agreement, ...]


def tau(scores: Floats, thread: Thread) -> float:
    """Return Kendall's tau-b (1945, Biometrika 33:239) over what the dataset compares.

    Where the dataset has a whole ranking this is tau-b itself. What it does not compare is no tie: it is left out.
    If the scores tell nothing apart it is 0.
    """
    differences = scores[thread.better] - scores[thread.worse]
    apart = int(np.count_nonzero(differences))
    if not apart:
        return 0.0
    return float(np.sign(differences).sum()) / math.sqrt(len(differences) * apart)


def top_1(scores: Floats, thread: Thread) -> float:
    """Return 1 if the response with the highest score is a best one; of several highest, the share that are."""
    own = scores[thread.responses]
    highest = thread.responses[own == own.max()]
    return float(np.isin(highest, thread.best).mean())


def ranks(scored: Scored, held: HeldOut, bootstrap: Bootstrap) -> tuple[Ranks, ...]:
    """Return the agreement over all threads, and over those with three responses or more."""
    scores = {name: values for name, values in scored.by_response(held).items() if name in _SHOWN}
    scores[LONGER] = held.tokens
    scores[RANDOM] = np.zeros_like(held.tokens)
    return tuple(_ranks(least, scores, held, bootstrap) for least in (2, _RANKED))


def _ranks(least: int, scores: Mapping[str, Floats], held: HeldOut, bootstrap: Bootstrap) -> Ranks:
    threads = [thread for thread in held.threads if len(thread.responses) >= least]
    post = np.array([thread.post for thread in threads], dtype=np.int64)

    def sums(values: list[float]) -> Sums:
        return Sums.of(np.array(values), post, posts=held.posts)

    rules = [
        Agreement(
            rule=name,
            tau=bootstrap.mean(sums([tau(values, thread) for thread in threads])),
            top_1=bootstrap.share(sums([top_1(values, thread) for thread in threads])),
        )
        for name, values in scores.items()
    ]
    return Ranks(least=least, threads=len(threads), rules=tuple(rules) if threads else ())
