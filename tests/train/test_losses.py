import math

import pytest
import torch

from prefpairs.train.losses import dpo_loss, mean_metrics, reward_margin, token_log_probabilities


def test_loss_and_margin_of_a_worked_example() -> None:
    # Policy: chosen -10, rejected -12. Reference: chosen -11, rejected -11.5. Beta 0.5.
    # Ratios: 1 and -0.5; margin 0.5 * (1 - -0.5) = 0.75; loss ln(1 + e^-0.75).
    margin = reward_margin(torch.tensor([-10.0 - -11.0]), torch.tensor([-12.0 - -11.5]), beta=0.5)

    assert margin.item() == pytest.approx(0.75)
    assert dpo_loss(margin).item() == pytest.approx(math.log(1 + math.exp(-0.75)))


def test_loss_is_ln_2_where_the_policy_is_the_reference() -> None:
    assert dpo_loss(torch.zeros(3)).tolist() == pytest.approx([math.log(2)] * 3)


def test_gradient_is_larger_where_the_model_is_more_wrong() -> None:
    margin = torch.tensor([-2.0, 0.0, 2.0], requires_grad=True)
    dpo_loss(margin).sum().backward()  # type: ignore[no-untyped-call]

    assert margin.grad is not None
    assert margin.grad.tolist() == pytest.approx([-1 / (1 + math.exp(value)) for value in (-2.0, 0.0, 2.0)])


def test_extreme_margins_stay_finite() -> None:
    assert dpo_loss(torch.tensor([-1000.0, 1000.0])).tolist() == pytest.approx([1000.0, 0.0])


def test_log_probability_of_a_worked_example() -> None:
    # Odds 1 : 3 : 4 in the first place, even odds in the second.
    logits = torch.tensor([[math.log(1), math.log(3), math.log(4)], [7.0, 7.0, 7.0]])

    assert token_log_probabilities(logits, torch.tensor([1, 2])).tolist() == pytest.approx(
        [math.log(3 / 8), math.log(1 / 3)]
    )


def test_log_probability_of_half_precision_logits_is_computed_in_float32() -> None:
    logits = torch.zeros(1, 50_000, dtype=torch.bfloat16)

    result = token_log_probabilities(logits, torch.tensor([0]))

    assert result.dtype == torch.float32
    assert result.item() == pytest.approx(-math.log(50_000), abs=1e-5)


def test_accuracy_counts_a_tie_as_half() -> None:
    _, accuracy, margin = mean_metrics(torch.tensor([1.0, -1.0, 0.0, 2.0])).tolist()

    assert accuracy == pytest.approx(2.5 / 4)
    assert margin == pytest.approx(0.5)
