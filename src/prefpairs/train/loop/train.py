"""A scorer, trees and reference scores -> a finished stage: looked at, trained, looked at again, written."""

import math
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass

from torch import Tensor

from prefpairs.errors import ConfigError
from prefpairs.files import make_private_folder, pretty_json
from prefpairs.train.data.frames import frame_of
from prefpairs.train.data.order import Order, data_order_hash
from prefpairs.train.data.trees import Split
from prefpairs.train.logs import RunLog
from prefpairs.train.loop.deal import Pace
from prefpairs.train.loop.optimise import Optimisation, Outcome, not_finite
from prefpairs.train.loop.plan import Plan, Setting
from prefpairs.train.loop.prepare import Prepared
from prefpairs.train.loop.validate import validate
from prefpairs.train.models.card import render
from prefpairs.train.models.card_facts import card_facts
from prefpairs.train.models.folder import REPORT_NAME
from prefpairs.train.models.save import CARD_NAME, save
from prefpairs.train.objectives.choose import objective_of
from prefpairs.train.report import TrainReport, Validation, baselines


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What a stage is trained on.

    Attributes
    ----------
    splits
        `train` and `validation`.
    reference
        Split -> `[N]` on the CPU, by `Tree.numbers`; empty where the objective has no reference.

    """

    splits: Mapping[str, Split]
    reference: Mapping[str, Tensor]


def train(plan: Plan, setting: Setting, prepared: Prepared, material: Material) -> TrainReport:
    """Train one stage and write its folder, which appears whole or not at all.

    Raises
    ------
    ConfigError
        If a loss is not a finite number, or what an earlier run left belongs to other inputs.

    """
    before = _figures(plan, setting, prepared, material)
    outcome, log_files = _optimised(plan, setting, prepared, material)
    after = _figures(plan, setting, prepared, material)
    if not all(map(math.isfinite, after.values())):
        settings = setting.recipe.optimiser(plan.stage)
        plan.tidy(setting.processes)  # its last checkpoint would only come to the same
        raise ConfigError(not_finite(f"behind the last step, {outcome.steps}", settings))
    report = TrainReport(
        stage=plan.stage,
        version=setting.pulled.manifest.version,
        content_root=setting.pulled.manifest.content_root,
        commit=setting.pulled.commit,
        inputs=plan.inputs,
        packages=setting.packages,
        choices=prepared.choices,
        data_order=_data_order(plan, setting, material),
        steps=outcome.steps,
        counts={name: split.counts() for name, split in material.splits.items()},
        dropped={name: split.dropped for name, split in material.splits.items()},
        work=outcome.counters,
        parameters=prepared.parameters,
        epochs=outcome.epochs,
        validation=_validation(material, before, after),
        notes=prepared.notes,
    )
    _write(plan, setting, prepared, report, log_files)
    return report


def _optimised(
    plan: Plan, setting: Setting, prepared: Prepared, material: Material
) -> tuple[Outcome, dict[str, bytes]]:
    recipe, processes = setting.recipe, setting.processes
    optimisation = Optimisation(
        prepared.scorer,
        material.splits["train"].trees,
        reference=material.reference.get("train"),
        objective=objective_of(recipe, plan.stage),
        settings=recipe.optimiser(plan.stage),
        seed=recipe.seed,
        pace=_pace(setting, prepared),
        processes=processes,
    )
    with _log(plan, setting) if processes.main else nullcontext() as log:
        outcome = optimisation.run(checkpoints=plan.checkpoints(processes), log=log)
        if (difference := getattr(prepared.scorer, "difference", None)) is not None:
            setting.say(f"{plan.stage}: packed or alone, a score is the same to within {difference:.1e}")
        return outcome, {} if log is None else log.files()


def _log(plan: Plan, setting: Setting) -> RunLog:
    return RunLog(
        make_private_folder(plan.workshop),
        stage=plan.stage,
        clock=setting.clock,
        device=setting.processes.device,
        console=setting.console,
        tensorboard=setting.recipe.tensorboard,
    )


def _figures(plan: Plan, setting: Setting, prepared: Prepared, material: Material) -> dict[str, float]:
    trees = material.splits["validation"].trees
    if not trees:
        return {}
    return validate(
        prepared.scorer,
        trees,
        reference=material.reference.get("validation"),
        objective=objective_of(setting.recipe, plan.stage),
        pace=_pace(setting, prepared),
        processes=setting.processes,
    )


def _validation(material: Material, before: Mapping[str, float], after: Mapping[str, float]) -> Validation | None:
    split = material.splits["validation"]
    if not split.trees:
        return None
    rules = baselines(split.trees, material.reference.get("validation")) if split.pairs else None
    return Validation(pairs=split.pairs, responses=split.responses, before=before, after=after, baselines=rules)


def _write(
    plan: Plan, setting: Setting, prepared: Prepared, report: TrainReport, log_files: Mapping[str, bytes]
) -> None:
    weights = prepared.weights()
    if setting.processes.main:
        card = _card(setting, prepared, report)
        files = {**log_files, REPORT_NAME: pretty_json(report.to_json()), CARD_NAME: card.encode()}
        save(plan.output, model=prepared.model, tokenizer=prepared.tokenizer, files=files, state_dict=weights)
    plan.tidy(setting.processes)
    setting.processes.barrier()


def _card(setting: Setting, prepared: Prepared, report: TrainReport) -> str:
    frame = frame_of(prepared.tokenizer, setting.recipe.text)
    return render(card_facts(report, recipe=setting.recipe, manifest=setting.pulled.manifest, frame=frame))


def _pace(setting: Setting, prepared: Prepared) -> Pace:
    recipe = setting.recipe
    return Pace(
        row_tokens=recipe.row_tokens,
        log_every=recipe.log_every,
        checkpoint_every=recipe.checkpoint_every,
        equal_calls=prepared.in_parts,
        # A thread that is ranked as a whole is not cut.
        shared=prepared.attention != "rows" or recipe.loss == "plackett_luce",
    )


def _data_order(plan: Plan, setting: Setting, material: Material) -> str:
    trees, optimiser = material.splits["train"].trees, setting.recipe.optimiser(plan.stage)
    order = Order(split_size=len(trees), seed=setting.recipe.seed, posts_per_step=optimiser.posts_per_step)
    return data_order_hash(order, trees, epochs=optimiser.epochs)
