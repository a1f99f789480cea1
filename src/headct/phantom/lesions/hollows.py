"""What is dark and no leukoencephalopathy: infarcts, a cyst, a swollen tumour."""

import numpy as np

from headct.phantom.body.anatomy import Head
from headct.phantom.body.canvas import STEP_MM, cube_around
from headct.phantom.body.dura import above_tent_mm, has_tent
from headct.phantom.body.shapes import Box, Numbers, blur, covered, cut, ellipsoid, ramp, rough
from headct.phantom.body.skull import HALF
from headct.phantom.lesions.changes import Change, Place, offsets_mm, pick_place, tissue_in

# CT attenuation of old infarcts 11.9 +- 5.9 HU, of acute ones (32 h) 18.9 +- 6.4 HU (Peng et
# al., BMC Medical Imaging 2024, doi 10.1186/s12880-024-01340-2).
_OLD_HU, _ACUTE_HU = (8.0, 16.0), (16.0, 25.0)
# Half the opening of an infarct's wedge, degrees: assumed.
_WEDGE_DEG = (22.0, 42.0)
# Radius of an arachnoid cyst, which holds cerebrospinal fluid: usual sizes.
_CYST_MM = (12.0, 26.0)
# A metastasis or glioma: about as dense as cortex, its swelling white matter at 20 HU (usual).
_TUMOUR_HU, _TUMOUR_MM, _SWELLING_MM = (28.0, 42.0), (5.0, 15.0), (10.0, 22.0)

# Territories: the tip of the wedge near the ventricle and the middle of the cortex it reaches,
# atlas mm z y x of the left side.
_TERRITORIES: dict[str, tuple[Place, Place]] = {
    "anterior cerebral artery": ((24.0, -18.0, 8.0), (40.0, -56.0, 8.0)),
    "middle cerebral artery, front": ((14.0, -6.0, 26.0), (18.0, -36.0, 56.0)),
    "middle cerebral artery, back": ((16.0, 28.0, 28.0), (26.0, 48.0, 60.0)),
    "posterior cerebral artery": ((8.0, 50.0, 20.0), (4.0, 92.0, 14.0)),
    "posterior inferior cerebellar artery": ((-34.0, 50.0, 10.0), (-48.0, 82.0, 28.0)),
}
_CYSTS: dict[str, Place] = {
    "middle fossa": (-28.0, -12.0, 46.0),
    "convexity": (44.0, -10.0, 56.0),
    "behind the cerebellum": (-44.0, 92.0, 4.0),
}
_TUMOURS: dict[str, Place] = {
    "frontal lobe": (26.0, -38.0, 30.0),
    "parietal lobe": (38.0, 44.0, 32.0),
    "temporal lobe": (-8.0, 22.0, 46.0),
    "cerebellum": (-38.0, 62.0, 24.0),
}


def leave_infarct(head: Head, chance: np.random.Generator) -> Change:
    """An old infarct: a wedge of brain gone to fluid, its border torn, islands of brain left."""
    site, box, wedge = _wedge(head, chance, soft_mm=5.0)
    islands = ramp(rough(chance, wedge.shape, STEP_MM, 3.0), 1.0, 2.0)
    share = wedge * (1 - 0.7 * islands) * tissue_in(head, ("grey", "white"), box)
    hu = np.minimum(np.float32(chance.uniform(*_OLD_HU)), head.hu[box])
    return Change(site, box, share, hu)


def swell_infarct(head: Head, chance: np.random.Generator) -> Change:
    """An infarct of hours to days: a wedge, grey as dark as white, sulci pressed shut."""
    site, box, wedge = _wedge(head, chance, soft_mm=5.0)
    hu = np.float32(chance.uniform(*_ACUTE_HU)) + 0.8 * rough(chance, wedge.shape, STEP_MM, 4.0)
    brain = blur(tissue_in(head, ("grey", "white"), box), 1.5)
    # Swollen gyri meet over all but the widest sulci; ventricles and cisterns stay.
    room = ramp(brain, 0.2, 0.5) * (1 - tissue_in(head, ("ventricle",), box))
    room *= covered(cut(head.shell.inner_mm, HALF, box) + 1.0)
    return Change(site, box, wedge * room * np.float32(chance.uniform(0.6, 1.0)), hu)


def hold_cyst(head: Head, chance: np.random.Generator) -> Change:
    """An arachnoid cyst: fluid with a smooth sharp border, against the skull."""
    site, near = _draw_site(_CYSTS, chance)
    radius = chance.uniform(*_CYST_MM)
    around = head.canvas.box_around(near, (26.0,) * 3)
    # Half sunk into the brain, it touches the skull.
    depth = -cut(head.shell.inner_mm, HALF, around)
    middle = pick_place(head, near, (around, np.abs(depth - 0.5 * radius) < 1))
    box = cube_around(middle, 1.5 * radius + 6)
    radii = [float(radius * v) for v in chance.uniform(0.8, 1.25, size=3)]
    shape = ellipsoid(offsets_mm(box, middle), (0.0, 0.0, 0.0), radii)
    shape += 0.04 * radius * rough(chance, shape.shape, STEP_MM, 8.0)
    share = covered(shape) * covered(cut(head.shell.inner_mm, HALF, box) + 0.5)
    places = head.canvas.places_in(box)
    if "cerebellum" in site:
        share *= _this_side_of_tent(places, above=False)
    else:
        share *= ramp(np.sign(near[2]) * places[2], 0, 2)
    return Change(site, box, share, head.traits.fluid_hu + chance.uniform(-1, 2))


def grow_tumour(head: Head, chance: np.random.Generator) -> Change:
    """A round mass in brain, half the time dark inside, white matter swollen around it."""
    site, middle = _draw_site(_TUMOURS, chance)
    radius, wide = chance.uniform(*_TUMOUR_MM), chance.uniform(*_SWELLING_MM)
    around = head.canvas.box_around(middle, (12.0,) * 3)
    brain = tissue_in(head, ("grey", "white"), around)
    voxel = pick_place(head, middle, (around, brain > 0.95))
    box = cube_around(voxel, radius + wide + 12)
    steps = offsets_mm(box, voxel)
    order = np.linalg.norm(steps, axis=0).astype(np.float32) - np.float32(radius)
    order += 0.12 * radius * rough(chance, order.shape, STEP_MM, 0.6 * radius)
    tissue = tissue_in(head, ("grey", "white"), box)
    hu = np.full(order.shape, chance.uniform(*_TUMOUR_HU), np.float32)
    if chance.random() < 0.5:
        hu -= covered(order + 0.4 * radius, 2.0) * np.float32(chance.uniform(8, 20))
    share = covered(order, 2.0) * ramp(blur(tissue, 1.5), 0.3, 0.7)
    # Water runs along white matter and leaves the cortex: fingers.
    reach = order - np.float32(wide) + 3.0 * rough(chance, order.shape, STEP_MM, 7.0)
    white = ramp(tissue_in(head, ("white",), box), 0.4, 0.9)
    return Change(site, box, share, hu, white * covered(reach, 5.0) * (1 - share))


def _wedge(head: Head, chance: np.random.Generator, soft_mm: float) -> tuple[str, Box, Numbers]:
    """Where, and how much of a box: a cone from near the ventricle to the cortex."""
    name = list(_TERRITORIES)[int(chance.integers(len(_TERRITORIES)))]
    side = 1.0 if chance.random() < 0.5 else -1.0
    turned = np.array([1.0, 1.0, side])
    tip, base = (np.array(place) * turned for place in _TERRITORIES[name])
    tip = tip + chance.normal(0, 2.0, size=3)
    along = base + chance.normal(0, 4.0, size=3) - tip
    length = float(np.linalg.norm(along))
    along /= length
    reach = 0.6 * length + 30
    box = head.canvas.box_around([float(v) for v in tip + 0.6 * length * along], (reach,) * 3)
    places = head.canvas.gyri_in(box)
    steps = places - tip.astype(np.float32)[:, None, None, None]
    ahead = np.tensordot(along.astype(np.float32), steps, axes=1)
    aside = np.sqrt(np.maximum((steps**2).sum(axis=0) - ahead**2, 0))
    slope = np.tan(np.radians(chance.uniform(*_WEDGE_DEG)))
    border = aside - np.float32(slope) * ahead
    border = np.maximum(border, np.abs(ahead - 0.6 * length) - np.float32(0.6 * length + 14))
    for waves_mm, length_mm in ((4.0, 13.0), (1.8, 5.0)):
        border += waves_mm * rough(chance, border.shape, STEP_MM, length_mm)
    wedge = covered(border.astype(np.float32), soft_mm)
    # No artery feeds both hemispheres, nor both sides of the tentorium.
    wedge *= ramp(side * places[2], 0, 2)
    wedge *= _this_side_of_tent(places, above="cerebellar" not in name)
    return f"{_word(side)} {name}", box, wedge


def _this_side_of_tent(places: Numbers, *, above: bool) -> Numbers:
    """1 on the asked side of the tentorium and before its front edge, else 0."""
    height = above_tent_mm(places)
    return 1 - has_tent(places) * ramp(-height if above else height, -3, 0)


def _draw_site(sites: dict[str, Place], chance: np.random.Generator) -> tuple[str, Place]:
    name = list(sites)[int(chance.integers(len(sites)))]
    z, y, x = (float(v + chance.normal(0, 3)) for v in sites[name])
    side = 1.0 if chance.random() < 0.5 else -1.0
    return f"{_word(side)} {name}", (z, y, side * x)


def _word(side: float) -> str:
    return "left" if side > 0 else "right"
