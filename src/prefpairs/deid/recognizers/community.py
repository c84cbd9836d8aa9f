"""The settings -> every recognizer of our own, in one list."""

from collections.abc import Iterator

from presidio_analyzer import EntityRecognizer

from prefpairs.config_deid import Deid
from prefpairs.deid.recognizers.addresses import StreetAddressRecognizer
from prefpairs.deid.recognizers.ages import AgeRecognizer
from prefpairs.deid.recognizers.cards import NewCardRecognizer
from prefpairs.deid.recognizers.cues import NameCueRecognizer
from prefpairs.deid.recognizers.dates import CalendarDateRecognizer
from prefpairs.deid.recognizers.emails import EmailAddressRecognizer
from prefpairs.deid.recognizers.gazetteers import GazetteerRecognizer
from prefpairs.deid.recognizers.handles import SocialHandleRecognizer
from prefpairs.deid.recognizers.initials import InitialsRecognizer
from prefpairs.deid.recognizers.listed_names import ListedNameRecognizer
from prefpairs.deid.recognizers.mentions import (
    CommunityMentionRecognizer,
    RedditIdRecognizer,
    UserMentionRecognizer,
)
from prefpairs.deid.recognizers.organisations import OrganisationRecognizer
from prefpairs.deid.recognizers.persons import PersonPatternRecognizer
from prefpairs.deid.recognizers.phones import PhoneNumberRecognizer
from prefpairs.deid.recognizers.places import PlaceRecognizer, TownCueRecognizer
from prefpairs.deid.recognizers.postcodes import PostcodeRecognizer
from prefpairs.deid.recognizers.records import RecordNumberRecognizer, SocialSecurityRecognizer
from prefpairs.deid.recognizers.relative_dates import RelativeDateRecognizer
from prefpairs.deid.recognizers.secrets import SecretRecognizer
from prefpairs.deid.recognizers.urls import WebAddressRecognizer
from prefpairs.deid.recognizers.workplaces import WorkplaceRecognizer

REPLACED_PRESIDIO = frozenset({"DateRecognizer", "EmailRecognizer", "UrlRecognizer"})
"""Presidio's recognizers whose place ours take: two of them need quadratic time."""


def community_recognizers(settings: Deid) -> Iterator[EntityRecognizer]:
    """Yield a recognizer for each way in which community text gives somebody away."""
    language = settings.language
    # Direct identifiers.
    yield UserMentionRecognizer(language)
    yield CommunityMentionRecognizer(language)
    yield RedditIdRecognizer(language)
    yield SocialHandleRecognizer(language)
    yield EmailAddressRecognizer(language)
    yield WebAddressRecognizer(language)
    yield PhoneNumberRecognizer(language)
    yield RecordNumberRecognizer(language)
    yield SocialSecurityRecognizer(language)
    yield SecretRecognizer(language)
    yield NewCardRecognizer(language)
    # People, and what narrows down who somebody is.
    yield PersonPatternRecognizer(language)
    yield NameCueRecognizer(language)
    yield ListedNameRecognizer(language)
    yield InitialsRecognizer(language)
    yield AgeRecognizer(language)
    yield CalendarDateRecognizer(language)
    yield RelativeDateRecognizer(language)
    yield StreetAddressRecognizer(language)
    yield PostcodeRecognizer(language)
    yield PlaceRecognizer(language)
    yield TownCueRecognizer(language)
    yield OrganisationRecognizer(language)
    yield WorkplaceRecognizer(language)
    for entity_type, path in sorted(settings.gazetteers.items()):
        yield GazetteerRecognizer(language, entity_type=entity_type, path=path)
