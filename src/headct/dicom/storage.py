"""How makers of scanners store HU: slope, intercept, sign, bits, padding."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import UID, JPEG2000Lossless

from headct.core.errors import OutputError
from headct.core.volume import Hounsfield
from headct.dicom.encode import is_native


@dataclass(frozen=True)
class Storage:
    """How HU are stored: ``HU = slope * stored + intercept_hu``.

    The default holds -1024 to 64511 HU: unsigned 16 bits reach past any metal.

    Args:
        slope: HU for a step of the stored value.
        intercept_hu: HU of the stored value 0.
        is_signed: two's complement.
        stored_bits: 9 to 16 of the 16 that are allocated.
        padding: stored value of pixels outside the reconstruction, which are then named in the
            header; None for none.

    Raises:
        ValueError: no scanner could store so, or the padding value does not fit.
    """

    slope: float = 1.0
    intercept_hu: float = -1024.0
    is_signed: bool = False
    stored_bits: int = 16
    padding: int | None = None

    def __post_init__(self) -> None:
        if not 1e-3 <= self.slope <= 1e3 or not abs(self.intercept_hu) <= 1e5:
            raise ValueError(f"no HU by slope {self.slope:g} and intercept {self.intercept_hu:g}")
        if not 9 <= self.stored_bits <= 16:
            raise ValueError(f"9 to 16 stored bits were expected, got {self.stored_bits}")
        low, high = self.limits
        if self.padding is not None and not low <= self.padding <= high:
            raise ValueError(f"padding {self.padding} lies outside {low} to {high}")

    @property
    def limits(self) -> tuple[int, int]:
        """The lowest and the highest value that can be stored."""
        low = -(1 << self.stored_bits - 1) if self.is_signed else 0
        return low, low + (1 << self.stored_bits) - 1

    def store(self, hu: Hounsfield, outside: NDArray[np.bool_] | None = None) -> NDArray[np.uint16]:
        """HU to stored values, nearest first (halves to the even one), limited to what fits.

        Args:
            hu: (rows, columns).
            outside: (rows, columns), True where padding goes.

        Returns:
            (rows, columns); signed values keep their bits, those not stored are 0.
        """
        whole = np.rint((hu - np.float32(self.intercept_hu)) / np.float32(self.slope))
        np.clip(whole, *self.limits, out=whole)
        if outside is not None and self.padding is not None:
            whole[outside] = self.padding
        bits = whole.astype(np.int32) & ((1 << self.stored_bits) - 1)
        return np.asarray(bits, dtype=np.uint16)

    def _check_syntax(self, syntax: UID) -> None:
        # Their streams say how many bits there are, not that fewer of them carry the sign.
        if not is_native(syntax) and self.is_signed and self.stored_bits < 16:
            raise OutputError("fewer than 16 signed bits are not compressed: store them native")
        if syntax == JPEG2000Lossless and (self.is_signed or self.stored_bits < 16):
            raise OutputError(
                "JPEG 2000 is written of unsigned 16 bits only: choose another transfer syntax"
            )

    def describe(self, image: Dataset) -> None:
        """Write into a header how its pixels are stored.

        Raises:
            OutputError: the header's transfer syntax cannot hold them.
        """
        self._check_syntax(image.file_meta.TransferSyntaxUID)
        image.SamplesPerPixel = 1
        image.PhotometricInterpretation = "MONOCHROME2"
        image.BitsAllocated = 16
        image.BitsStored = self.stored_bits
        image.HighBit = self.stored_bits - 1
        image.PixelRepresentation = int(self.is_signed)
        if self.padding is not None:
            kind = "SS" if self.is_signed else "US"
            image.add_new("PixelPaddingValue", kind, self.padding)
        image.RescaleIntercept = f"{self.intercept_hu:g}"
        image.RescaleSlope = f"{self.slope:g}"
        image.RescaleType = "HU"


PLAIN = Storage()
