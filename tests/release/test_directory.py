"""Candidate, sign-off, directory, pull: nothing but the approved bytes ever arrives."""

import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from prefpairs.config import Basis, Settings
from prefpairs.errors import ApprovalError, ConfigError, ReleaseError, SourceError, VerificationError
from prefpairs.files import sha256_file
from prefpairs.lake import Lake
from prefpairs.release import client, publish
from prefpairs.release.publish import Released
from tests.support.releases import (
    NOW,
    approved,
    credentials,
    fill,
    flip,
    improvement,
    make,
    overwrite,
    pair,
    project,
)

TRAIN = "data/pairs/train-00000-of-00001.parquet"


def release(settings: Settings, version: str = "v0.1.0") -> Released:
    return publish.release(settings, version, credentials=credentials(None), now=NOW)


@pytest.fixture
def released(settings: Settings, tables: Lake) -> Path:
    """A folder of releases with one version in it."""
    approved(settings, tables)
    return Path(release(settings).location).parent


def test_an_approved_candidate_is_released_and_pulled(released: Path, tables: Lake, tmp_path: Path) -> None:
    pulled = client.pull(str(released), "v0.1.0", into=tmp_path / "data")

    assert pulled.folder == tmp_path / "data" / "v0.1.0"
    assert pulled.commit == sha256_file(released / "v0.1.0" / "manifest.json")
    assert {
        config: {split: len(paths) for split, paths in splits.items()} for config, splits in pulled.files.items()
    } == {
        "pairs": {"train": 1, "test": 1},
        "threads": {"train": 1, "test": 1},
        "sft": {"train": 1, "test": 1},
    }
    rows = pq.read_table(pulled.files["pairs"]["test"]).to_pylist()
    assert [row["prompt"] for row in rows] == [pair(4)["prompt"]]


def test_a_version_with_every_config_is_released_and_pulled(tmp_path: Path, lake: Lake) -> None:
    settings = project(tmp_path / "project", safety={"publish": ["crisis", "safety_contrast"]})
    fill(lake)
    apart = [pair(7, config="crisis"), pair(8, config="safety_contrast", split="test")]
    overwrite(lake, "pairs", [pair(1), *apart])
    overwrite(lake, "improvements", [improvement(1)])
    approved(settings, lake)

    pulled = client.pull(str(Path(release(settings).location).parent), "v0.1.0", into=tmp_path / "data")

    assert {config: sorted(splits) for config, splits in pulled.files.items()} == {
        "pairs": ["train"], "threads": ["test", "train"], "sft": ["test", "train"], "improvement": ["train"],
        "crisis": ["train"], "safety_contrast": ["test"],
    }  # fmt: skip


def test_the_release_is_the_candidate_byte_for_byte(settings: Settings, released: Path) -> None:
    candidate = settings.candidates_folder / "v0.1.0"
    names = sorted(path.relative_to(candidate) for path in candidate.rglob("*") if path.is_file())

    assert names == sorted(
        path.relative_to(released / "v0.1.0") for path in (released / "v0.1.0").rglob("*") if path.is_file()
    )
    assert all((candidate / name).read_bytes() == (released / "v0.1.0" / name).read_bytes() for name in names)


def test_a_released_file_is_not_writable(released: Path) -> None:
    assert oct((released / "v0.1.0" / TRAIN).stat().st_mode & 0o777) == "0o444"
    assert oct(released.stat().st_mode & 0o777) == "0o700"


@pytest.mark.parametrize("name", [TRAIN, "README.md"])
def test_a_byte_changed_after_the_approval_is_refused_at_release(
    settings: Settings, tables: Lake, name: str
) -> None:
    flip(approved(settings, tables).folder / name, 300)

    with pytest.raises(ApprovalError, match="not those that were made"):
        release(settings)

    assert not (settings.release_folder / "v0.1.0").exists()


def test_another_manifest_after_the_approval_is_refused(settings: Settings, tables: Lake) -> None:
    folder = approved(settings, tables).folder
    text = (folder / "manifest.json").read_text()
    (folder / "manifest.json").write_text(text.replace('"code_version": "0.1.0"', '"code_version": "6.6.6"'))

    with pytest.raises(ApprovalError, match="names other bytes"):
        release(settings)


def test_a_byte_changed_after_the_release_is_refused_at_pull(released: Path, tmp_path: Path) -> None:
    flip(released / "v0.1.0" / TRAIN, 300)

    with pytest.raises(VerificationError, match=r"train-00000-of-00001\.parquet"):
        client.pull(str(released), "v0.1.0", into=tmp_path / "data")

    assert list((tmp_path / "data").glob("*v0.1.0*")) == []


def test_without_a_sign_off_nothing_is_released(settings: Settings, tables: Lake) -> None:
    make(settings, tables)

    with pytest.raises(ApprovalError, match=r"prefpairs approve v0\.1\.0 --by NAME"):
        release(settings)


def test_an_unknown_candidate_cannot_be_released(settings: Settings) -> None:
    with pytest.raises(ApprovalError, match="no candidate"):
        release(settings, "v9.9.9")


def test_text_needs_a_legal_basis_and_labels_do_not(settings: Settings, tables: Lake, tmp_path: Path) -> None:
    approved(settings, tables)
    with pytest.raises(ConfigError, match=r"basis\.statement"):
        release(settings.model_copy(update={"basis": Basis()}))

    labels = project(tmp_path / "labels", mode="labels-only").model_copy(update={"basis": Basis()})
    approved(labels, tables)
    assert release(labels).version == "v0.1.0"


def test_releasing_again_says_so_and_changes_nothing(settings: Settings, released: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in released.rglob("v*/*")}

    again = release(settings)

    assert again.unchanged
    assert before == {path: path.stat().st_mtime_ns for path in released.rglob("v*/*")}


def test_other_content_under_a_released_version_is_refused(
    settings: Settings, released: Path, tmp_path: Path
) -> None:
    lake = fill(Lake(tmp_path / "lake"))
    overwrite(lake, "pairs", [pair(77)])
    shutil.rmtree(settings.work)  # the project forgot what it released
    (released / "v0.1.0").rename(released / "away")
    approved(settings, lake)
    (released / "away").rename(released / "v0.1.0")

    with pytest.raises(ReleaseError, match="other content"):
        release(settings)


def test_the_receipt_guards_a_version_whose_folder_is_gone(
    settings: Settings, released: Path, tmp_path: Path
) -> None:
    shutil.rmtree(released / "v0.1.0")
    other = project(tmp_path / "other", contact="privacy@example.org")
    candidate = approved(other, fill(Lake(tmp_path / "lake"))).folder
    shutil.rmtree(settings.candidates_folder / "v0.1.0")
    shutil.copytree(candidate, settings.candidates_folder / "v0.1.0")

    with pytest.raises(ReleaseError, match="released at 2026-01-02T00:00:00Z"):
        release(settings)


def test_a_damaged_release_is_noticed_when_it_is_released_again(settings: Settings, released: Path) -> None:
    flip(released / "v0.1.0" / TRAIN, 300)

    with pytest.raises(ReleaseError, match="damaged"):
        release(settings)


def test_the_next_version_names_its_parent(settings: Settings, released: Path, tmp_path: Path) -> None:
    lake = fill(Lake(tmp_path / "lake"), ("train", "test"))
    overwrite(lake, "pairs", [pair(5)])
    approved(settings, lake)
    release(settings, "v0.2.0")

    assert client.pull(str(released), "v0.2.0", into=tmp_path / "data").manifest.parent == "v0.1.0"
    assert client.versions(str(released)) == ["v0.1.0", "v0.2.0"]


def test_a_pulled_copy_is_verified_again_each_time(released: Path, tmp_path: Path) -> None:
    first = client.pull(str(released), "v0.1.0", into=tmp_path)
    assert client.pull(str(released), "v0.1.0", into=tmp_path).files == first.files

    flip(first.files["threads"]["train"][0], 77)
    with pytest.raises(VerificationError, match="threads/train-00000"):
        client.pull(str(released), "v0.1.0", into=tmp_path)


def test_a_copy_of_another_release_under_the_same_name_is_refused(released: Path, tmp_path: Path) -> None:
    other = project(tmp_path / "other", contact="privacy@example.org")
    approved(other, fill(Lake(tmp_path / "lake")))
    release(other)
    client.pull(str(other.release_folder), "v0.1.0", into=tmp_path / "data")

    with pytest.raises(VerificationError, match="is not the copy in"):
        client.pull(str(released), "v0.1.0", into=tmp_path / "data")


def test_another_content_root_than_expected_is_refused(released: Path, tmp_path: Path) -> None:
    with pytest.raises(VerificationError, match="was expected"):
        client.pull(str(released), "v0.1.0", into=tmp_path, content_root="0" * 64)

    assert not (tmp_path / "v0.1.0").exists()


def test_a_missing_sign_off_is_refused_at_pull(released: Path, tmp_path: Path) -> None:
    (released / "v0.1.0" / "signoff.json").unlink()

    with pytest.raises(ApprovalError, match="no sign-off"):
        client.pull(str(released), "v0.1.0", into=tmp_path)


def test_a_link_in_a_release_is_not_followed(released: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (released / "v0.1.0" / "README.md").unlink()
    (released / "v0.1.0" / "README.md").symlink_to(tmp_path / "secret")

    with pytest.raises(VerificationError, match="is a link"):
        client.pull(str(released), "v0.1.0", into=tmp_path / "data")


@pytest.mark.parametrize("version", ["latest", "../v0.1.0", "v0.1", ""])
def test_only_an_exact_version_can_be_pulled(released: Path, tmp_path: Path, version: str) -> None:
    with pytest.raises(ConfigError, match="not the name of a version"):
        client.pull(str(released), version, into=tmp_path)


def test_a_version_that_is_not_there_is_named(released: Path, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no version v0\.7\.0. Versions: v0\.1\.0"):
        client.pull(str(released), "v0.7.0", into=tmp_path)


def test_a_mistyped_folder_is_not_taken_for_a_repository(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="neither a folder of releases nor a repository"):
        client.pull(str(tmp_path / "nowhere"), "v0.1.0", into=tmp_path)


def test_a_training_box_does_not_import_the_pipeline() -> None:
    heavy = [
        "deltalake",
        "great_expectations",
        "msgspec",
        "polars",
        "praw",
        "prefect",
        "presidio_analyzer",
        "spacy",
    ]
    program = (
        "import sys; import prefpairs.release.client, prefpairs.release.connection; "
        f"print(sorted(set({heavy}) & set(sys.modules)))"
    )

    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert result.stdout.strip() == "[]"
