"""A project key -> keyed ids: what stands in a table instead of a name or a Reddit id.

HMAC-SHA-256 (RFC 2104) under a 256-bit key that never enters a table. A plain or salted hash of
a username can be reversed by hashing every known username; a keyed one cannot without the key.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from prefpairs.errors import ConfigError
from prefpairs.files import write_atomic

_KEY_HEX_LENGTH = 64
_RESTORE = "Put back the one that the project's tables were made with: another one gives other ids."
_PUBLIC_ID_LENGTH = 24  # 96 bits: no collision to be expected below 10^13 ids


@dataclass(frozen=True, slots=True)
class ProjectKey:
    """The project's secret. Its `repr` does not show it."""

    secret: bytes = field(repr=False)

    @classmethod
    def from_hex(cls, text: str) -> "ProjectKey":
        """Read a key of 64 hexadecimal digits.

        Raises
        ------
        ConfigError
            If the text is anything else.

        """
        text = text.strip()
        try:
            secret = bytes.fromhex(text)
        except ValueError:
            secret = b""
        if len(text) != _KEY_HEX_LENGTH or len(secret) * 2 != _KEY_HEX_LENGTH:
            msg = "The project key must be 64 hexadecimal digits (256 bits)."
            raise ConfigError(msg)
        return cls(secret)

    @classmethod
    def load(cls, path: Path) -> "ProjectKey":
        """Read the key file.

        Raises
        ------
        ConfigError
            If it is missing, malformed, or readable by other users.

        """
        if not path.is_file():
            msg = f"No project key at {path}. {_RESTORE} A new project gets one from `prefpairs init`."
            raise ConfigError(msg)
        if path.stat().st_mode & 0o077:
            msg = f"The project key {path} is readable by other users. Run: chmod 600 {path}"
            raise ConfigError(msg)
        try:
            return cls.from_hex(path.read_text(encoding="ascii", errors="replace"))
        except ConfigError:
            msg = f"The project key {path} must be {_KEY_HEX_LENGTH} hexadecimal digits (256 bits). {_RESTORE}"
            raise ConfigError(msg) from None

    @classmethod
    def create(cls, path: Path) -> "ProjectKey":
        """Draw a new key into `path` (mode 0600), or read the one that is there."""
        if not path.exists():
            write_atomic(path, (secrets.token_hex(_KEY_HEX_LENGTH // 2) + "\n").encode())
        return cls.load(path)

    def derive(self, purpose: str) -> "ProjectKey":
        """Return the key for one purpose (`texts`, `author`, `release:<series>`), unlinkable to the others."""
        return ProjectKey(hmac.digest(self.secret, f"prefpairs/{purpose}".encode(), "sha256"))

    def keyed_hash(self, text: str) -> str:
        """Return HMAC-SHA-256 of `text` as 64 hexadecimal digits. Lone surrogates are allowed."""
        return hmac.digest(self.secret, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hex()

    def public_id(self, fullname: str) -> str:
        """Return the id (24 hexadecimal digits) that stands for a Reddit fullname under this key."""
        return self.keyed_hash(fullname)[:_PUBLIC_ID_LENGTH]

    def name_hash(self, fullname: str) -> str:
        """Return what stands for a fullname inside the lake: tombstones and texts are found by it."""
        return self.derive("names").keyed_hash(fullname)

    def author_hash(self, author: str) -> str:
        """Return what stands for an author inside the lake. Reddit compares names without case."""
        return self.derive("authors").keyed_hash(author.lower())

    def text_id(self, fullname: str, field: str) -> str:
        """Return the id of one text: `field` (title, selftext, body) of one post or comment."""
        return self.derive("texts").keyed_hash(f"{fullname}/{field}")

    def content_hash(self, text: str) -> str:
        """Return the cache key of a raw text; without the key nobody can test a guess against it."""
        return self.derive("contents").keyed_hash(text)
