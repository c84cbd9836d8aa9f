"""The report as a stage and as a command: written once, private, the same bytes again."""

import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from prefpairs.config import Settings
from prefpairs.pairs.exposure_places import curve_steps
from prefpairs.settings_file import load_settings
from prefpairs.votes_report import html
from prefpairs.votes_report.run import run, write
from tests.support.voted import CONFIG, Voted, empty_project, voted_project


@pytest.fixture
def project(tmp_path: Path) -> Voted:
    return voted_project(tmp_path, posts=25)


def _changed(project: Voted, tmp_path: Path, extra: str) -> Settings:
    (tmp_path / "prefpairs.toml").write_text(CONFIG + extra, encoding="utf-8")
    return load_settings(tmp_path / "prefpairs.toml")


def test_a_second_run_on_the_same_tables_does_nothing(project: Voted) -> None:
    first = run(project.settings, project.lake)
    page = project.settings.work / "labels" / "report.html"
    before = page.stat().st_mtime_ns
    second = run(project.settings, project.lake)
    assert not first.skipped
    assert second.skipped
    assert second.counts == first.counts
    assert first.counts["pairs"] == len(project.selected)
    assert page.stat().st_mtime_ns == before


def test_the_same_tables_give_the_same_bytes(project: Voted) -> None:
    folder = write(project.settings, project.lake).folder
    first = {path.name: path.read_bytes() for path in folder.glob("report.*")}
    for path in folder.glob("report.*"):
        path.unlink()
    write(project.settings, project.lake)
    assert {path.name: path.read_bytes() for path in folder.glob("report.*")} == first
    assert sorted(first) == ["report.html", "report.json"]


def test_other_settings_or_another_model_make_it_anew(project: Voted, tmp_path: Path) -> None:
    first = write(project.settings, project.lake)
    assert not write(_changed(project, tmp_path, "\n[audit]\nmin_count = 50\n"), project.lake).unchanged
    model = first.folder / "exposure.json"
    document = json.loads(model.read_bytes())
    document["noise"]["quality_sd"] += 0.5
    model.write_text(json.dumps(document), encoding="utf-8")
    again = write(project.settings, project.lake)
    assert not again.unchanged
    assert again.report.calibration.predictive != first.report.calibration.predictive


@pytest.mark.parametrize("name", ["votes.html.j2", "votes.css", "plots.css", "report.css"])
def test_another_template_or_stylesheet_makes_the_page_anew(
    project: Voted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    copies = [tmp_path / "templates" / "own", tmp_path / "templates" / "shared"]
    for folder, copied in zip(html.FOLDERS, copies, strict=True):
        shutil.copytree(folder, copied)
    monkeypatch.setattr(html, "FOLDERS", tuple(copies))
    write(project.settings, project.lake)
    assert write(project.settings, project.lake).unchanged
    [changed] = [folder / name for folder in copies if (folder / name).is_file()]
    changed.write_text(changed.read_text(encoding="utf-8") + "\n<!-- changed -->\n", encoding="utf-8")

    assert not write(project.settings, project.lake).unchanged


def test_a_model_that_is_missing_broken_or_of_other_settings_costs_only_its_own_part(
    project: Voted, tmp_path: Path
) -> None:
    whole = write(project.settings, project.lake).report
    assert whole.calibration.predictive
    assert whole.parameters
    model = project.settings.work / "labels" / "exposure.json"
    fine = model.read_bytes()
    other = _changed(project, tmp_path, "\n[pairs.exposure]\narrival_edges = [1, 2]\n")
    for content, settings in ((b"{", project.settings), (fine[:-20], project.settings), (fine, other)):
        model.write_bytes(content)
        part = write(settings, project.lake).report
        assert part.calibration.predictive is None
        assert part.parameters == []
        assert part.exposure == whole.exposure
    model.unlink()
    assert write(project.settings, project.lake).report.parameters == []


def test_the_parameters_are_those_of_the_file(project: Voted) -> None:
    document = json.loads((project.settings.work / "labels" / "exposure.json").read_bytes())
    tables = {table.title: table for table in write(project.settings, project.lake).report.parameters}
    scatter = tables["How votes scatter"].rows[0]
    assert scatter.values == [f"{document['noise']['quality_sd']:.3g}"]
    arrival = next(table for title, table in tables.items() if "arrival" in title)
    assert arrival.columns == ["HarbourTalk", "QuietCorner", "everybody"]
    assert arrival.rows[0].values == ["1", "1", "1"]
    steps = curve_steps(project.settings.pairs.exposure)
    assert len(arrival.rows) == steps["arrival"] - 1


def test_the_files_and_their_folder_are_private(tmp_path: Path) -> None:
    project = empty_project(tmp_path)
    written = write(project.settings, project.lake)
    assert stat.S_IMODE(written.folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in written.folder.iterdir()} == {0o600}


def test_the_later_looks_are_compared_when_there_are_any(tmp_path: Path) -> None:
    with_looks = voted_project(tmp_path / "with", posts=20)
    without = voted_project(tmp_path / "without", posts=20, later=False)
    assert write(with_looks.settings, with_looks.lake).report.calibration.later
    assert write(without.settings, without.lake).report.calibration.later is None


def test_the_command_prints_the_figures_and_where_the_page_is(project: Voted, tmp_path: Path) -> None:
    command = [str(Path(sys.executable).with_name("prefpairs")), "report"]
    environment = {**os.environ, "COLUMNS": "110", "NO_COLOR": "1", "BROWSER": "/bin/false"}
    result = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment, check=False)
    assert result.returncode == 0, result.stderr
    assert f"{len(project.selected):,}" in result.stdout
    assert "earlier, all pairs" in result.stdout
    assert "NO_PARTNER" in result.stdout
    page = tmp_path / result.stdout.splitlines()[-1].removeprefix("The report: ")
    assert page.is_file()
