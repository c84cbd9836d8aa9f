"""What Presidio misses on Reddit (notes: the table of stock misses), and what must never be masked."""

import pytest

from prefpairs.deid.engine import Engine


@pytest.mark.parametrize(
    ("raw", "masked"),
    [
        ("see https://intranet.local/jane?x=1 please", "see <URL> please"),
        ("[mine](http://janes-blog.con/about)", "[mine](<URL>)"),
        ("call +32 419 25 41 22 or +16471228070", "call <PHONE_NUMBER> or <PHONE_NUMBER>"),
        ("call 0501 861 4427, or 06 12 34 56 78.", "call <PHONE_NUMBER>, or <PHONE_NUMBER>."),
        ("call +1 (800) 273-8255, 0300 123 3393 or 13 11 14", "call +1 (800) 273-8255, 0300 123 3393 or 13 11 14"),
    ],
)
def test_addresses_and_numbers_are_masked_though_no_registry_knows_them(
    engine: Engine, raw: str, masked: str
) -> None:
    assert engine.deidentify(raw).text == masked


@pytest.mark.parametrize(
    ("raw", "masked"),
    [
        ("I saw Dr. Sarah Smith-Jones today", "I saw Dr. <PERSON> today"),
        ("I saw dr. nguyen about it", "I saw dr. <PERSON> about it"),
        ("DR. SMITH SAID NO", "DR. <PERSON> SAID NO"),
        ("Nurse Kelly and Pastor J. Brown helped", "Nurse <PERSON> and Pastor <PERSON> helped"),
        ("Dr Phil on television", "Dr <PERSON> on television"),
        ("Aunt Mary came", "Aunt <PERSON> came"),
        ("hi, my name is sarah and I drink", "hi, my name is <PERSON> and I drink"),
        ("MY NAME IS SARAH", "MY NAME IS <PERSON>"),
        ("my real name's Zoe\u0308", "my real name's <PERSON>"),
        ("my name is **Sarah**", "my name is **<PERSON>**"),
        ("I'm called Bob, they call me Bobby", "I'm called <PERSON>, they call me <PERSON>"),
        ("I’m Tom. I am Tom", "I’m <PERSON>. I am <PERSON>"),
        ("his name was Ahmed Khan", "his name was <PERSON>"),
        ("a girl named Maria", "a girl named <PERSON>"),
        ("my sister Ana's house", "my sister <PERSON>'s house"),
        ("my mom's best friend Linda", "my mom's best friend <PERSON>"),
        ("my therapist (Sarah) and my ex Jake I think", "my therapist (<PERSON>) and my ex <PERSON> I think"),
        ("my friend O'Brien met my brother Jean-Luc", "my friend <PERSON> met my brother <PERSON>"),
        ("my sister April left", "my sister <PERSON> left"),
        ("Take care.\n\n- Sarah", "Take care.\n\n- <PERSON>"),
        ("Thanks,\r\nSarah", "Thanks,\r\n<PERSON>"),
    ],
)
def test_names_are_masked_where_the_words_before_say_so(engine: Engine, raw: str, masked: str) -> None:
    assert engine.deidentify(raw).text == masked


@pytest.mark.parametrize(
    "raw",
    [
        "I'm Bipolar and I'm Autistic. I'm So Tired. I'm Feeling low. I'm American.",
        "my Hodgkin's and my Asperger came back",
        "my name is not important",
        "my doctor Said it, my mom Died, My Husband Left Me",
        "my dr thinks so, the dr said no, dr appointment on Monday",
        "a med called Zoloft, an app named Headspace",
        "MS Word, and MS since 2010",
        "call me crazy, call me when you can",
        "F32, F41.1, B12 and D3, 20mg, PHQ-9, GAD-7, 24/7, CBT, EMDR",
        "my friend is on Lexapro",
    ],
)
def test_diagnoses_medications_and_common_words_stay(engine: Engine, raw: str) -> None:
    assert engine.deidentify(raw).text == raw


@pytest.mark.parametrize(
    "line", ["988", "741741", "1-800-273-8255", "(800) 273-8255", "+1 800 273 8255", "116 123", "13 11 14"]
)
def test_crisis_lines_are_never_masked(engine: Engine, line: str) -> None:
    raw = f"please call {line} now"
    assert engine.deidentify(raw).text == raw


def test_a_number_beside_a_crisis_line_is_masked(engine: Engine) -> None:
    raw = "call 1-800-273-8255, or my cell 415-555-2671"
    assert engine.deidentify(raw).text == "call 1-800-273-8255, or my cell <PHONE_NUMBER>"


@pytest.mark.parametrize(
    ("raw", "masked"),
    [
        ("ssn 219-09-9999 ok", "ssn <US_SSN> ok"),
        ("born 03/04/1991 there", "born 1991 there"),
        ("from 192.168.3.17 again", "from <IP_ADDRESS> again"),
        ("see https://example.org/jane?x=1 now", "see <URL> now"),
        ("[my page](https://example.org/jane)", "[my page](<URL>)"),
    ],
)
def test_presidios_own_recognizers_work(engine: Engine, raw: str, masked: str) -> None:
    assert engine.deidentify(raw).text == masked
