"""What no objective may depend on: how trees are dealt to rows, and in which order anything stands."""

import math
from dataclasses import replace
from random import Random

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from prefpairs.train.data.packing import pack
from prefpairs.train.data.trees import Tree
from prefpairs.train.objectives.labels import Labelling
from prefpairs.train.objectives.listwise import PlackettLuce
from prefpairs.train.objectives.objective import Objective
from prefpairs.train.objectives.pairwise import Ipo, Sigmoid
from prefpairs.train.objectives.supervised import Supervised
from prefpairs.train.scoring.layout import Scores
from tests.support.preference_trees import pair, tree

OBJECTIVES: dict[str, Objective] = {
    "sft": Supervised(),
    "sigmoid": Sigmoid(beta=0.5),
    "sigmoid by post, soft labels, SFT term": Sigmoid(
        beta=0.5, labelling=Labelling(weighting="post", probability="soft_label", smoothing=0.1), sft_term=0.5
    ),
    "sigmoid, weights": Sigmoid(beta=0.5, labelling=Labelling(probability="weight")),
    "sigmoid, offsets": Sigmoid(beta=0.5, labelling=Labelling(probability="offset")),
    "ipo": Ipo(beta=0.5, labelling=Labelling(smoothing=0.1)),
    "plackett_luce": PlackettLuce(beta=0.5),
    "plackett_luce by post": PlackettLuce(beta=0.5, labelling=Labelling(weighting="post")),
}


@st.composite
def trees(draw: st.DrawFn) -> tuple[Tree, ...]:
    found = []
    for number in range(draw(st.integers(1, 5))):
        responses = draw(st.integers(1, 5))
        ranking = draw(st.permutations(range(responses)))
        every = [(better, worse) for place, better in enumerate(ranking) for worse in ranking[place + 1 :]]
        kept = draw(st.lists(st.sampled_from(every), unique=True)) if every else []
        found.append(
            tree(
                lengths=draw(st.lists(st.integers(1, 9), min_size=responses, max_size=responses)),
                pairs=[
                    pair(better, worse, probability=draw(st.floats(0.05, 0.95)), weight=draw(st.floats(0.0, 2.0)))
                    for better, worse in kept
                ],
                ranking=ranking if draw(st.booleans()) else (),
                name=f"thread-{number}",
                first_number=10 * number,
            )
        )
    return tuple(found)


def found(objective: Objective, row: tuple[Tree, ...], whole: tuple[Tree, ...]) -> tuple[float, list[float]]:
    """Score responses by their number in the split alone, so that any row gets the same scores."""
    numbers = [number for one in row for number in one.numbers]
    sums = torch.tensor([-5 * math.sin(number) ** 2 for number in numbers], dtype=torch.float64)
    reference = torch.tensor([-5 * math.sin(number + 0.3) ** 2 for number in numbers], dtype=torch.float64)
    lengths = torch.tensor([len(response) for one in row for response in one.responses])
    loss = objective(Scores(sums=sums, lengths=lengths), reference, row, objective.denominators(whole))
    return loss.value.item(), loss.sums.tolist()


@pytest.mark.parametrize("name", OBJECTIVES)
@given(whole=trees(), cut=st.integers(0, 5))
@settings(max_examples=20, deadline=None)
def test_rows_add_up_to_one_row(name: str, whole: tuple[Tree, ...], cut: int) -> None:
    objective = OBJECTIVES[name]
    value, sums = found(objective, whole, whole)
    rows = [row for row in (whole[:cut], whole[cut:]) if row]
    parts = [found(objective, row, whole) for row in rows]

    assert sum(part for part, _ in parts) == pytest.approx(value, rel=1e-9, abs=1e-12)
    added = [math.fsum(column) for column in zip(*(part for _, part in parts), strict=True)]
    assert added == pytest.approx(sums, rel=1e-9, abs=1e-12)
    assert objective.summary(added)["loss"] == pytest.approx(value, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("name", [name for name in OBJECTIVES if not name.startswith(("sft", "plackett"))])
@given(whole=trees(), row_tokens=st.integers(20, 40))
@settings(max_examples=20, deadline=None)
def test_trees_that_are_cut_to_fit_rows_count_as_the_whole_ones(
    name: str, whole: tuple[Tree, ...], row_tokens: int
) -> None:
    objective = OBJECTIVES[name]
    value, _ = found(objective, whole, whole)
    parts = [found(objective, tuple(row), whole)[0] for row in pack(whole, row_tokens=row_tokens)]

    assert math.fsum(parts) == pytest.approx(value, rel=1e-9, abs=1e-9)


@given(whole=trees(), row_tokens=st.integers(20, 40))
@settings(max_examples=20, deadline=None)
def test_responses_that_are_dealt_to_several_rows_are_fine_tuned_on_once(
    whole: tuple[Tree, ...], row_tokens: int
) -> None:
    examples = tuple(replace(one, pairs=(), ranking=()) for one in whole)
    value, _ = found(Supervised(), examples, examples)
    parts = [found(Supervised(), tuple(row), examples)[0] for row in pack(examples, row_tokens=row_tokens)]

    assert math.fsum(parts) == pytest.approx(value, rel=1e-9)


@pytest.mark.parametrize("name", [name for name in OBJECTIVES if name.startswith("plackett")])
@given(whole=trees(), row_tokens=st.integers(20, 40))
@settings(max_examples=20, deadline=None)
def test_a_ranking_that_is_cut_counts_as_much_as_a_whole_one(
    name: str, whole: tuple[Tree, ...], row_tokens: int
) -> None:
    objective = OBJECTIVES[name]
    items = objective.metrics.index("items")
    parts = [found(objective, tuple(row), whole)[1][items] for row in pack(whole, row_tokens=row_tokens)]

    assert math.fsum(parts) == pytest.approx(objective.denominators(whole)[0])


@pytest.mark.parametrize("name", OBJECTIVES)
@given(whole=trees(), seed=st.integers(0, 99))
@settings(max_examples=20, deadline=None)
def test_order_of_trees_responses_and_pairs_changes_nothing(name: str, whole: tuple[Tree, ...], seed: int) -> None:
    objective = OBJECTIVES[name]
    value, _ = found(objective, whole, whole)
    shuffled = [_shuffled(one, Random(seed)) for one in whole]
    Random(seed).shuffle(shuffled)

    assert found(objective, tuple(shuffled), tuple(shuffled))[0] == pytest.approx(value, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_gradients_are_those_of_finite_differences(name: str) -> None:
    objective = OBJECTIVES[name]
    row = (
        tree(
            lengths=(3, 4, 2),
            pairs=(pair(0, 1, probability=0.9), pair(2, 1, probability=0.7)),
            ranking=(0, 2, 1),
        ),
        tree(lengths=(7, 5), pairs=(pair(1, 0, probability=0.6, weight=0.5),), ranking=(1, 0)),
    )
    lengths = torch.tensor([3, 4, 2, 7, 5])
    reference = torch.tensor([-2.0, -2.5, -1.5, -6.0, -4.0], dtype=torch.float64)

    def value(sums: torch.Tensor) -> torch.Tensor:
        return objective(Scores(sums=sums, lengths=lengths), reference, row, objective.denominators(row)).value

    sums = torch.tensor([-3.0, -2.0, -1.0, -4.0, -5.0], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(value, (sums,))


def _shuffled(one: Tree, random: Random) -> Tree:
    order = list(range(len(one.responses)))
    random.shuffle(order)
    place = {old: new for new, old in enumerate(order)}
    pairs = [replace(each, chosen=place[each.chosen], rejected=place[each.rejected]) for each in one.pairs]
    random.shuffle(pairs)
    return replace(
        one,
        responses=tuple(one.responses[old] for old in order),
        response_ids=tuple(one.response_ids[old] for old in order),
        numbers=tuple(one.numbers[old] for old in order),
        pairs=tuple(pairs),
        ranking=tuple(place[old] for old in one.ranking),
    )
