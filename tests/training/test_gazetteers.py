import gzip
from importlib.resources import files

import pytest

from prefpairs.deid.gazetteer import NAMES, Gazetteer, load
from training.gazetteers import DICTIONARIES, build, english_words, pack

CRISIS_WORDS = {
    "988", "911", "crisis", "lifeline", "samaritans", "trevor project", "childline", "suicide", "self-harm",
    "crisis text line", "therapist", "psychiatrist", "zoloft", "prozac", "lithium", "anxiety", "depression",
}  # fmt: skip
LISTS_OF_NAMES: tuple[Gazetteer, ...] = (
    "first_names", "last_names", "towns", "regions", "countries", "organisations", "worded_names",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_every_list_is_lower_case_and_sorted_without_empty_or_padded_entries(name: Gazetteer) -> None:
    packed = files("prefpairs.deid").joinpath("gazetteers", f"{name}.txt.gz").read_bytes()
    entries = gzip.decompress(packed).decode("utf-8").split("\n")

    assert entries == sorted(set(entries))
    assert all(entry and entry == " ".join(entry.split()) for entry in entries)
    assert not [entry for entry in entries if any(letter.isascii() and letter.isupper() for letter in entry)]


@pytest.mark.parametrize("name", LISTS_OF_NAMES)
def test_no_list_of_names_holds_a_word_that_somebody_in_crisis_needs(name: Gazetteer) -> None:
    assert not load(name) & CRISIS_WORDS


@pytest.mark.parametrize("name", ["first_names", "towns", "regions", "countries"])
def test_no_safe_word_is_a_given_name_or_a_place(name: Gazetteer) -> None:
    assert not load("safe_words") & load(name)


def test_safe_words_are_what_a_support_community_writes() -> None:
    sentence = "idk i'm so tired of my therapist and the zoloft doesn't help w/ the king sized dread on mondays"

    assert set(sentence.split()) <= load("safe_words")


def test_names_that_are_words_are_never_safe() -> None:
    assert not load("safe_words") & {
        "hope",
        "will",
        "mark",
        "grace",
        "rose",
        "bill",
        "reading",
        "mobile",
        "target",
    }
    assert {"hope", "will", "reading", "target", "king"} <= load("ambiguous_words")


def test_what_people_call_people_and_places_is_in_the_lists() -> None:
    assert {"jess", "priya", "kofi", "siobhan", "siobhán", "mateusz", "thảo", "emre", "will"} <= load(
        "first_names"
    )
    assert {"okafor", "nguyen", "o'brien", "kowalski", "king"} <= load("last_names")
    assert {"dayton", "nyc", "leeds", "saint paul", "kraków", "krakow", "reading"} <= load("towns")
    assert {"kaiser permanente", "asda", "university of ohio", "ucla", "nhs"} <= load("organisations")


def test_names_made_of_safe_words_are_listed_because_no_single_word_gives_them_away() -> None:
    safe = load("safe_words")

    assert {"long beach", "best buy"} <= load("worded_names")
    assert all(set(name.split()) <= safe for name in load("worded_names"))


@pytest.mark.skipif(
    not (DICTIONARIES / "british-english").exists(), reason="needs Debian's wamerican and wbritish"
)
def test_the_lists_that_ship_are_what_the_script_makes() -> None:
    for name, entries in build(english_words()).items():
        shipped = files("prefpairs.deid").joinpath("gazetteers", f"{name}.txt.gz").read_bytes()
        assert gzip.decompress(shipped) == gzip.decompress(pack(entries)), name
