"""The field of slices brought to the brain, so that a matrix spends its pixels on it."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from headct.core.errors import Refusal
from headct.core.volume import Volume
from headct.image.geometry import Square
from headct.image.head import coarse_intracranial, head_mask
from headct.image.slabs import to_slabs

Range = tuple[int, int]

# As the finder sees the skull: thinner slices are averaged against noise.
_SLAB_MM = 4.0


@dataclass(frozen=True)
class BrainField:
    """Keep a square field around what the skull encloses: most of a usual field is something else.

    Air, table, holder, face. What the field lacks of a square takes the volume's lowest value.
    Where no skull with a brain in it is found the head is taken, and without one the whole field.

    Args:
        margin: added on each side for skull and scalp, as a share of the longer side: 0.1 is
            17 mm of an adult's 170 mm.
    """

    margin: float = 0.1

    def __post_init__(self) -> None:
        if not 0 <= self.margin < np.inf:
            raise ValueError(f"margin: expected 0 or more, got {self.margin}")

    def __call__(self, volume: Volume) -> Volume:
        """The volume on that field, its values unchanged."""
        slabs = to_slabs(volume, _SLAB_MM)
        found = coarse_intracranial(slabs)
        inside = head_mask(slabs) if isinstance(found, Refusal) else found.inside
        if not inside.any():
            return Square()(volume)
        spacing_mm, matrix = volume.grid.spacing_mm, volume.grid.shape[1:]
        ends = [
            _ends(np.asarray(inside.any(axis=(0, axis))), count)
            for axis, count in zip((2, 1), matrix, strict=True)
        ]
        sides_mm = [(last - first) * mm for (first, last), mm in zip(ends, spacing_mm, strict=True)]
        side_mm = max(sides_mm) * (1 + 2 * self.margin)
        rows, columns = (
            _around(some, round(side_mm / mm)) for some, mm in zip(ends, spacing_mm, strict=True)
        )
        return _on_field(volume, rows, columns, repr(self))


def _ends(marked: NDArray[np.bool_], count: int) -> tuple[float, float]:
    """From where to where is marked, in pixels of a matrix that has ``count`` of them."""
    places = np.flatnonzero(marked) * count / len(marked)
    return float(places[0]), float(places[-1] + count / len(marked))


def _around(ends: tuple[float, float], count: int) -> Range:
    start = round((ends[0] + ends[1] - count) / 2)
    return start, start + count


def _on_field(volume: Volume, rows: Range, columns: Range, step: str) -> Volume:
    """A box of each slice, that may reach beyond the scan's field."""
    grid = volume.grid
    kept = []
    added = []
    for (start, stop), size in zip((rows, columns), grid.shape[1:], strict=True):
        kept.append(slice(max(0, start), min(size, stop)))
        added.append((max(0, -start), max(0, stop - size)))
    hu = np.pad(volume.hu[:, kept[0], kept[1]], [(0, 0), *added], constant_values=volume.hu.min())
    inwards = (
        rows[0] * grid.spacing_mm[0] * grid.row_axis
        + columns[0] * grid.spacing_mm[1] * grid.column_axis
    )
    field = replace(grid, shape=hu.shape, origins_mm=grid.origins_mm + inwards)
    return volume.with_step(step, hu, field)
