"""Tiny raw rows for tests: say what matters, the rest is ordinary."""

from collections.abc import Sequence
from typing import Any

import polars as pl
import pyarrow as pa

from prefpairs.contracts import contract
from prefpairs.lake import Lake

Row = dict[str, Any]
CREATED = 1_700_000_000
LONG_ENOUGH = "I think that you should talk to somebody about it, and that it will get better."


def post(name: str = "t3_p", **changes: Any) -> Row:
    """Return an ordinary post; `changes` are its columns that matter."""
    return {
        "name": name,
        "subreddit": "HarbourTalk",
        "author": "asker",
        "created_utc": CREATED,
        "title": f"How do I get through the week ({name})",
        "selftext": "I have been feeling low, and I do not know what to do about it.",
        "is_self": True,
        "over_18": False,
        **_provenance(),
        **changes,
    }


def comment(name: str, **changes: Any) -> Row:
    """Return an ordinary top-level comment on `t3_p`; `changes` are its columns that matter."""
    return {
        "name": name,
        "link_id": "t3_p",
        "parent_id": "t3_p",
        "subreddit": "HarbourTalk",
        "author": f"author_of_{name}",
        "created_utc": CREATED + 3600,
        "body": f"{LONG_ENOUGH} ({name})",
        **_provenance(),
        **changes,
    }


def observation(name: str, score: int | None = 5, *, age_h: float | None = 100.0, **changes: Any) -> Row:
    """Return one look at a score."""
    return {
        "name": name,
        "observed_at": None if age_h is None else CREATED + int(age_h * 3600),
        "age_h": age_h,
        "score": score,
        "source": "archive",
        "input_hash": "hash",
        **changes,
    }


def append(lake: Lake, table: str, rows: Sequence[Row]) -> None:
    """Append rows to a raw table; columns that a row does not name are null."""
    lake.append(table, pa.Table.from_pylist([_complete(table, row) for row in rows], contract(table).schema))


def frame(table: str, rows: Sequence[Row]) -> pl.DataFrame:
    """Return rows as a frame with the table's columns; those that a row does not name are null."""
    schema = pa.schema([field.with_nullable(True) for field in contract(table).schema])
    result = pl.from_arrow(pa.Table.from_pylist([_complete(table, row) for row in rows], schema))
    assert isinstance(result, pl.DataFrame)
    return result


def _complete(table: str, row: Row) -> Row:
    columns = contract(table).columns
    unknown = set(row) - set(columns)
    assert not unknown, f"{table} has no column {unknown}"
    return {**dict.fromkeys(columns), **row}


def _provenance() -> Row:
    return {
        "source": "archive",
        "input_hash": "hash",
        "retrieved_on": CREATED + 1_000_000,
        "was_deleted_later": False,
        "month": "2023-11",
    }
