"""How to scan: blocks of slices, matrix, field, tilt, kernel, dose, and a head that moves."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headct.phantom.scanner.kernels import KERNELS

# Noise is stated at this dose (CTDIvol), about the diagnostic reference level of an adult head
# (60 mGy in European Commission EUR 16262; 55-75 mGy in later national surveys).
REFERENCE_MGY = 60.0

# What a protocol's numbers may be, and what each is.
_LIMITS = {
    "matrix": (32, 1024, "a matrix"),
    "field_of_view_mm": (100, 500, "a field of view in mm"),
    "tilt_deg": (-35, 35, "a gantry's tilt in degrees"),
    "noise_hu": (0, 100, "noise in HU"),
    "start_mm": (-1000, 1000, "a start of the scan in mm"),
    "dose_mgy": (1, 500, "a dose in mGy"),
    "hardening": (0, 3, "a share of beam hardening"),
}


@dataclass(frozen=True)
class Block:
    """Slices at equal distance: how many, table increment (mm), slice thickness (mm)."""

    slices: int
    increment_mm: float
    thickness_mm: float

    def __post_init__(self) -> None:
        if self.slices < 1:
            raise ValueError(f"a block needs at least one slice, got {self.slices}")
        for name in ("increment_mm", "thickness_mm"):
            if not 0 < getattr(self, name) <= 50:
                raise ValueError(
                    f"{name} of a block must lie above 0 and up to 50 mm, got {getattr(self, name)}"
                )


@dataclass(frozen=True)
class Motion:
    """The head moves in the plane of some slices while each of them is taken.

    The truth stays where the head lay at rest.

    Args:
        first: index of the first slice that it blurs, from 0.
        last: of the last one.
        shift_mm: towards the back and towards the left of the head.
        turn_deg: about the middle of the field, within the slice.
        share: of the rays that see the moved head.
    """

    first: int
    last: int
    shift_mm: tuple[float, float] = (0.0, 0.0)
    turn_deg: float = 0.0
    share: float = 0.5

    def __post_init__(self) -> None:
        if not 0 <= self.first <= self.last:
            raise ValueError(
                f"a motion blurs slices from a first to a last, from 0, got {self.first} to "
                f"{self.last}"
            )
        if not all(abs(shift) <= 50 for shift in self.shift_mm) or not abs(self.turn_deg) <= 45:
            raise ValueError(
                f"a head moves by up to 50 mm and 45 degrees, got {self.shift_mm} mm and "
                f"{self.turn_deg} degrees"
            )
        if not 0 < self.share < 1:
            raise ValueError(f"a motion's share of the rays lies between 0 and 1, got {self.share}")


@dataclass(frozen=True)
class Protocol:
    """How to scan.

    Args:
        blocks: from the feet up; between two blocks the table moves by the mean increment.
        matrix: rows and columns.
        field_of_view_mm: side of the square that is reconstructed.
        tilt_deg: of the gantry; positive as ``Grid.tilt_deg``.
        noise_hu: standard deviation in the middle of the brain at 5 mm, the standard kernel
            and 60 mGy; thickness, kernel, dose and what the rays meet change it. 0 for none.
        start_mm: world z of the first slice at the middle of the field; None to start just
            below the foramen magnum.
        kernel: one of ``KERNELS``: soft, standard, bone.
        dose_mgy: CTDIvol.
        hardening: how much of the beam hardening that bone causes is left in the pictures: 1
            for a scanner that corrects for water alone, as the real GE series of 2-slice times
            shows it; half for the usual one that corrects for bone in part (an assumption).
        motions: of the head, each in its slices.
    """

    blocks: tuple[Block, ...] = (Block(32, 5.0, 5.0),)
    matrix: int = 512
    field_of_view_mm: float = 250.0
    tilt_deg: float = 0.0
    noise_hu: float = 3.6
    start_mm: float | None = None
    kernel: str = "standard"
    dose_mgy: float = REFERENCE_MGY
    hardening: float = 0.5
    motions: tuple[Motion, ...] = ()

    def __post_init__(self) -> None:
        if not self.blocks:
            raise ValueError("a protocol needs at least one block of slices")
        for name, (low, high, words) in _LIMITS.items():
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise ValueError(f"expected {words} of {low:g} to {high:g}, got {value}")
        if self.kernel not in KERNELS:
            raise ValueError(f"expected a kernel of {', '.join(KERNELS)}, got {self.kernel!r}")
        slices = sum(block.slices for block in self.blocks)
        if any(motion.last >= slices for motion in self.motions):
            raise ValueError(f"a motion lies beyond the last slice, {slices - 1} counted from 0")

    @property
    def thickness_mm(self) -> NDArray[np.float64]:
        """(slices,) thickness of each slice."""
        return np.concatenate([np.full(b.slices, b.thickness_mm) for b in self.blocks])

    @property
    def heights_mm(self) -> NDArray[np.float64]:
        """(slices,) table position of each slice above the first."""
        steps = [0.0]
        for number, block in enumerate(self.blocks):
            if number:
                steps.append((self.blocks[number - 1].increment_mm + block.increment_mm) / 2)
            steps += [block.increment_mm] * (block.slices - 1)
        return np.cumsum(steps)
