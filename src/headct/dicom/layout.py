"""How the pixels of a file are stored, and what their values mean in Hounsfield units."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from headct.core.errors import PixelError
from headct.core.series import PixelModule

# Scanners scale by 0.1 to 16 and shift by some thousand HU; far beyond, a float32 holds no HU.
_MOST = 1e6

Stored = NDArray[np.uint16] | NDArray[np.int16]

# What RescaleType may say of a scan in Hounsfield units; US is "unspecified", which older
# scanners write for plain HU (DICOM PS3.3, C.11.1.1.2).
_HU_TYPES = frozenset({"", "HU", "HU_MOD", "US"})
# Syntaxes made to lose detail: JPEG of 8 and 12 bits, near-lossless JPEG-LS.
_LOSSY_SYNTAXES = frozenset(f"1.2.840.10008.1.2.4.{suffix}" for suffix in (50, 51, 81))
# JPEG 2000 and HTJ2K that may be lossless or not.
_PERHAPS_LOSSY_SYNTAXES = frozenset(f"1.2.840.10008.1.2.4.{suffix}" for suffix in (91, 203))


@dataclass(frozen=True)
class Layout:
    """How the pixels of a file are stored.

    Args:
        syntax: UID of the transfer syntax.
        frames: how many there are.
        rows: of each frame.
        columns: of each frame.
        allocated_bits: 8 or 16.
        stored_bits: how many of them carry the value.
        high_bit: the highest of those.
        is_signed: two's complement.
        padding: stored values from and to which stand outside the reconstruction; None if none.
        is_lossy: whether detail was lost, by syntax or by what the header says; None if unsaid.
    """

    syntax: str
    frames: int
    rows: int
    columns: int
    allocated_bits: int
    stored_bits: int
    high_bit: int
    is_signed: bool
    padding: tuple[int, int] | None
    is_lossy: bool | None

    def __post_init__(self) -> None:
        if self.allocated_bits not in (8, 16):
            raise PixelError(f"expected 8 or 16 bits for a pixel, got {self.allocated_bits}")
        if not 1 <= self.stored_bits <= self.high_bit + 1 <= self.allocated_bits:
            raise PixelError(
                f"{self.stored_bits} stored bits up to bit {self.high_bit} do not fit into "
                f"{self.allocated_bits}: the header is wrong, export the series again"
            )


def layout_of(module: PixelModule, syntax: str, rows: int, columns: int) -> Layout:
    """How the pixels of a file are stored.

    Args:
        module: what its header says of them.
        syntax: UID of the transfer syntax.
        rows: of each frame.
        columns: of each frame.

    Raises:
        PixelError: not a picture of one grey value a pixel, or the header contradicts itself.
    """
    if (samples := module.samples_per_pixel or 1) != 1:
        raise PixelError(f"expected one grey value for a pixel, got {samples} colours")
    stored = module.bits_stored or 0
    sign = module.pixel_representation
    if sign not in (0, 1):
        said = "missing" if sign is None else f"{sign}, expected 0 or 1"
        raise PixelError(
            f"PixelRepresentation is {said}, so that negative values cannot be told from large "
            "ones: export the series again"
        )
    bare = Layout(
        syntax=syntax,
        frames=module.number_of_frames or 1,
        rows=rows,
        columns=columns,
        allocated_bits=module.bits_allocated or 0,
        stored_bits=stored,
        high_bit=stored - 1 if module.high_bit is None else module.high_bit,
        is_signed=sign == 1,
        padding=None,
        is_lossy=_is_lossy(module.lossy_compression, syntax),
    )
    return replace(bare, padding=_padding(module, bare))


def _is_lossy(said: str, syntax: str) -> bool | None:
    if said == "01" or syntax in _LOSSY_SYNTAXES:
        return True
    return None if said != "00" and syntax in _PERHAPS_LOSSY_SYNTAXES else False


def _padding(module: PixelModule, layout: Layout) -> tuple[int, int] | None:
    value, limit = module.padding_value, module.padding_range_limit
    if value is None:
        return None
    # Writers disagree on whether the value is signed: its bits are read as those of a pixel.
    written = np.array([value, value if limit is None else limit], dtype=np.uint16)
    low, high = sorted(significant(written, layout).tolist())
    return low, high


def significant(stored: NDArray[np.uint16], layout: Layout) -> Stored:
    """The bits that carry the value, with its sign; overlays may hide in the others."""
    raised = stored << (15 - layout.high_bit) if layout.high_bit < 15 else stored
    down = 16 - layout.stored_bits
    if layout.is_signed:
        signed = raised.view(np.int16)
        return signed >> down if down else signed
    return raised >> down if down else raised


@dataclass(frozen=True)
class Rescale:
    """Stored values to HU: slope times value plus intercept.

    Source:
        DICOM PS3.3 C.11.1, Modality LUT Module.
    """

    slope: float
    intercept: float

    def __post_init__(self) -> None:
        # Not-a-number compares as False, and is refused as well.
        if not (1 / _MOST <= abs(self.slope) <= _MOST and abs(self.intercept) <= _MOST):
            raise PixelError(
                f"rescale slope {self.slope:g} and intercept {self.intercept:g} give no HU: "
                "export the series again"
            )


def rescale_of(module: PixelModule) -> Rescale:
    """The rescale that a header, or a functional group, states.

    Raises:
        PixelError: slope or intercept is missing or unclear, or the result is not HU.
    """
    if (kind := module.rescale_type) not in _HU_TYPES:
        raise PixelError(f"values are rescaled to {kind}, expected Hounsfield units (HU)")
    slope, intercept = module.rescale_slope, module.rescale_intercept
    if slope is None and intercept is None:
        raise PixelError(
            "neither RescaleSlope nor RescaleIntercept is stated, so that stored values cannot be "
            "told as HU: export the series again from the scanner or archive"
        )
    if slope is None or intercept is None:
        missing = "RescaleSlope" if slope is None else "RescaleIntercept"
        raise PixelError(f"{missing} is missing or not a number: export the series again")
    return Rescale(slope, intercept)
