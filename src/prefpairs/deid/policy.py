"""The settings -> what is done with an identifier of each entity type.

An overlap of several types is replaced at least as thoroughly as the strictest of them asks: a kept
town inside a street address goes with the address, and an age inside a record number gives no band.
"""

from collections.abc import Iterable, Mapping

from prefpairs.config_deid import Action, Deid
from prefpairs.errors import ConfigError

DIRECT = frozenset(
    {
        "CREDIT_CARD", "CRYPTO", "EMAIL_ADDRESS", "IBAN_CODE", "IP_ADDRESS", "MAC_ADDRESS", "PERSON",
        "PHONE_NUMBER", "RECORD_NUMBER", "REDDIT_ID", "REDDIT_USER", "SECRET", "SOCIAL_HANDLE",
        "STREET_ADDRESS", "URL", "US_SSN", "UUID",
    }
)  # fmt: skip
"""Entity types of which one is enough to find a person."""

QUASI = frozenset(
    {"AGE", "DATE_TIME", "LOCATION", "NRP", "ORGANIZATION", "POSTCODE", "RELATIVE_DATE", "SUBREDDIT"}
)
"""Entity types of which several together can be."""

ENTITY_TYPES = DIRECT | QUASI

PLACEHOLDER: Action = "placeholder"
KEEP: Action = "keep"

# `drop` and `placeholder` leave nothing of the identifier; a surrogate leaves its shape, a band its rough value.
_STRICTNESS: Mapping[str, int] = {"keep": 0, "generalise": 1, "surrogate": 2, "placeholder": 3, "drop": 3}


class Policy:
    """Entity type -> action, checked against the types that can be found.

    Raises
    ------
    ConfigError
        If the settings name an entity type that does not exist, or keep a direct identifier: the gate
        in front of a candidate would stop every version that holds one.

    """

    def __init__(self, settings: Deid, *, found: Iterable[str] = ()) -> None:
        self._actions = settings.policy
        self._otherwise = settings.action
        known = ENTITY_TYPES | frozenset(found)
        _refuse_unknown("deid.policy", settings.policy, known)
        _refuse_unknown("deid.ignored_entities", settings.ignored_entities, known)
        if kept := sorted(name for name in DIRECT if self.action(name) == KEEP):
            msg = (
                f"deid.policy keeps {', '.join(kept)}: direct identifiers are never published. "
                "Choose placeholder, surrogate, generalise or drop for them."
            )
            raise ConfigError(msg)

    def action(self, entity_type: str) -> Action:
        """Return what is done with an identifier of this type."""
        return self._actions.get(entity_type, self._otherwise)


def action_of_overlap(strongest: str, everyone: Iterable[str]) -> str:
    """Return the action for overlapping detections, of which `strongest` is the most certain one's action."""
    strictest = max(_STRICTNESS[action] for action in everyone)
    return strongest if _STRICTNESS[strongest] >= strictest else PLACEHOLDER


def _refuse_unknown(setting: str, named: Iterable[str], known: frozenset[str]) -> None:
    if unknown := sorted(set(named) - known):
        msg = f"{setting}: no entity type is called {', '.join(unknown)}. There are: {', '.join(sorted(known))}."
        raise ConfigError(msg)
