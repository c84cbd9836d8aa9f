import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from prefpairs.errors import ConfigError
from prefpairs.train.attention.interface import Attention
from prefpairs.train.attention.masked import MaskedAttention
from prefpairs.train.attention.plug import stock
from prefpairs.train.attention.rows import RowsAttention
from prefpairs.train.attention.segments import SegmentsAttention
from prefpairs.train.data.trees import Tree
from prefpairs.train.scoring.layout import layout
from prefpairs.train.scoring.scorer import Scorer
from tests.support.scoring import (
    CPU,
    NOT_SHARING,
    RAGGED,
    SHARING,
    gradients,
    one_by_one,
    relative_difference,
    tiny,
    tree,
)

BACK_ENDS = (SegmentsAttention(), MaskedAttention(), RowsAttention())
PLAIN = tiny("llama")
SCORERS = [Scorer(tiny("llama"), attention, head_tokens=7, compute=torch.float32) for attention in BACK_ENDS]
RIGHT = [(name, attention) for name in SHARING for attention in BACK_ENDS]
RIGHT += [(name, BACK_ENDS[-1]) for name in NOT_SHARING]


@pytest.mark.parametrize(("name", "attention"), RIGHT, ids=lambda part: getattr(part, "name", part))
def test_tokens_score_and_learn_as_if_each_response_stood_alone(name: str, attention: Attention) -> None:
    model = tiny(name)
    expected = one_by_one(model, RAGGED)
    gradient = gradients(model, lambda: one_by_one(model, RAGGED))
    scorer = Scorer(model, attention, head_tokens=7, compute=torch.float32)
    row = layout(RAGGED, device=CPU)

    scores = scorer(row)

    assert scores.tokens is not None
    assert (scores.tokens - expected).abs().max() < 2e-5
    assert scores.lengths.tolist() == [9, 14, 3, 5, 1, 17]
    sums = [part.sum().item() for part in torch.split(expected, scores.lengths.tolist())]
    assert scores.sums.tolist() == pytest.approx(sums, abs=1e-4)
    assert relative_difference(gradients(model, lambda: scorer(row).tokens), gradient) < 1e-5


_length = st.integers(1, 12)
_trees = st.lists(
    st.builds(
        lambda prompt, responses: tree(prompt, *responses), _length, st.lists(_length, min_size=1, max_size=5)
    ),
    min_size=1,
    max_size=4,
)


@settings(deadline=None, max_examples=25)
@given(trees=_trees)
def test_any_posts_score_alike_by_every_way(trees: list[Tree]) -> None:
    with torch.no_grad():
        expected = one_by_one(PLAIN, trees)
        for scorer in SCORERS:
            tokens = scorer(layout(trees, device=CPU)).tokens
            torch.testing.assert_close(tokens, expected, atol=2e-5, rtol=0)


@pytest.mark.parametrize("name", ["mistral-window", "qwen2-window", "gemma3"])
@pytest.mark.parametrize("attention", BACK_ENDS[:2], ids=lambda attention: attention.name)
def test_window_that_would_cut_a_response_off_is_refused_even_where_nobody_chose(
    name: str, attention: Attention
) -> None:
    scorer = Scorer(tiny(name), attention, head_tokens=64, compute=torch.float32)

    with pytest.raises(ConfigError, match=r"looks back 8 tokens at most.*35 long.*attention: rows"):
        scorer(layout(RAGGED, device=CPU))


def test_attention_that_caps_its_scores_is_refused_even_where_nobody_chose() -> None:
    model = tiny("gemma2", sliding_window=64)
    model.config._attn_implementation = "sdpa"
    scorer = Scorer(model, SegmentsAttention(), head_tokens=64, compute=torch.float32)

    with pytest.raises(ConfigError, match=r"Gemma2Attention asks its attention for softcap.*attention: rows"):
        scorer(layout(RAGGED, device=CPU))


def test_model_that_keeps_arguments_from_its_layers_is_refused() -> None:
    model = tiny("llama")
    plain = model.model.forward
    model.model.forward = lambda shared_attention, **arguments: plain(**arguments)

    with pytest.raises(ConfigError, match=r"llama does not pass arguments on.*attention: rows"):
        SegmentsAttention().hidden(model.model, layout(RAGGED, device=CPU))


def test_model_that_was_loaded_with_eager_attention_is_not_given_another_one() -> None:
    model = tiny("llama", attn_implementation="eager")

    with pytest.raises(ConfigError, match="'eager'"):
        SegmentsAttention().hidden(model.model, layout(RAGGED, device=CPU))
    shared = MaskedAttention().hidden(model.model, layout(RAGGED, device=CPU))
    alone = RowsAttention().hidden(model.model, layout(RAGGED, device=CPU))

    torch.testing.assert_close(shared, alone, atol=2e-5, rtol=0)


def test_window_wider_than_every_text_changes_nothing() -> None:
    model = tiny("mistral-window", sliding_window=35)
    expected = one_by_one(model, RAGGED)

    scores = Scorer(model, SegmentsAttention(), head_tokens=64, compute=torch.float32)(layout(RAGGED, device=CPU))

    assert scores.tokens is not None
    assert (scores.tokens - expected).abs().max() < 2e-5


def test_states_of_prompts_are_in_the_row_too() -> None:
    model = tiny("qwen3")
    row = layout(RAGGED, device=CPU)

    segments, masked, rows = (attention.hidden(model.model, row) for attention in BACK_ENDS)

    assert segments.shape == (row.tokens, 32)
    torch.testing.assert_close(segments, masked, atol=2e-5, rtol=0)
    torch.testing.assert_close(rows, masked, atol=2e-5, rtol=0)


def test_model_that_shared_prompts_still_generates_and_pads_as_before() -> None:
    stock, shared = tiny("llama"), tiny("llama")
    SegmentsAttention().hidden(shared.model, layout(RAGGED, device=CPU))
    ids = torch.arange(12).reshape(2, 6)
    mask = torch.tensor([[0, 0, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1]])

    expected, found = (
        model.generate(ids, attention_mask=mask, max_new_tokens=8, do_sample=False, pad_token_id=0)
        for model in (stock, shared)
    )

    assert found.tolist() == expected.tolist()


def test_models_own_attention_is_back_for_a_block_only() -> None:
    backbone = tiny("llama").model
    with stock(backbone):
        untouched = backbone.config._attn_implementation
    SegmentsAttention().hidden(backbone, layout(RAGGED, device=CPU))

    with stock(backbone):
        within = backbone.config._attn_implementation

    assert (untouched, within, backbone.config._attn_implementation) == ("sdpa", "sdpa", "prefpairs")


def test_saved_model_knows_nothing_of_our_attention(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("model")
    model = tiny("llama")
    SegmentsAttention().hidden(model.model, layout(RAGGED, device=CPU))

    model.save_pretrained(folder)

    assert "prefpairs" not in (folder / "config.json").read_text(encoding="utf-8")
    assert type(model).from_pretrained(folder).config._attn_implementation == "sdpa"
