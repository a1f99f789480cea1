"""A fixed input of a network with the output that it must give: the bundle's proof of itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from math import prod

import numpy as np
from numpy.typing import NDArray

from headct.core.errors import BundleError
from headct.measure.calibration.probabilities import of_log_odds
from headct.predict.bundle.archive import pack, unpack
from headct.predict.bundle.manifest import LABEL_LOGITS, MASK_LOGITS

TOLERANCE = 1e-4
"""Probabilities of two runs of one network in fp32 differ by less, whatever the processor."""

PIXELS = "pixels"
_SUFFIX = ".npy"
_MOST_BYTES = 64 << 20
_MOST_HEADER = 1000
_KINDS = {PIXELS: np.dtype("|u1")}
_OUTPUT_KIND = np.dtype("<f4")


@dataclass(frozen=True, eq=False)
class SelfTest:
    """What went in, and what must come out.

    Args:
        pixels: (slices, channels, rows, columns) uint8, as a store holds frames.
        expected: what each output gave, float32, by its meaning.
    """

    pixels: NDArray[np.uint8]
    expected: Mapping[str, NDArray[np.float32]]


def largest_difference(
    expected: Mapping[str, NDArray[np.float32]], got: Mapping[str, NDArray[np.float32]]
) -> float:
    """How far two outputs are apart: logits as probabilities, others in parts of their peak."""
    return max(_apart(meaning, expected[meaning], got[meaning]) for meaning in expected)


def _apart(meaning: str, one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    if meaning in {LABEL_LOGITS, MASK_LOGITS}:
        return float(np.abs(of_log_odds(one) - of_log_odds(other)).max())
    peak = max(1.0, float(np.abs(one).max()))
    return float(np.abs(one.astype(float) - other).max()) / peak


def selftest_bytes(selftest: SelfTest) -> bytes:
    """The arrays as an ``.npz`` that ``numpy.load`` reads too; equal ones give equal bytes."""
    return pack(
        {
            PIXELS + _SUFFIX: _npy(selftest.pixels),
            **{name + _SUFFIX: _npy(values) for name, values in selftest.expected.items()},
        }
    )


def parse_selftest(stored: bytes, meanings: tuple[str, ...], where: str) -> SelfTest:
    """The arrays of an ``.npz``; it is checked before anything is made of it.

    Args:
        stored: the archive.
        meanings: the outputs that must be there.
        where: what to call it in messages.

    Raises:
        BundleError: it is damaged, or other than expected.
    """
    names = (PIXELS, *meanings)
    members = unpack(stored, dict.fromkeys([name + _SUFFIX for name in names], _MOST_BYTES), where)
    pixels = np.asarray(_array(PIXELS, members[PIXELS + _SUFFIX], where), np.uint8)
    arrays = {
        name: np.asarray(_array(name, members[name + _SUFFIX], where), np.float32)
        for name in meanings
    }
    if pixels.ndim != 4 or not (pixels.size and all(values.size for values in arrays.values())):
        raise BundleError(f"{where}: expected slices, channels, rows, columns; got {pixels.shape}")
    if not all(np.isfinite(values).all() for values in arrays.values()):
        raise BundleError(f"{where}: an expected output is not a finite number")
    return SelfTest(pixels, arrays)


def _npy(values: NDArray[np.uint8] | NDArray[np.float32]) -> bytes:
    buffer = BytesIO()
    np.lib.format.write_array(
        buffer, np.ascontiguousarray(values), version=(1, 0), allow_pickle=False
    )
    return buffer.getvalue()


def _array(name: str, stored: bytes, where: str) -> NDArray[np.generic]:
    """An array without NumPy's reader, which makes room for whatever size a header states."""
    buffer = BytesIO(stored)
    try:
        if np.lib.format.read_magic(buffer) != (1, 0):
            raise BundleError(f"{where}: {name} is of another version of .npy than 1.0")
        shape, in_columns, kind = np.lib.format.read_array_header_1_0(buffer, _MOST_HEADER)
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError) as error:
        raise BundleError(f"{where}: {name} is no array ({type(error).__name__})") from error
    expected = _KINDS.get(name, _OUTPUT_KIND)
    if kind != expected or in_columns or min(shape, default=0) < 0:
        raise BundleError(f"{where}: {name} must be {expected} by rows, got {kind}")
    content = stored[buffer.tell() :]
    if len(content) != prod(shape) * expected.itemsize:
        raise BundleError(f"{where}: {name} has {len(content)} bytes, not those of {shape}")
    return np.frombuffer(content, expected).reshape(shape)
