"""Settings and a model's own account of itself -> what exactly is evaluated, under one hash."""

import json
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from prefpairs.errors import ConfigError, VerificationError
from prefpairs.evaluate.generations.checks import check_readers, check_write_to
from prefpairs.evaluate.generations.local_model import identity
from prefpairs.evaluate.origin import Origin, is_origin, origin_of, reference_of
from prefpairs.evaluate.page import templates_identity
from prefpairs.evaluate.report import FORMAT, Subject
from prefpairs.evaluate.settings import EvaluateSettings
from prefpairs.files import sha256_file, sha256_json
from prefpairs.release.client import PulledVersion, pull
from prefpairs.resources import code_version
from prefpairs.train.models.folder import REPORT_NAME, folder_hash
from prefpairs.train.models.load import choose_device
from prefpairs.train.recipe import STAGES, Recipe, Stage, load_recipe

_PACKAGES = ("numpy", "peft", "textstat", "tokenizers", "torch", "transformers")
# Where things lie and how work is cut decides no figure; models and files are named by their hashes.
# Paths are named by the hashes of what they hold; the others change rounding at most.
_NOT_OF_THE_RESULT: dict[str, Any] = {
    **dict.fromkeys(
        ("model", "reference", "output", "dataset", "human_preferences", "row_tokens", "head_tokens"), True
    ),
    "replies": {"write_to", "judge", "sentence_model"},
}
_UNTRAINED_BETA = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Everything that an evaluation works on, before a model is opened.

    Attributes
    ----------
    model, reference
        Folders; no reference for a reward model.
    pulled
        The version, verified.
    recipe
        How texts become tokens and tokens scores: that of the training, as far as it is known.
    stage
        Which data the pairs come from: `dpo2` for human preferences.
    device
        Where it is computed.
    subject
        What the report says of all this. `choices` are known only once the model is opened.

    """

    model: Path
    reference: Path | None
    pulled: PulledVersion
    recipe: Recipe
    stage: Stage
    device: torch.device
    subject: Subject


def case_of(settings: EvaluateSettings, *, token: str | None) -> Case:
    """Find the model's reference, pull the version, and put a hash on it all.

    Raises
    ------
    ConfigError
        If a setting is missing or does not do, or a model is not there.
    VerificationError, ApprovalError, SourceError, TransientError
        As `prefpairs.release.client.pull`.

    """
    if settings.model is None:
        msg = "The evaluation names no model. Name it: prefpairs evaluate FOLDER, or model=FOLDER."
        raise ConfigError(msg)
    model = _of_last_stage(settings.model)
    model_hash, origin = folder_hash(model), origin_of(model)
    recipe = _recipe(settings, origin)
    of_rewards = recipe.task == "reward"
    reference = None if of_rewards else settings.reference or reference_of(model, origin)
    reference_hash = None if reference is None else folder_hash(reference)
    if settings.replies is not None and not of_rewards:
        # What would fail only after all replies are written is refused now.
        check_readers(settings.replies)
        check_write_to(settings.replies.write_to)
    pulled = _pulled(settings, origin, token=token)
    device = choose_device(settings.device)
    decides = {
        "model": model_hash,
        "reference": reference_hash,
        "content_root": pulled.manifest.content_root,
        "human_preferences": _hash_of(settings.human_preferences),
        "recipe": recipe.model_dump(mode="json", include={"task", "text", "beta", "weights"}),
        "settings": _deciding(settings),
        "readers": _readers(settings),
        "device": device.type,
        "packages": {name: version(name) for name in _PACKAGES},
        "code": code_version(),
        "templates": templates_identity(),
        "format": FORMAT,
    }
    subject = Subject(
        model=model.name,
        model_hash=model_hash,
        reference=reference.name if reference else None,
        reference_hash=reference_hash,
        reference_is_origin=is_origin(reference, origin) if reference and origin.made_from else None,
        reference_stage=origin_of(reference).stage if reference else None,
        stage=origin.stage,
        task=recipe.task,
        version=pulled.manifest.version,
        trained_on=origin.version,
        content_root=pulled.manifest.content_root,
        commit=pulled.commit,
        split=settings.split,
        judged_by=_judged_by(settings, recipe),
        beta=1.0 if of_rewards else recipe.beta,
        margin_is_log_odds=_margin_is_log_odds(origin),
        choices={},
        settings=_deciding(settings),
        identity=sha256_json(decides),
        code_version=code_version(),
    )
    return Case(
        model=model,
        reference=reference,
        pulled=pulled,
        recipe=recipe,
        stage=recipe.stages[0],
        device=device,
        subject=subject,
    )


def _of_last_stage(folder: Path) -> Path:
    """Return the model that a folder of a whole run ends with; any other folder is a model itself."""
    if (folder / "config.json").exists():
        return folder
    stages = [folder / stage for stage in STAGES if (folder / stage / REPORT_NAME).is_file()]
    return stages[-1] if stages else folder


def _readers(settings: EvaluateSettings) -> list[str | None]:
    wishes = settings.replies
    folders = (None, None) if wishes is None else (wishes.judge, wishes.sentence_model)
    return [None if folder is None else identity(folder) for folder in folders]


def _judged_by(settings: EvaluateSettings, recipe: Recipe) -> str:
    if settings.human_preferences:
        return "people"
    return "improvements" if recipe.task == "improvement" else "votes"


def _margin_is_log_odds(origin: Origin) -> bool | None:
    if origin.stage is None:
        return None
    # SFT has no margin, and a reward model's is always that of the sigmoid loss if it names no other.
    loss = origin.setting("loss") or "sigmoid"
    return origin.stage != "sft" and loss == "sigmoid" and origin.setting("probability") != "offset"


def _deciding(settings: EvaluateSettings) -> dict[str, Any]:
    return settings.model_dump(mode="json", exclude=_NOT_OF_THE_RESULT)


def _recipe(settings: EvaluateSettings, origin: Origin) -> Recipe:
    """Return the recipe that scores as training did; what the settings say goes before what the model says."""
    text = settings.text.model_dump(mode="json") if settings.text else origin.setting("text")
    task = settings.task or origin.setting("task") or "generation"
    values: dict[str, Any] = {
        "task": task,
        "stages": ["reward"] if task == "reward" else ["dpo2"] if settings.human_preferences else ["dpo"],
        "beta": settings.beta or origin.setting("beta") or _UNTRAINED_BETA,
        "weights": settings.weights or origin.setting("weights") or "float32",
        "attention": settings.attention,
        "compute": settings.compute,
        "device": settings.device,
        "text": text,
        "row_tokens": settings.row_tokens or origin.setting("row_tokens"),
        "head_tokens": settings.head_tokens or origin.setting("head_tokens"),
    }
    if settings.human_preferences:
        values["human_preferences"] = str(settings.human_preferences)
    return load_recipe(
        None, [f"{name}={json.dumps(value)}" for name, value in values.items() if value is not None]
    )


def _pulled(settings: EvaluateSettings, origin: Origin, *, token: str | None) -> PulledVersion:
    dataset = settings.dataset
    name = dataset.version or origin.version
    if name is None or dataset.source is None:
        missing = "dataset.source" if dataset.source is None else "dataset.version"
        msg = f"The evaluation does not say {missing}. Write {missing}=..., as in the recipe of the training."
        raise ConfigError(msg)
    pulled = pull(
        dataset.source,
        name,
        into=dataset.into,
        endpoint=dataset.endpoint,
        token=token,
        content_root=dataset.content_root or (origin.content_root if name == origin.version else None),
    )
    if dataset.commit is not None and pulled.commit != dataset.commit:
        msg = f"{name} is at commit {pulled.commit}, and the evaluation expects {dataset.commit}."
        raise VerificationError(msg)
    return pulled


def _hash_of(path: Path | None) -> str | None:
    if path is None:
        return None
    if not path.is_file():
        msg = f"human_preferences: there is no file {path}."
        raise ConfigError(msg)
    return sha256_file(path)
