"""Tiny decisions for tests of pairing: say what matters, the rest is an ordinary, kept row."""

from collections.abc import Sequence
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


def decide(lake: Lake, rows: Sequence[Row]) -> None:
    """Write the decisions as the curate stage would."""
    marker = f"decisions {lake.version('decisions')}"
    lake.overwrite("decisions", frame("decisions", rows), fingerprint=marker, report=StageReport(stage="curate"))


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
