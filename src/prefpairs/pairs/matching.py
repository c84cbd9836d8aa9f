"""Responses as numbers -> the pairs that the preset admits and the caps leave.

Nothing here knows a name or a text. Posts are taken in blocks of about a million possible pairs, so
memory does not grow with the threads, and any order of the input rows gives the same pairs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from prefpairs.config import Pairs
from prefpairs.pairs.candidates import BLOCK_PAIRS, Ranking, pairs_of_rows, post_blocks, ranking, row_blocks
from prefpairs.pairs.caps import appearance, best_first, within_caps, within_reach
from prefpairs.pairs.presets import PRESETS, FloatArray, IntArray, Mask, Votes
from prefpairs.pairs.responses import first_reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What came of the responses.

    Attributes
    ----------
    pairs
        `chosen` and `rejected`: numbers of responses, sorted by post, chosen, rejected.
    dropped
        Reason code -> responses that are in no pair.
    admissible
        Pairs that the preset admits, before the caps.

    """

    pairs: pl.DataFrame
    dropped: Mapping[str, int]
    admissible: int


def select_pairs(responses: pl.DataFrame, settings: Pairs, *, block_pairs: int = BLOCK_PAIRS) -> Selection:
    """Compare the responses of each post.

    A cap takes the pair that is worth more first (`presets.Preset.worth`); ties go to the chosen response
    that scored higher, then to the lower number of chosen, then of rejected. The caps of a post and of a
    response hold first; the cap of an author is applied to what they leave, over the whole corpus, and
    gives no place back.

    Parameters
    ----------
    responses
        One row a response: `response` and `post` (whole numbers, in the order that breaks ties), `score`,
        `created_utc` (seconds, may be null), `percentile`, and `author` (any type; null is never capped).
    settings
        The preset, its thresholds and the caps.
    block_pairs
        Possible pairs looked at together: it decides memory and speed, never the result.

    """
    rules = PRESETS[settings.preset].response_rules(settings)
    judged = responses.select("response", "post", "score", reason=first_reason(rules))
    dropped = _counts(judged.get_column("reason"))
    rows = _best_first_rows(judged)
    size_of_post, place_in_post = _places(_whole(responses, "post", rows))
    fits = _outside_the_middle(size_of_post, place_in_post, settings.max_responses_per_post)
    rows, lonely = rows[fits], int((size_of_post == 1).sum())
    dropped |= {"ONLY_RESPONSE": lonely, "MEGA_THREAD": int((~fits).sum())}

    matched = _match(_whole(responses, "post", rows), _votes(responses, rows), settings, block_pairs)
    kept = _within_author_cap(responses.get_column("author")[rows[matched.chosen]], matched, settings)
    chosen, rejected = rows[matched.chosen[kept]], rows[matched.rejected[kept]]
    used, partnered = len(np.union1d(chosen, rejected)), int(matched.has_partner.sum())
    dropped |= {"NO_PARTNER": len(rows) - lonely - partnered, "CAPPED": partnered - used}
    return Selection(
        pairs=_numbered(responses, chosen, rejected),
        dropped={reason: count for reason, count in dropped.items() if count},
        admissible=matched.admissible,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Matched:
    chosen: IntArray
    rejected: IntArray
    worth: FloatArray
    has_partner: Mask
    admissible: int


def _match(post: IntArray, votes: Votes, settings: Pairs, block_pairs: int) -> _Matched:
    index = ranking(post, votes.score)
    has_partner = np.zeros(len(post), dtype=np.bool_)
    sides: tuple[list[IntArray], list[IntArray]] = ([np.zeros(0, np.int64)], [np.zeros(0, np.int64)])
    admissible = 0
    for first, last in post_blocks(index, pairs=block_pairs):
        rows = list(row_blocks(index, first, last, pairs=block_pairs))
        chosen, rejected, count = _admissible_pairs(index, votes, settings, has_partner, rows)
        taken = _within_post_caps(index, votes, settings, chosen, rejected)
        sides[0].append(chosen[taken])
        sides[1].append(rejected[taken])
        admissible += count
    chosen, rejected = np.concatenate(sides[0]), np.concatenate(sides[1])
    worth = PRESETS[settings.preset].worth(votes, chosen, rejected)
    return _Matched(chosen=chosen, rejected=rejected, worth=worth, has_partner=has_partner, admissible=admissible)


def _admissible_pairs(
    index: Ranking, votes: Votes, settings: Pairs, has_partner: Mask, blocks: Sequence[tuple[int, int]]
) -> tuple[IntArray, IntArray, int]:
    """Return the admissible pairs of blocks of rows in rising order, and their number; mark who is in one.

    Of a post that needs several blocks, only the pairs that the caps could take are kept.
    """
    preset = PRESETS[settings.preset]
    parts, count = [], 0
    for block in blocks:
        chosen, rejected = pairs_of_rows(index, *block)
        keep = preset.admissible(votes, chosen, rejected, settings)
        chosen, rejected = chosen[keep], rejected[keep]
        has_partner[chosen] = has_partner[rejected] = True
        count += len(chosen)
        if len(blocks) > 1:
            worth = preset.worth(votes, chosen, rejected)
            reach = within_reach(
                chosen, worth, per_post=settings.max_pairs_per_post, per_response=settings.max_pairs_per_response
            )
            chosen, rejected = chosen[reach], rejected[reach]
        parts.append((chosen, rejected))
    return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts]), count


def _within_post_caps(
    index: Ranking, votes: Votes, settings: Pairs, chosen: IntArray, rejected: IntArray
) -> IntArray:
    if not len(chosen):
        return np.zeros(0, dtype=np.int64)
    post = np.searchsorted(index.starts, chosen, side="right")
    post -= post[0]
    order = best_first(post, PRESETS[settings.preset].worth(votes, chosen, rejected))
    origin = chosen[0]
    taken = within_caps(
        post[order],
        chosen[order] - origin,
        rejected[order] - origin,
        per_post=settings.max_pairs_per_post,
        per_response=settings.max_pairs_per_response,
    )
    return order[taken]


def _within_author_cap(author: pl.Series, matched: _Matched, settings: Pairs) -> Mask:
    order = np.argsort(-matched.worth, kind="stable")
    nobody = 0
    code = author.rank("dense").fill_null(nobody).to_numpy()[order]
    keep = np.zeros(len(order), dtype=np.bool_)
    keep[order] = (appearance(code) < settings.max_pairs_per_author) | (code == nobody)
    return keep


def _best_first_rows(judged: pl.DataFrame) -> IntArray:
    """Return the row numbers of the responses without a reason by post, falling score, rising number."""
    return (
        judged.with_row_index("row")
        .filter(pl.col("reason").is_null())
        .sort("post", "score", "response", descending=[False, True, False])
        .get_column("row")
        .cast(pl.Int64)
        .to_numpy()
    )


def _places(post: IntArray) -> tuple[IntArray, IntArray]:
    """Return, for each response of posts in order, the size of its post and its place there, from 0."""
    starts = np.flatnonzero(np.r_[True, post[1:] != post[:-1]]) if len(post) else np.zeros(0, np.int64)
    sizes = np.diff(np.r_[starts, len(post)])
    return np.repeat(sizes, sizes), np.arange(len(post)) - np.repeat(starts, sizes)


def _outside_the_middle(size: IntArray, place: IntArray, most: int) -> Mask:
    """Return true for the best and the worst of a post, `most` together, the odd one being a best."""
    worst = most // 2
    keep: Mask = (place < most - worst) | (place >= size - worst)
    return keep


def _votes(responses: pl.DataFrame, rows: IntArray) -> Votes:
    return Votes(
        score=_whole(responses, "score", rows),
        created_utc=_whole(responses, "created_utc", rows),
        percentile=responses.get_column("percentile")[rows].to_numpy(),
    )


def _whole(responses: pl.DataFrame, column: str, rows: IntArray) -> IntArray:
    values: IntArray = responses.get_column(column)[rows].cast(pl.Int64).fill_null(0).to_numpy()
    return values


def _numbered(responses: pl.DataFrame, chosen: IntArray, rejected: IntArray) -> pl.DataFrame:
    number, post = responses.get_column("response"), responses.get_column("post")
    pairs = pl.DataFrame({"post": post[chosen], "chosen": number[chosen], "rejected": number[rejected]})
    return pairs.sort("post", "chosen", "rejected").select("chosen", "rejected")


def _counts(reasons: pl.Series) -> dict[str, int]:
    counted = reasons.drop_nulls().value_counts()
    return dict(counted.sort(reasons.name).iter_rows())
