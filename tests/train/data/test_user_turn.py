"""What a model is asked: the words around a post, and where in them the post stands."""

from hypothesis import given
from hypothesis import strategies as st

from prefpairs.train.data.user_turn import user_turn

texts = st.text(max_size=40)


def test_a_post_by_itself_is_the_whole_turn() -> None:
    turn = user_turn(" I cannot sleep.\n")

    assert (turn.text, turn.start, turn.stop) == ("I cannot sleep.", 0, 15)


def test_instructions_and_community_come_first_and_a_draft_last() -> None:
    turn = user_turn("I cannot sleep.", system_prompt="Be kind. ", community="QuietRoom", draft=" Just sleep.")

    assert turn.text == (
        "Be kind.\n\nCommunity: r/QuietRoom\n\nPost:\nI cannot sleep."
        "\n\nDraft of a reply:\nJust sleep.\n\nBetter reply:"
    )


@given(texts, texts | st.none(), texts | st.none(), texts | st.none())
def test_the_post_stands_where_the_turn_says(
    post: str, system: str | None, community: str | None, draft: str | None
) -> None:
    turn = user_turn(post, system_prompt=system, community=community, draft=draft)

    assert turn.text[turn.start : turn.stop] == post.strip()
