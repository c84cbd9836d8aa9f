"""Selected improvements and de-identified texts -> improvements, under public ids.

Whoever edits a comment may have taken a name out of it. So an edit whose draft holds more identifiers of a
type than its better text is dropped: the draft would publish, masked or not, what its author took back.
"""

import polars as pl

from prefpairs import masked_texts
from prefpairs.config import Settings
from prefpairs.contracts import contract
from prefpairs.keys import ProjectKey
from prefpairs.lake import Lake
from prefpairs.overlap import token_overlap
from prefpairs.published import public_ids, published_probability
from prefpairs.reasons import Rule, first_reason
from prefpairs.resources import code_version
from prefpairs.stage import StageReport

STAGE = "improve-build"
TABLE = "improvements"
REASONS: dict[str, str] = {
    "TOMBSTONE": "the post or a text was deleted",
    "TEXT_MISSING": "a text could not be de-identified",
    "EMPTY_AFTER_MASKING": "nothing but placeholders is left of a text",
    "SAME_TEXT": "draft and better text are the same after masking",
    "IDENTIFIER_TAKEN_OUT": "the author took an identifier out of the draft",
}
"""Reason code -> why selected improvements are not built, in the order in which the reasons are looked for."""

_INPUTS = ("selected_improvements", "spans", "texts", "tombstones")
_TEXTS = ("prompt", "draft", "better")
_SIDES = ("draft", "better")


def run(settings: Settings, lake: Lake, key: ProjectKey, *, policy_hash: str) -> StageReport:
    """Give the selected improvements their texts of one policy; write `improvements`.

    The report counts each selected improvement once: it is built, or dropped under its first reason.
    """
    public = key.derive(f"release:{settings.project.series}")
    fingerprint = lake.fingerprint(_INPUTS, policy_hash, public.name_hash(TABLE), code_version())
    if report := lake.report_if_current(TABLE, fingerprint):
        return report.as_skipped()
    judged = _with_texts(lake, key, policy_hash).with_columns(reason=first_reason(_rules()))
    rows = _rows(judged.filter(pl.col("reason").is_null()), public)
    inputs = {name: f"version {lake.version(name)}" for name in _INPUTS} | {"policy_hash": policy_hash}
    report = _report(judged, rows, inputs)
    lake.overwrite(TABLE, rows, fingerprint=fingerprint, report=report)
    return report


def _with_texts(lake: Lake, key: ProjectKey, policy_hash: str) -> pl.DataFrame:
    rows = lake.scan("selected_improvements").collect()
    posts = rows["link_id"].unique().sort()
    rows = rows.join(masked_texts.prompts(lake, key, posts, policy_hash=policy_hash), on="link_id", how="left")
    asked = pl.concat([rows.select(name=f"{side}_name", field=f"{side}_field") for side in _SIDES])
    texts = masked_texts.of_fields(lake, key, asked.unique().sort("name", "field"), policy_hash=policy_hash)
    for side in _SIDES:
        own = texts.rename({column: f"{side}_{column}" for column in ("name", "field", "text_id", "forgotten")})
        rows = rows.join(
            own.rename({"text": side, "words": f"words_{side}"}), on=[f"{side}_name", f"{side}_field"], how="left"
        )
    taken_out = _taken_out(rows.filter(pl.col("made_by") == "edit"), lake, policy_hash)
    return rows.with_columns(taken_out=pl.col("draft_text_id").is_in(taken_out.implode()))


def _taken_out(edits: pl.DataFrame, lake: Lake, policy_hash: str) -> pl.Series:
    """Return the text ids of the drafts that hold more identifiers of a type than their better texts."""
    ids = pl.concat([edits[f"{side}_text_id"] for side in _SIDES]).unique()
    spans = (
        lake.scan("spans")
        .filter((pl.col("policy_hash") == policy_hash) & pl.col("text_id").is_in(ids.implode()))
        .group_by("text_id", "entity_type")
        .len()
        .collect()
    )
    before = edits.select("draft_text_id", "better_text_id").join(
        spans, left_on="draft_text_id", right_on="text_id"
    )
    after = spans.select("entity_type", better_text_id="text_id", left="len")
    compared = before.join(after, on=["better_text_id", "entity_type"], how="left")
    return compared.filter(pl.col("len") > pl.col("left").fill_null(0))["draft_text_id"].unique()


def _rules() -> list[Rule]:
    empty = [masked_texts.is_empty(text) for text in _TEXTS]
    return [
        ("TOMBSTONE", pl.any_horizontal("forgotten", "draft_forgotten", "better_forgotten")),
        ("TEXT_MISSING", pl.any_horizontal(pl.col(text).is_null() for text in _TEXTS)),
        ("EMPTY_AFTER_MASKING", pl.any_horizontal(empty)),
        ("SAME_TEXT", pl.col("draft").str.strip_chars() == pl.col("better").str.strip_chars()),
        ("IDENTIFIER_TAKEN_OUT", pl.col("taken_out")),
    ]


def _rows(kept: pl.DataFrame, public: ProjectKey) -> pl.DataFrame:
    whole = pl.concat_str("draft_name", "draft_field", "better_name", "better_field", separator="|")
    given = ~pl.col("draft_field").str.starts_with("body")
    named = kept.with_columns(
        whole=whole,
        drafted=pl.when(~given).then("draft_name"),
        bettered=pl.when(pl.col("better_field") == "body").then("better_name"),
    )
    return (
        named.with_columns(
            improvement_id=public_ids(public, named["whole"]),
            thread_id=public_ids(public, named["link_id"]),
            draft_id=public_ids(public, named["drafted"]),
            better_id=public_ids(public, named["bettered"]),
            token_overlap=token_overlap(named, "draft", "better"),
            preference_probability=published_probability("preference_probability"),
        )
        .select(contract(TABLE).columns)
        .sort("thread_id", "improvement_id")
    )


def _report(judged: pl.DataFrame, rows: pl.DataFrame, inputs: dict[str, str]) -> StageReport:
    found = dict(judged["reason"].drop_nulls().value_counts().iter_rows())
    return StageReport(
        stage=STAGE,
        rows_in=judged.height,
        rows_out=rows.height,
        dropped={reason: found[reason] for reason in REASONS if reason in found},
        counts={
            f"{column}_{value}": count
            for column in ("made_by", "split")
            for value, count in rows[column].value_counts().sort(column).iter_rows()
        },
        inputs=inputs,
    )
