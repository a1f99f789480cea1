"""Stored values of files → Hounsfield units."""

import io
import struct
from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from headct.core.errors import PixelError, ScanError
from headct.core.finding import Progress
from headct.core.series import Instance, Location
from headct.core.volume import AIR_HU, Hounsfield
from headct.dicom.compressed import LOSSY_NOTE, Compressed, Decompress, decompress
from headct.dicom.decoder import Decoder
from headct.dicom.files import Reader
from headct.dicom.frames import group
from headct.dicom.layout import (
    LAYOUT_KEYWORDS,
    Layout,
    Rescale,
    Stored,
    layout_of,
    rescale_of,
    significant,
)
from headct.dicom.parse import NATIVE_SYNTAXES, Parsed, parse, tags_of
from headct.dicom.values import items

_TAGS = tags_of(
    (*LAYOUT_KEYWORDS, "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence")
)
_PIXEL_DATA = (0x7FE0, 0x0010)
_FLOAT_PIXEL_DATA = ((0x7FE0, 0x0008), (0x7FE0, 0x0009))
# Padding among these values is some tissue's as well: clearing it would punch holes.
_TISSUE_HU = (-200.0, 3071.0)


def decode_into(
    instances: Sequence[Instance], hu: Hounsfield, progress: Progress | None = None
) -> tuple[str, ...]:
    """Write the HU of frames into the slices of an array, one after the other.

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
            frames = [instances[index].frame for index in indices]
            try:
                pixels = Pixels(reader.read(location), decoder)
                found = pixels.decode_into(frames, [hu[index] for index in indices])
            except ScanError as error:
                raise PixelError(f"{location.name}: {error}") from error
            notes.update(dict.fromkeys(found))
            done += len(indices)
            if progress is not None:
                progress(done, len(instances))
    return tuple(notes)


class Pixels:
    """The pixels of one file, frame by frame.

    Args:
        content: the whole file.
        decompress: decodes one compressed frame.

    Raises:
        PixelError: no CT pixels, or a header that does not describe them.
        ScanError: not a DICOM file that can be read.
    """

    def __init__(self, content: bytes, decompress: Decompress = decompress) -> None:
        self._content = content
        self._decompress = decompress
        self._parsed = parse(io.BytesIO(content), _TAGS)
        self._layout = layout_of(self._parsed)
        self._start, self._length = _find_pixels(content, self._parsed)
        self._shared = items(self._parsed.dataset, "SharedFunctionalGroupsSequence")
        self._frames = items(self._parsed.dataset, "PerFrameFunctionalGroupsSequence")

    def decode_into(self, frames: Sequence[int], hu: Sequence[Hounsfield]) -> tuple[str, ...]:
        """Write the HU of some frames (counted from 1) into slices (rows, columns).

        Returns:
            What was corrected or must be known, in words.

        Raises:
            PixelError: pixels are missing or cannot be decoded, or are not Hounsfield units.
        """
        layout = self._layout
        if max(frames) > layout.frames:
            raise PixelError(f"expected {max(frames)} frames or more, got {layout.frames}")
        if layout.syntax in NATIVE_SYNTAXES:
            note = LOSSY_NOTE if layout.is_lossy else None
            decoded = self._native(frames)
        else:
            compressed = Compressed(self._content, self._start, layout, frames, self._decompress)
            note = compressed.note
            decoded = map(compressed.decode, frames)
        notes = {} if note is None else {note: None}
        for frame, plane, stored in zip(frames, hu, decoded, strict=True):
            if stored.shape != plane.shape:
                raise PixelError(f"expected an image of {plane.shape} pixels, got {stored.shape}")
            rescale = self._rescale(frame)
            values = significant(stored, layout)
            np.multiply(values, np.float32(rescale.slope), out=plane)
            np.add(plane, np.float32(rescale.intercept), out=plane)
            if note := _clear_padding(values, plane, layout, rescale):
                notes[note] = None
            # Pixels outside the reconstruction circle arrive far below air (-2000 or -3024); left
            # in, they pull the mean of the volume down by hundreds of HU.
            np.maximum(plane, np.float32(AIR_HU), out=plane)
        return tuple(notes)

    def _native(self, frames: Sequence[int]) -> Iterator[NDArray[np.uint16]]:
        layout = self._layout
        kind = np.dtype(np.uint8 if layout.allocated_bits == 8 else np.uint16)
        kind = kind.newbyteorder("<" if self._parsed.is_little_endian else ">")
        count = layout.rows * layout.columns
        needed = layout.frames * count * kind.itemsize
        present = min(self._length, len(self._content) - self._start)
        if present < needed:
            raise PixelError(
                f"expected {needed} bytes of pixels, got {present}: the file is cut off, export "
                "it again"
            )
        for frame in frames:
            at = self._start + (frame - 1) * count * kind.itemsize
            plane = np.frombuffer(self._content, kind, count, at)
            yield plane.reshape(layout.rows, layout.columns).astype(np.uint16, copy=False)

    def _rescale(self, frame: int) -> Rescale:
        if not self._frames:
            return rescale_of(self._parsed.dataset)
        levels = [*self._frames[frame - 1 : frame], *self._shared]
        return rescale_of(group(levels, "PixelValueTransformationSequence"))


def _find_pixels(content: bytes, parsed: Parsed) -> tuple[int, int]:
    """Offset and length in bytes of the value of Pixel Data."""
    order = "<" if parsed.is_little_endian else ">"
    # As found, not as the syntax promises: some writers mix them up, and pydicom sees through it.
    is_implicit, _ = parsed.dataset.original_encoding
    # Implicit: tag and length; explicit: tag, two letters, two bytes unused, length.
    head = struct.Struct(f"{order}HHL" if is_implicit else f"{order}HH4xL")
    if len(content) - parsed.end < head.size:
        raise PixelError("the file holds no pixels")
    *tag, length = head.unpack_from(content, parsed.end)
    if tuple(tag) in _FLOAT_PIXEL_DATA:
        raise PixelError("expected whole numbers as pixels, got floating-point ones")
    if tuple(tag) != _PIXEL_DATA:
        raise PixelError("no pixels where the header ends: the file is damaged, export it again")
    return parsed.end + head.size, length


def _clear_padding(
    values: Stored, plane: Hounsfield, layout: Layout, rescale: Rescale
) -> str | None:
    """Set padded pixels to air; a note where the padding value cannot be trusted."""
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
    plane[(values >= low) & (values <= high)] = AIR_HU
    return None
