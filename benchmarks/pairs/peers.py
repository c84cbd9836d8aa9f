"""Preset `shp` as others write it: a loop over pandas groups, and one SQL query."""

from collections import Counter
from itertools import combinations

import duckdb
import pandas as pd
import polars as pl

from prefpairs.config_pairs import Pairs

QUERY = """
WITH responses AS (
    SELECT response, post, score, created_utc FROM votes WHERE score >= {min_score}
)
SELECT chosen.response AS chosen, rejected.response AS rejected
FROM responses AS chosen
JOIN responses AS rejected
  ON chosen.post = rejected.post
 AND chosen.score >= {min_ratio} * rejected.score
 AND chosen.created_utc >= rejected.created_utc
QUALIFY row_number() OVER (
    PARTITION BY chosen.post
    ORDER BY chosen.score / rejected.score DESC, chosen.score DESC, chosen.response, rejected.response
) <= {per_post}
"""
"""`notes/perf.md` 3.3. A cap on appearances of one response cannot be said in it: no row knows what was taken."""


class DuckDB:
    """The votes in a table of DuckDB, one thread."""

    def __init__(self, responses: pl.DataFrame, settings: Pairs) -> None:
        columns = responses.select("response", "post", "score", "created_utc").to_arrow()
        self._connection = duckdb.connect(config={"threads": 1})
        self._connection.register("columns", columns)
        self._connection.execute("CREATE TABLE votes AS SELECT * FROM columns")
        self._query = QUERY.format(
            min_score=settings.shp.min_score,
            min_ratio=settings.shp.min_ratio,
            per_post=settings.max_pairs_per_post,
        )

    def __call__(self) -> pl.DataFrame:
        """Return `chosen` and `rejected` of every pair, in no order."""
        return pl.DataFrame(self._connection.sql(self._query).to_arrow_table())


def pandas_loop(responses: pd.DataFrame, settings: Pairs) -> list[tuple[int, int]]:
    """Group by post, take combinations of rows, sort, walk through the caps; return (chosen, rejected)."""
    walked = []
    for post, group in responses.groupby("post"):
        admissible = []
        for one, other in combinations(group.itertuples(index=False), 2):
            high, low = (one, other) if one.score > other.score else (other, one)
            if high.score == low.score or low.score < settings.shp.min_score:
                continue
            ratio = high.score / low.score
            if ratio >= settings.shp.min_ratio and high.created_utc >= low.created_utc:
                admissible.append((-ratio, -high.score, high.response, low.response, high.author))
        uses: Counter[int] = Counter()
        taken = 0
        for worth, _, chosen, rejected, author in sorted(admissible):
            if taken == settings.max_pairs_per_post:
                break
            if max(uses[chosen], uses[rejected]) < settings.max_pairs_per_response:
                uses.update((chosen, rejected))
                taken += 1
                walked.append((worth, post, chosen, rejected, author))
    wins: Counter[int] = Counter()
    pairs = []
    for *_, chosen, rejected, author in sorted(walked):
        wins[author] += 1
        if wins[author] <= settings.max_pairs_per_author:
            pairs.append((chosen, rejected))
    return pairs
