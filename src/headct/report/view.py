"""How a slice is laid out as radiologists look at it."""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from headct.core.grid import Grid

Pixel = TypeVar("Pixel", bound=np.generic)

# For each world axis of LPS: the letters towards its negative and positive end (PS3.3 C.7.6.1.1.1).
_ENDS = (("R", "L"), ("A", "P"), ("F", "H"))


@dataclass(frozen=True)
class View:
    """How rows and columns of a stored slice become those of a picture.

    A picture has the patient's right on its left and the front up; a slice that is not axial has
    the front left or the head up. The order of the arrays says nothing about that: the axes do.

    Args:
        transposed: rows of the slice run across the picture.
        flips: (down, across), whether the picture runs against the slice.
        pixel_mm: (down, across), size of a pixel of the slice in the picture.
        left, right, top, bottom: letters of the patient's sides at the picture's edges.
        below, above: letters of the sides that the first and the last slice lie towards.
    """

    transposed: bool
    flips: tuple[bool, bool]
    pixel_mm: tuple[float, float]
    left: str
    right: str
    top: str
    bottom: str
    below: str
    above: str

    def turn(self, pixels: NDArray[Pixel]) -> NDArray[Pixel]:
        """(rows, columns) of a slice as (down, across) of the picture, in one block of memory."""
        turned = pixels.T if self.transposed else pixels
        down, across = (-1 if flip else 1 for flip in self.flips)
        return np.ascontiguousarray(turned[::down, ::across])

    def size(self, shape: tuple[int, int], longest: int) -> tuple[int, int]:
        """(down, across) in square pixels of a picture whose longer side has ``longest``."""
        rows, columns = shape[::-1] if self.transposed else shape
        down_mm, across_mm = rows * self.pixel_mm[0], columns * self.pixel_mm[1]
        scale = longest / max(down_mm, across_mm)
        return max(1, round(down_mm * scale)), max(1, round(across_mm * scale))


def view(grid: Grid) -> View:
    """The way to look at the slices of a grid, from its axes."""
    across, down = grid.column_axis, grid.row_axis
    world_across = int(np.abs(across).argmax())
    # An oblique slice may lean on one world axis with both of its own: the second takes another.
    world_down = int(np.where(np.arange(3) == world_across, -1.0, np.abs(down)).argmax())
    spacing = grid.spacing_mm
    transposed = world_down < world_across
    if transposed:
        across, down, spacing = down, across, spacing[::-1]
        world_across, world_down = world_down, world_across
    flip_across = bool(across[world_across] < 0)
    # Down the picture is towards the back, or towards the feet where up is the head.
    flip_down = bool((down[world_down] < 0) == (world_down == 1))
    left, right = _ENDS[world_across]
    top, bottom = _ENDS[world_down] if world_down == 1 else _ENDS[world_down][::-1]
    through = int(np.abs(grid.normal).argmax())
    below, above = _ENDS[through] if grid.normal[through] > 0 else _ENDS[through][::-1]
    return View(
        transposed, (flip_down, flip_across), spacing, left, right, top, bottom, below, above
    )
