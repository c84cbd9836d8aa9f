from array import array

import torch
from hypothesis import given
from hypothesis import strategies as st

from prefpairs.train.data.trees import Tree
from prefpairs.train.scoring.layout import layout
from tests.support.scoring import CPU, tree

_length = st.integers(1, 8)
_trees = st.lists(
    st.builds(
        lambda prompt, responses: tree(prompt, *responses), _length, st.lists(_length, min_size=1, max_size=4)
    ),
    min_size=1,
    max_size=4,
)


def test_first_token_of_every_response_is_predicted_by_the_last_of_its_prompt() -> None:
    one = Tree(
        thread_id="t",
        prompt=array("i", [7, 8, 9]),
        responses=(array("i", [1, 2]), array("i", [3])),
        response_ids=("a", "b"),
        numbers=(0, 1),
    )

    row = layout([one, one], device=CPU)

    assert row.ids.tolist() == [7, 8, 9, 1, 2, 3] * 2
    assert row.positions.tolist() == [0, 1, 2, 3, 4, 3] * 2
    assert row.scored.tolist() == [2, 3, 2, 8, 9, 8]
    assert row.targets.tolist() == [1, 2, 3] * 2
    assert row.response.tolist() == [0, 0, 1, 2, 2, 3]
    assert row.lengths.tolist() == [2, 1] * 2
    assert row.last.tolist() == [4, 5, 10, 11]


@given(trees=_trees)
def test_every_response_token_is_scored_once_from_the_place_before_it(trees: list[Tree]) -> None:
    row = layout(trees, device=CPU)
    before = row.positions[row.scored]
    first = torch.cat([torch.zeros(1, dtype=torch.long), row.lengths.cumsum(0)[:-1]])

    assert row.tokens == sum(one.tokens for one in trees)
    assert [token for one in trees for response in one.responses for token in response] == row.targets.tolist()
    assert row.ids[row.last].tolist() == row.targets[first + row.lengths - 1].tolist()
    assert (row.positions[row.last] == before[first + row.lengths - 1] + 1).all()
    assert row.segments[0].start == 0
    assert row.segments[-1].stop == row.tokens
    for one, following in zip(row.segments, row.segments[1:], strict=False):
        assert one.stop == following.start
