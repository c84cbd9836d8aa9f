"""Names on other platforms are masked whole; talk about platforms stays."""

import pytest

from prefpairs.deid.recognizers.handles import SocialHandleRecognizer
from tests.support.recognizing import masked

_RECOGNIZERS = (SocialHandleRecognizer("en"),)


@pytest.mark.parametrize(
    "template",
    [
        "kik: {}", "**Kik:** {}", "snap is {} ok", "discord {} ok", "my ig is {}.", "my ig's {}", "venmo {}",
        "insta @{}", "IG = {}", "sc: {}", "PSN - {}", "thanks @{}!", "my gamertag is {}", "Snapchat → {}",
        "snap/ig: {}", "ig & snap - {}", "add me on telegram {}", "Add me on discord, I am {}.",
        "hmu on discord {}", "kik me {}", "snap me at {}", "{} on insta", "I'm {} on discord", "add {} on snap",
        "{} is my snap", "my insta handle is {}", "skype name: {}", "find me on insta if you like dogs, it's {}",
        "my discord for anyone who wants to talk is {}", "tg: {}", "my main account is {}", "my username is {}",
        "youtube channel: {}", "battle.net: {}", "cashapp: {}", "ｋｉｋ： {}", "insta @ {}", "telegram:&nbsp;{}",
        "his snap is {}", "riot id: {}", "steam: {}", "xbox live: {}", "whatsapp: {}",
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["sadboi_99", "lonely.boi22"])
def test_a_name_on_another_platform_is_masked_whole(template: str, name: str) -> None:
    result = masked(_RECOGNIZERS, template.format(name))
    assert "<SOCIAL_HANDLE>" in result
    assert not any(part in result for part in ("sadboi", "lonely", "boi22"))


@pytest.mark.parametrize(
    "raw",
    [
        "kik: sadboi", "my snap is lonelyboi", "add me on telegram lonelyboi", "add janedoe on snap",
        "my ig's janedoe", "I'm janedoe on discord", "snap: sunshine", "my gamertag is DarkJane",
        "steam name lonelyanchor", "his snap is janedoe", "snap lonelyanchor", "insta please, lonelyanchor",
        "my snapchat, its always lonelyanchor",
    ],
)  # fmt: skip
def test_names_without_digits_or_marks_are_masked_where_a_name_must_follow(raw: str) -> None:
    assert "<SOCIAL_HANDLE>" in masked(_RECOGNIZERS, raw)


@pytest.mark.parametrize(
    "name",
    [
        "sadpanda#4821",
        "Jane#21234",
        "Jane#EUW",
        "@janedoe",
        "@jane.bsky.social",
        "@jane@mastodon.social",
        "$JaneRoe",
        "quiet_otter",
        "deirdre1085",
    ],
)
def test_some_names_are_known_by_their_shape(name: str) -> None:
    assert masked(_RECOGNIZERS, f"it is {name} there") == "it is <SOCIAL_HANDLE> there"


@pytest.mark.parametrize(
    "raw",
    [
        "discord is awful and snap is great", "my facebook is private", "I am off twitter because it hurts",
        "a steam-powered train at 10 @ home", "see you @7pm, or @ 3am", "twitter: the place where I feel worse",
        "add friends on snap and follow people on insta", "I'm addicted on insta",
        "message me on discord anytime", "disc: L4-L5", "signal: weak", "snap: oh no",
        "my other account is banned, my main account was hacked", "I saw on facebook that covid19 spreads",
        "my twitter feed has 20mins", "take 2 @10mg", "$100, $5k, $AAPL and a$$", "issue #1234",
        "high social anxiety. I cope", "youtube videos help", "to handle situations.Anxiety",
        "windows10 and covid19", "everyone @home is at school",
    ],
)  # fmt: skip
def test_talk_about_platforms_stays(raw: str) -> None:
    assert masked(_RECOGNIZERS, raw) == raw
