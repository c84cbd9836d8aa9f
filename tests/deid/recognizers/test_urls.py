"""Web addresses are masked with and without a scheme; sentences that lack a space stay."""

import pytest

from prefpairs.deid.recognizers.urls import WebAddressRecognizer
from tests.support.recognizing import masked

_RECOGNIZERS = (WebAddressRecognizer("en"),)


@pytest.mark.parametrize(
    "address",
    [
        "https://intranet.local/jane?x=1", "http://janes-blog.con/about", "ftp://x.y/z", "hxxps://x.y",
        "www.example.com/a", "WWW.foo.org", "instagram.com/jane", "facebook.com/jane.roe", "linktr.ee/jane",
        "gofundme.com/f/x", "paypal.me/jane", "imgur.com/a/x", "redd.it/x", "youtu.be/x",
        "docs.google.com/document/d/1", "t.me/jane", "wa.me/447700900123", "discord.gg/abc", "cash.app/$jane",
        "Example.Com", "bbc.co.uk", "janeroe.tumblr.com", "janeroe.It/about", "http://janeroe.It",
        "jane-roe.blog", "open.spotify.com/user/jane", "linktr.ee", "https：／／example.org", "example&#46;org",
        "exam\u200bple.org", "https://en.wikipedia.org/wiki/A_(b)", "steamcommunity.com/id/jane", "jane.dev/cv",
        "x.com/jane", "münchen.de", "janesblog (dot) org",
    ],
)  # fmt: skip
def test_an_address_is_masked_whole(address: str) -> None:
    assert masked(_RECOGNIZERS, f"see ({address}), please") == "see (<URL>), please"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("see janeroe.me for it", "see <URL> for it"),
        ("[my page](https://example.org/jane).", "[my page](<URL>)."),
        ("it ends here https://example.org/jane.", "it ends here <URL>."),
        ("look:https://example.org", "look:<URL>"),
        ("janesblog dot com", "<URL>"),
        ("longwordbeforehttps://example.org", "<URL>"),
        (f"https://example.org/{'a(' * 5000}a", "<URL>"),
    ],
)
def test_addresses_end_where_a_reader_would_end_them(raw: str, expected: str) -> None:
    assert masked(_RECOGNIZERS, raw) == expected


@pytest.mark.parametrize(
    "raw",
    [
        "It is not your fault.It is theirs.", "I told myself.Is that so bad?", "In 9th grade.Later I came back.",
        "os.system", "e.g.this", "etc.and", "it.is", "bad.me", "day.so", "i.e.my", "in the U.S.in 2019",
        "a Ph.D.in law", "he left.No one came", "co-worker.my boss", "well-being.it helps",
        "with him.he/she said", "node.js", "main.py", "haha.lol", "the dot com bubble", "room 3.In",
        "2am.so tired", "feel.that.is all", "for life.Help me", "the situations.Anxiety is", "covid.My mom",
        "1.5.in", "...so", "okay.im done",
    ],
)  # fmt: skip
def test_sentences_that_lack_a_space_are_no_addresses(raw: str) -> None:
    assert masked(_RECOGNIZERS, raw) == raw
