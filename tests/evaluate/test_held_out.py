from dataclasses import replace

import numpy as np
import pytest

from prefpairs.errors import ContractError
from prefpairs.evaluate.held_out import held_out
from prefpairs.train.data.trees import Pair, Split
from tests.support.evaluating import split_of


def test_pairs_become_positions_among_all_responses() -> None:
    held = held_out(
        split_of([Pair(chosen=1, rejected=0)], [Pair(chosen=0, rejected=2), Pair(chosen=1, rejected=2)])
    )
    assert held.chosen.tolist() == [1, 2, 3]
    assert held.rejected.tolist() == [0, 4, 4]
    assert held.post.tolist() == [0, 1, 1]
    assert held.posts == 2
    assert held.tokens.tolist() == [4, 4, 4, 4, 4]


def test_two_prompts_of_one_post_are_one_post() -> None:
    pair = [Pair(chosen=0, rejected=1)]
    held = held_out(split_of(pair, pair, pair, post=["first", "second", "first"]))
    assert held.post.tolist() == [0, 1, 0]
    assert held.posts == 2


def test_a_post_without_a_pair_is_no_post_of_the_evaluation() -> None:
    held = held_out(split_of([], [Pair(chosen=0, rejected=1)]))
    assert (held.posts, len(held.threads)) == (1, 1)
    assert held.chosen.tolist() == [1]


def test_what_is_unknown_is_no_number() -> None:
    held = held_out(split_of([Pair(chosen=0, rejected=1, probability=0.8), Pair(chosen=1, rejected=2)]))
    assert held.probability[0] == 0.8
    assert np.isnan(held.probability[1])
    assert np.isnan(held.seconds_between).all()


def test_a_whole_ranking_compares_every_two_responses() -> None:
    pairs = [Pair(chosen=2, rejected=0), Pair(chosen=0, rejected=1)]
    [tree] = split_of(pairs).trees
    [thread] = held_out(Split(trees=(replace(tree, ranking=(2, 0, 1)),), rows=2, dropped={})).threads
    assert list(zip(thread.better, thread.worse, strict=True)) == [(2, 0), (2, 1), (0, 1)]
    assert thread.best.tolist() == [2]


def test_a_ranking_of_responses_that_were_never_compared_is_not_believed() -> None:
    pairs = [Pair(chosen=0, rejected=1), Pair(chosen=0, rejected=2)]
    [tree] = split_of(pairs).trees
    [thread] = held_out(Split(trees=(replace(tree, ranking=(0, 1, 2)),), rows=2, dropped={})).threads
    assert list(zip(thread.better, thread.worse, strict=True)) == [(0, 1), (0, 2)]


def test_a_split_without_pairs_is_refused_with_what_to_look_at() -> None:
    with pytest.raises(ContractError, match="of 3 rows none could be used"):
        held_out(Split(trees=(), rows=3, dropped={"too_long": 3}))
