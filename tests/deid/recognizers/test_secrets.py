"""Keys, tokens and passwords are masked; long words and slugs stay."""

import pytest

from prefpairs.deid.recognizers.secrets import SecretRecognizer
from tests.support.recognizing import masked

_RECOGNIZERS = (SecretRecognizer("en"),)
_JSON_WEB_TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N"
_PRIVATE_KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\n-----END RSA PRIVATE KEY-----"


@pytest.mark.parametrize(
    "secret",
    [
        "AKIAIOSFODNN7EXAMPLE", "ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a",
        "sk-" + "proj-abcDEF1234567890abcd", "xoxb-" + "123456789012-abcdefABCDEF",
        "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc", _JSON_WEB_TOKEN, _PRIVATE_KEY, "7fK2pQ9xLm4Rt8Wz1Yc6",
        "d41d8cd98f00b204e9800998ecf8427e", "0x" + "52908400098527886E0F7030069857D2E4169EE7",
    ],
)  # fmt: skip
def test_a_key_is_known_by_its_shape(secret: str) -> None:
    assert masked(_RECOGNIZERS, f"it is {secret} there") == "it is <SECRET> there"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("Bearer abcdef1234567890abcdef", "Bearer <SECRET>"),
        ("my password is hunter2!", "my password is <SECRET>!"),
        ("pw: sunshine", "pw: <SECRET>"),
        ("my pin is 4821.", "my pin is <SECRET>."),
        ("token = abc123def456", "token = <SECRET>"),
        ("api key: zz-19-yy-28", "api key: <SECRET>"),
    ],
)
def test_a_secret_is_known_by_the_word_before_it(raw: str, expected: str) -> None:
    assert masked(_RECOGNIZERS, raw) == expected


@pytest.mark.parametrize(
    "raw",
    [
        "my password is wrong", "Password: required", "pass: the", "supercalifragilisticexpialidocious",
        "#MentalHealthAwareness2019Week", "covid-19-Anxiety-in-Teens-2020", "ThisIsALongCamelCaseWord2019",
        "the key is to breathe", "the secret is out", "a token: gratitude", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "hahahahahahahahahahahaha", "1234567890123456789012345678901234567890", "his pin is lost",
    ],
)  # fmt: skip
def test_long_words_and_talk_about_secrets_stay(raw: str) -> None:
    assert masked(_RECOGNIZERS, raw) == raw
