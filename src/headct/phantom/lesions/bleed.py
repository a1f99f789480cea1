"""Bleeds of a volume that was asked for, where such bleeds lie, each voxel's share known."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from headct.core.labels import (
    EPIDURAL,
    HEMORRHAGE_SUBTYPES,
    INTRAPARENCHYMAL,
    INTRAVENTRICULAR,
    LEUKOENCEPHALOPATHY,
    SUBARACHNOID,
    SUBDURAL,
)
from headct.phantom.body.anatomy import Head
from headct.phantom.body.canvas import STEP_MM
from headct.phantom.body.shapes import Box, Numbers, overlap, ramp
from headct.phantom.lesions.blood import blood_hu
from headct.phantom.lesions.deep import in_brain, in_cisterns, in_ventricles
from headct.phantom.lesions.sites import Plan, Wish, parse_wish
from headct.phantom.lesions.surface import along_dura, under_bone

VOXEL_ML = STEP_MM**3 / 1000
# Asked and given volume differ by less; the field is smooth, so bisection gets there.
TOLERANCE = 1e-4
# Every so many steps of it fewer voxels are left open.
_NARROW = 4

# Edema lowers brain to about 20 HU, as usually stated for unenhanced CT.
EDEMA_HU = 20.0

_PLANS: Mapping[str, Callable[[Head, float, Wish, np.random.Generator], Plan]] = {
    EPIDURAL: under_bone,
    INTRAPARENCHYMAL: in_brain,
    INTRAVENTRICULAR: in_ventricles,
    SUBARACHNOID: in_cisterns,
    SUBDURAL: along_dura,
}


@dataclass(frozen=True, eq=False)
class Lesion:
    """What changes a head in one place: a bleed, diseased white matter, or a look-alike.

    Args:
        label: one of the labels of truth, or the plain name of a look-alike.
        site: where, in words.
        volume_ml: the sum of all shares.
        box: the part of the head's voxels that holds it.
        share: (z, y, x) of each voxel in the box, 0..1.
        edema: (z, y, x) share of swollen brain around it, 0..1.
        hu: (z, y, x) of what fills the share, such as blood.
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

    @property
    def counts(self) -> bool:
        """Whether this is truth; a look-alike is painted and never counted."""
        return self.label in (*HEMORRHAGE_SUBTYPES, LEUKOENCEPHALOPATHY)


def bleed(
    head: Head,
    label: str,
    volume_ml: float,
    seed: int,
    *,
    site: str | None = None,
    form: str | None = None,
    age_days: float = 0.0,
    beside: Sequence[Lesion] = (),
) -> Lesion:
    """Put one bleed of a volume into a head; one seed gives one bleed.

    Args:
        head: to bleed in.
        label: one of the five hemorrhage subtypes.
        volume_ml: to be met within 0.01 %.
        seed: draws what is not asked for: side, site, shape and density.
        site: a name of ``sites.SITES``, "left" or "right" before it or alone if you like.
        form: a name of ``sites.FORMS``: how it looks when not simply a clot.
        age_days: of the blood, which gets less dense by the day; "isodense" and a "fluid level"
            have a density of their own.
        beside: bleeds already there, which this one leaves in place.

    Raises:
        ValueError: an unknown label, site or form, a volume that is not positive or does not
            fit, an age below 0.
    """
    wish = parse_bleed(label, volume_ml, site, form, age_days)
    chance = np.random.default_rng([seed, HEMORRHAGE_SUBTYPES.index(label)])
    plan = _PLANS[label](head, volume_ml, wish, chance)
    room = plan.room
    for other in beside:
        room = room * (1 - _moved(other, plan.box))
    level = _level(plan, room, volume_ml, label)
    share = room * ramp(plan.order - np.float32(level), -0.5, 0.5)
    edema = np.zeros_like(share)
    if label == INTRAPARENCHYMAL:
        wide = chance.uniform(3.0, 7.0)
        edema = room * ramp(plan.order - np.float32(level), -wide, -0.5) * (1 - share)
    hu = blood_hu(label, form, age_days, share, chance)
    given = float(share.sum(dtype=np.float64)) * VOXEL_ML
    return Lesion(label, plan.site, given, plan.box, share, edema, hu, seed)


def parse_bleed(
    label: str, volume_ml: float, site: str | None, form: str | None, age_days: float
) -> Wish:
    """Check what is asked of a bleed before a head is drawn; raises ValueError as ``bleed``."""
    wish = parse_wish(label, site, form)
    if not 0 < volume_ml < np.inf:
        raise ValueError(f"the {label} bleed needs a volume above 0 mL, got {volume_ml}")
    if not 0 <= age_days < np.inf:
        raise ValueError(f"the {label} bleed needs an age of 0 days or more, got {age_days}")
    return wish


def _level(plan: Plan, room: Numbers, volume_ml: float, label: str) -> float:
    """The order down to which blood must fill the room to reach the volume, by bisection."""
    inside = room > 0
    order, space = plan.order[inside], room[inside].astype(np.float64)
    capacity = float(space.sum()) * VOXEL_ML
    if volume_ml > 0.98 * capacity or not order.size:
        raise ValueError(
            f"{volume_ml:g} mL do not fit: the {label} bleed at the {plan.site} has room for "
            f"{0.98 * capacity:.1f} mL in this head; ask for less, or another seed"
        )
    low, high = float(order.min()) - 1, float(order.max()) + 1
    level, sure = high, 0.0
    for step in range(60):
        if step % _NARROW == _NARROW - 1:
            # What is filled at every level left, or at none, need not be summed up again.
            sure += float(space[order >= high + 0.5].sum())
            open_yet = (order > low - 0.5) & (order < high + 0.5)
            order, space = order[open_yet], space[open_yet]
        level = (low + high) / 2
        filled = float(ramp(order - np.float32(level), -0.5, 0.5) @ space)
        volume = (sure + filled) * VOXEL_ML
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
