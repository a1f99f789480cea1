"""Stored values → the bytes of Pixel Data, native or compressed without loss."""

from collections.abc import Callable

import gdcm
import numpy as np
from numpy.typing import NDArray
from pydicom.encaps import encapsulate
from pydicom.pixels.encoders.base import get_encoder
from pydicom.uid import (
    UID,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from headct.core.errors import OutputError

Encode = Callable[[NDArray[np.uint16]], bytes]


def encode(stored: NDArray[np.uint16], syntax: str) -> bytes:
    """Pixel Data of one image, ready for a file of a transfer syntax.

    Args:
        stored: (rows, columns), unsigned 16 bits, all of them used.
        syntax: UID of the transfer syntax.

    Raises:
        OutputError: a syntax that is not written here, or its encoder fails.
    """
    encoder = _ENCODERS.get(UID(syntax))
    if encoder is None:
        names = ", ".join(uid.name for uid in _ENCODERS)
        raise OutputError(f"transfer syntax {UID(syntax).name} is not written; choose of: {names}")
    return encoder(stored)


def is_native(syntax: str) -> bool:
    """Whether pixels of a syntax are plain numbers, not fragments of a compressed stream."""
    return syntax in (ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian)


def _native(order: str) -> Encode:
    return lambda stored: stored.astype(f"{order}u2", copy=False).tobytes()


def _by_pydicom(syntax: UID) -> Encode:
    def encode_frame(stored: NDArray[np.uint16]) -> bytes:
        try:
            frame = get_encoder(syntax).encode(
                stored,
                rows=stored.shape[0],
                columns=stored.shape[1],
                number_of_frames=1,
                samples_per_pixel=1,
                photometric_interpretation="MONOCHROME2",
                bits_allocated=16,
                bits_stored=16,
                pixel_representation=0,
            )
        except (RuntimeError, ValueError) as error:
            raise OutputError(
                f"pixels cannot be compressed as {syntax.name} ({type(error).__name__}): choose "
                "another transfer syntax"
            ) from error
        return encapsulate([frame])

    return encode_frame


def _by_gdcm(syntax: UID, kind: int) -> Encode:
    """JPEG lossless, for which pydicom has no encoder."""

    def encode_frame(stored: NDArray[np.uint16]) -> bytes:
        element = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010))
        element.SetByteStringValue(stored.astype("<u2", copy=False).tobytes())
        image = gdcm.Image()
        image.SetNumberOfDimensions(2)
        image.SetDimensions((stored.shape[1], stored.shape[0], 1))
        image.SetPixelFormat(gdcm.PixelFormat(1, 16, 16, 15, 0))
        grey = gdcm.PhotometricInterpretation.MONOCHROME2
        image.SetPhotometricInterpretation(gdcm.PhotometricInterpretation(grey))
        image.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.ExplicitVRLittleEndian))
        image.SetDataElement(element)
        change = gdcm.ImageChangeTransferSyntax()
        change.SetTransferSyntax(gdcm.TransferSyntax(kind))
        # From here on the change owns the image; freed by Python as well, it would be freed twice.
        image.thisown = False
        change.SetInput(image)
        if not change.Change():
            raise OutputError(
                f"pixels cannot be compressed as {syntax.name}: choose another transfer syntax"
            )
        fragments = change.GetOutput().GetDataElement().GetSequenceOfFragments()
        # GDCM hands bytes out as text, with what is no UTF-8 escaped.
        frames = [
            fragments.GetFragment(index)
            .GetByteValue()
            .GetBuffer()
            .encode("utf8", "surrogateescape")
            for index in range(fragments.GetNumberOfFragments())
        ]
        return encapsulate([b"".join(frames)])

    return encode_frame


_ENCODERS: dict[UID, Encode] = {
    ExplicitVRLittleEndian: _native("<"),
    ImplicitVRLittleEndian: _native("<"),
    ExplicitVRBigEndian: _native(">"),
    RLELossless: _by_pydicom(RLELossless),
    JPEGLossless: _by_gdcm(JPEGLossless, gdcm.TransferSyntax.JPEGLosslessProcess14),
    JPEGLosslessSV1: _by_gdcm(JPEGLosslessSV1, gdcm.TransferSyntax.JPEGLosslessProcess14_1),
    JPEGLSLossless: _by_pydicom(JPEGLSLossless),
    JPEG2000Lossless: _by_pydicom(JPEG2000Lossless),
}
SYNTAXES = tuple(str(uid) for uid in _ENCODERS)
"""UIDs of the transfer syntaxes that can be written, all without loss."""
