import gzip
import random
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from prefpairs.config import Ingest
from prefpairs.errors import SourceError
from prefpairs.ingest import streams
from prefpairs.ingest.streams import Fault, LineReader
from tests.support.archives import frame, write

LINES = [b'{"n":%d}' % number for number in range(2000)]
CONTENT = b"".join(line + b"\n" for line in LINES)


def read(path: Path, limits: Ingest | None = None) -> tuple[list[bytes], Fault | None, list[tuple[int, bytes]]]:
    reader = LineReader(path, limits or Ingest())
    lines: list[bytes] = []
    too_long: list[tuple[int, bytes]] = []
    for first, block in reader:
        assert first == len(lines) + 1
        lines += block
        too_long += reader.too_long
    assert reader.lines == len(lines)
    return lines, reader.fault, too_long


def noise(size: int) -> bytes:
    """Text that does not compress, so that a file has several zstd blocks to cut between."""
    return "\n".join(random.Random(0).choices("abcdefghijklmnopqrstuvwxyz", k=size)).encode() + b"\n"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.zst", frame(CONTENT)),
        ("no-checksum.zst", frame(CONTENT, checksum=False)),
        ("long-window.zst", frame(CONTENT, window_log=31)),
        ("two-frames.zst", frame(CONTENT[:5000]) + frame(CONTENT[5000:])),
        (
            "skippable.zst",
            b"\x50\x2a\x4d\x18\x05\x00\x00\x00hello" + frame(CONTENT) + b"\x5f\x2a\x4d\x18\x00\x00\x00\x00",
        ),
        ("a.gz", gzip.compress(CONTENT)),
        ("two-members.gz", gzip.compress(CONTENT[:5000]) + gzip.compress(CONTENT[5000:])),
        ("padded.gz", gzip.compress(CONTENT) + bytes(5000)),
        ("a.ndjson", CONTENT),
        ("a.jsonl", CONTENT),
        ("no-last-newline.json", CONTENT[:-1]),
    ],
)
def test_whole_file_gives_every_line(tmp_path: Path, name: str, content: bytes) -> None:
    assert read(write(tmp_path / name, content)) == (LINES, None, [])


def test_window_of_two_gigabytes_was_asked_for() -> None:
    assert zstandard.get_frame_parameters(frame(CONTENT, window_log=31)).window_size == 1 << 31


@pytest.mark.parametrize("block_bytes", [1, 7, 64, 1000])
def test_blocks_of_any_size_give_the_same_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block_bytes: int
) -> None:
    monkeypatch.setattr(streams, "_BLOCK_BYTES", block_bytes)
    monkeypatch.setattr(streams, "_PLAIN_BYTES", 13)
    assert read(write(tmp_path / "a.json", CONTENT)) == (LINES, None, [])


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.7, 0.99])
@pytest.mark.parametrize("ending", ["zst", "gz"])
def test_cut_file_gives_its_beginning_and_says_that_it_is_cut(tmp_path: Path, ending: str, share: float) -> None:
    content = noise(400_000)
    packed = frame(content) if ending == "zst" else gzip.compress(content)
    lines, fault, _ = read(write(tmp_path / f"a.{ending}", packed[: int(len(packed) * share)]))
    assert fault is Fault.CUT_ARCHIVE
    assert content.startswith(b"\n".join(lines))
    if share > 0.5:
        assert len(lines) > 100_000


def test_file_without_its_checksum_is_cut(tmp_path: Path) -> None:
    assert read(write(tmp_path / "a.zst", frame(CONTENT)[:-1])) == (LINES, Fault.CUT_ARCHIVE, [])


def test_cut_between_two_frames_of_which_the_second_has_begun(tmp_path: Path) -> None:
    lines, fault, _ = read(write(tmp_path / "a.zst", frame(CONTENT) + frame(b"more\n")[:5]))
    assert (lines, fault) == (LINES, Fault.CUT_ARCHIVE)


def test_flipped_byte_keeps_what_came_before_it(tmp_path: Path) -> None:
    content = noise(400_000)
    packed = bytearray(frame(content))
    packed[len(packed) // 2] ^= 0xFF
    lines, fault, _ = read(write(tmp_path / "a.zst", bytes(packed)))
    assert fault is Fault.CORRUPT_ARCHIVE
    assert len(lines) > 100_000


@pytest.mark.parametrize("packed", [frame(CONTENT), gzip.compress(CONTENT)])
def test_garbage_after_the_end_keeps_what_came_before_it(tmp_path: Path, packed: bytes) -> None:
    path = tmp_path / ("a.zst" if packed.startswith(b"\x28") else "a.gz")
    assert read(write(path, packed + b"<html>garbage</html>")) == (LINES, Fault.CORRUPT_ARCHIVE, [])


@pytest.mark.parametrize(("ending", "pack"), [(".zst", frame), (".gz", gzip.compress)])
@pytest.mark.parametrize("where", [0.02, 0.5, 0.98])
def test_damaged_part_of_a_file_costs_itself_and_not_the_parts_after_it(
    tmp_path: Path, ending: str, pack: Callable[[bytes], bytes], where: float
) -> None:
    damaged = bytearray(pack(CONTENT))
    damaged[int(len(damaged) * where)] ^= 0xFF
    before, after = b"before\n", [b"after 1\nafter 2\n", b"after 3\n"]
    parts = [pack(before), bytes(damaged), *map(pack, after)]

    lines, fault, _ = read(write(tmp_path / f"a{ending}", b"".join(parts)))

    assert fault is Fault.CORRUPT_ARCHIVE
    assert lines[0] == b"before"
    assert lines[-3:] == [b"after 1", b"after 2", b"after 3"]


def test_plain_text_that_calls_itself_zst_is_damaged(tmp_path: Path) -> None:
    assert read(write(tmp_path / "a.zst", CONTENT)) == ([], Fault.CORRUPT_ARCHIVE, [])


def test_frame_with_a_larger_window_than_allowed_says_so(tmp_path: Path) -> None:
    path = write(tmp_path / "a.zst", frame(CONTENT, window_log=31))
    assert read(path, Ingest(max_window_bytes=1 << 27)) == ([], Fault.WINDOW_TOO_LARGE, [])


@pytest.mark.parametrize("ending", ["zst", "gz"])
def test_bomb_is_stopped_in_bounded_memory(tmp_path: Path, ending: str) -> None:
    zeros = bytes(300_000_000)
    packed = frame(zeros) if ending == "zst" else gzip.compress(zeros)
    reader = LineReader(write(tmp_path / f"a.{ending}", packed), Ingest(max_expansion=100))
    held = sum(len(line) for _, block in reader for line in block)
    assert reader.fault is Fault.EXPANSION_TOO_LARGE
    assert held == 0
    assert reader.decompressed < 250_000_000


@pytest.mark.parametrize("block_bytes", [100, 1 << 21])
def test_line_that_is_too_long_costs_only_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block_bytes: int
) -> None:
    monkeypatch.setattr(streams, "_BLOCK_BYTES", block_bytes)
    monkeypatch.setattr(streams, "_PLAIN_BYTES", 500)
    path = write(
        tmp_path / "a.json", b"before\n" + b"x" * 100_000 + b"\nafter\n" + b"y" * 5_000 + b"\n" + b"z" * 9_000
    )
    lines, fault, too_long = read(path, Ingest(max_line_bytes=4096))
    assert lines == [b"before", b"", b"after", b"", b""]
    assert too_long == [(2, b"x" * 200), (4, b"y" * 200), (5, b"z" * 200)]
    assert fault is None


def test_file_with_another_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"RC_2012-01\.bz2.*\.zst"):
        read(write(tmp_path / "RC_2012-01.bz2", b""))
