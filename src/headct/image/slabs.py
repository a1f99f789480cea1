"""Thin slices averaged to slabs."""

from dataclasses import replace

import numpy as np

from headct.core.volume import Volume


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
