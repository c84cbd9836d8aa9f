"""Intervals against published values, and what every interval must keep."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefpairs.audit.intervals import clopper_pearson_upper, f_measure, ratio_interval, wilson


@pytest.mark.parametrize(
    ("leaking", "texts", "bound"),
    # One-sided exact bounds; 299 texts without a miss are what 1 % takes.
    [(0, 100, 0.0295), (1, 300, 0.0157), (5, 1000, 0.0105), (3, 3000, 0.0026), (0, 299, 0.0100), (0, 59, 0.0495)],
)
def test_the_bound_on_leaks_is_clopper_and_pearsons(leaking: int, texts: int, bound: float) -> None:
    assert clopper_pearson_upper(leaking, texts, confidence=0.95) == pytest.approx(bound, abs=6e-5)


@pytest.mark.parametrize(
    ("count", "total", "low", "high"),
    # Newcombe 1998, Statistics in Medicine 17:857, table I, method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_interval_of_a_share_is_wilsons(count: int, total: int, low: float, high: float) -> None:
    assert wilson(count, total, confidence=0.95) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 3000), st.data())
def test_a_share_lies_in_its_interval_and_below_its_bound(total: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(0, total))
    low, high = wilson(count, total, confidence=0.95)
    assert 0 <= low <= count / total <= high <= 1
    assert count / total <= clopper_pearson_upper(count, total, confidence=0.95) <= 1


def test_one_more_leak_never_lowers_the_bound() -> None:
    bounds = [clopper_pearson_upper(count, 40, confidence=0.95) for count in range(41)]
    assert bounds == sorted(bounds)
    assert bounds[-1] == 1


def test_a_thousandfold_sample_does_not_run_out_of_floats() -> None:
    assert clopper_pearson_upper(2000, 1_000_000, confidence=0.95) == pytest.approx(0.002075, abs=2e-6)


def test_the_interval_of_a_change_narrows_with_the_counts() -> None:
    few = ratio_interval(20, 10, exposure=1.0, confidence=0.95)
    many = ratio_interval(2000, 1000, exposure=1.0, confidence=0.95)
    assert few[0] < 1 < few[1]
    assert 1.8 < many[0] < 2 < many[1] < 2.2
    assert ratio_interval(20, 10, exposure=2.0, confidence=0.95)[0] < few[0]


def test_f2_weighs_recall_more() -> None:
    assert f_measure(0.5, 1.0) == pytest.approx(5 / 9)
    assert f_measure(1.0, 0.5) == pytest.approx(5 / 6)
    assert f_measure(0.0, 0.0) == 0
