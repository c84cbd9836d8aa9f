"""Names are masked where the words around them, or a list, say that they are some; words are not."""

import pytest

from prefpairs.deid.recognizers.cues import NameCueRecognizer
from prefpairs.deid.recognizers.listed_names import ListedNameRecognizer
from prefpairs.deid.recognizers.persons import PersonPatternRecognizer
from tests.support.recognizing import masked

_RECOGNIZERS = (PersonPatternRecognizer("en"), NameCueRecognizer("en"), ListedNameRecognizer("en"))


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("I saw Dr. Sarah Smith-Jones today", "I saw Dr. <PERSON> today"),
        ("I saw dr. nguyen about it", "I saw dr. <PERSON> about it"),
        ("DR. SMITH SAID NO", "DR. <PERSON> SAID NO"),
        ("Nurse Kelly and Pastor J. Brown helped", "Nurse <PERSON> and Pastor <PERSON> helped"),
        ("ask Dr. Beck, or Dr. J", "ask Dr. <PERSON>, or Dr. <PERSON>"),
        ("ask Dr. Lexapro Smith", "ask Dr. <PERSON>"),
        ("hi, my name is sarah and I drink", "hi, my name is <PERSON> and I drink"),
        ("MY NAME IS SARAH", "MY NAME IS <PERSON>"),
        ("im tom and im 15", "im <PERSON> and im 15"),
        ("this is Ana. call me annie", "this is <PERSON>. call me <PERSON>"),
        ("his name was Ahmed Khan", "his name was <PERSON>"),
        ("a girl named Maria", "a girl named <PERSON>"),
    ],
)
def test_a_name_is_masked_after_a_title_or_an_introduction(raw: str, expected: str) -> None:
    assert masked(_RECOGNIZERS, raw) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("my sister Ana's house", "my sister <PERSON>'s house"),
        ("my bf jake hit me", "my bf <PERSON> hit me"),
        ("my sister xandra, who left", "my sister <PERSON>, who left"),
        ("my sister April left", "my sister <PERSON> left"),
        ("my sister Ocean left", "my sister <PERSON> left"),
        ("my mom's best friend Linda", "my mom's best friend <PERSON>"),
        ("my husband (27m) dave is", "my husband (27m) <PERSON> is"),
        ("my ex-wife Karen", "my ex-wife <PERSON>"),
        ("so hope (my sister) left", "so <PERSON> (my sister) left"),
        ("a crush on heather", "a crush on <PERSON>"),
        ("I begged jan not to", "I begged <PERSON> not to"),
        ("his mother Maria de la Cruz", "his mother <PERSON>"),
        ("my friend Jake M. said", "my friend <PERSON>. said"),
        ("my friends Tom and Jerry", "my friends <PERSON> and <PERSON>"),
        ("my kids ana & leo", "my kids <PERSON> & <PERSON>"),
        ("Tom, Dick and Harry came", "<PERSON>, <PERSON> and <PERSON> came"),
    ],
)
def test_a_name_is_masked_after_kin_and_beside_another_name(raw: str, expected: str) -> None:
    assert masked(_RECOGNIZERS, raw) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("Hi Jess, it helps", "Hi <PERSON>, it helps"),
        ("that helped, thanks tom!", "that helped, thanks <PERSON>!"),
        ("Take care.\n\n- Sarah", "Take care.\n\n- <PERSON>"),
        ("Thanks,\r\nSarah", "Thanks,\r\n<PERSON>"),
        ("love, jess", "love, <PERSON>"),
    ],
)
def test_a_name_is_masked_in_a_greeting_and_at_the_end(raw: str, expected: str) -> None:
    assert masked(_RECOGNIZERS, raw) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("Jake said it", "<PERSON> said it"),
        ("I told Jake that", "I told <PERSON> that"),
        ("I saw Mark yesterday", "I saw <PERSON> yesterday"),
        ("then April called", "then <PERSON> called"),
        ("it was john smith", "it was <PERSON>"),
        ("me and sarah went", "me and <PERSON> went"),
        ("jake's house", "<PERSON>'s house"),
        ("THEN JAKE SAID NO", "THEN <PERSON> SAID NO"),
        ("say Zoe\u0308 or Jose\u0301 did", "say <PERSON> or <PERSON> did"),
    ],
)
def test_a_known_first_name_needs_little_around_it(raw: str, expected: str) -> None:
    assert masked(_RECOGNIZERS, raw) == expected


@pytest.mark.parametrize(
    "raw",
    [
        "I'm Bipolar and I'm Autistic. I'm So Tired. I'm Feeling low. I'm American.",
        "i'm rich, i'm lost, i'm gay, this is fine",
        "my name is not important",
        "my doctor Said it, my mom Died, My Husband Left Me, my mom will help",
        "my bf dosent care and my therapist will listen",
        "my dr thinks so, the dr said no, dr appointment on Monday",
        "MS Word, and MS since 2010",
        "call me crazy, call me when you can",
        "Hi Everyone, thank you Community! Hello all",
        "In April I hope. May I? Patience is not something. Grace and Hope help",
        "will mark it, the rose, a bill, in the summer, an olive",
        "I go to the therapist. I see her, as a therapist I work",
        "a med called Zoloft, an app named Headspace",
        "ask @jake or u/jake",
        "Ted Talks help",
    ],
)
def test_words_are_no_names(raw: str) -> None:
    assert masked(_RECOGNIZERS, raw) == raw
