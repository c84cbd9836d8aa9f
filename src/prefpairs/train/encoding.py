"""A prompt, a response and a tokenizer -> token ids with an exact boundary between the two."""

import re
from array import array
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeAlias

from prefpairs.errors import ConfigError

Ids: TypeAlias = "array[int]"
"""Token ids, four bytes each: a million responses of 120 tokens are half a gigabyte, as tuples four."""

SEPARATOR = "\n\n"
"""Between prompt and response where the tokenizer has no chat template."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """A tokenised prompt in three parts, of which only the middle one may be cut.

    Attributes
    ----------
    head
        What comes before the post: the beginning-of-text token, the chat template's header.
    body
        The post.
    tail
        What comes after it: the header of the reply.
    text
        The whole prompt as the tokenizer saw it.
    post
        The post, as it stands in `text`.

    """

    head: Ids
    body: Ids
    tail: Ids
    text: str = field(repr=False)
    post: str = field(repr=False)

    @property
    def frame_tokens(self) -> int:
        """Tokens that are never cut."""
        return len(self.head) + len(self.tail)

    def fitted(self, room: int) -> tuple[Ids, int]:
        """Return the prompt in at most `room` tokens, cut at the start of the post, and the tokens it lost."""
        cut = max(0, self.frame_tokens + len(self.body) - room)
        return self.head + self.body[cut:] + self.tail, cut


class Encoder:
    """Tokenises prompts and responses apart, so that no token spans both.

    With a chat template the post is the user's turn and the response the assistant's, with the template's
    own end of turn. Without one it is the post, an empty line, the response and the end-of-text token.

    Parameters
    ----------
    tokenizer
        A transformers tokenizer with offsets (a "fast" one) and an end-of-text token.
    template_date
        What a template that prints the day gets instead.

    Raises
    ------
    ConfigError
        If the tokenizer has no end-of-text token, or cannot tell where its tokens lie in the text.

    """

    def __init__(self, tokenizer: Any, *, template_date: date) -> None:
        if tokenizer.eos_token_id is None:
            msg = "The tokenizer has no end-of-text token (eos_token): a model could not learn where a reply ends."
            raise ConfigError(msg)
        if not tokenizer.is_fast:
            msg = "The tokenizer gives no offsets: save it with a tokenizer.json, which every current model has."
            raise ConfigError(msg)
        self._tokenizer = tokenizer
        self._template = None
        if tokenizer.chat_template is not None:
            self._template = _fixed_day(template_date) + tokenizer.get_chat_template()
        self._control = _control_tokens(tokenizer)
        self._start = array("i", self._tokenizer("").input_ids[:1])
        if self._start.tolist() != [tokenizer.bos_token_id]:
            self._start = array("i")

    def objection(self, prompt: str, chosen: str, rejected: str) -> str | None:
        """Return why a pair cannot be trained on, or None."""
        if not prompt.strip():
            return "prompt_empty"
        if not (chosen.strip() and rejected.strip()):
            return "response_empty"
        if chosen == rejected:
            return "responses_equal"
        # A post that spells a control token could end its own turn and speak as the assistant.
        if any(self._control.search(text) for text in (prompt, chosen, rejected)):
            return "control_token_in_text"
        return None

    def prompt(self, post: str) -> Prompt:
        """Tokenise a prompt."""
        if self._template is None:
            return self._split(post + SEPARATOR, post, start=self._start)
        # Templates commonly strip a turn.
        return self._split(self._render(post, None), post.strip(), start=array("i"))

    def response(self, prompt: Prompt, text: str) -> Ids:
        """Tokenise a response to `prompt`, with its end."""
        if self._template is None:
            return self._ids(text) + array("i", [self._tokenizer.eos_token_id])
        whole = self._render(prompt.post, text)
        if not whole.startswith(prompt.text):
            msg = (
                "The chat template renders a conversation that does not begin with its own prompt, "
                "so prompt and response have no boundary. Use another template, or remove it from the tokenizer."
            )
            raise ConfigError(msg)
        return self._ids(whole.removeprefix(prompt.text))

    def _split(self, text: str, post: str, *, start: Ids) -> Prompt:
        begin = text.find(post)
        if begin < 0:
            msg = "The chat template changes the text of the user's turn, so it cannot be cut to length exactly."
            raise ConfigError(msg)
        encoded = self._tokenizer(text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
        inside = [
            number
            for number, (first, last) in enumerate(encoded.offset_mapping)
            if first < begin + len(post) and last > begin
        ]
        ids = array("i", encoded.input_ids)
        first, last = (inside[0], inside[-1] + 1) if inside else (len(ids), len(ids))
        return Prompt(head=start + ids[:first], body=ids[first:last], tail=ids[last:], text=text, post=post)

    def _ids(self, text: str) -> Ids:
        return array("i", self._tokenizer(text, add_special_tokens=False, verbose=False).input_ids)

    def _render(self, post: str, response: str | None) -> str:
        turns = [{"role": "user", "content": post}]
        if response is not None:
            turns.append({"role": "assistant", "content": response})
        try:
            rendered = self._tokenizer.apply_chat_template(
                turns, chat_template=self._template, tokenize=False, add_generation_prompt=response is None
            )
        except Exception as error:
            # A template is a program of the model's author: it may raise anything, with the text in its message.
            msg = f"The chat template failed on a user's turn and an assistant's ({type(error).__name__})."
            raise ConfigError(msg) from None
        return str(rendered)


def _control_tokens(tokenizer: Any) -> re.Pattern[str]:
    added = {token.content for token in tokenizer.added_tokens_decoder.values() if token.special}
    return re.compile("|".join(map(re.escape, sorted(added | set(tokenizer.all_special_tokens)))))


def _fixed_day(day: date) -> str:
    """Return a template macro that stands before the function through which templates ask for today's date."""
    parts = "".join(f"|replace('%{code}', '{day.strftime('%' + code)}')" for code in "aAbBdjmyYHMS")
    return f"{{% macro strftime_now(form) %}}{{{{ form{parts} }}}}{{% endmacro %}}"
