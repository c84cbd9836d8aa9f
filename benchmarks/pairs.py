"""One million comments in 100,000 posts -> pairs: processor time and memory, beside a pandas loop.

Ids and votes only: preset `shp` with its caps. Every measurement runs in a new process with one Polars
thread. Processor time counts all threads of the process; memory is its peak, Python and its libraries
included. `stage` is the whole select stage: it reads `decisions` from a lake and writes `selected_pairs`.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.report import publish
from prefpairs.config import Pairs, Settings
from prefpairs.contracts import contract
from prefpairs.keys import ProjectKey
from prefpairs.lake import Lake
from prefpairs.pairs import select
from prefpairs.pairs.matching import select_pairs
from prefpairs.pairs.presets import percentile
from prefpairs.stage import StageReport

_COMMENTS, _POSTS, _AUTHORS = 1_000_000, 100_000, 200_000
_MEGA_POSTS, _MEGA_COMMENTS = 10, 2_000
_SUBSET_POSTS = 10_000  # the pandas loop sees these posts; its time is scaled to all comments
_LIMIT_CPU_SECONDS, _LIMIT_GB = 10.0, 1.0
_KEY = ProjectKey(b"benchmark".ljust(32))
_SETTINGS = Pairs()


def corpus(*, mega_posts: int = 0, seed: int = 2026) -> pl.DataFrame:
    """Draw comments: thread sizes log-normal and about 100 at most, heavy-tailed votes, busy and quiet authors."""
    random = np.random.default_rng(seed)
    weights = random.lognormal(sigma=0.9, size=_POSTS)
    ordinary = _COMMENTS - mega_posts * _MEGA_COMMENTS
    sizes = np.clip(np.floor(weights * ordinary / weights.sum()).astype(np.int64), 1, 100)
    sizes[:mega_posts] = _MEGA_COMMENTS
    # What rounding and clipping lost goes to ordinary posts at random.
    lost = random.integers(mega_posts, _POSTS, size=_COMMENTS - int(sizes.sum()))
    return pl.DataFrame(
        {
            "response": np.arange(_COMMENTS),
            "post": np.sort(np.r_[np.repeat(np.arange(_POSTS), sizes), lost]),
            "author": (_AUTHORS * random.random(_COMMENTS) ** 2).astype(np.int64),
            "score": np.round(random.lognormal(mean=1.0, sigma=1.1, size=_COMMENTS)).astype(np.int64) - 1,
            "created_utc": 1_700_000_000 + random.exponential(43_200, size=_COMMENTS).astype(np.int64),
        }
    ).with_columns(percentile=percentile(pl.col("score")))


def ours(responses: pl.DataFrame) -> list[tuple[int, int]]:
    """Return (chosen, rejected) of every pair."""
    return list(select_pairs(responses, _SETTINGS).pairs.iter_rows())


def pandas_loop(responses: pl.DataFrame) -> list[tuple[int, int]]:
    """Do the same as it is mostly done: group by post, combinations of its rows, sort, walk through the caps."""
    walked = []
    for post, group in responses.to_pandas().groupby("post"):
        admissible = []
        for one, other in combinations(group.itertuples(index=False), 2):
            high, low = (one, other) if one.score > other.score else (other, one)
            if high.score == low.score or low.score < _SETTINGS.shp.min_score:
                continue
            ratio = high.score / low.score
            if ratio >= _SETTINGS.shp.min_ratio and high.created_utc >= low.created_utc:
                admissible.append((-ratio, -high.score, high.response, low.response, high.author))
        uses: dict[int, int] = {}
        taken = 0
        for worth, _, chosen, rejected, author in sorted(admissible):
            if taken == _SETTINGS.max_pairs_per_post:
                break
            if max(uses.get(chosen, 0), uses.get(rejected, 0)) < _SETTINGS.max_pairs_per_response:
                uses[chosen], uses[rejected] = uses.get(chosen, 0) + 1, uses.get(rejected, 0) + 1
                taken += 1
                walked.append((worth, post, taken, chosen, rejected, author))
    wins: dict[int, int] = {}
    pairs = []
    for *_, chosen, rejected, author in sorted(walked):
        wins[author] = wins.get(author, 0) + 1
        if wins[author] <= _SETTINGS.max_pairs_per_author:
            pairs.append((chosen, rejected))
    return pairs


def decisions(responses: pl.DataFrame) -> pl.DataFrame:
    """Return the corpus as the curate stage would have written it, posts included."""
    posts = pl.DataFrame({"post": np.arange(_POSTS)}).select(
        pl.col("post"), name=_fullname("t3", "post"), link_id=_fullname("t3", "post"), kind=pl.lit("post"),
        score=pl.lit(50), created_utc=pl.lit(1_700_000_000),
        is_self=pl.lit(value=True), over_18=pl.lit(value=False),
    )  # fmt: skip
    comments = responses.select(
        "post", "score", "created_utc", name=_fullname("t1", "response"), link_id=_fullname("t3", "post"),
        parent_id=_fullname("t3", "post"), kind=pl.lit("comment"),
        author_hash=pl.format("{}", "author").str.zfill(64),
    )  # fmt: skip
    rows = pl.concat([posts, comments], how="diagonal_relaxed").with_columns(
        subreddit=pl.lit("HarbourTalk"), month=pl.lit("2023-11"), keep=pl.lit(value=True), words=pl.lit(50),
        reason=pl.lit(None, pl.String), reasons=pl.lit([], pl.List(pl.String)), score_age_h=pl.lit(100.0),
        edited=pl.lit(None, pl.Int64), upvote_ratio=pl.lit(None, pl.Float64), views=pl.lit(None, pl.Int64),
    )  # fmt: skip
    return rows.select(contract("decisions").columns)


def _fullname(kind: str, column: str) -> pl.Expr:
    return pl.lit(f"{kind}_") + pl.col(column).cast(pl.String).str.zfill(7)


def _measure(what: str, folder: Path) -> dict[str, float]:
    if what == "prepare":
        Lake(folder).overwrite(
            "decisions", decisions(corpus()), fingerprint="benchmark", report=StageReport(stage="curate")
        )
        return {}
    if what == "stage":
        started = time.process_time()
        pairs = select.run(Settings(), Lake(folder), _KEY).rows_out
        return {"pairs": pairs, **_cost(started)}
    responses = corpus(mega_posts=_MEGA_POSTS if what == "heavy" else 0)
    if what == "pandas":
        return _compare(responses.filter(pl.col("post") < _SUBSET_POSTS))
    started = time.process_time()
    selection = select_pairs(responses.with_columns(percentile=percentile(pl.col("score"))), _SETTINGS)
    return {"pairs": selection.pairs.height, "admissible": selection.admissible, **_cost(started)}


def _compare(subset: pl.DataFrame) -> dict[str, float]:
    import pandas as pd  # the peer's own start-up is not held against it

    pd.DataFrame()
    started = time.process_time()
    theirs = pandas_loop(subset)
    cost = _cost(started)
    if set(theirs) != set(ours(subset)):
        msg = "The pandas loop and select_pairs disagree about the pairs."
        raise SystemExit(msg)
    return {**cost, "comments": subset.height, "pairs": len(theirs)}


def _cost(started: float) -> dict[str, float]:
    cpu_seconds = time.process_time() - started
    return {"cpu_s": cpu_seconds, "rss_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9}


def _in_new_process(what: str, folder: Path) -> dict[str, Any]:
    result = subprocess.run(
        [sys.executable, "-m", "benchmarks.pairs", what, str(folder)],
        env={**os.environ, "POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        raise SystemExit(result.stderr)
    figures: dict[str, Any] = json.loads(result.stdout)
    return figures


def main() -> None:
    """Measure everything, print the table, write build/bench/pairs.json; fail if a limit is not kept."""
    with tempfile.TemporaryDirectory() as name:
        _in_new_process("prepare", Path(name))
        core, heavy, stage, peer = (
            _in_new_process(what, Path(name)) for what in ("core", "heavy", "stage", "pandas")
        )
    scale = _COMMENTS / peer["comments"]
    figures = {
        "cpu_s_1m": core["cpu_s"],
        "rss_gb_1m": core["rss_gb"],
        "heavy_cpu_s_1m": heavy["cpu_s"],
        "heavy_rss_gb_1m": heavy["rss_gb"],
        "stage_cpu_s_1m": stage["cpu_s"],
        "stage_rss_gb_1m": stage["rss_gb"],
        "pandas_cpu_s_1m": peer["cpu_s"] * scale,
        "pandas_measured_comments": peer["comments"],
    }
    found = f"{core['pairs']:,} pairs of {core['admissible']:,} admissible"
    rows = [
        ("select_pairs, CPU s", f"{core['cpu_s']:.2f}", f"{found}; limit {_LIMIT_CPU_SECONDS:g}"),
        ("select_pairs, peak GB", f"{core['rss_gb']:.2f}", f"the process, corpus included; limit {_LIMIT_GB:g}"),
        ("… heavy tail, CPU s", f"{heavy['cpu_s']:.2f}", f"{_MEGA_POSTS} posts of {_MEGA_COMMENTS:,} comments"),
        ("… heavy tail, peak GB", f"{heavy['rss_gb']:.2f}", ""),
        ("select stage, CPU s", f"{stage['cpu_s']:.2f}", "reads decisions, writes selected_pairs"),
        ("select stage, peak GB", f"{stage['rss_gb']:.2f}", ""),
        (
            "pandas loop, CPU s",
            f"{peer['cpu_s'] * scale:.2f}",
            f"measured on {peer['comments']:,} comments and scaled up; the same {peer['pairs']:,} pairs",
        ),
    ]
    publish(
        "pairs",
        title="1,000,000 comments in 100,000 posts to capped shp pairs, ids only, one thread",
        rows=rows,
        figures=figures,
        packages=["polars", "numpy", "pandas"],
    )
    if core["cpu_s"] > _LIMIT_CPU_SECONDS or core["rss_gb"] > _LIMIT_GB:
        msg = "A limit is not kept."
        raise SystemExit(msg)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(_measure(sys.argv[1], Path(sys.argv[2]))))
    else:
        main()
