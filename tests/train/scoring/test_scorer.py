from typing import Any

import pytest
import torch
from peft import LoraConfig, PromptTuningConfig, TaskType, get_peft_model

from prefpairs.errors import ConfigError
from prefpairs.train.attention.interface import Attention
from prefpairs.train.attention.masked import MaskedAttention
from prefpairs.train.attention.rows import RowsAttention
from prefpairs.train.attention.segments import SegmentsAttention
from prefpairs.train.scoring.layout import layout
from prefpairs.train.scoring.scorer import Scorer
from tests.support.scoring import (
    CPU,
    RAGGED,
    computes_again,
    gradients,
    one_by_one,
    relative_difference,
    tiny,
    tree,
)

BACK_ENDS = (SegmentsAttention(), MaskedAttention(), RowsAttention())
pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")  # peft's
each_back_end = pytest.mark.parametrize("attention", BACK_ENDS, ids=lambda attention: attention.name)


def _with_adapters(model: Any, *targets: str, dropout: float = 0.0) -> Any:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        adapted = get_peft_model(
            model, LoraConfig(r=4, lora_alpha=8, lora_dropout=dropout, target_modules=list(targets))
        )
        for name, one in adapted.named_parameters():
            if "lora_B" in name:  # zero when new: an adapter that nobody would miss
                torch.nn.init.normal_(one, std=0.2)
    return adapted


@each_back_end
@pytest.mark.parametrize("targets", [("q_proj", "v_proj"), ("k_proj", "down_proj", "lm_head")], ids=str)
@pytest.mark.parametrize("checkpointing", [False, True], ids=["kept", "computed again"])
def test_adapters_learn_as_in_plain_scoring(
    attention: Attention, targets: tuple[str, ...], checkpointing: bool
) -> None:
    model = _with_adapters(tiny("llama"), *targets).train()
    expected = gradients(model, lambda: one_by_one(model, RAGGED))
    scorer = Scorer(
        computes_again(model) if checkpointing else model, attention, head_tokens=7, compute=torch.float32
    )
    row = layout(RAGGED, device=CPU)

    found = gradients(model, lambda: scorer(row).tokens)

    assert expected
    assert all("lora" in name for name in expected)
    assert relative_difference(found, expected) < 1e-5


@each_back_end
@pytest.mark.parametrize("name", ["llama-tied", "gemma", "cohere"])
def test_tied_head_learns_from_both_ends(attention: Attention, name: str) -> None:
    model = tiny(name, tie_word_embeddings=True).train()
    assert model.lm_head.weight is model.get_input_embeddings().weight
    expected = gradients(model, lambda: one_by_one(model, RAGGED))
    scorer = Scorer(computes_again(model), attention, head_tokens=16, compute=torch.float32)
    row = layout(RAGGED, device=CPU)

    assert relative_difference(gradients(model, lambda: scorer(row).tokens), expected) < 1e-5


@each_back_end
def test_checkpointing_runs_each_layer_twice_and_changes_no_bit(attention: Attention) -> None:
    model = tiny("qwen3").train()
    scorer = Scorer(model, attention, head_tokens=64, compute=torch.float32)
    row = layout(RAGGED, device=CPU)
    expected = gradients(model, lambda: scorer(row).tokens)
    computes_again(model)
    runs = []
    model.model.layers[0].self_attn.register_forward_hook(lambda *_: runs.append(1))

    found = gradients(model, lambda: scorer(row).tokens)

    assert len(runs) == 2
    assert all(torch.equal(found[name], one) for name, one in expected.items())


def test_neighbours_in_a_row_change_no_score() -> None:
    scorer = Scorer(tiny("llama"), SegmentsAttention(), head_tokens=64, compute=torch.float32)
    with torch.no_grad():
        together = scorer(layout(RAGGED, device=CPU)).sums
        alone = torch.cat([scorer(layout([one], device=CPU)).sums for one in reversed(RAGGED)])

    assert together.tolist() == pytest.approx(
        [*alone[3:].tolist(), alone[2].item(), *alone[:2].tolist()], abs=1e-4
    )


def test_same_response_twice_scores_the_same_and_the_same_row_repeats_to_the_bit() -> None:
    scorer = Scorer(tiny("llama"), SegmentsAttention(), head_tokens=64, compute=torch.float32)
    one = tree(9, 6, 6)
    row = layout([type(one)(**{**_fields(one), "responses": (one.responses[0],) * 2})], device=CPU)
    with torch.no_grad():
        first, second = scorer(row), scorer(row)

    assert first.sums[0].item() == pytest.approx(first.sums[1].item(), abs=1e-5)
    assert torch.equal(first.sums, second.sums)


def _fields(one: Any) -> dict[str, Any]:
    return {name: getattr(one, name) for name in one.__slots__}


@pytest.mark.parametrize("name", ["llama", "gpt2", "phi"])
def test_no_score_is_left_to_chance(name: str) -> None:
    dropout = {"gpt2": ("attn_pdrop", "resid_pdrop", "embd_pdrop"), "phi": ("resid_pdrop", "attention_dropout")}
    settings: dict[str, Any] = dict.fromkeys(dropout.get(name, ("attention_dropout",)), 0.5)
    model = tiny(name, **settings).train()
    if name == "llama":
        model = _with_adapters(model, "q_proj", dropout=0.5).train()
    row = layout(RAGGED, device=CPU)
    with torch.no_grad():
        before = one_by_one(model, RAGGED), one_by_one(model, RAGGED)
        scores = [
            Scorer(model, attention, head_tokens=64, compute=torch.float32)(row).tokens for attention in BACK_ENDS
        ]

    assert not torch.equal(*before)
    for found in scores:
        torch.testing.assert_close(found, one_by_one(model.eval(), RAGGED), atol=2e-5, rtol=0)


@each_back_end
def test_bfloat16_rounds_and_no_more(attention: Attention) -> None:
    model = tiny("llama")
    row = layout(RAGGED, device=CPU)
    with torch.no_grad():
        exact = one_by_one(model, RAGGED)
        scores = Scorer(model, attention, head_tokens=64, compute=torch.bfloat16)(row)

    assert scores.sums.dtype == torch.float32
    assert scores.tokens is not None
    difference = scores.tokens - exact
    assert 1e-4 < difference.square().mean().sqrt() < 0.1


def test_first_row_trains_as_any_other_does() -> None:
    model = tiny("llama")
    scorer = Scorer(model, SegmentsAttention(), head_tokens=64, compute=torch.bfloat16)
    row = layout(RAGGED, device=CPU)

    first, second = (gradients(model, lambda: scorer(row).tokens) for _ in range(2))

    assert first.keys() == dict(model.named_parameters()).keys()
    assert all(torch.equal(one, second[name]) for name, one in first.items())


def test_weights_in_bfloat16_score_too() -> None:
    model = tiny("llama").bfloat16()
    scorer = Scorer(model, SegmentsAttention(), head_tokens=64, compute=torch.bfloat16)

    found = gradients(model, lambda: scorer(layout(RAGGED, device=CPU)).tokens)

    assert {one.dtype for one in found.values()} == {torch.bfloat16}


def test_learned_prompt_is_refused() -> None:
    model = get_peft_model(tiny("llama"), PromptTuningConfig(task_type=TaskType.CAUSAL_LM, num_virtual_tokens=3))

    with pytest.raises(ConfigError, match="LoRA"):
        Scorer(model, SegmentsAttention(), head_tokens=64, compute=torch.float32)


def test_model_without_a_head_is_refused() -> None:
    with pytest.raises(ConfigError, match="LlamaModel is no causal language model"):
        Scorer(tiny("llama").model, SegmentsAttention(), head_tokens=64, compute=torch.float32)
