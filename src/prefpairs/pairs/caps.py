"""Admissible pairs, best first -> the pairs that the caps leave.

The rule is the plain greedy one: walk through the pairs of a post, best first, and take each pair that
no cap forbids. Done pair by pair that is a Python loop over millions; here each round takes, in all
posts at once, every pair that the walk is certain to take, and gives the same answer.
"""

import numpy as np
import numpy.typing as npt

from prefpairs.pairs.presets import FloatArray, IntArray, Mask

Whole = npt.NDArray[np.integer]


def best_first(group: Whole, worth: FloatArray) -> IntArray:
    """Return the order of pairs by group, then by falling worth, then as they came."""
    by_worth = np.argsort(-worth, kind="stable")
    # Numbers below 2^16 are sorted by radix, in linear time.
    narrow = group[by_worth].astype(np.min_scalar_type(int(group.max(initial=0))))
    return by_worth[np.argsort(narrow, kind="stable")]


def within_caps(
    post: Whole, chosen: IntArray, rejected: IntArray, *, per_post: int, per_response: int
) -> IntArray:
    """Return the indices, rising, of the pairs that the greedy walk takes.

    Parameters
    ----------
    post, chosen, rejected
        One entry a pair, grouped by post, best first. Small numbers from 0: counters are indexed by them.
    per_post, per_response
        Pairs of one post, and appearances of one response, chosen or rejected.

    """
    in_post = np.zeros(int(post.max(initial=-1)) + 1, dtype=np.int64)
    in_response = np.zeros(max(int(chosen.max(initial=-1)), int(rejected.max(initial=-1))) + 1, dtype=np.int64)
    taken: list[IntArray] = []
    open_ = np.arange(len(post), dtype=np.int64)
    while open_.size:
        room = per_post - in_post[post[open_]]
        window = open_[appearance(post[open_]) < room]
        # Even if all pairs before it in the window are taken, these are still allowed: the walk takes them.
        both = np.stack([chosen[window], rejected[window]], axis=1).ravel()
        earlier = (appearance(both) + in_response[both]).reshape(-1, 2)
        certain = (earlier < per_response).all(axis=1)
        taken.append(window[certain])
        in_post += np.bincount(post[taken[-1]], minlength=in_post.size)
        in_response += np.bincount(both.reshape(-1, 2)[certain].ravel(), minlength=in_response.size)
        still = in_post[post[open_]] < per_post
        still &= (in_response[chosen[open_]] < per_response) & (in_response[rejected[open_]] < per_response)
        still[np.searchsorted(open_, taken[-1])] = False
        open_ = open_[still]
    return np.sort(np.concatenate(taken)) if taken else open_


def within_reach(row: Whole, worth: FloatArray, *, per_post: int, per_response: int) -> Mask:
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


def appearance(values: Whole) -> IntArray:
    """Return, for each entry, how many equal entries stand before it."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]]) if len(values) else np.arange(0)
    lengths = np.diff(np.r_[starts, len(values)])
    result = np.empty(len(values), dtype=np.int64)
    result[order] = np.arange(len(values)) - np.repeat(starts, lengths)
    return result
