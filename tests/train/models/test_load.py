import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from peft import PeftModel
from safetensors.torch import load_file, save_file
from transformers import LlamaConfig, LlamaForCausalLM, MixtralConfig, MixtralForCausalLM

from prefpairs.errors import ConfigError
from prefpairs.train.models.folder import folder_hash
from prefpairs.train.models.load import choose_device, load
from prefpairs.train.models.lora import add_lora, parameters
from prefpairs.train.models.save import save
from prefpairs.train.recipe import Lora, Recipe, Text
from tests.support.tiny_model import save_tiny_model

CPU = torch.device("cpu")
LORA = Recipe(lora=Lora(rank=4, alpha=8))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_model(tmp_path_factory.mktemp("model"))


@pytest.fixture
def copied(folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(folder, tmp_path / "copied"))


@pytest.fixture(scope="module")
def adapter(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An adapter that changes what its model says."""
    output = tmp_path_factory.mktemp("adapters") / "sft"
    loaded = load(folder, LORA, device=CPU)
    assert LORA.lora is not None
    model = add_lora(loaded.model, LORA.lora, seed=1)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_B" in name:
                parameter.fill_(0.05)
    save(output, model=model, tokenizer=loaded.tokenizer, files={})
    return output


def logits(model: Any) -> torch.Tensor:
    with torch.no_grad():
        result: torch.Tensor = model(torch.arange(4, 40)[None]).logits
    return result


def edit(path: Path, **changes: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def save_model(model: Any, tokenizers_folder: Path, output: Path) -> Path:
    model.save_pretrained(output)
    for path in tokenizers_folder.glob("tokenizer*"):
        shutil.copy(path, output)
    return output


def test_a_model_is_loaded_as_transformers_loads_it(folder: Path) -> None:
    loaded = load(folder, Recipe(), device=CPU)

    plain = transformers.AutoModelForCausalLM.from_pretrained(folder, local_files_only=True)
    assert torch.equal(logits(loaded.model), logits(plain))
    assert all(parameter.requires_grad for parameter in loaded.model.parameters())
    assert loaded.notes == ()


@pytest.mark.parametrize("weights", ["float32", "bfloat16"])
def test_weights_are_kept_in_what_the_recipe_says(folder: Path, weights: Any) -> None:
    loaded = load(folder, Recipe(weights=weights), device=CPU)

    assert {parameter.dtype for parameter in loaded.model.parameters()} == {getattr(torch, weights)}


def test_nothing_takes_gradients_in_a_model_that_is_only_asked(folder: Path, adapter: Path) -> None:
    for place in (folder, adapter):
        loaded = load(place, Recipe(gradient_checkpointing=True), device=CPU, trainable=False)

        assert not any(parameter.requires_grad for parameter in loaded.model.parameters())
        assert not loaded.model.training


def test_dropout_is_off_in_training_mode_too(folder: Path, tmp_path: Path) -> None:
    config = transformers.GPT2Config(n_embd=32, n_layer=2, n_head=2, vocab_size=400, n_positions=2048)
    assert config.resid_pdrop > 0
    gpt2 = save_model(transformers.GPT2LMHeadModel(config), folder, tmp_path / "gpt2")
    llama = transformers.AutoModelForCausalLM.from_pretrained(folder, local_files_only=True, attention_dropout=0.5)
    llama.save_pretrained(tmp_path / "llama")
    save_model(llama, folder, tmp_path / "llama")

    for place in (gpt2, tmp_path / "llama"):
        model = load(place, Recipe(), device=CPU).model
        asked = logits(model.eval())
        assert torch.equal(logits(model.train()), asked)

    careless = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "llama", local_files_only=True).train()
    assert not torch.equal(logits(careless), logits(careless))


def test_an_adapters_own_dropout_is_off(adapter: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(adapter, tmp_path / "adapter"))
    edit(other / "adapter_config.json", lora_dropout=0.5)

    model = load(other, LORA, device=CPU).model

    assert torch.equal(logits(model.train()), logits(model.eval()))


def test_no_keys_are_kept_for_generation_while_training(folder: Path) -> None:
    model = load(folder, Recipe(), device=CPU).model

    assert model(torch.arange(8)[None]).past_key_values is None


def test_activations_are_computed_again_where_the_recipe_says_so(folder: Path) -> None:
    plain = load(folder, Recipe(), device=CPU).model
    thrifty = load(folder, Recipe(gradient_checkpointing=True), device=CPU).model
    calls = []
    thrifty.model.layers[0].mlp.register_forward_pre_hook(lambda *_: calls.append(1))

    for model in (plain, thrifty):
        model(torch.arange(4, 40)[None]).logits.logsumexp(-1).sum().backward()

    assert len(calls) == 2
    for one, other in zip(plain.parameters(), thrifty.parameters(), strict=True):
        assert torch.equal(one.grad, other.grad)


def test_experts_are_trained_without_their_own_loss_and_a_note_says_so(folder: Path, tmp_path: Path) -> None:
    config = MixtralConfig(
        vocab_size=400, hidden_size=32, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2,
        num_key_value_heads=2, num_local_experts=2, output_router_logits=True, router_jitter_noise=0.1,
    )  # fmt: skip
    place = save_model(MixtralForCausalLM(config), folder, tmp_path / "experts")

    loaded = load(place, Recipe(lora=Lora()), device=CPU)

    ids = torch.arange(4, 40)[None]
    assert loaded.model(ids, labels=ids).aux_loss is None
    assert torch.equal(logits(loaded.model.train()), logits(loaded.model.eval()))
    assert ["load-balancing loss is off" in note for note in loaded.notes] == [True, False]
    assert "LoRA does not reach" in loaded.notes[1]


def test_an_adapter_goes_on_being_trained_on_its_frozen_model(folder: Path, adapter: Path) -> None:
    loaded = load(adapter, LORA, device=CPU)

    assert isinstance(loaded.model, PeftModel)
    trained = {name for name, parameter in loaded.model.named_parameters() if parameter.requires_grad}
    assert trained
    assert all("lora_" in name for name in trained)
    assert not torch.equal(logits(loaded.model), logits(load(folder, Recipe(), device=CPU).model))


def test_an_adapter_stays_float32_on_a_bfloat16_model(adapter: Path) -> None:
    model = load(adapter, LORA.model_copy(update={"weights": "bfloat16"}), device=CPU).model

    kept = {("lora_" in name, parameter.dtype) for name, parameter in model.named_parameters()}
    assert kept == {(True, torch.float32), (False, torch.bfloat16)}


def test_an_adapter_without_a_tokenizer_takes_its_models(folder: Path, adapter: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(adapter, tmp_path / "adapter"))
    for path in other.glob("tokenizer*"):
        path.unlink()

    assert len(load(other, LORA, device=CPU).tokenizer) == len(load(folder, LORA, device=CPU).tokenizer)


@pytest.mark.parametrize(
    ("recipe", "said"),
    [
        (Recipe(), "the recipe has no `lora` section"),
        (Recipe(lora=Lora(rank=8, alpha=8)), "has rank 4 and alpha 8.* asks for rank 8 and alpha 8"),
        (Recipe(lora=Lora(rank=4, alpha=9)), "asks for rank 4 and alpha 9"),
    ],
)
def test_an_adapter_that_the_recipe_would_not_make_is_refused(adapter: Path, recipe: Recipe, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        load(adapter, recipe, device=CPU)


def test_an_adapter_of_a_model_that_is_not_here_is_refused(adapter: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(adapter, tmp_path / "adapter"))
    edit(other / "adapter_config.json", base_model_name_or_path="organisation/name")

    with pytest.raises(ConfigError, match="'organisation/name', and there is no such local folder"):
        load(other, LORA, device=CPU)


def test_an_adapter_of_an_adapter_is_refused(adapter: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(adapter, tmp_path / "adapter"))
    edit(other / "adapter_config.json", base_model_name_or_path=str(adapter))

    with pytest.raises(ConfigError, match="an adapter too"):
        load(other, LORA, device=CPU)


def test_a_pickled_adapter_is_refused(adapter: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(adapter, tmp_path / "adapter"))
    torch.save(load_file(other / "adapter_model.safetensors"), other / "adapter_model.bin")
    (other / "adapter_model.safetensors").unlink()

    with pytest.raises(ConfigError, match=r"no adapter_model\.safetensors"):
        load(other, LORA, device=CPU)


def test_another_kind_of_adapter_is_refused(adapter: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(adapter, tmp_path / "adapter"))
    edit(other / "adapter_config.json", peft_type="PREFIX_TUNING")

    with pytest.raises(ConfigError, match="kind 'PREFIX_TUNING'; only LoRA"):
        load(other, LORA, device=CPU)


def test_an_adapter_of_another_architecture_is_refused(folder: Path, adapter: Path, tmp_path: Path) -> None:
    larger = LlamaForCausalLM(
        LlamaConfig(vocab_size=400, hidden_size=64, num_hidden_layers=1, num_attention_heads=4)
    )
    other = Path(shutil.copytree(adapter, tmp_path / "adapter"))
    edit(
        other / "adapter_config.json",
        base_model_name_or_path=str(save_model(larger, folder, tmp_path / "larger")),
    )

    with pytest.raises(ConfigError, match="they do not fit together"):
        load(other, LORA, device=CPU)


def test_a_missing_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"No model at .*nowhere"):
        load(tmp_path / "nowhere", Recipe(), device=CPU)


def test_a_model_without_a_tokenizer_is_refused(copied: Path) -> None:
    for path in copied.glob("tokenizer*"):
        path.unlink()

    with pytest.raises(ConfigError, match="no tokenizer"):
        load(copied, Recipe(), device=CPU)


def test_a_tokenizer_of_another_model_is_refused(copied: Path) -> None:
    larger = transformers.AutoTokenizer.from_pretrained(copied, local_files_only=True)
    larger.add_tokens([f"added{number}" for number in range(3)])
    larger.save_pretrained(copied)

    with pytest.raises(ConfigError, match=r"the tokenizer has \d+ tokens and the model knows \d+"):
        load(copied, Recipe(), device=CPU)


def test_pickled_weights_are_refused(copied: Path) -> None:
    torch.save(load_file(copied / "model.safetensors"), copied / "pytorch_model.bin")
    (copied / "model.safetensors").unlink()

    with pytest.raises(ConfigError, match="no causal language model in safetensors"):
        load(copied, Recipe(), device=CPU)


def test_code_of_a_models_author_is_not_run(copied: Path) -> None:
    edit(copied / "config.json", model_type="mine", auto_map={"AutoConfig": "m.C", "AutoModelForCausalLM": "m.M"})
    (copied / "m.py").write_text("raise SystemExit('code of the model ran')")

    with pytest.raises(ConfigError, match="without running its code"):
        load(copied, Recipe(), device=CPU)


def test_a_model_that_lacks_weights_is_refused(copied: Path) -> None:
    weights = load_file(copied / "model.safetensors")
    del weights["model.layers.1.mlp.up_proj.weight"]
    save_file(weights, copied / "model.safetensors", metadata={"format": "pt"})

    with pytest.raises(ConfigError, match="lacks 1 weights"):
        load(copied, Recipe(), device=CPU)


def test_a_truncated_file_of_weights_is_refused(copied: Path) -> None:
    path = copied / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])

    with pytest.raises(ConfigError, match="no causal language model"):
        load(copied, Recipe(), device=CPU)


def test_quantised_weights_are_refused(copied: Path) -> None:
    edit(copied / "config.json", quantization_config={"quant_method": "gptq", "bits": 4})

    with pytest.raises(ConfigError, match="quantised"):
        load(copied, Recipe(), device=CPU)


def test_more_tokens_than_the_model_reads_are_refused(tmp_path: Path) -> None:
    folder = save_tiny_model(tmp_path / "model", max_positions=64)

    with pytest.raises(ConfigError, match=r"reads 64 tokens at most, and text\.max_tokens is 128"):
        load(folder, Recipe(text=Text(max_tokens=128)), device=CPU)


def test_generation_settings_that_could_not_be_saved_are_told_before_training(copied: Path) -> None:
    (copied / "generation_config.json").write_text(json.dumps({"do_sample": False, "temperature": 0.6}))

    with pytest.raises(ConfigError, match=r"generation_config\.json contradicts itself"):
        load(copied, Recipe(), device=CPU)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_a_gpu_that_is_not_there_is_named() -> None:
    assert choose_device("auto") == CPU
    with pytest.raises(ConfigError, match="sees no GPU"):
        choose_device("cuda")


def test_the_hash_names_what_decides_the_scores_and_nothing_else(copied: Path, folder: Path) -> None:
    assert folder_hash(copied) == folder_hash(folder)
    for name in ("README.md", "training.json", "metrics.jsonl", "events.out.tfevents.1", ".gitattributes"):
        (copied / name).write_text("other")
    assert folder_hash(copied) == folder_hash(folder)

    (copied / "chat_template.jinja").write_text("{{ messages }}")
    assert folder_hash(copied) != folder_hash(folder)


def test_an_adapters_hash_covers_its_model_but_not_where_that_lies(
    adapter: Path, copied: Path, tmp_path: Path
) -> None:
    other = Path(shutil.copytree(adapter, tmp_path / "adapter"))
    edit(other / "adapter_config.json", base_model_name_or_path=str(copied))
    assert folder_hash(other) == folder_hash(adapter)

    weights = load_file(copied / "model.safetensors")
    weights["lm_head.weight"][0, 0] += 1
    save_file(weights, copied / "model.safetensors", metadata={"format": "pt"})
    assert folder_hash(other) != folder_hash(adapter)


def test_an_adapter_has_few_parameters_to_train(adapter: Path) -> None:
    trained, every = parameters(load(adapter, LORA, device=CPU).model)

    assert 0 < trained < every


@pytest.mark.parametrize(
    "error",
    [torch.OutOfMemoryError("CUDA out of memory"), RuntimeError("CUDA error: out of memory"), MemoryError()],
    ids=["allocator", "driver", "python"],
)
def test_too_little_memory_is_not_taken_for_a_folder_without_a_model(
    folder: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(transformers.AutoModelForCausalLM, "from_pretrained", full)

    with pytest.raises(type(error)):
        load(folder, Recipe(), device=CPU)
