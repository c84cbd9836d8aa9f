from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import transformers
from hypothesis import given
from hypothesis import strategies as st

from prefpairs.train.data.encoding import Encoder
from prefpairs.train.data.tree_building import completion_split, preference_split, ranking
from prefpairs.train.data.trees import Pair, Split
from prefpairs.train.data.version_rows import Thread
from prefpairs.train.recipe import Text
from tests.support.tiny_model import CHAT_TEMPLATE, save_tiny_model

TEXTS = ("best", "good", "fair", "poor", "worst")


def _thread(
    *responses: str, pairs: tuple[tuple[int, int], ...] = ((0, 1),), prompt: str = "How?", **others: Any
) -> Thread:
    return Thread(
        **{"thread_id": "t", "community": "harbour", **others},
        prompt=prompt,
        responses=responses,
        response_ids=tuple(f"id-{place}" for place in range(len(responses))),
        pairs=tuple(Pair(chosen=chosen, rejected=rejected) for chosen, rejected in pairs),
    )


def _preferences(tokenizer: Any, *threads: Thread, whole: bool = False, row: int = 8192, **text: Any) -> Split:
    return preference_split(threads, _encoder(tokenizer, **text), row_tokens=row, whole=whole)


def _completions(tokenizer: Any, *threads: Thread, **text: Any) -> Split:
    return completion_split(threads, _encoder(tokenizer, **text))


def _encoder(tokenizer: Any, **text: Any) -> Encoder:
    return Encoder(tokenizer, Text(**{"min_prompt_tokens": 16, **text}), task="generation")


def _places(split: Split) -> list[list[tuple[int, int]]]:
    return [[(pair.chosen, pair.rejected) for pair in tree.pairs] for tree in split.trees]


def test_a_tree_has_the_prompt_once_and_every_response_once(plain: Any) -> None:
    split = _preferences(plain, _thread("best", "mid", "worst", pairs=((0, 1), (1, 2), (0, 2))))

    tree = split.trees[0]
    assert plain.decode(tree.prompt) == "How?\n\n"
    assert [plain.decode(ids) for ids in tree.responses] == ["best<|end|>", "mid<|end|>", "worst<|end|>"]
    assert tree.response_ids == ("id-0", "id-1", "id-2")
    assert _places(split) == [[(0, 1), (1, 2), (0, 2)]]
    assert tree.ranking == (0, 1, 2)


def test_numbers_run_through_the_whole_split(plain: Any) -> None:
    dropped = _thread("same", "same")
    split = _preferences(plain, _thread("a", "b"), dropped, _thread("c", "d", "e", pairs=((0, 2), (1, 2))))

    assert [tree.numbers for tree in split.trees] == [(0, 1), (2, 3, 4)]
    assert split.responses == 5


def test_what_is_known_of_a_pair_stays_with_it(plain: Any) -> None:
    pair = Pair(chosen=2, rejected=1, weight=0.5, probability=0.8, extra_words=-3, seconds_between=60)
    thread = Thread(
        thread_id="t",
        community=None,
        prompt="How?",
        responses=("unused", "no", "yes"),
        response_ids=("a", "b", "c"),
        pairs=(pair,),
    )

    tree = _preferences(plain, thread).trees[0]

    assert tree.pairs == (
        Pair(chosen=1, rejected=0, weight=0.5, probability=0.8, extra_words=-3, seconds_between=60),
    )
    assert tree.response_ids == ("b", "c")


def test_a_long_prompt_loses_its_start_and_a_response_nothing(plain: Any) -> None:
    thread = _thread("Long walks help.", "No.", prompt="far " * 200 + "near")

    split = _preferences(plain, thread, max_tokens=64)
    whole = _preferences(plain, thread, max_tokens=2048).trees[0]

    tree = split.trees[0]
    assert len(tree.prompt) + max(map(len, tree.responses)) == 64
    assert tree.responses == whole.responses
    assert tree.prompt == whole.prompt[-len(tree.prompt) :]
    assert (split.prompts_cut, split.prompt_tokens_cut) == (1, len(whole.prompt) - len(tree.prompt))


def test_a_prompt_is_cut_for_the_longest_response_that_stays(plain: Any) -> None:
    prompt, long = "far " * 200 + "near", "x7 " * 60
    short_only = _preferences(plain, _thread("yes", "no", prompt=prompt), max_tokens=100)
    with_long = _preferences(
        plain, _thread("yes", "no", long, pairs=((0, 1), (0, 2)), prompt=prompt), max_tokens=100
    )

    assert with_long.dropped == {"response_too_long": 1}
    assert with_long.trees == short_only.trees


def test_a_response_that_leaves_no_room_for_the_prompt_is_dropped_and_counted(plain: Any) -> None:
    long = "x7 " * 60
    limit = len(plain(long.strip()).input_ids) + 1 + len(plain("How?\n\n").input_ids)
    thread = _thread(long, "No.", "Walk.", pairs=((0, 1), (2, 1)))

    assert _preferences(plain, thread, max_tokens=limit).dropped == {}
    tight = _preferences(plain, thread, max_tokens=limit - 1)
    assert tight.dropped == {"response_too_long": 1}
    assert tight.counts()["pairs"] == 1
    assert [plain.decode(ids) for ids in tight.trees[0].responses] == ["No.<|end|>", "Walk.<|end|>"]


def test_a_long_response_is_dropped_before_it_hides_the_post_from_the_others(chat: Any) -> None:
    post, long = "far " * 60 + "near", "x7 " * 50
    encoder = _encoder(chat, system_prompt="Be kind. " * 5)
    prompt = encoder.prompt(post)
    response = encoder.response(prompt, long.strip())
    assert response is not None
    limit = prompt.frame_tokens + 20 + len(response.ids)
    thread = _thread("yes", "no", long, pairs=((0, 1), (0, 2)), prompt=post)
    text: dict[str, Any] = {"system_prompt": "Be kind. " * 5, "min_prompt_tokens": 20}

    fits = _preferences(chat, thread, max_tokens=limit, **text)
    tight = _preferences(chat, thread, max_tokens=limit - 1, **text)

    assert fits.dropped == {}
    assert len(fits.trees[0].prompt) == prompt.frame_tokens + 20
    assert tight.dropped == {"response_too_long": 1}
    assert len(tight.trees[0].prompt) > prompt.frame_tokens + 20


def test_a_post_shorter_than_what_must_stay_is_never_cut(plain: Any) -> None:
    post = "near " * 5
    whole = _encoder(plain).prompt(post)
    limit = whole.frame_tokens + len(whole.body) + len(plain("x7 x7").input_ids) + 1
    thread = _thread("x7 x7", "no", "x7 x7 x7", pairs=((0, 1), (0, 2)), prompt=post)

    split = _preferences(plain, thread, max_tokens=limit, min_prompt_tokens=len(whole.body) + 1)

    assert split.dropped == {"response_too_long": 1}
    assert split.trees[0].prompt == whole.fitted(limit)[0]
    assert split.prompts_cut == 0


def test_a_draft_that_leaves_no_room_is_dropped_and_counted(plain: Any) -> None:
    encoder = Encoder(plain, Text(max_tokens=64, min_prompt_tokens=16), task="improvement")
    threads = (_thread("yes", "no", draft="x7 " * 60), _thread("yes", "no", draft="x7"))

    split = preference_split(threads, encoder, row_tokens=128)

    assert split.dropped == {"draft_too_long": 1}
    assert split.pairs == 1


@pytest.mark.parametrize(
    ("thread", "reason"),
    [
        (_thread("yes", "no", prompt=" "), "prompt_empty"),
        (_thread("yes", "\n"), "response_empty"),
        (_thread("same", "same "), "responses_equal"),
        (_thread("yes", "no", pairs=((0, 0),)), "responses_equal"),
        (_thread("yes", "no", prompt="How?<|end|><|assistant|>Like this"), "control_token_in_text"),
        (_thread("yes", "no<|end|>"), "control_token_in_text"),
        (_thread("yes", pairs=()), "no_pair"),
    ],
)
def test_a_row_that_cannot_be_trained_on_is_dropped_with_its_reason(
    chat: Any, thread: Thread, reason: str
) -> None:
    split = _preferences(chat, thread, _thread("yes", "no"))

    assert split.dropped == {reason: 1}
    assert (split.rows, split.pairs) == (2, 1)


def test_a_text_that_stands_twice_is_one_response_and_its_second_pair_is_dropped(plain: Any) -> None:
    split = _preferences(plain, _thread("same", "no", "same", "other", pairs=((0, 1), (2, 1), (2, 3))))

    assert split.trees[0].response_ids == ("id-0", "id-1", "id-3")
    assert _places(split) == [[(0, 1), (0, 2)]]
    assert split.dropped == {"repeated": 1}


def test_pairs_that_contradict_each_other_leave_no_ranking_and_are_counted(plain: Any) -> None:
    # The same text was liked in one place and not in another.
    split = _preferences(plain, _thread("same", "no", "same", pairs=((0, 1), (1, 2))))

    assert split.trees[0].ranking == ()
    assert split.counts()["rankings_cyclic"] == 1
    assert _places(split) == [[(0, 1), (1, 0)]]


def test_for_a_listwise_loss_a_thread_stays_whole_or_is_dropped(plain: Any) -> None:
    large = _thread("one " * 20, "two " * 20, "six " * 20, pairs=((0, 1), (1, 2), (0, 2)))
    cyclic = _thread("a", "b", pairs=((0, 1), (1, 0)))
    threads = (large, cyclic, _thread("yes", "no"))

    split = _preferences(plain, *threads, whole=True, row=100)

    assert split.dropped == {"pairs_contradict": 2, "thread_over_row_tokens": 3}
    assert [tree.numbers for tree in split.trees] == [(0, 1)]
    assert _preferences(plain, *threads, row=100).pairs == 6


def test_a_thread_with_one_response_serves_sft(plain: Any) -> None:
    split = _completions(plain, _thread("yes", pairs=()))

    assert [plain.decode(ids) for ids in split.trees[0].responses] == ["yes<|end|>"]
    assert (split.rows, split.pairs, split.dropped) == (1, 0, {})


def test_completions_that_cannot_be_trained_on_are_counted_one_by_one(plain: Any) -> None:
    split = _completions(
        plain, _thread("yes", "yes", " ", "x7 " * 200, "no", pairs=()), _thread("a", "b", prompt="", pairs=()),
        max_tokens=128,
    )  # fmt: skip

    assert split.dropped == {"prompt_empty": 2, "repeated": 1, "response_empty": 1, "response_too_long": 1}
    assert split.rows == 7
    assert split.responses == 2


def test_merges_at_the_boundary_are_counted_for_responses_that_stay(merging: Any) -> None:
    threads = (_thread("ab", "ba", "aa", prompt="b"), _thread("a", "b" * 100, prompt="b"))

    split = _preferences(merging, *threads, max_tokens=64)

    assert split.dropped == {"response_too_long": 1}
    assert split.boundary_merges == 1


def test_texts_that_a_template_takes_apart_are_counted(tmp_path: Path) -> None:
    template = CHAT_TEMPLATE.replace("turn.content", "turn.content.split('</think>')[-1]")
    folder = save_tiny_model(tmp_path, chat_template=template)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
    threads = (
        _thread("yes", "no", "a</think>b", pairs=((0, 1), (0, 2))),
        _thread("yes", "no", prompt="A</think>B"),
    )

    split = _preferences(tokenizer, *threads)

    assert split.dropped == {"changed_by_template": 2}
    assert _places(split) == [[(0, 1)]]


def test_many_threads_come_back_in_order(plain: Any) -> None:
    threads = [_thread(f"yes {number}", "no", thread_id=f"t{number}") for number in range(1100)]

    split = _preferences(plain, *threads)

    assert [tree.thread_id for tree in split.trees] == [f"t{number}" for number in range(1100)]
    assert plain.decode(split.trees[1099].responses[0]) == "yes 1099<|end|>"


@st.composite
def threads(draw: st.DrawFn) -> Thread:
    responses = draw(st.lists(st.sampled_from(["", "a", "b ", "b", "c" * 30, "c" * 60]), min_size=1, max_size=5))
    place = st.integers(0, len(responses) - 1)
    return _thread(
        *responses,
        pairs=tuple(draw(st.lists(st.tuples(place, place), max_size=8))),
        prompt=draw(st.sampled_from(["How?", "far " * 30, " "])),
    )


@given(st.lists(threads(), max_size=5))
def test_every_row_becomes_a_pair_or_a_reason(plain: Any, found: list[Thread]) -> None:
    split = _preferences(plain, *found, max_tokens=64)

    assert split.rows == sum(max(1, len(thread.pairs)) for thread in found)
    assert split.rows == split.pairs + sum(split.dropped.values())


@given(st.lists(threads(), max_size=5))
def test_every_tree_fits_and_holds_together(plain: Any, found: list[Thread]) -> None:
    split = _preferences(plain, *found, max_tokens=64)

    assert [number for tree in split.trees for number in tree.numbers] == list(range(split.responses))
    for tree in split.trees:
        assert len(tree.prompt) >= 1
        assert len(tree.prompt) + max(map(len, tree.responses)) <= 64
        assert {place for pair in tree.pairs for place in (pair.chosen, pair.rejected)} == set(
            range(len(tree.responses))
        )
        assert len(set(map(bytes, tree.responses))) == len(tree.responses)


ORDERED_PAIRS = [
    Pair(chosen=one, rejected=other)
    for pair in combinations(range(5), 2)
    for one, other in (pair, tuple(reversed(pair)))
]


@given(st.lists(st.sampled_from(ORDERED_PAIRS), unique=True, max_size=12))
def test_a_ranking_agrees_with_every_pair_or_there_is_none(pairs: list[Pair]) -> None:
    ranked = ranking(pairs, 5)

    if ranked:
        assert sorted(ranked) == list(range(5))
        assert all(ranked.index(pair.chosen) < ranked.index(pair.rejected) for pair in pairs)
    else:
        assert _has_cycle(pairs)


def test_what_no_pair_decides_stays_in_published_order() -> None:
    assert ranking([Pair(chosen=3, rejected=0)], 5) == (1, 2, 3, 0, 4)


def _has_cycle(pairs: list[Pair]) -> bool:
    reached = {(pair.chosen, pair.rejected) for pair in pairs}
    for _ in range(5):
        reached |= {(one, last) for one, middle in reached for other, last in reached if middle == other}
    return any(one == other for one, other in reached)
