"""HTML, as a web editor leaves it -> the text that a reader saw."""

import html
import re
from html.parser import HTMLParser

_HIDDEN = re.compile(r"<(style|script|xml)\b[^>]*>.*?</\1\s*>", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"<[a-zA-Z/!]")
_BLOCKS = frozenset(
    {"p", "div", "br", "ul", "ol", "li", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "tr", "hr"}
)


def plain_text(text: str) -> str:
    """Return `text` without tags, style and script; entities decoded, blocks on lines of their own.

    Text without tags keeps its line breaks. Spaces are single, and blank lines too.
    """
    if _TAG.search(text):
        reader = _Reader()
        reader.feed(_HIDDEN.sub("", text))
        reader.close()
        text = "".join(reader.parts)
    else:
        text = html.unescape(text)
    lines = (" ".join(line.split()) for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        # A line break in HTML's source is a space.
        self.parts.append(" ".join(re.split(r"\s+", data)))
