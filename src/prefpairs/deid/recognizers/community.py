"""The settings -> every recognizer of our own, in one list."""

from collections.abc import Iterator

from presidio_analyzer import EntityRecognizer

from prefpairs.config import Deid
from prefpairs.deid.recognizers.contacts import NumberRecognizer, WebAddressRecognizer
from prefpairs.deid.recognizers.emails import ObfuscatedEmailRecognizer
from prefpairs.deid.recognizers.handles import SocialHandleRecognizer
from prefpairs.deid.recognizers.mentions import (
    CommunityMentionRecognizer,
    RedditIdRecognizer,
    UserMentionRecognizer,
)
from prefpairs.deid.recognizers.persons import PersonPatternRecognizer


def community_recognizers(settings: Deid) -> Iterator[EntityRecognizer]:
    """Yield a recognizer for each way in which community text gives somebody away."""
    language = settings.language
    # Direct identifiers.
    yield UserMentionRecognizer(language)
    yield CommunityMentionRecognizer(language)
    yield RedditIdRecognizer(language)
    yield SocialHandleRecognizer(language)
    yield ObfuscatedEmailRecognizer(language)
    yield WebAddressRecognizer(language)
    yield NumberRecognizer(language)
    # People, and what narrows down who somebody is.
    yield PersonPatternRecognizer(language)
