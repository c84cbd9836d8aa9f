"""A pair and the settings -> the rule of its preset, with the pair's own figures beside the thresholds."""

import math
from collections.abc import Mapping
from typing import Any

from prefpairs.config_pairs import Pairs
from prefpairs.explain.story import number, probability, span

Row = Mapping[str, Any]
_CONFIGS = {
    "default": "no safety label of either text keeps it out",
    "crisis": "the post or a response discloses a crisis, and votes are no judge of how to answer one",
    "safety_contrast": "the rejected text has a label that a chosen one may not have",
}


def of_preset(pair: Row, settings: Pairs) -> list[str]:
    """Return a sentence for each threshold of the pair's preset; one that is not met today says so."""
    rules = {"calibrated": _calibrated, "shp": _shp, "llumi": _llumi, "stackexchange": _stackexchange}
    told = rules[pair["preset"]](pair, settings) if pair["preset"] in rules else []
    sentences = [
        f"{sentence} {'' if met else '(not met any more: the settings have changed)'}".rstrip()
        for met, sentence in told
    ]
    if pair["preset"] != settings.preset:
        sentences.append(f"The settings name another preset now: {settings.preset}. The next run drops this pair.")
    return sentences


def of_config(config: str) -> str:
    """Return why a pair is in its part of the release."""
    return f"Part {config}: {_CONFIGS.get(config, 'this version of prefpairs does not know it')}."


def _calibrated(pair: Row, settings: Pairs) -> list[tuple[bool, str]]:
    least, found = settings.calibrated.min_probability, pair["preference_probability"]
    return [
        (
            found >= least,
            f"Probability {probability(found)}, at least {probability(least)} (pairs.calibrated.min_probability).",
        )
    ]


def _shp(pair: Row, settings: Pairs) -> list[tuple[bool, str]]:
    rule, ratio, between = settings.shp, pair["score_ratio"], pair["seconds_between"]
    told = [
        (
            rule.min_ratio <= 1 or (ratio or 0) >= rule.min_ratio,
            f"{number(ratio)} times the votes, at least {number(rule.min_ratio)} times (pairs.shp.min_ratio).",
        )
    ]
    if rule.require_later and between is not None:
        told.append((between >= 0, f"Chosen was written {span(abs(between))} later (pairs.shp.require_later)."))
    if rule.min_score is not None:
        lower = min(pair["score_chosen"], pair["score_rejected"])
        told.append((lower >= rule.min_score, f"Both have {rule.min_score} votes or more (pairs.shp.min_score)."))
    return told


def _llumi(pair: Row, settings: Pairs) -> list[tuple[bool, str]]:
    rule = settings.llumi
    high, low, gap = pair["percentile_chosen"], pair["percentile_rejected"], pair["score_gap"]
    return [
        (
            high >= rule.chosen_percentile,
            f"Chosen beats {number(high)} % of the corpus, at least {number(rule.chosen_percentile)} %"
            " (pairs.llumi.chosen_percentile).",
        ),
        (
            low <= rule.rejected_percentile,
            f"Rejected beats {number(low)} %, at most {number(rule.rejected_percentile)} %"
            " (pairs.llumi.rejected_percentile).",
        ),
        (gap >= rule.min_gap, f"{gap:,} votes apart, at least {rule.min_gap} (pairs.llumi.min_gap)."),
    ]


def _stackexchange(pair: Row, settings: Pairs) -> list[tuple[bool, str]]:
    high, low = _log_votes(pair["score_chosen"]), _log_votes(pair["score_rejected"])
    least = settings.stackexchange.min_step
    return [
        (
            high - low >= least,
            f"Log-votes {high} against {low}, at least {least} apart (pairs.stackexchange.min_step).",
        )
    ]


def _log_votes(score: int) -> int:
    return -1 if score < 0 else round(math.log2(1 + score))
