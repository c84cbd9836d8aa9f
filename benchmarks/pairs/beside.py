"""Votes -> pairs of preset `shp`, by `select_pairs` and by both peers: what each costs; they must agree."""

import time
from collections.abc import Callable
from pathlib import Path

import polars as pl

from benchmarks.pairs import peers
from prefpairs.config_pairs import Pairs, Shp
from prefpairs.pairs.matching import select_pairs

_REPETITIONS = 7
_SUBSET_POSTS = 5_000  # the pandas loop sees these posts; its time is scaled to all comments
_NO_CAP = 10**9
_NO_FLOOR = Shp(min_score=1)


def shp(corpus: Path) -> dict[str, float]:
    """Run `select_pairs` and both peers on the same votes, and compare the pairs."""
    responses = pl.read_parquet(corpus)
    query_task = Pairs(preset="shp", shp=_NO_FLOOR, max_pairs_per_response=_NO_CAP, max_pairs_per_author=_NO_CAP)
    capped_task = Pairs(preset="shp", shp=_NO_FLOOR)
    (ours, theirs, _), (cost, duckdb_cost, capped_cost) = _in_turn(
        lambda: select_pairs(responses, query_task).pairs,
        peers.DuckDB(responses, query_task),
        lambda: select_pairs(responses, capped_task).pairs,
    )
    _same(ours, theirs)
    first_posts = responses.get_column("post").unique().sort()[:_SUBSET_POSTS]
    subset = responses.filter(pl.col("post").is_in(first_posts.implode()))
    frame = subset.select("response", "post", "author", "score", "created_utc").to_pandas()
    started = time.process_time()
    looped = peers.pandas_loop(frame, capped_task)
    pandas_cost = (time.process_time() - started) * responses.height / subset.height
    walked = pl.DataFrame(looped, schema=["chosen", "rejected"], orient="row")
    _same(select_pairs(subset, capped_task).pairs, walked)
    return {
        "cpu_s": cost[0],
        "cpu_s_slowest": cost[-1],
        "duckdb_cpu_s": duckdb_cost[0],
        "duckdb_cpu_s_slowest": duckdb_cost[-1],
        "capped_cpu_s": capped_cost[0],
        "pandas_cpu_s": pandas_cost,
        "pandas_comments": subset.height,
        "pairs": theirs.height,
    }


def _in_turn(*works: Callable[[], pl.DataFrame]) -> tuple[list[pl.DataFrame], list[list[float]]]:
    """Do each work several times, in turn; return the last results, and the processor times, least first."""
    seconds: list[list[float]] = [[] for _ in works]
    for _ in range(_REPETITIONS):
        results = []
        for work, spent in zip(works, seconds, strict=True):
            started = time.process_time()
            results.append(work())
            spent.append(time.process_time() - started)
    return results, [sorted(spent) for spent in seconds]


def _same(ours: pl.DataFrame, theirs: pl.DataFrame) -> None:
    one, other = (frame.cast(pl.Int64).sort("chosen", "rejected") for frame in (ours, theirs))
    if not one.equals(other):
        msg = "A peer and select_pairs disagree about the pairs."
        raise SystemExit(msg)
