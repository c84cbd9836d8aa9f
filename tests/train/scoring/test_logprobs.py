import pytest
import torch

from prefpairs.train.scoring.logprobs import token_log_probabilities


def _case(scored: int) -> tuple[torch.Tensor, torch.Tensor, torch.nn.Linear]:
    draw = torch.Generator().manual_seed(scored)
    head = torch.nn.Linear(6, 50)
    torch.nn.init.normal_(head.weight, generator=draw)
    torch.nn.init.normal_(head.bias, generator=draw)
    hidden = torch.randn(scored, 6, generator=draw, requires_grad=True)
    return hidden, torch.randint(50, (scored,), generator=draw), head


@pytest.mark.parametrize("head_tokens", [1, 4, 12, 100])
def test_chunks_change_neither_value_nor_gradient(head_tokens: int) -> None:
    hidden, targets, head = _case(12)
    weights = torch.linspace(-1, 1, 12)
    expected = head(hidden).log_softmax(-1)[torch.arange(12), targets]
    parameters = (hidden, head.weight, head.bias)

    found = token_log_probabilities(hidden, targets, head, head_tokens=head_tokens)

    torch.testing.assert_close(found, expected)
    for ours, plain in zip(
        torch.autograd.grad((weights * found).sum(), parameters),
        torch.autograd.grad((weights * expected).sum(), parameters),
        strict=True,
    ):
        torch.testing.assert_close(ours, plain)


def test_logits_of_one_chunk_at_most_wait_for_the_backward_pass() -> None:
    hidden, targets, head = _case(64)
    waiting: list[int] = []

    def remember(tensor: torch.Tensor) -> torch.Tensor:
        if tensor.shape[-1:] == (50,) and tensor.shape[0] != 6:  # not the head's own weights
            waiting.append(tensor.shape[0])
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(remember, lambda tensor: tensor):
        token_log_probabilities(hidden, targets, head, head_tokens=8)

    assert waiting
    assert set(waiting) == {8}
    assert len(waiting) <= 2


def test_no_more_rows_of_logits_are_computed_than_asked_for() -> None:
    hidden, targets, head = _case(30)
    rows = []
    head.register_forward_hook(lambda _module, _arguments, logits: rows.append(len(logits)))

    token_log_probabilities(hidden, targets, head, head_tokens=8).sum().backward()  # type: ignore[no-untyped-call]

    assert max(rows) == 8
    assert sum(rows) == 30 + 22  # the last chunk, a whole one, is not computed again


def test_sum_over_the_vocabulary_is_in_float32() -> None:
    hidden, targets, head = _case(12)
    exact = token_log_probabilities(hidden, targets, head, head_tokens=12)

    found = token_log_probabilities(hidden, targets, lambda states: head(states).bfloat16(), head_tokens=12)

    assert found.dtype == torch.float32
    assert (found - exact).abs().max() < 0.03  # one rounding of a logit below 8
