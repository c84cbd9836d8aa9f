from array import array

from prefpairs.train.data.trees import Pair, Tree
from prefpairs.train.loop.work import work


def _tree(*, prompt: int, responses: list[int], pairs: list[tuple[int, int]]) -> Tree:
    return Tree(
        thread_id="t",
        prompt=array("i", [1] * prompt),
        responses=tuple(array("i", [2] * length) for length in responses),
        response_ids=tuple(map(str, responses)),
        numbers=tuple(range(len(responses))),
        pairs=tuple(Pair(chosen=chosen, rejected=rejected) for chosen, rejected in pairs),
    )


def test_separate_pairs_repeat_the_prompt_and_the_response_that_stands_in_two() -> None:
    tree = _tree(prompt=10, responses=[3, 4, 5], pairs=[(0, 1), (0, 2)])

    assert work([tree, tree]) == {
        "posts": 2,
        "pairs": 4,
        "responses": 6,
        "tokens": 2 * (10 + 3 + 4 + 5),
        "separate_tokens": 2 * ((13 + 14) + (13 + 15)),
    }


def test_without_pairs_every_response_has_a_prompt_of_its_own() -> None:
    assert work([_tree(prompt=10, responses=[3, 4], pairs=[])])["separate_tokens"] == 13 + 14
