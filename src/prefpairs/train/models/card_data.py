"""What a model card says, as plain data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from prefpairs.train.recipe import Stage, Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """How often a way to judge pairs is right on held-out pairs, and the ends of its interval if there is one."""

    name: str
    share: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFacts:
    """Everything that a card says, as plain data.

    Attributes
    ----------
    task, stages
        What the model does, and the stages that it went through, the last one its own.
    base_name, base_id
        What the model is called that it was made from, and its repository on the Hub if that is known.
    adapter
        Whether the folder holds an adapter of peft and not a whole model.
    chat
        Whether the tokenizer has a chat template.
    system_turn
        Whether a system prompt stands in a turn of its own; else it is the first paragraph of the user's.
    template_date
        The day that the chat template printed in place of today; None if it prints none.
    dataset_name, dataset_id, version, content_root, commit, language
        The dataset version: its name for people, its repository on the Hub if it has one, what pins it, and the
        language of its texts (ISO 639-1; None if it is not told).
    preset, thresholds
        The rule that made its pairs, with caps: name -> value.
    counts
        Split -> pairs, threads, responses, prompts that were cut.
    dropped
        Reason -> rows of the train split that were left out.
    loss
        Sentences on what was made smaller.
    settings
        Name -> value, as a table shows them.
    recipe
        What the recipe says, where it is not the default: enough to write it again.
    reference
        Sentences on what the policy is compared with; None where nothing is.
    held_out, judged, interval
        Held-out pairs, ways to judge them, and what the intervals are (None: there are none).
    change
        Name -> figure on held-out data before and after the stage.
    hashes
        What was hashed -> SHA-256: the base model, a file of pairs that people judged.
    machine, packages
        What it was made on and with.
    license
        The dataset's terms.
    notes
        What else a reader should know, as sentences.

    """

    task: Task
    stages: Sequence[Stage]
    base_name: str
    base_id: str | None
    adapter: bool
    chat: bool
    system_turn: bool
    template_date: str | None
    dataset_name: str
    dataset_id: str | None
    version: str
    content_root: str
    commit: str
    language: str | None
    preset: str
    thresholds: Mapping[str, Any]
    counts: Mapping[str, Mapping[str, int]]
    dropped: Mapping[str, int]
    loss: str
    settings: Mapping[str, Any]
    recipe: Mapping[str, Any]
    reference: str | None
    held_out: int
    judged: Sequence[Judged]
    interval: str | None
    change: Mapping[str, tuple[float, float]]
    hashes: Mapping[str, str]
    machine: Mapping[str, Any]
    packages: Mapping[str, str]
    license: str
    notes: Sequence[str] = field(default=())
