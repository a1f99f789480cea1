"""The brain that every digital head is bent from: MNI152 maps, symmetric, one half stored."""

from dataclasses import dataclass
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

Numbers = NDArray[np.float32]

# How scripts/make_atlas.py scales what it stores.
_FRACTION, _QUARTERS, _FIFTHS = 63.0, 4.0, 5.0


@dataclass(frozen=True, eq=False)
class Field:
    """A number at each place of the head, stored for the left half.

    Args:
        values: (z, y, x) float32; x from the midline to the left.
        origin_mm: (z, y, x) of the first value, MNI152 turned to DICOM's axes.
        step_mm: between values, along each axis.
    """

    values: Numbers
    origin_mm: tuple[float, float, float]
    step_mm: float

    def at(self, places_mm: Numbers) -> Numbers:
        """Values at (3, ...) places, z y x in mm; beyond the border the border's value."""
        # The head's symmetry: what lies to the right is read from the left.
        folded = np.stack([places_mm[0], places_mm[1], np.abs(places_mm[2])]).reshape(3, -1)
        folded -= np.array(self.origin_mm, np.float32)[:, None]
        folded /= np.float32(self.step_mm)
        read = map_coordinates(self.values, folded, output=np.float32, order=1, mode="nearest")
        return np.asarray(read.reshape(places_mm.shape[1:]))


@dataclass(frozen=True, eq=False)
class Atlas:
    """The stored fields.

    Args:
        white: how much is white matter, 0..1.
        space: how much speaks for cerebrospinal fluid, 0..1.
        ventricle: mm to the ventricles, negative inside, at most ±12.
        inner: mm to the inside of the skull, negative inside, at most ±60.
        hull: mm to a smooth hull around that, at most ±60.
    """

    white: Field
    space: Field
    ventricle: Field
    inner: Field
    hull: Field


def load_atlas() -> Atlas:
    """Read the packaged atlas; see ATLAS-NOTICE.txt for where it comes from."""
    with (
        files("headct.phantom.body").joinpath("atlas.npz").open("rb") as file,
        np.load(file, allow_pickle=False) as stored,
    ):

        def field(name: str, lattice: str, scale: float) -> Field:
            z, y, x = (float(v) for v in stored[f"{lattice}_origin_mm"])
            values = stored[name].astype(np.float32) / scale
            return Field(values, (z, y, x), float(stored[f"{lattice}_step_mm"]))

        return Atlas(
            white=field("white", "brain", _FRACTION),
            space=field("space", "brain", _FRACTION),
            ventricle=field("ventricle", "brain", _QUARTERS),
            inner=field("inner", "skull", _FIFTHS),
            hull=field("hull", "skull", _FIFTHS),
        )
