from io import StringIO

import pytest
from rich.console import Console

from prefpairs.evaluate.settings import Figures
from prefpairs.evaluate.terminal import tables
from prefpairs.evaluate.wording import bin_words, figure, figure_signed, number, points, signed
from tests.support.evaluating import report


@pytest.mark.parametrize(
    ("value", "written"),
    [(0.0, "0.000"), (-0.0001, "0.000"), (-1.5, "\u22121.500"), (1234.5, "1,234.500"), (None, "\u2013")],
)
def test_numbers_have_a_real_minus_and_no_minus_before_zero(value: float | None, written: str) -> None:
    assert number(value) == written


def test_differences_show_their_sign() -> None:
    assert (signed(0.5), signed(-0.5), signed(0.0)) == ("+0.500", "\u22120.500", "0.000")
    assert points({"value": 0.031}) == "+3.1"


@pytest.mark.parametrize(
    ("value", "written"),
    [(0.01234, "0.0123"), (7.1, "7.10"), (121.4, "121"), (0, "0"), (-3.14159, "\u22123.14")],
)
def test_figures_of_unknown_size_have_three_digits(value: float, written: str) -> None:
    assert figure(value) == written


def test_a_difference_of_nothing_has_no_sign() -> None:
    assert (figure_signed(0.0), figure_signed(0.25), figure_signed(-0.25)) == ("0", "+0.250", "\u22120.250")


def test_bins_say_what_they_hold() -> None:
    assert bin_words(None, -100) == "under \u2212100"
    assert bin_words(-10, 11) == "\u221210 to 10"  # whole words
    assert bin_words(0.6, 0.7, shares=True) == "0.6 to 0.7"
    assert bin_words(101, None) == "101 and more"


def test_the_terminal_shows_baselines_beside_the_accuracy_and_calls_proxies_proxies() -> None:
    console = Console(width=140, file=StringIO())
    for table in tables(report(20, figures=Figures(resamples=20))):
        console.print(table)
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    for words in (
        "the longer one",
        "likelier to the reference",
        "the earlier one",
        "a coin",
        "proxies, not ratings",
    ):
        assert words in shown
