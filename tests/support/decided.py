"""Tiny decisions for tests of pairing: say what matters, the rest is an ordinary, kept row."""

from collections.abc import Mapping, Sequence
from typing import Any

from prefpairs.lake import Lake
from prefpairs.stage import StageReport
from tests.support.rows import CREATED, Row, frame


def decided_post(name: str = "t3_p", **changes: Any) -> Row:
    """Return a kept text post with 50 votes."""
    ordinary = {
        "link_id": name,
        "is_self": True,
        "over_18": False,
        "score": 50,
        "author_hash": f"author of {name}",
    }
    return _decided(name, kind="post", **{**ordinary, **changes})


def decided_comment(name: str, score: int | None, **changes: Any) -> Row:
    """Return a kept comment that answers `t3_p`; every one is written by another person at the same second."""
    post = changes.get("link_id", "t3_p")
    ordinary = {
        "link_id": post,
        "parent_id": post,
        "created_utc": CREATED + 3600,
        "author_hash": f"author of {name}",
    }
    return _decided(name, kind="comment", score=score, **{**ordinary, **changes})


def decide(lake: Lake, rows: Sequence[Row], *, labels: Mapping[str, Row] | None = None) -> None:
    """Write the decisions as the curate stage would, and a row of `labels` for all that is kept.

    `labels` holds what is not empty of a text's row, by its name.
    """
    _write(lake, "decisions", rows)
    empty: Row = {"labels": [], "topics": [], "uncertain": [], "lexicon_version": "test"}
    kept = [{"name": row["name"], "kind": row["kind"]} for row in rows if row["keep"]]
    _write(lake, "labels", [{**row, **empty, **(labels or {}).get(row["name"], {})} for row in kept])


def _write(lake: Lake, table: str, rows: Sequence[Row]) -> None:
    marker = f"{table} {lake.version(table)}"
    lake.overwrite(table, frame(table, rows), fingerprint=marker, report=StageReport(stage="test"))


def _decided(name: str, **columns: Any) -> Row:
    ordinary = {
        "name": name,
        "subreddit": "HarbourTalk",
        "keep": True,
        "reasons": [],
        "created_utc": CREATED,
        "score_age_h": 100.0,
        "words": 20,
        "month": "2023-11",
    }
    return {**ordinary, **columns}
