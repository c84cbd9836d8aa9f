"""How much the NER finds: `python -m training.ner.evaluate` prints dev figures, with `--test` the test sets'."""

import argparse
import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from prefpairs.deid.ner.reader import Entity, Reader
from training.ner.corpora import LABELS, Sentence, read_conll, read_dev
from training.ner.data import generated

CORPORA = Path("../shared/data/deid")
BUNDLED = Path("src/prefpairs/deid/ner/model/prefpairs_ner")

Finder = Callable[[str], Iterable[Entity]]


def masked(sentences: Sequence[Sentence], find: Finder) -> dict[str, float]:
    """Return the share of entity tokens that are masked, by type, and of masked tokens that are in any entity."""
    counts: Counter[str] = Counter()
    for sentence in sentences:
        found = [(entity.start, entity.end) for entity in find(sentence.text)]
        position = 0
        for token in sentence.text.split(" "):
            start, end = position, position + len(token)
            position = end + 1
            gold = next((label for a, b, label in sentence.spans if a < end and b > start), "O")
            is_masked = any(a < end and b > start for a, b in found)
            counts[gold] += 1
            counts[f"{gold} masked"] += is_masked
    inside = sum(counts[f"{label} masked"] for label in (*LABELS, "OTHER"))
    false = counts["O masked"]
    recall = {label: counts[f"{label} masked"] / max(1, counts[label]) for label in LABELS}
    return {**recall, "precision": inside / max(1, inside + false), "false": 1000 * false / max(1, counts["O"])}


def row(name: str, figures: dict[str, float]) -> str:
    """Return one line of a table."""
    cells = " ".join(f"{figures[key] * 100:6.1f}" for key in (*LABELS, "precision"))
    return f"{name:34} {cells} {figures['false']:7.2f}"


def lower(sentences: Iterable[Sentence]) -> list[Sentence]:
    """Return the sentences in lower case."""
    return [
        Sentence(item.text.lower(), item.spans) for item in sentences if len(item.text.lower()) == len(item.text)
    ]


def reddit_test(folder: Path) -> tuple[list[Sentence], list[Sentence]]:
    """Return all of WNUT17's test sentences, and those from Reddit."""
    genres = json.loads((folder / "wnut17/test_genre.json").read_text())
    everything = list(read_conll(folder / "wnut17/emerging.test.annotated"))
    return everything, [item for item, genre in zip(everything, genres, strict=True) if genre == "reddit"]


def test_sets(folder: Path) -> dict[str, list[Sentence]]:
    """Return what measures, and nothing else."""
    wnut, reddit = reddit_test(folder)
    return {
        "test reddit": reddit,
        "test reddit, lower case": lower(reddit),
        "test wnut17": wnut,
        "test btc": list(read_conll(folder / "btc/btc.test")),
        "test tweebank": list(read_conll(folder / "tweebank-ner/test.bio")),
        "generated, held-out templates": list(generated(seed=7, count=1500, templates="heldout")),
    }


def dev_sets(folder: Path) -> dict[str, list[Sentence]]:
    """Return what thresholds and recipes are chosen on."""
    sets = read_dev(folder)
    together = [sentence for sentences in sets.values() for sentence in sentences]
    own = list(generated(seed=2, count=500, templates="train"))
    return {"dev": together, "dev, lower case": lower(together), **sets, "generated": own}


def main() -> None:
    """Print the tables."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--model", type=Path, default=BUNDLED)
    options.add_argument("--test", action="store_true")
    options.add_argument("--biases", type=float, nargs="*", default=[0, 1, 2, 3])
    options.add_argument("--floor", type=float, default=0.5)
    options.add_argument("--ungated", action="store_true")
    given = options.parse_args()
    sets = test_sets(CORPORA) if given.test else dev_sets(CORPORA)
    reader = Reader(given.model, gated=not given.ungated, floor=given.floor)
    print(f"{'':34} {'PER':>6} {'LOC':>6} {'ORG':>6} {'prec':>6} {'false/1k':>8}")
    for bias in given.biases:
        reader.outside_bias = bias
        for name, sentences in sets.items():
            print(row(f"{name}, bias {bias:g}", masked(sentences, reader.find)), flush=True)


if __name__ == "__main__":
    main()
