"""Ways to get a packed row wrong. If one of these passed unnoticed, the tests of exactness would prove nothing."""

from typing import Any

import pytest
import torch
from torch import Tensor

from prefpairs.errors import ConfigError
from prefpairs.train.attention.masked import row_mask
from prefpairs.train.scoring.layout import Layout, layout
from prefpairs.train.scoring.scorer import Scorer
from tests.support.scoring import CPU, RAGGED, one_by_one, tiny


class Wrong:
    """An attention that gets one thing wrong, and says that it shares prompts."""

    name = "wrong"
    shares_prompt = True
    reason = ""

    def __init__(self, mistake: str) -> None:
        self.mistake = mistake

    def hidden(self, backbone: Any, row: Layout) -> Tensor:
        positions = row.positions[None]
        mask: Tensor | None = row_mask(row.segments, device=CPU)[None, None]
        if self.mistake == "positions run on":
            positions = torch.arange(row.tokens)[None]
        elif self.mistake == "responses see their neighbours":
            mask = torch.ones((1, 1, row.tokens, row.tokens), dtype=torch.bool).tril()
        elif self.mistake == "transformers takes responses for documents":
            mask = None
        states: Tensor = backbone(
            input_ids=row.ids[None], position_ids=positions, attention_mask=mask, use_cache=False
        ).last_hidden_state
        if self.mistake == "first tokens are predicted by the token before them":
            states = states[:, :-1]
            states = torch.cat((states[:, :1], states), dim=1)
        return states[0]


MISTAKES = (
    "positions run on",
    "responses see their neighbours",
    "transformers takes responses for documents",
    "first tokens are predicted by the token before them",
)


@pytest.mark.parametrize("mistake", MISTAKES)
def test_wrong_packing_is_off_by_more_than_half_a_nat(mistake: str) -> None:
    model = tiny("llama")
    scorer = Scorer(model, Wrong(mistake), head_tokens=64, compute=torch.float32)
    scorer.difference = 0.0  # as if it had been compared

    with torch.no_grad():
        tokens = scorer(layout(RAGGED, device=CPU)).tokens

    assert tokens is not None
    assert (tokens - one_by_one(model, RAGGED)).abs().max() > 0.5


@pytest.mark.parametrize("mistake", MISTAKES)
@pytest.mark.parametrize("compute", [torch.float32, torch.bfloat16])
def test_wrong_packing_stops_the_run_on_first_use(mistake: str, compute: torch.dtype) -> None:
    scorer = Scorer(tiny("llama"), Wrong(mistake), head_tokens=64, compute=compute)

    with pytest.raises(
        ConfigError, match=r"attention: wrong, a model of type llama gives other .* nats.* attention: rows"
    ):
        scorer(layout(RAGGED, device=CPU))


def test_right_packing_by_the_same_route_is_let_through() -> None:
    scorer = Scorer(tiny("llama"), Wrong("nothing"), head_tokens=64, compute=torch.float32)

    scorer(layout(RAGGED, device=CPU))

    assert scorer.difference is not None
    assert scorer.difference < 2e-5
