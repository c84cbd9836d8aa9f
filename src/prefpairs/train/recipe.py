"""A YAML file and `key=value` -> one typed recipe: everything that a training run depends on."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, ValidationError, model_validator

from prefpairs.config_section import Section, Share
from prefpairs.errors import ConfigError
from prefpairs.train.yaml_settings import faults, override, read_yaml

Task = Literal["generation", "improvement", "reward"]
Stage = Literal["sft", "dpo", "dpo2", "reward"]
STAGES: tuple[Stage, ...] = ("sft", "dpo", "dpo2", "reward")
"""In the order in which they follow one another."""
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
AnySection = TypeVar("AnySection", bound=Section)
_SHIPPED = Path(__file__).parent / "recipes"
_LAUNCHERS = "accelerate-"


class Dataset(Section):
    """One exact version."""

    version: str | None = None
    source: str | None = None
    """A folder of releases, or a dataset repository (`organisation/name`)."""
    endpoint: str | None = None
    """The Hub's address, if not huggingface.co."""
    into: Path = Path("data")
    """Where pulled versions are kept; reference scores lie beside them."""
    content_root: str | None = None
    """The data that the run expects; another one is refused."""
    commit: str | None = None
    """The commit that the run expects: the Hub's, or for a directory the SHA-256 of the manifest."""


class Text(Section):
    """How a post and a response become token ids."""

    system_prompt: str | None = None
    """Stands before the post: as the system turn of a chat template, else as a first paragraph. None: nothing."""
    community: bool = False
    """Name the community before the post: a model that serves several can then tell them apart (ComPRed found
    that the right name helps and a wrong one hurts, arXiv 2410.16027)."""
    max_tokens: Annotated[int, Field(ge=16)] = 1024
    """Prompt and response together; the prompt is cut at its start, a response never."""
    min_prompt_tokens: Annotated[int, Field(ge=1)] = 64
    """Tokens of the post that stay (of a shorter post all): a response too long for that is dropped, and counted.
    A reply to a post that cannot be read teaches nothing, and a prompt is cut for its thread's longest reply."""
    template_date: date = date(2024, 7, 26)
    """What a chat template that prints today's date prints instead: no run may depend on its day."""


class Lora(Section):
    """Low-rank adapters (Hu et al. 2021, arXiv 2106.09685), through peft."""

    rank: Annotated[int, Field(ge=1)] = 16
    alpha: Positive = 32.0
    targets: str | tuple[str, ...] = "all-linear"
    """Names of modules, as peft takes them; a name that matches nothing is an error. `all-linear` leaves out
    the head."""


class Optimiser(Section):
    """AdamW (Loshchilov and Hutter 2019, arXiv 1711.05101), for one stage."""

    learning_rate: Positive = 1e-6
    epochs: Annotated[int, Field(ge=1)] = 1
    posts_per_step: Annotated[int, Field(ge=1)] = 16
    """Posts (trees) in one optimizer step, over all processes: each brings all its pairs."""
    warmup: Share = 0.1
    """Share of the steps in which the learning rate rises from zero."""
    schedule: Literal["cosine", "linear", "constant"] = "cosine"
    weight_decay: NotNegative = 0.0
    max_gradient_norm: Positive = 1.0


class Recipe(Section):
    """One run of `prefpairs train`: which version, which model, which stages, and how.

    The stages follow one another, each from where the one before it ended: SFT, DPO on votes, and DPO on pairs
    that people judged (`dpo2`), as LLUMI does (arXiv 2605.30273).
    """

    dataset: Dataset = Dataset()
    model: Path | None = None
    """Folder of a causal language model with its tokenizer."""
    output: Path | None = None
    """Folder of the run: one folder a stage, each a model that loads as it is."""
    task: Task = "generation"
    """`generation`: post -> reply. `improvement`: post, draft -> better text. `reward`: post, reply -> number."""
    stages: tuple[Stage, ...] = ("sft", "dpo")
    human_preferences: Path | None = None
    """Pairs that people judged, for `dpo2`: Parquet, or JSON lines, with prompt, chosen and rejected."""
    text: Text = Text()

    loss: Literal["sigmoid", "ipo", "plackett_luce"] = "sigmoid"
    """`sigmoid` is DPO as TRL computes it."""
    beta: Positive = 0.1
    label_smoothing: Annotated[float, Field(ge=0, lt=0.5)] = 0.0
    """How often a label is taken to be wrong (cDPO)."""
    pair_weighting: Literal["pair", "post"] = "pair"
    """Every pair counts the same, as in TRL, or every post does (1 / its pairs, as in InstructGPT)."""
    probability: Literal["ignore", "weight", "soft_label", "offset"] = "ignore"
    """What the version's preference probability p does: nothing; a weight of 2p - 1; a soft label p; or a margin
    of log(p / (1 - p)) that the rewards must differ by (ODPO, arXiv 2402.10571)."""
    sft_term: NotNegative = 0.0
    """How much of the chosen responses' negative log-likelihood per token is added to the loss."""

    sft: Optimiser = Optimiser(learning_rate=1e-5)
    dpo: Optimiser = Optimiser(learning_rate=1e-6)
    dpo2: Optimiser = Optimiser(learning_rate=5e-7)
    reward: Optimiser = Optimiser(learning_rate=9e-6)

    lora: Lora | None = None
    weights: Literal["float32", "bfloat16"] = "float32"
    """What the model's own weights are kept in. LoRA's adapters are always float32. With full fine-tuning bfloat16
    loses updates smaller than 1/256 of a weight."""
    compute: Literal["auto", "float32", "bfloat16"] = "auto"
    """What is multiplied in; `auto` is bfloat16 on a GPU and float32 on a CPU."""
    attention: Literal["auto", "varlen", "flex", "segments", "masked", "rows"] = "auto"
    """How a packed row is attended to; `auto` takes what model, device and PyTorch allow. It is printed."""
    row_tokens: Annotated[int, Field(ge=32)] = 8192
    """Tokens of one forward pass. Lower it when memory runs out: the result stays the same."""
    gradient_checkpointing: bool = False
    """Compute activations again instead of keeping them: less memory, a third more time."""
    head_tokens: Annotated[int, Field(ge=1)] = 1024
    """Scored positions whose logits are in memory at once: half a gigabyte for a vocabulary of 128,000."""

    parallel: Literal["none", "fsdp2"] = "none"
    """On several processes: copies of the model, or one model in parts (FSDP2)."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    seed: int = 0
    checkpoint_every: Annotated[int, Field(ge=1)] = 200
    """Steps between checkpoints; a run that is started again goes on from the last one."""
    log_every: Annotated[int, Field(ge=1)] = 10
    """Steps between log lines: each costs one wait for the GPU."""
    tensorboard: bool = False
    """Also write TensorBoard's event files into the stage's folder. Nothing is ever sent anywhere."""
    spot_check: Annotated[int, Field(ge=1)] = 64
    """Responses scored again when stored reference scores are loaded."""

    @model_validator(mode="before")
    @classmethod
    def _sections_keep_their_own_defaults(cls, given: Any) -> Any:
        # The stages differ in theirs: `sft: {epochs: 2}` must not take the learning rate of DPO.
        if not isinstance(given, dict):
            return given
        usual = {name: cls.model_fields[name].default for name in STAGES}
        sections = {name: given[name] for name in STAGES if isinstance(given.get(name), dict)}
        return {**given, **{name: {**usual[name].model_dump(), **section} for name, section in sections.items()}}

    @model_validator(mode="after")
    def _fits_together(self) -> "Recipe":
        if not self.stages or list(self.stages) != [stage for stage in STAGES if stage in self.stages]:
            msg = "stages: at least one, each once, in the order sft, dpo, dpo2"
            raise ValueError(msg)
        if "reward" in (self.task, *self.stages) and (self.task, self.stages) != ("reward", ("reward",)):
            msg = "task reward has the stage reward and no other; no other task has it"
            raise ValueError(msg)
        if "dpo2" in self.stages and self.human_preferences is None:
            msg = "stage dpo2 needs human_preferences: a file of pairs that people judged"
            raise ValueError(msg)
        if self.loss == "plackett_luce" and (self.label_smoothing or self.probability != "ignore"):
            msg = "loss plackett_luce ranks whole threads: label_smoothing and probability do not apply"
            raise ValueError(msg)
        if self.loss == "ipo" and self.probability == "offset":
            msg = "probability=offset is a margin of rewards, which loss=ipo does not have; use loss=sigmoid"
            raise ValueError(msg)
        if self.task == "reward" and (self.loss == "ipo" or self.sft_term):
            msg = "a reward model has no log-probabilities: use loss sigmoid or plackett_luce, and sft_term 0"
            raise ValueError(msg)
        if self.row_tokens < 2 * self.text.max_tokens:
            msg = (
                f"row_tokens ({self.row_tokens}) must be at least twice text.max_tokens ({self.text.max_tokens}), "
                "so that a prompt with two responses fits"
            )
            raise ValueError(msg)
        return self

    def optimiser(self, stage: Stage) -> Optimiser:
        """Return the settings of a stage's optimizer."""
        found: Optimiser = getattr(self, stage)
        return found


def load_recipe(path: Path | None, overrides: Sequence[str] = ()) -> Recipe:
    """Read a recipe; `overrides` are `key=value`, keys with dots for sections, values in YAML.

    Raises
    ------
    ConfigError
        If the file is not there or no YAML, a key is not known, or a value does not do.

    """
    return load_section(Recipe, path, overrides, what="recipe")


def load_section(
    section: type[AnySection], path: Path | None, overrides: Sequence[str], *, what: str
) -> AnySection:
    """Read any settings that are written as a recipe is; `what` is what messages call them.

    Raises
    ------
    ConfigError
        As `load_recipe`.

    """
    document = {} if path is None else read_yaml(path, what=what)
    override(document, overrides, what=what)
    try:
        return section.model_validate(document)
    except ValidationError as error:
        where = f"The {what}" if path is None else f"The {what} {path}"
        msg = f"{where} does not do: {faults(error, section, what=what)}."
        raise ConfigError(msg) from None


def shipped_recipes() -> tuple[str, ...]:
    """Return the names of the recipes that the package brings along."""
    return tuple(sorted(path.stem for path in _SHIPPED.glob("*.yaml") if not path.name.startswith(_LAUNCHERS)))


def recipe_file(name: str) -> Path:
    """Return the file that `--config` means: a path, or the name of a shipped recipe (`lora-1b`).

    Raises
    ------
    ConfigError
        If there is neither; the message lists the names.

    """
    path = Path(name)
    if path.is_file():
        return path
    if name.removesuffix(".yaml") in shipped_recipes():
        return _SHIPPED / f"{name.removesuffix('.yaml')}.yaml"
    msg = f"There is no recipe {name}: no such file, and the shipped ones are {', '.join(shipped_recipes())}."
    raise ConfigError(msg)
