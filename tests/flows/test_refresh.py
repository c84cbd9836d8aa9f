"""The nightly refresh as a data engineer runs it: once, again, twice over, and through Prefect."""

import json
import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

import polars as pl
import pytest

from prefpairs import commands
from prefpairs.contracts import contract, tables
from prefpairs.errors import BusyError, GateError
from prefpairs.lake import Lake
from prefpairs.release.manifest import verify
from tests.conftest import PREFECT_FOLDER
from tests.flows.test_orchestration import kept_by_prefect
from tests.support.projects import sample_project, settings_of

NIGHT = 1_760_000_000.0


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project after its first refresh, run through Prefect."""
    folder = tmp_path_factory.mktemp("project")
    sample_project(folder)
    outcome = refresh_flow(folder).refresh(config=str(folder / "prefpairs.toml"), started_at=NIGHT)
    (folder / "outcome.json").write_text(json.dumps(outcome), encoding="utf-8")
    return folder


def refresh_flow(folder: Path) -> ModuleType:
    return commands.load_flow("refresh", settings_of(folder))


def run_again(folder: Path) -> dict[str, Any]:
    """Run the refresh without Prefect: the same steps, in seconds."""
    result: dict[str, Any] = refresh_flow(folder).refresh.fn(
        config=str(folder / "prefpairs.toml"), started_at=NIGHT + 86_400
    )
    return result


@pytest.mark.prefect
def test_archive_becomes_a_candidate(finished: Path) -> None:
    outcome = json.loads((finished / "outcome.json").read_text(encoding="utf-8"))
    assert outcome["ending"] == "candidate"
    manifest = verify(settings_of(finished).candidates_folder / outcome["version"])
    assert manifest.content_root == outcome["content_root"]
    assert Lake(settings_of(finished).lake_folder).scan("pairs").collect().height > 20


@pytest.mark.prefect
def test_every_written_table_equals_its_contract(finished: Path) -> None:
    lake = Lake(settings_of(finished).lake_folder)
    written = {table for table in tables() if lake.exists(table)}
    assert written >= set(tables()) - {"tombstones", "revisions"}
    for table in written:
        rows = lake.scan(table).collect().to_arrow()
        assert contract(table).conform(rows).schema == contract(table).schema
        keys = lake.scan(table).select(contract(table).key).collect()
        if table not in ("posts", "comments"):  # append-only: an id may come from several inputs
            assert keys.is_unique().all(), f"{table} holds a key twice"


@pytest.mark.prefect
def test_every_row_is_accounted_for(finished: Path) -> None:
    outcome = json.loads((finished / "outcome.json").read_text(encoding="utf-8"))
    reports = {report["stage"]: report for report in outcome["reports"]}
    curated = reports["curate"]
    assert curated["rows_in"] == curated["rows_out"] + sum(curated["dropped"].values())
    archives = reports["ingest-archives"]
    assert archives["rows_in"] == (
        archives["rows_out"] + sum(archives["dropped"].values()) + sum(archives["quarantined"].values())
    )


@pytest.mark.prefect
def test_second_run_does_nothing_and_says_so(finished: Path) -> None:
    before = candidate_names(finished)
    outcome = run_again(finished)
    assert outcome["ending"] == "unchanged"
    assert outcome["message"].startswith("Nothing new")
    assert candidate_names(finished) == before
    assert all(report["skipped"] for report in outcome["reports"])


@pytest.mark.prefect
def test_same_input_elsewhere_gives_the_same_bytes(finished: Path, tmp_path: Path) -> None:
    sample_project(tmp_path)
    elsewhere = run_again(tmp_path)
    here = json.loads((finished / "outcome.json").read_text(encoding="utf-8"))
    assert elsewhere["content_root"] == here["content_root"]
    for file in ("manifest.json", "README.md"):
        ours = settings_of(tmp_path).candidates_folder / elsewhere["version"] / file
        theirs = settings_of(finished).candidates_folder / here["version"] / file
        assert ours.read_bytes() == theirs.read_bytes()


@pytest.mark.prefect
def test_runs_are_recorded_with_counts_and_hashes(finished: Path) -> None:
    rows = Lake(settings_of(finished).lake_folder).scan("runs").sort("started_at").collect()
    first = rows.row(0, named=True)
    assert first["outcome"] == "candidate"
    assert len(first["input_hashes"]) == len(list((finished / "archives").glob("*.*z*")))
    assert json.loads(first["reports"])[0]["stage"] == "ingest-archives"


@pytest.mark.prefect
def test_no_planted_identifier_where_prefect_keeps_things(
    finished: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    planted = planted_texts(finished)
    assert len(planted) > 100
    assert kept_by_prefect("ingest-archives"), "the search must find what Prefect keeps"
    leaked = [text for text in planted if kept_by_prefect(text)]
    shown = "".join(capfd.readouterr())
    leaked += [text for text in planted if text in shown]
    assert len(leaked) == 0, "planted identifiers in Prefect's files or in the output"


@pytest.mark.prefect
def test_raw_text_stays_in_the_raw_zone(finished: Path) -> None:
    """Names of authors and whole raw bodies are in no file outside the raw zone."""
    lake = Lake(settings_of(finished).lake_folder)
    authors = set(lake.scan("comments").select("author").unique().collect()["author"].drop_nulls())
    clean = pl.concat(
        lake.scan(table).collect().select(pl.concat_str(pl.exclude(pl.List)).alias("row"))
        for table in ("decisions", "selected_pairs", "spans", "tombstones")
    )["row"].drop_nulls()
    distinctive = [author for author in authors if len(author) > 8 and author != "[deleted]"]
    assert len(distinctive) > 20
    assert not [author for author in distinctive if clean.str.contains(author, literal=True).any()]


@pytest.mark.prefect
def test_failed_gate_stops_the_night_and_leaves_the_last_candidate(finished: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(finished, copy)
    config = copy / "prefpairs.toml"
    config.write_text(config.read_text(encoding="utf-8") + "\n[quality]\nmin_pairs = 1000000\n", encoding="utf-8")
    before = candidate_names(copy)

    with pytest.raises(GateError):
        run_again(copy)

    assert candidate_names(copy) == before
    runs = Lake(settings_of(copy).lake_folder).scan("runs").sort("started_at").collect()
    assert runs["outcome"].to_list()[-1] == "failed"


@pytest.mark.prefect
def test_a_night_without_pairs_leaves_none_of_the_night_before(finished: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(finished, copy)
    config = copy / "prefpairs.toml"
    strict = "\n[curate]\nmin_words_comment = 5000\n"
    config.write_text(config.read_text(encoding="utf-8") + strict, encoding="utf-8")
    before = candidate_names(copy)

    outcome = run_again(copy)

    assert outcome["ending"] == "no-pairs"
    assert "was kept: curate's row has the reasons" in outcome["message"]
    assert outcome["message"].count("No pair possible") == 1
    lake = Lake(settings_of(copy).lake_folder)
    made = ("responses", "selected_pairs", "pairs", "threads", "sft", "selected_improvements", "improvements")
    assert {table: lake.scan(table).select(pl.len()).collect().item() for table in made} == dict.fromkeys(made, 0)
    report = json.loads((settings_of(copy).labels_folder / "report.json").read_text(encoding="utf-8"))
    assert report["totals"]["pairs"] == 0
    assert candidate_names(copy) == before


@pytest.mark.prefect
def test_second_run_at_the_same_time_is_refused(finished: Path) -> None:
    with Lake(settings_of(finished).lake_folder).lock(), pytest.raises(BusyError):
        run_again(finished)


def candidate_names(folder: Path) -> list[str]:
    return sorted(path.name for path in settings_of(folder).candidates_folder.iterdir())


def planted_texts(folder: Path) -> list[str]:
    """Return the planted identifiers that are long enough not to occur by chance in a path or a hash."""
    gold = folder / "gold" / "planted.ndjson"
    lines = [json.loads(line) for line in gold.read_text(encoding="utf-8").splitlines()]
    return sorted({line["text"] for line in lines if len(line["text"]) >= 8})


def test_prefect_gets_its_folder_however_deep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "not" / "there" / "prefect"))
    (tmp_path / "prefpairs.toml").touch()
    refresh_flow(tmp_path)
    assert (tmp_path / "not" / "there" / "prefect").is_dir()


def test_prefect_folder_is_not_the_users() -> None:
    assert Path.home() not in PREFECT_FOLDER.parents
