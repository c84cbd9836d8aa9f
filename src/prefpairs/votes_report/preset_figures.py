"""Sibling pairs and every preset -> how many pairs each would admit, and with which bias.

Before safety, splits and caps, and without what presets ask of posts: what is left is the rule on votes.
"""

from collections.abc import Mapping

import numpy as np
import polars as pl

from prefpairs.config_pairs import Pairs
from prefpairs.pairs.presets import PRESETS, Preset, Votes
from prefpairs.reasons import first_reason
from prefpairs.votes_report.counting import Limits, Numbers, Whole
from prefpairs.votes_report.report import PresetFigures
from prefpairs.votes_report.siblings import evenly, numbers, siblings
from prefpairs.votes_report.tables import Tables


def preset_figures(tables: Tables, settings: Pairs, limits: Limits) -> list[PresetFigures]:
    """Return the figures of each preset, in the order of the presets; none without answers to compare."""
    answers, _ = evenly(tables.answers)
    if answers.height < limits.least:
        return []
    votes = _votes(answers)
    known = {name: numbers(answers, name) for name in ("created_utc", "words", "quality")}
    return [_figures(name, preset, answers, votes, known, settings, limits) for name, preset in PRESETS.items()]


def _votes(answers: pl.DataFrame) -> Votes:
    return Votes(
        score=answers["score"].to_numpy(),
        created_utc=answers["created_utc"].fill_null(0).to_numpy(),
        may_be_chosen=np.ones(answers.height, dtype=np.bool_),
        **{name: numbers(answers, name) for name in ("percentile", "quality", "quality_sd", "expected_votes")},
    )


def _figures(
    name: str,
    preset: Preset,
    answers: pl.DataFrame,
    votes: Votes,
    known: Mapping[str, Numbers],
    settings: Pairs,
    limits: Limits,
) -> PresetFigures:
    rules = preset.response_rules(settings)
    takes_part = answers.with_columns(part=first_reason(rules).is_null())["part"].to_numpy()
    level = preset.level(votes)
    tally = np.zeros(7, dtype=np.int64)
    for one, two in siblings(answers):
        both = takes_part[one] & takes_part[two]
        first, second = one[both], two[both]
        chosen = np.concatenate([first[level[first] > level[second]], second[level[second] > level[first]]])
        rejected = np.concatenate([second[level[first] > level[second]], first[level[second] > level[first]]])
        keep = preset.admissible(votes, chosen, rejected, settings)
        tally += _tally(chosen[keep], rejected[keep], known)
    pairs, apart, earlier, unequal, longer, judged, agreed = (int(count) for count in tally)
    return PresetFigures(
        preset=name,
        pairs=limits.count(pairs),
        earlier=limits.rate(earlier, apart),
        longer=limits.rate(longer, unequal),
        agrees=limits.rate(agreed, judged),
    )


def _tally(chosen: Whole, rejected: Whole, known: Mapping[str, Numbers]) -> Whole:
    """Return pairs; those apart in time, earlier chosen; of unequal length, longer chosen; judged, agreed."""
    created, words, quality = (
        known[name][chosen] - known[name][rejected] for name in ("created_utc", "words", "quality")
    )
    return np.asarray(
        [
            len(chosen),
            (np.abs(created) > 0).sum(),
            (created < 0).sum(),
            (np.abs(words) > 0).sum(),
            (words > 0).sum(),
            (np.abs(quality) > 0).sum(),
            (quality > 0).sum(),
        ],
        dtype=np.int64,
    )
