"""A night that is killed, runs out of disk or meets other archives: the old state or the new, never between."""

import json
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import zstandard

from prefpairs import commands
from prefpairs.config import Credentials
from prefpairs.contracts import contract
from prefpairs.errors import SourceError
from prefpairs.lake import Lake
from prefpairs.release import client, publish, signoff
from prefpairs.release.manifest import verify
from prefpairs.release.registry import released, versions_in
from tests.support import archives, faults
from tests.support.faults import NIGHT
from tests.support.hub import running_hub
from tests.support.keys import KEY
from tests.support.projects import CONFIG, sample_project, settings_of

VERSION = "v0.1.0"
TABLES = (
    "posts", "comments", "score_observations", "quarantine", "decisions", "signatures", "near_duplicates",
    "labels", "safety_queue", "responses", "selected_pairs", "selected_improvements", "spans", "texts", "threads",
    "sft", "pairs", "improvements",
)  # fmt: skip
# Two files, one with broken lines in it: every kind of commit, and a night in two seconds.
SMALL = CONFIG.replace('["archives"]', '["archives/RC_2023-11.zst", "archives/RS_2023-11.zst"]')
# An empty table is made in front of the first commit to each; of these, two are looked at.
SPARED = [
    "os.rename into validated",
    *(f"create {table}" for table in (*TABLES, "runs") if table not in ("quarantine", "spans")),
]


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project before its first night."""
    folder = tmp_path_factory.mktemp("faults") / "untouched"
    sample_project(folder, config=SMALL, posts=60, comments=600)
    return folder


@pytest.fixture(scope="module")
def finished(untouched: Path) -> Path:
    """The same project after a night that nothing disturbed."""
    folder = untouched.with_name("finished")
    shutil.copytree(untouched, folder)
    assert night(folder)["ending"] == "candidate"
    return folder


@pytest.fixture
def project(untouched: Path, tmp_path: Path) -> Path:
    """A copy of the project before its first night."""
    return copy(untouched, tmp_path / "project")


@pytest.fixture
def ready(finished: Path, tmp_path: Path) -> Path:
    """A copy of the project with a signed candidate."""
    folder = copy(finished, tmp_path / "project")
    signoff.approve(settings_of(folder), VERSION, by="A. Steward", now=NIGHT)
    return folder


def test_killed_at_any_step_is_finished_by_the_next_night(finished: Path, project: Path, tmp_path: Path) -> None:
    """One project is killed again and again; from each of its states, a copy is left to finish."""
    expected = state(finished)
    steps: list[str] = []
    with ThreadPoolExecutor(1) as other_core:
        nights = {}
        while step := faults.killed("refresh", config(project), spare=[*SPARED, *steps]):
            steps.append(step)
            assert_no_half_candidate(project)
            left_alone = copy(project, tmp_path / str(len(steps)))
            nights[step] = other_core.submit(lambda folder: [night(folder), state(folder)][1], left_alone)
    others = {
        step: different for step, done in nights.items() if (different := differences(expected, done.result()))
    }
    assert others == {}
    assert differences(expected, state(project)) == []
    assert {step.split()[0] for step in steps} >= {"create", "commit", "write", "merge"}
    assert {f"commit {table}" for table in TABLES[:4]} <= set(steps)
    assert {f"write {table}" for table in TABLES[4:]} <= set(steps)
    assert steps[-2:] == ["os.rename into candidates", "write runs"]


def test_killed_in_the_middle_of_a_file_is_finished_by_the_next_night(finished: Path, project: Path) -> None:
    for size in (1_000, 12_000):
        assert faults.killed_while_writing("refresh", config(project), bytes_written=size)
        assert_no_half_candidate(project)

    night(project)

    assert differences(state(finished), state(project)) == []


def test_full_disk_is_said_and_leaves_no_half_table(finished: Path, project: Path) -> None:
    # So small that the record of the failed night finds no room either.
    message = faults.without_room("refresh", config(project), room=2_000)

    assert "File too large" in message
    assert "run again" in message
    assert message.startswith("PrefpairsError: The stage 'ingest-archives' stopped")
    lake = Lake(settings_of(project).lake_folder)
    assert lake.scan("comments").collect().is_empty()
    assert not list(lake.path("comments").rglob("*.parquet"))
    assert names(project / "work") == ["lake", "project.key"]
    night(project)
    assert differences(state(finished), state(project)) == []


def test_full_disk_leaves_what_the_night_before_has_made(finished: Path, tmp_path: Path) -> None:
    project = copy(finished, tmp_path / "project")
    configured = project / "prefpairs.toml"
    configured.write_text(f"{SMALL}\n[curate]\nmin_words_comment = 6\n", encoding="utf-8")

    message = faults.without_room("refresh", config(project), room=6_000)

    assert "Table 'decisions' could not be written: File too large" in message
    assert differences(state(finished), state(project)) == []
    assert_no_half_candidate(project)
    assert night(project)["version"] == "v0.2.0"


def test_killed_while_signing_can_be_signed_again(finished: Path, tmp_path: Path) -> None:
    project = copy(finished, tmp_path / "project")

    assert faults.killed("approve", config(project), VERSION, spare=()) == f"os.rename into {VERSION}"

    assert_no_half_candidate(project)
    settings = settings_of(project)
    signoff.approve(settings, VERSION, by="A. Steward", now=NIGHT)
    assert signoff.check(settings.candidates_folder / VERSION).by == "A. Steward"


def test_killed_while_releasing_is_released_by_the_next_try(ready: Path, tmp_path: Path) -> None:
    settings = settings_of(ready)
    steps: list[str] = []
    while step := faults.killed("release", config(ready), VERSION, spare=steps):
        steps.append(step)
        for version in versions_in(settings.release_folder):
            verify(settings.release_folder / version)

    assert steps[-2:] == ["os.rename into releases", "os.rename into released"]
    assert "shutil.copyfile into threads" in steps
    assert released(settings) == [VERSION]
    assert names(settings.release_folder) == [".lock", VERSION]
    pulled = client.pull(str(settings.release_folder), VERSION, into=tmp_path / "data")
    assert pulled.manifest.content_root == state(ready)["content_root"]


def test_killed_while_pulling_leaves_nothing_that_is_taken_for_a_version(ready: Path, tmp_path: Path) -> None:
    source, into = settings_of(ready).release_folder, tmp_path / "data"
    publish.release(settings_of(ready), VERSION, credentials=Credentials(), now=NIGHT)
    steps: list[str] = []
    while step := faults.killed("pull", str(source), VERSION, str(into), spare=steps):
        steps.append(step)
        assert versions_in(into) == []
        with pytest.raises(SourceError, match="has no version"):
            client.pull(str(into), VERSION, into=tmp_path / "elsewhere")

    assert sorted(step.split()[-1] for step in steps) == [
        f".{VERSION}.partial",
        "data",
        "improvement",
        "pairs",
        "sft",
        "threads",
    ]
    assert steps[-1] == "os.rename into data"
    assert names(into) == [".lock", VERSION]
    verify(into / VERSION)


def test_killed_on_the_way_through_a_hub_leaves_one_commit_one_tag_and_one_copy(
    ready: Path, tmp_path: Path
) -> None:
    into = tmp_path / "data"
    with running_hub() as hub:
        with (ready / "prefpairs.toml").open("a", encoding="utf-8") as configured:
            configured.write(f'[release]\ntarget = "hub"\nrepo_id = "acme/pairs"\nendpoint = "{hub.endpoint}"\n')
        released_at: list[str] = []
        while step := faults.killed("release", config(ready), VERSION, "hf_writer", spare=released_at):
            released_at.append(step)
        pulled_at: list[str] = []
        pull = ("pull", "acme/pairs", VERSION, str(into), hub.endpoint, "hf_reader")
        while step := faults.killed(*pull, spare=pulled_at):
            pulled_at.append(step)
            assert versions_in(into) == []
        repository = hub.repositories["acme/pairs"]

    assert released_at == ["commit on the Hub", "tag on the Hub", "os.rename into released"]
    assert repository.messages == ["initial commit", f"Release {VERSION}"]
    assert repository.tags == {VERSION: repository.head}
    assert pulled_at[-1] == "os.rename into data"
    assert len(pulled_at) > 2
    assert names(into) == [".lock", VERSION]
    verify(into / VERSION)


def test_archive_that_is_added_adds_its_rows_and_moves_no_earlier_pair(tmp_path: Path) -> None:
    """Under a preset that looks at one thread alone, where splits do not take from each other."""
    project, all_at_once = tmp_path / "project", tmp_path / "all-at-once"
    alone = 'preset = "shp"\ndrop_held_out_authors = false\ndrop_held_out_near_duplicates = false\n'
    sample_project(project, config=f"{CONFIG}\n[pairs]\n{alone}", posts=60, comments=600)
    for path in (path for month in ("2019", "2022", "Night") for path in project.glob(f"archives/*{month}*")):
        path.unlink()
    copy(project, all_at_once)
    added = [project / "archives" / name for name in ("RC_2024-01.zst", "RS_2024-01.zst")]
    for path in added:
        path.rename(project / path.name)
    assert night(project)["version"] == VERSION
    before = state(project)
    for path in added:
        (project / path.name).rename(path)

    assert night(project, days=1)["version"] == "v0.2.0"

    after = state(project)
    for table in ("posts", "comments", "score_observations", "quarantine"):
        assert (
            after[table]
            .join(before[table], on=after[table].columns, how="semi", nulls_equal=True)
            .equals(before[table])
        )
    months = {
        table: after[table].join(before[table], on="name", how="anti")["month"] for table in ("posts", "comments")
    }
    assert {table: set(found) for table, found in months.items()} == {
        "posts": {"2024-01"},
        "comments": {"2024-01"},
    }
    # Places in the corpus, and what the vote model learns from it: both move when it grows.
    moving = pl.exclude(r"^(percentile|expected_votes|preference)_.*$", "quality_gap")
    earlier = after["pairs"].join(before["pairs"], on="pair_id", how="semi")
    assert earlier.select(moving).equals(before["pairs"].select(moving))
    assert after["pairs"].height > before["pairs"].height
    night(all_at_once)
    assert differences(state(all_at_once), after) == []


def test_cut_archive_that_comes_whole_later_ends_where_the_whole_one_would_have(
    finished: Path, project: Path
) -> None:
    archive = project / "archives" / "RC_2023-11.zst"
    whole = archive.read_bytes()
    archive.write_bytes(whole[: len(whole) // 2])
    first = night(project)
    assert first["reports"][0]["counts"]["incomplete_files"] == 1
    archive.write_bytes(whole)

    night(project, days=1)

    expected, after = state(finished), state(project)
    # Raw tables name both inputs, and texts are a cache; what is made from them does not tell.
    made = {"decisions", "selected_pairs", "threads", "sft", "pairs", "content_root"}
    assert made.isdisjoint(differences(expected, after))
    names_seen = pl.col("name").unique().sort()
    assert after["comments"].select(names_seen).equals(expected["comments"].select(names_seen))


def test_comment_that_was_deleted_later_is_in_no_row_of_the_next_version(finished: Path, tmp_path: Path) -> None:
    project = copy(finished, tmp_path / "project")
    lake = Lake(settings_of(project).lake_folder)
    comment = lake.scan("selected_pairs").collect()["chosen_name"][0]
    public = KEY.derive("release:main").public_id(comment)
    before = state(project)
    text = before["pairs"].filter(pl.col("chosen_id") == public)["chosen"][0]
    assert before["texts"]["text"].to_list().count(text) == 1
    record = raw_record(project / "archives" / "RC_2023-11.zst", comment)
    record["_meta"] = {**record.get("_meta", {}), "was_deleted_later": True}
    archives.write(project / "archives" / "RC_2023-12.zst", archives.frame(archives.line(record)))
    configured = project / "prefpairs.toml"
    configured.write_text(CONFIG, encoding="utf-8")
    for path in (project / "archives").iterdir():
        if "2023-1" not in path.name:
            path.unlink()

    assert night(project, days=1)["version"] == "v0.2.0"

    folder = settings_of(project).candidates_folder / "v0.2.0"
    published = pl.concat(
        pl.read_parquet(folder / entry.path).select(row=pl.struct(pl.all()).struct.json_encode())
        for entry in verify(folder).data_files()
    )["row"]
    assert published.len() > 10
    assert not published.str.contains(public, literal=True).any()
    assert not published.str.contains(json.dumps(text, ensure_ascii=False)[1:-1], literal=True).any()
    for table in ("pairs", "threads", "sft"):
        rows = state(project)[table].select(row=pl.struct(pl.all()).struct.json_encode())["row"]
        assert not rows.str.contains(public, literal=True).any()
    unmoved = before["pairs"].filter((pl.col("chosen_id") != public) & (pl.col("rejected_id") != public))
    kept = state(project)["pairs"].join(unmoved, on=["chosen_id", "rejected_id"], how="semi")
    assert kept["pair_id"].is_in(unmoved["pair_id"].implode()).all()
    assert kept.height > 10


def night(folder: Path, *, days: int = 0) -> dict[str, Any]:
    """Run the refresh in this process, without Prefect."""
    flow = commands.load_flow("refresh", settings_of(folder))
    outcome: dict[str, Any] = flow.refresh.fn(config=config(folder), started_at=NIGHT + days * 86_400)
    return outcome


def state(folder: Path) -> dict[str, Any]:
    """Return the tables, each in the order of its key, and the content root of the newest candidate."""
    settings = settings_of(folder)
    lake = Lake(settings.lake_folder)
    tables = {table: lake.scan(table).sort(contract(table).key).collect() for table in TABLES}
    known = versions_in(settings.candidates_folder)
    return {
        **tables,
        "content_root": verify(settings.candidates_folder / known[-1]).content_root if known else None,
    }


def differences(expected: dict[str, Any], found: dict[str, Any]) -> list[str]:
    """Return the names of the tables that are not the same; frames never show in a failure."""
    same = {table: expected[table].equals(found[table]) for table in TABLES}
    same["content_root"] = expected["content_root"] == found["content_root"]
    return [name for name, equal in same.items() if not equal]


def assert_no_half_candidate(folder: Path) -> None:
    candidates = settings_of(folder).candidates_folder
    for version in versions_in(candidates):
        verify(candidates / version)


def raw_record(archive: Path, fullname: str) -> dict[str, Any]:
    """Return a record of a dump as it stands there."""
    return next(record for record in _records(archive) if f"t1_{record.get('id')}" == fullname)


def _records(archive: Path) -> Iterator[dict[str, Any]]:
    with (
        archive.open("rb") as stream,
        zstandard.ZstdDecompressor().stream_reader(stream, read_across_frames=True) as text,
    ):
        for line in text.read().splitlines():
            try:
                yield json.loads(line)
            except ValueError:
                continue


def copy(project: Path, target: Path) -> Path:
    shutil.copytree(project, target)
    return target


def config(folder: Path) -> str:
    return str(folder / "prefpairs.toml")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())
