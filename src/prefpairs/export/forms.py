"""A post -> a prompt as TRL takes it, and a reply -> an answer: messages, or plain strings."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import pyarrow as pa

from prefpairs.train.data.user_turn import SEPARATOR, user_turn

FormName: TypeAlias = Literal["conversational", "plain"]
Messages: TypeAlias = list[dict[str, str]]

_MESSAGES = pa.list_(pa.struct([pa.field("role", pa.string()), pa.field("content", pa.string())]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How texts are handed to TRL.

    Attributes
    ----------
    name
        `conversational`: messages, to which TRL applies the model's chat template. `plain`: strings; a prompt
        ends in an empty line, and TRL adds the end-of-text token to a reply.
    system_prompt
        A turn of its own, or in the plain form the first paragraph. Some chat templates refuse such a turn.
    community
        Name the community in front of the post.

    """

    name: FormName = "conversational"
    system_prompt: str | None = None
    community: bool = False

    @property
    def type(self) -> pa.DataType:
        """The Arrow type of prompts and answers."""
        return pa.string() if self.name == "plain" else _MESSAGES

    def prompt(self, post: str, *, subreddit: str, draft: str | None) -> str | Messages:
        """Return what a reply is asked for with; with a `draft`, what a better text is asked for with."""
        community = subreddit if self.community else None
        system = (self.system_prompt or "").strip()
        if self.name == "plain":
            return user_turn(post, system_prompt=system, community=community, draft=draft).text + SEPARATOR
        turn = _message("user", user_turn(post, community=community, draft=draft).text)
        return [_message("system", system), turn] if system else [turn]

    def answer(self, text: str) -> str | Messages:
        """Return a reply."""
        return text.strip() if self.name == "plain" else [_message("assistant", text.strip())]


def _message(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}
