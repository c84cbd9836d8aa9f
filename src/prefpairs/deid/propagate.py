"""What was found somewhere in a thread, and who wrote in it -> where the same names stand elsewhere in it.

A name that a recognizer sees once (`my sister Ana Smith`) is masked in the whole thread: `ana`, `SMITH`,
`Ana's`, `**Ana**`, `José` as `jose`. Three kinds of names, by how much they look like words:

- *distinctive* (`Ana`, `sad_panda99`): wherever they stand as a word, in any case;
- *ambiguous* (`Will`, `Hope`, `Jo`): where they are written like a name, that is with a capital that the
  place does not explain: not at the start of a sentence unless a verb or a possessive follows, not in a heading;
- *words* (`depressed`, an account called `butterfly`): not at all. `u/butterfly` is found without us.

A text is searched by its set of words, so the cost does not grow with the number of authors.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from prefpairs.deid.caseless import Caseless, caseless
from prefpairs.deid.fold import fold
from prefpairs.deid.spans import Span
from prefpairs.deid.vocabulary import NOT_THE_NAME, is_common, is_safe, is_word

NAMES = frozenset({"PERSON"})
HANDLES = frozenset({"REDDIT_USER", "SOCIAL_HANDLE"})
_FROM_THREAD = "ThreadNames"
_FROM_AUTHORS = "ThreadAuthors"
_AUTHOR_SCORE = 0.9

_NAME_WORD = re.compile(r"[^\W\d_]+(?:['-](?!s\b)[^\W\d_]+)*")
_RUN = re.compile(r"[^\W_]+")
_LOCAL_PART = re.compile(r"([\w.+%-]{3,64})\s?@")
_HANDLE_AROUND = re.compile(r"\A\s*\\?/?(?:u|user)\\?/|\A@|/comments/.*\Z|#\d{4}\Z", re.IGNORECASE | re.DOTALL)
_SHORT = 2  # `Jo`, `Al`, `Ed`: no more than a syllable
_LEAST_HANDLE = 4
_LEAST_LONG_HANDLE = 6

# Before a capital that begins a sentence; markup may stand between.
_SENTENCE_START = re.compile(r"(?:\A|[.!?…:\r\n]|\n[ \t]*(?:[-*>#]|\d{1,2}[.)]))[\s*_~\"'“”‘’(>\[#-]*\Z")
_LOOK_BACK = 24
_FOLLOWED_AS_NAME = re.compile(
    r"(?:['’]s\b|[*_]{0,3}[ \t]+(?:is|was|has|had|did|does|and[ \t]+i|said|says|told|asked|thinks|thought|wants|"
    r"wanted|left|came|went|got|gave|knows|knew|never|always|also|just|doesn['’]?t|didn['’]?t|wasn['’]?t|isn['’]?t)\b)",
    re.IGNORECASE,
)
_LINE_WORD = re.compile(r"[^\W\d_]{2,}")
_HEADING_SHARE = 0.5
_LINE = 200  # characters of it that are looked at, before and after


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One way to write a name, folded.

    Attributes
    ----------
    words
        The regular expression's source, without what stands around it.
    key
        Its first run of letters and digits: a text that lacks it cannot hold the form.
    as_name
        True if only what is written like a name counts.

    """

    words: str
    key: str
    entity_type: str
    score: float
    recognizer: str
    as_name: bool = False


class Names:
    """The names of one thread. `within` finds them in a text of it."""

    def __init__(self, forms: Iterable[Form]) -> None:
        self._by_key: dict[str, list[Form]] = {}
        best: dict[tuple[str, bool], Form] = {}
        for form in forms:
            known = best.get((form.words, form.as_name))
            if known is None or (form.score, form.entity_type) > (known.score, known.entity_type):
                best[form.words, form.as_name] = form
        for form in best.values():
            self._by_key.setdefault(form.key, []).append(form)

    @classmethod
    def of_thread(cls, found: Iterable[tuple[str, Sequence[Span]]], authors: Collection[str]) -> "Names":
        """Collect names from the detections in each text of a thread, and from its authors."""
        forms = [
            form for text, spans in found for span in spans for form in _forms(text[span.start : span.end], span)
        ]
        for author in authors:
            forms += _handle_forms(author, "REDDIT_USER", _AUTHOR_SCORE, _FROM_AUTHORS)
        return cls(forms)

    def within(self, text: str) -> Iterator[Span]:
        """Yield where the names stand in a text, overlaps included."""
        if not self._by_key:
            return
        folded = Caseless(text)
        keys = self._by_key.keys() & set(_RUN.findall(folded.text))
        for key in sorted(keys):
            for form in self._by_key[key]:
                yield from _matches(form, text, folded)


def _matches(form: Form, text: str, folded: Caseless) -> Iterator[Span]:
    for match in _pattern(form.words).finditer(folded.text):
        start, end = folded.range(*match.span())
        if not form.as_name or _is_written_as_name(text, start, end):
            yield Span(
                start=start, end=end, entity_type=form.entity_type, score=form.score, recognizer=form.recognizer
            )


@lru_cache(maxsize=4096)
def _pattern(words: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![^\W_]){words}(?![^\W_])")


def _forms(identifier: str, span: Span) -> Iterator[Form]:
    if span.entity_type in NAMES:
        yield from _name_forms(identifier, span)
    elif span.entity_type in HANDLES:
        yield from _handle_forms(identifier, span.entity_type, span.score, _FROM_THREAD)
    elif span.entity_type == "EMAIL_ADDRESS" and (local := _LOCAL_PART.match(identifier)):
        yield from _handle_forms(local[1], "SOCIAL_HANDLE", span.score, _FROM_THREAD)


def _name_forms(identifier: str, span: Span) -> Iterator[Form]:
    words = [word for word in name_words(identifier) if word not in NOT_THE_NAME]
    if len(words) == 1 and is_safe(words[0]):
        return  # found by mistake, more often than not
    for word in words:
        yield from _word_forms(word, span)
    if len(words) > 1 and not all(is_safe(word) for word in words):
        whole = r"[\W_]{0,3}".join(re.escape(word) for word in words)
        for key in (_RUN.findall(words[0])[0], "".join(words)):
            yield _form(whole, key, span)


def _word_forms(word: str, span: Span) -> Iterator[Form]:
    if len(word) < _SHORT or is_common(word):
        return
    as_name = len(word) <= _SHORT or is_word(word)
    key = _RUN.findall(word)[0]
    yield _form(re.escape(word).replace("'", "'?").replace(r"\-", r"[-\s]?"), key, span, as_name=as_name)
    together = "".join(_RUN.findall(word))
    if together != key:
        yield _form(together, together, span, as_name=as_name)
    if not as_name and not is_word(f"{together}s"):
        yield _form(f"{together}s", f"{together}s", span)  # Anas book


def _form(words: str, key: str, span: Span, *, as_name: bool = False) -> Form:
    return Form(
        words=words,
        key=key,
        entity_type=span.entity_type,
        score=span.score,
        recognizer=_FROM_THREAD,
        as_name=as_name,
    )


def _handle_forms(identifier: str, entity_type: str, score: float, recognizer: str) -> Iterator[Form]:
    core = handle_core(identifier)
    as_name = _looks_like_word(core)
    if as_name is None:
        return
    folded = caseless(core)
    words = re.escape(folded).replace(r"\-", r"\\?-").replace("_", r"\\?_")
    yield Form(
        words=words, key=_RUN.findall(folded)[0], entity_type=entity_type, score=score, recognizer=recognizer,
        as_name=as_name,
    )  # fmt: skip


def _looks_like_word(core: str) -> bool | None:
    """Return False for a distinctive handle, True for one to be looked for as a name, None for one to be left."""
    runs = _RUN.findall(caseless(core))
    letters = sum(character.isalpha() for character in core)
    if len(core) < _LEAST_HANDLE or not runs or (not letters and len(core) < _LEAST_LONG_HANDLE):
        return None
    if any(character.isdigit() or character in "_." for character in core):
        return False
    if not all(is_word(run) for run in runs):
        return False
    # butterfly, self-harm: prose, unless it is written like a name.
    return True if len(runs) == 1 and core[0].isupper() else None


def handle_core(identifier: str) -> str:
    r"""Return a handle without `u/`, `@`, `#1234`, and without the backslashes of Reddit's editor."""
    return _HANDLE_AROUND.sub("", identifier.strip()).replace("\\", "").strip(".:,;")


def name_words(identifier: str) -> list[str]:
    """Return the folded words of a person's name, without possessive endings."""
    seen = fold(identifier)  # in `Ana&nbsp;Smith`, nbsp is no name
    return _NAME_WORD.findall(caseless(identifier if seen is None else seen.text))


def _is_written_as_name(text: str, start: int, end: int) -> bool:
    """Say whether a word is written like a name, where its place alone does not explain the capital."""
    if not text[start].isupper():
        return False
    if _FOLLOWED_AS_NAME.match(text, end):
        return True
    if _SENTENCE_START.search(text, max(0, start - _LOOK_BACK), start):
        return False
    line_start = max(text.rfind("\n", 0, start) + 1, start - _LINE)
    line_end = min(end + _LINE, *(place for place in (text.find("\n", end), len(text)) if place >= 0))
    others = _LINE_WORD.findall(text[line_start:start]) + _LINE_WORD.findall(text[end:line_end])
    capitals = sum(word[0].isupper() for word in others)
    return bool(capitals <= _HEADING_SHARE * len(others))
