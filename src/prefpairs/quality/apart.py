"""Tables of the lake -> what should be kept apart and is not: harm, crises, what is unlabelled or held out."""

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from prefpairs.config import Settings
from prefpairs.config_pairs import Pairs
from prefpairs.config_safety import Safety

READ_TOO = ("labels", "near_duplicates", "selected_improvements")
"""Tables without a suite that these rules look at."""

Check = tuple[str, pl.LazyFrame]
"""A rule, and the rows that break it."""

_CONFIGS = ("default", "crisis", "safety_contrast")
_SIDES = {
    "selected_pairs": ("prompt", "chosen", "rejected"),
    "pairs": ("prompt", "chosen", "rejected"),
    "sft": ("prompt", "completion"),
    "selected_improvements": ("prompt", "draft", "better"),
    "improvements": ("prompt", "draft", "better"),
}
_BETTER = {
    "selected_pairs": "chosen", "pairs": "chosen", "sft": "completion", "selected_improvements": "better",
    "improvements": "better",
}  # fmt: skip
_IMPROVEMENTS = ("selected_improvements", "improvements")
_ITEMS = {
    "selected_pairs": ("link_id", "chosen_name", "rejected_name"),
    "selected_improvements": ("link_id", "draft_name", "better_name"),
}

_FIELDS = {"draft_name": "draft_field", "better_name": "better_field"}


def checks(scans: Mapping[str, pl.LazyFrame], settings: Settings) -> Iterator[Check]:
    """Yield the rules on labels, configs and splits. `scans` = table -> rows, those of `READ_TOO` among them."""
    for table in _SIDES:
        yield from _labels(table, scans[table], settings.safety)
    for table in ("selected_pairs", "pairs"):
        yield from _configs(table, scans[table], settings.safety)
    in_crisis = pl.any_horizontal(_holds_any(f"labels_{side}", settings.safety.crisis) for side in _SIDES["sft"])
    yield "sft: a text is in a crisis", scans["sft"].filter(in_crisis)
    for table in _IMPROVEMENTS:
        yield from _always_published(table, scans[table], settings.safety)
    yield from _unlabelled(scans)
    yield from _splits(scans, settings.pairs)


def _configs(table: str, rows: pl.LazyFrame, safety: Safety) -> Iterator[Check]:
    config, harmful = pl.col("config"), _holds_any("labels_rejected", safety.drop_chosen)
    yield f"{table}: the config is unknown", rows.filter(~config.is_in(_CONFIGS))
    yield (
        f"{table}: a pair of the config default has a harmful rejected text",
        rows.filter((config == "default") & harmful),
    )
    yield (
        f"{table}: a pair of the config safety_contrast has no harmful rejected text",
        rows.filter((config == "safety_contrast") & ~harmful),
    )
    in_crisis = pl.any_horizontal(_holds_any(f"labels_{side}", safety.crisis) for side in _SIDES[table])
    yield f"{table}: a crisis is outside the config crisis", rows.filter((config != "crisis") & in_crisis)


def _labels(table: str, rows: pl.LazyFrame, safety: Safety) -> Iterator[Check]:
    sides, better = _SIDES[table], _BETTER[table]
    for side in sides:
        column = f"labels_{side}"
        yield (
            f"{table}: {column} holds a code that takes no part in anything",
            rows.filter(_holds_any(column, safety.drop_everywhere)),
        )
    yield (
        f"{table}: labels_{better} holds a code that may not be chosen",
        rows.filter(_holds_any(f"labels_{better}", safety.drop_chosen)),
    )


def _always_published(table: str, rows: pl.LazyFrame, safety: Safety) -> Iterator[Check]:
    """Yield what improvements must not hold, as they have no config that a setting could withhold."""
    in_crisis = [_holds_any(f"labels_{side}", ("CRISIS", *safety.crisis)) for side in _SIDES[table]]
    yield f"{table}: a text is in a crisis", rows.filter(pl.any_horizontal(in_crisis))
    if "safety_contrast" not in safety.publish:
        yield (
            f"{table}: labels_draft holds a code that may not be a draft",
            rows.filter(_holds_any("labels_draft", safety.drop_chosen)),
        )
    looked_at = pl.col("labelled_draft") & pl.col("labelled_better")
    yield f"{table}: nobody looked at a text", rows.filter(~looked_at.fill_null(value=False))


def _unlabelled(scans: Mapping[str, pl.LazyFrame]) -> Iterator[Check]:
    """Yield the selected posts and comments without a row in `labels`; other texts are labelled as they come."""
    labels = scans["labels"].select("name")
    for table, columns in _ITEMS.items():
        for column in columns:
            rows = scans[table]
            if column in _FIELDS:
                rows = rows.filter(pl.col(_FIELDS[column]) == "body")
            missing = rows.join(labels, left_on=column, right_on="name", how="anti")
            yield f"{table}: {column} has no row in labels", missing


def _holds_any(column: str, codes: Sequence[str]) -> pl.Expr:
    if not codes:
        return pl.lit(value=False)
    return pl.col(column).list.eval(pl.element().is_in(list(codes))).list.any()


def _splits(scans: Mapping[str, pl.LazyFrame], settings: Pairs) -> Iterator[Check]:
    """Yield what would let a model see in training what it is tested on."""
    selected, pairs = scans["selected_pairs"], scans["pairs"]
    for table, rows, post in (("selected_pairs", selected, "link_id"), ("pairs", pairs, "thread_id")):
        yield f"{table}: a post is in two splits", _in_two_splits(rows, post)
    other = pairs.select("thread_id", other="split").unique()
    yield (
        "improvements: a post is in another split than its pairs",
        scans["improvements"].join(other, on="thread_id").filter(pl.col("split") != pl.col("other")),
    )
    items = pl.concat(
        [scans[table].select("split", name=column) for table, columns in _ITEMS.items() for column in columns]
    )
    if settings.drop_held_out_authors:
        writers = scans["decisions"].select("name", "author_hash").drop_nulls()
        yield (
            "selected_pairs, selected_improvements: an author is in two splits",
            _in_two_splits(items.join(writers, on="name"), "author_hash"),
        )
    if settings.drop_held_out_near_duplicates:
        yield (
            "selected_pairs, selected_improvements: near-duplicates are in two splits",
            _in_two_splits(items.join(scans["near_duplicates"], on="name"), "group"),
        )


def _in_two_splits(rows: pl.LazyFrame, key: str) -> pl.LazyFrame:
    return rows.group_by(key).agg(pl.col("split").n_unique()).filter(pl.col("split") > 1)
