"""One measurement in a process of its own, with one thread: `python -m benchmarks.train.measure WHAT [K]`.

Prints JSON. Processor time is the whole process's, of several steps the least, because the machine may be shared.
"""

import json
import sys
import time
from collections.abc import Callable, Sequence
from math import comb
from pathlib import Path

import torch

from benchmarks.train import exactness, packed, padded, shapes, tiny
from prefpairs.train.data.trees import Tree

_PAIRS_AT_LEAST = 12
_DEMO_POSTS = 64
_BATCH_PAIRS = 4
_BETA = 0.1


def posts(what: str) -> Sequence[Tree]:
    """Return the posts that a measurement is about: `demo`, or the number of responses."""
    if what == "demo":
        return shapes.demo(posts=_DEMO_POSTS, seed=1)
    responses = int(what)
    # TRL's first step sets up: its speed is that of the steps behind it, so there have to be some.
    return shapes.invented(responses, posts=max(4, _PAIRS_AT_LEAST // comb(responses, 2)), seed=1)


def main(arguments: Sequence[str]) -> dict[str, float]:
    """Measure and return figures."""
    torch.set_num_threads(1)
    what, *rest = arguments
    if what == "exactness":
        return exactness.figures()
    if what == "texts":
        return exactness.write_for_trl(Path(rest[1]), posts(rest[0]))
    trees = posts(rest[0])
    pairs = sum(len(tree.pairs) for tree in trees)
    model = tiny.llama(0)
    if what == "packed":
        how = packed.recipe()
        scorer = packed.scorer(model, how, torch.device("cpu"), torch.float32)
        packed.step(scorer, trees, how)  # the first one warms up
        cpu_s = _least(lambda: packed.step(scorer, trees, how), runs=5)
    else:
        cut = list(padded.batches(trees, pairs=_BATCH_PAIRS, seed=1, by_length=what == "sorted"))

        def separate() -> None:
            for batch in cut:
                padded.step(model, batch, beta=_BETA, of_all=pairs)

        padded.step(model, cut[0], beta=_BETA, of_all=pairs)
        cpu_s = _least(separate, runs=2)
    return {"cpu_s": cpu_s, "pairs": pairs, "pairs_per_s": pairs / cpu_s, "posts": len(trees)}


def _least(work: Callable[[], object], *, runs: int) -> float:
    times = []
    for _ in range(runs):
        begun = time.process_time()
        work()
        times.append(time.process_time() - begun)
    return min(times)


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1:])))
