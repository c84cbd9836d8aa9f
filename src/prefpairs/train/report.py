"""What a training run returns and writes: where from, how, and how well beside the simplest rules."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from prefpairs.train.data import Pair


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """How often the chosen response of a held-out pair wins, by the model and by rules that read nothing.

    Attributes
    ----------
    pairs
        How many were judged.
    accuracy, loss, margin
        The model's: share of pairs whose chosen response has the higher implicit reward, mean loss (nats), margin.
    longer_wins
        Share in which the response with more words was chosen.
    earlier_wins
        Share in which the response written first was chosen; None if no pair has both times.
    random
        What a coin gets.

    """

    pairs: int
    accuracy: float
    loss: float
    margin: float
    longer_wins: float
    earlier_wins: float | None
    random: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainReport:
    """One training run.

    Attributes
    ----------
    version, content_root
        The dataset version, as its manifest names it.
    inputs
        What decides the result: hashes of the manifest and the model, the settings, the device, package versions.
    steps
        Optimizer steps.
    counts
        Split -> rows, pairs, threads, responses, prompts that were cut.
    dropped
        Split -> reason -> pairs.
    epochs
        For each epoch the means over its pairs of `loss`, `accuracy` and `margin`, each taken before its step.
    validation
        After training, on the validation split; None if the version has none.
    skipped
        True if the output was already made from the same inputs.

    """

    version: str
    content_root: str
    inputs: Mapping[str, Any]
    steps: int
    counts: Mapping[str, Mapping[str, int]]
    dropped: Mapping[str, Mapping[str, int]]
    epochs: Sequence[Mapping[str, float]]
    validation: Evaluation | None
    skipped: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return the report as a JSON object."""
        document = asdict(self)
        del document["skipped"]
        return document

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "TrainReport":
        """Read back what `to_json` wrote."""
        validation = value["validation"]
        return cls(**{**value, "validation": None if validation is None else Evaluation(**validation)})

    def lines(self) -> tuple[tuple[str, str], ...]:
        """Return what a person wants to read first: name and figure, the baselines beside the accuracy."""
        last = self.epochs[-1]
        lines = [
            ("version", self.version),
            ("pairs", f"{self.counts['train']['pairs']} of {self.counts['train']['rows']}"),
            *((f"dropped: {reason}", str(count)) for reason, count in self.dropped["train"].items()),
            ("prompts cut", str(self.counts["train"]["prompts_cut"])),
            ("steps", str(self.steps)),
            ("loss, last epoch", f"{last['loss']:.4f}"),
            ("accuracy, last epoch", f"{last['accuracy']:.3f}"),
        ]
        if self.validation is None:
            return (*lines, ("accuracy, held out", "no validation split"))
        earlier = self.validation.earlier_wins
        return (
            *lines,
            ("accuracy, held out", f"{self.validation.accuracy:.3f} of {self.validation.pairs} pairs"),
            ("  longer wins", f"{self.validation.longer_wins:.3f}"),
            ("  earlier wins", "times unknown" if earlier is None else f"{earlier:.3f}"),
            ("  random", f"{self.validation.random:.3f}"),
        )


def longer_wins(pairs: Sequence[Pair]) -> float:
    """Return the share of pairs whose chosen response is the longer one; ties count half."""
    return _share_positive([pair.extra_words for pair in pairs])


def earlier_wins(pairs: Sequence[Pair]) -> float | None:
    """Return the share of pairs whose chosen response is the earlier one, as `longer_wins`; None without times."""
    known = [-pair.seconds_between for pair in pairs if pair.seconds_between is not None]
    return _share_positive(known) if known else None


def _share_positive(values: Sequence[int]) -> float:
    return sum(1.0 if value > 0 else 0.5 if value == 0 else 0.0 for value in values) / len(values)
