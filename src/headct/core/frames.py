"""What a network sees."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headct.core.errors import GeometryError
from headct.core.grid import Grid


@dataclass(frozen=True, eq=False)
class Frames:
    """Slices as a network takes them, with the grid to come back to.

    Args:
        pixels: (slices, channels, rows, columns), float32 or uint8.
        channels: a name for each channel: "brain 40/80", "5 mm above".
        grid: where rows and columns of ``pixels`` lie.
    """

    pixels: NDArray[np.float32] | NDArray[np.uint8]
    channels: tuple[str, ...]
    grid: Grid

    def __post_init__(self) -> None:
        if self.pixels.dtype not in (np.float32, np.uint8):
            raise TypeError(f"pixels must be float32 or uint8, got {self.pixels.dtype}")
        slices, rows, columns = self.grid.shape
        expected = (slices, len(self.channels), rows, columns)
        if self.pixels.shape != expected:
            raise GeometryError(f"expected pixels of {expected}, got {self.pixels.shape}")
