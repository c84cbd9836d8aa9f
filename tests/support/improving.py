"""A lake with one thread, for tests of improvement pairs: say what matters, the rest is ordinary."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from prefpairs.lake import Lake
from prefpairs.stage import StageReport
from tests.support.decided import decide, decided_comment, decided_post
from tests.support.rows import CREATED, Row, append, comment, frame, post

DRAFT = "I slept badly for years too. Talk to somebody about it, a friend or a doctor, and try to go for a walk."
BETTER = (
    "I slept badly for years too, so I know how long the nights are. Talk to somebody about it, a friend or a "
    "doctor, go for a short walk before noon, and keep the same hour for bed."
)
EDITED = CREATED + 7200


def edited(name: str = "t1_e", first: str = DRAFT, current: str = BETTER, **changes: Any) -> list[Row]:
    """Return two looks at a comment: a dump's, before it was edited, and Reddit's own, after."""
    early = {"body": first, "source": "archive", "edited": None, **changes}
    late = {"body": current, "source": "reddit", "edited": EDITED, "retrieved_on": CREATED + 2_000_000, **changes}
    return [comment(name, **early), comment(name, **late)]


def kept(name: str = "t1_e", score: int | None = 5, **changes: Any) -> Row:
    """Return the decision to keep a comment that was edited."""
    return decided_comment(name, score, **{"edited": EDITED, **changes})


def thread(
    lake: Lake, comments: Sequence[Row], decisions: Sequence[Row], *, posts: Sequence[str] = ("t3_p",)
) -> None:
    """Write posts and comments, and what curation decided; every post is kept."""
    append(lake, "posts", [post(name) for name in posts])
    append(lake, "comments", comments)
    decide(lake, [*(decided_post(name) for name in posts), *decisions])


def pair(chosen: str, rejected: str, **changes: Any) -> Row:
    """Return a pair of `t3_p`, as selected under the default preset."""
    ordinary = {
        "link_id": "t3_p", "chosen_name": chosen, "rejected_name": rejected, "subreddit": "HarbourTalk",
        "month": "2023-11", "score_chosen": 9, "score_rejected": 2, "score_gap": 7, "percentile_chosen": 90.0,
        "percentile_rejected": 10.0, "unvoted": False, "preset": "calibrated", "split": "train",
        "preference_probability": 0.9, "preference_sd": 0.01, "quality_gap": 1.0, "expected_votes_chosen": 3.0,
        "expected_votes_rejected": 3.0, "labels_prompt": [], "labels_chosen": [], "labels_rejected": [],
        "config": "default",
    }  # fmt: skip
    return {**ordinary, **changes}


def write(lake: Lake, table: str, rows: Sequence[Row]) -> None:
    """Overwrite a table with rows, as its stage would."""
    marker = f"{table} {lake.version(table)}"
    lake.overwrite(table, frame(table, rows), fingerprint=marker, report=StageReport(stage="test"))


def label(lake: Lake, codes: Mapping[str, Sequence[str]], *, uncertain: Sequence[str] = ()) -> None:
    """Write the labels of texts; the names in `uncertain` wait for a person."""
    rows = [
        {
            "name": name,
            "kind": "post" if name.startswith("t3_") else "comment",
            "labels": sorted(labels),
            "topics": [],
            "uncertain": ["METHOD"] if name in uncertain else [],
            "lexicon_version": "test",
        }
        for name, labels in codes.items()
    ]
    write(lake, "labels", rows)


def harmless(texts: pl.DataFrame) -> pl.DataFrame:
    """Look at texts as the labeller of a night does, and find nothing in any of them."""
    return labelled(texts)


def labelled(texts: pl.DataFrame, **codes: Sequence[str]) -> pl.DataFrame:
    """Return one row a text, each with the same `labels`, `topics` and `uncertain`; none if not given."""
    columns = ("labels", "topics", "uncertain")
    return pl.DataFrame(
        {column: [list(codes.get(column, []))] * texts.height for column in columns},
        schema=dict.fromkeys(columns, pl.List(pl.String)),
    )


def selected(lake: Lake) -> list[dict[str, Any]]:
    """Return the rows of `selected_improvements`."""
    return lake.scan("selected_improvements").collect().to_dicts()
