"""A .npy file of bytes that grows along its first axis."""

import math
import os
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

# Enough for the reading to be fast, and small beside any study.
_CHUNK_BYTES = 1 << 24

Shape = tuple[int, ...]


def npy_header(count: int, shape: Shape) -> bytes:
    """What stands in front of ``count`` rows of a shape; as long for every count.

    NumPy pads the first axis to 21 digits, so that a file can grow under its header.
    """
    header = BytesIO()
    described = {"descr": "|u1", "fortran_order": False, "shape": (count, *shape)}
    npy.write_array_header_1_0(header, described)
    return header.getvalue()


class GrowingArray:
    """Rows of uint8 in a .npy file, written one block after another."""

    def __init__(self, path: Path, shape: Shape, count: int) -> None:
        """Open or begin a file of ``count`` rows; what stands behind them is cut off.

        Rows that should be there and are not read as zeros: checksums find them.

        Args:
            path: of the file.
            shape: of one row.
            count: rows to keep.
        """
        self._shape, self._row_bytes = shape, math.prod(shape)
        self._start = len(npy_header(0, shape))
        handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
        self._file = os.fdopen(handle, "r+b", buffering=0)
        self._file.truncate(self._start + count * self._row_bytes)
        self.finish(count)

    def write(self, first: int, rows: NDArray[np.uint8]) -> None:
        """Put rows at a place and on the disk; OSError where there is no room."""
        self._write(self._start + first * self._row_bytes, np.ascontiguousarray(rows).data)
        os.fsync(self._file.fileno())

    def finish(self, count: int) -> None:
        """State how many rows there are."""
        self._write(0, memoryview(npy_header(count, self._shape)))
        os.fsync(self._file.fileno())

    def chunks(self, first: int, count: int) -> Iterator[bytes]:
        """The bytes of some rows, a piece at a time."""
        return read_rows(self._file.fileno(), self._shape, first, count)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _write(self, at: int, content: memoryview) -> None:
        left = content.cast("B")
        self._file.seek(at)
        while left:
            # A nearly full disk takes a part; the next call then says why not more.
            left = left[self._file.write(left) :]


def read_rows(handle: int, shape: Shape, first: int, count: int) -> Iterator[bytes]:
    """The bytes of some rows of an open file, a piece at a time; fewer where it ends before."""
    row_bytes = math.prod(shape)
    os.lseek(handle, len(npy_header(0, shape)) + first * row_bytes, os.SEEK_SET)
    left = count * row_bytes
    while left and (piece := os.read(handle, min(left, _CHUNK_BYTES))):
        left -= len(piece)
        yield piece


def map_rows(path: Path, shape: Shape, count: int) -> NDArray[np.uint8]:
    """(count, *shape) rows of a file, read only as they are used.

    Raises:
        ValueError: the file is shorter.
        OSError: it cannot be read.
    """
    if not count:
        return np.empty((0, *shape), np.uint8)
    start = len(npy_header(0, shape))
    # A plain array: np.memmap costs microseconds at each use.
    return np.asarray(np.memmap(path, np.uint8, "r", start, (count, *shape)))
