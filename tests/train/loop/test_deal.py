from array import array
from itertools import chain

from hypothesis import given
from hypothesis import strategies as st

from prefpairs.train.data.trees import PackedRow, Tree
from prefpairs.train.loop.deal import deal

ROW_TOKENS = 64
_sizes = st.lists(st.integers(1, 40), min_size=1, max_size=30)


def _trees(sizes: list[int]) -> list[Tree]:
    return [
        Tree(
            thread_id=str(number),
            prompt=array("i", [1] * size),
            responses=(array("i", [2]),),
            response_ids=(str(number),),
            numbers=(number,),
        )
        for number, size in enumerate(sizes)
    ]


def _tokens(rows: tuple[PackedRow, ...]) -> int:
    return sum(tree.tokens for row in rows for tree in row)


@given(_sizes, st.integers(1, 5))
def test_every_tree_is_dealt_to_one_process(sizes: list[int], processes: int) -> None:
    hands = deal(_trees(sizes), size=processes, row_tokens=ROW_TOKENS)

    dealt = [tree.thread_id for hand in hands for tree in chain.from_iterable(hand.rows)]
    assert len(hands) == processes
    assert sorted(dealt, key=int) == [str(number) for number in range(len(sizes))]


@given(_sizes, st.integers(1, 5))
def test_no_process_has_more_than_its_share_and_one_tree(sizes: list[int], processes: int) -> None:
    trees = _trees(sizes)
    loads = [_tokens(hand.rows) for hand in deal(trees, size=processes, row_tokens=ROW_TOKENS)]

    assert max(loads) <= sum(loads) / processes + max(tree.tokens for tree in trees)


@given(_sizes, st.integers(1, 5))
def test_processes_that_wait_for_one_another_call_equally_often(sizes: list[int], processes: int) -> None:
    hands = deal(_trees(sizes), size=processes, row_tokens=ROW_TOKENS, equal_calls=True)

    assert len({len(hand.rows) + len(hand.idle) for hand in hands}) == 1
    assert any(not hand.idle for hand in hands)
