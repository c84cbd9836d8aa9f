"""A dump file -> lists of whole lines in bounded memory, and an honest word on whether the file was whole.

Two traps decide the shape of this module. python-zstandard's `stream_reader` returns the beginning of
a cut file as if it were all, so each frame is driven by hand and must reach its end. And a few kilobytes
can decompress to gigabytes, so input goes in by small pieces and the expansion is measured.
"""

import zlib
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

import zstandard

from prefpairs.config import Ingest
from prefpairs.errors import SourceError

ENDINGS = (".zst", ".gz", ".ndjson", ".jsonl", ".json")
SHOWN_BYTES = 200
"""What a quarantine row shows of a line."""

_BLOCK_BYTES = 1 << 21
_PIECE_BYTES = 1 << 12  # zstd makes at most 128 KiB of 4 bytes: one piece of a bomb is 128 MiB
_PLAIN_BYTES = 1 << 20
_FREE_BYTES = 1 << 26  # a small file of like lines may expand as it likes up to here
_GZIP = 16 + zlib.MAX_WBITS
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"  # RFC 8878, 3.1.1
_GZIP_MAGIC = b"\x1f\x8b\x08"  # RFC 1952, 2.3.1, with the only method there is


class Fault(StrEnum):
    """Why a file ended early. Its quarantine row has this reason; the lines before it are kept."""

    CUT_ARCHIVE = "CUT_ARCHIVE"
    CORRUPT_ARCHIVE = "CORRUPT_ARCHIVE"
    WINDOW_TOO_LARGE = "WINDOW_TOO_LARGE"
    EXPANSION_TOO_LARGE = "EXPANSION_TOO_LARGE"


_Pieces = Generator[bytes, None, Fault | None]


@dataclass(slots=True)
class LineReader:
    """Iterating gives (number of the first line, lines without their newlines), some megabytes at a time.

    Attributes
    ----------
    lines, decompressed
        Lines and bytes read so far.
    too_long
        (line number, first bytes) of the lines of the newest list that were longer than
        `limits.max_line_bytes`; in the list itself they are empty.
    fault
        After the last list: why the file ended early, or None for a whole file.

    """

    path: Path
    limits: Ingest
    lines: int = 0
    decompressed: int = 0
    too_long: list[tuple[int, bytes]] = field(default_factory=list, repr=False)
    fault: Fault | None = None

    def __iter__(self) -> Iterator[tuple[int, list[bytes]]]:
        """Read the file once, from its beginning.

        Raises
        ------
        SourceError
            If the file has another ending than `ENDINGS`, or cannot be read.

        """
        if self.path.suffix not in ENDINGS:
            msg = f"{self.path} is no archive that prefpairs reads: it must end in {', '.join(ENDINGS)}."
            raise SourceError(msg)
        try:
            with self.path.open("rb") as stream:
                yield from self._blocks(self._pieces(stream))
        except OSError as error:
            msg = f"The archive {self.path} could not be read: {error.strerror}."
            raise SourceError(msg) from None

    def _pieces(self, stream: BinaryIO) -> Iterator[bytes]:
        if self.path.suffix == ".zst":
            self.fault = yield from self._measured(stream, _zstd_pieces(stream, self.limits.max_window_bytes))
        elif self.path.suffix == ".gz":
            self.fault = yield from self._measured(stream, _gzip_pieces(stream))
        else:
            while piece := stream.read(_PLAIN_BYTES):
                self.decompressed += len(piece)
                yield piece

    def _measured(self, stream: BinaryIO, pieces: _Pieces) -> _Pieces:
        try:
            while True:
                piece = next(pieces)
                self.decompressed += len(piece)
                if self.decompressed > max(_FREE_BYTES, self.limits.max_expansion * stream.tell()):
                    return Fault.EXPANSION_TOO_LARGE
                yield piece
        except StopIteration as end:
            fault: Fault | None = end.value
            return fault

    def _blocks(self, pieces: Iterator[bytes]) -> Iterator[tuple[int, list[bytes]]]:
        held: list[bytes] = []
        size, ended = 0, False
        for piece in pieces:
            line_end = piece.find(b"\n")
            if not ended and size > self.limits.max_line_bytes:
                # Of a line that is too long already, only the end is of interest.
                if line_end < 0:
                    continue
                piece = piece[line_end:]
            held.append(piece)
            size += len(piece)
            ended = ended or line_end >= 0
            if ended and size >= _BLOCK_BYTES:
                lines = b"".join(held).split(b"\n")
                held, ended = [lines.pop()], False
                size = len(held[0])
                yield self._checked(lines)
        if size:
            yield self._checked(b"".join(held).removesuffix(b"\n").split(b"\n"))

    def _checked(self, lines: list[bytes]) -> tuple[int, list[bytes]]:
        first = self.lines + 1
        self.lines += len(lines)
        self.too_long = []
        if max(map(len, lines)) > self.limits.max_line_bytes:
            for index, line in enumerate(lines):
                if len(line) > self.limits.max_line_bytes:
                    self.too_long.append((first + index, line[:SHOWN_BYTES]))
                    lines[index] = b""
        return first, lines


def _zstd_pieces(stream: BinaryIO, max_window_bytes: int) -> _Pieces:
    engine = zstandard.ZstdDecompressor(max_window_size=max_window_bytes)
    frame: zstandard.ZstdDecompressionObj | None = None
    frames, damaged, piece = 0, False, b""
    while piece := piece or stream.read(_PIECE_BYTES):
        frame = frame or engine.decompressobj()
        try:
            data = frame.decompress(piece)
        except zstandard.ZstdError as error:
            if "too much memory" in str(error):
                return Fault.WINDOW_TOO_LARGE
            frame, damaged = None, True
            if piece := _next_part(stream, piece, _ZSTD_MAGIC):
                yield b"\n"  # ends the line that the damage broke off
            continue
        piece = b""
        if frame.eof:
            frames, piece = frames + 1, frame.unused_data
            frame = None
        if data:
            yield data
    if damaged:
        return Fault.CORRUPT_ARCHIVE
    return None if frame is None and frames else Fault.CUT_ARCHIVE


def _gzip_pieces(stream: BinaryIO) -> _Pieces:
    member: zlib._Decompress | None = None
    members, damaged, piece = 0, False, b""
    while piece := piece or stream.read(_PIECE_BYTES):
        if member is None and members:
            piece = piece.lstrip(b"\0")  # tapes and block devices pad with zeros, and RFC 1952 readers skip them
            if not piece:
                continue
        member = member or zlib.decompressobj(_GZIP)
        try:
            data = member.decompress(piece)
        except zlib.error:
            member, damaged = None, True
            if piece := _next_part(stream, piece, _GZIP_MAGIC):
                yield b"\n"
            continue
        piece = b""
        if member.eof:
            members, piece = members + 1, member.unused_data
            member = None
        if data:
            yield data
    if damaged:
        return Fault.CORRUPT_ARCHIVE
    return None if member is None and members else Fault.CUT_ARCHIVE


def _next_part(stream: BinaryIO, piece: bytes, magic: bytes) -> bytes:
    """Return what follows the damage from the next frame or member on, or nothing at the end of the file.

    The first byte is passed over: a part that cannot even begin must not be tried for ever.
    """
    piece = piece[1:]
    while (start := piece.find(magic)) < 0:
        more = stream.read(_PIECE_BYTES)
        if not more:
            return b""
        piece = piece[1 - len(magic) :] + more
    return piece[start:]
