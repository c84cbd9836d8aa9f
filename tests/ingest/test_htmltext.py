import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefpairs.ingest.htmltext import plain_text


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("no tags\n\nat all", "no tags\n\nat all"),
        ("I <3 you & 2 < 3", "I <3 you & 2 < 3"),
        ("<p>One</p><p>Two<br>Three</p>", "One\n\nTwo\nThree"),
        ("<ul><li>first</li><li>second</li></ul>", "first\n\nsecond"),
        ("a <b>bold</b>\n word", "a bold word"),
        ("caf&eacute; &amp; tea&nbsp;time", "café & tea time"),
        ("<style>p { color: red }</style>seen<script>alert(1)</script>", "seen"),
        ("<!--[if gte mso 9]><xml><w:View>Normal</w:View></xml><![endif]-->seen", "seen"),
        ("<xml><w:View>Normal</w:View></xml>seen", "seen"),
        ('<img src="data:image/png;base64,AAAA">', ""),
        ("<p>not closed <b", "not closed <b"),
        ("", ""),
    ],
)
def test_reader_sees_the_words_and_not_the_tags(source: str, text: str) -> None:
    assert plain_text(source) == text


@given(st.text(alphabet="<>/!-pbr &;a\n", max_size=60))
def test_any_text_is_read_without_an_error(source: str) -> None:
    assert "\n\n\n" not in plain_text(source)
