"""Names and communities of Reddit are masked in every spelling; units and slashes stay."""

import pytest

from prefpairs.deid.recognizers.mentions import (
    CommunityMentionRecognizer,
    RedditIdRecognizer,
    UserMentionRecognizer,
)
from tests.support.recognizing import masked

_RECOGNIZERS = (UserMentionRecognizer("en"), CommunityMentionRecognizer("en"), RedditIdRecognizer("en"))


@pytest.mark.parametrize(
    "spelling",
    [
        "u/ThrowRA_sad", "/u/throwRA-sad123", "U/SadPanda", "/user/sad_panda", "user/sad_panda99", "u//sadpanda",
        r"u\/sad\_panda", r"\/u\/sad-panda", r"u/sad\_panda\_99", "u / sadpanda", "u/ sad_panda", "2u/sadpanda",
        "r/u_sadpanda", "ｕ／ｎａｍｅ", "u／name", "u/\u200bname", "u/sad\u200bpanda_99", "u/sad\u00adpanda",
        "u\u200d/name", "&#117;/name", "u&#47;name", "u&#x2F;name", "u&sol;name", "u&amp;#47;name", "𝐮/𝐧𝐚𝐦𝐞",
        "u∕name", "/user/sad_panda/comments/17abcde/my_sister_jane", "/user/sad_panda/m/my_multi",
        "caféu/sad_panda",
    ],
)  # fmt: skip
def test_a_user_is_masked_in_every_spelling(spelling: str) -> None:
    assert masked(_RECOGNIZERS, f"ask {spelling}, please") == "ask <REDDIT_USER>, please"


@pytest.mark.parametrize(
    "spelling",
    [
        "r/BPDlovedones", "/r/depression_help", r"r\/BPDlovedones", "R/anxiety", "r//anxiety",
        "r / BPDlovedones", "ｒ／ａｎｘｉｅｔｙ", "r/\u200banxiety", "r&#47;anxiety", "r/one+two",
        "r/AskReddit/s/AbCdEf12", "/r/BPDlovedones/comments/17abcde/my_sister_jane/k2fx9ab/",
    ],
)  # fmt: skip
def test_a_community_is_masked_in_every_spelling(spelling: str) -> None:
    assert masked(_RECOGNIZERS, f"see {spelling} for it") == "see <SUBREDDIT> for it"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("it was t1_k2fx9ab, in t3_17abcde.", "it was <REDDIT_ID>, in <REDDIT_ID>."),
        ("[it](/comments/17abcde/)", "[it](<REDDIT_ID>)"),
        ("Comment\nbyu/SadPanda from\ninr/BPDlovedones", "Comment\n<REDDIT_USER> from\n<SUBREDDIT>"),
        ("(U/SadPanda)", "(<REDDIT_USER>)"),
    ],
)
def test_ids_and_embedded_comments_are_masked(raw: str, expected: str) -> None:
    assert masked(_RECOGNIZERS, raw) == expected


@pytest.mark.parametrize(
    "raw",
    [
        "10 u/day, 10u/day, 2 u/week", "20 U/kg, 5 u/ml, 3 u/hr and 12 mU/L", "5u/night", "u/L", "either/or",
        "w/r/t that", "and/or", "likes/comments/shares", "BYU/Utah", "his/her", "km/h", "w/o",
        "me / u / everyone", "r/o bipolar", "user/password and user/group", "a T3 and T4 test", "t1_",
        "her / him",
    ],
)  # fmt: skip
def test_units_and_slashes_are_no_mentions(raw: str) -> None:
    assert masked(_RECOGNIZERS, raw) == raw
