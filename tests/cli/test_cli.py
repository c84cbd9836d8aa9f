"""The command line, as a person meets it: a real process, its output, its exit status."""

import os
import subprocess
import sys
from pathlib import Path
from typing import cast

import pytest
from click import Group
from typer.main import get_command

from prefpairs.cli import app

HELP = {name: command.help or "" for name, command in cast("Group", get_command(app)).commands.items()}
COMMANDS = sorted(HELP)


def prefpairs(*arguments: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
    command = [str(Path(sys.executable).with_name("prefpairs")), *arguments]
    environment = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1"}
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=environment, check=False)


def test_help_names_every_command_and_what_it_is_for(tmp_path: Path) -> None:
    result = prefpairs("--help", cwd=tmp_path)
    assert result.returncode == 0
    for name in COMMANDS:
        assert f"  {name} " in result.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_command_says_what_it_does(name: str) -> None:
    assert HELP[name].strip().endswith(".")


def test_init_then_refresh_without_archives_says_what_is_missing(tmp_path: Path) -> None:
    assert prefpairs("init", cwd=tmp_path).returncode == 0
    result = prefpairs("refresh", "--no-prefect", cwd=tmp_path)
    assert result.returncode == 1
    assert "archives" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("[pairs]\npreset = 'best'", "'llumi' or 'stackexchange'"),
        ("[pairs]\npreest = 'shp'", "Did you mean 'preset'?"),
        ("[pairs", "not valid TOML"),
    ],
)
def test_wrong_configuration_is_one_clear_message(tmp_path: Path, toml: str, message: str) -> None:
    (tmp_path / "prefpairs.toml").write_text(toml, encoding="utf-8")
    result = prefpairs("status", cwd=tmp_path)
    assert result.returncode == 1
    assert message in result.stderr.replace("\n", " ")
    assert "Traceback" not in result.stderr


def test_no_configuration_says_what_to_do(tmp_path: Path) -> None:
    result = prefpairs("refresh", cwd=tmp_path)
    assert result.returncode == 1
    assert "prefpairs init" in result.stderr


def test_unknown_version_is_refused(tmp_path: Path) -> None:
    prefpairs("init", cwd=tmp_path)
    result = prefpairs("approve", "v9.9.9", "--by", "a steward", cwd=tmp_path)
    assert result.returncode == 1
    assert "v9.9.9" in result.stderr


def test_demo_refuses_a_folder_that_is_not_its_own(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("two years of work", encoding="utf-8")
    result = prefpairs("demo", "--into", ".", cwd=tmp_path)
    assert result.returncode == 1
    assert (tmp_path / "thesis.txt").exists()
