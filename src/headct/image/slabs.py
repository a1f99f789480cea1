"""Slices as filters in millimetres want them: thin ones averaged to slabs, on square pixels."""

from dataclasses import replace

import numpy as np

from headct.core.volume import Volume
from headct.image.geometry import Reshape

_SQUARE = 1.01  # pixels whose sides differ by less are square to any filter here


def to_slabs(volume: Volume, height_mm: float) -> Volume:
    """Average neighbouring slices until each slab is ``height_mm`` high.

    Noise falls with the root of the number averaged. A scan whose slices are all higher than two
    thirds of that comes back as it is.
    """
    heights = volume.grid.heights_mm
    if heights.min() > height_mm / 1.5:
        return volume
    first, filled_mm = [0], float(heights[0])
    for i, height in enumerate(heights[1:], start=1):
        # A slab may be a hundredth too high: five slices of 0.5005 mm belong together.
        if filled_mm + height > height_mm * 1.01:
            first.append(i)
            filled_mm = 0.0
        filled_mm += float(height)
    count = np.diff(first, append=heights.size)
    hu = np.stack([volume.hu[i : i + n].mean(axis=0) for i, n in zip(first, count, strict=True)])
    grid = replace(
        volume.grid,
        shape=hu.shape,
        origins_mm=np.add.reduceat(volume.grid.origins_mm, first) / count[:, None],
        thickness_mm=height_mm,
    )
    return volume.with_step(f"slabs of {height_mm:g} mm", hu, grid)


def to_square(volume: Volume) -> Volume:
    """The same slices on pixels as high as wide."""
    rows_mm, columns_mm = volume.grid.spacing_mm
    finer_mm = min(rows_mm, columns_mm)
    if max(rows_mm, columns_mm) < finer_mm * _SQUARE:
        return volume
    _, rows, columns = volume.grid.shape
    return Reshape(round(rows * rows_mm / finer_mm), round(columns * columns_mm / finer_mm))(volume)
