"""Who may import whom: the walls of the house, read from the code's own import statements."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "src" / "prefpairs"
FLOWS = Path(__file__).parents[2] / "flows"
STAGES = (
    "ingest", "curate", "near_duplicates", "safety", "pairs", "improve", "deid", "quality", "release", "train",
    "sample", "evaluate", "export",
)  # fmt: skip
# What runs on a training box reads versions through the client, and nothing else of the pipeline.
TRAINING_BOX = {"train": {"release"}, "evaluate": {"release", "train"}, "export": {"release", "train"}}
FLOOR = {
    "config", "config_curate", "config_deid", "config_improvement", "config_pairs", "config_safety",
    "config_section", "contracts", "drawing", "errors", "files", "items", "keys", "lake", "masked_texts",
    "opt_out", "overlap", "pages", "published", "raw_texts", "reasons", "resources", "safety_codes",
    "safety_rules", "settings_file", "splits", "stage", "stream_writer", "table_folder", "wording",
}  # fmt: skip


def imports_of(path: Path) -> set[str]:
    """Return the prefpairs modules that a file imports, at its top or inside functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {name for name in found if name.startswith("prefpairs.")}


@pytest.mark.parametrize("stage", STAGES)
def test_stage_imports_the_floor_and_itself_only(stage: str) -> None:
    for path in (PACKAGE / stage).rglob("*.py"):
        rooms = {name.split(".")[1] for name in imports_of(path)} - FLOOR - {stage}
        allowed = TRAINING_BOX.get(stage, set())
        assert rooms <= allowed, f"{stage}/{path.name} reaches into {rooms - allowed}"


def test_floor_imports_no_stage() -> None:
    for name in FLOOR:
        files = [*PACKAGE.glob(f"{name}.py"), *PACKAGE.glob(f"{name}/*.py")]
        assert files, f"{name} is not there"
        for path in files:
            rooms = {imported.split(".")[1] for imported in imports_of(path)} - {"__version__"}
            assert rooms <= FLOOR, f"{path.name} reaches up into {rooms - FLOOR}"


def test_flows_hold_no_work_of_their_own() -> None:
    for path in FLOWS.glob("*.py"):
        libraries = {
            alias.name.split(".")[0]
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Import)
            for alias in node.names
        }
        assert libraries <= {"time"}, f"{path.name} imports {libraries}"


PIPELINE = ("polars", "deltalake", "prefect", "spacy", "presidio_analyzer", "great_expectations")


@pytest.mark.parametrize(
    ("command", "heavy"),
    [
        (
            "import prefpairs.cli",
            (*PIPELINE, "pyarrow", "pydantic", "torch"),
        ),
        (
            "import prefpairs.release.client",
            (*PIPELINE, "torch"),
        ),
        (
            "import prefpairs.train.run, prefpairs.evaluate.run, prefpairs.export.trl",
            PIPELINE,
        ),
        ("import prefpairs.deid.engine", ("prefect", "great_expectations", "torch")),
    ],
)
def test_light_things_stay_light(command: str, heavy: tuple[str, ...]) -> None:
    code = f"{command}; import sys; print([name for name in {heavy} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
