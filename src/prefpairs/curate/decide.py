"""Posts, comments and score observations -> decisions: keep, or every reason why not.

All reasons of a row are recorded, so that "why was this dropped?" always has an answer, and so that
a steward sees what switching one rule off (`curate.off`) would bring back.

The rules come in this order, and a dropped row is counted under its first reason:

1. what was taken away, by whomever: TOMBSTONE, DELETED_LATER, DELETED, REMOVED, PROFILE, AUTHOR_DELETED;
2. what its author asks not to be used, in any version that was seen: OPT_OUT;
3. where it stands: DENIED_COMMUNITY, TEEN_COMMUNITY, QUARANTINED_COMMUNITY, OTHER_SUBREDDIT;
4. who speaks: BOT, MODERATOR, STICKIED;
5. whether its votes are known: HIDDEN_SCORE, UNSETTLED_SCORE, NO_SCORE, UNKNOWN_CREATED;
6. what the text is like: TOO_SHORT, TOO_LONG, LINK_ONLY, QUOTE_ONLY, LANGUAGE, LOW_QUALITY, REPETITION;
7. whether it stands elsewhere too: COPYPASTA, and last DUPLICATE, which looks only at what all others keep.

Every text is read once; then BOT, COPYPASTA and DUPLICATE look at all rows together, without texts.
"""

from collections.abc import Sequence

import polars as pl

from prefpairs.config import Settings
from prefpairs.config_curate import TAKEN_AWAY, Curate
from prefpairs.contracts import contract
from prefpairs.curate import (
    authors,
    bots,
    communities,
    copypasta,
    duplicates,
    language,
    length,
    opt_out,
    quality,
    removed,
    repetition,
    votes,
)
from prefpairs.curate.candidates import TEXTS, candidate_rows
from prefpairs.curate.rules import Rule
from prefpairs.keys import ProjectKey
from prefpairs.lake import Lake
from prefpairs.resources import code_version
from prefpairs.stage import StageReport

STAGE = "curate"
_INPUTS = ("posts", "comments", "score_observations", "tombstones")


def run(settings: Settings, lake: Lake, key: ProjectKey) -> StageReport:
    """Decide about every post and comment of the lake; write `decisions`."""
    wanted = sorted({name.lower() for name in settings.ingest.subreddits})
    fingerprint = lake.fingerprint(
        _INPUTS, settings.curate.model_dump(mode="json"), wanted, key.author_hash(""), code_version()
    )
    if report := lake.report_if_current("decisions", fingerprint):
        return report.as_skipped()
    rules = every_rule(
        settings.curate,
        tombstoned=_tombstoned(lake, key),
        asked=opt_out.asked_in_another_look(lake),
        wanted=wanted,
    )
    decisions = decide(candidate_rows(lake, settings.curate), rules, settings.curate)
    decisions = _with_author_hash(decisions, key).with_columns(_community())
    table = decisions.select(contract("decisions").columns)
    inputs = {name: f"version {lake.version(name)}" for name in _INPUTS}
    report = _report(table, inputs=inputs, off=settings.curate.off)
    lake.overwrite("decisions", table, fingerprint=fingerprint, report=report)
    return report


def every_rule(
    settings: Curate,
    *,
    tombstoned: Sequence[str] = (),
    asked: Sequence[str] = (),
    wanted: Sequence[str] = (),
) -> list[Rule]:
    """Return the rules that are on, but for DUPLICATE, in the order of a row's reasons.

    `tombstoned` and `asked` are names: whose deletion was asked for, and who asked in another version not to
    be used. `wanted` are communities.
    """
    rules = [
        Rule("TOMBSTONE", pl.col("name").is_in(list(tombstoned))),
        *removed.rules(settings),
        *opt_out.rules(asked),
        *communities.rules(settings, wanted),
        *bots.rules(settings),
        *votes.rules(settings),
        *length.rules(settings),
        *language.rules(settings),
        *quality.rules(settings),
        *repetition.rules(settings),
        *copypasta.rules(settings),
    ]
    return [rule for rule in rules if rule.code not in settings.off]


def decide(rows: pl.LazyFrame, rules: Sequence[Rule], settings: Curate) -> pl.DataFrame:
    """Return `rows` with `keep`, `reason` (the first) and `reasons` (all), without the texts."""
    by_itself = [_flag(rule) for rule in rules if not rule.among_all]
    # Texts of a lake are more than memory holds: they pass through, and only flags and small columns stay.
    read = rows.with_columns(by_itself).drop(TEXTS).collect(engine="streaming").sort("name")
    judged = _among_all(read).with_columns([_flag(rule) for rule in rules if rule.among_all])
    codes = [rule.code for rule in rules]
    judged = judged.with_columns(_reasons(codes)).drop(codes)
    if duplicates.CODE not in settings.off:
        repeated = duplicates.repeats(judged.filter(pl.col("reasons").list.len() == 0))
        is_repeated = pl.col("name").is_in(repeated.get_column("name").implode())
        judged = judged.with_columns(
            reasons=pl.when(is_repeated).then(pl.lit([duplicates.CODE])).otherwise(pl.col("reasons"))
        )
    return judged.with_columns(
        keep=pl.col("reasons").list.len() == 0, reason=pl.col("reasons").list.get(0, null_on_oob=True)
    )


def _flag(rule: Rule) -> pl.Expr:
    return rule.drops.fill_null(value=False).alias(rule.code)


def _among_all(read: pl.DataFrame) -> pl.DataFrame:
    """Return the rows with what their authors and their copies do, of texts that nobody took away."""
    standing = read.filter(~pl.any_horizontal(TAKEN_AWAY))
    habits = authors.habits(standing.filter(pl.col("kind") == "comment"))
    copies = copypasta.copies(standing)
    return read.join(habits, on="author_key", how="left", maintain_order="left").join(
        copies, on=["kind", "same_text"], how="left", maintain_order="left"
    )


def _reasons(codes: Sequence[str]) -> pl.Expr:
    # One byte for each rule and row, until the few that hold are known.
    known = pl.Enum(codes)
    found = [pl.when(code).then(pl.lit(code, known)) for code in codes]
    return pl.concat_list(found).list.drop_nulls().cast(pl.List(pl.String)).alias("reasons")


def _tombstoned(lake: Lake, key: ProjectKey) -> list[str]:
    hashes = set(lake.scan("tombstones").select("name_hash").collect().to_series())
    if not hashes:
        return []
    names = pl.concat([lake.scan(table).select("name") for table in ("posts", "comments")]).unique().collect()
    return sorted(name for name in names.to_series() if key.name_hash(name) in hashes)


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


def _report(decisions: pl.DataFrame, *, inputs: dict[str, str], off: Sequence[str]) -> StageReport:
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
        notes=(f"Rules switched off: {', '.join(off)}.",) if off else (),
    )
