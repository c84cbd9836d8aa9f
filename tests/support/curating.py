"""Tiny rows through every rule of curation, without a lake."""

from collections.abc import Iterable

import polars as pl

from prefpairs.config_curate import Curate
from prefpairs.curate.candidates import with_facts
from prefpairs.curate.decide import decide, every_rule
from tests.support.rows import LONG_ENOUGH, Row, comment

_SCHEMA = {
    "name": pl.String, "kind": pl.String, "link_id": pl.String, "parent_id": pl.String, "subreddit": pl.String,
    "title": pl.String, "body": pl.String, "author": pl.String, "created_utc": pl.Int64, "edited": pl.Int64,
    "is_self": pl.Boolean, "over_18": pl.Boolean, "quarantine": pl.Boolean, "contest_mode": pl.Boolean,
    "stickied": pl.Boolean, "distinguished": pl.String, "was_deleted_later": pl.Boolean, "removal_type": pl.String,
    "removed_by_category": pl.String, "month": pl.String, "score": pl.Int64, "score_state": pl.String,
}  # fmt: skip


def reasons(rows: Iterable[Row], settings: Curate | None = None, **more: tuple[str, ...]) -> dict[str, list[str]]:
    """Return name -> every reason against the row; rows come from `tests.support.rows`, all with settled votes."""
    settings = settings or Curate()
    frame = pl.DataFrame([_candidate(row) for row in rows], schema=_SCHEMA)
    decided = decide(with_facts(frame.lazy(), settings), every_rule(settings, **more), settings)
    return dict(zip(decided["name"], decided["reasons"].to_list(), strict=True))


def reasons_for_text(text: str, settings: Curate | None = None, **changes: object) -> list[str]:
    """Return the reasons against one comment with this text."""
    return reasons([comment("t1_a", body=text, **changes)], settings)["t1_a"]


def reasons_for_author(author: str, texts: Iterable[str] = (LONG_ENOUGH,), **changes: object) -> list[str]:
    """Return the reasons, but for DUPLICATE, against the first of an author's comments, each in its own thread."""
    rows = [
        comment(f"t1_{number}", author=author, body=text, link_id=f"t3_{number}", **changes)
        for number, text in enumerate(texts)
    ]
    return [reason for reason in reasons(rows)["t1_0"] if reason != "DUPLICATE"]


def _candidate(row: Row) -> Row:
    is_post = "selftext" in row
    return {
        "kind": "post" if is_post else "comment",
        "title": "",
        "body": row.get("selftext"),
        "link_id": row["name"],
        "score": 5,
        "score_state": "SETTLED",
        **{column: value for column, value in row.items() if column in _SCHEMA},
    }
