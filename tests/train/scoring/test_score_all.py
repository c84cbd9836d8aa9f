from collections.abc import Sequence

import pytest
import torch
from torch import Tensor

from prefpairs.train.attention.segments import SegmentsAttention
from prefpairs.train.data.trees import Pair, Tree
from prefpairs.train.scoring.all import score_all
from prefpairs.train.scoring.layout import Layout, Scores
from prefpairs.train.scoring.scorer import Scorer
from tests.support.scoring import CPU, RAGGED, one_by_one, tiny, tree


class OneOf:
    """A process among several that run one after the other: `sum` remembers what each would have sent."""

    def __init__(self, rank: int, size: int) -> None:
        self.rank = rank
        self.size = size
        self.sent: list[Tensor] = []

    def sum(self, tensor: Tensor) -> Tensor:
        self.sent.append(tensor)
        return tensor


class Counting:
    def __init__(self, scorer: Scorer) -> None:
        self.scorer = scorer
        self.rows = 0

    def __call__(self, layout: Layout) -> Scores:
        self.rows += 1
        scores: Scores = self.scorer(layout)
        return scores


def _scorer() -> Scorer:
    return Scorer(tiny("llama"), SegmentsAttention(), head_tokens=64, compute=torch.float32)


def _expected(model: object, trees: Sequence[Tree]) -> list[float]:
    with torch.no_grad():
        tokens = one_by_one(model, trees)
    lengths = [len(response) for one in trees for response in one.responses]
    return [part.sum().item() for part in torch.split(tokens, lengths)]


@pytest.mark.parametrize("row_tokens", [48, 64, 1000])
def test_scores_stand_at_the_numbers_of_their_responses_however_rows_are_cut(row_tokens: int) -> None:
    scorer = _scorer()

    scores = score_all(scorer, RAGGED, row_tokens=row_tokens, device=CPU)

    assert scores.dtype == torch.float32
    assert not scores.requires_grad
    assert scores.tolist() == pytest.approx(_expected(scorer.model, RAGGED), abs=1e-4)


def test_numbers_without_a_tree_hold_no_number() -> None:
    scores = score_all(_scorer(), [RAGGED[2]], row_tokens=1000, device=CPU)

    assert scores.isnan().tolist() == [True] * 4 + [False] * 2


def test_nothing_to_score_gives_no_scores() -> None:
    assert score_all(_scorer(), [], row_tokens=1000, device=CPU).shape == (0,)


@pytest.mark.parametrize("size", [2, 3, 5])
def test_processes_together_score_each_response_once_and_keep_in_step(size: int) -> None:
    one = tree(10, 12, 11, 9, 13, seed=5, first=6)
    pairs = tuple(Pair(chosen=chosen, rejected=rejected) for chosen in range(4) for rejected in range(chosen))
    cut = type(one)(**{name: getattr(one, name) for name in one.__slots__} | {"pairs": pairs})
    trees = [*RAGGED, cut]
    scorer = _scorer()
    processes = [OneOf(rank, size) for rank in range(size)]
    rows = []

    for process in processes:
        counting = Counting(scorer)
        score_all(counting, trees, row_tokens=48, device=CPU, processes=process)
        rows.append(counting.rows)

    summed, times = (torch.stack([process.sent[which] for process in processes]).sum(0) for which in (0, 1))
    assert len(set(rows)) == 1
    assert times.tolist() == [1.0] * 10
    assert summed.tolist() == pytest.approx(_expected(scorer.model, trees), abs=1e-4)
