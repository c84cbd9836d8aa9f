"""Surrogates: alike, the same in a thread, others in the next, and nobody's."""

import re
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from prefpairs.deid.caseless import caseless
from prefpairs.deid.surrogate_dates import shifted
from prefpairs.deid.surrogate_words import family, in_case_of, places_like
from prefpairs.deid.surrogate_words import given as given_names
from prefpairs.deid.surrogates import Surrogates

SEED = b"one thread"


def _of(entity_type: str, *identifiers: str, seed: bytes = SEED, texts: tuple[str, ...] = ()) -> list[str | None]:
    drawn = Surrogates(seed, [(entity_type, identifier) for identifier in identifiers], (*identifiers, *texts))
    return [drawn.of(entity_type, identifier) for identifier in identifiers]


def test_a_person_keeps_one_name_in_every_spelling_of_the_thread() -> None:
    full, first, shouted, low, owned, surname = _of(
        "PERSON", "Lucia Novak", "Lucia", "LUCIA", "lucia", "Lucia's", "Novak"
    )
    assert full == f"{first} {surname}"
    assert (shouted, low, owned) == (str(first).upper(), str(first).lower(), f"{first}'s")
    assert first not in ("Lucia", surname)


def test_titles_particles_and_initials_keep_their_place() -> None:
    titled, initial, whole = _of("PERSON", "Dr. van Novak", "L. Novak", "Lucia Novak")
    first, surname = str(whole).split()
    assert titled == f"Dr. van {surname}"
    assert initial == f"{first[0]}. {surname}"


def test_threads_share_no_surrogates_and_the_same_thread_always_gives_the_same() -> None:
    names = ("Lucia Novak", "Hassan Darwish", "Priya Nair", "Marek Wojcik")
    assert _of("PERSON", *names) == _of("PERSON", *names) == _of("PERSON", *reversed(names))[::-1]
    others = [_of("PERSON", *names, seed=bytes([number])) for number in range(8)]
    assert len({tuple(drawn) for drawn in others}) == len(others)


@pytest.mark.parametrize(
    ("name", "like"), [("Fatima", "Nadia"), ("Hassan", "Karim"), ("Olga", "Irena"), ("Kwame", "Kofi")]
)
def test_a_name_is_replaced_by_one_of_its_gender_and_languages(name: str, like: str) -> None:
    drawn = _of("PERSON", name)[0]
    assert drawn in given_names(caseless(name))
    assert like in given_names(caseless(name))


def test_a_family_name_is_replaced_by_one_of_its_languages() -> None:
    assert "Sharma" in family("mehta")
    assert _of("PERSON", "Rohan Mehta")[0].split()[1] in family("mehta")  # type: ignore[union-attr]


@given(
    st.lists(
        st.sampled_from(["Ana", "Emily", "Fiona", "Robin", "Smith", "Wren", "Wei", "Novak", "Zorvik"]),
        min_size=1,
        max_size=8,
    )
)
def test_no_surrogate_is_a_word_of_the_thread_and_no_two_people_become_one(names: list[str]) -> None:
    people = sorted({f"{first} {last}" for first, last in pairwise(names)} | set(names))
    drawn = dict(zip(people, _of("PERSON", *people, texts=("Alice and Barlow",)), strict=True))
    inside = {word for name in people for word in caseless(name).split()} | {"alice", "barlow"}
    assert not {word for new in drawn.values() for word in caseless(str(new)).split()} & inside
    words = {name: drawn[name] for name in people if " " not in name}
    assert len(set(words.values())) == len(words)


@pytest.mark.parametrize(
    ("handle", "shape"),
    [
        ("sad_panda99", r"[a-z]+_[a-z]+\d\d"),
        ("LonelyBoi", r"[A-Z][a-z]+"),
        ("@jane.roe", r"@[a-z]+\.[a-z]+"),
        ("u/quiet_otter7", r"[a-z]+_[a-z]+\d"),
        ("lonelyboi#1234", r"[a-z]+#\d{4}"),
        ("throw-away-1", r"[a-z]+-[a-z]+-\d"),
    ],
)
def test_a_handle_keeps_its_shape_and_links_to_nobody(handle: str, shape: str) -> None:
    drawn = str(_of("SOCIAL_HANDLE", handle)[0])
    assert re.fullmatch(shape, drawn)
    assert caseless(drawn) != caseless(handle)


def test_one_handle_has_one_surrogate_with_or_without_what_gives_it_away() -> None:
    mention, bare, shouted = _of("REDDIT_USER", "u/quiet_otter7", "quiet_otter7", "Quiet_Otter7")
    assert mention == bare
    assert caseless(str(shouted)) == bare


def test_an_address_belongs_to_nobody() -> None:
    assert re.fullmatch(r"[a-z]+\.[a-z]+@example\.com", str(_of("EMAIL_ADDRESS", "jane.roe@gmail.com")[0]))
    assert str(_of("EMAIL_ADDRESS", "jane@uni.ac.uk")[0]).endswith("@example.com")
    assert _of("EMAIL_ADDRESS", "jane dot roe at gmail dot com") == [None]


@pytest.mark.parametrize(
    ("phone", "shape"),
    [
        ("(415) 202-2671", r"\([2-9]\d\d\) 555-01\d\d"),
        ("+1 415.202.2671", r"\+1 [2-9]\d\d\.555\.01\d\d"),
        ("202-2671", r"555-01\d\d"),
        ("1-415-202-2671", r"1-[2-9]\d\d-555-01\d\d"),
    ],
)
def test_a_phone_number_is_of_a_range_for_fiction_and_grouped_alike(phone: str, shape: str) -> None:
    assert re.fullmatch(shape, str(_of("PHONE_NUMBER", phone)[0]))


@pytest.mark.parametrize(
    "identifier", ["+49 30 901820", "+44 7911 123456", "07911 123456", "four one five", "12345"]
)
def test_a_number_without_a_range_for_fiction_becomes_a_placeholder(identifier: str) -> None:
    assert _of("PHONE_NUMBER", identifier) == [None]


def test_a_place_is_replaced_by_one_of_its_kind() -> None:
    town, state, both, country = _of("LOCATION", "Seattle", "Ohio", "seattle, OH", "France")
    assert town in places_like("Seattle")
    assert "Boston" in places_like("Seattle")
    assert state in places_like("Ohio")
    assert country in places_like("Germany")
    assert str(both).split(", ")[0] == str(town).lower()
    assert re.fullmatch(r"[A-Z][A-Z]", str(both).split(", ")[1])
    assert _of("LOCATION", "behind the old mill") == [None]


@pytest.mark.parametrize(
    ("date", "earlier"),
    [
        ("2021-03-04", "2021-02-22"),
        ("3/14/2019", "3/4/2019"),
        ("25/03/2019", "15/03/2019"),
        ("03/04/21", "02/22/21"),
        ("May 3rd, 2019", "April 23rd, 2019"),
        ("3 may 2019", "23 april 2019"),
        ("Jan 5", "Dec 26"),
        ("12th of JUNE", "2nd of JUNE"),
        ("May 2019", "May 2019"),
        ("Mar '19", "Mar '19"),
    ],
)
def test_a_date_moves_by_the_days_of_its_thread_and_keeps_its_form(date: str, earlier: str) -> None:
    assert shifted(date, days=10) == earlier


@pytest.mark.parametrize("date", ["31/31/2019", "February 30", "last Christmas", "2019", "3/14", "", "1-2-3-4"])
def test_a_date_that_is_not_understood_becomes_a_placeholder(date: str) -> None:
    assert shifted(date, days=10) in (None, "3/4")


def test_dates_of_a_thread_stay_as_far_apart_as_they_were() -> None:
    first, second = _of("DATE_TIME", "2021-03-04", "2021-03-06")
    assert (first, second) != ("2021-03-04", "2021-03-06")
    days = [int(str(text).replace("-", "")) for text in (first, second)]
    assert days[1] - days[0] in (2, *range(70, 80))  # over the end of a month


@pytest.mark.parametrize("entity_type", ["ORGANIZATION", "URL", "CREDIT_CARD", "AGE", "SECRET", "STREET_ADDRESS"])
def test_what_cannot_be_imitated_safely_becomes_a_placeholder(entity_type: str) -> None:
    assert _of(entity_type, "Acme 12") == [None]


@example("PERSON", "G")  # an initial was drawn from all letters, its own among them
@given(
    st.sampled_from(["PERSON", "SOCIAL_HANDLE", "EMAIL_ADDRESS", "PHONE_NUMBER", "LOCATION", "DATE_TIME"]),
    st.text(max_size=40),
)
def test_whatever_is_found_gives_another_text_or_a_placeholder(entity_type: str, identifier: str) -> None:
    drawn = _of(entity_type, identifier)[0]
    has_letters = any(character.isalpha() for character in identifier)
    assert drawn is None or not has_letters or drawn != identifier


def test_case_follows_the_original() -> None:
    assert [in_case_of(model, "Ana Bo") for model in ("JOE", "joe", "Joe", "J", "McK")] == [
        "ANA BO",
        "ana bo",
        "Ana Bo",
        "Ana Bo",
        "Ana Bo",
    ]
