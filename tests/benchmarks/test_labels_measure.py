"""The measures, on pairs that can be counted by hand."""

import math

import numpy as np
import pytest

from benchmarks.labels import measure
from benchmarks.labels.measure import Curve


def curve(*correct: int) -> Curve:
    """Return the curve of pairs that are surest first: 1 is a right one."""
    return Curve.of(np.array(correct, dtype=bool), -np.arange(len(correct), dtype=np.float64))


def mask(*correct: int) -> measure.Mask:
    return np.array(correct, dtype=bool)


def test_a_curve_takes_the_surest_pairs_first() -> None:
    found = Curve.of(mask(0, 1, 1, 0), np.array([0.6, 0.9, 0.8, 0.7]))

    assert [found.accuracy(count) for count in (1, 2, 3, 4)] == pytest.approx([1, 1, 2 / 3, 1 / 2])


def test_among_equally_sure_pairs_no_order_is_preferred() -> None:
    one, other = mask(1, 0, 1), mask(0, 1, 1)
    confidence = np.array([0.7, 0.7, 0.6])

    assert Curve.of(one, confidence).accuracy(1) == Curve.of(other, confidence).accuracy(1) == 0.5


def test_no_accuracy_of_more_pairs_than_there_are() -> None:
    assert math.isnan(curve(1, 1).accuracy(3))
    assert math.isnan(Curve.of(mask(), np.zeros(0)).accuracy(1))


def test_error_ratio_counts_our_errors_at_their_yield() -> None:
    ours = curve(1, 1, 1, 0, 0, 0)

    assert measure.error_ratio(ours, mask(1, 1, 0, 0)) == pytest.approx(1 / 2)
    assert math.isnan(measure.error_ratio(ours, mask(1, 1)))
    assert math.isnan(measure.error_ratio(curve(1), mask(1, 0)))


def test_yield_ratio_takes_the_last_place_where_we_are_as_accurate() -> None:
    ours = curve(0, 1, 1, 1, 0, 0, 0, 0)

    assert measure.yield_ratio(ours, mask(1, 1, 1, 0)) == pytest.approx(4 / 4)
    assert measure.yield_ratio(ours, mask(1, 0)) == pytest.approx(6 / 2)
    assert measure.yield_ratio(curve(1, 1, 0), mask(1)) == pytest.approx(2)


def test_published_selections_are_compared_at_their_own_sizes() -> None:
    stricter = [curve(1, 0, 1, 0, 0, 1), curve(1, 1, 1, 0), curve(1, 1)]

    assert measure.error_ratio_published(stricter, mask(1, 0, 0)) == 0
    assert measure.error_ratio_published(stricter, mask(1, 0, 0, 0)) == pytest.approx(1 / 3)
    assert measure.yield_ratio_published(stricter, mask(1, 0)) == pytest.approx(6 / 2)
    assert measure.yield_ratio_published(stricter, mask(1, 1, 1, 0)) == pytest.approx(4 / 4)


def test_smallest_gain_is_where_we_are_worst() -> None:
    ours = curve(*[1] * 50, *[0] * 50)
    theirs = curve(*[0] * 50, *[1] * 50)

    assert measure.smallest_gain(ours, ours) == 0
    assert measure.smallest_gain(ours, theirs) == pytest.approx(0)  # equal once all pairs are taken
    assert measure.smallest_gain(theirs, ours) == pytest.approx(-1)


def test_calibration_error_is_the_mean_distance_of_what_is_said_and_what_is() -> None:
    said = np.array([0.9] * 10 + [0.55] * 10)

    assert measure.calibration_error(said, mask(*[1] * 9, 0, *[1] * 5, *[0] * 5)) == pytest.approx(0.025)
    assert measure.calibration_error(np.ones(4), mask(1, 1, 1, 1)) == 0
    assert math.isnan(measure.calibration_error(np.zeros(0), mask()))


def test_sibling_pairs_are_all_pairs_of_one_post_and_no_other() -> None:
    first, second = measure.sibling_pairs(np.array([3, 3, 3, 5, 7, 7]))

    assert list(zip(first.tolist(), second.tolist(), strict=True)) == [(0, 1), (0, 2), (1, 2), (4, 5)]
    assert len(measure.sibling_pairs(np.zeros(0, dtype=np.int64))[0]) == 0


def test_share_leaves_out_ties() -> None:
    assert measure.share(np.array([3, 1, 2]), np.array([1, 2, 2])) == 0.5
    assert math.isnan(measure.share(np.array([2]), np.array([2])))
