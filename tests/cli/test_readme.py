"""The README tells the truth about commands, settings and files."""

import re
from pathlib import Path

import pytest

from tests.cli.test_cli import COMMANDS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_first_screen_is_the_two_commands() -> None:
    first = README.splitlines()[:12]
    assert any(line.startswith("make demo") for line in first)
    assert any(line.startswith("make test") for line in first)


def test_every_command_shown_exists() -> None:
    blocks = "\n".join(re.findall(r"^```$(.*?)^```$", README, re.MULTILINE | re.DOTALL))
    shown = set(re.findall(r"^prefpairs ([a-z]+)", blocks, re.MULTILINE))
    assert shown
    assert shown <= set(COMMANDS)


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(((?!http)[^)#]+)\)", README))))
def test_every_file_linked_exists(link: str) -> None:
    assert (ROOT / link).exists()


def test_every_make_target_shown_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"`?make ([a-z-]+)", README)):
        of_benchmark = ROOT / "benchmarks" / target.removeprefix("bench-")
        is_benchmark = of_benchmark.is_dir() or of_benchmark.with_suffix(".py").exists()
        if not (target.startswith("bench-") and is_benchmark):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
