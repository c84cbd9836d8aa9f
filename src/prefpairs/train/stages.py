"""A plan -> a trained model in a folder that loads as it is: SFT, DPO on votes, DPO on people's pairs, reward.

Each stage is a function of its inputs: it begins with the folder of the stage before it and writes one of its own.
"""

from collections.abc import Callable, Mapping

from torch import Tensor

from prefpairs.errors import ContractError
from prefpairs.train.data.encode import load_splits
from prefpairs.train.data.encoding import Encoder
from prefpairs.train.data.trees import Split
from prefpairs.train.loop.plan import Plan, Setting
from prefpairs.train.loop.prepare import Prepared, prepare
from prefpairs.train.loop.train import Material, train
from prefpairs.train.models.folder import folder_hash
from prefpairs.train.objectives.choose import objective_of
from prefpairs.train.recipe import Stage
from prefpairs.train.reference import ReferenceKey, reference_scores
from prefpairs.train.reference_store import store_folder
from prefpairs.train.report import TrainReport


def sft(plan: Plan, setting: Setting) -> TrainReport:
    """Fine-tune on the responses that the community valued, or on the better texts, token by token."""
    prepared = _prepared(plan, setting)
    splits = _splits(plan, setting, _encoder(setting, prepared))
    return train(plan, setting, prepared, Material(splits=splits, reference={}))


def dpo(plan: Plan, setting: Setting) -> TrainReport:
    """Prefer what the community valued more. The reference is the model that the stage begins with.

    It is scored before the first step and then let go of: training needs one model in memory, not two.
    """
    prepared = _prepared(plan, setting)
    encoder = _encoder(setting, prepared)
    splits = _splits(plan, setting, encoder)
    reference = _reference(plan, setting, prepared, splits, encoding=encoder.fingerprint)
    return train(plan, setting, prepared, Material(splits=splits, reference=reference))


def dpo2(plan: Plan, setting: Setting) -> TrainReport:
    """Prefer what people judged better, in pairs from a file of their own; otherwise as `dpo`."""
    return dpo(plan, setting)


def reward(plan: Plan, setting: Setting) -> TrainReport:
    """Give the response that the community valued more the higher number. There is no reference."""
    prepared = _prepared(plan, setting)
    splits = _splits(plan, setting, _encoder(setting, prepared))
    return train(plan, setting, prepared, Material(splits=splits, reference={}))


STAGES: Mapping[Stage, Callable[[Plan, Setting], TrainReport]] = {
    "sft": sft,
    "dpo": dpo,
    "dpo2": dpo2,
    "reward": reward,
}


def _prepared(plan: Plan, setting: Setting) -> Prepared:
    # Asked before the model is loaded, which takes a while: a checkpoint of other inputs is refused here.
    done = plan.checkpoints(setting.processes).newest()
    with_head = plan.stage == "reward"
    prepared = prepare(plan.source, setting.recipe, processes=setting.processes, with_head=with_head)
    setting.say(f"{plan.stage}: begins with {plan.source}")
    if done is not None:
        setting.say(f"{plan.stage}: {done} steps were done before; it goes on from there")
    for name, choice in prepared.choices.items():
        setting.say(f"{plan.stage}: {name}: {choice}")
    # A copy of a chat model that lost its template would else be trained on another form without a word.
    form = "plain text, as the tokenizer has no chat template"
    if prepared.tokenizer.chat_template is not None:
        form = "the tokenizer's chat template"
    setting.say(f"{plan.stage}: prompts: {form}")
    for note in prepared.notes:
        setting.say(f"{plan.stage}: {note}")
    return prepared


def _encoder(setting: Setting, prepared: Prepared) -> Encoder:
    return Encoder(prepared.tokenizer, setting.recipe.text, task=setting.recipe.task)


def _splits(plan: Plan, setting: Setting, encoder: Encoder) -> dict[str, Split]:
    manifest = setting.pulled.manifest
    splits = load_splits(setting.pulled.folder, manifest, encoder, recipe=setting.recipe, stage=plan.stage)
    split = splits["train"]
    for note in split.notes:
        setting.say(f"{plan.stage}: {note}")
    what, found = ("response", split.responses) if plan.stage == "sft" else ("pair", split.pairs)
    if not found:
        reasons = ", ".join(f"{count} {reason}" for reason, count in split.dropped.items()) or "it is empty"
        read = f"{split.rows} read"
        is_human = plan.stage == "dpo2"
        where = f"{setting.recipe.human_preferences}" if is_human else f"Version {manifest.version}"
        msg = f"{where} has no {what} to train on in its train split ({read}): {reasons}."
        raise ContractError(msg)
    objective = objective_of(setting.recipe, plan.stage)
    for split in splits.values():
        # Raises if pairs lack what the objective needs: told before reference scores are computed.
        objective.denominators(split.trees)
    split = splits["train"]
    setting.say(f"{plan.stage}: {len(split.trees)} threads, {split.responses} responses, {split.pairs} pairs")
    return splits


def _reference(
    plan: Plan, setting: Setting, prepared: Prepared, splits: Mapping[str, Split], *, encoding: str
) -> dict[str, Tensor]:
    recipe, manifest, processes = setting.recipe, setting.pulled.manifest, setting.processes
    model = folder_hash(plan.source)
    sums = {}
    for name, split in splits.items():
        key = ReferenceKey(
            model=model,
            encoding=encoding,
            weights=recipe.weights,
            compute=str(prepared.compute).removeprefix("torch."),
            attention=prepared.attention,
            device=processes.device.type,
            content_root=manifest.content_root,
            stage=plan.stage,
            split=name,
        )
        setting.say(f"{plan.stage}: reference scores of {split.responses} responses of {name} ...")
        scores = reference_scores(
            prepared.scorer,
            split,
            store=store_folder(recipe.dataset.into, manifest.version),
            key=key,
            spot_check=recipe.spot_check,
            row_tokens=recipe.row_tokens,
            device=processes.device,
            seed=recipe.seed,
            processes=processes,
        )
        origin = "computed" if scores.computed else f"stored before, {scores.checked} of them checked"
        setting.say(f"{plan.stage}: ... {origin}. {scores.note}".rstrip())
        sums[name] = scores.sums
    return sums
