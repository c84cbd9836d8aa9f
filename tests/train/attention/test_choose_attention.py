import pytest
import torch
from transformers import GPTNeoConfig, MambaConfig, MistralConfig, RwkvConfig, T5Config, xLSTMConfig

from prefpairs.errors import ConfigError
from prefpairs.train.attention.choose import choose, sharing_objection
from prefpairs.train.scoring.layout import layout
from prefpairs.train.scoring.scorer import Scorer
from tests.support.scoring import CPU, NOT_SHARING, RAGGED, SHARING, one_by_one, tiny

REASONS = {
    "mistral-window": "sliding window of 8 tokens",
    "qwen2-window": "sliding window of 8 tokens",
    "gemma2": "sliding window of 8 tokens",
    "gemma3": "sliding window of 8 tokens",
    "gpt-oss": "sliding window of 8 tokens",
    "lfm2": "layers of type conv",
    "qwen3-next": "layers of type linear_attention",
    "falcon-h1": "layers of type hybrid",
    "bloom": "ALiBi",
}


@pytest.mark.parametrize("name", SHARING)
def test_plain_decoder_shares_prompts_on_a_cpu(name: str) -> None:
    attention = choose(tiny(name), "auto", device=CPU, dtype=torch.float32)

    assert (attention.name, attention.shares_prompt) == ("segments", True)
    assert attention.reason


@pytest.mark.parametrize("name", NOT_SHARING)
def test_model_that_cannot_share_is_scored_in_rows_and_the_reason_is_said(name: str) -> None:
    model = tiny(name)
    attention = choose(model, "auto", device=CPU, dtype=torch.float32)
    expected = one_by_one(model, RAGGED)

    scores = Scorer(model, attention, head_tokens=64, compute=torch.float32)(layout(RAGGED, device=CPU))

    assert attention.name == "rows"
    assert REASONS[name] in attention.reason
    assert scores.tokens is not None
    assert (scores.tokens - expected).abs().max() < 2e-5


@pytest.mark.parametrize("setting", ["segments", "masked", "varlen", "flex"])
def test_sharing_is_not_to_be_forced_on_a_model_that_cannot(setting: str) -> None:
    with pytest.raises(ConfigError, match=rf"attention: {setting} would share prompts.*lfm2.*attention: rows"):
        choose(tiny("lfm2"), setting, device=CPU, dtype=torch.float32)  # type: ignore[arg-type]


@pytest.mark.parametrize("setting", ["varlen", "flex"])
def test_kernel_of_a_gpu_cannot_be_had_on_a_cpu(setting: str) -> None:
    with pytest.raises(ConfigError, match=rf"attention: {setting} cannot be had here.*attention: auto"):
        choose(tiny("llama"), setting, device=CPU, dtype=torch.float32)  # type: ignore[arg-type]


@pytest.mark.parametrize("setting", ["segments", "masked", "rows"])
def test_setting_is_obeyed(setting: str) -> None:
    attention = choose(tiny("llama"), setting, device=CPU, dtype=torch.float32)  # type: ignore[arg-type]

    assert (attention.name, attention.reason) == (setting, "")


def test_window_as_long_as_the_longest_text_is_harmless_and_a_shorter_one_is_not() -> None:
    config = MistralConfig(sliding_window=4096)

    assert sharing_objection(config, max_tokens=4096) is None
    assert sharing_objection(config, max_tokens=4097) is not None
    assert sharing_objection(config) is not None


def test_layers_that_are_no_attention_are_found_by_what_they_are_called() -> None:
    config = MistralConfig(sliding_window=None)
    config.layers_block_type = ["attention", "mamba"]

    assert "mamba" in (sharing_objection(config) or "")


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"alibi": True}, "distance"),
        ({"position_embedding_type": "relative_key"}, "distance"),
        ({"attention_chunk_size": 64}, "chunks"),
        ({"attn_logit_softcapping": 30.0}, "caps"),
        ({"index_topk": 64}, "choose"),
        ({"use_bidirectional_attention": True}, "ahead"),
        ({"mamba_d_state": 16}, "recurrent"),
    ],
)
def test_setting_that_changes_who_sees_whom_is_found(settings: dict[str, object], reason: str) -> None:
    config = MistralConfig(sliding_window=None)
    assert sharing_objection(config) is None
    for name, value in settings.items():
        setattr(config, name, value)

    assert reason in (sharing_objection(config) or "")


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        (T5Config(), "encoder"),
        (MambaConfig(), "linear_attention"),
        (GPTNeoConfig(), "local"),
        (RwkvConfig(), "recurrent"),
        (xLSTMConfig(), "recurrent"),
    ],
    ids=lambda part: getattr(part, "model_type", ""),
)
def test_families_that_no_row_can_be_packed_for(config: object, reason: str) -> None:
    assert reason in (sharing_objection(config) or "")


def test_model_that_was_loaded_with_another_attention_keeps_it() -> None:
    attention = choose(tiny("llama", attn_implementation="eager"), "auto", device=CPU, dtype=torch.float32)

    assert attention.name == "rows"
    assert "'eager'" in attention.reason
