"""What `prefpairs evaluate` is told: which model, which posts, and how figures are made."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from prefpairs.config_section import Section
from prefpairs.evaluate.generations.settings import GenerationSettings
from prefpairs.train.recipe import Dataset, Positive, Task, Text, load_section


class Figures(Section):
    """How figures are made of scores."""

    resamples: Annotated[int, Field(ge=1)] = 1000
    """Draws of posts behind each interval."""
    confidence: Annotated[float, Field(gt=0, lt=1)] = 0.95
    """What share of the draws an interval holds."""
    seed: int = 0
    probability_edges: tuple[float, ...] = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
    """Where bins of the dataset's preference probability begin."""
    extra_words_edges: tuple[float, ...] = (-100, -30, -10, 11, 31, 101)
    """Where bins of words of chosen less words of rejected begin; the one around 0 is length-matched."""
    few_posts: Annotated[int, Field(ge=1)] = 50
    """With fewer posts the page says that the intervals are too narrow: a bootstrap of few draws is."""

    @model_validator(mode="after")
    def _edges_rise(self) -> "Figures":
        for name in ("probability_edges", "extra_words_edges"):
            edges = getattr(self, name)
            if not edges or any(low >= high for low, high in pairwise(edges)):
                msg = f"{name}: at least one, each above the one before it"
                raise ValueError(msg)
        return self


class EvaluateSettings(Section):
    """One run of `prefpairs evaluate`.

    What is None is taken from the model's own `training.json`: a model that `prefpairs train` made knows its
    version and how its texts became tokens. The reference is looked for beside it.
    """

    model: Path | None = None
    """Folder of the model: a whole one, an adapter, or a stage of a run."""
    reference: Path | None = None
    """Folder of the model that it was trained from: implicit rewards are measured against it."""
    dataset: Dataset = Dataset()
    """The version that holds the posts, and where it comes from."""
    split: Literal["validation", "test"] = "validation"
    """`test` is for the end: who looks at it while choosing between models has no unseen posts left."""
    output: Path | None = None
    """Folder of `report.json` and `report.html`. None: `<model>-<split>` beside the model, `...-people` if people
    judged the pairs."""

    task: Task | None = None
    text: Text | None = None
    beta: Positive | None = None
    weights: Literal["float32", "bfloat16"] | None = None
    """What the weights are kept in: another type than in training gives other scores."""
    human_preferences: Path | None = None
    """Judge on these pairs instead of the version's: pairs that people judged, as a recipe's `dpo2` reads them."""

    attention: Literal["auto", "varlen", "flex", "segments", "masked", "rows"] = "auto"
    compute: Literal["auto", "float32", "bfloat16"] = "auto"
    row_tokens: Annotated[int, Field(ge=32)] | None = None
    """Tokens of one forward pass. Lower it when memory runs out: the figures stay the same."""
    head_tokens: Annotated[int, Field(ge=1)] | None = None
    """Scored positions whose logits are in memory at once."""
    device: Literal["auto", "cpu", "cuda"] = "auto"

    figures: Figures = Figures()
    replies: GenerationSettings | None = GenerationSettings()
    """Let the model write to held-out posts, and measure what it writes. None: it does not write."""


def load_settings(path: Path | None, overrides: Sequence[str] = ()) -> EvaluateSettings:
    """Read the settings of an evaluation, written as a recipe is: YAML, and `key=value`.

    Raises
    ------
    ConfigError
        If the file is not there or no YAML, a key is not known, or a value does not do.

    """
    return load_section(EvaluateSettings, path, overrides, what="evaluation")
