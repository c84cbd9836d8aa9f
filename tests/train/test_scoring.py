from array import array
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from prefpairs.config import Train
from prefpairs.train.model import load
from prefpairs.train.scoring import Example, collate, score, score_all
from tests.support.tiny_model import save_tiny_model

CPU = torch.device("cpu")
_ids = st.lists(st.integers(0, 250), min_size=1, max_size=24).map(lambda ids: array("i", ids))
_examples = st.lists(st.builds(Example, prompt=_ids, response=_ids), min_size=1, max_size=5)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return load(save_tiny_model(tmp_path_factory.mktemp("model")), device=CPU, settings=Train())[0]


def _by_hand(model: Any, example: Example) -> float:
    """One unpadded forward pass; the probability of each response token, one after the other."""
    ids = [*example.prompt, *example.response]
    with torch.no_grad():
        distribution = torch.log_softmax(model(torch.tensor([ids])).logits[0].double(), dim=-1)
    return sum(distribution[place - 1, ids[place]].item() for place in range(len(example.prompt), len(ids)))


@settings(deadline=None, max_examples=40)
@given(examples=_examples)
def test_neighbours_and_padding_change_no_score(model: Any, examples: list[Example]) -> None:
    expected = [_by_hand(model, example) for example in examples]

    with torch.no_grad():
        assert score(model, examples, device=CPU).tolist() == pytest.approx(expected, abs=2e-4)
    assert score_all(model, examples, batch_examples=2, device=CPU).tolist() == pytest.approx(expected, abs=2e-4)


def test_prompt_tokens_do_not_count_but_condition(model: Any) -> None:
    response = array("i", [7, 8, 9])
    short, other = (Example(prompt=array("i", ids), response=response) for ids in ([5], [6, 5, 4, 3]))

    first, second = score_all(model, [short, other], batch_examples=2, device=CPU).tolist()

    assert first != pytest.approx(second, abs=1e-3)
    assert second == pytest.approx(_by_hand(model, other), abs=1e-4)


def test_exactly_the_response_is_scored() -> None:
    batch = collate(
        [
            Example(prompt=array("i", [1, 2]), response=array("i", [3])),
            Example(prompt=array("i", [4]), response=array("i", [5, 6, 7])),
        ],
        device=CPU,
    )

    assert batch.ids[batch.scored].tolist() == [3, 5, 6, 7]
    assert batch.attention.sum(-1).tolist() == [3, 4]
    assert batch.first == 1


def test_folder_of_the_model_decides_the_scores(tmp_path: Path, model: Any) -> None:
    other = load(save_tiny_model(tmp_path, seed=1), device=CPU, settings=Train())[0]
    example = Example(prompt=array("i", [1, 2]), response=array("i", [3, 4]))

    assert _by_hand(other, example) != pytest.approx(_by_hand(model, example), abs=1e-3)
