"""From dumps to a trained model, command by command, in real processes, as a person types them."""

import json
from pathlib import Path

import pytest

from tests.cli.test_cli import prefpairs
from tests.support.projects import sample_project
from tests.support.tiny_model import save_tiny_model


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole-way")
    sample_project(folder, posts=100, comments=1000)
    result = prefpairs("refresh", "--no-prefect", cwd=folder)
    assert result.returncode == 0, result.stderr
    assert "What happened to the rows" in result.stdout
    assert "Masked spans" in result.stdout
    assert "v0.1.0 waits for its sign-off." in result.stdout
    return folder


def test_release_needs_a_sign_off(project: Path) -> None:
    result = prefpairs("release", "v0.1.0", cwd=project)
    assert result.returncode == 1
    assert "prefpairs approve v0.1.0" in result.stderr
    assert "candidate" in prefpairs("status", cwd=project).stdout


def test_approved_version_is_released_pulled_verified_and_trained_on(project: Path, tmp_path: Path) -> None:
    approved = prefpairs("approve", "v0.1.0", "--by", "A. Steward", cwd=project)
    assert "v0.1.0 approved by A. Steward" in approved.stdout

    released = prefpairs("release", "v0.1.0", cwd=project)
    assert "v0.1.0 released: " in released.stdout
    again = prefpairs("release", "v0.1.0", cwd=project)
    assert "nothing changed" in again.stdout

    status = prefpairs("status", cwd=project).stdout
    assert "released" in status
    assert "A. Steward" in status

    pulled = prefpairs("pull", "v0.1.0", "--from", "releases", "--into", "data", cwd=project)
    assert pulled.returncode == 0, pulled.stderr
    verified = prefpairs("verify", "data/v0.1.0", cwd=project)
    assert "v0.1.0 is whole, and approved by A. Steward" in verified.stdout

    model = save_tiny_model(tmp_path / "model", texts=["how do I get through the week", "talk to somebody"])
    trained = prefpairs(
        "train", "v0.1.0", "beta=0.2", "--from", "releases", "--model", str(model), "--output", "run", cwd=project
    )
    assert trained.returncode == 0, trained.stderr
    assert "longer" in trained.stdout
    assert "earlier" in trained.stdout
    report = json.loads((project / "run" / "dpo" / "training.json").read_text(encoding="utf-8"))
    assert report["version"] == "v0.1.0"
    assert report["inputs"]["recipe"]["beta"] == 0.2
    assert (project / "run" / "dpo" / "model.safetensors").exists()


def test_changed_byte_is_noticed(project: Path, tmp_path: Path) -> None:
    copy = tmp_path / "v0.1.0"
    prefpairs("pull", "v0.1.0", "--from", "releases", "--into", str(tmp_path), cwd=project)
    file = next((copy / "data" / "pairs").glob("train-*.parquet"))
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.chmod(0o600)
    file.write_bytes(bytes(content))

    result = prefpairs("verify", str(copy), cwd=project)

    assert result.returncode == 1
    assert file.name in result.stderr
