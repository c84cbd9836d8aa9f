"""Tables -> a candidate: the files that it holds, and what makes the next version."""

import json
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest

from prefpairs.config import Settings
from prefpairs.contracts import contract
from prefpairs.errors import BusyError, ContractError, GateError
from prefpairs.lake import Lake
from prefpairs.release import candidate
from prefpairs.release.folders import sole_writer
from prefpairs.release.manifest import verify
from prefpairs.release.shards import Shards
from prefpairs.stage import StageReport
from tests.support.releases import (
    REPORTS,
    completion,
    fill,
    flip,
    improvement,
    make,
    overwrite,
    pair,
    project,
    selected,
    thread,
)


def test_a_candidate_holds_a_file_for_each_split_that_has_rows(settings: Settings, tables: Lake) -> None:
    made = make(settings, tables)

    assert made.version == "v0.1.0"
    assert sorted(
        path.relative_to(made.folder).as_posix() for path in made.folder.rglob("*") if path.is_file()
    ) == [
        "LICENSE.md",
        "README.md",
        "data/pairs/test-00000-of-00001.parquet",
        "data/pairs/train-00000-of-00001.parquet",
        "data/sft/test-00000-of-00001.parquet",
        "data/sft/train-00000-of-00001.parquet",
        "data/threads/test-00000-of-00001.parquet",
        "data/threads/train-00000-of-00001.parquet",
        "manifest.json",
    ]
    assert verify(made.folder).configs["pairs"].rows == {"train": 3, "test": 1}


@pytest.mark.parametrize("table", ["pairs", "threads", "sft"])
def test_the_written_schema_is_the_contract(settings: Settings, tables: Lake, table: str) -> None:
    folder = make(settings, tables).folder

    written = pq.read_schema(folder / f"data/{table}/train-00000-of-00001.parquet")

    assert written.equals(contract(table).schema)


def test_the_rows_come_out_as_they_went_in_sorted_by_key(settings: Settings, tmp_path: Path) -> None:
    lake = fill(Lake(tmp_path / "lake"))
    overwrite(lake, "pairs", [pair(number) for number in (3, 1, 2)])

    folder = make(settings, lake).folder

    rows = pl.read_parquet(folder / "data/pairs/train-00000-of-00001.parquet")
    assert rows["pair_id"].to_list() == [f"{number:024x}" for number in (1, 2, 3)]
    assert rows["chosen"].to_list()[1] == pair(2)["chosen"]


def test_labels_only_publishes_ids_and_no_text(tmp_path: Path, tables: Lake) -> None:
    made = make(project(tmp_path, mode="labels-only"), tables)

    manifest = verify(made.folder)
    assert {entry.path for entry in manifest.data_files()} == {
        "data/labels/test-00000-of-00001.parquet",
        "data/labels/train-00000-of-00001.parquet",
    }
    columns = pq.read_schema(made.folder / "data/labels/train-00000-of-00001.parquet").names
    assert not {"prompt", "chosen", "rejected", "text"} & set(columns)


def test_labels_only_names_no_label_of_a_text_beside_its_reddit_id(tmp_path: Path, lake: Lake) -> None:
    """A list of the posts of people in a crisis would be a list of people."""
    fill(lake)
    in_crisis = selected(2, config="crisis", labels_prompt=["CRISIS"])
    overwrite(lake, "selected_pairs", [selected(1, labels_prompt=["anxiety"]), in_crisis])
    settings = project(tmp_path, safety={"publish": ["crisis"]}, mode="labels-only")

    folder = make(settings, lake).folder

    (file,) = (folder / "data").rglob("*.parquet")
    rows = pl.read_parquet(file)
    assert rows["link_id"].to_list() == ["t3_1"]
    assert not [column for column in rows.columns if column.startswith("labels_")]
    assert [field.name for field in verify(folder).configs["labels"].fields] == rows.columns


APART = [
    pair(5, config="crisis", labels_prompt=["CRISIS"]),
    pair(6, config="safety_contrast", labels_rejected=["HARASSMENT"]),
]


@pytest.fixture
def with_everything(lake: Lake) -> Lake:
    """A lake that holds every config, whoever asks for it."""
    fill(lake)
    overwrite(lake, "pairs", [pair(number) for number in (1, 2)] + APART)
    overwrite(lake, "threads", [thread(1), thread(2), thread(5, config="crisis")])
    overwrite(lake, "sft", [completion(number) for number in (1, 2)])
    overwrite(lake, "improvements", [improvement(1)])
    return lake


@pytest.mark.parametrize(
    ("publish", "apart"),
    [((), {}), (("crisis",), {"crisis": 5}), (("safety_contrast", "crisis"), {"crisis": 5, "safety_contrast": 6})],
)
def test_what_is_kept_apart_is_published_only_when_asked_for(
    tmp_path: Path, with_everything: Lake, publish: tuple[str, ...], apart: dict[str, int]
) -> None:
    folder = make(project(tmp_path, safety={"publish": publish}), with_everything).folder

    held = {path.parent.name: pl.read_parquet(path) for path in (folder / "data").rglob("*.parquet")}
    assert set(held) == {"pairs", "threads", "sft", "improvement", *apart}
    assert set(held["pairs"]["config"]) == set(held["threads"]["config"]) == {"default"}
    assert (held["pairs"].height, held["threads"].height, held["sft"].height) == (2, 2, 2)
    for config, number in apart.items():
        assert held[config]["pair_id"].to_list() == [f"{number:024x}"]
    if "crisis" not in publish:
        assert "CRISIS" not in "".join(str(frame.to_dicts()) for frame in held.values())


def test_the_manifest_tells_configs_of_one_contract_apart(tmp_path: Path, with_everything: Lake) -> None:
    settings = project(tmp_path, safety={"publish": ["crisis", "safety_contrast"]})

    configs = verify(make(settings, with_everything).folder).configs

    assert {name: config.contract for name, config in configs.items()} == {
        "pairs": "pairs", "threads": "threads", "sft": "sft", "improvement": "improvements",
        "safety_contrast": "pairs", "crisis": "pairs",
    }  # fmt: skip
    assert len({config.description for config in configs.values()}) == 6


def test_pairs_that_are_kept_apart_make_no_version_by_themselves(tmp_path: Path, lake: Lake) -> None:
    overwrite(lake, "pairs", APART)

    with pytest.raises(GateError, match="no pair of the config default"):
        make(project(tmp_path, safety={"publish": ["crisis", "safety_contrast"]}), lake)


def test_two_lakes_with_the_same_rows_give_the_same_bytes(tmp_path: Path, tables: Lake) -> None:
    other = Lake(tmp_path / "lake")
    fill(other, ("test",))
    fill(other)  # another history, the same rows

    first, second = make(project(tmp_path / "one"), tables), make(project(tmp_path / "two"), other)

    assert first.content_root == second.content_root
    for path in (first.folder / "data").rglob("*.parquet"):
        assert path.read_bytes() == (second.folder / path.relative_to(first.folder)).read_bytes()


def test_two_runs_on_the_same_tables_give_the_same_manifest(tmp_path: Path, tables: Lake) -> None:
    settings = project(tmp_path)
    first = make(settings, tables).folder.rename(tmp_path / "first")

    second = make(settings, tables).folder

    assert (first / "manifest.json").read_bytes() == (second / "manifest.json").read_bytes()
    assert (first / "README.md").read_bytes() == (second / "README.md").read_bytes()


def test_a_stage_that_was_skipped_does_not_change_the_manifest(tmp_path: Path, tables: Lake) -> None:
    from prefpairs.release import candidate

    skipped = [report.as_skipped() for report in REPORTS]
    done = make(project(tmp_path / "one"), tables)
    found = candidate.run(project(tmp_path / "two"), tables, reports=skipped, code_version="0.1.0")

    assert (done.folder / "manifest.json").read_bytes() == (found.folder / "manifest.json").read_bytes()


def test_a_second_run_returns_the_first_candidate_and_says_so(settings: Settings, tables: Lake) -> None:
    first = make(settings, tables)

    second = make(settings, tables)

    assert second.report.skipped
    assert (second.version, second.content_root) == (first.version, first.content_root)
    assert [path.name for path in settings.candidates_folder.glob("[!.]*")] == ["v0.1.0"]


def test_other_rows_give_the_next_version(settings: Settings, tmp_path: Path) -> None:
    lake = fill(Lake(tmp_path / "lake"))
    first = make(settings, lake)
    overwrite(lake, "pairs", [pair(9)])

    second = make(settings, lake)

    assert second.version == "v0.2.0"
    assert not second.report.skipped
    assert second.content_root != first.content_root


def test_the_same_rows_under_another_licence_are_another_version(tmp_path: Path, tables: Lake) -> None:
    make(project(tmp_path), tables)

    made = make(project(tmp_path, license="cc-by-4.0"), tables)

    assert made.version == "v0.2.0"


def test_v0_10_0_follows_v0_9_0(settings: Settings, tables: Lake) -> None:
    for version in ("v0.2.0", "v0.9.0"):
        (settings.candidates_folder / version).mkdir(parents=True)

    assert make(settings, tables).version == "v0.10.0"


def test_a_damaged_candidate_is_not_taken_for_a_finished_one(settings: Settings, tables: Lake) -> None:
    first = make(settings, tables)
    flip(first.folder / "README.md", 100)

    assert make(settings, tables).version == "v0.2.0"


def test_what_a_killed_run_left_is_cleared_away(settings: Settings, tables: Lake) -> None:
    left = settings.candidates_folder / ".v0.1.0.partial" / "data"
    left.mkdir(parents=True)
    (left / "half.parquet").write_bytes(b"PAR1")

    made = make(settings, tables)

    verify(made.folder)
    assert not left.exists()


def test_tables_without_rows_give_no_candidate(settings: Settings, lake: Lake) -> None:
    with pytest.raises(GateError, match="no pair to publish"):
        make(settings, lake)

    assert list(settings.candidates_folder.glob("*v0*")) == []


def test_an_unknown_split_is_refused(settings: Settings, lake: Lake) -> None:
    overwrite(lake, "pairs", [pair(1, split="hold-out")])

    with pytest.raises(ContractError, match="1 splits besides train, validation, test"):
        make(settings, lake)


def test_a_key_that_occurs_twice_is_refused(settings: Settings, lake: Lake) -> None:
    overwrite(lake, "pairs", [pair(1), pair(1)])

    with pytest.raises(ContractError, match="a key twice"):
        make(settings, lake)


def test_two_writers_do_not_meet(settings: Settings, tables: Lake) -> None:
    with sole_writer(settings.candidates_folder), pytest.raises(BusyError):
        make(settings, tables)


def test_rows_are_cut_into_files_of_the_asked_size(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    overwrite(lake, "pairs", [pair(number) for number in (5, 3, 1, 4, 2)])

    entries = Shards(config="pairs", table="pairs", max_rows=2).write(lake, tmp_path / "out")

    assert [(entry.path, entry.rows) for entry in entries] == [
        ("data/pairs/train-00000-of-00003.parquet", 2),
        ("data/pairs/train-00001-of-00003.parquet", 2),
        ("data/pairs/train-00002-of-00003.parquet", 1),
    ]
    ids = pl.concat([pl.read_parquet(tmp_path / "out" / entry.path)["pair_id"] for entry in entries])
    assert ids.to_list() == [f"{number:024x}" for number in (1, 2, 3, 4, 5)]


def test_the_manifest_says_what_the_version_was_made_from(settings: Settings, tmp_path: Path) -> None:
    lake = fill(Lake(tmp_path / "lake"))
    tombstone = {"name_hash": "ab", "reason": "user", "requested_at": 1_700_000_000}
    overwrite(lake, "tombstones", [tombstone])

    manifest = verify(make(settings, lake).folder)

    assert manifest.preset == "shp"
    assert manifest.config_hash == settings.config_hash
    assert manifest.settings["pairs"]["shp"]["min_ratio"] == 2
    assert manifest.policy_hash == "ab" * 32
    assert manifest.masked_spans == {"EMAIL_ADDRESS": 1, "PERSON": 2}
    assert (manifest.tombstones.count, manifest.tombstones.newest_requested_at) == (1, 1_700_000_000)
    assert manifest.tables["pairs"] == lake.version("pairs")
    assert manifest.funnel == REPORTS
    assert {"pyarrow", "python", "polars", "numpy", "scipy", "rensa"} <= set(manifest.packages)


@pytest.mark.parametrize("table", ["labels", "near_duplicates", "revisions", "spans", "tombstones"])
def test_the_manifest_names_the_version_of_every_table_that_decides_the_bytes(
    settings: Settings, tmp_path: Path, table: str
) -> None:
    lake = fill(Lake(tmp_path / "lake"))
    if not lake.exists(table):
        overwrite(lake, table, [])

    manifest = verify(make(settings, lake).folder)

    assert manifest.tables[table] == lake.version(table)


def test_the_published_funnel_names_no_file_no_community_and_no_time(settings: Settings, tables: Lake) -> None:
    digests = ("cd" * 32, "ab" * 32)
    ingest = StageReport(
        stage="ingest-reddit",
        rows_in=9,
        rows_out=9,
        inputs={"marigold_comments.zst": digests[0], "a.zst": digests[1], "r/HarbourTalk": "1767312345"},
        notes=("marigold_comments.zst is damaged.",),
    )

    made = candidate.run(settings, tables, reports=[ingest, *REPORTS], code_version="0.1.0")

    manifest = verify(made.folder)
    assert manifest.funnel[0].inputs == {"input 1": digests[1], "input 2": digests[0]}
    assert manifest.funnel[1:] == REPORTS
    for document in ("manifest.json", "README.md"):
        text = (made.folder / document).read_text(encoding="utf-8")
        assert not [told for told in ("marigold", "1767312345", "r/HarbourTalk") if told in text]


def test_the_report_counts_rows_and_files(settings: Settings, tables: Lake) -> None:
    report: StageReport = make(settings, tables).report

    assert report.counts["rows_pairs"] == 4
    assert report.counts["rows_threads"] == 4
    assert report.counts["rows_sft"] == 4
    assert report.counts["files"] == 6


def test_nobody_else_may_read_a_candidate(settings: Settings, tables: Lake) -> None:
    folder = make(settings, tables).folder

    assert {oct(path.stat().st_mode & 0o777) for path in folder.rglob("*") if path.is_file()} == {"0o600"}
    assert oct(folder.stat().st_mode & 0o777) == "0o700"


def test_a_manifest_holds_no_clock_time(settings: Settings, tables: Lake) -> None:
    document = json.loads((make(settings, tables).folder / "manifest.json").read_bytes())

    assert not [name for name in document if name.endswith("_at") or "time" in name]
