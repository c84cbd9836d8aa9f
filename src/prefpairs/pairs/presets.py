"""Two responses to one post -> may they be compared, and how much the difference of their votes tells.

A preset is the rule of one paper, every threshold a setting. It has five pure parts: which posts and
which responses take no part (each with a reason code), which of two responses is the better one, which
pairs are admissible, and what a pair is worth when the caps of `caps` leave room for some of them only.

shp
    Ethayarajh, Choi and Swayamdipta 2022, "Understanding Dataset Difficulty with V-Usable Information"
    (Stanford Human Preferences). The preferred response scores at least `min_ratio` times as much *and*
    was written at the same second or later: it won although it was seen for a shorter time. Both score
    at least `min_score`; the post is an unedited text post for all ages that scores at least
    `min_post_score`. The numbered rule on SHP's card says "no later than", against its own summary, its
    own worked example and its data (`seconds_difference` >= 0): it is not followed here.
llumi
    LLUMI (arXiv 2605.30273). Chosen from the top 2 % of the corpus by score, rejected from the bottom
    15 %, at least 15 votes apart. The paper does not say what the percentiles are taken over; here it
    is every response that could have been compared, in all communities together (`percentile`).
stackexchange
    Askell et al. 2021 (arXiv 2112.00861, section 4.1), as published by H4 (stack-exchange-preferences): a step
    is round(log2(1 + score)), and -1 below zero; the response at least `min_step` steps higher is chosen. What
    that dataset adds for an accepted answer has no counterpart on Reddit.
calibrated
    Ours, the default. The response that is probably better, given who could have seen both (`exposure`,
    `posterior`): a pair is admissible at a preference probability of `min_probability` or more, also if
    its chosen response has fewer votes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import special

from prefpairs.config_pairs import Pairs
from prefpairs.reasons import Rule

IntArray = npt.NDArray[np.integer[Any]]
FloatArray = npt.NDArray[np.floating[Any]]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Votes:
    """What is known of each response, one entry a position.

    Attributes
    ----------
    score, created_utc, percentile
        Settled votes, seconds (0 where the time is unknown), and the place in the corpus, 0 to 100.
    quality, quality_sd, expected_votes
        Posterior mean and standard deviation of the log quality, and the votes that a response of average
        quality would have in its place (`exposure`). NaN where unknown: compared with nothing.
    may_be_chosen
        False for a response that may only be rejected.

    """

    score: IntArray
    created_utc: IntArray
    percentile: FloatArray
    quality: FloatArray
    quality_sd: FloatArray
    expected_votes: FloatArray
    may_be_chosen: Mask


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """The parts of a rule.

    Attributes
    ----------
    post_rules, response_rules
        Who takes no part, over the columns of `responses.judged_responses` (posts: `post_...`).
    level
        votes -> a number for each response. Of two responses the one of the higher level is chosen; equal
        levels are not compared, and NaN with nothing.
    admissible
        (votes, chosen, rejected, settings) -> true for the pairs to keep. Every pair is of one post,
        chosen has the higher level, and both passed the other rules. The pairs are positions.
    worth
        (votes, chosen, rejected) -> the higher, the sooner a cap takes the pair. It depends on the two
        responses alone. Pairs are sorted sooner by 32 bits than by 64.

    """

    post_rules: Callable[[Pairs], Sequence[Rule]]
    response_rules: Callable[[Pairs], Sequence[Rule]]
    level: Callable[[Votes], IntArray | FloatArray]
    admissible: Callable[[Votes, IntArray, IntArray, Pairs], Mask]
    worth: Callable[[Votes, IntArray, IntArray], FloatArray]


def percentile(score: pl.Expr) -> pl.Expr:
    """Return the share, 0 to 100, of the non-null scores that are lower than each one.

    Ties share their lowest place. So the bottom 15 % (`<= 15`: at most 15 % scored less) is what reaches
    up to the score of the 15th percentile, also in a quiet community where most comments keep the
    score of 1 that they were born with; and the top 2 % (`>= 98`: 98 % scored less) never holds more
    than 2 % of the responses.
    """
    # Whole numbers until the one division, so that 98 of 100 is exactly 98.
    return 100 * (score.rank("min").cast(pl.Int64) - 1) / score.count()


def score_ratio(chosen: IntArray, rejected: IntArray) -> FloatArray:
    """Return chosen / rejected, NaN unless both are positive: never infinite, never negative."""
    defined = (chosen > 0) & (rejected > 0)
    ratio = np.full(chosen.shape, np.nan)
    np.divide(chosen, rejected, out=ratio, where=defined)
    return ratio


def _score(votes: Votes) -> IntArray:
    return votes.score


def _shp_post_rules(settings: Pairs) -> list[Rule]:
    rule = settings.shp
    rules: list[Rule] = []
    if rule.require_self_post:
        rules.append(("NOT_SELF_POST", ~pl.col("post_is_self")))
    if rule.drop_over_18:
        rules.append(("POST_OVER_18", pl.col("post_over_18")))
    if rule.drop_edited_posts:
        rules.append(("POST_EDITED", pl.col("post_edited").is_not_null()))
    if rule.min_post_score is not None:
        rules.append(("POST_SCORE", pl.col("post_score").is_null() | (pl.col("post_score") < rule.min_post_score)))
    return rules


def _shp_response_rules(settings: Pairs) -> list[Rule]:
    rule = settings.shp
    rules: list[Rule] = []
    if rule.min_score is not None:
        rules.append(("SCORE_BELOW_MINIMUM", pl.col("score") < rule.min_score))
    if rule.require_later:
        rules.append(("NO_TIME", pl.col("created_utc").is_null()))
    return rules


def _shp_admissible(votes: Votes, chosen: IntArray, rejected: IntArray, settings: Pairs) -> Mask:
    rule = settings.shp
    keep = np.ones(chosen.shape, dtype=np.bool_)
    if rule.min_ratio > 1:
        # A pair without a ratio (a score of 0 or less) compares as false. At 1, every higher score will do.
        keep &= score_ratio(votes.score[chosen], votes.score[rejected]) >= rule.min_ratio
    if rule.require_later:
        keep &= votes.created_utc[chosen] >= votes.created_utc[rejected]
    return keep


def _shp_worth(votes: Votes, chosen: IntArray, rejected: IntArray) -> FloatArray:
    higher, lower = votes.score[chosen], votes.score[rejected]
    ratio = score_ratio(higher, lower)
    # Pairs without a ratio come after all others, the widest gap first: -1 / gap lies in [-1, 0).
    return np.where(np.isnan(ratio), -1.0 / (higher - lower), ratio)


def _calibrated_post_rules(settings: Pairs) -> list[Rule]:
    return [("POST_OVER_18", pl.col("post_over_18"))] if settings.calibrated.drop_over_18 else []


def _quality(votes: Votes) -> FloatArray:
    return votes.quality


def _gap_and_variance(votes: Votes, chosen: IntArray, rejected: IntArray) -> tuple[FloatArray, FloatArray]:
    gap = votes.quality[chosen] - votes.quality[rejected]
    square = votes.quality_sd**2
    return gap, square[chosen] + square[rejected]


def _calibrated_admissible(votes: Votes, chosen: IntArray, rejected: IntArray, settings: Pairs) -> Mask:
    # P(better) = Phi(gap / sd) >= p, with both sides squared: no transcendental function for each pair.
    least = np.float32(special.ndtri(settings.calibrated.min_probability) ** 2)
    gap, variance = _gap_and_variance(votes, chosen, rejected)
    keep: Mask = gap * gap >= least * variance
    return keep


def _calibrated_worth(votes: Votes, chosen: IntArray, rejected: IntArray) -> FloatArray:
    """Return sureness over distance.

    A label teaches most if it is sure and not obvious. The sureness of z = gap / sd standard deviations is
    z^2 / (1 + z^2); the distance is the gap of log quality. So two responses that many people saw, one clearly
    but not hugely better, go before the best against something that nobody saw.
    """
    gap, variance = _gap_and_variance(votes, chosen, rejected)
    square = gap * gap
    worth: FloatArray = square / ((square + variance) * (1 + gap))
    return worth


def _stackexchange_level(votes: Votes) -> IntArray:
    return _log_votes(votes.score)


def _stackexchange_admissible(votes: Votes, chosen: IntArray, rejected: IntArray, settings: Pairs) -> Mask:
    step = _log_votes(votes.score)
    keep: Mask = step[chosen] - step[rejected] >= settings.stackexchange.min_step
    return keep


def _stackexchange_worth(votes: Votes, chosen: IntArray, rejected: IntArray) -> FloatArray:
    step = _log_votes(votes.score).astype(np.float32)
    worth: FloatArray = step[chosen] - step[rejected]
    return worth


def _log_votes(score: IntArray) -> IntArray:
    step = np.rint(np.log2(1 + np.maximum(score, 0))).astype(np.int16)
    return np.where(score < 0, np.int16(-1), step)


def _no_rules(_: Pairs) -> list[Rule]:
    return []


def _llumi_response_rules(settings: Pairs) -> list[Rule]:
    rule = settings.llumi
    percentile_ = pl.col("percentile")
    extreme = (percentile_ >= rule.chosen_percentile) | (percentile_ <= rule.rejected_percentile)
    return [("NOT_EXTREME", ~extreme)]


def _llumi_admissible(votes: Votes, chosen: IntArray, rejected: IntArray, settings: Pairs) -> Mask:
    rule = settings.llumi
    keep: Mask = votes.percentile[chosen] >= rule.chosen_percentile
    keep &= votes.percentile[rejected] <= rule.rejected_percentile
    keep &= votes.score[chosen] - votes.score[rejected] >= rule.min_gap
    return keep


def _llumi_worth(votes: Votes, chosen: IntArray, rejected: IntArray) -> FloatArray:
    return (votes.score[chosen] - votes.score[rejected]).astype(np.float64)


PRESETS: dict[str, Preset] = {
    "calibrated": Preset(
        post_rules=_calibrated_post_rules,
        response_rules=_no_rules,
        level=_quality,
        admissible=_calibrated_admissible,
        worth=_calibrated_worth,
    ),
    "shp": Preset(
        post_rules=_shp_post_rules,
        response_rules=_shp_response_rules,
        level=_score,
        admissible=_shp_admissible,
        worth=_shp_worth,
    ),
    "llumi": Preset(
        post_rules=_no_rules,
        response_rules=_llumi_response_rules,
        level=_score,
        admissible=_llumi_admissible,
        worth=_llumi_worth,
    ),
    "stackexchange": Preset(
        post_rules=_no_rules,
        response_rules=_no_rules,
        level=_stackexchange_level,
        admissible=_stackexchange_admissible,
        worth=_stackexchange_worth,
    ),
}
