"""`make bench-labels`: simulate, judge every preset, print the tables, write build/bench/labels.json.

With `--corpus prefpairs.toml`, the same report on a real corpus, for what can be measured there.
"""

import argparse
import math
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console

from benchmarks.labels import corpus, corpus_table, demo_corpus, table
from benchmarks.labels.mechanisms import MECHANISMS
from benchmarks.labels.score import Figures, figures, over_mechanisms, over_seeds
from benchmarks.report import publish
from prefpairs.config_pairs import Pairs

_SEEDS = (1, 2, 3)
_POSTS = 15_000  # about 150,000 comments for each mechanism and seed
_PACKAGES = ("prefpairs", "numpy", "scipy", "polars")


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.labels", description=main.__doc__)
    parser.add_argument("--corpus", type=Path, metavar="TOML", help="a project that `prefpairs refresh` has read")
    parser.add_argument("--posts", type=int, default=_POSTS, help="simulated posts for each mechanism and seed")
    options = parser.parse_args()
    if options.corpus is not None:
        _real(options.corpus)
    else:
        _simulated(options.posts)


def _simulated(posts: int) -> None:
    settings = Pairs()
    holding = frozenset(name for name, mechanism in MECHANISMS.items() if mechanism.assumptions_hold)
    say = Console(stderr=True).print
    demo = demo_corpus.figures()
    runs: dict[str, list[Figures]] = {}
    for name in MECHANISMS:
        say(f"{name} …", style="dim")
        runs[name] = [figures(name, seed=seed, posts=posts, settings=settings) for seed in _SEEDS]
    found = {name: over_seeds(of_seeds) for name, of_seeds in runs.items()}
    means, spreads = ({name: pair[side] for name, pair in found.items()} for side in (0, 1))
    table.show(means, spreads)
    by_seed = [
        over_mechanisms({name: of_seeds[place] for name, of_seeds in runs.items()}, holding=holding)
        for place in range(len(_SEEDS))
    ]
    overall, spread = over_mechanisms(means, holding=holding), over_seeds(by_seed)[1]
    overall |= demo
    publish(
        "labels",
        title=f"{len(MECHANISMS)} mechanisms × {len(_SEEDS)} seeds, {posts:,} posts each",
        rows=table.targets(overall, spread),
        figures={"seeds": len(_SEEDS), "posts": posts, **_flat(means, spreads), **_known(overall)},
        packages=_PACKAGES,
        headings=("what", "figure", "seeds", "to reach"),
    )


def _real(config: Path) -> None:
    found = corpus.report(config)
    publish(
        "labels_corpus",
        title="Labels of a corpus: every preset within its caps",
        rows=corpus_table.rows(found),
        figures=_known(found),
        packages=_PACKAGES,
        headings=corpus_table.HEADINGS,
    )


def _flat(means: Mapping[str, Figures], spreads: Mapping[str, Figures]) -> Figures:
    flat: Figures = {}
    for name, values in means.items():
        flat |= {f"{name}.{key}": value for key, value in _known(values).items()}
        flat |= {f"{name}.{key}_range": value for key, value in _known(spreads[name]).items() if "." not in key}
    return flat


def _known(values: Figures) -> Figures:
    return {key: round(value, 5) for key, value in values.items() if math.isfinite(value)}


if __name__ == "__main__":
    main()
