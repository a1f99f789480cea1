"""Bleeds of a volume that was asked for, where such bleeds lie, each voxel's share known."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from headct.core.labels import (
    EPIDURAL,
    HEMORRHAGE_SUBTYPES,
    INTRAPARENCHYMAL,
    INTRAVENTRICULAR,
    SUBARACHNOID,
    SUBDURAL,
)
from headct.phantom.anatomy import Head
from headct.phantom.canvas import STEP_MM
from headct.phantom.shapes import Box, Numbers, overlap, ramp, rough
from headct.phantom.sites import PLANS, Plan

VOXEL_ML = STEP_MM**3 / 1000
# Asked and given volume differ by less; the field is smooth, so bisection gets there.
TOLERANCE = 1e-4

# Acute blood: 55-80 HU, clotted and retracted at the upper end; mixed with fluid it is less.
# Edema lowers brain to about 20 HU. Both as usually stated for unenhanced CT.
BLOOD_HU = {
    EPIDURAL: (58.0, 78.0),
    INTRAPARENCHYMAL: (58.0, 78.0),
    INTRAVENTRICULAR: (50.0, 72.0),
    SUBARACHNOID: (48.0, 66.0),
    SUBDURAL: (55.0, 75.0),
}
EDEMA_HU = 20.0


@dataclass(frozen=True, eq=False)
class Lesion:
    """A bleed in a head.

    Args:
        label: which of the hemorrhage labels.
        site: where, in words.
        volume_ml: the sum of all shares.
        box: the part of the head's voxels that holds it.
        share: (z, y, x) of each voxel in the box, 0..1.
        edema: (z, y, x) share of swollen brain around it, 0..1.
        hu: (z, y, x) of the blood.
        seed: that gave it.
    """

    label: str
    site: str
    volume_ml: float
    box: Box
    share: Numbers
    edema: Numbers
    hu: Numbers
    seed: int


def bleed(
    head: Head, label: str, volume_ml: float, seed: int, *, beside: Sequence[Lesion] = ()
) -> Lesion:
    """Put one bleed of a volume into a head; one seed gives one bleed.

    Args:
        head: to bleed in.
        label: one of the five hemorrhage subtypes.
        volume_ml: to be met within 0.01 %.
        seed: draws side, site, shape and density.
        beside: bleeds already there, which this one leaves in place.

    Raises:
        ValueError: an unknown label, a volume that is not positive, or one that does not fit.
    """
    if label not in PLANS:
        raise ValueError(f"expected a label of {', '.join(HEMORRHAGE_SUBTYPES)}, got {label!r}")
    if not 0 < volume_ml < np.inf:
        raise ValueError(f"the {label} bleed needs a volume above 0 mL, got {volume_ml}")
    chance = np.random.default_rng([seed, HEMORRHAGE_SUBTYPES.index(label)])
    plan = PLANS[label](head, volume_ml, chance)
    room = plan.room
    for other in beside:
        room = room * (1 - _moved(other, plan.box))
    level = _level(plan, room, volume_ml, label)
    share = room * ramp(plan.order - np.float32(level), -0.5, 0.5)
    edema = np.zeros_like(share)
    if label == INTRAPARENCHYMAL:
        wide = chance.uniform(3.0, 7.0)
        edema = room * ramp(plan.order - np.float32(level), -wide, -0.5) * (1 - share)
    low, high = BLOOD_HU[label]
    texture = rough(chance, share.shape, STEP_MM, 3.0)
    hu = np.asarray(chance.uniform(low, high) + 2.5 * texture, dtype=np.float32)
    given = float(share.sum(dtype=np.float64)) * VOXEL_ML
    return Lesion(label, plan.site, given, plan.box, share, edema, hu, seed)


def _level(plan: Plan, room: Numbers, volume_ml: float, label: str) -> float:
    """The order down to which blood must fill the room to reach the volume, by bisection."""
    inside = room > 0
    order, space = plan.order[inside], room[inside].astype(np.float64)
    capacity = float(space.sum()) * VOXEL_ML
    if volume_ml > 0.98 * capacity:
        raise ValueError(
            f"{volume_ml:g} mL do not fit: the {label} bleed at the {plan.site} has room for "
            f"{0.98 * capacity:.1f} mL in this head; ask for less, or another seed"
        )
    low, high = float(order.min()) - 1, float(order.max()) + 1
    level = high
    for _ in range(60):
        level = (low + high) / 2
        volume = float(ramp(order - np.float32(level), -0.5, 0.5) @ space) * VOXEL_ML
        if abs(volume - volume_ml) <= TOLERANCE * volume_ml:
            break
        low, high = (level, high) if volume > volume_ml else (low, level)
    return level


def _moved(lesion: Lesion, box: Box) -> Numbers:
    """The share of another bleed in a box."""
    shares = np.zeros([s.stop - s.start for s in box], np.float32)
    there, here = overlap(box, lesion.box)
    shares[there] = lesion.share[here]
    return shares
