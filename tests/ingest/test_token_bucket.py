import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefpairs.ingest.token_bucket import TokenBucket
from tests.support.reddit import Clock


def _bucket(clock: Clock, *, per_minute: float = 60, burst: int = 5) -> TokenBucket:
    return TokenBucket(per_minute=per_minute, burst=burst, max_hold_seconds=300, now=clock.now, sleep=clock.sleep)


def test_a_burst_goes_at_once_and_the_next_request_waits() -> None:
    clock = Clock()
    bucket = _bucket(clock)

    for _ in range(6):
        bucket.take()

    assert clock.slept == [pytest.approx(1.0)]


def test_time_that_passes_elsewhere_counts() -> None:
    clock = Clock()
    bucket = _bucket(clock, burst=1)
    bucket.take()

    clock.time += 1.0
    bucket.take()

    assert clock.slept == []


@given(st.lists(st.floats(min_value=-5, max_value=20), max_size=60))
def test_no_minute_ever_holds_more_requests_than_allowed(gaps: list[float]) -> None:
    # A negative gap is a clock that jumps back: sent times are then measured without the jump.
    clock = Clock()
    bucket = _bucket(clock, per_minute=30, burst=4)
    sent, jumped_back = [], 0.0
    for gap in gaps:
        clock.time += gap
        jumped_back += max(0.0, -gap)
        bucket.take()
        sent.append(clock.time + jumped_back)

    for start in sent:
        assert sum(start <= moment < start + 60 for moment in sent) <= 30 + 4 + 1


def test_reddit_saying_that_nothing_is_left_stops_requests_until_its_reset() -> None:
    clock = Clock()
    bucket = _bucket(clock)

    bucket.heed({"x-ratelimit-remaining": "0.0", "x-ratelimit-used": "996", "x-ratelimit-reset": "42"})
    bucket.take()
    bucket.take()

    assert clock.slept[0] == 42
    assert sum(clock.slept) < 45


def test_little_left_takes_the_burst_away() -> None:
    clock = Clock()
    bucket = _bucket(clock)

    bucket.heed({"x-ratelimit-remaining": "2", "x-ratelimit-reset": "300"})
    for _ in range(3):
        bucket.take()

    assert len(clock.slept) == 1


def test_an_absurd_reset_cannot_stop_the_night() -> None:
    clock = Clock()
    bucket = _bucket(clock)

    bucket.heed({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "99999999"})
    bucket.take()

    assert sum(clock.slept) == 300


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-ratelimit-remaining": "0"},
        {"x-ratelimit-remaining": "none", "x-ratelimit-reset": "10"},
        {"x-ratelimit-remaining": "nan", "x-ratelimit-reset": "10"},
        {"x-ratelimit-remaining": "-1", "x-ratelimit-reset": "10"},
        {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "inf"},
    ],
)
def test_headers_without_meaning_change_nothing(headers: dict[str, str]) -> None:
    clock = Clock()
    bucket = _bucket(clock)

    bucket.heed(headers)
    bucket.take()

    assert clock.slept == []
