"""What lies where in a scan: the lesion, the ventricles and what is near them, the rim, the rest.

A network that finds thinned white matter should look near the ventricles; one that finds old brains
looks at the rim, where sulci widen with age; and one that looks outside the skull has learned
something that is no medicine at all.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from headct.cohort.checking.look import look
from headct.cohort.images import Opened
from headct.cohort.store.store import NO_MASK
from headct.core.errors import Refusal
from headct.core.grid import Grid
from headct.core.labels import ANY_HEMORRHAGE, HEMORRHAGE_SUBTYPES
from headct.core.volume import Mask, Volume
from headct.image.depth import depth_mm
from headct.image.regions import Region, fill_holes
from headct.image.transfer import transfer_mask
from headct.image.white_matter import ventricles

LESION, VENTRICLES, RIM, REST, OUTSIDE = "lesion", "ventricles", "rim", "rest", "outside"
REGIONS = (LESION, VENTRICLES, RIM, REST, OUTSIDE)
"""A pixel lies in the first of these that holds it."""

AROUND_MM, RIM_MM = 12.0, 15.0
"""From the ventricles' edge outwards, and from the inner table inwards, as in ``bench``: caps and
halos of digital heads reach 12 mm, and their sulci lie in the outer 15."""

# Of what the skull encloses. In 62 scans of CT-ICH and 60 digital heads, most of them with wide
# ventricles, 0.2 to 6.4 %; one with 9 % had brain taken for fluid.
_MOST_VENTRICLE = 0.08

_DRAWN = (VENTRICLES, RIM, REST)


def regions_of(volume: Volume, onto: Grid) -> dict[str, Region] | Refusal:
    """All regions but the lesion, each on the grid of the frames; none through another.

    Args:
        volume: the scan.
        onto: where the frames of the network lie.

    Returns:
        (slices, rows, columns) by name; or why the skull or the ventricles are not found.
    """
    seen = look(Opened(volume))
    if isinstance(seen.skull, Refusal):
        return seen.skull
    hollow = ventricles(seen.slabs, seen.skull)
    if hollow is None:
        return Refusal("ventricles", "none are seen, so nothing can be said of what is near them")
    share = float(hollow.sum() / seen.skull.inside.sum())
    if share > _MOST_VENTRICLE:
        return Refusal(
            "ventricles",
            f"what looks like fluid takes {100 * share:.0f} % of the skull, more than the "
            f"{100 * _MOST_VENTRICLE:.0f} % of wide ventricles: look at the scan",
        )
    # Calcium in the brain is as dense as bone, and no rim of it.
    inside, grid = fill_holes(seen.skull.inside), seen.slabs.grid
    near = inside & (depth_mm(~hollow, grid) <= AROUND_MM)
    rim = inside & (depth_mm(inside, grid) <= RIM_MM)
    drawn = np.select([near, rim, inside], [1, 2, 3], 0).astype(np.uint8)
    labels = transfer_mask(Mask(drawn, grid, _DRAWN), onto).labels
    found = {name: np.asarray(labels == value) for value, name in enumerate(_DRAWN, start=1)}
    return {**found, OUTSIDE: np.asarray(labels == 0)}


def with_lesion(regions: Mapping[str, Region], lesion: Region | None) -> dict[str, Region]:
    """The regions with a lesion cut out of them; as they are where none is known."""
    if lesion is None:
        return dict(regions)
    others = {name: np.asarray(region & ~lesion) for name, region in regions.items()}
    return {LESION: lesion, **others}


def lesion_of(drawn: NDArray[np.uint8], names: Sequence[str], label: str) -> Region | None:
    """(slices, rows, columns) where a label is drawn; None where that is not known.

    Args:
        drawn: (slices, rows, columns) as a store has it: k is ``names[k - 1]``.
        names: of its values.
        label: of hemorrhage as a whole every subtype counts.
    """
    wanted = {label} if label != ANY_HEMORRHAGE else {label, *HEMORRHAGE_SUBTYPES}
    values = [value for value, name in enumerate(names, start=1) if name in wanted]
    if not values or (drawn == NO_MASK).any():
        return None
    return np.isin(drawn, values)
