"""What a training run returns and writes: where from, how, and how well beside the simplest rules."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from torch import Tensor

from prefpairs.train.data.trees import Tree

_NO_REFERENCE = "no reference"


@dataclass(frozen=True, slots=True, kw_only=True)
class Baselines:
    """How often the chosen response of a held-out pair wins by what is simpler than the model.

    Attributes
    ----------
    reference_likelihood
        The response that the reference finds likelier was chosen; None where there is no reference. A sum over
        tokens, which favours the shorter response. After SFT the reference has learnt from chosen responses.
    reference_likelihood_by_token
        The one that it finds likelier per token was.
    longer_wins
        The one with more words was.
    earlier_wins
        The one written first was; None if no pair has both times.
    random
        What a coin gets.

    """

    reference_likelihood: float | None
    reference_likelihood_by_token: float | None
    longer_wins: float
    earlier_wins: float | None
    random: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """A stage on the validation split.

    Attributes
    ----------
    pairs, responses
        How many were judged.
    before, after
        The objective's own figures (loss in nats, and under TRL's names what else it has) of the model that the
        stage began with and of the one that it ended with.
    baselines
        None where there are no pairs (SFT).

    """

    pairs: int
    responses: int
    before: Mapping[str, float]
    after: Mapping[str, float]
    baselines: Baselines | None

    @property
    def accuracy(self) -> float | None:
        """Share of pairs whose chosen response has the higher reward; None where there are no pairs."""
        return self.after.get("rewards/accuracies")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainReport:
    """One stage of a training run: what `training.json` beside its model holds.

    Attributes
    ----------
    stage
        `sft`, `dpo`, `dpo2` or `reward`.
    version, content_root, commit
        The dataset version, as its manifest and its source name it.
    inputs
        What decides the result: hashes of the manifest and the model, the recipe, the device.
    packages
        Name -> version of what it was made with.
    choices
        What was chosen on this machine: device, types, attention, processes.
    data_order
        One hash over the posts and responses of every step, in order.
    steps
        Optimizer steps.
    counts
        Split -> rows, pairs, threads, responses, prompts that were cut.
    dropped
        Split -> reason -> rows.
    work
        Posts, pairs and tokens computed, and the tokens that separate pairs would have taken.
    parameters
        `trained` and `all`.
    epochs
        For each epoch the means of the objective's figures, each taken before its step.
    validation
        On the validation split; None if the version has none.
    notes
        What a reader should know of the model, as sentences.
    skipped
        True if the stage was already through, from the same inputs.

    """

    stage: str
    version: str
    content_root: str
    commit: str
    inputs: Mapping[str, Any]
    packages: Mapping[str, str]
    choices: Mapping[str, str]
    data_order: str
    steps: int
    counts: Mapping[str, Mapping[str, int]]
    dropped: Mapping[str, Mapping[str, int]]
    work: Mapping[str, int]
    parameters: Mapping[str, int]
    epochs: Sequence[Mapping[str, float]]
    validation: Validation | None
    notes: Sequence[str] = ()
    skipped: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return the report as a JSON object."""
        document = asdict(self)
        del document["skipped"]
        return document

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "TrainReport":
        """Read back what `to_json` wrote."""
        document = {field.name: value[field.name] for field in fields(cls) if field.name != "skipped"}
        if (validation := value["validation"]) is not None:
            baselines = validation["baselines"]
            document["validation"] = Validation(
                **{**validation, "baselines": None if baselines is None else Baselines(**baselines)}
            )
        return cls(**document)

    @property
    def title(self) -> str:
        """What a table of `lines` is headed with."""
        names = {"sft": "SFT", "dpo": "DPO", "dpo2": "DPO on people's pairs", "reward": "Reward model"}
        return f"{names[self.stage]}{', finished before' if self.skipped else ''}"

    def lines(self) -> tuple[tuple[str, str], ...]:
        """Return what a person wants to read first: name and figure, the baselines beside the accuracy."""
        train = self.counts["train"]
        saved = 1 - self.work["tokens"] / max(1, self.work["separate_tokens"])
        last = self.epochs[-1]
        return (
            ("version", self.version),
            ("rows", f"{train['rows']}: {train['pairs']} pairs, {train['responses']} responses"),
            *((f"dropped: {reason}", str(count)) for reason, count in self.dropped["train"].items()),
            ("prompts cut", str(train["prompts_cut"])),
            ("steps", str(self.steps)),
            ("tokens saved by sharing", f"{saved:.0%}"),
            *(
                (f"{name}, last epoch", f"{last[name]:.4f}")
                for name in ("loss", "rewards/accuracies")
                if name in last
            ),
            *self._held_out(),
        )

    def _held_out(self) -> tuple[tuple[str, str], ...]:
        held_out = self.validation
        if held_out is None:
            return (("held out", "no validation split"),)
        lines = [("loss, held out", f"{held_out.after['loss']:.4f} (before: {held_out.before['loss']:.4f})")]
        if held_out.baselines is not None and held_out.accuracy is not None:
            rules = held_out.baselines
            lines += [
                ("accuracy, held out", f"{held_out.accuracy:.3f} of {held_out.pairs} pairs"),
                ("  likelier to the reference", _share(rules.reference_likelihood, otherwise=_NO_REFERENCE)),
                (
                    "  likelier to the reference, by token",
                    _share(rules.reference_likelihood_by_token, otherwise=_NO_REFERENCE),
                ),
                ("  longer wins", _share(rules.longer_wins)),
                ("  earlier wins", _share(rules.earlier_wins, otherwise="times unknown")),
                ("  random", _share(rules.random)),
            ]
        return tuple(lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """A whole run: one report for each stage, in order."""

    stages: tuple[TrainReport, ...]

    def __iter__(self) -> Iterator[TrainReport]:
        """Yield the stages' reports."""
        return iter(self.stages)

    @property
    def skipped(self) -> bool:
        """Whether there was nothing left to do."""
        return all(stage.skipped for stage in self.stages)


def baselines(trees: Sequence[Tree], reference: Tensor | None) -> Baselines:
    """Judge the pairs of trees by rules; `reference` is `[N]`, summed log-probabilities by `Tree.numbers`."""
    pairs = [pair for tree in trees for pair in tree.pairs]
    known = [-pair.seconds_between for pair in pairs if pair.seconds_between is not None]
    by_token = None if reference is None else reference / _tokens(trees, reference)
    return Baselines(
        reference_likelihood=None if reference is None else share_positive(_ahead(trees, reference)),
        reference_likelihood_by_token=None if by_token is None else share_positive(_ahead(trees, by_token)),
        longer_wins=share_positive([pair.extra_words for pair in pairs]),
        earlier_wins=share_positive(known) if known else None,
    )


def share_positive(values: Sequence[float]) -> float:
    """Return the share of values above zero; zeros count half, as a coin would decide them."""
    return sum(1.0 if value > 0 else 0.5 if value == 0 else 0.0 for value in values) / len(values)


def _ahead(trees: Sequence[Tree], scores: Tensor) -> list[float]:
    """Return the score of the chosen response of every pair less that of the rejected one."""
    pairs = [(tree.numbers, pair) for tree in trees for pair in tree.pairs]
    chosen = scores[[numbers[pair.chosen] for numbers, pair in pairs]]
    rejected = scores[[numbers[pair.rejected] for numbers, pair in pairs]]
    ahead: list[float] = (chosen - rejected).tolist()
    return ahead


def _tokens(trees: Sequence[Tree], scores: Tensor) -> Tensor:
    """Return the tokens of every response as `scores` has them, by `Tree.numbers`."""
    tokens = scores.new_ones(scores.shape)
    for tree in trees:
        tokens[list(tree.numbers)] = tokens.new_tensor([len(response) for response in tree.responses])
    return tokens


def _share(value: float | None, *, otherwise: str = "") -> str:
    return otherwise if value is None else f"{value:.3f}"
