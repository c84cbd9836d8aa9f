"""Decisions -> selected pairs: who is compared with whom, by votes alone. No text is read here."""

import polars as pl

from prefpairs.config import Pairs, Settings
from prefpairs.contracts import contract
from prefpairs.keys import ProjectKey
from prefpairs.lake import Lake
from prefpairs.pairs.matching import Selection, select_pairs
from prefpairs.pairs.presets import score_ratio
from prefpairs.pairs.responses import REASONS, judged_responses
from prefpairs.pairs.splits import split_of
from prefpairs.resources import code_version
from prefpairs.stage import StageReport

STAGE = "select"
TABLE = "selected_pairs"
_REASONS_TOLD = 3


def run(settings: Settings, lake: Lake, key: ProjectKey) -> StageReport:
    """Pair the kept responses of every kept post; write `selected_pairs`.

    The report counts each kept comment once: it is in a pair, or dropped under its first reason.
    Without any pair, its one note says why.
    """
    fingerprint = lake.fingerprint(
        ["decisions"], settings.pairs.model_dump(mode="json"), key.name_hash(TABLE), code_version()
    )
    if report := lake.report_if_current(TABLE, fingerprint):
        return report.as_skipped()
    responses = judged_responses(lake.scan("decisions"), settings.pairs)
    eligible = responses.filter(pl.col("reason").is_null())
    selection = select_pairs(eligible.rename({"author_hash": "author"}), settings.pairs)
    rows = _rows(responses, selection, settings.pairs, key)
    report = _report(
        responses,
        rows,
        selection,
        decided=lake.scan("decisions").filter(pl.col("kind") == "comment").select(pl.len()).collect().item(),
        inputs={"decisions": f"version {lake.version('decisions')}"},
    )
    lake.overwrite(TABLE, rows, fingerprint=fingerprint, report=report)
    return report


def _rows(responses: pl.DataFrame, selection: Selection, settings: Pairs, key: ProjectKey) -> pl.DataFrame:
    # `response` is the row number, so that both sides are gathered, not joined.
    columns = ("name", "score", "percentile", "created_utc", "score_age_h")
    chosen = responses.select("link_id", "subreddit", "month", *columns)[selection.pairs["chosen"]]
    rejected = responses.select(columns)[selection.pairs["rejected"]]
    ratio = score_ratio(chosen["score"].to_numpy(), rejected["score"].to_numpy())
    return (
        pl.concat([chosen, rejected.rename(lambda name: f"rejected_{name}")], how="horizontal")
        .select(
            "link_id",
            "subreddit",
            "month",
            chosen_name="name",
            rejected_name="rejected_name",
            score_chosen="score",
            score_rejected="rejected_score",
            score_gap=pl.col("score") - pl.col("rejected_score"),
            score_ratio=pl.Series(ratio, dtype=pl.Float64).fill_nan(None),
            percentile_chosen="percentile",
            percentile_rejected="rejected_percentile",
            seconds_between=pl.col("created_utc") - pl.col("rejected_created_utc"),
            age_h_chosen="score_age_h",
            age_h_rejected="rejected_score_age_h",
            unvoted=pl.col("rejected_score") == _score_at_birth(pl.col("rejected_name")),
            preset=pl.lit(settings.preset),
        )
        .join(_splits(chosen["link_id"], settings, key), on="link_id", how="left", maintain_order="left")
        .select(contract(TABLE).columns)
    )


def _score_at_birth(name: pl.Expr) -> pl.Expr:
    """Return 1 for Reddit, where everybody's own vote counts from the start, and 0 for other sources."""
    return name.str.starts_with("t1_").cast(pl.Int64)


def _splits(posts: pl.Series, settings: Pairs, key: ProjectKey) -> pl.DataFrame:
    names = posts.unique().sort()
    splits = [
        split_of(name, key, validation_share=settings.validation_share, test_share=settings.test_share)
        for name in names
    ]
    return pl.DataFrame({"link_id": names, "split": splits}, schema={"link_id": pl.String, "split": pl.String})


def _report(
    responses: pl.DataFrame, rows: pl.DataFrame, selection: Selection, *, decided: int, inputs: dict[str, str]
) -> StageReport:
    earlier = dict(responses.get_column("reason").drop_nulls().value_counts().iter_rows())
    found = {**earlier, **selection.dropped}
    dropped = {reason: found[reason] for reason in REASONS if reason in found}
    return StageReport(
        stage=STAGE,
        rows_in=responses.height,
        rows_out=rows.height,
        dropped=dropped,
        counts={
            "pairs": rows.height,
            "pairs_before_caps": selection.admissible,
            "posts_with_pairs": rows["link_id"].n_unique(),
            "responses_in_pairs": responses.height - sum(dropped.values()),
            "pairs_unvoted": int(rows["unvoted"].sum()),
        },
        inputs=inputs,
        notes=() if rows.height else (_why_no_pair(dropped, responses.height, decided),),
    )


def _why_no_pair(dropped: dict[str, int], total: int, decided: int) -> str:
    if not decided:
        return "No pair possible, because no comment was read: a pair is two answers to one post."
    if not total:
        return f"No pair possible, because none of {decided:,} comments was kept: curate's row has the reasons."
    by_count = sorted(dropped.items(), key=lambda item: -item[1])[:_REASONS_TOLD]
    reasons = " ".join(f"{reason} {count:,}: {REASONS[reason]}." for reason, count in by_count)
    return f"No pair possible, because none of the {total:,} kept comments can be compared. {reasons}"
