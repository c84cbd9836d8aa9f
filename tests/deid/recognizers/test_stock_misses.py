"""What stock Presidio misses or takes wrongly on Reddit, as measured: ours finds it, and leaves the rest."""

import pytest

from tests.support.recognizing import direct_recognizers, masked

_RECOGNIZERS = direct_recognizers()


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("u/ThrowRA_sad", "<REDDIT_USER>"),
        ("/u/throwRA-sad123", "<REDDIT_USER>"),
        ("r/BPDlovedones", "<SUBREDDIT>"),
        ("kik: sadboi99", "kik: <SOCIAL_HANDLE>"),
        ("snap is lonelyboi22", "snap is <SOCIAL_HANDLE>"),
        ("discord sadpanda#4821", "discord <SOCIAL_HANDLE>"),
        ("my ig is jane_doe.22", "my ig is <SOCIAL_HANDLE>"),
        ("venmo @jane-roe", "venmo <SOCIAL_HANDLE>"),
        ("insta @lonely.boi", "insta <SOCIAL_HANDLE>"),
        ("415-555-2671", "<PHONE_NUMBER>"),
        ("+44 7700 900123", "<PHONE_NUMBER>"),
        ("four one five 555 2671", "<PHONE_NUMBER>"),
        ("(415) 555-0132", "<PHONE_NUMBER>"),
        ("jane dot roe at gmail dot com", "<EMAIL_ADDRESS>"),
    ],
)
def test_what_stock_presidio_misses_is_found(raw: str, expected: str) -> None:
    assert masked(_RECOGNIZERS, raw) == expected


@pytest.mark.parametrize(
    "raw",
    [
        "which has 1689 post karma", "it.is, bad.me, in 9th grade.Later", "9/11, 24/7, 4/20, 10/10",
        "B12, D3, F32, H1, C3, m8", "PHQ-9 and GAD-7", "call 988, text 741741, or 116 123",
        "20mg of B12, 2 weeks ago", "(M19) and 24F",
    ],
)  # fmt: skip
def test_what_stock_presidio_takes_wrongly_stays(raw: str) -> None:
    assert masked(_RECOGNIZERS, raw) == raw
