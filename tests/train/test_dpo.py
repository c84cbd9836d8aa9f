import json
import math
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from safetensors.torch import load_file

from prefpairs.config import Train
from prefpairs.errors import ConfigError, ContractError, VerificationError
from prefpairs.train import dpo
from prefpairs.train.data import Pair
from prefpairs.train.report import TrainReport, earlier_wins, longer_wins
from tests.support.tiny_model import CHAT_TEMPLATE, save_tiny_model
from tests.support.version_folder import Version, pair_row, write_version

QUESTIONS = ("How do you sleep?", "Who else is tired?", "What helps on Sundays?", "Is it always so quiet?")
FAST = Train(learning_rate=3e-3, epochs=12, batch_pairs=4, max_tokens=128, device="cpu")


def _rows(questions: Sequence[str] = QUESTIONS) -> list[dict[str, Any]]:
    """Warm answers are preferred to cold ones, whatever the question."""
    return [
        pair_row(f"t{number}", question, chosen, rejected)
        for number, question in enumerate(questions)
        for chosen, rejected in (
            ("That sounds hard, I hear you.", "Whatever."),
            ("That sounds hard, I hear you.", "Just stop it."),
        )
    ]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_model(tmp_path_factory.mktemp("model"), chat_template=CHAT_TEMPLATE)


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Version:
    return write_version(
        tmp_path_factory.mktemp("version"), {"train": _rows(), "validation": _rows(["Why is it loud?"])}
    )


def _weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "model.safetensors")


def test_a_learnable_preference_is_learnt(version: Version, model: Path, tmp_path: Path) -> None:
    seen: list[dict[str, float]] = []

    report = dpo.run(version, model=model, output=tmp_path / "out", settings=FAST, progress=seen.append)

    assert seen[0]["loss"] == pytest.approx(math.log(2), abs=1e-5)
    assert [step["step"] for step in seen] == list(range(1, report.steps + 1))
    assert report.epochs[-1]["loss"] < 0.5 < math.log(2)
    assert report.epochs[-1]["accuracy"] == 1.0
    assert report.epochs[-1]["margin"] > report.epochs[0]["margin"]
    assert report.validation is not None
    assert report.validation.accuracy == 1.0
    assert (report.validation.longer_wins, report.validation.earlier_wins) == (1.0, 0.0)
    assert report.counts["train"]["responses"] == 3 * len(QUESTIONS)


def test_the_saved_model_is_the_trained_one_and_loads_as_it_is(
    version: Version, model: Path, tmp_path: Path
) -> None:
    output = tmp_path / "deep" / "out"

    report = dpo.run(version, model=model, output=output, settings=FAST)

    trained = transformers.AutoModelForCausalLM.from_pretrained(output, local_files_only=True)
    tokenizer = transformers.AutoTokenizer.from_pretrained(output, local_files_only=True)
    before = _weights(model)
    assert any(not torch.equal(tensor, before[name]) for name, tensor in _weights(output).items())
    assert trained.config.vocab_size == len(tokenizer)
    assert json.loads((output / "training.json").read_bytes()) == json.loads(json.dumps(report.to_json()))
    assert [path.name for path in output.parent.iterdir()] == ["out"]


def test_reported_margin_and_loss_are_those_of_the_two_models(
    version: Version, model: Path, tmp_path: Path
) -> None:
    settings = FAST.model_copy(update={"epochs": 1, "beta": 0.3})

    report = dpo.run(version, model=model, output=tmp_path / "out", settings=settings)

    prompt = "<|user|>Why is it loud?<|end|><|assistant|>"
    gains = {
        text: _log_probability(tmp_path / "out", prompt, f"{text}<|end|>")
        - _log_probability(model, prompt, f"{text}<|end|>")
        for text in ("That sounds hard, I hear you.", "Whatever.", "Just stop it.")
    }
    warm, *cold = gains.values()
    margins = [0.3 * (warm - other) for other in cold]
    assert report.validation is not None
    assert report.validation.margin == pytest.approx(sum(margins) / 2, abs=1e-4)
    assert report.validation.loss == pytest.approx(
        sum(math.log(1 + math.exp(-margin)) for margin in margins) / 2, abs=1e-4
    )


def _log_probability(folder: Path, prompt: str, response: str) -> float:
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, local_files_only=True)
    before, after = (tokenizer(text, add_special_tokens=False).input_ids for text in (prompt, response))
    ids = torch.tensor([before + after])
    with torch.no_grad():
        distribution = torch.log_softmax(model(ids).logits[0].double(), dim=-1)
    return sum(distribution[len(before) - 1 + place, token].item() for place, token in enumerate(after))


def test_the_same_seed_gives_the_same_bytes_and_another_one_does_not(
    version: Version, model: Path, tmp_path: Path
) -> None:
    settings = FAST.model_copy(update={"epochs": 2})
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        dpo.run(version, model=model, output=tmp_path / name, settings=settings.model_copy(update={"seed": seed}))

    for file in ("training.json", "model.safetensors", "config.json"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()
    assert (tmp_path / "a" / "model.safetensors").read_bytes() != (
        tmp_path / "c" / "model.safetensors"
    ).read_bytes()


def test_a_second_run_does_nothing_and_says_so(version: Version, model: Path, tmp_path: Path) -> None:
    settings = FAST.model_copy(update={"epochs": 1})
    first = dpo.run(version, model=model, output=tmp_path / "out", settings=settings)
    steps: list[dict[str, float]] = []

    second = dpo.run(version, model=model, output=tmp_path / "out", settings=settings, progress=steps.append)

    assert second.skipped
    assert not steps
    assert second.to_json() == json.loads(json.dumps(first.to_json()))


def test_another_models_folder_is_not_overwritten(version: Version, model: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    output.mkdir()
    (output / "model.safetensors").write_bytes(b"precious")

    with pytest.raises(ConfigError, match="Name another output folder"):
        dpo.run(version, model=model, output=output, settings=FAST)
    assert (output / "model.safetensors").read_bytes() == b"precious"


def test_a_flipped_byte_is_refused_before_training(model: Path, tmp_path: Path) -> None:
    version = write_version(tmp_path / "version", {"train": _rows()})
    file = version.folder / "data/pairs/train-00000-of-00001.parquet"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    steps: list[dict[str, float]] = []

    with pytest.raises(VerificationError):
        dpo.run(version, model=model, output=tmp_path / "out", settings=FAST, progress=steps.append)
    assert not steps
    assert not (tmp_path / "out").exists()


def test_a_version_without_pairs_says_why(model: Path, tmp_path: Path) -> None:
    version = write_version(tmp_path / "version", {"train": [pair_row("t", "How?", "same", "same")]})

    with pytest.raises(ContractError, match=r"no pair to train on .* \(1 read\): 1 responses_equal"):
        dpo.run(version, model=model, output=tmp_path / "out", settings=FAST)


def test_a_version_without_a_train_split_says_so(model: Path, tmp_path: Path) -> None:
    version = write_version(tmp_path / "version", {"validation": _rows()})

    with pytest.raises(ContractError, match="it is empty"):
        dpo.run(version, model=model, output=tmp_path / "out", settings=FAST)


def test_a_version_without_validation_trains_and_says_so(model: Path, tmp_path: Path) -> None:
    version = write_version(tmp_path / "version", {"train": _rows()})

    report = dpo.run(version, model=model, output=tmp_path / "out", settings=FAST.model_copy(update={"epochs": 1}))

    assert report.validation is None
    assert ("accuracy, held out", "no validation split") in report.lines()


def test_a_missing_model_is_named(version: Version, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"No model at .*nowhere"):
        dpo.run(version, model=tmp_path / "nowhere", output=tmp_path / "out", settings=FAST)


def test_a_model_without_a_tokenizer_is_refused(version: Version, tmp_path: Path) -> None:
    folder = save_tiny_model(tmp_path / "model")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).unlink()

    with pytest.raises(ConfigError, match="no tokenizer"):
        dpo.run(version, model=folder, output=tmp_path / "out", settings=FAST)


def test_a_tokenizer_of_another_model_is_refused(version: Version, model: Path, tmp_path: Path) -> None:
    folder = save_tiny_model(tmp_path / "model")
    larger = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
    larger.add_tokens([f"added{number}" for number in range(3)])
    larger.save_pretrained(folder)

    with pytest.raises(ConfigError, match=r"the tokenizer has \d+ tokens and the model knows \d+"):
        dpo.run(version, model=folder, output=tmp_path / "out", settings=FAST)


def test_pickled_weights_are_refused(version: Version, model: Path, tmp_path: Path) -> None:
    folder = save_tiny_model(tmp_path / "model")
    torch.save(_weights(folder), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()

    with pytest.raises(ConfigError, match="safetensors"):
        dpo.run(version, model=folder, output=tmp_path / "out", settings=FAST)


def test_a_model_that_lacks_weights_is_refused(version: Version, tmp_path: Path) -> None:
    from safetensors.torch import save_file

    folder = save_tiny_model(tmp_path / "model")
    weights = _weights(folder)
    del weights["model.layers.1.mlp.up_proj.weight"]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})

    with pytest.raises(ConfigError, match="lacks 1 weights"):
        dpo.run(version, model=folder, output=tmp_path / "out", settings=FAST)


def test_more_tokens_than_the_model_reads_are_refused(version: Version, tmp_path: Path) -> None:
    folder = save_tiny_model(tmp_path / "model", max_positions=64)

    with pytest.raises(ConfigError, match=r"reads 64 tokens at most, and train.max_tokens is 128"):
        dpo.run(version, model=folder, output=tmp_path / "out", settings=FAST)


def test_a_tokenizer_without_an_end_token_is_refused(version: Version, tmp_path: Path) -> None:
    folder = save_tiny_model(tmp_path / "model", eos=False)

    with pytest.raises(ConfigError, match="no end-of-text token"):
        dpo.run(version, model=folder, output=tmp_path / "out", settings=FAST)


def test_a_loss_that_is_no_number_stops_the_run_and_saves_nothing(
    version: Version, model: Path, tmp_path: Path
) -> None:
    broken = save_tiny_model(tmp_path / "model")
    weights = _weights(broken)
    weights["lm_head.weight"][0, 0] = float("nan")
    from safetensors.torch import save_file

    save_file(weights, broken / "model.safetensors", metadata={"format": "pt"})

    with pytest.raises(ConfigError, match="not a finite number at step 1"):
        dpo.run(version, model=broken, output=tmp_path / "out", settings=FAST)
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_a_gpu_that_is_not_there_is_named(version: Version, model: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="sees no GPU"):
        dpo.run(version, model=model, output=tmp_path / "out", settings=FAST.model_copy(update={"device": "cuda"}))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
def test_a_learnable_preference_is_learnt_on_a_gpu(version: Version, model: Path, tmp_path: Path) -> None:
    report = dpo.run(
        version, model=model, output=tmp_path / "out", settings=FAST.model_copy(update={"device": "cuda"})
    )

    assert report.epochs[-1]["accuracy"] == 1.0


def test_baselines_count_ties_as_half_and_unknown_times_not_at_all() -> None:
    pairs = [
        Pair(chosen=0, rejected=1, extra_words=extra, seconds_between=seconds)
        for extra, seconds in ((3, -10), (0, 10), (-1, 0), (2, None))
    ]

    assert longer_wins(pairs) == pytest.approx((1 + 0.5 + 0 + 1) / 4)
    assert earlier_wins(pairs) == pytest.approx((1 + 0 + 0.5) / 3)
    assert earlier_wins(pairs[-1:]) is None


def test_the_report_prints_the_baselines_beside_the_accuracy(
    version: Version, model: Path, tmp_path: Path
) -> None:
    report = dpo.run(version, model=model, output=tmp_path / "out", settings=FAST.model_copy(update={"epochs": 1}))

    names = [name.strip() for name, _ in report.lines()]
    assert names[names.index("accuracy, held out") + 1 :] == ["longer wins", "earlier wins", "random"]
    assert TrainReport.from_json(report.to_json()) == report


def test_the_trainer_needs_nothing_of_the_pipeline() -> None:
    heavy = ["deltalake", "great_expectations", "polars", "prefect", "presidio_analyzer", "praw", "spacy"]
    code = (
        "import prefpairs.release.client, prefpairs.train.dpo, sys; "
        f"print([name for name in {heavy} if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
