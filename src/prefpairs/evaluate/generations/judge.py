"""Two replies to a post and a local model -> which one it prefers, asked in both orders.

A judge likes what stands first, or second, and what is long (Zheng et al. 2023; Dubois et al. 2024). So a win
is one that holds in both orders, everything else is a tie, and wins are also counted among replies of like
length. What a model prefers is still no person's opinion.
"""

import hashlib
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import torch

from prefpairs.errors import ConfigError
from prefpairs.evaluate.generations.local_model import identity, load_local
from prefpairs.evaluate.generations.words import words

RULES = Path(__file__).parent / "rules" / "judge.toml"
_DAY = date(2024, 7, 26)
"""What a chat template that prints today's date prints: no verdict may depend on its day."""
_MARKER = re.compile(r"\[[^\]\n]+\]")
_TEMPLATE_MARK = re.compile(r"<[^<>\s]+>|\[/?[A-Z_]+\]")
_PLACE = "the texts stand here"
_WIN, _TIE, _LOSS = 1.0, 0.5, 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A post and two replies to it, each in the place in which it is shown."""

    post: str = field(repr=False)
    first: str = field(repr=False)
    second: str = field(repr=False)

    def swapped(self) -> "Comparison":
        """Return the same comparison with the replies in each other's place."""
        return Comparison(post=self.post, first=self.second, second=self.first)


class Judge(Protocol):
    """Whoever can say which of two replies is better."""

    def prefers_first(self, comparison: Comparison, criterion: str) -> float | None:
        """Return the log-odds that the reply in the first place is the better one; None if not asked."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """The wording, and criterion -> what it says."""

    wording: str
    criteria: Mapping[str, str]
    version: str


@cache
def question() -> Question:
    """Read what the package asks."""
    content = RULES.read_bytes()
    document = tomllib.loads(content.decode())
    return Question(
        wording=document["question"].strip(),
        criteria=document["criteria"],
        version=f"judge {document['version']}+{hashlib.sha256(content).hexdigest()[:8]}",
    )


def win(judge: Judge, comparison: Comparison, criterion: str) -> float | None:
    """Return 1 if the first reply wins in both orders, 0 if the second does, else 0.5; None if not asked."""
    here = judge.prefers_first(comparison, criterion)
    there = judge.prefers_first(comparison.swapped(), criterion)
    if here is None or there is None:
        return None
    if here > 0 > there:
        return _WIN
    return _LOSS if here < 0 < there else _TIE


def wins(
    judge: Judge, posts: Sequence[str], ours: Sequence[str], theirs: Sequence[str | None], criterion: str
) -> list[float | None]:
    """Return `win` for each post; None where there is nothing to compare with."""
    return [
        None if second is None else win(judge, Comparison(post=post, first=first, second=second), criterion)
        for post, first, second in zip(posts, ours, theirs, strict=True)
    ]


def of_like_length(one: str, other: str, *, share: float) -> bool:
    """Say whether the shorter text has at least this share of the longer one's words."""
    fewer, more = sorted((len(words(one)), len(words(other))))
    return fewer >= share * more


class LocalJudge:
    """A causal language model in a folder, asked for one letter.

    Parameters
    ----------
    folder
        An instruction-tuned model with its tokenizer. Its chat template is used if it has one.
    max_tokens
        A comparison that is longer is not asked.

    Raises
    ------
    ConfigError
        If the folder holds no model, or its tokenizer cannot tell the answers apart.

    """

    def __init__(self, folder: Path, *, device: torch.device, max_tokens: int) -> None:
        self._model, self._tokenizer = load_local(
            folder, "AutoModelForCausalLM", setting="replies.judge", device=device
        )
        self._device, self._max_tokens = device, max_tokens
        self.identity = identity(folder)
        self._control = self._control_pattern()
        self._a, self._b = self._letter("A"), self._letter("B")
        if not self._a or not self._b or set(self._a) & set(self._b):
            msg = f"replies.judge: the tokenizer of {folder} has no tokens of their own for the answers A and B."
            raise ConfigError(msg)

    def prefers_first(self, comparison: Comparison, criterion: str) -> float | None:
        """Return the log-odds of the answer A over B; None if the comparison is longer than allowed."""
        ids = self._ids(_asked(comparison, criterion, self._control))
        if len(ids) > self._max_tokens:
            return None
        with torch.inference_mode():
            logits = self._model(input_ids=torch.tensor([ids], device=self._device)).logits[0, -1].float()
        return float(logits[list(self._a)].logsumexp(0) - logits[list(self._b)].logsumexp(0))

    def _ids(self, asked: str) -> list[int]:
        tokenizer: Any = self._tokenizer
        if tokenizer.chat_template is None:
            return list(tokenizer(f"{asked}\nAnswer:", verbose=False).input_ids)
        return list(tokenizer(self._rendered(asked), add_special_tokens=False, verbose=False).input_ids)

    def _rendered(self, asked: str) -> str:
        try:
            text: str = self._tokenizer.apply_chat_template(
                [{"role": "user", "content": asked}],
                tokenize=False,
                add_generation_prompt=True,
                strftime_now=_DAY.strftime,
            )
        except Exception as error:
            # A template is a program of the model's author: it may raise anything, with the text in its message.
            msg = f"replies.judge: the chat template failed on one user's turn ({type(error).__name__})."
            raise ConfigError(msg) from None
        return text

    def _control_pattern(self) -> re.Pattern[str]:
        """Return what speaks to this judge from inside a text: control tokens, marks of its template."""
        added = {token.content for token in self._tokenizer.added_tokens_decoder.values()}
        marks = {*added, *self._tokenizer.all_special_tokens}
        if self._tokenizer.chat_template is not None:
            marks |= set(_TEMPLATE_MARK.findall(self._rendered(_PLACE)))
        # An added token may be a run of spaces, and one letter or word is no control.
        known = sorted((mark for mark in marks if not mark.replace(" ", "").isalnum() and mark.strip()), key=len)
        return re.compile("|".join(map(re.escape, reversed(known))) or r"(?!)", re.IGNORECASE)

    def _letter(self, letter: str) -> tuple[int, ...]:
        spelled = [self._tokenizer(text, add_special_tokens=False).input_ids for text in (letter, f" {letter}")]
        return tuple(sorted({ids[0] for ids in spelled if len(ids) == 1}))


def harmless(text: str, control: re.Pattern[str]) -> str:
    """Return a text in which nothing ends its place in the question or speaks to the judge.

    Control tokens are broken up by a space behind their first sign, and the question's own markers, as
    `[Reply B]`, stand in parentheses. What a text says in plain words ("choose A") stays: it is part of the text.
    """
    broken = control.sub(lambda match: f"{match[0][0]} {match[0][1:]}", text)
    return _own_markers().sub(lambda match: f"({match[0][1:-1]})", broken)


@cache
def _own_markers() -> re.Pattern[str]:
    # However the spaces and capitals of a marker are written, a model takes it for one.
    names = {r"\s+".join(map(re.escape, marker[1:-1].split())) for marker in _MARKER.findall(question().wording)}
    return re.compile(rf"\[\s*(?:{'|'.join(sorted(names))})\s*\]", re.IGNORECASE)


def _asked(comparison: Comparison, criterion: str, control: re.Pattern[str]) -> str:
    found = question()
    post, first, second = (
        harmless(text, control) for text in (comparison.post, comparison.first, comparison.second)
    )
    # One after the other, the texts last: a brace or a name in a text is never taken for a place to fill.
    before, _, rest = found.wording.replace("{criterion}", found.criteria[criterion]).partition("{post}")
    between, _, rest = rest.partition("{first}")
    middle, _, after = rest.partition("{second}")
    return f"{before}{post}{between}{first}{middle}{second}{after}"
