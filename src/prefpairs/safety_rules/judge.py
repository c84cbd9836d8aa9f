"""One text and the terms that may hit it -> certain, uncertain, or nothing: where context is weighed.

The context of a hit is its sentence. A guard (negation, quoted speech, a condition, the past, somebody
else as the subject) looks at the words right before it or right after it, and the lexicon says what the
guard makes of the hit.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from enum import IntEnum

from prefpairs.safety_rules.terms import Effect, Guard, Term


class Verdict(IntEnum):
    """How sure a code is, in order: the surest hit of a text counts."""

    NOTHING = 0
    UNCERTAIN = 1
    CERTAIN = 2


_SENTENCE_START = re.compile(r"[.!?;\n](?=[\s\"')]|$)|\n")
_SENTENCE_END = re.compile(r"[.!?;\n]")
_CONTEXT = 120  # characters on each side: longer sentences are weighed as if they began or ended there
_CLAUSE = re.compile(r"\b(?:but|however|yet|although|though)\b")
_EFFECTS: Mapping[Effect, Verdict] = {
    "ignore": Verdict.CERTAIN,
    "uncertain": Verdict.UNCERTAIN,
    "clear": Verdict.NOTHING,
}


def judge(text: str, terms: Sequence[Term], guards: Mapping[str, Guard]) -> Verdict:
    """Return the surest verdict of any term on `text`, which is folded as the terms want it."""
    verdict = Verdict.NOTHING
    for term in terms:
        for found in _verdicts(text, term, guards):
            verdict = max(verdict, found)
            if verdict is Verdict.CERTAIN:
                return verdict
    return verdict


def _verdicts(text: str, term: Term, guards: Mapping[str, Guard]) -> Iterator[Verdict]:
    if term.only_text and not term.only_text.search(text):
        return
    most = Verdict.CERTAIN if term.certain else Verdict.UNCERTAIN
    if term.certain_text and not term.certain_text.search(text):
        most = Verdict.UNCERTAIN
    for match in term.pattern.finditer(text):
        yield min(most, _in_context(text, match, term, guards))


def _in_context(text: str, match: re.Match[str], term: Term, guards: Mapping[str, Guard]) -> Verdict:
    before, after = _sentence(text, match)
    if term.unless_hit and term.unless_hit.search(match[0]):
        return Verdict.NOTHING
    if term.unless_before and term.unless_before.search(before):
        return Verdict.NOTHING
    if term.unless_after and term.unless_after.search(after):
        return Verdict.NOTHING
    verdict = Verdict.CERTAIN
    if term.unsure_sentence and term.unsure_sentence.search(f"{before}{match[0]}{after}"):
        verdict = Verdict.UNCERTAIN
    if term.certain_before and not term.certain_before.fullmatch(before):
        verdict = Verdict.UNCERTAIN
    for name, effect in term.guards.items():
        if effect == "ignore":
            continue
        if _is_quoted(text, match.end()) if name == "quoted" else _holds(guards[name], before, match[0], after):
            verdict = min(verdict, _EFFECTS[effect])
    return verdict


def _holds(guard: Guard, before: str, hit: str, after: str) -> bool:
    looks = ((guard.before, before), (guard.inside, hit), (guard.after, after))
    return any(pattern is not None and pattern.search(words) for pattern, words in looks)


def _sentence(text: str, match: re.Match[str]) -> tuple[str, str]:
    """Return the rest of the hit's sentence: its clause before the hit, and everything after it."""
    before = text[max(0, match.start() - _CONTEXT) : match.start()]
    for boundary in (_SENTENCE_START, _CLAUSE):
        ends = [found.end() for found in boundary.finditer(before)]
        before = before[ends[-1] :] if ends else before
    after = text[match.end() : match.end() + _CONTEXT]
    end = _SENTENCE_END.search(after)
    return before, after[: end.start()] if end else after


def _is_quoted(text: str, end: int) -> bool:
    """Say whether what ends at `end` stands in a line that begins with >, or between double quotes."""
    last = end - 1  # a pattern may take the quote or the line's end behind its words
    line_start = text.rfind("\n", 0, last) + 1
    line_end = text.find("\n", last)
    line = text[line_start : line_end if line_end >= 0 else len(text)]
    if line.lstrip().startswith(">"):
        return True
    opened = line.count('"', 0, last - line_start)
    return opened % 2 == 1 and '"' in line[last - line_start :]
