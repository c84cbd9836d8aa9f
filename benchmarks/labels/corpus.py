"""A project's lake -> what can be measured of its labels without the truth: bias, stability, agreement, yield.

Counts and shares over the whole corpus only: no id and no text leaves the lake.
"""

from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.labels.stages import Selected, selections
from prefpairs.config import Settings
from prefpairs.config_pairs import PresetName
from prefpairs.errors import ConfigError
from prefpairs.keys import ProjectKey
from prefpairs.lake import NO_TABLE, Lake
from prefpairs.pairs.presets import PRESETS, Votes
from prefpairs.settings_file import load_settings

NAMES: tuple[PresetName, ...] = ("calibrated", "shp", "llumi", "stackexchange")
LATE_HOURS = 168.0
"""A look at this age or later is held against the first settled one."""
Figures = dict[str, float]


def report(config: Path) -> Figures:
    """Return flat figures of the corpus of a configuration file, which `prefpairs refresh` has read.

    Raises
    ------
    ConfigError
        If it has not.

    """
    settings = load_settings(config)
    lake = Lake(settings.lake_folder)
    if lake.version("decisions") == NO_TABLE:
        msg = f"{config}: nothing was curated yet. Run `prefpairs refresh` first."
        raise ConfigError(msg)
    return measured(settings, lake, ProjectKey.load(settings.path(settings.project.key_file)))


def measured(settings: Settings, lake: Lake, key: ProjectKey) -> Figures:
    """Return the figures of a lake; NaN where nothing can be counted."""
    decisions = lake.scan("decisions").collect()
    by_preset = selections(source=lake, decisions=decisions, presets=NAMES, settings=settings, key=key)
    figures: Figures = {"kept_comments": by_preset["calibrated"].report.rows_in}
    for name, selected in by_preset.items():
        figures |= {f"{name}.{what}": value for what, value in _bias(selected, decisions).items()}
        for other in NAMES:
            kept = _kept(selected.pairs, by_preset[other].responses, other)
            figures[f"{name}.kept_by_{other}"] = kept
    return figures | _stability(settings, lake, key, decisions)


def _bias(selected: Selected, decisions: pl.DataFrame) -> Figures:
    pairs, counts = selected.pairs, selected.report.counts
    words = decisions.select("name", "words")
    sides = pairs.join(words, left_on="chosen_name", right_on="name", how="left").join(
        words, left_on="rejected_name", right_on="name", how="left", suffix="_rejected"
    )
    return {
        "pairs_before_caps": counts["pairs_before_caps"],
        "pairs": counts["pairs"],
        "posts_with_pairs": counts["posts_with_pairs"],
        "earlier_wins": _share(pairs["seconds_between"] < 0, pairs["seconds_between"] != 0),
        "longer_wins": _share(sides["words"] > sides["words_rejected"], sides["words"] != sides["words_rejected"]),
        "unvoted": _share(pairs["unvoted"], pairs["unvoted"].is_not_null()),
    }


def _stability(settings: Settings, lake: Lake, key: ProjectKey, decisions: pl.DataFrame) -> Figures:
    """Return, for each preset, the share of pairs of the first settled look that a look a week later keeps.

    Both times the whole stage runs, exposure fit included, over the comments that were looked at twice.
    """
    late = _late_scores(lake)
    comment = pl.col("kind") == "comment"
    both = decisions.join(late, on="name", how="left").filter(
        ~comment | (pl.col("late_score").is_not_null() & (pl.col("score_age_h") < LATE_HOURS))
    )
    twice = both.filter(comment & pl.col("keep")).height
    figures: Figures = {"looked_at_twice": twice}
    if not twice:
        return figures
    later = both.with_columns(score=pl.when(comment).then("late_score").otherwise("score")).drop("late_score")
    first, again = (
        selections(source=lake, decisions=rows, presets=NAMES, settings=settings, key=key)
        for rows in (both.drop("late_score"), later)
    )
    for name in NAMES:
        figures[f"{name}.pairs_looked_at_twice"] = first[name].pairs.height
        figures[f"{name}.stable"] = _kept(first[name].pairs, again[name].responses, name)
    return figures


def _late_scores(lake: Lake) -> pl.DataFrame:
    return (
        lake.scan("score_observations")
        .filter(
            (pl.col("age_h") >= LATE_HOURS)
            & pl.col("score").is_not_null()
            & ~pl.col("score_hidden").fill_null(value=False)
        )
        .sort("name", "observed_at", "source", "input_hash", "score")
        .unique("name", keep="first", maintain_order=True)
        .select("name", late_score="score")
        .collect()
    )


def _kept(pairs: pl.DataFrame, responses: pl.DataFrame, preset: PresetName) -> float:
    """Return the share of pairs whose chosen response is the better one by a preset, too; a tie is not kept."""
    level = responses.select("name", level=pl.Series(PRESETS[preset].level(_votes(responses))))
    sides = pairs.join(level, left_on="chosen_name", right_on="name").join(
        level, left_on="rejected_name", right_on="name", suffix="_rejected"
    )
    return _share(sides["level"] > sides["level_rejected"], sides["level"].is_not_null())


def _votes(responses: pl.DataFrame) -> Votes:
    return Votes(
        score=responses["score"].cast(pl.Int64).fill_null(0).to_numpy(),
        created_utc=np.zeros(responses.height, dtype=np.int64),
        percentile=responses["percentile"].to_numpy(),
        quality=responses["quality"].to_numpy(),
        quality_sd=responses["quality_sd"].to_numpy(),
        expected_votes=responses["expected_votes"].to_numpy(),
        may_be_chosen=np.ones(responses.height, dtype=np.bool_),
    )


def _share(hits: pl.Series, of: pl.Series) -> float:
    count = int(of.sum() or 0)
    return int((hits & of).sum() or 0) / count if count else float("nan")
