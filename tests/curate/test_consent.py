"""Whose text is never used: communities for harm or for minors, and authors who ask for it."""

import pytest

from prefpairs.config import Settings
from prefpairs.config_curate import Curate
from prefpairs.curate import decide
from prefpairs.keys import ProjectKey
from prefpairs.lake import Lake
from tests.support.curating import reasons, reasons_for_text
from tests.support.rows import CREATED, LONG_ENOUGH, append, comment, observation, post


@pytest.mark.parametrize(
    ("community", "reason"),
    [
        ("proED", "DENIED_COMMUNITY"),
        ("SanctionedSuicide", "DENIED_COMMUNITY"),
        ("teenagers", "TEEN_COMMUNITY"),
        ("LGBTEENS", "TEEN_COMMUNITY"),
    ],
)
def test_community_is_out_in_any_case_of_letters(community: str, reason: str) -> None:
    rows = [post("t3_q", subreddit=community), comment("t1_a", subreddit=community)]
    assert reasons(rows) == {"t3_q": [reason], "t1_a": [reason]}


def test_communities_are_settings() -> None:
    settings = Curate(denied_communities=("QuietHarbour",), teen_communities=())
    rows = [comment("t1_a", subreddit="quietharbour"), comment("t1_b", subreddit="teenagers")]
    assert reasons(rows, settings) == {"t1_a": ["DENIED_COMMUNITY"], "t1_b": []}
    with pytest.raises(ValueError, match="denied_communities"):
        Curate(denied_communities=("r/QuietHarbour",))


@pytest.mark.parametrize(
    "request_",
    [
        "Please do not use my post for research.",
        "please don't use this post in any study",
        "PLEASE DON’T USE MY COMMENTS TO TRAIN AI",
        "(Do not use this story on YouTube or TikTok)",
        "Don't use my words.",
        "Do not copy or repost. Do not repost this story anywhere.",
        "Pls don't screenshot my post",
        "*Do not share this post*",
        "I do not consent to my post being used in research.",
        "I did not give permission for this comment to be quoted.",
        "I don't consent to anyone using my story.",
        "I do not want this post to be used by anyone else.",
        "This is not for research purposes.",
        "Not for AI training.",
        "No journalists please.",
        "Researchers are not welcome here.",
    ],
)
def test_who_asks_not_to_be_used_is_not(request_: str) -> None:
    assert reasons_for_text(f"{LONG_ENOUGH} {request_}") == ["OPT_OUT"]
    assert reasons([post("t3_q", selftext=f"{LONG_ENOUGH}\n\n{request_}")]) == {"t3_q": ["OPT_OUT"]}
    assert reasons([post("t3_q", title=f"I am lost. {request_}")]) == {"t3_q": ["OPT_OUT"]}


@pytest.mark.parametrize(
    "text",
    [
        "Please do not use my comment as medical advice, I am only somebody who was there.",
        "Do not use this post as a replacement for therapy, it is only what I did.",
        "I don't share my story often, but I felt that I had to tell you.",
        "I do not use Reddit for research, I come here for the people.",
        "Do not use drugs to study, it is not worth it, and I know what I am talking about.",
        "Researchers do not know why it happens, but it does happen to many people.",
        "They said that the study is not for me, and I did not give my consent in the end.",
        "Please don't stop to share with us, your story is safe here.",
        "You do not have to share this with anybody, and you do not have to explain it.",
        "My therapist does not want me to be in this study, and I agree with her.",
    ],
)
def test_what_only_sounds_like_a_request_is_kept(text: str) -> None:
    assert reasons_for_text(text) == []


ASKS = f"{LONG_ENOUGH} Please do not use my words for research."


@pytest.mark.parametrize("retrieved_on", [CREATED + 1, CREATED + 9_000_000], ids=["earlier", "later"])
def test_who_asked_in_any_version_is_heard(lake: Lake, key: ProjectKey, retrieved_on: int) -> None:
    look = {"source": "archive", "retrieved_on": retrieved_on}
    append(lake, "posts", [post("t3_p", source="reddit"), post("t3_q"), post("t3_p", selftext=ASKS, **look)])
    append(lake, "comments", [comment("t1_a", source="reddit"), comment("t1_a", body=ASKS, **look)])
    append(lake, "comments", [comment("t1_b", source="reddit"), comment("t1_b", **look)])
    append(lake, "score_observations", [observation(name) for name in ("t3_p", "t3_q", "t1_a", "t1_b")])

    decide.run(Settings(), lake, key)

    decided = dict(lake.scan("decisions").select("name", "reasons").collect().iter_rows())
    assert decided == {"t3_p": ["OPT_OUT"], "t1_a": ["OPT_OUT"], "t3_q": [], "t1_b": []}
