"""What a model writes to prompts: the same whatever is written beside it, and nothing of its author's habits."""

import stat
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from prefpairs.errors import ConfigError
from prefpairs.evaluate.generations.generate import Reply, Sampling, end_tokens, save_replies, write_replies
from prefpairs.train.data.trees import Ids, Tree
from prefpairs.train.models.lora import add_lora
from prefpairs.train.recipe import Lora
from tests.support.tiny_model import TEXTS

NEVER = (10_000,)
"""A token that no vocabulary has: a model that is told to stop there writes on."""


def prompts_of(tokenizer: Any) -> list[Ids]:
    """Return prompts of unlike length, one of which holds the token that padding is made of."""
    texts = zip(TEXTS, (9, 3, 6, 12), strict=True)
    prompts = [array("i", tokenizer(text).input_ids[:length]) for text, length in texts]
    prompts[2][0] = 0
    return prompts


def written(tiny: tuple[Any, Any], sampling: Sampling, *, ends: Sequence[int] = NEVER) -> list[Reply]:
    model, tokenizer = tiny
    prompts = prompts_of(tokenizer)
    return write_replies(model, tokenizer, prompts, sampling=sampling, ends=ends, keys=["a", "b", "c", "d"])


def greedy(model: Any, prompt: Ids, tokens: int) -> list[int]:
    """Return the likeliest tokens, worked out from the whole text anew each time."""
    ids = prompt.tolist()
    with torch.inference_mode():
        for _ in range(tokens):
            ids.append(int(model(input_ids=torch.tensor([ids])).logits[0, -1].argmax()))
    return ids[len(prompt) :]


def test_each_reply_is_the_likeliest_continuation_of_its_own_prompt(tiny: tuple[Any, Any]) -> None:
    model, tokenizer = tiny
    replies = written(tiny, Sampling(max_new_tokens=8, batch=4))
    expected = [tokenizer.decode(greedy(model, prompt, 8)).strip() for prompt in prompts_of(tokenizer)]
    assert [reply.text for reply in replies] == expected


@pytest.mark.parametrize("temperature", [0.0, 1.0])
@pytest.mark.parametrize("batch", [2, 3, 4])
def test_a_reply_does_not_depend_on_what_is_written_beside_it(
    tiny: tuple[Any, Any], temperature: float, batch: int
) -> None:
    alone = written(tiny, Sampling(max_new_tokens=8, temperature=temperature, batch=1))
    together = written(tiny, Sampling(max_new_tokens=8, temperature=temperature, batch=batch))
    assert together == alone


def test_sampled_replies_follow_from_the_seed(tiny: tuple[Any, Any]) -> None:
    first, again, other = (
        written(tiny, Sampling(max_new_tokens=8, temperature=1.0, seed=seed)) for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


def test_samples_follow_the_models_own_distribution(tiny: tuple[Any, Any]) -> None:
    model, tokenizer = tiny
    prompt = prompts_of(tokenizer)[0]
    keys = [str(number) for number in range(600)]
    replies = write_replies(
        model, tokenizer, [prompt] * 600, sampling=Sampling(max_new_tokens=1, temperature=0.3, batch=600),
        ends=NEVER, keys=keys,
    )  # fmt: skip
    with torch.inference_mode():
        expected = (model(input_ids=torch.tensor([prompt.tolist()])).logits[0, -1] / 0.3).softmax(-1)
    likeliest = int(expected.argmax())
    share = sum(reply.text == tokenizer.decode([likeliest]).strip() for reply in replies) / 600
    deviation = float((expected[likeliest] * (1 - expected[likeliest]) / 600) ** 0.5)
    assert abs(share - float(expected[likeliest])) < 4 * deviation


def test_a_small_top_p_leaves_the_likeliest_token(tiny: tuple[Any, Any]) -> None:
    narrow = written(tiny, Sampling(max_new_tokens=8, temperature=1.0, top_p=1e-6))
    assert narrow == written(tiny, Sampling(max_new_tokens=8))


def test_a_reply_ends_where_its_turn_ends(tiny: tuple[Any, Any]) -> None:
    model, tokenizer = tiny
    likeliest = greedy(model, prompts_of(tokenizer)[0], 8)
    third = likeliest.index(likeliest[2])
    reply = written(tiny, Sampling(max_new_tokens=8), ends=(likeliest[2],))[0]
    assert (reply.tokens, reply.complete) == (third, True)
    assert written(tiny, Sampling(max_new_tokens=8))[0] == Reply(
        text=tokenizer.decode(likeliest).strip(), tokens=8, complete=False
    )


def test_the_sampling_habits_of_a_models_author_do_not_count(tiny: tuple[Any, Any]) -> None:
    model, _ = tiny
    before = written(tiny, Sampling(max_new_tokens=8))
    model.generation_config.update(repetition_penalty=5.0, no_repeat_ngram_size=1, max_length=4)
    assert written(tiny, Sampling(max_new_tokens=8)) == before
    assert model.generation_config.repetition_penalty == 5.0


def test_an_adapter_writes_like_any_model(tiny: tuple[Any, Any]) -> None:
    model, tokenizer = tiny
    before = written(tiny, Sampling(max_new_tokens=8))
    # A new adapter adds nothing yet.
    adapted = add_lora(model, Lora(rank=2), seed=0)
    assert written((adapted, tokenizer), Sampling(max_new_tokens=8)) == before


def test_a_model_in_training_comes_back_to_training(tiny: tuple[Any, Any]) -> None:
    model, _ = tiny
    model.train()
    written(tiny, Sampling(max_new_tokens=1))
    assert model.training


def test_a_prompt_that_does_not_fit_is_refused_before_anything_is_written(tiny: tuple[Any, Any]) -> None:
    with pytest.raises(ConfigError, match=r"take 2060 positions, and the model knows 2048.*max_new_tokens"):
        written(tiny, Sampling(max_new_tokens=2048))


def test_no_prompts_no_replies(tiny: tuple[Any, Any]) -> None:
    model, tokenizer = tiny
    assert write_replies(model, tokenizer, [], sampling=Sampling(), ends=NEVER, keys=[]) == []


def test_progress_is_told_of_every_reply(tiny: tuple[Any, Any]) -> None:
    model, tokenizer = tiny
    told: list[int] = []
    write_replies(
        model, tokenizer, prompts_of(tokenizer), sampling=Sampling(max_new_tokens=1, batch=3), ends=NEVER,
        keys=["a", "b", "c", "d"], progress=told.append,
    )  # fmt: skip
    assert sum(told) == 4


def test_the_end_of_a_turn_is_learned_from_the_training_data(tiny: tuple[Any, Any]) -> None:
    _, tokenizer = tiny
    user = tokenizer.convert_tokens_to_ids("<|user|>")
    word = tokenizer("sleep").input_ids
    tree = Tree(
        thread_id="t", prompt=array("i", word), responses=(array("i", [*word, user]),), response_ids=("r",),
        numbers=(0,),
    )  # fmt: skip
    assert end_tokens(tokenizer, [tree]) == tuple(sorted({tokenizer.eos_token_id, user}))
    assert end_tokens(tokenizer, []) == (tokenizer.eos_token_id,)


def test_replies_are_written_for_their_owner_alone_and_over_nothing(tmp_path: Path) -> None:
    path = tmp_path / "replies.jsonl"
    save_replies(path, ["{}", "{}"])
    assert path.read_text() == "{}\n{}\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(ConfigError, match="not there yet"):
        save_replies(path, [])
