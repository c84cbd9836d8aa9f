import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefpairs.evaluate.bootstrap import Bootstrap, Sums
from tests.support.evaluating import floats

RESULTS = st.lists(st.tuples(st.integers(0, 4), st.sampled_from([0.0, 0.5, 1.0])), min_size=1, max_size=30)


def sums_of(results: list[tuple[int, float]]) -> Sums:
    values = floats(*(value for _, value in results))
    return Sums.of(values, np.array([post for post, _ in results]), posts=5)


def test_the_mean_is_over_pairs_not_over_posts() -> None:
    sums = Sums.of(floats(1, 1, 1, 0), np.array([0, 0, 0, 1]), posts=2)
    assert sums.mean == 0.75


def test_what_is_unknown_is_left_out_of_the_mean() -> None:
    sums = Sums.of(floats(1, np.nan, 0, np.nan), np.array([0, 0, 1, 2]), posts=3)
    assert sums.mean == 0.5
    assert sums.count.tolist() == [1, 1, 0]


def test_nothing_counted_is_no_estimate() -> None:
    assert Bootstrap(2).mean(Sums.of(floats(np.nan, np.nan), np.array([0, 1]), posts=2)) is None


@given(RESULTS)
def test_an_interval_lies_within_the_values_of_the_posts(results: list[tuple[int, float]]) -> None:
    sums = sums_of(results)
    found = Bootstrap(5, resamples=50).mean(sums)
    of_posts = (sums.total / np.where(sums.count > 0, sums.count, np.nan))[sums.count > 0]
    assert found is not None
    assert of_posts.min() - 1e-12 <= found.low <= found.high <= of_posts.max() + 1e-12


@given(RESULTS, st.integers(0, 100))
def test_the_same_seed_gives_the_same_interval(results: list[tuple[int, float]], seed: int) -> None:
    first, second = (Bootstrap(5, resamples=30, seed=seed).mean(sums_of(results)) for _ in range(2))
    assert first == second


@given(RESULTS)
def test_more_confidence_is_no_narrower(results: list[tuple[int, float]]) -> None:
    narrow, wide = (Bootstrap(5, resamples=60, confidence=share).mean(sums_of(results)) for share in (0.5, 0.95))
    assert narrow is not None
    assert wide is not None
    assert wide.low <= narrow.low <= narrow.high <= wide.high


@given(RESULTS)
def test_a_mean_differs_from_itself_by_nothing(results: list[tuple[int, float]]) -> None:
    sums = sums_of(results)
    found = Bootstrap(5, resamples=30).difference(sums, sums)
    assert found is not None
    assert (found.value, found.low, found.high) == (0, 0, 0)


def test_pairs_of_one_post_do_not_make_the_interval_narrower() -> None:
    generator = np.random.default_rng(1)
    of_post = generator.integers(0, 2, size=40).astype(float)
    once = Bootstrap(40, resamples=400).mean(Sums.of(of_post, np.arange(40), posts=40))
    tenfold = Bootstrap(40, resamples=400).mean(Sums.of(of_post.repeat(10), np.arange(40).repeat(10), posts=40))
    assert once == tenfold


def test_the_interval_of_many_posts_is_that_of_the_normal_approximation() -> None:
    values = np.tile(floats(0, 1, 1, 1), 250)
    found = Bootstrap(1000, resamples=2000).mean(Sums.of(values, np.arange(1000), posts=1000))
    half = 1.96 * (0.75 * 0.25 / 1000) ** 0.5
    assert found is not None
    assert (found.low, found.high) == pytest.approx((0.75 - half, 0.75 + half), abs=0.003)


def test_every_resample_draws_as_many_posts_as_there_are() -> None:
    assert (Bootstrap(7, resamples=20).draws.sum(axis=1) == 7).all()


@pytest.mark.parametrize(("outcome", "low", "high"), [(1.0, 0.831821, 1.0), (0.0, 0.0, 0.168179)])
def test_a_share_on_which_all_posts_agree_is_not_certain(outcome: float, low: float, high: float) -> None:
    # Wilson 1927: at the ends of the scale the other end lies z^2 / (n + z^2) away, with n = 19 and z = 1.959964.
    sums = Sums.of(np.full(40, outcome), np.arange(40) % 19, posts=30)
    found = Bootstrap(30, resamples=20).share(sums)
    assert found is not None
    assert (found.value, found.low, found.high) == pytest.approx((outcome, low, high), abs=1e-6)


@given(RESULTS)
def test_a_share_on_which_posts_differ_has_the_interval_of_its_mean(results: list[tuple[int, float]]) -> None:
    sums = sums_of(results)
    bootstrap = Bootstrap(5, resamples=20)
    if 0 < sums.mean < 1:
        assert bootstrap.share(sums) == bootstrap.mean(sums)


def test_nothing_counted_is_no_share() -> None:
    assert Bootstrap(2).share(Sums.of(floats(np.nan, np.nan), np.array([0, 1]), posts=2)) is None
