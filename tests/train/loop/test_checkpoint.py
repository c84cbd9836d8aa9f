from pathlib import Path

import pytest
import torch
from torch import nn

from prefpairs.errors import ConfigError
from prefpairs.train.loop.checkpoint import Checkpoints, State
from prefpairs.train.loop.processes import Processes


class _Run:
    """A model of one weight, and one that nothing uses."""

    def __init__(self, folder: Path, *, key: str = "k") -> None:
        self.parameters = {name: nn.Parameter(torch.full((2,), 5.0)) for name in ("used", "unused")}
        self.optimizer = torch.optim.AdamW(list(self.parameters.values()), lr=0.1)
        self.checkpoints = Checkpoints(folder, key=key, processes=Processes())

    def step(self, times: int = 1) -> "_Run":
        for _ in range(times):
            self.optimizer.zero_grad()
            (self.parameters["used"] ** 2).sum().backward()  # type: ignore[no-untyped-call]
            self.optimizer.step()
        return self

    def save(self, step: int) -> None:
        state = State(step=step, sums={"recent": torch.tensor([0.1, 7.0]).double()}, counters={"pairs": 3})
        self.checkpoints.save(state, parameters=self.parameters, optimizer=self.optimizer)

    def resume(self) -> State | None:
        return self.checkpoints.resume(parameters=self.parameters, optimizer=self.optimizer)

    @property
    def weights(self) -> list[float]:
        return self.parameters["used"].tolist()


def test_a_run_goes_on_as_if_it_had_not_stopped(tmp_path: Path) -> None:
    _Run(tmp_path).step(3).save(3)

    resumed = _Run(tmp_path)
    state = resumed.resume()

    assert state is not None
    assert (state.step, state.counters) == (3, {"pairs": 3})
    assert state.sums["recent"].tolist() == [pytest.approx(0.1), 7.0]
    assert resumed.step(4).weights == _Run(tmp_path).step(7).weights


def test_without_a_checkpoint_a_run_begins_at_its_beginning(tmp_path: Path) -> None:
    assert _Run(tmp_path / "nothing").resume() is None


def test_only_the_newest_is_kept(tmp_path: Path) -> None:
    run = _Run(tmp_path)
    for step in (9, 10, 11):
        run.step().save(step)

    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint-00000011"]


def test_a_half_written_one_is_ignored_and_goes_with_the_next(tmp_path: Path) -> None:
    run = _Run(tmp_path)
    run.step().save(1)
    half = tmp_path / ".checkpoint-00000002"
    half.mkdir()
    (half / "process-00000.safetensors").write_bytes(b"half")

    state = _Run(tmp_path).resume()
    assert state is not None
    assert state.step == 1
    run.step().save(2)
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint-00000002"]


def test_another_runs_checkpoint_is_refused_and_kept(tmp_path: Path) -> None:
    _Run(tmp_path).step().save(1)

    with pytest.raises(ConfigError, match="another version, model or recipe"):
        _Run(tmp_path, key="other").resume()
    assert (tmp_path / "checkpoint-00000001").is_dir()


def test_a_broken_one_is_named_and_nothing_is_guessed(tmp_path: Path) -> None:
    _Run(tmp_path).step().save(1)
    shard = tmp_path / "checkpoint-00000001" / "process-00000.safetensors"
    shard.write_bytes(shard.read_bytes()[:-9])

    with pytest.raises(ConfigError, match=r"checkpoint-00000001 cannot be read. Remove it"):
        _Run(tmp_path).resume()
