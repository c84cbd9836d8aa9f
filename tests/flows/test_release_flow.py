"""The release as a flow: through Prefect, once, and again without effect."""

from pathlib import Path

import pytest

from prefpairs import commands
from prefpairs.errors import ApprovalError
from prefpairs.release import signoff
from tests.flows.test_orchestration import kept_by_prefect
from tests.support.projects import sample_project, settings_of


@pytest.fixture(scope="module")
def candidate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("release-flow")
    sample_project(folder, posts=80, comments=800)
    commands.load_flow("refresh", settings_of(folder)).refresh.fn(
        config=str(folder / "prefpairs.toml"), started_at=0.0
    )
    return folder


@pytest.mark.prefect
def test_unsigned_version_is_not_released_and_signed_one_once(candidate: Path) -> None:
    settings = settings_of(candidate)
    release = commands.load_flow("release", settings).release
    arguments = {"version": "v0.1.0", "config": str(candidate / "prefpairs.toml")}

    with pytest.raises(ApprovalError):
        release.fn(**arguments)
    assert not settings.release_folder.exists() or not list(settings.release_folder.iterdir())

    signoff.approve(settings, "v0.1.0", by="A. Steward", now=0.0)
    first = release(**arguments)
    again = release(**arguments)

    assert (first["skipped"], again["skipped"]) == (False, True)
    assert first["inputs"]["commit"] == again["inputs"]["commit"]
    assert [path.name for path in settings.release_folder.iterdir() if not path.name.startswith(".")] == ["v0.1.0"]
    assert kept_by_prefect(first["inputs"]["commit"]), "the run's artifact names the commit"
