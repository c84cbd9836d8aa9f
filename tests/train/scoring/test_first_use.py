import pytest
import torch

from prefpairs.errors import ConfigError
from prefpairs.train.attention.rows import RowsAttention
from prefpairs.train.attention.segments import SegmentsAttention
from prefpairs.train.models.lora import add_lora
from prefpairs.train.recipe import Lora
from prefpairs.train.scoring.first_use import TOLERANCE
from prefpairs.train.scoring.layout import layout
from prefpairs.train.scoring.scorer import Scorer
from tests.support.scoring import CPU, RAGGED, tiny, tree


def _scorer(name: str, attention: SegmentsAttention | RowsAttention) -> Scorer:
    return Scorer(tiny(name), attention, head_tokens=64, compute=torch.float32)


@pytest.mark.parametrize("name", ["lfm2", "qwen3-next", "falcon-h1"])
def test_layers_that_carry_state_stop_the_run_even_if_no_config_tells(name: str) -> None:
    scorer = _scorer(name, SegmentsAttention())

    for _ in range(2):  # and it does not pass on the second try
        with pytest.raises(ConfigError, match=rf"{name.replace('-', '_')} gives other .* attention: rows"):
            scorer(layout(RAGGED, device=CPU))


def test_head_that_does_more_than_we_know_of_stops_the_run() -> None:
    scorer = _scorer("llama", RowsAttention())
    plain = scorer.model.forward

    def louder(**arguments: object) -> object:
        output = plain(**arguments)
        output.logits = output.logits * 1.5
        return output

    scorer.model.forward = louder

    with pytest.raises(ConfigError, match="output head"):
        scorer(layout(RAGGED, device=CPU))


def test_scores_that_are_no_numbers_stop_the_run() -> None:
    scorer = _scorer("llama", SegmentsAttention())
    with torch.no_grad():
        scorer.model.lm_head.weight[3] = torch.nan

    with pytest.raises(ConfigError, match="llama gives log-probabilities that are no numbers"):
        scorer(layout(RAGGED, device=CPU))


@pytest.mark.parametrize(
    "trees", [RAGGED, RAGGED[1:2], [tree(5, 3, 4, 5, 6)]], ids=["many", "one response", "one post"]
)
def test_comparison_takes_as_many_passes_whatever_the_row_and_is_made_once(trees: list[object]) -> None:
    scorer = _scorer("llama", SegmentsAttention())
    passes: list[int] = []
    scorer.model.model.register_forward_hook(lambda *_: passes.append(1))
    row = layout(trees, device=CPU)  # type: ignore[arg-type]

    scorer(row)
    first = len(passes)
    scorer(row)

    assert first == 1 + 4 + 1  # shared, plain, and the row itself
    assert len(passes) == first + 1
    assert scorer.difference is not None
    assert scorer.difference < 2e-5


def test_comparison_leaves_no_gradients_behind_and_takes_none_away() -> None:
    scorer = _scorer("llama", SegmentsAttention())
    scores = scorer(layout(RAGGED, device=CPU))

    assert scores.sums.requires_grad
    assert all(one.grad is None for one in scorer.parameters())


@pytest.mark.parametrize("attention", [SegmentsAttention(), RowsAttention()], ids=["segments", "rows"])
def test_weights_in_bfloat16_may_round_as_bfloat16_does_whatever_is_multiplied_in(
    attention: SegmentsAttention | RowsAttention,
) -> None:
    # As a CPU chooses: weights in bfloat16, compute float32, adapters in float32.
    model = tiny("llama", num_hidden_layers=8, hidden_size=256, head_dim=64)
    with torch.no_grad():
        for weight in model.parameters():
            weight *= 0.2 if weight.ndim > 1 else 1.0  # as unsure as real models are
    scorer = Scorer(
        add_lora(model.to(torch.bfloat16), Lora(rank=4), seed=0), attention, head_tokens=64, compute=torch.float32
    )

    scores = scorer(layout(RAGGED, device=CPU))

    assert scores.sums.isfinite().all()
    assert scorer.difference is not None
    assert scorer.difference > TOLERANCE[torch.float32]  # so the tolerance of float32 would refuse a right model
