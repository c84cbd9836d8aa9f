"""Admissible pairs, best first -> the pairs that the caps leave.

The rule is the plain greedy one: walk through the pairs of a post, best first, and take each pair that
no cap forbids. Done pair by pair that is a Python loop over millions; here each round takes, in all
posts at once, every pair that the walk is certain to take, and gives the same answer.
"""

import numpy as np
import polars as pl

from prefpairs.pairs.ordering import Positions, appearance, best_first, place_in_run
from prefpairs.pairs.presets import FloatArray, IntArray, Mask


def within_caps(
    post: IntArray, chosen: IntArray, rejected: IntArray, worth: FloatArray, *, per_post: int, per_response: int
) -> Positions:
    """Return the indices of the pairs that the greedy walk takes, in no order.

    Parameters
    ----------
    post, chosen, rejected, worth
        One entry a pair. `post` never falls. Small numbers from 0: counters are indexed by them.
    per_post, per_response
        Pairs of one post, and appearances of one response, chosen or rejected.

    """
    in_post = np.zeros(int(post.max(initial=-1)) + 1, dtype=np.int64)
    in_response = np.zeros(max(int(chosen.max(initial=-1)), int(rejected.max(initial=-1))) + 1, dtype=np.int64)
    order = best_first(post, worth)
    taken: list[Positions] = [order[:0]]
    # Most posts are full long before their last pair: the walk looks at ever longer stretches of the rest.
    place, stretch = place_in_run(post), 2 * per_post
    ahead = np.arange(len(post))
    while ahead.size:
        near = place[ahead] < stretch
        open_, ahead = order[ahead[near]], ahead[~near]
        while open_.size:
            room = per_post - in_post[post[open_]]
            window = open_[place_in_run(post[open_]) < room]
            # Even if all pairs before it in the window are taken, these are still allowed: the walk takes them.
            both = np.stack([chosen[window], rejected[window]], axis=1)
            earlier = appearance(both.ravel()).reshape(-1, 2) + in_response[both]
            certain = (earlier < per_response).all(axis=1)
            taken.append(window[certain])
            in_post += np.bincount(post[taken[-1]], minlength=in_post.size)
            in_response += np.bincount(both[certain].ravel(), minlength=in_response.size)
            done = np.zeros(len(post), dtype=np.bool_)
            done[taken[-1]] = True
            still = ~done[open_] & (in_post[post[open_]] < per_post)
            still &= (in_response[chosen[open_]] < per_response) & (in_response[rejected[open_]] < per_response)
            open_ = open_[still]
        ahead = ahead[in_post[post[ahead]] < per_post]
        stretch *= 4
    return np.concatenate(taken)


def within_reach(row: IntArray, worth: FloatArray, *, per_post: int, per_response: int) -> Mask:
    """Return true for the pairs that the greedy walk could take, whatever else is in the post.

    `row` is the chosen response. A pair is passed over only because its rejected response is used up,
    and before the post is full at most `2 * (per_post - 1) / per_response` responses can be. So among
    the pairs of one chosen response only the first few count, and a huge thread can be cut in parts.
    """
    used_up = 2 * (per_post - 1) // per_response
    order = best_first(row - row[0], worth) if len(row) else np.arange(0)
    keep = np.zeros(len(row), dtype=np.bool_)
    keep[order] = appearance(row[order]) < per_response + used_up
    return keep


def within_author_cap(author: pl.Series, worth: FloatArray, *, per_author: int) -> Mask:
    """Return true for the `per_author` pairs of each author that are worth most, ties as they came.

    `author` is who wrote the chosen response, of any type; null is nobody in particular and never capped.
    """
    keep = np.ones(len(worth), dtype=np.bool_)
    if len(worth) <= per_author:
        return keep
    wins = author.drop_nulls().value_counts(name="wins")
    too_many = wins.filter(pl.col("wins") > per_author).get_column(author.name)
    busy = np.flatnonzero(author.is_in(too_many.implode()).fill_null(value=False))
    if len(busy):
        code = author[busy].rank("dense").to_numpy()
        order = np.argsort(-worth[busy], kind="stable")
        keep[busy[order]] = appearance(code[order]) < per_author
    return keep
