"""Decisions and labels -> selected pairs: who is compared with whom, by votes alone. No text is read here."""

from collections.abc import Sequence

import polars as pl

from prefpairs.config import Settings
from prefpairs.config_pairs import Exposure, Pairs
from prefpairs.contracts import contract
from prefpairs.errors import ConfigError
from prefpairs.files import canonical_json, write_atomic
from prefpairs.keys import ProjectKey
from prefpairs.lake import Lake
from prefpairs.pairs import exposure_fit, margins
from prefpairs.pairs.exposure import ExposureModel, read_model
from prefpairs.pairs.held_out import Apart, select_apart, with_groups
from prefpairs.pairs.matching import Selection, select_pairs
from prefpairs.pairs.responses import REASONS, judged_responses
from prefpairs.resources import code_version
from prefpairs.splits import splits_of
from prefpairs.stage import StageReport

STAGE = "select"
TABLE = "selected_pairs"
_INPUTS = ("decisions", "labels", "near_duplicates")
_REASONS_TOLD = 3
_SECONDS_PER_HOUR = 3600


def run(settings: Settings, lake: Lake, key: ProjectKey) -> StageReport:
    """Pair the kept responses of every kept post; write `responses`, then `selected_pairs`: the marker.

    The parameters of the exposure model are left in `exposure.json` beside the report on labels. The report
    counts each kept comment once: it is in a pair, or dropped under its first reason. Without any pair, its
    one note says why.

    Raises
    ------
    ConfigError
        If `pairs.exposure.parameters` names a file that is none of ours.

    """
    fingerprint = lake.fingerprint(
        _INPUTS,
        settings.pairs_content(),
        settings.safety.model_dump(mode="json"),
        key.name_hash(TABLE),
        code_version(),
    )
    if lake.report_if_current("responses", fingerprint) and (report := lake.report_if_current(TABLE, fingerprint)):
        return report.as_skipped()
    responses = judged_responses(lake.scan("decisions"), lake.scan("labels"), settings)
    model = _exposure_model(responses, settings)
    responses = _with_splits(_labelled(responses, model, settings.pairs.exposure), settings.pairs, key)
    apart = _select(with_groups(responses, lake.scan("near_duplicates").collect()), settings.pairs)
    rows = margins.rows(responses, apart.selection, lake.scan("labels"), settings.pairs)
    report = _report(
        responses,
        rows,
        apart.selection,
        decided=lake.scan("decisions").filter(pl.col("kind") == "comment").select(pl.len()).collect().item(),
        inputs={name: f"version {lake.version(name)}" for name in _INPUTS},
    )
    write_atomic(settings.labels_folder / "exposure.json", canonical_json(model.to_json()))
    lake.overwrite("responses", _explained(responses, apart), fingerprint=fingerprint, report=report)
    lake.overwrite(TABLE, rows, fingerprint=fingerprint, report=report)
    return report


def _exposure_model(responses: pl.DataFrame, settings: Settings) -> ExposureModel:
    """Fit the model on every response whose votes are known, or read the frozen parameters."""
    frozen = settings.pairs.exposure.parameters
    if frozen is not None:
        try:
            return read_model(settings.path(frozen), settings.pairs.exposure)
        except OSError:
            msg = f"pairs.exposure.parameters: {frozen} cannot be read. Name an exposure.json, or leave it out."
            raise ConfigError(msg) from None
    own = pl.col("author_hash") == pl.col("post_author")
    fitted = exposure_fit.fit(_with_votes(responses).filter(~own.fill_null(value=False)), settings.pairs.exposure)
    # As the file holds it: who freezes the parameters of this run gets its labels, to the last digit.
    return ExposureModel.from_json(fitted.to_json(), settings.pairs.exposure)


def _labelled(responses: pl.DataFrame, model: ExposureModel, settings: Exposure) -> pl.DataFrame:
    posterior = model.label(_with_votes(responses), settings)
    columns = ("response", "expected_votes", "quality", "quality_sd", "exposure_variance")
    return responses.join(posterior.select(columns), on="response", how="left", maintain_order="left")


def _with_votes(responses: pl.DataFrame) -> pl.DataFrame:
    known = responses.filter(pl.col("post").is_not_null() & pl.col("score").is_not_null())
    return known.rename({"subreddit": "community"})


def _with_splits(responses: pl.DataFrame, settings: Pairs, key: ProjectKey) -> pl.DataFrame:
    posts = responses.get_column("link_id").unique().sort()
    splits = splits_of(posts, key, validation_share=settings.validation_share, test_share=settings.test_share)
    of_post = pl.DataFrame({"link_id": posts, "split": splits}, schema={"link_id": pl.String, "split": pl.String})
    return responses.join(of_post, on="link_id", how="left", maintain_order="left")


def _select(responses: pl.DataFrame, settings: Pairs) -> Apart:
    return select_apart(
        responses.filter(pl.col("reason").is_null()).with_columns(author="author_hash"),
        lambda rows: select_pairs(rows, settings),
        authors=settings.drop_held_out_authors,
        near_duplicates=settings.drop_held_out_near_duplicates,
    )


def _explained(responses: pl.DataFrame, apart: Apart) -> pl.DataFrame:
    later = pl.concat([apart.reasons, apart.selection.reasons]).select("response", later="reason")
    delay = (pl.col("created_utc") - pl.col("post_created_utc")) / _SECONDS_PER_HOUR
    return (
        responses.join(later, on="response", how="left", maintain_order="left")
        .with_columns(
            pl.coalesce("reason", "later").alias("reason"),
            delay_h=delay,
            subreddit=pl.col("subreddit").fill_null(""),
        )
        .select(contract("responses").columns)
    )


def _report(
    responses: pl.DataFrame, rows: pl.DataFrame, selection: Selection, *, decided: int, inputs: dict[str, str]
) -> StageReport:
    earlier = dict(responses.get_column("reason").drop_nulls().value_counts().iter_rows())
    found = {**earlier, **selection.dropped}
    dropped = {reason: found[reason] for reason in REASONS if reason in found}
    configs = dict(rows.get_column("config").value_counts().sort("config").iter_rows())
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
            "pairs_against_votes": int((rows["score_gap"] <= 0).sum()),
            "pairs_timed": int((rows["seconds_between"].fill_null(0) != 0).sum()),
            "pairs_chosen_earlier": int((rows["seconds_between"] < 0).sum()),
            **{f"pairs_{config}": count for config, count in configs.items()},
        },
        inputs=inputs,
        notes=() if rows.height else (_why_no_pair(dropped, responses.height, decided),),
    )


def _why_no_pair(dropped: dict[str, int], total: int, decided: int) -> str:
    if not decided:
        return "No pair possible, because no comment was read: a pair is two answers to one post."
    if not total:
        return f"No pair possible, because none of {decided:,} comments was kept: curate's row has the reasons."
    return (
        f"No pair possible, because none of the {total:,} kept comments can be compared. {_most_frequent(dropped)}"
    )


def _most_frequent(dropped: dict[str, int]) -> str:
    by_count: Sequence[tuple[str, int]] = sorted(dropped.items(), key=lambda item: -item[1])[:_REASONS_TOLD]
    return " ".join(f"{reason} {count:,}: {REASONS[reason]}." for reason, count in by_count)
