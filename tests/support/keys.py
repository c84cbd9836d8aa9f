"""A project key that tests may know."""

from prefpairs.keys import ProjectKey

KEY_HEX = "5e" * 32
KEY = ProjectKey.from_hex(KEY_HEX)
