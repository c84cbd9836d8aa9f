import importlib
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from rich.console import Console

from prefpairs.errors import ConfigError
from prefpairs.train.logs import RunLog
from prefpairs.train.loop.optimise import Report

CPU = torch.device("cpu")


class Clock:
    """Two seconds pass between any two looks."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        self.now += 2
        return self.now


def report(step: int, **changes: Any) -> Report:
    figures = {"loss": 0.5, "rewards/accuracies": 0.75, "rewards/margins": 1.25, "learning_rate": 1e-6}
    counters = {"posts": step, "pairs": 3 * step, "tokens": 100 * step, "separate_tokens": 400 * step}
    return Report(**{"step": step, "steps": 40, "epoch": 0, "figures": figures, "counters": counters, **changes})


def log_of(folder: Path, **changes: Any) -> RunLog:
    return RunLog(folder, **{"stage": "dpo", "clock": Clock(), "device": CPU, **changes})


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def steps(folder: Path) -> list[int]:
    return [line["step"] for line in lines(folder)]


@pytest.fixture
def text() -> Iterator[io.StringIO]:
    with io.StringIO() as stream:
        yield stream


def test_a_line_has_figures_speeds_and_what_sharing_saved(tmp_path: Path) -> None:
    with log_of(tmp_path) as log:
        log.begin(step=0, steps=40, counters={})
        log.write(report(10))
        log.write(report(20))

    second = lines(tmp_path)[1]
    assert second["loss"] == 0.5
    assert second["rewards/accuracies"] == 0.75
    assert second["learning_rate"] == 1e-6
    assert (second["step"], second["epoch"]) == (20, 0)
    assert second["tokens"] == 2000
    assert second["tokens_per_second"] == 10 * 100 / 2
    assert second["pairs_per_second"] == 10 * 3 / 2
    assert second["sharing"] == 4.0


def test_only_a_gpus_memory_is_logged(tmp_path: Path) -> None:
    with log_of(tmp_path) as log:
        log.write(report(10))

    assert "memory_peak_bytes" not in lines(tmp_path)[0]


def test_a_run_that_goes_on_doubles_no_line(tmp_path: Path) -> None:
    with log_of(tmp_path) as log:
        for step in (10, 20, 30):
            log.write(report(step))

    with log_of(tmp_path) as log:
        log.begin(step=20, steps=40, counters=report(20).counters)
        log.write(report(30))
        log.write(report(40))

    assert steps(tmp_path) == [10, 20, 30, 40]
    assert lines(tmp_path)[2]["tokens_per_second"] == 10 * 100 / 2


def test_a_run_that_starts_again_keeps_nothing(tmp_path: Path) -> None:
    for _ in range(2):
        with log_of(tmp_path) as log:
            log.begin(step=0, steps=40, counters={})
            log.write(report(10))

    assert steps(tmp_path) == [10]


def test_half_a_line_of_a_crash_is_removed(tmp_path: Path) -> None:
    with log_of(tmp_path) as log:
        log.write(report(10))
    with (tmp_path / "metrics.jsonl").open("a") as stream:
        stream.write('{"step": 1')

    with log_of(tmp_path) as log:
        log.begin(step=15, steps=40, counters={})
        log.write(report(20))

    assert steps(tmp_path) == [10, 20]


def test_no_number_is_null_so_that_every_line_is_json(tmp_path: Path) -> None:
    with log_of(tmp_path) as log:
        log.write(report(10, figures={"loss": float("nan")}))

    assert lines(tmp_path)[0]["loss"] is None


def test_plain_lines_where_there_is_no_terminal(tmp_path: Path, text: io.StringIO) -> None:
    with log_of(tmp_path, console=Console(file=text, width=20)) as log:
        log.begin(step=10, steps=40, counters=report(10).counters)
        log.write(report(20))

    assert text.getvalue().splitlines() == [
        "dpo: goes on after step 10 of 40",
        "dpo 20/40  loss 0.5000  accuracy 0.750  margin 1.250  tokens/s 500  pairs/s 15.0  75% of tokens saved",
    ]


def test_what_a_stage_has_not_is_not_shown(tmp_path: Path, text: io.StringIO) -> None:
    counters = {"posts": 10, "pairs": 0, "tokens": 1000, "separate_tokens": 1000}
    with log_of(tmp_path, stage="sft", console=Console(file=text)) as log:
        log.begin(step=0, steps=40, counters={})
        log.write(report(10, figures={"loss": 2.0}, counters=counters))

    assert text.getvalue().splitlines() == ["sft 10/40  loss 2.0000  tokens/s 500"]


def test_a_bar_on_a_terminal(tmp_path: Path, text: io.StringIO) -> None:
    console = Console(file=text, force_terminal=True, width=60, color_system=None)
    with log_of(tmp_path, stage="[dpo]", console=console) as log:
        log.begin(step=0, steps=40, counters={})
        log.write(report(20))

    shown = [line for line in text.getvalue().splitlines() if "20/40" in line][-1]
    assert "[dpo]" in shown
    assert "accuracy 0.750" in text.getvalue()
    assert "75% of tokens saved" in text.getvalue().replace("\n", "")


def test_nothing_but_the_metrics_is_written_unless_asked_for(tmp_path: Path) -> None:
    with log_of(tmp_path) as log:
        log.write(report(10))
        files = log.files()

    assert [path.name for path in tmp_path.iterdir()] == ["metrics.jsonl"]
    assert files == {"metrics.jsonl": (tmp_path / "metrics.jsonl").read_bytes()}


def test_tensorboard_sees_every_step_once_even_if_the_run_went_on(tmp_path: Path) -> None:
    accumulator: Any = importlib.import_module("tensorboard.backend.event_processing.event_accumulator")

    with log_of(tmp_path, tensorboard=True) as log:
        log.begin(step=0, steps=40, counters={})
        for step in (10, 20, 30):
            log.write(report(step))
    with log_of(tmp_path, tensorboard=True) as log:
        log.begin(step=20, steps=40, counters=report(20).counters)
        log.write(report(30, figures={"loss": 0.25}))
        names = list(log.files())

    events = accumulator.EventAccumulator(str(tmp_path))
    events.Reload()
    assert [(point.step, point.value) for point in events.Scalars("loss")] == [(10, 0.5), (20, 0.5), (30, 0.25)]
    assert sum(name.startswith("events.out.tfevents.") for name in names) == 2


def test_tensorboard_that_is_not_installed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "torch.utils.tensorboard", None)

    with pytest.raises(ConfigError, match="TensorBoard is not installed"):
        log_of(tmp_path, tensorboard=True)
