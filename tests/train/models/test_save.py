import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from peft import AutoPeftModelForCausalLM
from safetensors import safe_open
from safetensors.torch import load_file

from prefpairs.errors import ConfigError
from prefpairs.train.models.folder import quiet
from prefpairs.train.models.load import load
from prefpairs.train.models.lora import add_lora
from prefpairs.train.models.save import merge_adapter, save
from prefpairs.train.recipe import Lora, Recipe
from prefpairs.train.reward import with_reward_head
from tests.support.tiny_model import CHAT_TEMPLATE, save_tiny_model

CPU = torch.device("cpu")
IDS = torch.arange(4, 40)[None]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_model(tmp_path_factory.mktemp("model"), chat_template=CHAT_TEMPLATE)


def change(model: Any) -> Any:
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.requires_grad and "lora_A" not in name:
                parameter.add_(0.03)
    return model


def logits(model: Any) -> torch.Tensor:
    with torch.no_grad():
        result: torch.Tensor = model(IDS).logits
    return result.float()


def save_adapter(folder: Path, output: Path, *, weights: Any = "float32", targets: Any = "all-linear") -> Any:
    loaded = load(folder, Recipe(weights=weights), device=CPU)
    model = change(add_lora(loaded.model, Lora(rank=4, targets=targets), seed=1))
    save(output, model=model, tokenizer=loaded.tokenizer, files={})
    return model


def read(path: Path) -> Any:
    return json.loads(path.read_bytes())


def test_a_saved_model_loads_as_it_is_and_says_the_same(folder: Path, tmp_path: Path) -> None:
    output = tmp_path / "deep" / "out"
    loaded = load(folder, Recipe(), device=CPU)
    change(loaded.model)

    save(output, model=loaded.model, tokenizer=loaded.tokenizer, files={"training.json": b"{}"})

    again = transformers.AutoModelForCausalLM.from_pretrained(output, local_files_only=True)
    tokenizer = transformers.AutoTokenizer.from_pretrained(output, local_files_only=True)
    assert torch.equal(logits(again), logits(loaded.model))
    assert not torch.equal(logits(again), logits(load(folder, Recipe(), device=CPU).model))
    assert tokenizer.chat_template == CHAT_TEMPLATE
    assert (output / "training.json").read_bytes() == b"{}"
    assert [path.name for path in output.parent.iterdir()] == ["out"]


def test_a_saved_model_has_what_vllm_looks_for(folder: Path, tmp_path: Path) -> None:
    loaded = load(folder, Recipe(weights="bfloat16"), device=CPU)

    save(tmp_path / "out", model=loaded.model, tokenizer=loaded.tokenizer, files={})

    config = read(tmp_path / "out" / "config.json")
    assert config["architectures"] == ["LlamaForCausalLM"]
    assert config["dtype"] == "bfloat16"
    assert config["use_cache"] is True
    with safe_open(tmp_path / "out" / "model.safetensors", "pt") as weights:
        assert weights.metadata() == {"format": "pt"}
    for name in ("tokenizer.json", "tokenizer_config.json", "generation_config.json"):
        assert (tmp_path / "out" / name).is_file()
    assert loaded.model.config.use_cache is False


def test_the_same_model_is_saved_as_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        loaded = load(folder, Recipe(), device=CPU)
        save(tmp_path / name, model=loaded.model, tokenizer=loaded.tokenizer, files={})
        save_adapter(folder, tmp_path / f"{name}-adapter")

    for kind in ("", "-adapter"):
        one, two = ({path.name: path.read_bytes() for path in (tmp_path / f"{name}{kind}").iterdir()}
                    for name in ("one", "two"))  # fmt: skip
        assert one == two


def test_an_adapter_is_saved_without_its_model(folder: Path, tmp_path: Path) -> None:
    model = save_adapter(folder, tmp_path / "out")

    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"adapter_config.json", "adapter_model.safetensors", "tokenizer.json", "tokenizer_config.json"} <= names
    assert not {"README.md", "model.safetensors", "config.json"} & names
    weights = load_file(tmp_path / "out" / "adapter_model.safetensors")
    assert sum(tensor.numel() for tensor in weights.values()) == sum(
        parameter.numel() for parameter in model.parameters() if parameter.requires_grad
    )
    config = read(tmp_path / "out" / "adapter_config.json")
    assert config["base_model_name_or_path"] == str(folder)
    assert config["target_modules"] == [
        "down_proj", "gate_proj", "k_proj", "o_proj", "q_proj", "up_proj", "v_proj"
    ]  # fmt: skip


def test_an_adapter_loads_as_it_is_in_peft_and_in_transformers(folder: Path, tmp_path: Path) -> None:
    model = save_adapter(folder, tmp_path / "out")

    for loader in (AutoPeftModelForCausalLM, transformers.AutoModelForCausalLM):
        with quiet():
            again = loader.from_pretrained(tmp_path / "out", local_files_only=True)
        assert torch.allclose(logits(again), logits(model), atol=1e-6)
    tokenizer = transformers.AutoTokenizer.from_pretrained(tmp_path / "out", local_files_only=True)
    assert tokenizer.chat_template == CHAT_TEMPLATE


def test_sft_and_dpo_train_one_adapter(folder: Path, tmp_path: Path) -> None:
    recipe = Recipe(lora=Lora(rank=4))
    first = save_adapter(folder, tmp_path / "sft")

    loaded = load(tmp_path / "sft", recipe, device=CPU)
    assert torch.equal(logits(loaded.model), logits(first))
    save(tmp_path / "dpo", model=change(loaded.model), tokenizer=loaded.tokenizer, files={})

    again = load(tmp_path / "dpo", recipe, device=CPU)
    assert torch.equal(logits(again.model), logits(loaded.model))
    assert read(tmp_path / "dpo" / "adapter_config.json") == read(tmp_path / "sft" / "adapter_config.json")


def test_gathered_weights_are_saved_in_place_of_the_models_own(folder: Path, tmp_path: Path) -> None:
    whole = load(folder, Recipe(), device=CPU)
    adapted = add_lora(load(folder, Recipe(), device=CPU).model, Lora(rank=4), seed=1)
    for number, model in enumerate((whole.model, adapted)):
        gathered = {name: tensor.clone() + 0.01 for name, tensor in model.state_dict().items()}
        save(tmp_path / str(number), model=model, tokenizer=whole.tokenizer, files={}, state_dict=gathered)

    weights = load_file(tmp_path / "0" / "model.safetensors")
    own = whole.model.state_dict()
    assert weights.keys() == own.keys()
    assert all(torch.equal(weights[name], own[name] + 0.01) for name in own)
    adapter = load_file(tmp_path / "1" / "adapter_model.safetensors")
    assert all("lora_" in name for name in adapter)
    assert all((tensor == 0.01).all() for name, tensor in adapter.items() if "lora_B" in name)


def test_tied_weights_are_saved_once_even_if_gathered_twice(tmp_path: Path) -> None:
    folder = save_tiny_model(tmp_path / "model")
    config = transformers.AutoConfig.from_pretrained(folder, local_files_only=True)
    config.tie_word_embeddings = True
    tied: Any = transformers.LlamaForCausalLM(config)
    shutil.copytree(folder, tmp_path / "tied")
    tied.save_pretrained(tmp_path / "tied")
    loaded = load(tmp_path / "tied", Recipe(), device=CPU)
    gathered = {name: tensor.clone() for name, tensor in loaded.model.state_dict().items()}

    for name, state_dict in (("own", None), ("gathered", gathered)):
        save(tmp_path / name, model=loaded.model, tokenizer=loaded.tokenizer, files={}, state_dict=state_dict)
        again = load(tmp_path / name, Recipe(), device=CPU).model
        assert torch.equal(logits(again), logits(loaded.model))
        assert again.lm_head.weight is again.model.embed_tokens.weight
        assert "lm_head.weight" not in load_file(tmp_path / name / "model.safetensors")


@pytest.mark.parametrize("weights", ["float32", "bfloat16"])
def test_a_merged_adapter_is_one_model_in_the_precision_of_its_base(
    folder: Path, tmp_path: Path, weights: Any
) -> None:
    base = transformers.AutoModelForCausalLM.from_pretrained(
        folder, local_files_only=True, dtype=getattr(torch, weights)
    )
    shutil.copytree(folder, tmp_path / "base")
    base.save_pretrained(tmp_path / "base")
    model = save_adapter(tmp_path / "base", tmp_path / "adapter")

    merge_adapter(tmp_path / "adapter", tmp_path / "merged", files={"README.md": b"card"})

    merged: Any = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "merged", local_files_only=True)
    assert merged.dtype == getattr(torch, weights)
    assert not (tmp_path / "merged" / "adapter_config.json").exists()
    assert (tmp_path / "merged" / "README.md").read_bytes() == b"card"
    assert torch.allclose(logits(merged.float()), logits(model), atol=1e-5 if weights == "float32" else 0.1)
    assert transformers.AutoTokenizer.from_pretrained(tmp_path / "merged", local_files_only=True).chat_template


def test_an_adapter_on_an_untied_head_can_be_merged(folder: Path, tmp_path: Path) -> None:
    model = save_adapter(folder, tmp_path / "adapter", targets=("q_proj", "lm_head"))

    merge_adapter(tmp_path / "adapter", tmp_path / "merged")

    merged: Any = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "merged", local_files_only=True)
    assert torch.allclose(logits(merged), logits(model), atol=1e-5)


def test_a_whole_model_cannot_be_merged(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no adapter"):
        merge_adapter(folder, tmp_path / "merged")


def test_generation_ends_where_a_reply_ends(folder: Path, tmp_path: Path) -> None:
    loaded = load(folder, Recipe(), device=CPU)
    begin, end = loaded.tokenizer.bos_token_id, loaded.tokenizer.eos_token_id
    loaded.model.generation_config.eos_token_id = begin

    save(tmp_path / "out", model=loaded.model, tokenizer=loaded.tokenizer, files={})

    assert read(tmp_path / "out" / "generation_config.json")["eos_token_id"] == [end, begin]
    assert loaded.model.generation_config.eos_token_id == begin


def test_generation_ends_where_the_chat_template_ends_a_turn(folder: Path, tmp_path: Path) -> None:
    loaded = load(folder, Recipe(), device=CPU)
    eos = loaded.tokenizer.eos_token_id
    loaded.tokenizer.chat_template = (
        "{% for turn in messages %}{{ '<|user|>' + turn.content + '<|assistant|>\\n' }}{% endfor %}"
    )

    save(tmp_path / "out", model=loaded.model, tokenizer=loaded.tokenizer, files={})

    turn = loaded.tokenizer.convert_tokens_to_ids("<|assistant|>")
    assert read(tmp_path / "out" / "generation_config.json")["eos_token_id"] == [turn, eos]


def test_a_folder_that_is_in_use_is_not_overwritten(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "precious").write_bytes(b"")
    loaded = load(folder, Recipe(), device=CPU)

    with pytest.raises(ConfigError, match="is not empty"):
        save(tmp_path / "out", model=loaded.model, tokenizer=loaded.tokenizer, files={})
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_save_that_fails_leaves_nothing(folder: Path, tmp_path: Path) -> None:
    loaded = load(folder, Recipe(), device=CPU)

    with pytest.raises(OSError):
        save(tmp_path / "out", model=loaded.model, tokenizer=loaded.tokenizer, files={"no/folder": b""})
    assert not list(tmp_path.iterdir())


def test_nothing_is_asked_of_the_network(folder: Path, tmp_path: Path) -> None:
    code = f"""
import socket
from pathlib import Path
import torch
def refuse(*_): raise SystemExit("asked the network")
socket.getaddrinfo = socket.socket.connect = refuse
from prefpairs.train.models.load import load
from prefpairs.train.models.lora import add_lora
from prefpairs.train.models.save import save
from prefpairs.train.recipe import Lora, Recipe
from prefpairs.train.reward import with_reward_head
recipe = Recipe(lora=Lora(rank=4, targets=("q_proj", "lm_head", "embed_tokens")))
loaded = load(Path({str(folder)!r}), recipe, device=torch.device("cpu"))
model = add_lora(loaded.model, recipe.lora, seed=0)
save(Path({str(tmp_path / "out")!r}), model=model, tokenizer=loaded.tokenizer, files={{}})
load(Path({str(tmp_path / "out")!r}), recipe, device=torch.device("cpu"))
print("saved")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip().endswith("saved"), done.stderr[-2000:]


def reward_of(model: Any) -> torch.Tensor:
    with torch.no_grad():
        result: torch.Tensor = model(IDS).logits
    return result.float()


@pytest.fixture(scope="module")
def reward_adapter(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, torch.Tensor]:
    """A reward model's adapter on a bfloat16 model, and what it gives."""
    recipe = Recipe(task="reward", stages=("reward",), lora=Lora(rank=4), weights="bfloat16")
    loaded = load(folder, recipe, device=CPU)
    model = change(add_lora(with_reward_head(loaded.model, loaded.tokenizer, seed=0), Lora(rank=4), seed=1))
    output = tmp_path_factory.mktemp("reward") / "adapter"
    save(output, model=model, tokenizer=loaded.tokenizer, files={})
    return output, reward_of(model)


def test_everything_that_is_trained_on_a_bfloat16_model_is_float32_even_a_new_head(folder: Path) -> None:
    recipe = Recipe(task="reward", stages=("reward",), weights="bfloat16")
    loaded = load(folder, recipe, device=CPU)

    model = add_lora(with_reward_head(loaded.model, loaded.tokenizer, seed=0), Lora(rank=4), seed=1)

    trained = {name: each.dtype for name, each in model.named_parameters() if each.requires_grad}
    assert any("score" in name for name in trained)
    assert set(trained.values()) == {torch.float32}


def test_a_reward_models_adapter_is_merged_with_its_head(
    reward_adapter: tuple[Path, torch.Tensor], tmp_path: Path
) -> None:
    adapter, expected = reward_adapter

    merge_adapter(adapter, tmp_path / "merged")

    merged = transformers.AutoModelForSequenceClassification.from_pretrained(
        tmp_path / "merged", local_files_only=True, dtype=torch.float32
    )
    assert read(tmp_path / "merged" / "config.json")["architectures"] == ["LlamaForSequenceClassification"]
    assert torch.allclose(reward_of(merged), expected, atol=0.05)


def test_a_reward_model_is_not_taken_for_a_language_model(
    reward_adapter: tuple[Path, torch.Tensor], tmp_path: Path
) -> None:
    adapter, _ = reward_adapter
    merge_adapter(adapter, tmp_path / "merged")

    for place in (adapter, tmp_path / "merged"):
        with pytest.raises(ConfigError, match="is a reward model"):
            load(place, Recipe(lora=Lora(rank=4)), device=CPU)
