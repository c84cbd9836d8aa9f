"""Trees and an objective -> a model with other weights: the steps of one stage.

A step is `posts_per_step` trees, over all processes. They are dealt, packed, scored and differentiated row by row;
every row's loss is its share of the step's mean, so gradients only have to be summed. How trees are packed, and on
how many processes, does not change the result.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from prefpairs.errors import ConfigError
from prefpairs.train.data.order import Order
from prefpairs.train.data.trees import PackedRow, Tree
from prefpairs.train.loop.checkpoint import Checkpoints, State
from prefpairs.train.loop.deal import Hand, Pace, deal
from prefpairs.train.loop.parts import put_away
from prefpairs.train.loop.processes import Processes, is_part, local
from prefpairs.train.loop.schedule import learning_rate
from prefpairs.train.loop.work import COUNTERS, work
from prefpairs.train.objectives.objective import Objective
from prefpairs.train.recipe import Optimiser
from prefpairs.train.scoring.layout import layout


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Where a stage is: what is logged every few steps.

    Attributes
    ----------
    step, steps, epoch
        Steps done, steps of the stage, and the epoch of the last one, from 0.
    figures
        The means over the steps since the last report, each taken before its step; `learning_rate` and
        `gradient_norm` of the last step.
    counters
        What was computed since the stage began (`work`).

    """

    step: int
    steps: int
    epoch: int
    figures: Mapping[str, float]
    counters: Mapping[str, int]


class Log(Protocol):
    """Who is told where a stage is."""

    def begin(self, *, step: int, steps: int, counters: Mapping[str, int]) -> None:
        """Say at which step the stage begins: 0, or where a checkpoint left it."""
        ...

    def write(self, report: Report) -> None:
        """Say where it is."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A stage that is through: its steps, the means of each epoch, and what was computed."""

    steps: int
    epochs: tuple[Mapping[str, float], ...]
    counters: Mapping[str, int]


class Optimisation:
    """One stage on this process.

    Parameters
    ----------
    scorer
        What is trained: `forward(layout) -> Scores`.
    trees
        The training split.
    reference
        `[N]` on the CPU, by `Tree.numbers`; None where the objective has none.
    objective
        What is made smaller.
    settings
        The stage's optimizer.
    seed
        Of the order of the trees.
    pace
        How often to report and to write a checkpoint, and how much to compute at once.
    processes
        Who takes part.

    """

    def __init__(
        self,
        scorer: nn.Module,
        trees: Sequence[Tree],
        *,
        reference: Tensor | None,
        objective: Objective,
        settings: Optimiser,
        seed: int,
        pace: Pace,
        processes: Processes,
    ) -> None:
        self._scorer = scorer
        self._trees = trees
        self._reference = reference
        self._objective = objective
        self._settings = settings
        self._pace = pace
        self._processes = processes
        self._order = Order(split_size=len(trees), seed=seed, posts_per_step=settings.posts_per_step)
        self.steps = self._order.steps(settings.epochs)
        put_away(scorer)
        self._parameters = {name: each for name, each in scorer.named_parameters() if each.requires_grad}
        self._optimizer = torch.optim.AdamW(
            list(self._parameters.values()),
            lr=settings.learning_rate,
            weight_decay=settings.weight_decay,
            fused=processes.device.type == "cuda",
        )
        zeros = torch.zeros(len(objective.metrics), dtype=torch.float64, device=processes.device)
        self._recent = zeros.clone()
        self._epochs = zeros.repeat(settings.epochs, 1)
        self._first_bad = torch.full((), self.steps, device=processes.device)
        self._norm = torch.zeros((), device=processes.device)
        self._counters = dict.fromkeys(COUNTERS, 0)

    def run(self, *, checkpoints: Checkpoints, log: Log | None) -> Outcome:
        """Go from the newest checkpoint to the last step.

        Raises
        ------
        ConfigError
            If a loss or a gradient is not a finite number. It is noticed at the next report or checkpoint at the
            latest, and before anything is written.

        """
        begun = self._resume(checkpoints)
        if log is not None:
            log.begin(step=begun, steps=self.steps, counters=self._counters)
        for step in range(begun, self.steps):
            self._step(step)
            done = step + 1
            if done % self._pace.log_every == 0 or done == self.steps:
                self._check_finite()
                report = self._report(done)
                if log is not None:
                    log.write(report)
            if done == self.steps:
                self._check_learnt()
            # Also behind the last step: validation and saving can fail too.
            if done % self._pace.checkpoint_every == 0 or done == self.steps:
                self._check_finite()
                self._save(checkpoints, done)
        epochs = self._processes.sum(self._epochs).tolist()
        return Outcome(
            steps=self.steps,
            epochs=tuple(self._objective.summary(sums) for sums in epochs),
            counters=dict(self._counters),
        )

    def _step(self, step: int) -> None:
        trees = [self._trees[place] for place in self._order.batch(step)]
        hand = self._hand(trees)
        sums = self._backward(hand, self._objective.denominators(trees))
        self._processes.sum_gradients(list(self._parameters.values()))
        self._norm = self._clip()
        self._optimizer.param_groups[0]["lr"] = learning_rate(step, steps=self.steps, settings=self._settings)
        self._optimizer.step()
        self._optimizer.zero_grad()
        self._recent += sums
        self._epochs[self._order.epoch(step)] += sums
        finite = torch.isfinite(self._norm) & torch.isfinite(sums).all()
        # On the device: to ask here would make the GPU wait in every step.
        self._first_bad = torch.where(finite, self._first_bad, self._first_bad.clamp(max=step))
        for name, value in work(trees).items():
            self._counters[name] += value

    def _hand(self, trees: Sequence[Tree]) -> Hand:
        processes, pace = self._processes, self._pace
        hands = deal(
            trees,
            size=processes.size,
            row_tokens=pace.row_tokens,
            equal_calls=pace.equal_calls,
            shared=pace.shared,
        )
        return hands[processes.rank]

    def _backward(self, hand: Hand, denominators: tuple[float, ...]) -> Tensor:
        sums = torch.zeros_like(self._recent)
        for row in hand.rows:
            scores = self._scorer(layout(row, device=self._processes.device))
            loss = self._objective(scores, self._reference_of(row), row, denominators)
            loss.value.backward()  # type: ignore[no-untyped-call]
            sums += loss.sums
        for row in hand.idle:
            scores = self._scorer(layout(row, device=self._processes.device))
            (scores.sums.sum() * 0.0).backward()
        return sums

    def _reference_of(self, row: PackedRow) -> Tensor | None:
        if self._reference is None:
            return None
        numbers = torch.tensor([number for tree in row for number in tree.numbers])
        return self._reference[numbers].to(self._processes.device, non_blocking=True)

    def _clip(self) -> Tensor:
        norm: Any = nn.utils.clip_grad_norm_(self._parameters.values(), self._settings.max_gradient_norm)
        whole: Tensor = norm.full_tensor() if is_part(norm) else norm
        return whole

    def _report(self, done: int) -> Report:
        figures = self._objective.summary(self._processes.sum(self._recent).tolist())
        self._recent.zero_()
        rate = learning_rate(done - 1, steps=self.steps, settings=self._settings)
        return Report(
            step=done,
            steps=self.steps,
            epoch=self._order.epoch(done - 1),
            figures={**figures, "learning_rate": rate, "gradient_norm": float(self._norm)},
            counters=dict(self._counters),
        )

    def _check_finite(self) -> None:
        first = int(self._processes.least(self._first_bad))
        if first < self.steps:
            raise ConfigError(not_finite(f"at step {first + 1}", self._settings))

    @torch.no_grad()
    def _check_learnt(self) -> None:
        """Check what the last step made of the model, which no loss has told yet."""
        finite = torch.ones((), device=self._processes.device)
        for parameter in self._parameters.values():
            finite *= torch.isfinite(local(parameter)).all()
        trees = [self._trees[place] for place in self._order.batch(self.steps - 1)]
        hand = self._hand(trees)
        for row in (*hand.rows, *hand.idle)[:1]:
            scores = self._scorer(layout(row, device=self._processes.device))
            loss = self._objective(scores, self._reference_of(row), row, self._objective.denominators(trees))
            finite *= torch.isfinite(scores.sums).all() & torch.isfinite(loss.sums).all()
        put_away(self._scorer)
        if not self._processes.least(finite).item():
            raise ConfigError(not_finite(f"behind the last step, {self.steps}", self._settings))

    def _save(self, checkpoints: Checkpoints, done: int) -> None:
        sums = {name: self._processes.sum(sums) for name, sums in self._sums().items()}
        state = State(step=done, sums=sums, counters=self._counters)
        checkpoints.save(state, parameters=self._parameters, optimizer=self._optimizer)

    def _resume(self, checkpoints: Checkpoints) -> int:
        state = checkpoints.resume(parameters=self._parameters, optimizer=self._optimizer)
        if state is None:
            return 0
        for name, sums in self._sums().items():
            sums.copy_(state.sums[name])
        self._counters.update(state.counters)
        return state.step

    def _sums(self) -> dict[str, Tensor]:
        return {"recent": self._recent, "epochs": self._epochs}


def not_finite(where: str, settings: Optimiser) -> str:
    """Return the message for a model that has run away."""
    return (
        f"Loss, gradient or a weight is not a finite number {where}. Nothing of it was saved. Lower learning_rate "
        f"({settings.learning_rate:g})."
    )
