"""Compressed pixels: found, checked against the header, then decoded."""

import io
from collections.abc import Callable, Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from pydicom.encaps import encapsulate, generate_frames
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import (
    HTJ2K,
    JPEG2000,
    UID,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

from headct.core.errors import PixelError
from headct.dicom.codestream import Codestream, describe
from headct.dicom.damage import BROKEN
from headct.dicom.layout import Layout

# One decoder for each: left to choose, pydicom takes what else is installed, and the values of a
# scan would depend on it. pyjpegls and openjpeg are also the faster ones.
_DECODERS: dict[str, str] = {
    RLELossless: "pydicom",
    JPEGBaseline8Bit: "gdcm",
    JPEGLossless: "gdcm",
    JPEGLosslessSV1: "gdcm",
    JPEGLSLossless: "pyjpegls",
    JPEGLSNearLossless: "pyjpegls",
    JPEG2000Lossless: "pylibjpeg",
    JPEG2000: "pylibjpeg",
    HTJ2KLossless: "pylibjpeg",
    HTJ2KLosslessRPCL: "pylibjpeg",
    HTJ2K: "pylibjpeg",
}
Decompress = Callable[[bytes, Layout], NDArray[np.uint16]]

LOSSY_NOTE = "pixels were compressed with loss: fine detail and exact HU are gone"
PERHAPS_LOSSY_NOTE = "pixels may have been compressed with loss: the header does not rule it out"


def decompress(frame: bytes, layout: Layout) -> NDArray[np.uint16]:
    """Decode one compressed frame here; on damaged bytes this may end the process, or never end.

    Returns:
        (rows, columns), as stored; signed values keep their bits.

    Raises:
        PixelError: the decoder fails.
    """
    try:
        decoded = get_decoder(layout.syntax).iter_array(
            io.BytesIO(encapsulate([frame], has_bot=False)),
            raw=True,
            rows=layout.rows,
            columns=layout.columns,
            number_of_frames=1,
            samples_per_pixel=1,
            photometric_interpretation="MONOCHROME2",
            bits_allocated=layout.allocated_bits,
            bits_stored=layout.stored_bits,
            pixel_representation=int(layout.is_signed),
            pixel_keyword="PixelData",
            decoding_plugin=_DECODERS[layout.syntax],
        )
        stored, _ = next(decoded)
    except BROKEN as error:
        raise _undecodable(layout, error) from error
    return stored.astype(np.uint16)


class Compressed:
    """Some compressed frames of a file.

    Args:
        content: the whole file.
        start: offset of the value of Pixel Data.
        layout: what the header says of the pixels.
        numbers: frames wanted, counted from 1.
        decompress: decodes one frame.

    Raises:
        PixelError: no decoder is there, frames are missing, or they contradict the header.
    """

    def __init__(
        self,
        content: bytes,
        start: int,
        layout: Layout,
        numbers: Sequence[int],
        decompress: Decompress = decompress,
    ) -> None:
        self._layout = layout
        self._decompress = decompress
        if layout.syntax not in _DECODERS:
            raise PixelError(
                f"pixels stored as {_name(layout)} cannot be decoded here: export the series "
                "uncompressed"
            )
        try:
            self._frames = _frames(content, start, layout, numbers)
        except BROKEN as error:
            raise _undecodable(layout, error) from error
        if len(self._frames) < len(set(numbers)):
            raise PixelError(
                f"expected {max(numbers)} compressed frames or more, not all are there: the file "
                "is cut off, export it again"
            )
        self._streams = [describe(frame) for frame in self._frames.values()]
        for stream in self._streams:
            if stream is not None:
                _check(stream, layout)

    @property
    def note(self) -> str | None:
        """What must be known of lost detail, in words."""
        if self._layout.is_lossy or any(s is not None and s.is_lossy for s in self._streams):
            return LOSSY_NOTE
        return PERHAPS_LOSSY_NOTE if self._layout.is_lossy is None else None

    def decode(self, number: int) -> NDArray[np.uint16]:
        """The stored values (rows, columns) of a frame; signed ones keep their bits.

        Raises:
            PixelError: the decoder fails.
        """
        return self._decompress(self._frames[number], self._layout)


def _frames(content: bytes, start: int, layout: Layout, numbers: Sequence[int]) -> dict[int, bytes]:
    stream = io.BytesIO(content)
    stream.seek(start)
    found = islice(generate_frames(stream, number_of_frames=layout.frames), max(numbers))
    wanted = set(numbers)
    return {number: frame for number, frame in enumerate(found, start=1) if number in wanted}


def _check(stream: Codestream, layout: Layout) -> None:
    """Refuse a stream that would unfold to something else than the header says."""
    if (stream.rows, stream.columns) != (layout.rows, layout.columns):
        raise PixelError(
            f"expected an image of {layout.rows} x {layout.columns} pixels, its compressed "
            f"stream holds {stream.rows} x {stream.columns}: export the series again"
        )
    # Only JPEG 2000 says where the sign is; read with more bits, -1 would be a large value.
    if layout.is_signed and stream.bits < layout.stored_bits:
        raise PixelError(
            f"the header says {layout.stored_bits} signed bits, the compressed stream holds "
            f"{stream.bits}: export the series uncompressed"
        )


def _name(layout: Layout) -> str:
    uid = UID(layout.syntax)
    # A UID without a name may be anything: it is not printed.
    return uid.name if uid.name != uid else "an unknown transfer syntax"


def _undecodable(layout: Layout, error: Exception) -> PixelError:
    return PixelError(
        f"pixels stored as {_name(layout)} cannot be decoded ({type(error).__name__}): export "
        "the series uncompressed"
    )
