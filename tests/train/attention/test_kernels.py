"""The kernels that need a GPU, as far as a CPU can tell: what they are told, and FlexAttention's forward pass."""

import pytest
import torch
from torch import Tensor

from prefpairs.train.attention import flex, varlen
from prefpairs.train.attention.flex import FlexKernel, padded_length
from prefpairs.train.attention.masked import row_mask
from prefpairs.train.attention.varlen import Sequences, VarlenKernel
from prefpairs.train.scoring.layout import Segment

CPU = torch.device("cpu")
SEGMENTS = (
    Segment(start=0, stop=5),
    Segment(start=5, stop=8, prompt=(0, 5)),
    Segment(start=8, stop=9, prompt=(0, 5)),
    Segment(start=9, stop=11),
    Segment(start=11, stop=18, prompt=(9, 11)),
)


def _states(heads: int = 4, key_heads: int = 2) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    shapes = ((1, count, SEGMENTS[-1].stop, 8) for count in (heads, key_heads, key_heads))
    query, key, value = (torch.randn(shape, generator=generator, requires_grad=True) for shape in shapes)
    return query, key, value


def _plainly(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Softmax over everything that the oracle's mask lets a token see, written out."""
    key, value = (states.repeat_interleave(query.shape[1] // states.shape[1], dim=1) for states in (key, value))
    scores = query @ key.transpose(-1, -2) / query.shape[-1] ** 0.5
    output: Tensor = scores.masked_fill(~row_mask(SEGMENTS, device=CPU), -torch.inf).softmax(-1) @ value
    return output


def _bottom_right(query: Tensor, key: Tensor, value: Tensor, at: Sequences, scale: float | None) -> Tensor:
    """What the flash kernel is documented to do: sequence by sequence, causal from the bottom right."""
    outputs = []
    for number in range(len(at.queries) - 1):
        q = query[at.queries[number] : at.queries[number + 1]]
        k, v = (states[at.keys[number] : at.keys[number + 1]] for states in (key, value))
        k, v = (states.repeat_interleave(q.shape[1] // states.shape[1], dim=1) for states in (k, v))
        assert len(q) <= at.longest_query
        assert len(k) <= at.longest_keys
        seen = torch.ones(len(q), len(k), dtype=torch.bool).tril(len(k) - len(q))
        scores = torch.einsum("qhd,khd->hqk", q, k) * (scale or q.shape[-1] ** -0.5)
        outputs.append(torch.einsum("hqk,khd->qhd", scores.masked_fill(~seen, -torch.inf).softmax(-1), v))
    return torch.cat(outputs)


def test_the_flash_kernel_is_told_that_a_response_sees_its_prompt_and_itself() -> None:
    states = _states()
    kernel = VarlenKernel(SEGMENTS, device=CPU, attend=_bottom_right)

    ours, plain = kernel(*states, scale=None), _plainly(*states)

    torch.testing.assert_close(ours, plain, atol=1e-6, rtol=1e-5)
    for one, other in zip(
        *(torch.autograd.grad(output.square().sum(), states) for output in (ours, plain)), strict=True
    ):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-4)


# It says that it is slow on a CPU, which is true.
@pytest.mark.filterwarnings("ignore:flex_attention called without torch.compile:UserWarning")
def test_flex_attention_sees_what_the_oracle_sees() -> None:
    states = [one.detach() for one in _states()]

    ours = FlexKernel(SEGMENTS, device=CPU)(*states, scale=None)

    torch.testing.assert_close(ours, _plainly(*states), atol=1e-5, rtol=1e-4)


def test_rows_have_few_padded_lengths_to_compile_for() -> None:
    lengths = {padded_length(tokens) for tokens in range(1, 65_537)}

    # PyTorch compiles eight times, and then attends unfused: by a table of all scores.
    assert lengths == {1024, 2048, 4096, 8192, 16_384, 32_768, 65_536}
    assert all(tokens <= padded_length(tokens) for tokens in range(1, 65_537))
    assert [padded_length(tokens) for tokens in (1024, 1025, 8192, 8193)] == [1024, 2048, 8192, 16_384]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_cpu_is_told_why_it_has_no_gpu_kernels(dtype: torch.dtype) -> None:
    assert "GPU" in (varlen.unavailable(CPU, dtype) or "")
    assert "backward" in (flex.unavailable(CPU) or "")
