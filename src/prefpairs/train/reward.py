"""A causal language model -> a model of one number: how much a community would value a response to a post.

What is trained is what transformers calls `...ForSequenceClassification` with one label, so what is saved loads in
transformers and in vLLM as it is. Trained on the sigmoid loss with beta 1 and no reference it is
Bradley and Terry's, as in Stiennon et al. 2020 (arXiv 2009.01325); on rankings it is Plackett and Luce's.
"""

import math
from itertools import cycle, islice
from typing import Any

import torch
import transformers
from torch import Tensor, nn

from prefpairs.errors import ConfigError
from prefpairs.train.attention.interface import Attention
from prefpairs.train.attention.plug import stock
from prefpairs.train.reward_padding import set_padding
from prefpairs.train.scoring.first_use import arithmetic
from prefpairs.train.scoring.layout import Layout, Scores

HEAD_NAME = "score"
"""What transformers calls it in every decoder."""
_CHECKED = 4
_ROUNDING = {torch.float32: 2e-3, torch.bfloat16: 0.2}
# Its stubs are partial: what is made from a configuration has no type there.
_library: Any = transformers


class RewardScorer(nn.Module):
    """Rewards of responses, by a sequence classifier with one label.

    The head reads the last token of a response, its end, where it has seen all of prompt and response. The first
    responses that are scored are also scored by transformers' own forward pass, one by one; where the two differ
    nothing is scored and the run stops.

    Parameters
    ----------
    model
        From `with_reward_head` or `load_reward_model`, or a `PeftModel` around one.
    attention
        How a row is attended to, from `choose`.
    compute
        What is multiplied in: under bfloat16 autocast, or as the weights are.

    """

    def __init__(self, model: Any, attention: Attention, *, compute: torch.dtype) -> None:
        super().__init__()
        reward_parts(model)  # a model that cannot be taken apart is refused here
        self.model = model
        self.attention = attention
        self.compute = compute
        self.difference: float | None = None
        """The largest difference of a reward from transformers' own; None before first use."""

    def forward(self, layout: Layout) -> Scores:
        """Score the responses of one packed row."""
        if self.difference is None:
            # In a block of its own: autocast keeps the weights that it has cast, and those that were cast
            # without gradients must not be found again by the pass that is trained.
            with self._arithmetic(layout):
                self._compare(layout)
        with self._arithmetic(layout):
            rewards = self._rewards(layout)
        return Scores(sums=rewards, lengths=layout.lengths)

    def _rewards(self, layout: Layout) -> Tensor:
        # Taken apart on each call: FSDP2 and peft put other objects into the model after this was made.
        backbone, head = reward_parts(self.model)
        rewards: Tensor = head(self.attention.hidden(backbone, layout)[layout.last])
        # A copy: FSDP2 hangs its hooks on what comes out, and a view would lose them.
        return rewards.float().squeeze(-1).clone()

    def _arithmetic(self, layout: Layout) -> torch.autocast:
        return torch.autocast(layout.ids.device.type, dtype=torch.bfloat16, enabled=self.compute is torch.bfloat16)

    @torch.no_grad()
    def _compare(self, layout: Layout) -> None:
        backbone, _ = reward_parts(self.model)
        shared = self._rewards(layout)[:_CHECKED]
        responses = [segment for segment in layout.segments if segment.prompt is not None][:_CHECKED]
        # Always the same number of passes, as processes that share a model (FSDP2) need.
        with stock(backbone):
            plain = [
                self.model(input_ids=_alone(layout, segment.prompt, segment.start, segment.stop), use_cache=False)
                for segment in islice(cycle(responses), _CHECKED)
            ]
        alone = torch.cat([output.logits.float().reshape(1) for output in plain])[: len(responses)]
        difference = float((shared - alone).abs().max())
        if not math.isfinite(difference):
            msg = "This reward model gives rewards that are no numbers: check the weights of the model."
            raise ConfigError(msg)
        allowed = _ROUNDING[arithmetic(self.model, self.compute)] * max(1.0, float(alone.abs().max()))
        if difference > allowed:
            msg = (
                f"With attention: {self.attention.name}, this reward model gives other rewards than alone: they "
                f"differ by up to {difference:.3g}, and {allowed:.3g} would be rounding. Set attention: rows."
            )
            raise ConfigError(msg)
        self.difference = difference


def with_reward_head(model: Any, tokenizer: Any, *, seed: int) -> Any:
    """Put a reward head in the place of a language model's own. The decoder is taken over, not copied.

    Parameters
    ----------
    model
        A causal language model of transformers, without adapters.
    tokenizer
        Its tokenizer. If it has no token to pad with, or one that can end a response, another one becomes that:
        transformers looks for the end of a text at its last token that is no padding.
    seed
        Of the head's weights, drawn with variance 1 / (hidden size + 1) (Stiennon et al. 2020, appendix B.1).

    Raises
    ------
    ConfigError
        If transformers has no sequence classifier for this kind of model, or there is no token to pad with.

    """
    kind = model.config.model_type
    with torch.device("meta"):
        try:
            classifier = _library.AutoModelForSequenceClassification.from_config(_one_label(model.config))
        except (ValueError, KeyError, AttributeError):
            classifier = None
    decoder = getattr(model, model.base_model_prefix, None)
    if classifier is None or decoder is None or not hasattr(classifier, HEAD_NAME):
        msg = f"transformers has no sequence classifier for models of type {kind}: it cannot be a reward model."
        raise ConfigError(msg)
    setattr(classifier, classifier.base_model_prefix, decoder)
    classifier.config = decoder.config
    set_padding(classifier, tokenizer)
    setattr(classifier, HEAD_NAME, _head(model, seed=seed))
    return classifier.train(model.training)


def reward_parts(model: Any) -> tuple[Any, nn.Module]:
    """Take a reward model, or a `PeftModel` around one, apart: its decoder and its head.

    Raises
    ------
    ConfigError
        If it is none.

    """
    classifier = model.get_base_model() if hasattr(model, "peft_config") else model
    decoder = getattr(classifier, classifier.base_model_prefix or "model", None)
    head = getattr(classifier, HEAD_NAME, None)
    if decoder is None or decoder is classifier or not isinstance(head, nn.Module):
        msg = f"{type(classifier).__name__} is no reward model: it has no head called {HEAD_NAME}."
        raise ConfigError(msg)
    return decoder, head


def _one_label(config: Any) -> Any:
    config.num_labels = 1
    return config


def _head(model: Any, *, seed: int) -> nn.Linear:
    embedding = model.get_input_embeddings().weight
    hidden = model.config.get_text_config().hidden_size
    generator = torch.Generator().manual_seed(seed)
    head = nn.Linear(hidden, 1, bias=False, device=embedding.device, dtype=embedding.dtype)
    with torch.no_grad():
        head.weight.copy_(torch.randn(1, hidden, generator=generator) * (hidden + 1) ** -0.5)
    return head


def _alone(layout: Layout, prompt: tuple[int, int] | None, start: int, stop: int) -> Tensor:
    before = layout.ids[slice(*prompt)] if prompt else layout.ids[:0]
    return torch.cat([before, layout.ids[start:stop]])[None]
