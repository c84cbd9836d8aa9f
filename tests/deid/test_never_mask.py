"""What never is masked, and that it protects nothing beside it."""

import pytest

from prefpairs.deid import kept_words
from prefpairs.deid.never_mask import NeverMask

_LISTS = (
    "medications",
    "conditions",
    "therapies",
    "helpers",
    "platforms",
    "words",
    "ambiguous_medications",
    "eponyms",
)


def _keeps(raw: str, detected: str, entity_type: str = "PERSON", *, own: tuple[str, ...] = ()) -> bool:
    start = raw.index(detected)
    return NeverMask(own).keeps(raw, start=start, end=start + len(detected), entity_type=entity_type)


@pytest.mark.parametrize(
    ("raw", "detected"),
    [
        ("I take Lexapro", "Lexapro"),
        ("Zoloft 50mg and Xanax", "Zoloft 50mg and Xanax"),
        ("on the pill Yasmin since then", "Yasmin"),
        ("my Hodgkin's came back", "Hodgkin"),
        ("my Asperger came back", "Asperger"),
        ("it is Addison's disease", "Addison"),
        ("the Beck Depression Inventory", "Beck"),
        ("the Beck Depression Inventory", "Beck Depression Inventory"),
        ("Hamilton Rating Scale", "Hamilton"),
        ("Wernicke-Korsakoff syndrome", "Wernicke-Korsakoff"),
        ("non-Hodgkin lymphoma", "Hodgkin"),
        ("a child with Down syndrome", "Down"),
        ("my ED and my ADD", "ED"),
        ("PHQ-9 and MMPI", "PHQ-9"),
        ("EMDR and Internal Family Systems", "Internal Family Systems"),
        ("I saw Dr. Smith", "Dr"),
    ],
)
def test_medicines_illnesses_scales_and_therapies_stay(raw: str, detected: str) -> None:
    assert _keeps(raw, detected)


@pytest.mark.parametrize(
    ("raw", "detected"),
    [
        ("ask Dr. Lexapro Smith", "Lexapro Smith"),
        ("ask Dr. Lexapro", "Lexapro"),
        ("ask Dr. Beck", "Beck"),
        ("my friend Addison", "Addison"),
        ("my friend Hodgkin came", "Hodgkin"),
        ("then Parkinson Smith came", "Parkinson"),
        ("my name is Parkinson", "Parkinson"),
        ("Prozac Ana helped", "Prozac Ana"),
        ("my friend Yasmin left", "Yasmin"),
        ("Yasmin said so", "Yasmin"),
        ("a crush on Heather", "Heather"),
        ("I was with Estelle, she took my meds", "Estelle"),
        ("my friend Ed left", "Ed"),
        ("Trevor said so", "Trevor"),
        ("Bell told me of his disease", "Bell"),
        ("my sister Ana", "Ana"),
    ],
)
def test_people_are_masked_though_a_term_has_their_name_or_stands_beside_it(raw: str, detected: str) -> None:
    assert not _keeps(raw, detected)


@pytest.mark.parametrize(
    ("raw", "detected", "entity_type"),
    [
        ("Stockholm syndrome", "Stockholm", "LOCATION"),
        ("call the Samaritans", "Samaritans", "ORGANIZATION"),
        ("the Crisis Text Line", "Crisis Text Line", "ORGANIZATION"),
        ("the Trevor Project", "Trevor", "PERSON"),
        ("I saw it on Reddit", "Reddit", "ORGANIZATION"),
        ("F32 or F41.1", "F32", "US_DRIVER_LICENSE"),
        ("F32 or F41.1", "F41.1", "RECORD_NUMBER"),
        ("296.33 it says", "296.33", "RECORD_NUMBER"),
        ("B12 and D3", "B12", "POSTCODE"),
        ("see https://www.nami.org/help", "https://www.nami.org/help", "URL"),
    ],
)
def test_help_codes_and_eponyms_of_places_stay(raw: str, detected: str, entity_type: str) -> None:
    assert _keeps(raw, detected, entity_type)


@pytest.mark.parametrize(
    ("raw", "detected", "entity_type"),
    [
        ("I live in Stockholm", "Stockholm", "LOCATION"),
        ("I work at Google", "Google", "ORGANIZATION"),
        ("see https://jane.example/nami.org", "https://jane.example/nami.org", "URL"),
        ("see https://nami.org.example", "https://nami.org.example", "URL"),
        ("it is u/lexapro", "u/lexapro", "REDDIT_USER"),
        ("my kik is prozac", "prozac", "SOCIAL_HANDLE"),
        ("I am F32", "F32", "AGE"),
    ],
)
def test_places_employers_and_handles_are_masked(raw: str, detected: str, entity_type: str) -> None:
    assert not _keeps(raw, detected, entity_type)


@pytest.mark.parametrize("line", kept_words.lines("crisis_lines"))
def test_every_crisis_line_stays_as_it_is_written(line: str) -> None:
    assert _keeps(f"please call {line} now", line, "PHONE_NUMBER")


@pytest.mark.parametrize(
    "line",
    [
        "988", "1-800-273-8255", "18002738255", "(800) 273-8255", "+1 800 273 8255", "1.800.273.8255",
        "1-800-273-TALK", "1 800 273 talk", "+44 116 123", "0800 58 58 58", "+44 (0)300 123 3393", "13 11 14",
        "131114",
        "+61 13 11 14", "0800 1111",
    ],
)  # fmt: skip
def test_a_crisis_line_stays_however_it_is_grouped(line: str) -> None:
    assert _keeps(f"call {line}, please", line, "PHONE_NUMBER")


def test_a_part_of_a_crisis_line_stays() -> None:
    assert _keeps("call 1-800-273-TALK (8255) now", "1-800-273", "PHONE_NUMBER")


@pytest.mark.parametrize(
    "number", ["415-988-2671", "0800 11112", "800-273-8256", "988 415 2671", "1-800-273-8255-1"]
)
def test_a_number_that_holds_a_crisis_line_is_masked(number: str) -> None:
    assert not _keeps(f"call {number} now", number, "PHONE_NUMBER")


@pytest.mark.parametrize(
    ("detected", "kept"), [("Ann", True), ("ANN", True), ("A. N. N.", True), ("Anna", False), ("Ann Smith", False)]
)
def test_the_users_own_terms_are_whole_detections(detected: str, kept: bool) -> None:
    assert _keeps(f"it is {detected} here", detected, own=("Ann",)) is kept


def test_an_empty_term_keeps_nothing() -> None:
    assert not _keeps("...", "...", own=("", " - "))


@pytest.mark.parametrize("name", _LISTS)
def test_a_list_has_no_entry_twice_and_is_in_lower_case(name: str) -> None:
    entries = kept_words.lines(name)
    assert len(set(entries)) == len(entries)
    assert [entry for entry in entries if entry != entry.lower()] == []
