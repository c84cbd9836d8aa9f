"""Selected pairs and de-identified texts -> threads, pairs and what SFT may imitate, under public ids.

A text is looked up once for each response, by its keyed id, and copied into a pair only at the end.
Rows are sorted by keyed ids, so that the published order says nothing about time.
"""

import polars as pl

from prefpairs import masked_texts
from prefpairs.config import Settings
from prefpairs.config_pairs import Pairs
from prefpairs.contracts import contract
from prefpairs.keys import ProjectKey
from prefpairs.lake import Lake
from prefpairs.overlap import containment, token_overlap
from prefpairs.pairs.completions import completions
from prefpairs.published import public_ids, published_number, published_probability
from prefpairs.reasons import Rule, first_reason
from prefpairs.resources import code_version
from prefpairs.stage import StageReport

STAGE = "pair"
TABLE = "pairs"
REASONS: dict[str, str] = {
    "TOMBSTONE": "the post or a response was deleted",
    "TEXT_MISSING": "a text could not be de-identified",
    "EMPTY_AFTER_MASKING": "nothing but placeholders is left of a text",
    "SAME_TEXT": "both responses have the same text after masking",
    "LENGTH_ONLY": "one response says what the other does and only adds to it (pairs.drop_length_only)",
}
"""Reason code -> why selected pairs are not built, in the order in which the reasons are looked for."""

_INPUTS = ("selected_pairs", "texts", "tombstones")
_SECONDS_PER_MINUTE = 60
_SIDES = ("prompt", "chosen", "rejected")
_WEIGHT = 1.0  # every pair counts the same: how sure it is stands beside it, and the trainer decides
_THREAD = ("thread_id", "config")
_IN_NO_THREAD = "safety_contrast"  # its rejected side is harmful: nothing for a list of ranked responses
_ROUNDED = ("preference_sd", "quality_gap", "expected_votes_chosen", "expected_votes_rejected")


def run(settings: Settings, lake: Lake, key: ProjectKey, *, policy_hash: str) -> StageReport:
    """Give the selected pairs their texts of one policy; write `threads`, `sft`, and `pairs`, which ends it.

    The report counts each selected pair once: it is in `pairs`, or dropped under its first reason.
    Without any pair, its one note says why.
    """
    public = key.derive(f"release:{settings.project.series}")
    rules = settings.pairs.model_dump(mode="json", include={"drop_length_only", "length_only_containment"})
    fingerprint = lake.fingerprint(_INPUTS, policy_hash, rules, public.name_hash(TABLE), code_version())
    # All: a run that was killed between two of them left threads of other settings beside these pairs.
    current = [lake.report_if_current(table, fingerprint) for table in ("threads", "sft", TABLE)]
    if all(current) and (report := current[-1]):
        return report.as_skipped()
    selected = _with_texts(lake, key, policy_hash)
    judged = selected.with_columns(reason=first_reason(_rules(selected, settings.pairs)))
    pairs = _pairs(judged.filter(pl.col("reason").is_null()), public)
    threads, sft = _threads(pairs), completions(pairs)
    inputs = {name: f"version {lake.version(name)}" for name in _INPUTS} | {"policy_hash": policy_hash}
    report = _report(judged, pairs, threads, sft, inputs=inputs)
    lake.overwrite("threads", threads, fingerprint=fingerprint, report=report)
    lake.overwrite("sft", sft, fingerprint=fingerprint, report=report)
    lake.overwrite(TABLE, pairs, fingerprint=fingerprint, report=report)
    return report


def _with_texts(lake: Lake, key: ProjectKey, policy_hash: str) -> pl.DataFrame:
    selected = lake.scan("selected_pairs").collect()
    posts = selected["link_id"].unique().sort()
    names = pl.concat([selected["chosen_name"], selected["rejected_name"]]).unique().sort()
    prompts = masked_texts.prompts(lake, key, posts, policy_hash=policy_hash)
    bodies = masked_texts.bodies(lake, key, names, policy_hash=policy_hash)
    chosen = bodies.select(chosen_name="name", chosen="text", words_chosen="words", chosen_forgotten="forgotten")
    rejected = bodies.select(
        rejected_name="name", rejected="text", words_rejected="words", rejected_forgotten="forgotten"
    )
    return (
        selected.join(prompts, on="link_id", how="left")
        .join(chosen, on="chosen_name", how="left")
        .join(rejected, on="rejected_name", how="left")
    )


def _rules(selected: pl.DataFrame, settings: Pairs) -> list[Rule]:
    empty = [masked_texts.is_empty(text) for text in _SIDES]
    rules: list[Rule] = [
        ("TOMBSTONE", pl.any_horizontal("forgotten", "chosen_forgotten", "rejected_forgotten")),
        ("TEXT_MISSING", pl.any_horizontal(pl.col(side).is_null() for side in _SIDES)),
        ("EMPTY_AFTER_MASKING", pl.any_horizontal(empty)),
        ("SAME_TEXT", pl.col("chosen").str.strip_chars() == pl.col("rejected").str.strip_chars()),
    ]
    if settings.drop_length_only:
        contained = containment(selected, "chosen", "rejected") >= settings.length_only_containment
        rules.append(("LENGTH_ONLY", pl.lit(contained)))
    return rules


def _pairs(kept: pl.DataFrame, public: ProjectKey) -> pl.DataFrame:
    return (
        kept.with_columns(
            pair_id=public_ids(public, kept["chosen_name"] + "|" + kept["rejected_name"]),
            thread_id=public_ids(public, kept["link_id"]),
            chosen_id=public_ids(public, kept["chosen_name"]),
            rejected_id=public_ids(public, kept["rejected_name"]),
            token_overlap=token_overlap(kept, "chosen", "rejected"),
            # With Reddit's own times, seconds would tell which two comments these are.
            seconds_between=_whole_minutes(pl.col("seconds_between")),
            age_h_chosen=pl.col("age_h_chosen").round(),
            age_h_rejected=pl.col("age_h_rejected").round(),
            preference_probability=published_probability("preference_probability"),
            **{name: published_number(name) for name in _ROUNDED},
        )
        .select(contract(TABLE).columns)
        .sort("thread_id", "pair_id")
    )


def _whole_minutes(seconds: pl.Expr) -> pl.Expr:
    """Return seconds rounded to a minute away from zero: who came first still shows."""
    minutes = -(-seconds.abs() // _SECONDS_PER_MINUTE)
    return seconds.sign() * minutes * _SECONDS_PER_MINUTE


def _threads(pairs: pl.DataFrame) -> pl.DataFrame:
    listed = pairs.filter(pl.col("config") != _IN_NO_THREAD)
    responses = _responses(listed)
    position = responses.select(*_THREAD, "response_id", "position")
    ranked = responses.group_by(_THREAD, maintain_order=True).agg(
        responses=pl.struct("response_id", "text", "score", "percentile")
    )
    positions = (
        listed.join(position, left_on=[*_THREAD, "chosen_id"], right_on=[*_THREAD, "response_id"])
        .join(position, left_on=[*_THREAD, "rejected_id"], right_on=[*_THREAD, "response_id"], suffix="_r")
        .sort(*_THREAD, "position", "position_r")
        .group_by(_THREAD, maintain_order=True)
        .agg(
            pairs=pl.struct(
                chosen="position",
                rejected="position_r",
                weight=pl.lit(_WEIGHT),
                probability="preference_probability",
            )
        )
    )
    return (
        listed.unique(_THREAD, keep="first", maintain_order=True)
        .select(*_THREAD, "subreddit", "month", "split", "prompt")
        .join(ranked, on=_THREAD)
        .join(positions, on=_THREAD)
        .select(contract("threads").columns)
        .sort(_THREAD)
    )


def _responses(pairs: pl.DataFrame) -> pl.DataFrame:
    """Return each response of each thread once, most votes first, with its position from 0."""
    sides = [
        pairs.select(
            *_THREAD,
            response_id=f"{side}_id",
            text=side,
            score=f"score_{side}",
            percentile=f"percentile_{side}",
        )
        for side in ("chosen", "rejected")
    ]
    return (
        pl.concat(sides)
        .unique([*_THREAD, "response_id"], keep="first", maintain_order=True)
        .sort([*_THREAD, "score", "response_id"], descending=[False, False, True, False])
        .with_columns(position=pl.int_range(pl.len(), dtype=pl.Int32).over(_THREAD))
    )


def _report(
    judged: pl.DataFrame, pairs: pl.DataFrame, threads: pl.DataFrame, sft: pl.DataFrame, *, inputs: dict[str, str]
) -> StageReport:
    found = dict(judged["reason"].drop_nulls().value_counts().iter_rows())
    dropped = {reason: found[reason] for reason in REASONS if reason in found}
    splits = dict(pairs["split"].value_counts().sort("split").iter_rows())
    configs = dict(pairs["config"].value_counts().sort("config").iter_rows())
    return StageReport(
        stage=STAGE,
        rows_in=judged.height,
        rows_out=pairs.height,
        dropped=dropped,
        counts={
            "pairs": pairs.height,
            "threads": threads.height,
            "responses": int(threads["responses"].list.len().sum()),
            "completions": sft.height,
            "pairs_unvoted": int(pairs["unvoted"].sum()),
            **{f"pairs_{split}": count for split, count in splits.items()},
            **{f"pairs_{config}": count for config, count in configs.items() if config != "default"},
            **_bias(pairs.filter(pl.col("config") == "default")),
        },
        inputs=inputs,
        notes=() if pairs.height else (_why_no_pair(dropped, judged.height),),
    )


def _bias(pairs: pl.DataFrame) -> dict[str, int]:
    """Count what a naive model would learn: that the earlier, or the longer response wins. Ties stay out."""
    later, longer = pl.col("seconds_between"), pl.col("words_chosen") - pl.col("words_rejected")
    counted = pairs.select(
        pairs_chosen_earlier=(later < 0).sum(),
        pairs_chosen_later=(later > 0).sum(),
        pairs_chosen_longer=(longer > 0).sum(),
        pairs_chosen_shorter=(longer < 0).sum(),
    )
    return {name: int(count) for name, count in counted.row(0, named=True).items()}


def _why_no_pair(dropped: dict[str, int], total: int) -> str:
    if not total:
        return "No pair possible, because no pair was selected: the report of select has the reasons."
    reason, count = max(dropped.items(), key=lambda item: item[1])
    return f"No pair possible, because {REASONS[reason]}: {reason}, {count:,} of {total:,} selected pairs."
