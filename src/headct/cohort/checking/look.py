"""A first look at a scan: slabs and skull, worked out once for all who judge the image."""

from dataclasses import dataclass

from headct.cohort.images import Opened
from headct.core.errors import Refusal
from headct.core.volume import Volume
from headct.image.geometry import Reshape
from headct.image.head import Intracranial, intracranial
from headct.image.slabs import to_slabs

# Routine slices are 5 mm; thinner ones are averaged, so that noise reads alike.
SLAB_MM = 5.0
# Finer pixels only cost time: skull, streaks and white matter are wider.
PIXEL_MM = 1.0


@dataclass(frozen=True, eq=False)
class Look:
    """What the judges of a scan share.

    Args:
        opened: the scan as it was read.
        slabs: it in slabs of ``SLAB_MM`` on pixels of ``PIXEL_MM``, or as it is where coarser.
        skull: what lies inside the skull, on the grid of ``slabs``; or why there is none.
    """

    opened: Opened
    slabs: Volume
    skull: Intracranial | Refusal


def look(opened: Opened) -> Look:
    """Average a scan to slabs and coarser pixels, and find its skull."""
    slabs = _coarser(to_slabs(opened.volume, SLAB_MM))
    return Look(opened, slabs, intracranial(slabs))


def _coarser(volume: Volume) -> Volume:
    _, rows, columns = volume.grid.shape
    down_mm, along_mm = volume.grid.spacing_mm
    wanted = Reshape(
        min(rows, max(1, round(rows * down_mm / PIXEL_MM))),
        min(columns, max(1, round(columns * along_mm / PIXEL_MM))),
    )
    return volume if (wanted.rows, wanted.columns) == (rows, columns) else wanted(volume)
