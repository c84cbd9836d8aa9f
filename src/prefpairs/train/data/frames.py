"""A user's turn and a reply -> the text that a tokenizer sees: by its chat template, or without one."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Protocol

from prefpairs.errors import ConfigError
from prefpairs.train.data.user_turn import SEPARATOR
from prefpairs.train.recipe import Text

_ASKED, _ANSWERED = "prefpairs asks", "prefpairs answers"
_DAY = "strftime_now"


class Frame(Protocol):
    """What stands around a user's turn and around the reply to it."""

    @property
    def has_system_turn(self) -> bool:
        """False if a system prompt has to stand in the user's turn."""
        ...

    @property
    def prints_day(self) -> bool:
        """True if it asks what day it is."""
        ...

    @property
    def end_of_turn(self) -> str:
        """What parts a user's turn from the reply, without space around it; empty for an empty line."""
        ...

    @property
    def ending(self) -> str:
        """What stands after a reply."""
        ...

    def prompt(self, turn: str) -> tuple[str, int] | None:
        """Return the whole prompt and where the turn begins in it; None if the frame changes the turn."""
        ...

    def response(self, turn: str, text: str) -> str | None:
        """Return what follows the prompt, with the end of the reply; None if the frame changes the reply."""
        ...


class PlainFrame:
    """Turn, empty line, reply."""

    has_system_turn = False
    prints_day = False
    end_of_turn = ""
    ending = ""

    def prompt(self, turn: str) -> tuple[str, int]:
        """Return the turn with an empty line after it."""
        return turn + SEPARATOR, 0

    def response(self, turn: str, text: str) -> str:  # noqa: ARG002 - a chat template needs both
        """Return the reply."""
        return text


class ChatFrame:
    """A chat template, rendered for each text: it is a program, and may treat one text unlike another.

    Parameters
    ----------
    tokenizer
        A tokenizer with a chat template.
    system_prompt
        The system's turn, if the template has one.
    template_date
        What a template that prints the day gets instead.

    Raises
    ------
    ConfigError
        If the template fails, or a conversation does not begin with its own prompt, or it changes a turn.

    """

    def __init__(self, tokenizer: Any, *, system_prompt: str | None, template_date: date) -> None:
        self._tokenizer = tokenizer
        template = _template_of(tokenizer)
        self.prints_day = _DAY in template
        self._template = _fixed_day(template_date) + template
        self._system = self._accepted(system_prompt)
        asked, answered = self._prompt(_ASKED), self._conversation(_ASKED, _ANSWERED)
        if not answered.startswith(asked) or _ANSWERED not in answered.removeprefix(asked):
            msg = (
                "The chat template renders a conversation that does not begin with its own prompt, "
                "so prompt and response have no boundary. Use another template, or remove it from the tokenizer."
            )
            raise ConfigError(msg)
        self._head, found, self._tail = asked.partition(_ASKED)
        if not found:
            msg = "The chat template changes the text of the user's turn, so it cannot be cut to length exactly."
            raise ConfigError(msg)
        self.end_of_turn = self._tail.strip()
        self.ending = answered.rpartition(_ANSWERED)[2]

    @property
    def has_system_turn(self) -> bool:
        """True if the system prompt stands in a turn of its own."""
        return bool(self._system)

    def prompt(self, turn: str) -> tuple[str, int] | None:
        """Render the prompt, with the header of the reply: what generation begins with."""
        text = self._head + turn + self._tail
        return (text, len(self._head)) if self._prompt(turn) == text else None

    def response(self, turn: str, text: str) -> str | None:
        """Render the conversation, and return what comes after its prompt."""
        prompt = self._head + turn + self._tail
        whole = self._conversation(turn, text)
        rest = whole.removeprefix(prompt)
        return rest if len(rest) < len(whole) and text in rest else None

    def _accepted(self, system_prompt: str | None) -> Sequence[Mapping[str, str]]:
        """Return the system's turn; empty if there is no system prompt, or no such turn in the template."""
        if not system_prompt:
            return ()
        turn = {"role": "system", "content": system_prompt}
        try:
            rendered = self._rendered([turn, {"role": "user", "content": _ASKED}], prompt=True)
        except ConfigError:  # the templates of Mistral and Gemma refuse it
            return ()
        return (turn,) if system_prompt in rendered else ()

    def _prompt(self, turn: str) -> str:
        return self._rendered([*self._system, {"role": "user", "content": turn}], prompt=True)

    def _conversation(self, turn: str, text: str) -> str:
        turns = [*self._system, {"role": "user", "content": turn}, {"role": "assistant", "content": text}]
        return self._rendered(turns, prompt=False)

    def _rendered(self, turns: list[Mapping[str, str]], *, prompt: bool) -> str:
        try:
            rendered = self._tokenizer.apply_chat_template(
                turns, chat_template=self._template, tokenize=False, add_generation_prompt=prompt
            )
        except Exception as error:
            # A template is a program of the model's author: it may raise anything, with the text in its message.
            msg = f"The chat template failed on a user's turn and an assistant's ({type(error).__name__})."
            raise ConfigError(msg) from None
        return str(rendered)


def frame_of(tokenizer: Any, text: Text) -> Frame:
    """Return the frame of a tokenizer: by its chat template if it has one.

    Raises
    ------
    ConfigError
        As `ChatFrame`.

    """
    if tokenizer.chat_template is None:
        return PlainFrame()
    system_prompt = (text.system_prompt or "").strip()
    return ChatFrame(tokenizer, system_prompt=system_prompt, template_date=text.template_date)


def _template_of(tokenizer: Any) -> str:
    try:
        return str(tokenizer.get_chat_template())
    except ValueError:
        msg = "The tokenizer has several chat templates and none is named `default`: keep the one to train with."
        raise ConfigError(msg) from None


def _fixed_day(day: date) -> str:
    """Return a template macro that stands before the function through which templates ask for today's date."""
    parts = "".join(f"|replace('%{code}', '{day.strftime('%' + code)}')" for code in "aAbBdjmyYHMS")
    return f"{{% macro {_DAY}(form) %}}{{{{ form{parts} }}}}{{% endmacro %}}"
