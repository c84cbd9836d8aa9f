"""A reader, or a crash, sees the old file or the whole new one."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefpairs.files import canonical_json, replacing, sha256_file, sha256_json, write_atomic


def test_failed_write_leaves_the_old_file_and_no_rest(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    write_atomic(path, b"old")
    with pytest.raises(IsADirectoryError):
        write_half(path)
    assert path.read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["manifest.json"]


def test_written_file_is_private(tmp_path: Path) -> None:
    write_atomic(tmp_path / "folder" / "file", b"x")
    assert (tmp_path / "folder" / "file").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "folder").stat().st_mode & 0o777 == 0o700


def test_sha256_is_that_of_the_bytes(tmp_path: Path) -> None:
    path = tmp_path / "abc"
    path.write_bytes(b"abc")
    # FIPS 180-2, appendix B.1
    assert sha256_file(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def write_half(path: Path) -> None:
    with replacing(path) as temporary:
        temporary.write_bytes(b"half of the n")
        path.parent.write_bytes(b"a folder cannot be written to: the error in the middle")


@given(st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5) | st.none()))
def test_canonical_json_does_not_depend_on_order(value: dict[str, object]) -> None:
    turned = dict(reversed(value.items()))
    assert canonical_json(value) == canonical_json(turned)
    assert sha256_json(value) == sha256_json(turned)
