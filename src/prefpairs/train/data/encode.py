"""A pulled version, a recipe and a stage -> the splits that the stage trains on and looks at."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from prefpairs.errors import ConfigError
from prefpairs.release.manifest import Manifest
from prefpairs.release.manifest import Split as SplitName
from prefpairs.train.data.encoding import Encoder
from prefpairs.train.data.held_out import held_out_prompts, to_train_on
from prefpairs.train.data.human_rows import read_human_pairs
from prefpairs.train.data.tree_building import completion_split, preference_split
from prefpairs.train.data.trees import Split
from prefpairs.train.data.version_rows import completion_threads, improvement_threads, preference_threads
from prefpairs.train.recipe import Recipe, Stage

TRAINING_SPLITS: tuple[SplitName, ...] = ("train", "validation")


def load_splits(
    pulled_folder: Path,
    manifest: Manifest,
    encoder: Encoder,
    *,
    recipe: Recipe,
    stage: Stage,
    splits: Sequence[SplitName] = TRAINING_SPLITS,
) -> dict[str, Split]:
    """Tokenise what a stage needs of a version, or for `dpo2` of the file of human preferences.

    A split that is not there, or of which nothing can be used, comes back without trees; its counts say why.

    Parameters
    ----------
    pulled_folder, manifest
        The version, already verified.
    encoder
        Of the model's tokenizer, with the recipe's text settings and task.
    recipe, stage
        What is trained, and at which point.
    splits
        Which of `train`, `validation` and `test`.

    Raises
    ------
    ContractError
        If the version lacks a config, or a file a column or a value.
    ConfigError
        If a stage needs human preferences and the recipe names none.

    """
    if stage == "dpo2":
        held_out = held_out_prompts(pulled_folder, manifest) if "train" in splits else frozenset()
        # A line that is no pair has no split: it is counted once, with the first one asked for.
        return {
            split: human_split(
                recipe.human_preferences,
                encoder,
                recipe=recipe,
                split=split,
                noted=split == splits[0],
                held_out=held_out if split == "train" else (),
            )
            for split in splits
        }
    return {
        split: _load(pulled_folder, manifest, encoder, recipe=recipe, stage=stage, split=split) for split in splits
    }


def _load(
    folder: Path, manifest: Manifest, encoder: Encoder, *, recipe: Recipe, stage: Stage, split: SplitName
) -> Split:
    if recipe.task == "improvement":
        threads = improvement_threads(folder, manifest, split)
        if stage == "sft":
            return completion_split((thread.undisputed() for thread in threads), encoder)
    elif stage == "sft":
        return completion_split(completion_threads(folder, manifest, split), encoder)
    else:
        threads = preference_threads(folder, manifest, split)
    return preference_split(threads, encoder, row_tokens=recipe.row_tokens, whole=_needs_whole(recipe))


def human_split(
    path: Path | None,
    encoder: Encoder,
    *,
    recipe: Recipe,
    split: SplitName = "train",
    noted: bool = True,
    held_out: Collection[bytes] = (),
) -> Split:
    """Tokenise the pairs that people judged; if `noted`, lines that are no pair are counted with the other rows.

    Pairs about a post in `held_out` (hashes, `held_out_prompts`) are dropped as `prompt_is_held_out`: a model
    that was trained on them would be measured on what it has seen.

    Raises
    ------
    ContractError
        If the file holds no pair for the recipe's task.
    ConfigError
        If there is no file, or it cannot be opened.

    """
    if path is None:
        msg = "The stage dpo2 needs a file of pairs that people judged: set human_preferences in the recipe."
        raise ConfigError(msg)
    human = read_human_pairs(path, task=recipe.task, split=split)
    threads, dropped = to_train_on(human.threads, held_out)
    found = preference_split(threads, encoder, row_tokens=recipe.row_tokens, whole=_needs_whole(recipe))
    if dropped:
        reasons = sorted({**found.dropped, "prompt_is_held_out": dropped}.items())
        found = replace(found, rows=found.rows + dropped, dropped=dict(reasons))
    return human.noted(found, path=path) if noted else found


def _needs_whole(recipe: Recipe) -> bool:
    return recipe.loss == "plackett_luce"
