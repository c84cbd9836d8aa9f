"""Which accounts are bots, and which people only sound like one."""

import pytest

from prefpairs.config_curate import Curate
from tests.support.curating import reasons, reasons_for_author, reasons_for_text
from tests.support.rows import CREATED, LONG_ENOUGH, comment

DAY = 86_400
SAME = [f"That is in our list of answers, number {number}." for number in range(6)]
OWN = [
    f"I have {word} it for a while, and it was not easy for me."
    for word in ("felt", "known", "had", "seen", "hid", "borne")
]


@pytest.mark.parametrize("author", ["AutoModerator", "automoderator", "RemindMeBot", "GIFV-BOT", "tweetposter"])
def test_known_bot_is_dropped_in_any_case(author: str) -> None:
    assert reasons_for_author(author) == ["BOT"]


@pytest.mark.parametrize(
    "author", ["quiet_helper_bot", "QuoteOfTheDayBot", "daily-bot", "limerickbot", "Facts_Bot_2"]
)
def test_bot_name_needs_more_than_a_name(author: str) -> None:
    assert reasons_for_author(author) == []
    assert reasons_for_author(author, OWN) == []
    assert reasons_for_author(author, [f"{LONG_ENOUGH} I am a bot, beep."]) == ["BOT"]
    assert reasons_for_author(author, SAME) == ["BOT"]


@pytest.mark.parametrize(
    "author",
    [
        "botanist_jane", "AbbottFan", "RobotLover", "talbot22", "bottle_of_rain", "Both_Sides", "rock_bottom",
        "MrRobot", "i_robot", "BotoxRegrets", "cabot_cove", "lobotomy_survivor", "marigold",
    ],
)  # fmt: skip
def test_people_with_bot_in_their_name_stay_even_if_they_repeat_themselves(author: str) -> None:
    assert reasons_for_author(author, SAME) == []
    assert reasons_for_author(author, [f"{LONG_ENOUGH} Some days I am a bot too."]) == []


def test_few_comments_say_nothing_about_a_name() -> None:
    assert reasons_for_author("helper_bot", SAME[:4]) == []
    assert reasons_for_author("helper_bot", SAME[:5]) == ["BOT"]


def test_half_of_the_comments_repeated_is_enough_and_less_is_not() -> None:
    assert reasons_for_author("helper_bot", [*SAME[:3], *OWN[:3]]) == ["BOT"]
    assert reasons_for_author("helper_bot", [*SAME[:3], *OWN[:4]]) == []


def test_signature_of_a_bot_is_enough_and_quoting_one_is_not() -> None:
    signature = "*I am a bot, and this action was performed automatically.*"
    assert reasons_for_text(f"{LONG_ENOUGH}\n\n{signature}") == ["BOT"]
    assert reasons_for_text(f"> {signature}\n\n{LONG_ENOUGH}") == []
    assert reasons_for_text(f"{LONG_ENOUGH} I am a bottle of rain.", author="rain_bot") == []


@pytest.mark.parametrize(("comments", "kept"), [(200, True), (201, False)])
def test_who_writes_all_day_long_is_a_bot_on_every_day(comments: int, kept: bool) -> None:
    start = CREATED // DAY * DAY
    rows = [
        comment(f"t1_{number}", author="busy", created_utc=start + number, body=f"{LONG_ENOUGH} {'so ' * number}")
        for number in range(comments)
    ]
    rows.append(
        comment("t1_later", author="Busy", created_utc=start + 9 * DAY, body="I was there, and it was hard.")
    )
    found = reasons(rows, Curate(max_chars_comment=4000, off=("REPETITION",)))
    assert (found["t1_later"] == []) is kept


def test_accounts_that_are_gone_are_not_one_busy_person() -> None:
    settings = Curate(keep_deleted_author=True, bot_comments_per_day=2)
    for nobody in ("[deleted]", None):
        rows = [
            comment(f"t1_{number}", author=nobody, body=f"{LONG_ENOUGH} {'so ' * number}") for number in range(4)
        ]
        assert set(map(tuple, reasons(rows, settings).values())) == {()}
