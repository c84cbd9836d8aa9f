"""Edits, contrasts and revisions -> selected improvements, by id: which text is a draft, and which is better.

Raw texts are read here, some thousand at a time and never written: what is kept of them is numbers.
"""

from collections.abc import Iterator

import polars as pl

from prefpairs.config import Settings
from prefpairs.contracts import contract
from prefpairs.improve import contrast, edits, rewritten
from prefpairs.improve.apart import shared
from prefpairs.improve.candidates import SCHEMA, Source
from prefpairs.improve.caps import best_first, within_caps
from prefpairs.improve.labels import Labeller, with_labels, with_new_labels
from prefpairs.improve.rules import REASONS, by_id, by_label, by_similarity, by_text
from prefpairs.improve.similarity import Similarity, similarity
from prefpairs.improve.words import measures
from prefpairs.keys import ProjectKey
from prefpairs.lake import Lake
from prefpairs.raw_texts import raw_texts
from prefpairs.reasons import first_reason
from prefpairs.resources import code_version
from prefpairs.splits import splits_of
from prefpairs.stage import StageReport

STAGE = "improve-select"
TABLE = "selected_improvements"

_INPUTS = ("comments", "decisions", "labels", "near_duplicates", "selected_pairs", "revisions")
_SOURCES: dict[str, Source] = {
    "revision": rewritten.candidates,
    "edit": edits.candidates,
    "contrast": contrast.candidates,
}
_SIDES = ("draft", "better")


def run(settings: Settings, lake: Lake, key: ProjectKey, *, label: Labeller | None = None) -> StageReport:
    """Find the improvement pairs of the lake; write `selected_improvements`.

    The report counts each candidate once: it is selected, or dropped under its first reason. `label` is asked
    for the labels of the texts that the stage `label` has not seen: earlier versions, given drafts, revisions.
    Without it they are dropped.

    Raises
    ------
    ConfigError
        If the sentence model is not there, or cannot be run.

    """
    measure = similarity(settings)
    fingerprint = lake.fingerprint(
        _INPUTS, _decisive(settings), measure.identity, label is not None, key.name_hash(TABLE), code_version()
    )
    if report := lake.report_if_current(TABLE, fingerprint):
        return report.as_skipped()
    sources = settings.improvement.sources if settings.improvement.enabled else ()
    found = [_SOURCES[name](settings, lake) for name in sources]
    candidates = pl.concat([pl.DataFrame(schema=SCHEMA), *found])
    judged = _judged(candidates, lake, settings, measure, label)
    with_splits = judged.join(_splits(judged, settings, key), on="link_id", how="left")
    selected = _apart_and_capped(with_splits, lake, settings)
    rows = (
        selected.filter(pl.col("reason").is_null())
        .with_columns(similarity_by=pl.lit(measure.name))
        .select(contract(TABLE).columns)
        .sort(contract(TABLE).key)
    )
    report = _report(selected, rows, {name: f"version {lake.version(name)}" for name in _INPUTS})
    lake.overwrite(TABLE, rows, fingerprint=fingerprint, report=report)
    return report


def _decisive(settings: Settings) -> list[object]:
    safety, pairs = settings.safety, settings.pairs
    return [
        settings.improvement.content_settings(),
        settings.curate.model_dump(mode="json"),
        safety.model_dump(
            mode="json", include={"drop_everywhere", "drop_chosen", "crisis", "publish", "queue_uncertain"}
        ),
        pairs.model_dump(
            mode="json",
            include={
                "top_level_only",
                "validation_share",
                "test_share",
                "drop_held_out_authors",
                "drop_held_out_near_duplicates",
            },
        ),
    ]


def _judged(
    candidates: pl.DataFrame, lake: Lake, settings: Settings, measure: Similarity, label: Labeller | None
) -> pl.DataFrame:
    """Return the candidates with their posts, labels, measures and `reason`, without a text."""
    known = with_labels(candidates.join(_posts(lake), on="link_id", how="left"), lake)
    rules = [*by_id(settings), *by_label(settings)]
    known = known.with_columns(reason=first_reason(rules)).sort("link_id", *SCHEMA.names()[1:5])
    empty = pl.lit(None, pl.Float64).alias("similarity")
    parts = [known.filter(pl.col("reason").is_not_null()).with_columns(empty)]
    for batch in _batches(known.filter(pl.col("reason").is_null()), settings.improvement.batch_rows):
        parts.append(_by_text(batch, lake, settings, measure, label).select(parts[0].columns))
    return pl.concat(parts)


def _batches(rows: pl.DataFrame, size: int) -> Iterator[pl.DataFrame]:
    for start in range(0, rows.height, size):
        yield rows.slice(start, size)


def _posts(lake: Lake) -> pl.DataFrame:
    kept = lake.scan("decisions").filter(pl.col("keep") & (pl.col("kind") == "post"))
    return kept.select("subreddit", "month", link_id="name", post_author="author_hash").collect(engine="streaming")


def _by_text(
    rows: pl.DataFrame, lake: Lake, settings: Settings, measure: Similarity, label: Labeller | None
) -> pl.DataFrame:
    """Return a batch with `similarity` and `reason`. Its texts end here."""
    asked = pl.concat([rows.select(name=f"{side}_name", field=f"{side}_field") for side in _SIDES]).unique()
    texts = raw_texts(lake, asked)
    for side in _SIDES:
        own = texts.rename({"name": f"{side}_name", "field": f"{side}_field", "text": side})
        rows = rows.join(own, on=[f"{side}_name", f"{side}_field"], how="left", maintain_order="left")
        if label:
            rows = with_new_labels(rows, side, label)
    rows = rows.hstack(measures(rows.select(pl.col(_SIDES).fill_null(""))))
    rows = rows.with_columns(reason=first_reason([*by_label(settings), *by_text(settings)]))
    # A sentence model is by far the dearest step: it reads what nothing else has dropped.
    dropped, open_ = rows.filter(pl.col("reason").is_not_null()), rows.filter(pl.col("reason").is_null())
    open_ = open_.with_columns(similarity=measure.measure(open_))
    open_ = open_.with_columns(reason=first_reason(by_similarity(settings, least=measure.least)))
    return pl.concat([dropped, open_], how="diagonal")


def _splits(rows: pl.DataFrame, settings: Settings, key: ProjectKey) -> pl.DataFrame:
    posts = rows["link_id"].drop_nulls().unique().sort()
    pairs = settings.pairs
    splits = splits_of(posts, key, validation_share=pairs.validation_share, test_share=pairs.test_share)
    return pl.DataFrame({"link_id": posts, "split": splits}, schema={"link_id": pl.String, "split": pl.String})


def _apart_and_capped(rows: pl.DataFrame, lake: Lake, settings: Settings) -> pl.DataFrame:
    """Return the rows with the last two reasons: another split has a part in it, and the caps."""
    dropped, open_ = rows.filter(pl.col("reason").is_not_null()), rows.filter(pl.col("reason").is_null())
    pairs = lake.scan("selected_pairs").select("link_id", "chosen_name", "rejected_name", "split").collect()
    authors, alike = settings.pairs.drop_held_out_authors, settings.pairs.drop_held_out_near_duplicates
    writers = lake.scan("decisions").filter(pl.lit(authors) & pl.col("keep")).select("name", author="author_hash")
    groups = lake.scan("near_duplicates").filter(pl.lit(alike)).select("name", "group")
    open_ = open_.with_columns(held=shared(open_, pairs, writers.collect(), groups.collect()))
    apart = open_.filter(~pl.col("held")).sort(best_first(settings.improvement))
    apart = apart.with_columns(taken=within_caps(apart, settings.improvement))
    return pl.concat(
        [
            dropped,
            open_.filter("held").drop("held").with_columns(reason=pl.lit("HELD_OUT")),
            apart.drop("held", "taken").with_columns(
                reason=pl.when(~apart["taken"]).then(pl.lit("CAPPED")).otherwise(None)
            ),
        ]
    )


def _report(judged: pl.DataFrame, rows: pl.DataFrame, inputs: dict[str, str]) -> StageReport:
    found = dict(judged["reason"].drop_nulls().value_counts().iter_rows())
    by_source = dict(judged["made_by"].value_counts().sort("made_by").iter_rows())
    selected = dict(rows["made_by"].value_counts().sort("made_by").iter_rows())
    return StageReport(
        stage=STAGE,
        rows_in=judged.height,
        rows_out=rows.height,
        dropped={reason: found[reason] for reason in REASONS if reason in found},
        counts={
            **{f"candidates_{source}": count for source, count in by_source.items()},
            **{f"selected_{source}": count for source, count in selected.items()},
            "posts": rows["link_id"].n_unique(),
        },
        inputs=inputs,
    )
