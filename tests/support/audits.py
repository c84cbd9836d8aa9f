"""Small inputs of an audit: gold texts written as `Hi [Ana|PERSON]`, populations, and a report with all parts."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from prefpairs.audit.checks import checks
from prefpairs.audit.densities import project_figures
from prefpairs.audit.drift import drift_figures
from prefpairs.audit.measure import Searched
from prefpairs.audit.population import Population
from prefpairs.audit.rates import Rate
from prefpairs.audit.report import Cell, ConfidenceFigures, Histogram, PlantedFigures, Report, Subject
from prefpairs.audit.run import gold_figures
from prefpairs.audit.words import word_figures
from prefpairs.config import Audit, Settings
from prefpairs.deid.gold import GoldSpan, GoldText
from prefpairs.deid.spans import Span
from prefpairs.files import write_atomic
from prefpairs.settings_file import load_settings
from tests.support.keys import KEY_HEX

_MARKED = re.compile(r"\[([^|\]]+)\|([A-Z_]+)\]")


def gold_text(marked: str, *, id: str = "g", variant: str = "as-is") -> GoldText:
    """Return a gold text from `Hi [Ana|PERSON]`."""
    text, spans = marks(marked)
    return GoldText(id=id, text=text, spans=tuple(spans), variant=variant)


def marks(marked: str) -> tuple[str, list[GoldSpan]]:
    """Return the text without its marks, and where they were."""
    text, spans, position = "", [], 0
    for match in _MARKED.finditer(marked):
        text += marked[position : match.start()]
        spans.append(GoldSpan(start=len(text), end=len(text) + len(match[1]), entity_type=match[2]))
        text += match[1]
        position = match.end()
    return text + marked[position:], spans


def masked(*ranges: tuple[int, int, str]) -> tuple[Span, ...]:
    """Return masked spans from (start, end, entity type)."""
    return tuple(
        Span(start=start, end=end, entity_type=name, score=0.9, recognizer="R") for start, end, name in ranges
    )


def population(texts: Sequence[tuple[str, str, str]], *, community: str = "HarbourTalk") -> Population:
    """Return a population from (marked text, thread, author): what is marked was masked."""
    rows, spans = [], []
    for number, (marked, thread, author) in enumerate(texts):
        raw, found = marks(marked)
        text_id = f"{number:06}"
        released = _MARKED.sub(r"<\2>", marked)
        rows.append((text_id, "body", community, thread, author, raw, released, len(released.split())))
        spans += [(text_id, span.start, span.end, span.entity_type, "SomeRecognizer") for span in found]
    columns = ("text_id", "field", "community", "thread", "author", "raw", "text", "words")
    return Population(
        texts=pl.DataFrame(rows, schema=columns, orient="row"),
        spans=pl.DataFrame(
            spans,
            schema={
                "text_id": pl.String, "start": pl.Int64, "end": pl.Int64, "entity_type": pl.String,
                "recognizer": pl.String,
            },
            orient="row",
        ),
        changed_since=0,
        failed=0,
    )  # fmt: skip


def subject(**changes: Any) -> Subject:
    """Return what an audit says about itself; `changes` are what matters."""
    return Subject(
        **{
            "project": "test-project", "version": None, "content_root": None, "policy_hash": "p" * 64,
            "profile": "balanced", "pipeline": "blank:en", "score_threshold": 0.4, "default_action": "placeholder",
            "actions": {"AGE": "generalise"}, "left_in_text": ["NRP"], "propagate": True, "code_version": "0.1.0",
            "sequence": 1, "identity": "i" * 64, **changes,
        }
    )  # fmt: skip


def small_project(folder: Path, *, toml: str = "") -> Settings:
    """Write a key and a configuration without NER: it loads at once, and what is found is not what is tested."""
    write_atomic(folder / "work" / "project.key", KEY_HEX.encode())
    config = f'[project]\nname = "test-project"\n[deid]\nspacy_pipeline = "blank:en"\nworkers = 0\n{toml}'
    write_atomic(folder / "prefpairs.toml", config.encode())
    return load_settings(folder / "prefpairs.toml")


def full_report(*, community: str = "Zebra & Co") -> Report:
    """Return a report in which every part has something to show."""
    settings = Settings(audit=Audit(min_count=2, word_min_threads=2))
    gold = [gold_text("[Ana|PERSON] in [Leeds|LOCATION]", id=f"g{number}") for number in range(10)]
    gold[9] = gold_text("[ana|PERSON] in [leeds|LOCATION]", id="g9", variant="title")
    found = masked((0, 3, "PERSON"), (7, 12, "LOCATION"))
    searched = [Searched(gold=text, masked=found if text.variant == "as-is" else ()) for text in gold]
    written = "my [Zelda|PERSON], [24|AGE] from [Leeds|LOCATION] met Brockmere and [Because|PERSON] fine"
    people = population([(written, f"t3_{n}", f"a{n}") for n in range(40)], community=community)
    project = project_figures(people, settings.audit)
    cells = {**project.total.cells, "PERSON": Cell(count=200, per_1000_words=500)}
    old = project.model_copy(update={"total": project.total.model_copy(update={"cells": cells})})
    drift = drift_figures(subject(), old, project, settings.audit)
    measured = gold_figures(searched, settings, source="shipped")
    scores = Histogram(
        entity_type="PERSON", recognizer="SomeRecognizer", bins=[0, 3, 5, *[0] * 14, 9, 2, 1], below=8,
        just_below=5, just_below_unmasked=4, above=12,
    )  # fmt: skip
    planted = PlantedFigures(
        entity_type="PERSON", kind="direct", masked=8, partly=1, missed=1, not_read=3,
        recall=Rate.of(8, 10, confidence=0.95),
    )  # fmt: skip
    return Report(
        subject=subject(sequence=2, version="v0.2.0"),
        settings=settings.audit,
        checks=checks(gold=measured, project=project, drift=drift, settings=settings.audit),
        gold=measured,
        planted=[planted],
        project=project,
        confidence=ConfidenceFigures(
            source="project", texts=40, threshold=0.4, just_below_from=0.25, histograms=[scores]
        ),
        words=word_figures(people, settings.audit),
        drift=drift,
    )
