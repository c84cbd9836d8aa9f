from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefpairs.train.data.order import Order, data_order_hash
from prefpairs.train.data.trees import Tree

ORDERS = st.builds(
    Order, split_size=st.integers(1, 60), seed=st.integers(-5, 5), posts_per_step=st.integers(1, 70)
)


def _trees(size: int) -> list[Tree]:
    return [
        Tree(
            thread_id=f"t{number}",
            prompt=array("i", [1]),
            responses=(array("i", [2]),),
            response_ids=(f"r{number}",),
            numbers=(number,),
        )
        for number in range(size)
    ]


@given(ORDERS, st.integers(1, 3))
def test_every_epoch_shows_every_tree_once(order: Order, epochs: int) -> None:
    shown = [order.batch(step) for step in range(order.steps(epochs))]

    for epoch in range(epochs):
        steps = [batch for step, batch in enumerate(shown) if order.epoch(step) == epoch]
        assert sorted(position for batch in steps for position in batch) == list(range(order.split_size))
        assert all(len(batch) == order.posts_per_step for batch in steps[:-1])


@given(ORDERS, st.data())
def test_a_step_is_the_same_whatever_was_asked_for_before(order: Order, data: st.DataObject) -> None:
    whole = [order.batch(step) for step in range(order.steps(3))]
    steps = data.draw(st.permutations(range(len(whole))))

    assert [order.batch(step) for step in steps] == [whole[step] for step in steps]


def test_the_order_is_the_same_on_every_machine() -> None:
    # `printf 7:0:0 | sha256sum` and so on to 7:0:4 begin with f2, 9e, ad, 31 and 22.
    assert Order(split_size=5, seed=7, posts_per_step=5).batch(0) == [4, 3, 1, 2, 0]


def test_epochs_and_seeds_have_orders_of_their_own() -> None:
    order = Order(split_size=50, seed=0, posts_per_step=50)

    assert order.batch(0) != order.batch(1)
    assert order.batch(0) != Order(split_size=50, seed=1, posts_per_step=50).batch(0)


def test_an_empty_split_has_no_steps() -> None:
    assert Order(split_size=0, seed=0, posts_per_step=4).steps(3) == 0


@pytest.mark.parametrize(
    ("seed", "posts_per_step", "epochs", "size"), [(1, 4, 1, 9), (0, 5, 1, 9), (0, 4, 2, 9), (0, 4, 1, 8)]
)
def test_the_hash_names_posts_and_their_order(seed: int, posts_per_step: int, epochs: int, size: int) -> None:
    first = data_order_hash(Order(split_size=9, seed=0, posts_per_step=4), _trees(9), epochs=1)
    again = data_order_hash(Order(split_size=9, seed=0, posts_per_step=4), _trees(9), epochs=1)
    other = data_order_hash(
        Order(split_size=size, seed=seed, posts_per_step=posts_per_step), _trees(size), epochs=epochs
    )

    assert first == again
    assert first != other
