"""What Presidio misses on Reddit (notes: the table of stock misses), and what must never be masked."""

import pytest

from prefpairs.deid.engine import Engine


@pytest.mark.parametrize(
    ("raw", "masked"),
    [
        ("ask u/ThrowRA_sad", "ask <REDDIT_USER>"),
        ("ask /u/throwRA-sad123!", "ask <REDDIT_USER>!"),
        (r"ask u/sad\_panda\_99 please", "ask <REDDIT_USER> please"),
        ("(U/SadPanda)", "(<REDDIT_USER>)"),
        ("see r/BPDlovedones, or /r/depression_help.", "see <SUBREDDIT>, or <SUBREDDIT>."),
        ("[me](/user/sad_panda)", "[me](<REDDIT_USER>)"),
        ("it was t1_k2fx9ab, in t3_17abcde.", "it was <REDDIT_ID>, in <REDDIT_ID>."),
        # Reddit's editor escapes what could be markup; its embeds glue "by" and "in" to the names.
        (r"ask u\/sad\_panda, \/u\/sad-panda", "ask <REDDIT_USER>, <REDDIT_USER>"),
        (r"see r\/BPDlovedones", "see <SUBREDDIT>"),
        ("Comment\nbyu/SadPanda from\ninr/BPDlovedones", "Comment\n<REDDIT_USER> from\n<SUBREDDIT>"),
        # A link to a thread leads to its author, whatever stands before it.
        ("/r/BPDlovedones/comments/17abcde/my_sister_jane/k2fx9ab/ says", "<SUBREDDIT> says"),
        ("/user/sad_panda/comments/17abcde/my_sister_jane", "<REDDIT_USER>"),
        ("[it](/comments/17abcde/)", "[it](<REDDIT_ID>)"),
        # Invisible characters inside a name do not end it.
        ("ask u/sad\u200bpanda_99 and u/sad\u00adpanda", "ask <REDDIT_USER> and <REDDIT_USER>"),
        ("caféu/sad_panda", "<REDDIT_USER>"),
    ],
)
def test_mentions_are_masked_with_their_prefix(engine: Engine, raw: str, masked: str) -> None:
    assert engine.deidentify(raw).text == masked


@pytest.mark.parametrize(
    "raw",
    [
        "12 mU/L of TSH",
        "either/or",
        "w/r/t that",
        "and/or",
        "likes/comments/shares",
        "BYU/Utah",
        "his/her",
        "km/h",
        "a T3 and T4 test",
        "t1_",
    ],
)
def test_units_and_slashes_are_no_mentions(engine: Engine, raw: str) -> None:
    assert engine.deidentify(raw).text == raw


@pytest.mark.parametrize(
    ("raw", "masked"),
    [
        ("kik: sadboi99", "kik: <SOCIAL_HANDLE>"),
        ("**Kik:** sadboi", "**Kik:** <SOCIAL_HANDLE>"),
        ("snap is lonelyboi22", "snap is <SOCIAL_HANDLE>"),
        ("my snap is lonelyboi", "my snap is <SOCIAL_HANDLE>"),
        ("discord sadpanda#4821", "discord <SOCIAL_HANDLE>"),
        ("my ig is jane_doe.22.", "my ig is <SOCIAL_HANDLE>."),
        ("venmo @jane-roe", "venmo <SOCIAL_HANDLE>"),
        ("insta @lonely.boi", "insta <SOCIAL_HANDLE>"),
        ("add me on telegram lonelyboi", "add me on telegram <SOCIAL_HANDLE>"),
        ("Add me on discord, I am quietotter51.", "Add me on discord, I am <SOCIAL_HANDLE>."),
        ("IG = jane.doe", "IG = <SOCIAL_HANDLE>"),
        (r"sc: jane\_doe", "sc: <SOCIAL_HANDLE>"),
        ("PSN - xXjaneXx", "PSN - <SOCIAL_HANDLE>"),
        ("thanks @janedoe!", "thanks <SOCIAL_HANDLE>!"),
        ("my gamertag is DarkJane", "my gamertag is <SOCIAL_HANDLE>"),
    ],
)
def test_handles_on_other_platforms_are_masked_whole(engine: Engine, raw: str, masked: str) -> None:
    assert engine.deidentify(raw).text == masked


@pytest.mark.parametrize(
    "raw",
    [
        "discord is awful and snap is great",
        "my facebook is private",
        "I am off twitter because it hurts",
        "a steam-powered train at 10 @ home",
        "see you @7pm",
        "twitter: the place where I feel worse",
    ],
)
def test_talk_about_platforms_stays(engine: Engine, raw: str) -> None:
    assert engine.deidentify(raw).text == raw


@pytest.mark.parametrize(
    "raw",
    [
        "jane dot roe at gmail dot com",
        "jane (at) gmail (dot) com",
        "jane[at]gmail.com",
        "jane.roe at gmail dot com",
        "jane_roe at yahoo.co.uk",
        "jane @ gmail . com",
        "jane@gmail,com",
        "jane.roe@gmail.com",
        r"jane\_roe@gmail.com",
        "jane *at* gmail *dot* com",
        "jane@gmail.con",
        "jane underscore roe [at] example [dot] org",
    ],
)
def test_addresses_are_masked_however_they_are_written(engine: Engine, raw: str) -> None:
    assert engine.deidentify(f"write to {raw} today").text.removeprefix("write to ") == "<EMAIL_ADDRESS> today"


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
    "raw",
    [
        "I looked at it dot by dot",
        "meet at noon",
        "good at maths. Come over",
        "look at this",
        "be good *at* it. Really",
    ],
)
def test_a_place_or_a_time_is_no_address(engine: Engine, raw: str) -> None:
    assert engine.deidentify(raw).text == raw


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
        ("born 03/04/1991 there", "born <DATE_TIME> there"),
        ("from 192.168.3.17 again", "from <IP_ADDRESS> again"),
        ("see https://example.org/jane?x=1 now", "see <URL> now"),
        ("[my page](https://example.org/jane)", "[my page](<URL>)"),
    ],
)
def test_presidios_own_recognizers_work(engine: Engine, raw: str, masked: str) -> None:
    assert engine.deidentify(raw).text == masked


@pytest.mark.parametrize(
    "raw",
    [
        "It is not your fault.It is theirs.",
        "I told myself.Is that so bad?",
        "She won’t.So I left in 9th grade.Later I came back.",
    ],
)
def test_sentences_that_lack_a_space_are_no_addresses(engine: Engine, raw: str) -> None:
    assert engine.deidentify(raw).text == raw


@pytest.mark.parametrize(
    ("raw", "masked"),
    [
        ("see Example.Com for it", "see <URL> for it"),
        ("see janeroe.me for it", "see <URL> for it"),
        ("see janeroe.It/about", "see <URL>"),
        ("see http://janeroe.It", "see <URL>"),
        ("write jane@janeroe.It", "write <EMAIL_ADDRESS>"),
    ],
)
def test_addresses_stay_addresses_in_any_case(engine: Engine, raw: str, masked: str) -> None:
    assert engine.deidentify(raw).text == masked
