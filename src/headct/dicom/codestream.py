"""What a compressed image says of itself, read before anything is decoded."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

_JPEG_START = b"\xff\xd8"
_J2K_START = b"\xff\x4f\xff\x51"
_JP2_START = b"\x00\x00\x00\x0cjP  \r\n\x87\n"
# Start of frame: SOF3, 7, 11 and 15 are lossless, SOF55 is JPEG-LS, the others are DCT, which
# loses detail. C4, C8 and CC mean something else (ITU-T T.81, B.1.1.3; T.87, C.1.1).
_LOSSLESS_FRAMES = frozenset({0xC3, 0xC7, 0xCB, 0xCF})
_JPEG_LS_FRAME = 0xF7
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC} | {_JPEG_LS_FRAME}
_SCAN = 0xDA
_J2K_CODING = 0x52
_J2K_TILE = 0x90
_IRREVERSIBLE = 0


@dataclass(frozen=True)
class Codestream:
    """Size and kind of a compressed image.

    Args:
        rows: of the image.
        columns: of the image.
        bits: of each value.
        is_lossy: whether its method of compression loses detail. JPEG 2000 cut short after a
            reversible transform has lost some as well, and does not say so.
    """

    rows: int
    columns: int
    bits: int
    is_lossy: bool


def describe(frame: bytes) -> Codestream | None:
    """What the head of a JPEG, JPEG-LS, JPEG 2000 or HTJ2K image states.

    Returns:
        None for what is none of these (RLE has no head), or breaks off within its head.

    Source:
        ITU-T T.81 annex B (JPEG), T.87 annex C (JPEG-LS), T.800 annexes A and I (JPEG 2000).
    """
    try:
        if frame.startswith(_JPEG_START):
            return _jpeg(frame)
        if frame.startswith(_JP2_START):
            return _j2k(frame, _codestream_of_jp2(frame))
        if frame.startswith(_J2K_START):
            return _j2k(frame, 0)
    except struct.error:
        return None
    return None


def _segments(frame: bytes, at: int) -> Iterator[tuple[int, int]]:
    """Marker and offset of the content, segment by segment, from a marker on."""
    while at < len(frame):
        prefix, marker, length = struct.unpack_from(">BBH", frame, at)
        if prefix != 0xFF:
            return
        if marker == 0xFF:  # fill byte
            at += 1
            continue
        yield marker, at + 4
        at += 2 + length


def _jpeg(frame: bytes) -> Codestream | None:
    bits = rows = columns = 0
    for marker, at in _segments(frame, len(_JPEG_START)):
        if marker in _FRAMES:
            bits, rows, columns = struct.unpack_from(">BHH", frame, at)
            if marker != _JPEG_LS_FRAME:
                return Codestream(rows, columns, bits, marker not in _LOSSLESS_FRAMES)
        elif marker == _SCAN:
            # JPEG-LS: components, two bytes for each, then how far a value may be off.
            (components,) = struct.unpack_from(">B", frame, at)
            (near,) = struct.unpack_from(">B", frame, at + 1 + 2 * components)
            return Codestream(rows, columns, bits, near > 0)
    return None


def _j2k(frame: bytes, start: int) -> Codestream | None:
    """Image and tile size (SIZ) come first; the transform is in the coding style (COD)."""
    if start < 0 or frame[start : start + len(_J2K_START)] != _J2K_START:
        return None
    at = start + len(_J2K_START) + 4
    right, bottom, left, top = struct.unpack_from(">4L", frame, at)
    (depth,) = struct.unpack_from(">B", frame, at + 34)
    bits = (depth & 0x7F) + 1
    for marker, content in _segments(frame, start + 2):
        if marker == _J2K_CODING:
            (transform,) = struct.unpack_from(">B", frame, content + 9)
            return Codestream(bottom - top, right - left, bits, transform == _IRREVERSIBLE)
        if marker == _J2K_TILE:
            return None
    return None


def _codestream_of_jp2(frame: bytes) -> int:
    """Offset of the codestream in a JP2 file, which some writers store whole; -1 without one."""
    at = 0
    while at < len(frame):
        length, kind = struct.unpack_from(">L4s", frame, at)
        if kind == b"jp2c":
            return at + 8
        if length < 8:
            return -1
        at += length
    return -1
