"""Keyed ids cannot be guessed without the key, nor joined across purposes."""

import hashlib
from pathlib import Path

import pytest

from prefpairs.errors import ConfigError
from prefpairs.keys import ProjectKey

KEY = ProjectKey.from_hex("0b" * 32)


def test_keyed_hash_is_hmac_sha256() -> None:
    # RFC 4231, test case 1 has a key of 20 bytes 0x0b; HMAC pads a key with zero bytes to the block size.
    key = ProjectKey(bytes.fromhex("0b" * 20))
    expected = "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
    assert key.keyed_hash("Hi There") == expected


def test_dictionary_of_usernames_finds_nothing() -> None:
    names = [f"user{number}" for number in range(100)]
    plain = {hashlib.sha256(name.encode()).hexdigest() for name in names}
    assert plain.isdisjoint(KEY.author_hash(name) for name in names)


def test_purposes_and_series_cannot_be_joined() -> None:
    hashes = {
        KEY.name_hash("t1_a"),
        KEY.text_id("t1_a", "body"),
        KEY.content_hash("t1_a"),
        KEY.author_hash("t1_a"),
        KEY.derive("release:main").public_id("t1_a"),
        KEY.derive("release:other").public_id("t1_a"),
    }
    assert len(hashes) == 6


def test_author_is_one_person_in_any_case() -> None:
    assert KEY.author_hash("Marigold") == KEY.author_hash("mariGOLD")


def test_secret_does_not_show() -> None:
    assert "0b0b" not in repr(KEY)
    assert str(KEY.secret) not in repr(KEY)


@pytest.mark.parametrize("text", ["", "0b", "zz" * 32, "0b" * 31 + "0 "])
def test_malformed_key_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        ProjectKey.from_hex(text)
    assert not text or text not in str(caught.value)


def test_key_is_drawn_once_and_kept_private(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "project.key"
    first = ProjectKey.create(path)
    assert ProjectKey.create(path) == first
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "project.key"
    ProjectKey.create(path)
    path.chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        ProjectKey.load(path)


def test_missing_key_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="prefpairs init"):
        ProjectKey.load(tmp_path / "project.key")


@pytest.mark.parametrize("content", [b"", b"c0ffee", b"\xff\xfe" * 32, "\u0663".encode() * 64])
def test_key_file_that_is_malformed_is_named_and_not_shown(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "project.key"
    path.touch(mode=0o600)
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=str(path)) as caught:
        ProjectKey.load(path)
    assert "c0ffee" not in str(caught.value)
