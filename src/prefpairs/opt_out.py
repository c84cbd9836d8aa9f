"""Texts -> those whose authors ask that nobody use them; disclaimers that look like it are none.

Only the author's own request about this text counts. "Do not use my comment as medical advice" is none, and
neither is "I do not share my story often". Where in doubt it is a request: to lose a text costs little.
"""

import polars as pl

_OF_TEXT = r"(?:posts?|comments?|story|stories|words|text|writing|threads?|content|data|account)"
_THIS = rf"(?:my|this|these|any of my|anything from my|any part of (?:my|this)) (?:\w+ )?{_OF_TEXT}\b"
_SAME_SENTENCE = r"[^.!?\n]{0,80}"
_PURPOSE = (
    r"\b(?:research|stud(?:y|ies)|papers?|thesis|dissertation|data ?sets?|train(?:ing)?|ai|machine learning|llms?"
    r"|models?|articles?|journalis\w+|news|blogs?|books?|youtube|tiktok|videos?|podcasts?|anywhere|elsewhere"
    r"|without (?:my |asking|permission|consent))\b"
)
# An order, not a report: at the start of a sentence or after a please.
_DO_NOT = (
    r"(?:(?:^|[.!?:;,(\n*_\[-]\s*)(?:and |so |but )?|(?:please|pls|plz|kindly),? )"
    r"(?:do not|don['’]?t|never) (?:\w+ )?"
)
_I_DO_NOT = r"\bi (?:do not|don['’]?t|did not|didn['’]?t|never|will not|won['’]?t|have not|haven['’]?t) "
_TO_USE = r"(?:used?|using|included?|shared?|reposted|quoted|copied|published|scraped|collected|analy[sz]ed)\b"

_REQUESTS = (
    rf"{_DO_NOT}(?:copy|quote|repost|re-post|crosspost|scrape|screenshot|reproduce|publish|share|narrate) {_THIS}",
    rf"{_DO_NOT}(?:use|include|feature|take|feed|put) {_THIS}(?:\s*(?:[.!);\n\]*_]|$)|{_SAME_SENTENCE}{_PURPOSE})",
    rf"{_I_DO_NOT}(?:give )?(?:my |anyone |anybody |any )?(?:consent|permission|authori[sz]e|allow|agree)"
    rf"{_SAME_SENTENCE}\b{_THIS}{_SAME_SENTENCE}(?:{_TO_USE}|{_PURPOSE})",
    rf"{_I_DO_NOT}(?:consent|give (?:my |any )?(?:consent|permission))[^.!?\n]{{0,40}}{_TO_USE}"
    rf"{_SAME_SENTENCE}\b{_THIS}",
    rf"{_I_DO_NOT}want {_THIS}{_SAME_SENTENCE}\b{_TO_USE}",
    r"\b(?:not|never) (?:for|to be used (?:for|in|as)) (?:\w+ )?(?:research|ai training|training (?:ai|models?)|"
    r"data ?sets?|stud(?:y|ies))\b",
    r"\bno (?:researchers?|journalists?|ai training|scraping|reposting) (?:please|allowed|welcome)\b",
    r"\b(?:researchers?|journalists?|youtubers?)[^.!?\n]{0,30}\b"
    r"(?:not welcome|(?:stay|keep) (?:out|away)|go away)\b",
)
_PATTERN = "(?i)" + "|".join(f"(?:{request})" for request in _REQUESTS)


def asks_not_to_be_used(text: pl.Expr) -> pl.Expr:
    """Return true where a text holds its author's request that nobody use it; null where there is no text."""
    return text.str.contains(_PATTERN)
