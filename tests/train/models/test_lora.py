from pathlib import Path
from typing import Any

import pytest
import torch
import transformers

from prefpairs.errors import ConfigError
from prefpairs.train.models.load import load
from prefpairs.train.models.lora import add_lora, parameters
from prefpairs.train.recipe import Lora, Recipe
from tests.support.tiny_model import save_tiny_model

CPU = torch.device("cpu")
LINEAR = ("down_proj", "gate_proj", "k_proj", "o_proj", "q_proj", "up_proj", "v_proj")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_model(tmp_path_factory.mktemp("model"))


@pytest.fixture
def model(folder: Path) -> Any:
    return load(folder, Recipe(), device=CPU).model


def tied(folder: Path) -> Any:
    config = transformers.AutoConfig.from_pretrained(folder, local_files_only=True)
    config.tie_word_embeddings = True
    return transformers.LlamaForCausalLM(config)


def adapters(model: Any) -> dict[str, torch.Tensor]:
    return {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}


def modules_with_adapters(model: Any) -> set[str]:
    return {name.split(".lora_")[0].rsplit(".", 1)[-1] for name in adapters(model)}


def test_a_new_adapter_changes_nothing_that_the_model_says(model: Any) -> None:
    ids = torch.arange(4, 40)[None]
    before = model(ids).logits

    assert torch.equal(add_lora(model, Lora(), seed=0)(ids).logits, before)


def test_the_same_seed_gives_the_same_adapter_and_another_one_does_not(folder: Path) -> None:
    first, again, other = (
        adapters(add_lora(load(folder, Recipe(), device=CPU).model, Lora(), seed=seed)) for seed in (1, 1, 2)
    )

    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not any(torch.equal(first[name], other[name]) for name in first if "lora_A" in name)


def test_the_random_numbers_of_others_stay_what_they_were(model: Any) -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        expected = torch.rand(3)
        torch.manual_seed(5)

        add_lora(model, Lora(), seed=0)

        assert torch.equal(torch.rand(3), expected)


def test_all_linear_is_every_linear_layer_but_the_head(model: Any) -> None:
    assert modules_with_adapters(add_lora(model, Lora(), seed=0)) == set(LINEAR)


@pytest.mark.parametrize(
    ("targets", "adapted"),
    [
        (("q_proj", "v_proj"), {"q_proj", "v_proj"}),
        ("q_proj", {"q_proj"}),
        (r".*\.(k|o)_proj", {"k_proj", "o_proj"}),
        (("self_attn.q_proj", "lm_head"), {"q_proj", "lm_head"}),
        (("embed_tokens",), {"embed_tokens"}),
    ],
)
def test_targets_are_names_or_a_pattern(model: Any, targets: Any, adapted: set[str]) -> None:
    assert modules_with_adapters(add_lora(model, Lora(targets=targets), seed=0)) == adapted


@pytest.mark.parametrize(
    ("targets", "said"),
    [
        (("q_proj", "query"), "no module is called 'query'"),
        ("query", "no module is called 'query'"),
        (("proj",), "no module is called 'proj'"),
        (".*query", "the pattern '.*query' matches no module"),
    ],
)
def test_a_target_that_matches_nothing_is_an_error_even_if_others_match(
    model: Any, targets: Any, said: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        add_lora(model, Lora(targets=targets), seed=0)

    assert said in str(caught.value)
    assert "down_proj, embed_tokens, gate_proj, k_proj, lm_head" in str(caught.value)


def test_a_pattern_that_is_none_is_told(model: Any) -> None:
    with pytest.raises(ConfigError, match="no regular expression"):
        add_lora(model, Lora(targets="(q_proj"), seed=0)


def test_a_module_that_takes_no_adapter_is_told(model: Any) -> None:
    with pytest.raises(ConfigError, match=r"model\.norm is a LlamaRMSNorm, which takes no adapter"):
        add_lora(model, Lora(targets=("q_proj", "model.norm")), seed=0)


@pytest.mark.parametrize("name", ["lm_head", "embed_tokens"])
def test_a_head_that_is_the_embedding_too_takes_no_adapter(folder: Path, name: str) -> None:
    with pytest.raises(ConfigError, match=f"{name} shares its weights with the embedding"):
        add_lora(tied(folder), Lora(targets=("q_proj", name)), seed=0)


def test_all_linear_works_where_head_and_embedding_are_one(folder: Path) -> None:
    assert modules_with_adapters(add_lora(tied(folder), Lora(), seed=0)) == set(LINEAR)


def test_adapters_are_float32_and_the_model_is_frozen(folder: Path) -> None:
    model = add_lora(load(folder, Recipe(weights="bfloat16"), device=CPU).model, Lora(), seed=0)

    assert {(parameter.requires_grad, parameter.dtype) for parameter in model.parameters()} == {
        (True, torch.float32),
        (False, torch.bfloat16),
    }


def test_trained_parameters_are_those_of_two_thin_matrices_for_each_layer(model: Any) -> None:
    shapes = [tuple(model.get_submodule(name).weight.shape) for name, module in model.named_modules()
              if name.endswith("q_proj")]  # fmt: skip
    every = sum(parameter.numel() for parameter in model.parameters())
    added = sum(3 * (rows + columns) for rows, columns in shapes)

    trained = parameters(add_lora(model, Lora(rank=3, targets=("q_proj",)), seed=0))

    assert trained == (added, every + added)


def test_an_adapter_is_trained_through_activations_that_are_computed_again(folder: Path) -> None:
    gradients = []
    for again in (False, True):
        loaded = load(folder, Recipe(gradient_checkpointing=again), device=CPU)
        model = add_lora(loaded.model, Lora(), seed=0).train(again)
        model(torch.arange(4, 40)[None]).logits.logsumexp(-1).sum().backward()
        gradients.append({name: each.grad for name, each in adapters(model).items() if each.grad is not None})

    plain, thrifty = gradients
    assert plain.keys() == thrifty.keys() == adapters(model).keys()
    assert any(gradient.abs().sum() > 0 for gradient in plain.values())
    assert all(torch.equal(plain[name], thrifty[name]) for name in plain)
