"""A training report, its recipe and the version's manifest -> the facts that a model card shows."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from prefpairs.release.manifest import Manifest
from prefpairs.train.data.frames import Frame, PlainFrame
from prefpairs.train.models.card_data import CardFacts, Judged
from prefpairs.train.models.folder import base_folder, is_adapter
from prefpairs.train.recipe import Lora, Recipe, Stage, Task
from prefpairs.train.report import TrainReport

# How the Hub's cache names a folder: models--organisation--name/snapshots/<commit>.
_CACHED = re.compile(r"models--([A-Za-z0-9][\w.-]*?)--([A-Za-z0-9][\w.-]*)")
_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_CAPS = (
    "max_pairs_per_post", "max_pairs_per_response", "max_pairs_per_author", "top_level_only",
)  # fmt: skip
_LOSSES = {
    "sigmoid": "DPO with the sigmoid loss (Rafailov et al. 2023, arXiv 2305.18290), as TRL computes it, "
    "beta {beta:g}.",
    "ipo": "IPO (Azar et al. 2023, arXiv 2310.12036), beta {beta:g}.",
    "plackett_luce": "Plackett and Luce's likelihood of the whole ranking of a post's responses, by the rewards "
    "of DPO, beta {beta:g}.",
}
_REWARD_LOSSES = {
    "sigmoid": "Bradley and Terry's likelihood that the chosen response has the higher reward.",
    "plackett_luce": "Plackett and Luce's likelihood of the whole ranking of a post's responses.",
}
_PROBABILITIES = {
    "weight": "Every pair counts 2p - 1, where p is the version's probability that its label is right.",
    "soft_label": "The version's probability that a label is right is taken for a soft label.",
    "offset": "Rewards have to differ by log(p / (1 - p)), where p is the version's probability that the label is "
    "right (ODPO, arXiv 2402.10571).",
}
_WEIGHTINGS = {
    "pair": "Every pair counts the same, as in TRL; a post with more pairs counts more.",
    "post": "Every post counts the same: a pair counts 1 / (pairs of its post), as in InstructGPT.",
}
_HASHED = {
    "base_model_sha256": "base model (SHA-256 over the files of its folder)",
    "human_preferences_sha256": "pairs that people judged (SHA-256 of the file)",
}
# Named here by what the reader may use instead, because folders lie elsewhere on every machine.
_OF_THE_MACHINE = {"dataset", "model", "output", "human_preferences"}


def card_facts(
    report: TrainReport,
    *,
    recipe: Recipe,
    manifest: Manifest,
    frame: Frame,
    made_on: Mapping[str, Any] | None = None,
) -> CardFacts:
    """Gather what a card says of one stage of a run.

    Parameters
    ----------
    report
        The stage's.
    recipe
        The run's.
    manifest
        The version's.
    frame
        What stood around the texts, as `frame_of` returns it.
    made_on
        What else a reader should know of the machine.

    """
    stage = _stage(report.stage)
    stages = recipe.stages[: recipe.stages.index(stage) + 1]
    before = stages[-2] if len(stages) > 1 else None
    name, repository = base_model(recipe.model)
    release: Mapping[str, Any] = manifest.settings.get("release", {})
    source = recipe.dataset.source or ""
    held_out = report.validation
    return CardFacts(
        task=recipe.task,
        stages=stages,
        base_name=name,
        base_id=repository,
        adapter=recipe.lora is not None,
        chat=not isinstance(frame, PlainFrame),
        system_turn=frame.has_system_turn,
        template_date=recipe.text.template_date.isoformat() if frame.prints_day else None,
        dataset_name=str(release.get("pretty_name") or manifest.series),
        dataset_id=source if _REPOSITORY.fullmatch(source) and not Path(source).exists() else None,
        version=report.version,
        content_root=report.content_root,
        commit=report.commit,
        language=manifest.settings.get("curate", {}).get("language"),
        preset=manifest.preset,
        thresholds=_thresholds(manifest),
        counts=report.counts,
        dropped=report.dropped.get("train", {}),
        loss=loss_told(recipe, stage),
        settings=_settings(recipe, stage, report),
        recipe=_recipe(recipe),
        reference=_reference(recipe.task, before) if stage in ("dpo", "dpo2") else None,
        held_out=0 if held_out is None else held_out.pairs,
        judged=_judged(report, before),
        interval=None,
        change={}
        if held_out is None
        else {
            figure: (held_out.before[figure], after)
            for figure, after in held_out.after.items()
            if figure in held_out.before
        },
        hashes={what: str(report.inputs[name]) for name, what in _HASHED.items() if name in report.inputs},
        machine={**report.choices, **(made_on or {}), "seed": recipe.seed},
        packages=report.packages,
        license=str(release.get("license_name") or release.get("license") or "unknown"),
        notes=tuple(report.notes),
    )


def base_model(folder: Path | None) -> tuple[str, str | None]:
    """Return what the model in a folder is called, and its repository on the Hub if its path tells.

    The Hub's cache keeps a repository under its name; any other folder is called by its last part.
    """
    if folder is None:
        return "a language model", None
    if is_adapter(folder):
        folder = base_folder(folder)
    for part in reversed(folder.absolute().parts):
        if found := _CACHED.fullmatch(part):
            return found[2], f"{found[1]}/{found[2]}"
    return folder.absolute().name, None


def loss_told(recipe: Recipe, stage: Stage) -> str:
    """Return, in sentences, what a stage makes smaller and how its pairs are weighted."""
    if stage == "sft":
        return (
            "Supervised fine-tuning: the mean negative log-likelihood of the tokens of all responses of a step, "
            "given their prompts. Prompts only condition."
        )
    told = [(_REWARD_LOSSES if stage == "reward" else _LOSSES)[_known(recipe, stage)].format(beta=recipe.beta)]
    if recipe.label_smoothing:
        told.append(f"A share of {recipe.label_smoothing:g} of the labels is taken to be wrong (label smoothing).")
    if recipe.probability in _PROBABILITIES:
        told.append(_PROBABILITIES[recipe.probability])
    if recipe.sft_term and stage != "reward":
        told.append(
            f"Added to it, times {recipe.sft_term:g}: the negative log-likelihood per token of chosen responses."
        )
    if recipe.loss != "plackett_luce":
        told.append(_WEIGHTINGS[recipe.pair_weighting])
    return " ".join(told)


_REFERENCE = (
    "The reference is the model that the stage began with{after}. It scored every response once, before the first "
    "step, in the same layout and precision as the policy, so the loss began at its value for equal models."
)


def _reference(task: Task, before: Stage | None) -> str:
    if before is None:
        return _REFERENCE.format(after="")
    learnt = "better texts" if task == "improvement" else "responses that votes chose"
    return f"{_REFERENCE.format(after=f', that of the stage {before}')} It had itself learnt from {learnt}."


def _known(recipe: Recipe, stage: Stage) -> str:
    losses = _REWARD_LOSSES if stage == "reward" else _LOSSES
    return recipe.loss if recipe.loss in losses else "sigmoid"


def _stage(name: str) -> Stage:
    stages: dict[str, Stage] = {"sft": "sft", "dpo": "dpo", "dpo2": "dpo2", "reward": "reward"}
    return stages[name]


def _thresholds(manifest: Manifest) -> dict[str, Any]:
    """Return the caps, and what the preset asks for: not all that a manifest has."""
    pairs: Mapping[str, Any] = manifest.settings.get("pairs", {})
    caps = {name: pairs[name] for name in _CAPS if name in pairs}
    return {**caps, **pairs.get(manifest.preset, {})}


def _settings(recipe: Recipe, stage: Stage, report: TrainReport) -> dict[str, Any]:
    optimiser = recipe.optimiser(stage)
    lora = recipe.lora
    return {
        "trained": "all weights" if lora is None else _adapters(lora),
        "parameters trained": f"{report.parameters['trained']:,} of {report.parameters['all']:,}",
        "steps": f"{report.steps:,}",
        "posts in a step": optimiser.posts_per_step,
        "epochs": optimiser.epochs,
        "learning rate": f"{optimiser.learning_rate:g}, {optimiser.schedule}, warm-up {optimiser.warmup:.0%}",
        "optimizer": f"AdamW, weight decay {optimiser.weight_decay:g}, gradients clipped at "
        f"{optimiser.max_gradient_norm:g}",
        "longest prompt and response": f"{recipe.text.max_tokens:,} tokens",
        "tokens computed": f"{report.work['tokens']:,}, {_share(report.work)} of what separate pairs would have "
        "taken",
    }


def _adapters(lora: Lora) -> str:
    targets = lora.targets if isinstance(lora.targets, str) else ", ".join(lora.targets)
    return f"adapters of rank {lora.rank}, alpha {lora.alpha:g}, on {targets}"


def _share(work: Mapping[str, int]) -> str:
    return f"{work['tokens'] / max(1, work['separate_tokens']):.0%}"


def _judged(report: TrainReport, before: Stage | None) -> tuple[Judged, ...]:
    held_out = report.validation
    if held_out is None or held_out.baselines is None:
        return ()
    rules = held_out.baselines
    reference = "the reference" if before is None else f"the reference (stage {before})"
    return (
        Judged(name="this model", share=held_out.accuracy),
        *(
            Judged(name=f"likelier to {reference}{how}", share=share)
            for how, share in (
                (", summed over tokens", rules.reference_likelihood),
                (", by token", rules.reference_likelihood_by_token),
            )
            if share is not None
        ),
        Judged(name="the longer response wins", share=rules.longer_wins),
        Judged(name="the earlier response wins", share=rules.earlier_wins),
        Judged(name="a coin", share=rules.random),
    )


def _recipe(recipe: Recipe) -> dict[str, Any]:
    """Return what the recipe says, where it is not the default, and nothing of where things lie on a machine."""
    said = recipe.model_dump(mode="json", exclude=_OF_THE_MACHINE)
    document = _difference(said, Recipe().model_dump(mode="json"))
    if recipe.human_preferences is not None:
        document["human_preferences"] = "FILE_OF_JUDGED_PAIRS"
    return {"task": recipe.task, "stages": list(recipe.stages)} | document


def _difference(said: Mapping[str, Any], default: Mapping[str, Any]) -> dict[str, Any]:
    document = {}
    for name, setting in said.items():
        usual = default[name]
        if setting != usual:
            inner = isinstance(setting, dict) and isinstance(usual, dict)
            document[name] = _difference(setting, usual) if inner else setting
    return document
