"""Stored values of files → Hounsfield units."""

import struct
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray
from pydicom.uid import ExplicitVRBigEndian

from headct.core.errors import PixelError, ScanError
from headct.core.finding import Progress
from headct.core.series import Instance, Location
from headct.core.volume import AIR_HU, Hounsfield
from headct.dicom.compressed import LOSSY_NOTE, Compressed
from headct.dicom.decoder import Decoder
from headct.dicom.files import Reader
from headct.dicom.layout import Layout, Rescale, layout_of, rescale_of, significant
from headct.dicom.parse import NATIVE_SYNTAXES

_PIXEL_DATA = (0x7FE0, 0x0010)
_FLOAT_PIXEL_DATA = ((0x7FE0, 0x0008), (0x7FE0, 0x0009))
# Padding among these values is some tissue's as well: clearing it would punch holes.
_TISSUE_HU = (-200.0, 3071.0)


def decode_into(
    instances: Sequence[Instance], hu: Hounsfield, progress: Progress | None = None
) -> tuple[str, ...]:
    """Write the HU of frames into the slices of an array, one after the other.

    Headers are not read again: an instance knows where its pixels begin and what they mean.
    One slice at a time is decoded: beside ``hu`` no more than one file is held. Threads would not
    help: none of the decoders lets go of Python's lock (two took as long as one). Compressed
    pixels are decoded in a process of their own: damaged ones can end or stop the one they are in.

    Args:
        instances: (slices,) frames, in the order of ``hu``.
        hu: (slices, rows, columns) float32; is overwritten.
        progress: told after each file.

    Returns:
        What was corrected or must be known, in words.

    Raises:
        PixelError: pixels are missing, cannot be decoded, or are not Hounsfield units.
        ScanError: a file cannot be read.
    """
    wanted: dict[Location, list[int]] = defaultdict(list)
    for index, image in enumerate(instances):
        wanted[image.location].append(index)
    notes: dict[str, None] = {}
    done = 0
    with Reader() as reader, Decoder() as decoder:
        for location, indices in wanted.items():
            frames = [instances[index] for index in indices]
            try:
                content = reader.read(location, start=frames[0].header_bytes)
                found = _decode_file(content, frames, [hu[index] for index in indices], decoder)
            except ScanError as error:
                raise PixelError(f"{location.name}: {error}") from error
            notes.update(dict.fromkeys(found))
            done += len(indices)
            if progress is not None:
                progress(done, len(instances))
    return tuple(notes)


def _decode_file(
    content: bytes, frames: Sequence[Instance], hu: Sequence[Hounsfield], decoder: Decoder
) -> tuple[str, ...]:
    """Write the HU of frames of one file, whose bytes are given from Pixel Data on."""
    first = frames[0]
    layout = layout_of(first.pixel_module, first.transfer_syntax_uid, first.rows, first.columns)
    start, length = _find_pixels(content, first)
    numbers = [image.frame for image in frames]
    if max(numbers) > layout.frames:
        raise PixelError(f"expected {max(numbers)} frames or more, got {layout.frames}")
    if layout.syntax in NATIVE_SYNTAXES:
        note = LOSSY_NOTE if layout.is_lossy else None
        _check_length(min(length, len(content) - start), layout)
        decoded = _native(content, start, layout, numbers)
    else:
        compressed = Compressed(content, start, layout, numbers, decoder)
        note = compressed.note
        decoded = map(compressed.decode, numbers)
    notes = {} if note is None else {note: None}
    for image, plane, stored in zip(frames, hu, decoded, strict=True):
        if stored.shape != plane.shape:
            raise PixelError(f"expected an image of {plane.shape} pixels, got {stored.shape}")
        table, note = _hu_of_stored(layout, rescale_of(image.pixel_module))
        if note is not None:
            notes[note] = None
        _look_up(stored, table, plane)
    return tuple(notes)


def _find_pixels(content: bytes, image: Instance) -> tuple[int, int]:
    """Offset and length in bytes of the value of Pixel Data, which the bytes begin with."""
    order = ">" if image.transfer_syntax_uid == ExplicitVRBigEndian else "<"
    # Implicit: tag and length; explicit: tag, two letters, two bytes unused, length.
    head = struct.Struct(f"{order}HHL" if image.is_implicit else f"{order}HH4xL")
    if len(content) < head.size:
        raise PixelError("the file holds no pixels")
    *tag, length = head.unpack_from(content)
    if tuple(tag) in _FLOAT_PIXEL_DATA:
        raise PixelError("expected whole numbers as pixels, got floating-point ones")
    if tuple(tag) != _PIXEL_DATA:
        raise PixelError("no pixels where the header ends: the file is damaged, export it again")
    return head.size, length


def _check_length(present: int, layout: Layout) -> None:
    needed = layout.frames * layout.rows * layout.columns * layout.allocated_bits // 8
    if present < needed:
        raise PixelError(
            f"expected {needed} bytes of pixels, got {present}: the file is cut off, export "
            "it again"
        )


def _native(
    content: bytes, start: int, layout: Layout, numbers: Sequence[int]
) -> Iterator[NDArray[np.uint16]]:
    kind = np.dtype(np.uint8 if layout.allocated_bits == 8 else np.uint16)
    kind = kind.newbyteorder(">" if layout.syntax == ExplicitVRBigEndian else "<")
    count = layout.rows * layout.columns
    for number in numbers:
        plane = np.frombuffer(content, kind, count, start + (number - 1) * count * kind.itemsize)
        yield plane.reshape(layout.rows, layout.columns).astype(np.uint16, copy=False)


def _look_up(stored: NDArray[np.uint16], table: Hounsfield, plane: Hounsfield) -> None:
    # From 2¹⁸ pixels on OpenCV shares them out among threads, which then wait for each other on
    # the fresh memory of ``plane``: 36 slices of 512² take 27 ms so, and 19 ms in parts below.
    rows = max(1, ((1 << 18) - 1) // stored.shape[1])
    for first in range(0, len(stored), rows):
        part = slice(first, first + rows)
        cv2.LUT(stored[part], table, plane[part])


@lru_cache(maxsize=8)
def _hu_of_stored(layout: Layout, rescale: Rescale) -> tuple[Hounsfield, str | None]:
    """What each of the 65536 stored values stands for, and a note where padding is unclear.

    A table makes one pass over the pixels of masking, sign, rescale, padding and clipping. It is
    shared by the slices of a series: read only.
    """
    values = significant(np.arange(1 << 16, dtype=np.uint16), layout)
    table = values * np.float32(rescale.slope) + np.float32(rescale.intercept)
    note = _clear_padding(values, table, layout, rescale)
    # Pixels outside the reconstruction circle arrive far below air (-2000 or -3024); left in,
    # they pull the mean of the volume down by hundreds of HU.
    np.maximum(table, np.float32(AIR_HU), out=table)
    table.flags.writeable = False
    return table, note


def _clear_padding(
    values: NDArray[np.uint16] | NDArray[np.int16],
    table: Hounsfield,
    layout: Layout,
    rescale: Rescale,
) -> str | None:
    """Set padding to air; a note where the padding value cannot be trusted."""
    if layout.padding is None:
        return None
    low, high = layout.padding
    low_hu, high_hu = sorted(value * rescale.slope + rescale.intercept for value in (low, high))
    if high_hu <= AIR_HU:
        return None
    if low_hu <= _TISSUE_HU[1] and high_hu >= _TISSUE_HU[0]:
        return (
            f"the padding value stands for {low_hu:.0f} to {high_hu:.0f} HU, which tissue has as "
            "well: left as it is"
        )
    table[(values >= low) & (values <= high)] = AIR_HU
    return None
