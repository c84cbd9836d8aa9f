"""The same corpora -> a small CNN of spaCy's, to measure ours beside: `python -m training.ner.cnn`.

Its settings are those of spaCy's small models: hashed word features, width 96, four convolutions, and the
transition-based parser on top.
"""

import argparse
import random
import time
import warnings
from pathlib import Path

import spacy
from spacy.language import Language
from spacy.training import Example
from thinc.api import fix_random_seed

from training.ner.augment import in_case
from training.ner.corpora import LABELS, Sentence, read_training
from training.ner.train import BUILD, CORPORA

_BATCH = 48


def train(folder: Path, *, corpora: Path, epochs: int, seed: int) -> None:
    """Write the pipeline to `folder`."""
    fix_random_seed(seed)
    chance = random.Random(seed)
    nlp = spacy.blank("en")
    nlp.add_pipe("ner")
    sentences = [item for part in read_training(corpora).values() for item in part]
    optimizer = nlp.initialize(lambda: [_example(nlp, item) for item in sentences])
    started = time.monotonic()
    for epoch in range(epochs):
        chance.shuffle(sentences)
        losses: dict[str, float] = {}
        varied = [in_case(item, "lower" if chance.random() < 0.2 else "as written") for item in sentences]
        for start in range(0, len(varied), _BATCH):
            examples = [_example(nlp, item) for item in varied[start : start + _BATCH]]
            nlp.update(examples, drop=0.2, sgd=optimizer, losses=losses)
        print(
            f"epoch {epoch + 1}/{epochs} loss {losses['ner']:.0f} {time.monotonic() - started:.0f} s", flush=True
        )
    nlp.to_disk(folder)


def _example(nlp: Language, sentence: Sentence) -> Example:
    spans = [span for span in sentence.spans if span[2] in LABELS]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a token may be longer than an entity: then spaCy leaves it out
        return Example.from_dict(nlp.make_doc(sentence.text), {"entities": spans})


def main() -> None:
    """Train it."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--corpora", type=Path, default=CORPORA)
    options.add_argument("--output", type=Path, default=BUILD / "cnn")
    options.add_argument("--epochs", type=int, default=12)
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    train(given.output, corpora=given.corpora, epochs=given.epochs, seed=given.seed)


if __name__ == "__main__":
    main()
