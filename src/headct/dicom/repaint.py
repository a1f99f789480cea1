"""A part of an image painted over, in the values that are stored."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import FileDataset
from pydicom.uid import CTImageStorage, ExplicitVRBigEndian, ExplicitVRLittleEndian

from headct.core.errors import PixelError
from headct.dicom.compressed import Compressed
from headct.dicom.encode import is_native
from headct.dicom.header import matrix, pixel_module
from headct.dicom.layout import Layout, Rescale, layout_of, rescale_of
from headct.dicom.values import raw, string

Pixels = NDArray[np.unsignedinteger]


@dataclass(frozen=True, eq=False)
class Paint:
    """What to paint over.

    Args:
        where: (rows, columns), True where the old pixels go.
        hu: what stands there afterwards.
    """

    where: NDArray[np.bool_]
    hu: float


def repaint(image: FileDataset, paint: Paint) -> None:
    """Paint over pixels of an image in place; all others keep their bits.

    Compressed pixels are unpacked, and stay so: to compress them again could change them.

    Args:
        image: as read, with no value converted yet.
        paint: what to paint over.

    Raises:
        PixelError: not a single CT slice, or pixels that do not fit their header.
    """
    if string(image, "SOPClassUID") != CTImageStorage:
        raise PixelError("only single CT slices can be painted over: export them as such")
    syntax = image.file_meta.TransferSyntaxUID
    module = pixel_module(image)
    layout = layout_of(module, syntax, *matrix(image))
    stands_for_hu = _as_stored(paint.hu, layout, rescale_of(module))
    value = raw(image, "PixelData")
    order = ">" if syntax == ExplicitVRBigEndian else "<"
    kind = np.dtype(f"{order}u{layout.allocated_bits // 8}")
    if is_native(syntax):
        stored = _native(value, layout, kind)
    else:
        stored = Compressed(value, 0, layout, [1]).decode(1).astype(kind)
        image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    if stored.shape != paint.where.shape:
        raise PixelError(f"expected an image of {paint.where.shape} pixels, got {stored.shape}")
    stored[paint.where] = stands_for_hu
    painted = stored.tobytes()
    image.add_new("PixelData", "OW", painted + b"\0" * (len(painted) % 2))
    for keyword in ("SmallestImagePixelValue", "LargestImagePixelValue"):
        if keyword in image:
            delattr(image, keyword)  # they may have been those of what is painted over


def _native(value: bytes, layout: Layout, kind: np.dtype[np.unsignedinteger]) -> Pixels:
    count = layout.rows * layout.columns
    if len(value) < count * kind.itemsize:
        raise PixelError("the file is cut off: export it again")
    return np.frombuffer(value, kind, count).reshape(layout.rows, layout.columns).copy()


def _as_stored(hu: float, layout: Layout, rescale: Rescale) -> int:
    """The bits that stand for the HU nearest to this one that can be stored."""
    low = -(1 << layout.stored_bits - 1) if layout.is_signed else 0
    value = round((hu - rescale.intercept) / rescale.slope)
    value = min(max(value, low), low + (1 << layout.stored_bits) - 1)
    bits = value & (1 << layout.stored_bits) - 1
    return bits << (layout.high_bit + 1 - layout.stored_bits)
