"""A folder's or file's JSON weights -> the probability of each code for a text: a linear model, no library.

The file is one JSON object::

    {"format": "prefpairs-char-ngrams-1", "shortest": 3, "longest": 5,
     "codes": {"HARASSMENT": {"bias": -4.1, "weights": {"you": 0.02, "oser": 1.7}}}}

The probability is 1 / (1 + exp(-(bias + sum of weights / sqrt(n)))), where the sum goes over the different
character n-grams of the folded text that the model knows and n counts all of its different n-grams: what
scikit-learn's `TfidfVectorizer(analyzer="char", binary=True, use_idf=False)` and a logistic regression give.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from prefpairs.errors import ConfigError
from prefpairs.safety_codes import HARM_CODES

FORMAT = "prefpairs-char-ngrams-1"
_LONGEST = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Classifier:
    """A linear model for each of some codes, over the n-grams of lengths `shortest` to `longest`."""

    shortest: int
    longest: int
    bias: Mapping[str, float]
    weights: Mapping[str, Mapping[str, float]]
    threshold: float

    def hits(self, texts: Sequence[str]) -> dict[str, list[bool]]:
        """Return for each code whether each text reaches the threshold."""
        probabilities = [self.probabilities(text) for text in texts]
        return {code: [each[code] >= self.threshold for each in probabilities] for code in self.bias}

    def probabilities(self, text: str) -> dict[str, float]:
        """Return the probability of each code for a folded text."""
        lengths = range(self.shortest, self.longest + 1)
        grams = {text[start : start + n] for n in lengths for start in range(len(text) - n + 1)}
        norm = math.sqrt(len(grams)) or 1.0
        return {
            # fsum: a set has no order, and the result may not depend on one.
            code: _logistic(self.bias[code] + math.fsum(weights[g] for g in grams & weights.keys()) / norm)
            for code, weights in self.weights.items()
        }


def load(path: Path, *, threshold: float) -> Classifier:
    """Read the weights.

    Raises
    ------
    ConfigError
        If the file is missing, or is not what the format says.

    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        classifier = Classifier(
            shortest=int(document["shortest"]),
            longest=int(document["longest"]),
            bias={code: float(model["bias"]) for code, model in document["codes"].items()},
            weights={
                code: {gram: float(weight) for gram, weight in model["weights"].items()}
                for code, model in document["codes"].items()
            },
            threshold=threshold,
        )
        is_known = document["format"] == FORMAT and set(classifier.bias) <= set(HARM_CODES)
    except OSError:
        msg = f"safety.classifier: the file {path} cannot be read. Name a file that is there, or leave it out."
        raise ConfigError(msg) from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        msg = f"safety.classifier: {path} is not a model of the format {FORMAT}: {type(error).__name__}."
        raise ConfigError(msg) from None
    numbers = [*classifier.bias.values(), *(w for ws in classifier.weights.values() for w in ws.values())]
    if not (
        is_known
        and 1 <= classifier.shortest <= classifier.longest <= _LONGEST
        and all(map(math.isfinite, numbers))
    ):
        msg = (
            f"safety.classifier: {path} must be of the format {FORMAT}, with n-grams of 1 to {_LONGEST} "
            f"characters, finite numbers, and codes among {', '.join(HARM_CODES)}."
        )
        raise ConfigError(msg)
    return classifier


def _logistic(value: float) -> float:
    # Two forms, because exp of a large number overflows.
    return 1 / (1 + math.exp(-value)) if value >= 0 else math.exp(value) / (1 + math.exp(value))
