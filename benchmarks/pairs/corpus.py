"""A shape and a seed -> comments with votes, in Parquet, written part by part.

Thread sizes are log-normal, as in `perf.md` 3.3. Votes are exposure times quality times luck, and one vote to
begin with. Rows stand in the order of time, so the comments of a post lie scattered, as they do in a lake.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow.parquet as pq

_COMMUNITIES = tuple(f"Harbour{number:02d}" for number in range(20))
_HOUR = 3600
_FIRST_POST = 1_600_000_000
_SECONDS_PER_POST = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A part of a corpus: how many comments and posts, how uneven the threads are, and the largest of them."""

    comments: int = 1_000_000
    posts: int = 100_000
    sigma: float = 0.8
    largest: int = 103


EVEN = Shape()
"""The sum of squared thread sizes is 19 million."""
HEAVY = Shape(sigma=1.45, largest=2_000)
"""The same mean, four times the sum of squares, and posts of 2,000 comments."""


CORPORA = {"even": (EVEN, 1), "heavy": (HEAVY, 1), "ten": (EVEN, 10)}
"""Name of a file -> its shape, and how many parts of it stand one after the other in time."""


def write(target: Path) -> dict[str, float]:
    """Write the corpus that the file is named after."""
    shape, parts = CORPORA[target.stem]
    writer = None
    for part in range(parts):
        table = draw(shape, part=part).to_arrow()
        writer = writer or pq.ParquetWriter(target, table.schema)
        writer.write_table(table)
    if writer:
        writer.close()
    return {}


def draw(shape: Shape, *, part: int = 0) -> pl.DataFrame:
    """Draw one part: one row a comment, in the order of time."""
    random = np.random.default_rng((2026, part))
    sizes = _sizes(random, shape)
    post = np.repeat(np.arange(shape.posts), sizes)
    first_post = part * shape.posts
    post_created = _FIRST_POST + _SECONDS_PER_POST * (first_post + np.arange(shape.posts))
    readers = random.lognormal(mean=1.2, sigma=0.7, size=shape.posts) * np.sqrt(sizes)
    delay = random.exponential(6 * _HOUR, size=shape.comments).astype(np.int64)
    delay = delay[np.lexsort((delay, post))]
    arrival = np.arange(shape.comments) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    exposure = readers[post] / sizes[post] / (1 + arrival) ** 0.5
    expected = exposure * random.lognormal(mean=-0.5, sigma=1.0, size=shape.comments)
    votes = random.negative_binomial(2, 2 / (2 + 3 * expected)) - random.poisson(0.05, size=shape.comments)
    columns = {
        "post": (first_post + post).astype(np.uint32),
        "author": (200_000 * random.random(shape.comments) ** 2).astype(np.uint32),
        "community": pl.Series(np.array(_COMMUNITIES)[post % len(_COMMUNITIES)], dtype=pl.Enum(_COMMUNITIES)),
        "created_utc": (post_created[post] + delay).astype(np.int32),
        "post_created_utc": post_created[post].astype(np.int32),
        "arrival": arrival.astype(np.int16),
        "comments": sizes[post].astype(np.int16),
        "depth": np.zeros(shape.comments, dtype=np.uint8),
        "score": (1 + votes).astype(np.int32),
        "birth": np.ones(shape.comments, dtype=np.int8),
        "post_score": np.ceil(readers * 3).astype(np.int32)[post],
        "views": pl.Series([None] * shape.comments, dtype=pl.Float32),
    }
    return (
        pl.DataFrame(columns)
        .sort("created_utc", "post", "arrival")
        .with_row_index("response", offset=part * shape.comments)
    )


def _sizes(random: np.random.Generator, shape: Shape) -> npt.NDArray[np.int64]:
    weights = random.lognormal(sigma=shape.sigma, size=shape.posts)
    sizes: npt.NDArray[np.int64]
    sizes = np.clip(np.floor(weights * shape.comments / weights.sum()).astype(np.int64), 1, shape.largest)
    sizes[np.argmax(sizes)] = shape.largest
    # What rounding and clipping changed goes to small posts at random.
    order = np.argsort(sizes, kind="stable")[: shape.posts // 2]
    missing = shape.comments - int(sizes.sum())
    np.add.at(sizes, random.choice(order, size=max(missing, 0)), 1)
    while (excess := int(sizes.sum()) - shape.comments) > 0:
        above = np.flatnonzero(sizes > 1)[:excess]
        sizes[above] -= 1
    return sizes
