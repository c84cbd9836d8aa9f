"""Requests -> requests at a pace that Reddit allows.

Reddit counts requests for each client id, averaged over ten minutes, and says what is left in three
headers. PRAW's own limiter sleeps by the real clock and only after the fact; this one is asked first,
and its clock and its sleep are handed in.
"""

from collections.abc import Callable, Mapping

_SECONDS_PER_MINUTE = 60.0


class TokenBucket:
    """A token bucket: `burst` requests at once, then `per_minute` of them a minute.

    Parameters
    ----------
    per_minute, burst
        The pace.
    max_hold_seconds
        The longest that `heed` makes the next request wait, whatever a header says.
    now, sleep
        The clock (seconds, any origin) and what waits. A clock that jumps back costs nothing but a
        little pace; one that jumps forward gives at most `burst` requests.

    """

    def __init__(
        self,
        *,
        per_minute: float,
        burst: int,
        max_hold_seconds: float,
        now: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        self._per_second = per_minute / _SECONDS_PER_MINUTE
        self._burst = float(burst)
        self._max_hold_seconds = max_hold_seconds
        self._now = now
        self._sleep = sleep
        self._tokens = float(burst)
        self._filled_at = now()
        self._hold_seconds = 0.0

    def take(self) -> None:
        """Wait until one more request is allowed, and count it."""
        self._fill()
        missing = max(0.0, 1.0 - self._tokens)
        wait = max(missing / self._per_second, self._hold_seconds)
        if wait > 0:
            self._sleep(wait)
            self._hold_seconds = 0.0
            self._fill()
        # Not below zero: a sleep that came back early must not build up a debt.
        self._tokens = max(0.0, self._tokens - 1.0)

    def heed(self, headers: Mapping[str, str]) -> None:
        """Follow `x-ratelimit-remaining` and `x-ratelimit-reset` of an answer, where they make sense.

        Other programs may use the same client id: what Reddit says is left is all that is left.
        """
        remaining = _number(headers.get("x-ratelimit-remaining"))
        reset = _number(headers.get("x-ratelimit-reset"))
        if remaining is None or reset is None:
            return
        self._fill()
        self._tokens = min(self._tokens, remaining)
        self._hold_seconds = min(max(1.0, reset), self._max_hold_seconds) if remaining < 1 else 0.0

    def _fill(self) -> None:
        now = self._now()
        elapsed = max(0.0, now - self._filled_at)
        self._filled_at = now
        self._tokens = min(self._burst, self._tokens + elapsed * self._per_second)
        self._hold_seconds = max(0.0, self._hold_seconds - elapsed)


def _number(text: str | None) -> float | None:
    try:
        value = float(text) if text is not None else None
    except ValueError:
        return None
    return value if value is not None and 0 <= value < float("inf") else None
