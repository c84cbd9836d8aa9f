"""A training box: prefpairs with the extra `train`, and nothing of the pipeline that makes versions.

The extra is really installed, into an environment of its own, as constraints.txt pins it: that is the only proof
that its list is whole. To look at this environment through a filter would miss what is declared and cannot be
installed, or is imported and comes from somewhere else. It takes a minute, so the environment stays in build/
until pyproject.toml or constraints.txt changes; only prefpairs itself is installed anew each time.
"""

import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from prefpairs.files import make_private_folder, sha256_file, sha256_json
from prefpairs.lake import Lake
from prefpairs.release import publish
from tests.support.releases import NOW, approved, credentials, fill, improvement, overwrite, project
from tests.support.tiny_model import save_tiny_model

REPOSITORY = Path(__file__).parents[2]
ENVIRONMENT = REPOSITORY / "build" / "training-box"
PIPELINE = ("prefect", "presidio_analyzer", "great_expectations", "polars", "deltalake", "spacy")
SPLITS = ("train",) * 12 + ("validation",) * 4 + ("test",) * 4


@dataclass(frozen=True, slots=True)
class Box:
    """The environment, and a folder in which its commands run."""

    folder: Path
    environment: Path = ENVIRONMENT

    def run(self, program: str, *arguments: str, seconds: int = 300) -> subprocess.CompletedProcess[str]:
        """Run a program of the environment. Nothing of the one that the tests run in is in its reach."""
        hidden = ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "VIRTUAL_ENV")
        kept = {name: value for name, value in os.environ.items() if name not in hidden}
        return subprocess.run(
            [str(self.environment / "bin" / program), *arguments],
            cwd=self.folder,
            env={**kept, "PYTHONNOUSERSITE": "1", "OMP_NUM_THREADS": "1", "COLUMNS": "120"},
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )

    def pip_install(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Install something; bytecode is compiled as it is imported, which halves the time."""
        return self.run(
            "python", "-m", "pip", "install", "--quiet", "--no-compile", "--disable-pip-version-check", *arguments,
            seconds=1800,
        )  # fmt: skip


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    made = Box(tmp_path_factory.mktemp("training-box"))
    with (make_private_folder(ENVIRONMENT.parent) / "training-box.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # one run of the tests at a time
        _install(made)
        yield made


def _install(box: Box) -> None:
    """Install prefpairs as it is now, and what the extra asks for if that may have changed."""
    constraints = REPOSITORY / "constraints.txt"
    wanted = sha256_json(
        [sys.version, *(sha256_file(path) for path in (REPOSITORY / "pyproject.toml", constraints))]
    )
    stamp = ENVIRONMENT / "installed"
    there = stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted
    if not there:
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)], check=True)
    # To build prefpairs takes the index too.
    if box.pip_install("--dry-run", "--no-deps", "--ignore-installed", "hatchling").returncode:
        pytest.skip("no package index can be reached, so the extra `train` cannot be installed")
    what = ("--no-deps", "--force-reinstall", str(REPOSITORY)) if there else (f"{REPOSITORY}[train]",)
    installed = box.pip_install("--constraint", str(constraints), *what)
    assert installed.returncode == 0, installed.stderr[-2000:]
    stamp.write_text(wanted, encoding="utf-8")


@pytest.fixture(scope="module")
def released(box: Box) -> Path:
    """A folder of releases with one small version, which the pipeline made elsewhere."""
    settings = project(box.folder / "elsewhere")
    lake = fill(Lake(box.folder / "elsewhere" / "lake"), SPLITS)
    overwrite(lake, "improvements", [improvement(number, split=split) for number, split in enumerate(SPLITS, 1)])
    approved(settings, lake)
    return Path(publish.release(settings, "v0.1.0", credentials=credentials(), now=NOW).location).parent


@pytest.fixture(scope="module")
def model(box: Box) -> Path:
    return save_tiny_model(box.folder / "model")


def test_nothing_of_the_pipeline_is_there(box: Box) -> None:
    code = (
        "import importlib.util, json, prefpairs;"
        f"print(json.dumps([prefpairs.__file__, [n for n in {PIPELINE} if importlib.util.find_spec(n)]]))"
    )

    found = box.run("python", "-c", code)

    assert found.returncode == 0, found.stderr
    file, importable = json.loads(found.stdout)
    assert Path(file).is_relative_to(box.environment)
    assert importable == []


@pytest.fixture(scope="module")
def trained(box: Box, released: Path, model: Path) -> Path:
    result = box.run(
        "prefpairs", "train", "v0.1.0", "--config", "tiny-cpu", "--from", str(released), "--model", str(model),
        "--output", "trained", "--into", "data",
    )  # fmt: skip
    assert result.returncode == 0, result.stderr + result.stdout
    return box.folder / "trained"


def test_a_version_is_pulled_and_trained_on(trained: Path) -> None:
    for stage in ("sft", "dpo"):
        document = json.loads((trained / stage / "training.json").read_text(encoding="utf-8"))
        assert document["version"] == "v0.1.0"
        assert (trained / stage / "model.safetensors").is_file()


def test_the_model_is_evaluated(box: Box, trained: Path, released: Path) -> None:
    result = box.run(
        "prefpairs", "evaluate", str(trained / "dpo"), f"dataset.source={released}", "dataset.into=data",
        "replies.posts=2", "replies.max_new_tokens=8", "--output", "evaluated",
    )  # fmt: skip

    assert result.returncode == 0, result.stderr + result.stdout
    assert sorted(path.name for path in (box.folder / "evaluated").iterdir()) == ["report.html", "report.json"]


def test_the_version_is_exported_for_trl(box: Box, released: Path) -> None:
    result = box.run(
        "prefpairs", "export", "trl", "v0.1.0", "--from", str(released), "--into", "data", "--to", "for-trl"
    )

    assert result.returncode == 0, result.stderr + result.stdout
    assert (box.folder / "for-trl" / "README.md").is_file()


def test_the_pipeline_says_what_to_install(box: Box) -> None:
    result = box.run("prefpairs", "refresh")

    assert result.returncode == 1
    assert "Traceback" not in result.stderr
