"""A prompt, a response and a tokenizer -> token ids with an exact boundary between the two."""

import json
import re
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from prefpairs.errors import ConfigError
from prefpairs.files import sha256_json
from prefpairs.train.data.frames import ChatFrame, Frame, frame_of
from prefpairs.train.data.trees import Ids
from prefpairs.train.data.user_turn import UserTurn, user_turn
from prefpairs.train.recipe import Task, Text

PROMPT_FORMAT = 2
"""Goes up with every change to the words around a post, or to how text is cut: stored scores are then no more."""

# Characters before the boundary that a response is tokenised with: more than any token on it is long.
_CONTEXT = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a reply is asked for: a post, where it stood, and for the improvement task a draft."""

    post: str = field(repr=False)
    community: str | None = None
    draft: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """A tokenised prompt in three parts, of which only the middle one may be cut.

    Attributes
    ----------
    head
        What comes before the post: the beginning-of-text token, the chat template's header, the community.
    body
        The post.
    tail
        What comes after it: the draft, the header of the reply.
    text
        The whole prompt as the tokenizer saw it.
    turn
        What the user's turn says.

    """

    head: Ids
    body: Ids
    tail: Ids
    text: str = field(repr=False)
    turn: str = field(repr=False)

    @property
    def frame_tokens(self) -> int:
        """Tokens that are never cut."""
        return len(self.head) + len(self.tail)

    def fitted(self, room: int) -> tuple[Ids, int]:
        """Return the prompt in at most `room` tokens, cut at the start of the post, and the tokens it lost."""
        cut = max(0, self.frame_tokens + len(self.body) - room)
        return self.head + self.body[cut:] + self.tail, cut


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A tokenised response with its end.

    Attributes
    ----------
    ids
        Token ids; none of them spans the boundary to the prompt.
    merged
        True if the tokenizer would have split it otherwise, had it seen prompt and response as one text.

    """

    ids: Ids
    merged: bool


class Encoder:
    """Tokenises prompts as generation will, and responses so that no token spans both.

    With a chat template the post is the user's turn and the response the assistant's, with the template's
    own end of turn. Without one it is the post, an empty line, the response and the end-of-text token. A
    system prompt is the system's turn, or where a template has none the first paragraph.

    Parameters
    ----------
    tokenizer
        A transformers tokenizer with offsets (a "fast" one) and an end-of-text token.
    text
        System prompt, community, token limits, and the day for templates that print one.
    task
        With `improvement` a prompt holds a draft too.

    Raises
    ------
    ConfigError
        If the tokenizer has no end-of-text token or no offsets, or its chat template does not keep what it is
        given, or the system prompt leaves no room for a post.

    """

    def __init__(self, tokenizer: Any, text: Text, *, task: Task) -> None:
        if tokenizer.eos_token_id is None:
            msg = "The tokenizer has no end-of-text token (eos_token): a model could not learn where a reply ends."
            raise ConfigError(msg)
        if not getattr(tokenizer, "is_fast", False):
            msg = "The tokenizer gives no offsets: save it with a tokenizer.json, which every current model has."
            raise ConfigError(msg)
        self.text = text
        self.task = task
        self._tokenizer = tokenizer
        self._system_prompt = (text.system_prompt or "").strip()
        self._frame = frame_of(tokenizer, text)
        self._control = _control(tokenizer, self._frame)
        has_template = isinstance(self._frame, ChatFrame)
        begins = [] if has_template else tokenizer("").input_ids[:1]
        self._start = array("i", begins if begins == [tokenizer.bos_token_id] else [])
        # A template that ends the reply by itself needs no second end.
        ends = has_template and self._control.search(self._frame.ending)
        self._end = array("i", [] if ends else [tokenizer.eos_token_id])
        self._check_room()

    @property
    def fingerprint(self) -> str:
        """SHA-256 of all that decides which ids a text becomes: tokenizer, template, settings, this format."""
        backend = json.loads(self._tokenizer.backend_tokenizer.to_str())
        # What the last call padded or cut to is kept in there too, and decides nothing here.
        backend = {key: value for key, value in backend.items() if key not in ("padding", "truncation")}
        settings = self.text.model_dump(mode="json")
        template = self._tokenizer.chat_template and self._tokenizer.get_chat_template()
        ends = (self._start.tolist(), self._end.tolist())
        return sha256_json([PROMPT_FORMAT, self.task, settings, template, ends, backend])

    def request_objection(self, request: Request) -> str | None:
        """Return why a prompt cannot be trained on, or None."""
        if not request.post.strip():
            return "prompt_empty"
        if self.task == "improvement" and not (request.draft or "").strip():
            return "draft_empty"
        return self._text_objection(request.post, request.community or "", request.draft or "")

    def response_objection(self, text: str) -> str | None:
        """Return why a response cannot be trained on, or None."""
        return self._text_objection(text) if text.strip() else "response_empty"

    def prompt(self, post: str, *, community: str | None = None, draft: str | None = None) -> Prompt:
        """Tokenise one prompt, as for generation.

        Raises
        ------
        ConfigError
            If it cannot be: it is empty, spells a control token, or the chat template changes it.

        """
        request = Request(post=post, community=community, draft=draft)
        if (reason := self.request_objection(request)) is None:
            if (prompt := self.prompts([request])[0]) is not None:
                return prompt
            reason = "changed_by_template"
        msg = f"This prompt cannot be answered: {reason}."
        raise ConfigError(msg)

    def prompts(self, requests: Sequence[Request]) -> list[Prompt | None]:
        """Tokenise prompts; None where the chat template changes a text instead of framing it."""
        turns = [self._turn(request) for request in requests]
        framed = [self._frame.prompt(turn.text) for turn in turns]
        texts = ["" if found is None else found[0] for found in framed]
        if not texts:
            return []
        encoded = self._tokenizer(
            texts,
            add_special_tokens=False,
            return_offsets_mapping=True,
            return_attention_mask=False,
            verbose=False,
        )
        parts = zip(turns, framed, encoded.input_ids, encoded.offset_mapping, strict=True)
        return [
            None if found is None else self._in_three(turn, found, array("i", ids), offsets)
            for turn, found, ids, offsets in parts
        ]

    def response(self, prompt: Prompt, text: str) -> Response | None:
        """Tokenise one response."""
        return self.responses([(prompt, text)])[0]

    def responses(self, responses: Sequence[tuple[Prompt, str]]) -> list[Response | None]:
        """Tokenise responses to their prompts; None where the chat template changes a text.

        A response is tokenised behind the end of its prompt, since some tokenizers begin a text otherwise than
        they go on. If that changes the tokens of the prompt itself, it is tokenised alone: a model that
        generates will find the prompt's own tokens.
        """
        rendered = [self._frame.response(prompt.turn, text.strip()) for prompt, text in responses]
        ends = [prompt.text[-_CONTEXT:] for prompt, _ in responses]
        distinct = list(dict.fromkeys(ends))
        end_ids = dict(zip(distinct, self._ids(distinct), strict=True))
        joined = self._ids([end + (text or "") for end, text in zip(ends, rendered, strict=True)])
        return [
            None if text is None else self._behind(end_ids[end], ids, text)
            for end, ids, text in zip(ends, joined, rendered, strict=True)
        ]

    def _behind(self, end: list[int], joined: list[int], text: str) -> Response:
        merged = joined[: len(end)] != end
        own = self._ids([text])[0] if merged else joined[len(end) :]
        return Response(ids=array("i", own) + self._end, merged=merged)

    def _turn(self, request: Request) -> UserTurn:
        return user_turn(
            request.post,
            system_prompt=None if self._frame.has_system_turn else self._system_prompt,
            community=request.community if self.text.community else None,
            draft=(request.draft or "") if self.task == "improvement" else None,
        )

    def _in_three(
        self, turn: UserTurn, framed: tuple[str, int], ids: Ids, offsets: Sequence[tuple[int, int]]
    ) -> Prompt:
        text, offset = framed
        start, stop = offset + turn.start, offset + turn.stop
        inside = [number for number, (first, last) in enumerate(offsets) if first < stop and last > start]
        first, last = (inside[0], inside[-1] + 1) if inside else (len(ids), len(ids))
        return Prompt(
            head=self._start + ids[:first], body=ids[first:last], tail=ids[last:], text=text, turn=turn.text
        )

    def _ids(self, texts: list[str]) -> list[list[int]]:
        if not texts:
            return []
        encoded = self._tokenizer(texts, add_special_tokens=False, return_attention_mask=False, verbose=False)
        ids: list[list[int]] = encoded.input_ids
        return ids

    def _text_objection(self, *texts: str) -> str | None:
        # A post that spells a control token could end its own turn and speak as the assistant.
        if any(self._control.search(text) for text in texts):
            return "control_token_in_text"
        return None if all(map(_is_unicode, texts)) else "not_unicode"

    def _check_room(self) -> None:
        request = Request(post="post", community="community", draft="draft")
        prompt = self.prompts([request])[0]
        if prompt is not None and prompt.frame_tokens + self.text.min_prompt_tokens < self.text.max_tokens:
            return
        frame = 0 if prompt is None else prompt.frame_tokens
        msg = (
            f"What stands around a post (system prompt, template: {frame} tokens) and text.min_prompt_tokens "
            f"({self.text.min_prompt_tokens}) leave no room in text.max_tokens ({self.text.max_tokens}). Raise it."
        )
        raise ConfigError(msg)


def _is_unicode(text: str) -> bool:
    # JSON can spell half of a surrogate pair, which no tokenizer takes.
    return text.isascii() or not re.search("[\ud800-\udfff]", text)


def _control(tokenizer: Any, frame: Frame) -> re.Pattern[str]:
    """Return what finds a text that could pass for part of the conversation's frame."""
    tokens = {token.content for token in tokenizer.added_tokens_decoder.values() if token.special}
    tokens.update(tokenizer.all_special_tokens)
    # Some templates end the user's turn with words that are no token of their own, such as [/INST].
    tokens.add(frame.end_of_turn)
    # An empty one would be found in every text.
    return re.compile("|".join(map(re.escape, sorted(filter(None, tokens)))))
