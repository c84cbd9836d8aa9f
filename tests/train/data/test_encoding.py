import copy
from pathlib import Path
from typing import Any

import pytest
import transformers
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from tokenizers.processors import TemplateProcessing

from prefpairs.errors import ConfigError
from prefpairs.train.data.encoding import Encoder, Request, Response
from prefpairs.train.recipe import Task, Text
from tests.support.corpora import corpus
from tests.support.tiny_model import CHAT_TEMPLATE, save_tiny_model

# As the families have them, with the tiny tokenizer's own marks.
MISTRAL = (
    "{{ bos_token }}{% for m in messages %}{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Roles must alternate') }}{% endif %}{% if m.role == 'user' %}"
    "{{ '[INST] ' + m.content + ' [/INST]' }}{% else %}{{ m.content + eos_token }}{% endif %}{% endfor %}"
)
GEMMA = (
    "{{ bos_token }}{% if messages[0].role == 'system' %}{{ raise_exception('No system role') }}{% endif %}"
    "{% for m in messages %}{% set role = 'model' if m.role == 'assistant' else m.role %}"
    "{{ '<|user|>' + role + '\n' + (m.content | trim) + '<|end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|user|>model\n' }}{% endif %}"
)
LLAMA = (
    "{{- bos_token }}{%- if not date_string is defined %}{%- set date_string = strftime_now('%d %b %Y') %}"
    "{%- endif %}{%- if messages[0].role == 'system' %}{%- set system = messages[0].content %}"
    "{%- set messages = messages[1:] %}{%- else %}{%- set system = '' %}{%- endif %}"
    "{{- 'Today Date: ' + date_string + '\n\n' + system + '<|end|>' }}"
    "{%- for m in messages %}{{- '<|user|>' + m.role + '\n\n' + m.content | trim + '<|end|>' }}{%- endfor %}"
    "{%- if add_generation_prompt %}{{- '<|user|>assistant\n\n' }}{%- endif %}"
)
QWEN = (
    "{% if messages[0].role != 'system' %}{{ '<|user|>system\nYou are helpful.<|end|>\n' }}{% endif %}"
    "{% for m in messages %}{{ '<|user|>' + m.role + '\n' + m.content + '<|end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|user|>assistant\n' }}{% endif %}"
)
WITHOUT_SYSTEM = "{% if messages[0].role == 'system' %}{{ raise_exception('no system turn') }}{% endif %}"


def _tokenizer(folder: Path, **settings: Any) -> Any:
    return transformers.AutoTokenizer.from_pretrained(save_tiny_model(folder, **settings), local_files_only=True)


def _encoder(tokenizer: Any, *, task: Task = "generation", **settings: Any) -> Encoder:
    return Encoder(tokenizer, Text(**settings), task=task)


def _prompt(tokenizer: Any, post: str = "How?", **request: Any) -> str:
    """Return the prompt of a request as text."""
    encoder = _encoder(tokenizer, **request.pop("settings", {}), task=request.pop("task", "generation"))
    return str(tokenizer.decode(encoder.prompt(post, **request).fitted(10_000)[0]))


def _response(encoder: Encoder, post: str, text: str) -> Response:
    response = encoder.response(encoder.prompt(post), text)
    assert response is not None
    return response


def test_without_a_chat_template_the_prompt_ends_in_an_empty_line(plain: Any) -> None:
    assert _prompt(plain, "How do you sleep?") == "How do you sleep?\n\n"
    assert plain.decode(_response(_encoder(plain), "How?", "Long walks.").ids) == "Long walks.<|end|>"


def test_a_chat_template_gives_turns_and_their_ends(chat: Any) -> None:
    assert _prompt(chat, "How do you sleep? ") == "<|user|>How do you sleep?<|end|><|assistant|>"
    assert chat.decode(_response(_encoder(chat), "How?", " Long walks.\n").ids) == "Long walks.<|end|>"


def test_what_is_trained_on_is_what_generation_begins_with(chat: Any) -> None:
    prompt = _encoder(chat).prompt("How do you sleep?")

    asked = chat.apply_chat_template(
        [{"role": "user", "content": "How do you sleep?"}], add_generation_prompt=True, return_dict=False
    )
    assert prompt.fitted(1000)[0].tolist() == asked


@pytest.mark.parametrize("system_prompt", [None, "Be kind."])
@pytest.mark.parametrize("template", [MISTRAL, GEMMA, LLAMA, QWEN], ids=["mistral", "gemma", "llama", "qwen"])
def test_what_is_trained_on_is_the_conversation_as_the_template_renders_it(
    tmp_path: Path, template: str, system_prompt: str | None
) -> None:
    tokenizer = _tokenizer(tmp_path, chat_template=template)
    encoder = _encoder(tokenizer, system_prompt=system_prompt)
    prompt = encoder.prompt("How do you sleep?")
    response = encoder.response(prompt, "Long walks.")
    system: list[dict[str, str]] = []
    asked = "How do you sleep?"
    if system_prompt and template in (LLAMA, QWEN):
        system = [{"role": "system", "content": system_prompt}]
    elif system_prompt:
        asked = f"{system_prompt}\n\n{asked}"
    turns = [*system, {"role": "user", "content": asked}, {"role": "assistant", "content": "Long walks."}]

    rendered = tokenizer.apply_chat_template(turns, tokenize=False, date_string="26 Jul 2024")

    assert response is not None
    assert tokenizer.decode(prompt.fitted(1000)[0] + response.ids) == rendered
    assert tokenizer.decode(response.ids).startswith("Long walks.<|end|>")


def test_a_reply_ends_even_if_the_template_does_not_end_it(tmp_path: Path) -> None:
    endless = "{% for turn in messages %}{{ '<|' + turn.role + '|>' + turn.content }}{% endfor %}"
    tokenizer = _tokenizer(
        tmp_path, chat_template=endless + "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
    )

    assert tokenizer.decode(_response(_encoder(tokenizer), "How?", "Walk.").ids) == "Walk.<|end|>"


def test_a_begin_token_is_put_in_front_if_the_tokenizer_does_so(plain: Any, tmp_path: Path) -> None:
    tokenizer = _tokenizer(tmp_path)
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single="<|begin|> $A <|end|>",
        special_tokens=[("<|begin|>", tokenizer.bos_token_id), ("<|end|>", tokenizer.eos_token_id)],
    )

    with_begin, without = _encoder(tokenizer), _encoder(plain)

    assert with_begin.prompt("How?").fitted(99)[0].tolist() == [
        tokenizer.bos_token_id,
        *without.prompt("How?").fitted(99)[0],
    ]
    assert _response(with_begin, "How?", "Walk.") == _response(without, "How?", "Walk.")


def test_a_system_prompt_is_the_system_turn_of_a_template_that_has_one(chat: Any) -> None:
    settings = {"system_prompt": "Be kind."}

    assert _prompt(chat, settings=settings) == "<|system|>Be kind.<|end|><|user|>How?<|end|><|assistant|>"


def test_a_system_prompt_is_the_first_paragraph_where_there_is_no_system_turn(plain: Any, tmp_path: Path) -> None:
    refusing = _tokenizer(tmp_path, chat_template=WITHOUT_SYSTEM + CHAT_TEMPLATE)
    settings = {"system_prompt": "Be kind."}

    assert _prompt(refusing, settings=settings) == "<|user|>Be kind.\n\nHow?<|end|><|assistant|>"
    assert _prompt(plain, settings=settings) == "Be kind.\n\nHow?\n\n"


def test_the_community_is_named_before_the_post_only_if_asked_for(plain: Any) -> None:
    assert _prompt(plain, community="harbour", settings={"community": True}) == "Community: r/harbour\n\nHow?\n\n"
    assert _prompt(plain, community="harbour") == "How?\n\n"
    assert _prompt(plain, settings={"community": True}) == "How?\n\n"


def test_the_prompt_of_an_improvement_holds_post_and_draft(chat: Any) -> None:
    assert _prompt(chat, draft=" Walk ", task="improvement") == (
        "<|user|>Post:\nHow?\n\nDraft of a reply:\nWalk\n\nBetter reply:<|end|><|assistant|>"
    )


def test_a_draft_is_no_part_of_a_prompt_for_generation(plain: Any) -> None:
    assert _prompt(plain, draft="Walk") == "How?\n\n"


def test_real_texts_come_out_as_they_went_in(plain: Any, chat: Any) -> None:
    answers = [answer.strip() for answer in corpus("counsel-chat")[:400]]
    for tokenizer in (plain, chat):
        encoder = _encoder(tokenizer)
        prompts = encoder.prompts([Request(post=answer) for answer in answers])
        replies = encoder.responses([(prompt, answers[0]) for prompt in prompts if prompt is not None])

        kept = [prompt for prompt in prompts if prompt is not None]
        assert len(kept) == len(answers)
        # Only places: what differs must not be printed.
        assert [
            place
            for place, (answer, prompt, reply) in enumerate(zip(answers, kept, replies, strict=True))
            if reply is None
            or answer not in tokenizer.decode(prompt.fitted(1_000_000)[0])
            or answers[0] not in tokenizer.decode(reply.ids)
        ] == []


@pytest.mark.parametrize("room", [40, 60, 200])
def test_only_the_start_of_the_post_is_cut_never_the_draft_or_the_frame(chat: Any, room: int) -> None:
    settings = {"system_prompt": "Be kind.", "community": True}
    encoder = _encoder(chat, task="improvement", **settings)
    prompt = encoder.prompt("far " * 200 + "near", community="harbour", draft="Walk far.")
    whole, _ = prompt.fitted(10_000)

    ids, cut = prompt.fitted(prompt.frame_tokens + room)

    text = chat.decode(ids)
    assert len(ids) == prompt.frame_tokens + room
    assert len(whole) == len(ids) + cut
    assert text.startswith("<|system|>Be kind.<|end|><|user|>Community: r/harbour\n\nPost:\n")
    assert text.endswith("far near\n\nDraft of a reply:\nWalk far.\n\nBetter reply:<|end|><|assistant|>")


def test_a_post_that_repeats_the_system_prompt_is_cut_where_the_post_is(chat: Any) -> None:
    encoder = _encoder(chat, system_prompt="far far far")
    prompt = encoder.prompt("far")

    ids, cut = prompt.fitted(prompt.frame_tokens)

    assert cut == len(prompt.body)
    assert chat.decode(ids) == "<|system|>far far far<|end|><|user|><|end|><|assistant|>"


@given(st.text(min_size=1).filter(str.strip), st.text(min_size=1).filter(str.strip))
def test_prompt_and_response_decode_to_what_was_put_in(chat: Any, post: str, reply: str) -> None:
    encoder = _encoder(chat)
    if encoder.request_objection(Request(post=post)) or encoder.response_objection(reply):
        return
    prompt = encoder.prompt(post)
    response = encoder.response(prompt, reply)

    assert response is not None
    text = chat.decode(prompt.fitted(100_000)[0] + response.ids)
    assert text == f"<|user|>{post.strip()}<|end|><|assistant|>{reply.strip()}<|end|>"


@given(
    post=st.text("ab .\n!", min_size=1).filter(str.strip),
    reply=st.text("ab .\n!", min_size=1).filter(str.strip),
    times=st.sampled_from([1, 50]),
)
def test_a_response_is_merged_just_if_the_whole_text_tokenises_otherwise(
    plain: Any, merging: Any, post: str, reply: str, times: int
) -> None:
    post, reply = post * times, reply * times
    for tokenizer in (plain, merging):
        encoder = _encoder(tokenizer)
        prompt = encoder.prompt(post)
        response = encoder.response(prompt, reply)
        assert response is not None

        apart = [*prompt.fitted(100_000)[0], *response.ids[:-1]]
        together = tokenizer(f"{post.strip()}\n\n{reply.strip()}", add_special_tokens=False).input_ids

        assert response.merged == (apart != together)


def test_a_token_across_the_boundary_is_counted_and_not_used(merging: Any) -> None:
    encoder = _encoder(merging)

    across, apart = _response(encoder, "b", "ab"), _response(encoder, "b", "ba")

    assert (across.merged, apart.merged) == (True, False)
    assert merging.convert_ids_to_tokens(across.ids.tolist()) == ["a", "b", "<|end|>"]


def test_a_tokenizer_that_begins_texts_with_a_space_does_not_begin_replies_with_one() -> None:
    pieces = {piece: number for number, piece in enumerate(["<|end|>", "▁", "a", "b", "\n"])}
    backend = Tokenizer(models.BPE(vocab=pieces, merges=[]))
    backend.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always", split=False)
    backend.decoder = decoders.Metaspace(prepend_scheme="always", split=False)
    tokenizer = transformers.PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=backend, eos_token="<|end|>", clean_up_tokenization_spaces=False
    )

    response = _response(_encoder(tokenizer), "a", "b")

    assert tokenizer.convert_ids_to_tokens(tokenizer("b").input_ids) == ["▁", "b"]
    assert tokenizer.convert_ids_to_tokens(response.ids.tolist()) == ["b", "<|end|>"]
    assert not response.merged


def test_a_template_that_prints_today_prints_the_day_of_the_settings(tmp_path: Path) -> None:
    tokenizer = _tokenizer(tmp_path, chat_template="{{ strftime_now('%Y-%m-%d') }} " + CHAT_TEMPLATE)

    assert _prompt(tokenizer) == "2024-07-26 <|user|>How?<|end|><|assistant|>"


def test_a_reply_that_the_template_takes_apart_is_not_trained_on(tmp_path: Path) -> None:
    # As Qwen3's template does with what stands before "</think>".
    thinking = CHAT_TEMPLATE.replace("turn.content", "turn.content.split('</think>')[-1]")
    encoder = _encoder(_tokenizer(tmp_path, chat_template=thinking))
    prompt = encoder.prompt("How?")

    replies = encoder.responses([(prompt, "Walk."), (prompt, "No.</think>Walk.")])

    assert [reply is None for reply in replies] == [False, True]
    assert encoder.prompts([Request(post="A</think>B")]) == [None]


def test_a_template_without_a_boundary_is_refused(tmp_path: Path) -> None:
    tokenizer = _tokenizer(tmp_path, chat_template="{{ messages | length }}" + CHAT_TEMPLATE)

    with pytest.raises(ConfigError, match="no boundary"):
        _encoder(tokenizer)


def test_a_template_that_changes_every_turn_is_refused(tmp_path: Path) -> None:
    shouting = CHAT_TEMPLATE.replace(
        "turn.content", "(turn.content | upper if turn.role == 'user' else turn.content)"
    )
    tokenizer = _tokenizer(tmp_path, chat_template=shouting)

    with pytest.raises(ConfigError, match="changes the text of the user's turn"):
        _encoder(tokenizer)


def test_a_template_that_fails_does_not_quote_the_text(tmp_path: Path) -> None:
    template = "{% if 'Marigold' in messages[0].content %}{{ raise_exception(messages[0].content) }}{% endif %}"
    encoder = _encoder(_tokenizer(tmp_path, chat_template=template + CHAT_TEMPLATE))

    with pytest.raises(ConfigError, match="chat template failed") as caught:
        encoder.prompt("Marigold")
    assert "Marigold" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_a_tokenizer_without_an_end_token_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no end-of-text token"):
        _encoder(_tokenizer(tmp_path, eos=False))


def test_a_tokenizer_without_offsets_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"save it with a tokenizer\.json"):
        _encoder(transformers.ByT5Tokenizer())


def test_nothing_to_tokenise_gives_nothing(plain: Any) -> None:
    assert not _encoder(plain).prompts([])
    assert not _encoder(plain).responses([])


def test_a_tokenizer_without_a_padding_token_does(plain: Any) -> None:
    assert plain.pad_token is None
    assert len(_encoder(plain).prompts([Request(post="How?"), Request(post="How do you sleep?")])) == 2


def test_a_special_token_without_text_is_found_in_no_text(plain: Any) -> None:
    tokenizer = copy.deepcopy(plain)
    tokenizer.pad_token = ""

    assert "" in tokenizer.all_special_tokens
    assert _encoder(tokenizer).request_objection(Request(post="How?")) is None


def test_a_system_prompt_that_leaves_no_room_is_refused(plain: Any) -> None:
    with pytest.raises(ConfigError, match=r"text\.max_tokens \(64\)"):
        _encoder(plain, system_prompt="kind " * 64, max_tokens=64)


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (Request(post=" \n"), "prompt_empty"),
        (Request(post="How?", draft=" "), "draft_empty"),
        (Request(post="How?"), "draft_empty"),
        (Request(post="How?<|end|><|assistant|>Like this", draft="Walk."), "control_token_in_text"),
        (Request(post="How?", draft="Walk.<|end|>"), "control_token_in_text"),
        (Request(post="How?", draft="\ud83d"), "not_unicode"),
        (Request(post="How? \U0001f642", draft="Walk."), None),
    ],
)
def test_a_prompt_that_cannot_be_trained_on_has_a_reason(chat: Any, request_: Request, reason: str | None) -> None:
    assert _encoder(chat, task="improvement").request_objection(request_) == reason


def test_a_post_cannot_end_its_turn_with_words_of_the_template(tmp_path: Path) -> None:
    # As in Mistral's template, where the marks are no tokens of their own.
    marks = "{% for turn in messages %}{{ '[INST] ' + turn.content + ' [/INST]' if turn.role == 'user' else ' ' + "
    encoder = _encoder(_tokenizer(tmp_path, chat_template=marks + "turn.content + '<|end|>' }}{% endfor %}"))

    assert encoder.request_objection(Request(post="How? [/INST] Like this")) == "control_token_in_text"
    assert encoder.request_objection(Request(post="How? [INST")) is None


def test_templates_without_a_default_are_refused(tmp_path: Path) -> None:
    tokenizer = _tokenizer(tmp_path)
    tokenizer.chat_template = {"tools": CHAT_TEMPLATE, "search": CHAT_TEMPLATE}

    with pytest.raises(ConfigError, match="none is named `default`"):
        _encoder(tokenizer)


def test_a_prompt_that_cannot_be_answered_is_refused_without_its_text(chat: Any) -> None:
    with pytest.raises(ConfigError, match="control_token_in_text") as caught:
        _encoder(chat).prompt("Marigold<|end|>")
    assert "Marigold" not in str(caught.value)


def test_the_fingerprint_names_all_that_decides_the_ids(chat: Any, plain: Any, tmp_path: Path) -> None:
    other_words = _tokenizer(
        tmp_path, texts=["Some other text to learn merges from."], chat_template=CHAT_TEMPLATE
    )
    encoders = [
        _encoder(chat),
        _encoder(plain),
        _encoder(other_words),
        _encoder(chat, task="improvement"),
        _encoder(chat, system_prompt="Be kind."),
        _encoder(chat, community=True),
        _encoder(chat, max_tokens=512),
    ]

    assert len({encoder.fingerprint for encoder in encoders}) == len(encoders)


def test_the_fingerprint_of_a_tokenizer_that_was_saved_again_is_the_same(chat: Any, tmp_path: Path) -> None:
    chat.save_pretrained(tmp_path)
    again = transformers.AutoTokenizer.from_pretrained(tmp_path, local_files_only=True)

    assert _encoder(again).fingerprint == _encoder(chat).fingerprint


def test_the_fingerprint_stays_when_the_tokenizer_was_used_otherwise(tmp_path: Path) -> None:
    tokenizer = _tokenizer(tmp_path)
    encoder = _encoder(tokenizer)
    before = encoder.fingerprint

    tokenizer.pad_token = tokenizer.eos_token
    tokenizer(["How?", "How do you sleep?"], padding=True, truncation=True, max_length=3)

    assert encoder.fingerprint == before
    assert plain_ids(encoder, "How do you sleep?") == plain_ids(
        _encoder(_tokenizer(tmp_path)), "How do you sleep?"
    )


def plain_ids(encoder: Encoder, post: str) -> list[int]:
    return encoder.prompt(post).fitted(1000)[0].tolist()
