"""Posts, comments and score observations -> decisions: keep, or every reason why not.

All reasons of a row are recorded, so that "why was this dropped?" always has an answer, and so that
a steward sees what switching one rule off would bring back.
"""

from collections.abc import Sequence

import polars as pl

from prefpairs.config import Curate, Settings
from prefpairs.contracts import contract
from prefpairs.curate import bots, duplicates, language, length, removed, votes
from prefpairs.curate.rules import Rule
from prefpairs.items import current_items
from prefpairs.keys import ProjectKey
from prefpairs.lake import Lake
from prefpairs.resources import code_version
from prefpairs.stage import StageReport

STAGE = "curate"
_REDDIT_NAME = r"^t[13]_"  # other sources have no communities to choose from
_INPUTS = ("posts", "comments", "score_observations", "tombstones")


def run(settings: Settings, lake: Lake, key: ProjectKey) -> StageReport:
    """Decide about every post and comment of the lake; write `decisions`."""
    wanted = sorted({name.lower() for name in settings.ingest.subreddits})
    fingerprint = lake.fingerprint(
        _INPUTS, settings.curate.model_dump(mode="json"), wanted, key.author_hash(""), code_version()
    )
    if report := lake.report_if_current("decisions", fingerprint):
        return report.as_skipped()
    rows = candidate_rows(lake, settings.curate)
    decisions = decide(rows, [*every_rule(settings.curate, _tombstoned(lake, key)), *_scope(wanted)])
    decisions = _with_author_hash(decisions, key).with_columns(_community())
    table = decisions.select(contract("decisions").columns)
    report = _report(table, inputs={name: f"version {lake.version(name)}" for name in _INPUTS})
    lake.overwrite("decisions", table, fingerprint=fingerprint, report=report)
    return report


def candidate_rows(lake: Lake, settings: Curate) -> pl.LazyFrame:
    """Return posts and comments in one frame, with the votes that count and the thread's contest mode."""
    posts = removed.gone_in_another_look(
        current_items(lake, "posts"), lake.scan("posts"), ("title", "selftext")
    ).with_columns(kind=pl.lit("post"), link_id="name", parent_id=pl.lit(None, pl.String), body="selftext")
    contests = posts.select(link_id="name", contest_mode="contest_mode")
    uncategorised = pl.lit(None, pl.String).alias("removed_by_category")
    comments = (
        removed.gone_in_another_look(
            current_items(lake, "comments").with_columns(uncategorised),
            lake.scan("comments").with_columns(uncategorised),
            ("body",),
        )
        .with_columns(
            kind=pl.lit("comment"),
            title=pl.lit("", pl.String),
            is_self=pl.lit(None, pl.Boolean),
            over_18=pl.lit(None, pl.Boolean),
            quarantine=pl.lit(None, pl.Boolean),
        )
        .join(contests, on="link_id", how="left")
    )
    columns = [
        "name", "kind", "link_id", "parent_id", "subreddit", "title", "body", "author", "created_utc", "edited",
        "is_self", "over_18", "quarantine", "contest_mode", "stickied", "distinguished", "was_deleted_later",
        "removal_type", "removed_by_category", "month",
    ]  # fmt: skip
    text = (pl.col("title") + "\n\n" + pl.col("body")).str.strip_chars()
    return (
        pl.concat([posts.select(columns), comments.select(columns)])
        .with_columns(text=text)
        .with_columns(words=pl.col("text").str.extract_all(r"\S+").list.len().cast(pl.Int32))
        .join(votes.settled_votes(lake.scan("score_observations"), settings), on="name", how="left")
        .sort("name")
    )


def every_rule(settings: Curate, tombstoned: Sequence[str]) -> list[Rule]:
    """Return all rules in the order in which a row's first reason is looked for."""
    return [
        Rule("TOMBSTONE", pl.col("name").is_in(list(tombstoned))),
        *removed.rules(settings),
        *bots.rules(settings),
        Rule("QUARANTINED_COMMUNITY", pl.col("quarantine")),
        *votes.rules(settings),
        *length.rules(settings),
        *language.rules(settings),
    ]


def decide(rows: pl.LazyFrame, rules: Sequence[Rule]) -> pl.DataFrame:
    """Return `rows` with `keep`, `reason` (the first) and `reasons` (all), without the texts."""
    flags = [pl.when(rule.drops.fill_null(value=False)).then(pl.lit(rule.code)).alias(rule.code) for rule in rules]
    reasons = pl.concat_list([rule.code for rule in rules]).list.drop_nulls()
    judged = rows.with_columns(flags).with_columns(reasons=reasons).drop([rule.code for rule in rules])
    clean = judged.filter(pl.col("reasons").list.len() == 0)
    repeated = duplicates.repeats(clean).with_columns(repeated=pl.lit(value=True))
    with_duplicates = pl.when(pl.col("repeated")).then(pl.lit([duplicates.CODE])).otherwise(pl.col("reasons"))
    return (
        judged.join(repeated, on="name", how="left")
        .with_columns(reasons=with_duplicates)
        .with_columns(
            keep=pl.col("reasons").list.len() == 0, reason=pl.col("reasons").list.get(0, null_on_oob=True)
        )
        .drop("text", "title", "body", "repeated")
        .sort("name")
        .collect()
    )


def _tombstoned(lake: Lake, key: ProjectKey) -> list[str]:
    hashes = set(lake.scan("tombstones").select("name_hash").collect().to_series())
    if not hashes:
        return []
    names = pl.concat([lake.scan(table).select("name") for table in ("posts", "comments")]).unique().collect()
    return sorted(name for name in names.to_series() if key.name_hash(name) in hashes)


def _scope(subreddits: Sequence[str]) -> list[Rule]:
    """Return the rule on communities that the settings no longer name: the lake still holds what was read."""
    if not subreddits:
        return []
    of_reddit = pl.col("name").str.contains(_REDDIT_NAME)
    return [Rule("OTHER_SUBREDDIT", of_reddit & ~pl.col("subreddit").str.to_lowercase().is_in(subreddits))]


def _with_author_hash(decisions: pl.DataFrame, key: ProjectKey) -> pl.DataFrame:
    authors = decisions.get_column("author").drop_nulls().unique()
    known = [author for author in authors if author.lower() != removed.DELETED_AUTHOR]
    hashes = pl.DataFrame(
        {"author": known, "author_hash": [key.author_hash(author) for author in known]},
        schema={"author": pl.String, "author_hash": pl.String},
    )
    return decisions.join(hashes, on="author", how="left", maintain_order="left")


def _community() -> pl.Expr:
    # A profile carries its owner's name, which stays in the raw zone; that it was a profile is enough.
    name = pl.col("subreddit")
    return pl.when(removed.is_profile()).then(pl.lit(removed.PROFILE_PREFIX)).otherwise(name).alias("subreddit")


def _report(decisions: pl.DataFrame, *, inputs: dict[str, str]) -> StageReport:
    dropped = (
        decisions.filter(~pl.col("keep"))
        .group_by("kind", "reason")
        .len()
        .sort(["kind", "len", "reason"], descending=[True, True, False])
    )
    kept = decisions.filter("keep").group_by("kind").len()
    kept_by_kind = dict(zip(kept["kind"], kept["len"], strict=True))
    seen = decisions.group_by("kind").len()
    seen_by_kind = dict(zip(seen["kind"], seen["len"], strict=True))
    return StageReport(
        stage=STAGE,
        rows_in=decisions.height,
        rows_out=sum(kept_by_kind.values()),
        dropped={f"{row['kind']}.{row['reason']}": row["len"] for row in dropped.iter_rows(named=True)},
        counts={
            "posts": seen_by_kind.get("post", 0),
            "posts_kept": kept_by_kind.get("post", 0),
            "comments": seen_by_kind.get("comment", 0),
            "comments_kept": kept_by_kind.get("comment", 0),
        },
        inputs=inputs,
    )
