"""A lake after a night of pairing: communities of known quality and exposure, without a single text."""

import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from prefpairs.config import Settings
from prefpairs.files import pretty_json, write_atomic
from prefpairs.keys import ProjectKey
from prefpairs.lake import Lake
from prefpairs.pairs import exposure_fit
from prefpairs.settings_file import load_settings
from prefpairs.stage import StageReport
from tests.support.keys import KEY, KEY_HEX
from tests.support.rows import CREATED, Row, frame

CONFIG = """\
[project]
name = "voted-project"

[ingest]
archives = ["archives"]

[pairs]
preset = "calibrated"
"""


@dataclass(frozen=True)
class Voted:
    """The project's settings, its lake, and the pairs that were selected."""

    settings: Settings
    lake: Lake
    selected: list[Row]
    responses: pl.DataFrame


def empty_project(folder: Path, *, config: str = CONFIG) -> Voted:
    """Write a configuration and a key; the lake has no table."""
    write_atomic(folder / "work" / "project.key", KEY_HEX.encode())
    write_atomic(folder / "prefpairs.toml", config.encode())
    settings = load_settings(folder / "prefpairs.toml")
    return Voted(settings, Lake(settings.lake_folder), [], pl.DataFrame())


def voted_project(
    folder: Path,
    *,
    communities: tuple[str, ...] = ("HarbourTalk", "QuietCorner"),
    posts: int = 60,
    config: str = CONFIG,
    later: bool = True,
) -> Voted:
    """Write a project whose comments of arrival k are seen by 1 / (1 + k) of the readers; return it."""
    project = empty_project(folder, config=config)
    comments = _comments(communities, posts)
    model = exposure_fit.fit(comments, project.settings.pairs.exposure)
    write_atomic(project.settings.work / "labels" / "exposure.json", pretty_json(model.to_json()))
    labelled = model.label(comments, project.settings.pairs.exposure)
    selected, used = _selected(labelled)
    responses = _responses(labelled, used)
    _write(project.lake, "decisions", _decisions(labelled, communities, posts))
    _write(project.lake, "responses", frame("responses", responses.to_dicts()))
    _write(project.lake, "selected_pairs", frame("selected_pairs", selected))
    _write(project.lake, "pairs", frame("pairs", [published(row, KEY) for row in selected]))
    if later:
        project.lake.append("score_observations", frame("score_observations", _looks(labelled)))
    _write(project.lake, "labels", frame("labels", _labels(labelled)))
    return Voted(project.settings, project.lake, selected, responses)


def write_table(lake: Lake, table: str, rows: list[Row]) -> None:
    """Replace a table."""
    _write(lake, table, frame(table, rows))


def published(row: Row, key: ProjectKey) -> Row:
    """Return the row of `pairs` for a row of `selected_pairs`; its texts say only that they are texts."""
    public = key.derive("release:main")
    shared = {
        name: value for name, value in row.items() if name not in ("link_id", "chosen_name", "rejected_name")
    }
    return {
        **shared,
        "pair_id": public.public_id(f"{row['chosen_name']}|{row['rejected_name']}"),
        "thread_id": public.public_id(row["link_id"]),
        "chosen_id": public.public_id(row["chosen_name"]),
        "rejected_id": public.public_id(row["rejected_name"]),
        "prompt": "SECRET prompt",
        "chosen": "SECRET chosen",
        "rejected": "SECRET rejected",
        "words_prompt": 90,
        "words_chosen": words_of(row["chosen_name"]),
        "words_rejected": words_of(row["rejected_name"]),
        "token_overlap": 0.1,
    }


def words_of(name: str) -> int:
    """Return a length that says nothing about votes."""
    return 12 + zlib.crc32(name.encode()) % 160


def _comments(communities: tuple[str, ...], posts: int) -> pl.DataFrame:
    random = np.random.default_rng(7)
    rows = []
    for number, community in enumerate(communities):
        for post in range(posts):
            size = int(random.integers(2, 14))
            readers = float(np.exp(random.normal(3.2 - 0.5 * number, 0.7)))
            delays = np.sort(random.exponential(3 * 3600, size))
            for arrival in range(size):
                mean = readers / (1 + arrival) * float(np.exp(random.normal(-0.3, 0.8)))
                rows.append(
                    {
                        "name": f"t1_{number}x{post}x{arrival}",
                        "link_id": f"t3_{number}x{post}",
                        "post": number * posts + post,
                        "community": community,
                        "created_utc": CREATED + int(delays[arrival]),
                        "post_created_utc": CREATED,
                        "arrival": arrival,
                        "comments": size,
                        "depth": 0,
                        "score": 1 + int(random.poisson(mean)) - int(random.random() < 0.05),
                        "birth": 1,
                        "post_score": int(readers),
                        "views": None,
                    }
                )
    return pl.DataFrame(rows, schema_overrides={"views": pl.Int64})


def _selected(labelled: pl.DataFrame) -> tuple[list[Row], set[str]]:
    found: list[Row] = []
    for _, siblings in labelled.group_by("post", maintain_order=True):
        best, worst = (siblings.sort("quality", "name").row(place, named=True) for place in (-1, 0))
        gap = best["quality"] - worst["quality"]
        if gap > 0.4:
            found.append(_pair(best, worst, gap))
    return found, {row[side] for row in found for side in ("chosen_name", "rejected_name")}


def _pair(best: Row, worst: Row, gap: float) -> Row:
    positive = best["score"] > 0 and worst["score"] > 0
    return {
        "link_id": best["link_id"],
        "chosen_name": best["name"],
        "rejected_name": worst["name"],
        "subreddit": best["community"],
        "month": "2023-11",
        "score_chosen": best["score"],
        "score_rejected": worst["score"],
        "score_gap": best["score"] - worst["score"],
        "score_ratio": best["score"] / worst["score"] if positive else None,
        "percentile_chosen": 90.0,
        "percentile_rejected": 10.0,
        "seconds_between": best["created_utc"] - worst["created_utc"],
        "age_h_chosen": 48.0,
        "age_h_rejected": 48.0,
        "unvoted": worst["score"] == 1,
        "preference_probability": 1 / (1 + float(np.exp(-1.6 * gap))),
        "preference_sd": 0.03,
        "quality_gap": gap,
        "expected_votes_chosen": best["expected_votes"],
        "expected_votes_rejected": worst["expected_votes"],
        "labels_prompt": ["anxiety"],
        "labels_chosen": ["RESOURCE"],
        "labels_rejected": [],
        "config": "default",
        "preset": "calibrated",
        "split": "train",
    }


def _responses(labelled: pl.DataFrame, used: set[str]) -> pl.DataFrame:
    unused = pl.when(~pl.col("name").is_in(sorted(used))).then(pl.lit("NO_PARTNER"))
    return labelled.select(
        "name",
        "link_id",
        "arrival",
        "comments",
        "score",
        "quality",
        "quality_sd",
        "expected_votes",
        subreddit="community",
        delay_h=(pl.col("created_utc") - pl.col("post_created_utc")) / 3600,
        percentile=pl.lit(50.0),
        reason=unused,
    )


def _decisions(labelled: pl.DataFrame, communities: tuple[str, ...], posts: int) -> pl.DataFrame:
    ordinary = {"keep": True, "reasons": [], "month": "2023-11", "score_age_h": 48.0}
    rows: list[Row] = [
        {**ordinary, "name": f"t3_{number}x{post}", "link_id": f"t3_{number}x{post}", "kind": "post",
         "subreddit": community, "created_utc": CREATED, "words": 90, "score": 20, "is_self": True}
        for number, community in enumerate(communities)
        for post in range(posts)
    ]  # fmt: skip
    rows += [
        {**ordinary, "name": row["name"], "link_id": row["link_id"], "parent_id": row["link_id"],
         "kind": "comment", "subreddit": row["community"], "created_utc": row["created_utc"],
         "score": row["score"], "words": words_of(row["name"]), "author_hash": f"author {row['post'] % 17}"}
        for row in labelled.iter_rows(named=True)
    ]  # fmt: skip
    rows += [
        {**ordinary, "name": f"t1_dropped{number}", "link_id": "t3_0x0", "parent_id": "t3_0x0", "kind": "comment",
         "subreddit": communities[0], "created_utc": CREATED, "words": 2, "keep": False,
         "reason": "TOO_SHORT", "reasons": ["TOO_SHORT"]}
        for number in range(25)
    ]  # fmt: skip
    return frame("decisions", rows)


def _looks(labelled: pl.DataFrame) -> list[Row]:
    random = np.random.default_rng(11)
    return [
        {"name": row["name"], "observed_at": CREATED + age * 3600, "age_h": float(age), "source": "archive",
         "score": row["score"] + (int(random.poisson(0.1 * max(row["score"], 0))) if age > 48 else 0),
         "input_hash": "hash"}
        for row in labelled.iter_rows(named=True)
        for age in (48, 170)
    ]  # fmt: skip


def _labels(labelled: pl.DataFrame) -> list[Row]:
    return [
        {"name": name, "kind": "comment", "labels": ["RESOURCE"] if number % 9 == 0 else [],
         "topics": ["anxiety", "sleep"] if number % 3 == 0 else ["stress"], "uncertain": [],
         "lexicon_version": "1"}
        for number, name in enumerate(labelled["name"])
    ]  # fmt: skip


def _write(lake: Lake, table: str, rows: pl.DataFrame) -> None:
    marker = f"{table} {lake.version(table)}"
    lake.overwrite(table, rows, fingerprint=marker, report=StageReport(stage="test"))
