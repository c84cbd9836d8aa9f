"""A version's folder against its manifest: any change is found, and the file is named."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from prefpairs.errors import VerificationError
from prefpairs.files import sha256_file
from prefpairs.lake import Lake
from prefpairs.release.manifest import FileEntry, Manifest, content_root, is_version, verify, version_key
from prefpairs.release.signoff import SignOff
from prefpairs.resources import project_folder
from tests.support.releases import approved, flip, project

TRAIN = "data/pairs/train-00000-of-00001.parquet"


@pytest.fixture(scope="session")
def version(tables: Lake, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An approved candidate that no test changes."""
    return approved(project(tmp_path_factory.mktemp("version")), tables).folder


@pytest.fixture
def folder(version: Path, tmp_path: Path) -> Path:
    """A copy of it that a test may change."""
    return Path(shutil.copytree(version, tmp_path / "copy"))


def test_a_whole_version_verifies(folder: Path) -> None:
    assert verify(folder).version == "v0.1.0"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda folder: (folder / TRAIN).unlink(), "train-00000-of-00001.parquet is missing"),
        (lambda folder: (folder / "manifest.json").unlink(), "not a version"),
        (
            lambda folder: (folder / "data/pairs/more.parquet").write_bytes(b""),
            "more.parquet' is not in the manifest",
        ),
        (lambda folder: (folder / ".hidden").write_bytes(b""), ".hidden' is not in the manifest"),
        (lambda folder: (folder / TRAIN).write_bytes(b"PAR1"), "train-00000-of-00001.parquet has [0-9]+ bytes"),
        (lambda folder: flip(folder / TRAIN, 40), "train-00000-of-00001.parquet has the SHA-256"),
        (lambda folder: flip(folder / "README.md", 40), "README.md has the SHA-256"),
        (lambda folder: (folder / "link").symlink_to(folder / TRAIN), "link' is a link"),
        (lambda folder: (folder / "up").symlink_to(folder.parent), "up' is a link"),
        (lambda folder: (folder / "manifest.json").write_bytes(b"{"), "is not a valid manifest"),
    ],
)
def test_a_change_is_found_and_named(folder: Path, change: Callable[[Path], Any], message: str) -> None:
    change(folder)

    with pytest.raises(VerificationError, match=message):
        verify(folder)


@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_flipped_bit_in_any_data_file_is_found(version: Path, folder: Path, data: st.DataObject) -> None:
    name = data.draw(
        st.sampled_from(sorted(path.relative_to(version).as_posix() for path in version.rglob("*.parquet")))
    )
    position = data.draw(st.integers(0, (version / name).stat().st_size - 1))
    shutil.copyfile(version / name, folder / name)
    flip(folder / name, position, data.draw(st.integers(0, 7)))

    with pytest.raises(VerificationError, match=Path(name).name):
        verify(folder)

    shutil.copyfile(version / name, folder / name)


def test_rows_that_the_manifest_invents_are_found(folder: Path) -> None:
    document = json.loads((folder / "manifest.json").read_bytes())
    entry = next(entry for entry in document["files"] if entry["path"] == TRAIN)
    entry["rows"] = document["configs"]["pairs"]["rows"]["train"] = 4
    (folder / "manifest.json").write_text(json.dumps(document))

    with pytest.raises(VerificationError, match="has 3 rows; the manifest names 4"):
        verify(folder)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("content_root", "0" * 64),
        ("version", "v1"),
        ("version", "../v0.1.0"),
        ("files", []),
        ("more", 1),
        ("format", 2),
    ],
)
def test_a_manifest_that_contradicts_itself_is_refused(folder: Path, key: str, value: object) -> None:
    document = json.loads((folder / "manifest.json").read_bytes())
    (folder / "manifest.json").write_text(json.dumps({**document, key: value}))

    with pytest.raises(VerificationError, match="not a valid manifest"):
        verify(folder)


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "a/../../x", "a\\b", ".cache/x", "data//x", "", "a/"])
def test_a_manifest_cannot_name_a_file_outside(path: str) -> None:
    with pytest.raises(ValueError, match="path"):
        FileEntry(path=path, sha256="0" * 64, bytes=0)


def test_an_error_about_a_manifest_does_not_quote_it(folder: Path) -> None:
    document = json.loads((folder / "manifest.json").read_bytes())
    (folder / "manifest.json").write_text(json.dumps({**document, "preset": {"canary": "HARBOUR-7731"}}))

    with pytest.raises(VerificationError) as caught:
        verify(folder)

    assert "preset" in str(caught.value)
    assert "HARBOUR-7731" not in str(caught.value)


def test_the_content_root_does_not_depend_on_the_order_or_on_the_card() -> None:
    first, second = (
        FileEntry(path=f"data/pairs/train-{n}", sha256=f"{n}" * 64, bytes=n, rows=n, config="pairs", split="train")
        for n in (1, 2)
    )
    card = FileEntry(path="README.md", sha256="3" * 64, bytes=3)

    assert content_root([first, second]) == content_root([second, card, first])
    assert content_root([first]) != content_root([first, second])


def test_versions_are_ordered_by_number() -> None:
    assert sorted(["v0.10.0", "v0.9.0", "v1.0.0"], key=version_key) == ["v0.9.0", "v0.10.0", "v1.0.0"]
    assert not any(is_version(name) for name in ("v1", "0.1.0", "v0.1.0\n", "v0.1.0/..", "v00.1.0", ""))


@pytest.mark.parametrize(
    ("name", "model", "document"), [("manifest", Manifest, "manifest.json"), ("signoff", SignOff, "signoff.json")]
)
def test_the_published_json_schema_is_the_model_and_fits_the_document(
    version: Path, name: str, model: type[Manifest] | type[SignOff], document: str
) -> None:
    schema = json.loads((project_folder("schemas") / f"{name}.schema.json").read_bytes())

    generated = model.model_json_schema(mode="serialization")
    assert {key: value for key, value in schema.items() if not key.startswith("$") or key == "$defs"} == generated
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(json.loads((version / document).read_bytes()))


def test_the_manifest_names_the_card_by_its_hash(version: Path) -> None:
    entry = next(entry for entry in verify(version).files if entry.path == "README.md")

    assert entry.sha256 == sha256_file(version / "README.md")
