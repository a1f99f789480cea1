"""Plans of bleeds in the brain, in its ventricles, and in the fluid around it."""

import numpy as np
from numpy.typing import NDArray

from headct.phantom.body.anatomy import Head
from headct.phantom.body.canvas import STEP_MM
from headct.phantom.body.shapes import Box, Numbers, blur, capsule, cut, ellipsoid, ramp, rough
from headct.phantom.body.skull import HALF
from headct.phantom.lesions.sites import (
    IN_BRAIN,
    POOLS,
    UNPAIRED,
    VENTRICLES,
    Place,
    Plan,
    Wish,
    far_mm,
    placed,
    tissue,
)

# Drawn where no site is asked for: the pons is too small for most, and whole patterns of
# subarachnoid blood are asked for by name.
_USUAL_IN_BRAIN = tuple(name for name in IN_BRAIN if name != "pons")
_USUAL_POOLS = ("suprasellar cistern", "Sylvian fissure", "convexity")
# Blood of a burst aneurysm follows the star of cisterns at the base: from above the sella along
# the Sylvian fissures, forward between the hemispheres, around the midbrain, down before the
# pons. Ends of each arm, atlas mm; x is folded, so that arms come in pairs.
_STAR: tuple[tuple[Place, Place], ...] = (
    ((-16.0, -4.0, 0.0), (-6.0, -8.0, 46.0)),
    ((-16.0, -6.0, 0.0), (2.0, -44.0, 0.0)),
    ((-16.0, 4.0, 6.0), (-12.0, 30.0, 17.0)),
    ((-16.0, 2.0, 0.0), (-42.0, 6.0, 0.0)),
)


def in_brain(head: Head, volume_ml: float, wish: Wish, chance: np.random.Generator) -> Plan:
    """An irregular ellipsoid, deep or lobar, some with small islands beside."""
    site = wish.site_of(_USUAL_IN_BRAIN, chance)
    middle, side = placed(IN_BRAIN[site], wish, chance)
    radius = np.cbrt(volume_ml * 1000 * 3 / (4 * np.pi))
    # Room to grow by: brain beside it may be short, and the outline is irregular.
    box = head.canvas.box_around(middle, (2.2 * radius + 8,) * 3)
    places = head.canvas.gyri_in(box)
    stretch = chance.uniform(0.75, 1.35, size=3)
    stretch *= radius / np.cbrt(stretch.prod())
    order = -ellipsoid(places, middle, [float(r) for r in stretch])
    order += 0.16 * radius * rough(chance, order.shape, STEP_MM, max(2.0, 0.35 * radius))
    brain = tissue(head, "grey", box) + tissue(head, "white", box)
    room = ramp(blur(np.minimum(brain, 1), 2.0), 0.5, 0.8)
    if wish.form == "satellites":
        _add_islands(order, room, radius, chance)
    return Plan(f"{side} {site}", box, order, room)


def _add_islands(
    order: Numbers, room: Numbers, radius_mm: float, chance: np.random.Generator
) -> None:
    """Two to five uneven islands some mm off the clot's outline, where its order is near 0."""
    uneven = 0.6 * rough(chance, order.shape, STEP_MM, 2.0)
    whole: Box = (slice(0, order.shape[0]), slice(0, order.shape[1]), slice(0, order.shape[2]))
    outline = order.copy()
    for _ in range(int(chance.integers(2, 6))):
        size = min(chance.uniform(2.0, 4.0), 0.35 * radius_mm)
        gap = size + chance.uniform(4.5, 8.0)
        free = np.flatnonzero((np.abs(outline + gap) < 1.0) & (room > 0.9))
        if free.size:
            at = np.unravel_index(int(free[int(chance.integers(free.size))]), order.shape)
            island = size - far_mm(whole, (float(at[0]), float(at[1]), float(at[2])), STEP_MM)
            np.maximum(order, island + uneven, out=order)


def in_ventricles(head: Head, _: float, wish: Wish, chance: np.random.Generator) -> Plan:
    """Blood sunk to the back of one who lies, or a clot that fills ventricles as a cast."""
    site = wish.site or "ventricles"
    box = head.tissues.box
    room = tissue(head, "ventricle", box)
    middle, side = VENTRICLES[site], ""
    if site == "lateral ventricle" or wish.form == "cast":
        middle, side = placed(middle, wish, chance)
    if site != "ventricles":
        room = room * _chamber(site, side, head.canvas.gyri_in(box))
    if wish.form == "cast":
        order = -far_mm(box, head.canvas.voxel_of(middle), STEP_MM)
    else:
        y = (np.arange(box[1].start, box[1].stop) * STEP_MM).astype(np.float32)
        order = np.broadcast_to(y[None, :, None], room.shape)
    order = order + 2.0 * rough(chance, room.shape, STEP_MM, 6.0)
    return Plan(_named(site, side), box, order.astype(np.float32), room)


def _chamber(site: str, side: str, places: Numbers) -> Numbers:
    """Which places belong to one ventricle, 0 or 1."""
    z, y, x = places
    within: NDArray[np.bool_]
    third = (np.abs(x) < 6) & (z < 8) & (z > -16) & (y < 32)
    fourth = (z < -16) & (np.abs(x) < 18) & (y > 24)
    if site == "third ventricle":
        within = third
    elif site == "fourth ventricle":
        within = fourth
    else:
        within = ((x > 0.5) if side == "left" else (x < -0.5)) & ~third & ~fourth
    return np.asarray(within, dtype=np.float32)


def in_cisterns(head: Head, _: float, wish: Wish, chance: np.random.Generator) -> Plan:
    """Blood in the fluid around a cistern or fissure, spreading along sulci."""
    site = wish.site_of(_USUAL_POOLS, chance)
    middle, side = placed(POOLS[site], wish, chance)
    box = head.tissues.box
    room = tissue(head, "fluid", box) - tissue(head, "ventricle", box)
    uneven = rough(chance, room.shape, STEP_MM, 8.0)
    if site == "basal cisterns":
        z, y, x = head.canvas.gyri_in(box)
        folded = np.stack([z, y, np.abs(x)])
        order = 2.0 * uneven
        order -= np.minimum.reduce([capsule(folded, ends, 0.0) for ends in _STAR])
    else:
        order = 6.0 * uneven - far_mm(box, head.canvas.voxel_of(middle), STEP_MM)
    if site == "interhemispheric fissure":
        order -= 4 * np.abs(head.canvas.gyri_in(box)[2])
    room = room * ramp(-cut(head.shell.inner_mm, HALF, box), 0.5, 2.0)
    return Plan(_named(site, side), box, order.astype(np.float32), room)


def _named(site: str, side: str) -> str:
    return site if site in UNPAIRED or not side else f"{side} {site}"
