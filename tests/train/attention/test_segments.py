import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import scaled_dot_product_attention

from prefpairs.train.attention.masked import row_mask
from prefpairs.train.attention.segments import SegmentsKernel
from prefpairs.train.data.trees import Tree
from prefpairs.train.scoring.layout import layout
from tests.support.scoring import CPU, tree

_length = st.integers(1, 9)
_trees = st.lists(
    st.builds(
        lambda prompt, responses: tree(prompt, *responses), _length, st.lists(_length, min_size=1, max_size=4)
    ),
    min_size=1,
    max_size=4,
)


@settings(deadline=None, max_examples=40)
@given(trees=_trees, groups=st.sampled_from([1, 2]), width=st.sampled_from([4, 6]), copies_heads=st.booleans())
def test_any_row_is_attended_to_as_one_mask_would(
    trees: list[Tree], groups: int, width: int, copies_heads: bool
) -> None:
    row = layout(trees, device=CPU)
    draw = torch.Generator().manual_seed(row.tokens)
    query, key, value, flow = (
        torch.randn(1, heads, row.tokens, last, generator=draw, dtype=torch.float64, requires_grad=True)
        for heads, last in ((4, 4), (4 // groups, 4), (4 // groups, width), (4, width))
    )

    ours = SegmentsKernel(row.segments, copies_heads=copies_heads)(query, key, value, scale=0.7)
    plain = scaled_dot_product_attention(
        query,
        key.repeat_interleave(groups, dim=1),
        value.repeat_interleave(groups, dim=1),
        attn_mask=row_mask(row.segments, device=CPU),
        scale=0.7,
    )

    torch.testing.assert_close(ours, plain)
    for found, expected in zip(
        torch.autograd.grad(ours, (query, key, value), flow),
        torch.autograd.grad(plain, (query, key, value), flow),
        strict=True,
    ):
        torch.testing.assert_close(found, expected)


def test_memory_of_a_row_does_not_grow_with_its_square() -> None:
    row = layout([tree(8, *[4] * 400)], device=CPU)
    states = torch.randn(1, 1, row.tokens, 8, requires_grad=True)
    largest = 0

    def remember(tensor: torch.Tensor) -> torch.Tensor:
        nonlocal largest
        largest = max(largest, tensor.numel())
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(remember, lambda tensor: tensor):
        SegmentsKernel(row.segments, copies_heads=False)(states, states, states, scale=None)

    assert largest <= states.numel()
