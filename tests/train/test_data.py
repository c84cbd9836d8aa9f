from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import transformers

from prefpairs.config import Train
from prefpairs.errors import ConfigError, ContractError
from prefpairs.train.data import Row, Split, encode, read_rows
from prefpairs.train.encoding import Encoder
from tests.support.tiny_model import CHAT_TEMPLATE, save_tiny_model
from tests.support.version_folder import pair_row, write_version

DAY = date(2024, 7, 26)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return _tokenizer(save_tiny_model(tmp_path_factory.mktemp("plain")))


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return _tokenizer(save_tiny_model(tmp_path_factory.mktemp("chat"), chat_template=CHAT_TEMPLATE))


def _tokenizer(folder: Path) -> Any:
    return transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)


def _row(prompt: str, chosen: str, rejected: str, *, thread: str = "t", seconds: int | None = None) -> Row:
    return Row(
        thread_id=thread,
        prompt=prompt,
        chosen=chosen,
        rejected=rejected,
        words_chosen=len(chosen.split()),
        words_rejected=len(rejected.split()),
        seconds_between=seconds,
    )


def _encode(tokenizer: Any, *rows: Row, **settings: Any) -> Split:
    return encode(rows, Encoder(tokenizer, template_date=DAY), settings=Train(**settings))


def test_plain_layout_is_post_empty_line_response_end(plain: Any) -> None:
    thread = _encode(plain, _row("How do you sleep?", "Long walks.", "No idea.")).threads[0]

    assert plain.decode(thread.prompt) == "How do you sleep?\n\n"
    assert [plain.decode(ids) for ids in thread.responses] == ["Long walks.<|end|>", "No idea.<|end|>"]


def test_begin_token_is_put_in_front_if_the_tokenizer_does_so(plain: Any, tmp_path: Path) -> None:
    from tokenizers.processors import TemplateProcessing

    tokenizer = _tokenizer(save_tiny_model(tmp_path))
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single="<|begin|> $A <|end|>",
        special_tokens=[("<|begin|>", tokenizer.bos_token_id), ("<|end|>", tokenizer.eos_token_id)],
    )

    with_begin = _encode(tokenizer, _row("How?", "Walk.", "No.")).threads[0]
    without = _encode(plain, _row("How?", "Walk.", "No.")).threads[0]

    assert with_begin.prompt.tolist() == [tokenizer.bos_token_id, *without.prompt]
    assert with_begin.responses == without.responses


def test_chat_template_gives_turns_and_their_ends(chat: Any) -> None:
    thread = _encode(chat, _row("How do you sleep? ", "Long walks.", "No idea.")).threads[0]

    assert chat.decode(thread.prompt) == "<|user|>How do you sleep?<|end|><|assistant|>"
    assert chat.decode(thread.responses[0]) == "Long walks.<|end|>"


def test_a_long_prompt_loses_its_start_and_a_response_nothing(plain: Any) -> None:
    prompt, chosen, rejected = "far " * 200 + "near", "Long walks help.", "No."
    split = _encode(plain, _row(prompt, chosen, rejected), max_tokens=64)
    thread = split.threads[0]

    assert len(thread.prompt) + max(map(len, thread.responses)) == 64
    assert plain.decode(thread.prompt).endswith("far near\n\n")
    assert [plain.decode(ids) for ids in thread.responses] == [chosen + "<|end|>", rejected + "<|end|>"]
    whole = _encode(plain, _row(prompt, chosen, rejected), max_tokens=2048).threads[0]
    assert (split.prompts_cut, split.prompt_tokens_cut) == (1, len(whole.prompt) - len(thread.prompt))
    assert thread.prompt == whole.prompt[-len(thread.prompt) :]


def test_the_template_around_a_long_prompt_is_never_cut(chat: Any) -> None:
    thread = _encode(chat, _row("far " * 200 + "near", "Walk.", "No."), max_tokens=48).threads[0]

    text = chat.decode(thread.prompt)
    assert text.startswith("<|user|>")
    assert text.endswith("far near<|end|><|assistant|>")


def test_a_response_that_leaves_no_room_for_the_prompt_is_dropped_and_counted(plain: Any) -> None:
    long = "x7 " * 60
    limit = len(plain(long).input_ids) + 1 + 16
    rows = (_row("How?", long, "No."), _row("How?", "Walk.", "No."))

    assert _encode(plain, *rows, max_tokens=limit).dropped == {}
    tight = _encode(plain, *rows, max_tokens=limit - 1)
    assert tight.dropped == {"response_too_long": 1}
    assert tight.counts()["pairs"] == 1
    assert [plain.decode(ids) for ids in tight.threads[0].responses] == ["Walk.<|end|>", "No.<|end|>"]


def test_a_response_of_several_pairs_stands_once(plain: Any) -> None:
    split = _encode(
        plain, _row("How?", "best", "mid"), _row("How?", "mid", "worst"), _row("How?", "best", "worst")
    )

    assert split.responses == 3
    assert [(pair.chosen, pair.rejected) for pair in split.threads[0].pairs] == [(0, 1), (1, 2), (0, 2)]


def test_pairs_of_one_thread_meet_wherever_they_stand_in_the_file(plain: Any) -> None:
    rows = (_row("A?", "1", "2", thread="a"), _row("B?", "1", "2", thread="b"), _row("A?", "1", "3", thread="a"))

    assert [len(thread.pairs) for thread in _encode(plain, *rows).threads] == [2, 1]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (_row(" ", "yes", "no"), "prompt_empty"),
        (_row("How?", "yes", "\n"), "response_empty"),
        (_row("How?", "same", "same"), "responses_equal"),
        (_row("How?<|end|><|assistant|>Like this", "yes", "no"), "control_token_in_text"),
    ],
)
def test_a_pair_that_cannot_be_trained_on_is_dropped_with_its_reason(chat: Any, row: Row, reason: str) -> None:
    split = _encode(chat, row, _row("Fine?", "yes", "no"))

    assert split.dropped == {reason: 1}
    assert split.pairs == 1


def test_a_template_that_prints_today_prints_the_day_of_the_settings(plain: Any, tmp_path: Path) -> None:
    tokenizer = _tokenizer(
        save_tiny_model(tmp_path, chat_template="{{ strftime_now('%Y-%m-%d') }} " + CHAT_TEMPLATE)
    )

    assert tokenizer.decode(_encode(tokenizer, _row("How?", "Walk.", "No.")).threads[0].prompt) == (
        "2024-07-26 <|user|>How?<|end|><|assistant|>"
    )


def test_a_template_without_a_boundary_is_refused(tmp_path: Path) -> None:
    tokenizer = _tokenizer(save_tiny_model(tmp_path, chat_template="{{ messages | length }}" + CHAT_TEMPLATE))

    with pytest.raises(ConfigError, match="no boundary"):
        _encode(tokenizer, _row("How?", "Walk.", "No."))


def test_a_template_that_fails_does_not_quote_the_text(tmp_path: Path) -> None:
    template = "{{ raise_exception(messages[0].content) }}"
    tokenizer = _tokenizer(save_tiny_model(tmp_path, chat_template=template))

    with pytest.raises(ConfigError, match="chat template failed") as caught:
        _encode(tokenizer, _row("Marigold", "Walk.", "No."))
    assert "Marigold" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_a_tokenizer_without_an_end_token_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no end-of-text token"):
        Encoder(_tokenizer(save_tiny_model(tmp_path, eos=False)), template_date=DAY)


def test_rows_come_back_as_they_were_written(tmp_path: Path) -> None:
    write_version(tmp_path, {"train": [pair_row("t", "How?", "Walk a lot.", "No.", seconds_between=None)]})

    assert read_rows(tmp_path.glob("data/pairs/*.parquet")) == [_row("How?", "Walk a lot.", "No.")]


def test_a_labels_only_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "train-00000-of-00001.parquet"
    pq.write_table(pa.table({"pair_id": ["a"]}), file)

    with pytest.raises(ContractError, match="labels-only"):
        read_rows([file])


def test_a_null_where_the_contract_forbids_one_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "train-00000-of-00001.parquet"
    pq.write_table(pa.Table.from_pylist([pair_row("t", "How?", "yes", "no") | {"chosen": None}]), file)

    with pytest.raises(ContractError, match=r"nulls in the columns \['chosen'\]"):
        read_rows([file])


def test_a_file_that_is_not_parquet_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "train-00000-of-00001.parquet"
    file.write_bytes(b"not Parquet at all")

    with pytest.raises(ContractError, match="cannot be read as Parquet"):
        read_rows([file])
