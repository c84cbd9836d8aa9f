import json
import math
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

from prefpairs.errors import ApprovalError, BusyError, ConfigError, ContractError, SourceError, VerificationError
from prefpairs.train import run as run_module
from prefpairs.train.loop import train as train_module
from prefpairs.train.recipe import Recipe, Stage
from prefpairs.train.report import RunReport, TrainReport
from prefpairs.train.run import run
from tests.support.tiny_model import save_tiny_model
from tests.support.training import FAST, VERSION, configs, recipe, release
from tests.support.version_folder import pair_row

SHORT = {**FAST["dpo"], "epochs": 1}


class _StoppedError(Exception):
    """What a test stops a run with."""


@pytest.fixture
def make(task_model: Path, task_release: Path, tmp_path: Path) -> Callable[..., Recipe]:
    """Return what makes a recipe of one DPO stage, with changes."""

    def made(*, releases: Path = task_release, model: Path = task_model, **changes: Any) -> Recipe:
        return recipe(releases, model=model, root=tmp_path, **{"stages": ["dpo"], **changes})

    return made


def _stage(report: RunReport) -> TrainReport:
    [stage] = report.stages
    return stage


def _logged(folder: Path, *, without_times: bool = True) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    timed = ("seconds", "tokens_per_second", "pairs_per_second") if without_times else ()
    return [{name: value for name, value in line.items() if name not in timed} for line in lines]


def _stopping_after(reports: int) -> Callable[[], float]:
    """Return a clock that stops the run behind so many reports; it is also read twice at the start."""
    left = reports + 2

    def clock() -> float:
        nonlocal left
        left -= 1
        if left < 0:
            raise _StoppedError
        return float(-left)

    return clock


# What it learns


def test_a_known_preference_is_learnt_by_held_out_threads(make: Callable[..., Recipe]) -> None:
    chosen = make(dpo={**FAST["dpo"], "epochs": 5})

    report = _stage(run(chosen))

    assert chosen.output is not None
    assert report.validation is not None
    assert report.validation.accuracy is not None
    assert report.validation.accuracy >= 0.95
    assert report.validation.after["loss"] < 0.5 < math.log(2)
    assert report.validation.before["loss"] == pytest.approx(math.log(2), abs=1e-5)
    rules = report.validation.baselines
    assert rules is not None
    assert rules.reference_likelihood is not None
    assert max(rules.reference_likelihood, rules.longer_wins) < 0.7
    assert (rules.earlier_wins, rules.random) == (0.0, 0.5)
    assert _logged(chosen.output / "dpo")[0]["loss"] == pytest.approx(math.log(2), abs=1e-5)


@pytest.mark.parametrize("lora", [None, {"rank": 4}], ids=["full", "lora"])
def test_the_first_loss_is_ln_2_also_with_stored_reference_scores(
    make: Callable[..., Recipe], lora: dict[str, Any] | None, tmp_path: Path
) -> None:
    said: list[str] = []

    for name in ("first", "second"):
        run(make(lora=lora, dpo=SHORT, output=tmp_path / name), log=said.append)

    assert said.count("dpo: ... computed.") == 2
    assert said.count("dpo: ... stored before, 64 of them checked.") == 1
    for name in ("first", "second"):
        assert _logged(tmp_path / name / "dpo")[0]["loss"] == pytest.approx(math.log(2), abs=1e-5)


def test_reported_margin_and_loss_are_those_of_the_two_models(make: Callable[..., Recipe], tmp_path: Path) -> None:
    rows = {"train": [_pair("t1"), _pair("t2")], "validation": [_pair("t3"), _pair("t3", rejected="no.")]}
    chosen = make(releases=release(tmp_path / "own", {"pairs": rows}), beta=0.3, dpo=FAST["dpo"])

    report = _stage(run(chosen))

    assert chosen.model is not None
    assert chosen.output is not None
    prompt = "<|user|>How was your tea?<|end|><|assistant|>"
    warm, *cold = (
        _log_probability(chosen.output / "dpo", prompt, f"{text}<|end|>")
        - _log_probability(chosen.model, prompt, f"{text}<|end|>")
        for text in ("I hear you.", "whatever.", "no.")
    )
    margins = [0.3 * (warm - other) for other in cold]
    assert report.validation is not None
    assert report.validation.after["rewards/margins"] == pytest.approx(sum(margins) / 2, abs=1e-4)
    assert report.validation.after["loss"] == pytest.approx(
        sum(math.log(1 + math.exp(-margin)) for margin in margins) / 2, abs=1e-4
    )


def _pair(thread: str, rejected: str = "whatever.") -> dict[str, Any]:
    return pair_row(thread, "How was your tea?", "I hear you.", rejected)


def _log_probability(folder: Path, prompt: str, response: str) -> float:
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, local_files_only=True)
    before, after = (tokenizer(text, add_special_tokens=False).input_ids for text in (prompt, response))
    ids = torch.tensor([before + after])
    with torch.no_grad():
        distribution = torch.log_softmax(model(ids).logits[0].double(), dim=-1)
    return sum(distribution[len(before) - 1 + place, token].item() for place, token in enumerate(after))


# What it writes


def test_a_stage_leaves_one_folder_that_loads_as_it_is(make: Callable[..., Recipe]) -> None:
    chosen = make(dpo=SHORT)

    report = _stage(run(chosen))

    assert chosen.output is not None
    folder = chosen.output / "dpo"
    trained = transformers.AutoModelForCausalLM.from_pretrained(folder, local_files_only=True)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
    assert trained.config.vocab_size == len(tokenizer)
    assert json.loads((folder / "training.json").read_bytes()) == json.loads(json.dumps(report.to_json()))
    assert TrainReport.from_json(report.to_json()) == report
    assert [path.name for path in chosen.output.glob("[!.]*")] == ["dpo"]
    assert "no substitute for care" in (folder / "README.md").read_text()
    assert [line["step"] for line in _logged(folder)] == list(range(1, report.steps + 1))


def test_the_report_says_from_what_and_how(make: Callable[..., Recipe], task_release: Path) -> None:
    said: list[str] = []

    report = _stage(run(make(dpo=SHORT), log=said.append))

    manifest = json.loads((task_release / VERSION / "manifest.json").read_bytes())
    assert (report.version, report.content_root) == (VERSION, manifest["content_root"])
    assert report.choices["device"] == "cpu"
    assert any(line.startswith("dpo: attention: segments") for line in said)
    assert any(line.startswith("dpo: prompts: ") for line in said)
    assert report.counts["train"]["pairs"] == report.work["pairs"] > 0
    assert report.packages["torch"] == torch.__version__
    names = [name.strip() for name, _ in report.lines()]
    assert names[names.index("accuracy, held out") + 1 :] == [
        "likelier to the reference", "likelier to the reference, by token", "longer wins", "earlier wins",
        "random",
    ]  # fmt: skip


def test_the_report_says_that_weights_in_bfloat16_round_as_such(make: Callable[..., Recipe]) -> None:
    report = _stage(run(make(dpo=SHORT, weights="bfloat16", lora={"rank": 2})))

    assert report.choices["compute"] == "float32; weights in bfloat16 make the arithmetic bfloat16"


def test_the_same_seed_gives_the_same_bytes_and_another_one_does_not(
    make: Callable[..., Recipe], tmp_path: Path
) -> None:
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        run(make(dpo=SHORT, seed=seed, output=tmp_path / name))

    assert _files(tmp_path / "a/dpo") == _files(tmp_path / "b/dpo")
    assert not _same_weights(tmp_path / "a/dpo", tmp_path / "c/dpo")


def _same_weights(one: Path, other: Path) -> bool:
    return (one / "model.safetensors").read_bytes() == (other / "model.safetensors").read_bytes()


def test_how_rows_are_packed_does_not_change_the_result(make: Callable[..., Recipe], tmp_path: Path) -> None:
    for name, row_tokens in (("narrow", 256), ("wide", 4096)):
        run(make(dpo=SHORT, row_tokens=row_tokens, output=tmp_path / name))

    narrow, wide = (load_file(tmp_path / name / "dpo/model.safetensors") for name in ("narrow", "wide"))
    assert max(float((narrow[name] - wide[name]).abs().max()) for name in wide) < 1e-5


# What is done already


def test_a_second_run_does_nothing_and_says_so(make: Callable[..., Recipe]) -> None:
    chosen = make(dpo=SHORT)
    first = _stage(run(chosen))
    said: list[str] = []

    second = run(chosen, log=said.append)

    assert second.skipped
    assert _stage(second).to_json() == json.loads(json.dumps(first.to_json()))
    assert said == [f"dpo: finished before, from the same inputs. {chosen.output}/dpo"]


def test_another_models_folder_is_not_overwritten(make: Callable[..., Recipe], tmp_path: Path) -> None:
    output = tmp_path / "out" / "dpo"
    output.mkdir(parents=True)
    (output / "model.safetensors").write_bytes(b"precious")

    with pytest.raises(ConfigError, match="Name another output"):
        run(make())
    assert (output / "model.safetensors").read_bytes() == b"precious"


@pytest.mark.parametrize(
    ("reports", "changes"),
    [(1, {}), (2, {}), (5, {}), (3, {"lora": {"rank": 2}}), (3, {"gradient_checkpointing": True})],
    ids=["before a checkpoint", "at one", "behind two", "lora", "activations computed again"],
)
def test_a_run_that_was_stopped_ends_as_if_it_had_not_been(
    make: Callable[..., Recipe], reports: int, changes: dict[str, Any], tmp_path: Path
) -> None:
    settings = {"dpo": SHORT, "checkpoint_every": 2, **changes}
    run(make(**settings, output=tmp_path / "unbroken"))
    with pytest.raises(_StoppedError):
        run(make(**settings, output=tmp_path / "stopped"), clock=_stopping_after(reports))
    assert [path.name for path in (tmp_path / "stopped").glob("[!.]*")] == ["dpo.unfinished"]

    run(make(**settings, output=tmp_path / "stopped"))

    assert _files(tmp_path / "unbroken/dpo") == _files(tmp_path / "stopped/dpo")
    assert _logged(tmp_path / "unbroken/dpo") == _logged(tmp_path / "stopped/dpo")
    assert [path.name for path in (tmp_path / "stopped").glob("[!.]*")] == ["dpo"]


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "metrics.jsonl"}


def test_a_killed_run_goes_on_from_its_checkpoint(make: Callable[..., Recipe], tmp_path: Path) -> None:
    settings = {"dpo": SHORT, "checkpoint_every": 2}
    run(make(**settings, output=tmp_path / "unbroken"))
    killed = make(**settings, output=tmp_path / "killed")
    (tmp_path / "recipe.json").write_text(killed.model_dump_json())

    done = subprocess.run(
        [sys.executable, "-c", _KILLED, str(tmp_path / "recipe.json")],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        check=False,
    )

    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    left = sorted(path.name for path in (tmp_path / "killed/dpo.unfinished").iterdir())
    assert left == ["checkpoint-00000002", "metrics.jsonl"]
    run(killed)
    assert _same_weights(tmp_path / "unbroken/dpo", tmp_path / "killed/dpo")
    assert _logged(tmp_path / "unbroken/dpo") == _logged(tmp_path / "killed/dpo")


_KILLED = """
import itertools, os, signal, sys
from pathlib import Path
from prefpairs.train.recipe import Recipe
from prefpairs.train.run import run

reads = itertools.count()

def clock():
    if next(reads) == 4:
        os.kill(os.getpid(), signal.SIGKILL)
    return 0.0

run(Recipe.model_validate_json(Path(sys.argv[1]).read_bytes()), clock=clock)
"""


def test_an_unfinished_run_with_another_recipe_is_refused_and_kept(make: Callable[..., Recipe]) -> None:
    chosen = make(dpo=SHORT, checkpoint_every=2)
    with pytest.raises(_StoppedError):
        run(chosen, clock=_stopping_after(3))

    with pytest.raises(
        ConfigError, match=r"another version, model or recipe and is not finished. Remove .*/dpo.unf"
    ):
        run(make(dpo={**SHORT, "learning_rate": 1e-4}, checkpoint_every=2))
    assert chosen.output is not None
    assert (chosen.output / "dpo.unfinished/checkpoint-00000002").is_dir()


def test_settings_that_change_no_result_do_not_start_a_run_again(make: Callable[..., Recipe]) -> None:
    run(make(dpo=SHORT))

    assert run(make(dpo=SHORT, log_every=7, checkpoint_every=3, sft=SHORT, spot_check=5)).skipped
    assert run(make(dpo=SHORT, row_tokens=256, head_tokens=64, gradient_checkpointing=True)).skipped


def test_what_the_advice_against_too_little_memory_changes_goes_on_from_the_checkpoint(
    make: Callable[..., Recipe],
) -> None:
    settings = {"dpo": SHORT, "checkpoint_every": 2}
    with pytest.raises(_StoppedError):
        run(make(**settings), clock=_stopping_after(3))
    said: list[str] = []

    run(make(**settings, row_tokens=256, head_tokens=64, gradient_checkpointing=True), log=said.append)

    assert "dpo: 2 steps were done before; it goes on from there" in said


def test_a_run_that_was_stopped_behind_its_last_step_trains_nothing_again(
    make: Callable[..., Recipe], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run(make(dpo=SHORT, output=tmp_path / "unbroken"))
    stopped = make(dpo=SHORT, output=tmp_path / "stopped")

    def full(*_: Any, **__: Any) -> None:
        raise _StoppedError

    with monkeypatch.context() as disk:
        disk.setattr(train_module, "save", full)
        with pytest.raises(_StoppedError):
            run(stopped)
    said: list[str] = []
    report = _stage(run(stopped, log=said.append))

    assert f"dpo: {report.steps} steps were done before; it goes on from there" in said
    assert _files(tmp_path / "unbroken/dpo") == _files(tmp_path / "stopped/dpo")
    assert _logged(tmp_path / "unbroken/dpo") == _logged(tmp_path / "stopped/dpo")


def test_what_a_killed_run_left_half_written_is_removed(make: Callable[..., Recipe], tmp_path: Path) -> None:
    left = (tmp_path / "out/.dpo.abc123", tmp_path / "out/dpo.unfinished/.checkpoint-00000002")
    kept = tmp_path / "out/.dpo2.abc123"
    for folder in (*left, kept):
        folder.mkdir(parents=True)
        (folder / "model.safetensors").write_bytes(b"half")

    with pytest.raises(_StoppedError):
        run(make(dpo=SHORT), clock=_stopping_after(1))
    assert [folder.exists() for folder in (*left, kept)] == [False, False, True]


def test_a_finished_stage_whose_weights_are_gone_is_not_skipped(
    make: Callable[..., Recipe], tmp_path: Path
) -> None:
    run(make(dpo=SHORT))
    (tmp_path / "out/dpo/model.safetensors").unlink()

    with pytest.raises(ConfigError, match=r"out/dpo lacks its weights \(model.safetensors\). Remove that folder"):
        run(make(dpo=SHORT))


def test_a_second_run_in_the_same_output_is_refused_while_the_first_one_is_at_work(
    make: Callable[..., Recipe],
) -> None:
    chosen = make(dpo=SHORT)
    refused: list[str] = []

    def second(sentence: str) -> None:
        if sentence.startswith("dpo: begins with"):
            with pytest.raises(BusyError, match=r"Another run is at work in .*/out"):
                run(chosen)
            refused.append(sentence)

    run(chosen, log=second)

    assert len(refused) == 1
    assert run(chosen).skipped


# What it refuses


def test_a_flipped_byte_is_refused_before_anything_is_trained(
    make: Callable[..., Recipe], task_release: Path, tmp_path: Path
) -> None:
    releases = shutil.copytree(task_release, tmp_path / "releases")
    file = releases / VERSION / "data/pairs/train-00000-of-00001.parquet"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)

    with pytest.raises(VerificationError):
        run(make(releases=releases))
    assert not (tmp_path / "out").exists()


def test_a_copy_that_was_changed_is_refused(make: Callable[..., Recipe], tmp_path: Path) -> None:
    run(make(dpo=SHORT))
    file = tmp_path / "data" / VERSION / "data/threads/train-00000-of-00001.parquet"
    file.write_bytes(file.read_bytes() + b"\0")

    with pytest.raises(VerificationError):
        run(make(dpo=SHORT))


def test_other_data_than_expected_is_refused(make: Callable[..., Recipe]) -> None:
    good = make()
    for expected in ({"content_root": "0" * 64}, {"commit": "0" * 40}):
        with pytest.raises(VerificationError, match="expect"):
            run(good.model_copy(update={"dataset": good.dataset.model_copy(update=expected)}))


def test_a_version_that_nobody_signed_is_refused(
    make: Callable[..., Recipe], task_release: Path, tmp_path: Path
) -> None:
    releases = shutil.copytree(task_release, tmp_path / "releases")
    (releases / VERSION / "signoff.json").unlink()

    with pytest.raises(ApprovalError, match="no sign-off"):
        run(make(releases=releases))


def test_a_version_that_was_withdrawn_is_refused_though_a_copy_is_there(
    make: Callable[..., Recipe], task_release: Path, tmp_path: Path
) -> None:
    releases = shutil.copytree(task_release, tmp_path / "releases")
    run(make(releases=releases, dpo=SHORT))
    shutil.rmtree(releases / VERSION)

    with pytest.raises(SourceError, match=f"no version {VERSION}"):
        run(make(releases=releases, dpo=SHORT, output=tmp_path / "again"))
    assert (tmp_path / "data" / VERSION).is_dir()
    assert not (tmp_path / "again").exists()


def test_a_version_that_is_not_there_is_named(make: Callable[..., Recipe]) -> None:
    good = make()

    with pytest.raises(SourceError, match=r"no version v9.9.9"):
        run(good.model_copy(update={"dataset": good.dataset.model_copy(update={"version": "v9.9.9"})}))


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ({"train": [pair_row("t", "How?", "same", "same")]}, r"no pair .* \(1 read\): 1 \w+"),
        ({"validation": [pair_row("t", "How?", "warm", "cold")]}, r"no pair .* \(0 read\): it is empty"),
    ],
    ids=["equal responses", "no train split"],
)
def test_a_version_without_a_usable_pair_says_why(
    make: Callable[..., Recipe], tmp_path: Path, rows: dict[str, Any], why: str
) -> None:
    with pytest.raises(ContractError, match=why):
        run(make(releases=release(tmp_path / "own", {"pairs": rows})))


def test_a_version_without_validation_trains_and_says_so(make: Callable[..., Recipe], tmp_path: Path) -> None:
    rows = {"train": configs(threads=4, held_out=0)["pairs"]["train"]}

    report = _stage(run(make(releases=release(tmp_path / "own", {"pairs": rows}), dpo=SHORT)))

    assert report.validation is None
    assert ("held out", "no validation split") in report.lines()


def test_a_missing_model_is_named(make: Callable[..., Recipe], tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"No model at .*nowhere"):
        run(make(model=tmp_path / "nowhere"))


def test_a_recipe_without_a_version_says_what_to_add() -> None:
    with pytest.raises(
        ConfigError, match=r"does not say dataset.version, dataset.source, model, output. .*dataset.version="
    ):
        run(Recipe())


def test_a_loss_that_is_no_number_stops_the_run_and_saves_nothing(
    make: Callable[..., Recipe], tmp_path: Path
) -> None:
    # An endless learning rate: the first step is still finite, and what it makes of the model is not.
    chosen = make(dpo={**SHORT, "learning_rate": 1e30, "warmup": 0.0}, log_every=3, checkpoint_every=3)

    with pytest.raises(ConfigError, match=r"not a finite number at step 2. .* Lower learning_rate \(1e\+30\)"):
        run(chosen)
    assert not (tmp_path / "out/dpo").exists()
    assert list((tmp_path / "out/dpo.unfinished").iterdir()) == []


def test_a_last_step_that_ruins_the_model_saves_nothing(make: Callable[..., Recipe], tmp_path: Path) -> None:
    releases = release(tmp_path / "own", configs(threads=4, held_out=2))
    settings = {**SHORT, "learning_rate": 1e30, "warmup": 0.0}

    with pytest.raises(ConfigError, match=r"behind the last step, 1. .* Lower learning_rate \(1e\+30\)"):
        run(make(releases=releases, dpo=settings))
    assert not (tmp_path / "out/dpo").exists()
    assert list((tmp_path / "out/dpo.unfinished").glob("*checkpoint*")) == []


def test_a_weight_that_is_no_number_behind_the_last_step_is_noticed_without_validation(
    make: Callable[..., Recipe], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Ruinous(torch.optim.AdamW):
        def step(self, closure: Any = None) -> Any:
            super().step(closure)
            with torch.no_grad():
                self.param_groups[0]["params"][-1].view(-1)[-1] = math.inf

    # There is no rate at which AdamW itself does it in one step on every machine.
    monkeypatch.setattr(torch.optim, "AdamW", Ruinous)
    releases = release(tmp_path / "own", configs(threads=4, held_out=0))

    with pytest.raises(ConfigError, match="behind the last step, 1"):
        run(make(releases=releases, dpo=SHORT))
    assert not (tmp_path / "out/dpo").exists()
    assert list((tmp_path / "out/dpo.unfinished").glob("*checkpoint*")) == []


@pytest.mark.parametrize("task", [{}, {"task": "reward", "stages": ["reward"]}], ids=["words", "reward"])
def test_weights_that_are_no_numbers_are_told_before_training(
    make: Callable[..., Recipe], task: dict[str, Any], tmp_path: Path
) -> None:
    broken = save_tiny_model(tmp_path / "model")
    weights = load_file(broken / "model.safetensors")
    weights["model.norm.weight"][0] = float("nan")
    save_file(weights, broken / "model.safetensors", metadata={"format": "pt"})

    with pytest.raises(ConfigError, match=r"no numbers: check .*weights"):
        run(make(model=broken, **task))
    assert not list((tmp_path / "out").glob("*/model.safetensors"))


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory"),
        RuntimeError("CUDA error: out of memory"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
        MemoryError(),
    ],
    ids=["gpu", "cpu", "driver", "cublas", "python"],
)
def test_too_little_memory_is_told_with_the_settings_to_change(
    make: Callable[..., Recipe], monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def full(*_: Any) -> TrainReport:
        raise error

    stages: dict[Stage, Any] = {"dpo": full}
    monkeypatch.setattr(run_module, "STAGES", stages)

    with pytest.raises(ConfigError, match=r"row_tokens \(512\) or head_tokens \(1024\), or set gradient_check"):
        run(make())


def test_too_little_memory_with_the_shortest_rows_names_what_is_left_to_change(
    make: Callable[..., Recipe], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> TrainReport:
        raise MemoryError

    stages: dict[Stage, Any] = {"dpo": full}
    monkeypatch.setattr(run_module, "STAGES", stages)

    with pytest.raises(
        ConfigError, match=r"Lower head_tokens \(1024\), or set gradient_ch.* lower text.max_tokens .* does change"
    ):
        run(make(row_tokens=256))


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_a_gpu_that_is_not_there_is_named(make: Callable[..., Recipe]) -> None:
    with pytest.raises(ConfigError, match="sees no GPU"):
        run(make(device="cuda"))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
def test_a_known_preference_is_learnt_on_a_gpu(make: Callable[..., Recipe]) -> None:
    report = _stage(run(make(device="cuda", dpo={**FAST["dpo"], "epochs": 5})))

    assert report.epochs[-1]["rewards/accuracies"] >= 0.95


def test_the_trainer_needs_nothing_of_the_pipeline() -> None:
    heavy = ["deltalake", "great_expectations", "polars", "prefect", "presidio_analyzer", "praw", "spacy"]
    code = f"import prefpairs.train.run, sys; print([name for name in {heavy} if name in sys.modules])"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
