"""A model and its attention -> the module that is trained: a packed row in, the score of every response out."""

from typing import Any

import torch
from torch import Tensor, nn

from prefpairs.train.attention.interface import Attention
from prefpairs.train.scoring.first_use import differences, refuse
from prefpairs.train.scoring.layout import Layout, Scores
from prefpairs.train.scoring.logprobs import token_log_probabilities
from prefpairs.train.scoring.parts import parts_of


class Scorer(nn.Module):
    """Summed log-probabilities of responses, by a causal language model.

    The first row that it sees is also scored in the plain way, one response after the other with all logits and
    the model's own attention; where the two differ, nothing is scored and the run stops.

    Parameters
    ----------
    model
        A causal language model of transformers, or a `PeftModel` around one. Its dropout is switched off: a
        policy that forgets differently on each response has no log-ratio.
    attention
        How a row is attended to, from `choose`.
    head_tokens
        Scored positions whose logits are in memory at once.
    compute
        What is multiplied in: under bfloat16 autocast, or as the weights are.

    """

    def __init__(
        self,
        model: Any,
        attention: Attention,
        *,
        head_tokens: int,
        compute: torch.dtype,
    ) -> None:
        super().__init__()
        parts_of(model)  # a model that cannot be taken apart is refused here
        self.model = model
        self.attention = attention
        self.head_tokens = head_tokens
        self.compute = compute
        self.difference: float | None = None
        """The most that a token's log-probability differed from plain scoring, in nats; None before first use."""
        switch_off_dropout(model)

    def forward(self, layout: Layout) -> Scores:
        """Score the responses of one packed row."""
        if self.difference is None:
            # In a block of its own: autocast keeps the weights that it has cast, and those that were cast
            # without gradients must not be found again by the pass that is trained.
            with self._arithmetic(layout):
                found = differences(self.model, self._tokens, layout)
            refuse(found, self.model, self.attention, compute=self.compute)
            self.difference = float(found.max())
        with self._arithmetic(layout):
            tokens = self._tokens(layout)
        return Scores(sums=sums(tokens, layout), lengths=layout.lengths, tokens=tokens)

    def _tokens(self, layout: Layout) -> Tensor:
        # Taken apart on each call: FSDP2 and peft put other objects into the model after this was made.
        parts = parts_of(self.model)
        hidden = self.attention.hidden(parts.backbone, layout).index_select(0, layout.scored)
        return token_log_probabilities(hidden, layout.targets, parts.head, head_tokens=self.head_tokens)

    def _arithmetic(self, layout: Layout) -> torch.autocast:
        return torch.autocast(layout.ids.device.type, dtype=torch.bfloat16, enabled=self.compute is torch.bfloat16)


def sums(tokens: Tensor, layout: Layout) -> Tensor:
    """Return the sum over the tokens of each response, `[R]`; in one order, so that it repeats to the bit."""
    return torch.segment_reduce(tokens, "sum", lengths=layout.lengths, unsafe=True)


def switch_off_dropout(model: nn.Module) -> None:
    """Set every probability of dropping something to zero, in the layers only: the config is left alone."""
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
        for name, value in list(vars(module).items()):
            if isinstance(value, float) and ("drop" in name or "jitter" in name):
                setattr(module, name, 0.0)
