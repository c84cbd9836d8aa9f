"""Records -> the columns of `posts`, `comments` and `score_observations`."""

import html
from collections.abc import Sequence
from operator import attrgetter
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from prefpairs.contracts import contract
from prefpairs.ingest.records import Comment, Submission

_HOUR = 3600.0
_TEXTS = frozenset({"title", "selftext", "body"})
ARCHIVE = "archive"


def item_columns(
    table: str, records: Sequence[Comment] | Sequence[Submission], *, source: str, input_hash: str
) -> pa.Table:
    """Return the rows of `posts` or `comments`, one for each record, in order.

    Text from archives has HTML entities (`&gt;`), as Reddit served it without `raw_json`; they are
    decoded here, once. Text that was read with `raw_json=1` is as its author wrote it.
    """
    arrays = {"source": pa.repeat(source, len(records)), "input_hash": pa.repeat(input_hash, len(records))}
    for field in contract(table).fields:
        if field.name in arrays:
            continue
        values: list[Any] = list(map(attrgetter(field.name), records))
        if field.name in _TEXTS and source == ARCHIVE:
            values = [html.unescape(text) if "&" in text else text for text in values]
        arrays[field.name] = pa.array(values, field.type)
    schema = contract(table).schema
    return pa.Table.from_arrays([arrays[name] for name in schema.names], schema=schema)


def observation_columns(items: pa.Table) -> pa.Table:
    """Return the rows of `score_observations` that rows of `posts` or `comments` stand for: a look each."""
    age = pc.divide(pc.subtract(items["retrieved_on"], items["created_utc"]).cast(pa.float64()), _HOUR)
    rows = items.num_rows
    hidden = "score_hidden" if "score_hidden" in items.column_names else "hide_score"
    columns = {
        "name": items["name"],
        "observed_at": items["retrieved_on"],
        "age_h": age,
        "score": items["score"],
        "score_hidden": items[hidden],
        "upvote_ratio": items["upvote_ratio"] if hidden == "hide_score" else pa.nulls(rows, pa.float64()),
        "views": pa.nulls(rows, pa.int64()),
        "source": items["source"],
        "input_hash": items["input_hash"],
    }
    schema = contract("score_observations").schema
    return pa.Table.from_arrays([columns[name] for name in schema.names], schema=schema)


def quarantine_columns(
    faults: Sequence[tuple[int, str, bytes]], *, source: str, input_hash: str, input_name: str
) -> pa.Table:
    """Return the rows of `quarantine` for (position, reason, first bytes)."""
    columns = {
        "source": [source] * len(faults),
        "input_hash": [input_hash] * len(faults),
        "input_name": [input_name] * len(faults),
        "position": [position for position, _, _ in faults],
        "reason": [reason for _, reason, _ in faults],
        "first_bytes": [shown for _, _, shown in faults],
    }
    return pa.table(columns, schema=contract("quarantine").schema)
