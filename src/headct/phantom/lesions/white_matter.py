"""Disease of the small vessels: white matter that thins with age, and lacunes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from headct.core.labels import LEUKOENCEPHALOPATHY
from headct.phantom.body.anatomy import Head
from headct.phantom.body.canvas import STEP_MM
from headct.phantom.body.shapes import (
    Numbers,
    blur,
    covered,
    ellipsoid,
    enlarge,
    overlap,
    ramp,
    rough,
)
from headct.phantom.lesions.bleed import Lesion
from headct.phantom.lesions.changes import (
    Change,
    Place,
    make_lesion,
    offsets_mm,
    pick_place,
    tissue_in,
)

LACUNE = "lacune"
# Cavities of 3 to 15 mm after small infarcts, filled with fluid (STRIVE: Wardlaw et al., Lancet
# Neurology 2013;12:822-38); more than twenty in one head is beyond what is seen.
LACUNE_MM, MOST_LACUNES = (3.0, 15.0), 20
# Partial volume and the gliosis around them leave them a little above fluid.
_ABOVE_FLUID_HU = (0.0, 6.0)
# Where they are common, atlas mm z y x of the left side, and the tissue they sit in.
_LACUNES: dict[str, tuple[Place, tuple[str, ...]]] = {
    "putamen": ((0.0, -4.0, 27.0), ("grey", "white")),
    "caudate": ((12.0, -12.0, 13.0), ("grey", "white")),
    "thalamus": ((8.0, 18.0, 14.0), ("grey", "white")),
    "internal capsule": ((8.0, 8.0, 21.0), ("grey", "white")),
    "pons": ((-32.0, 24.0, 5.0), ("grey", "white")),
    "corona radiata": ((26.0, 10.0, 26.0), ("white",)),
    "frontal white matter": ((26.0, -28.0, 24.0), ("white",)),
}

# What wholly affected white matter lacks. Leukoaraiosis measures 17.5 +- 4.7 HU on CT (Peng et
# al., BMC Medical Imaging 2024, doi 10.1186/s12880-024-01340-2); the real series beside has 16
# to 19 HU in a centrum semiovale that is 28 HU elsewhere.
DROP_HU = (6.5, 11.0)

_HALF = 2  # these fields are smooth: known every 2 mm, they are linear between

# By region's grade, 0 to 2: how far from the ventricle white matter is affected, mm; and the
# value of a random field (mean 0, deviation 1) above which deep white matter is. Below 5 mm is
# a cap or thin band, 5-10 mm a halo (Sources of ``draw_extent``); none at all for grade 0.
_REACH_MM = ((-12.0, -12.0), (2.0, 4.5), (8.0, 12.0))
_SEEDED = ((9.0, 9.0), (1.8, 2.3), (-1.3, -0.5))
# Caps lie on the horns: where, atlas mm z y x of the left side, how wide, and how much further
# they reach than the bands along the ventricle's body.
_CAPS = ((4.0, -36.0, 17.0), (12.0, 58.0, 28.0))
_CAP_WIDE_MM, _CAP_MM = 15.0, 4.5
# U-fibres, just under the cortex, are spared.
_SPARED_MM = (1.5, 4.0)


@dataclass(frozen=True)
class Extent:
    """How far white matter is affected, as two visual scales say it.

    Args:
        anterior: van Swieten grade around the front horns, 0 to 2.
        posterior: van Swieten grade around the back horns, 0 to 2.
        periventricular: Fazekas grade, 0 to 3: none, caps or thin lining, halo, irregular.
        deep: Fazekas grade, 0 to 3: none, foci, beginning confluence, large confluent areas.
    """

    anterior: int
    posterior: int
    periventricular: int
    deep: int

    def __str__(self) -> str:
        return (
            f"van Swieten anterior {self.anterior} posterior {self.posterior}, "
            f"Fazekas periventricular {self.periventricular} deep {self.deep}"
        )


def draw_extent(grade: int, seed: int) -> Extent:
    """Share a van Swieten sum between front and back; a seed's next grade only adds to it.

    Raises:
        ValueError: a grade that is not 0 to 4.

    Source:
        van Swieten et al., J Neurol Neurosurg Psychiatry 1990;53:1080-3: for each region 0 no
        lesion, 1 partly involving the white matter, 2 extending up to the subcortical region.
        Fazekas et al., AJR 1987;149:351-6. How the two go together is an assumption.
    """
    if grade not in range(5):
        raise ValueError(f"a van Swieten sum is a whole number from 0 to 4, got {grade}")
    chance = np.random.default_rng([seed, 91])
    steps = [0, 1, 0, 1] if chance.random() < 0.5 else [1, 0, 1, 0]
    # Seldom does one region run its whole course before the other starts.
    if chance.random() < 0.15:
        steps.sort(reverse=steps[0] == 1)
    anterior, posterior = steps[:grade].count(0), steps[:grade].count(1)
    most = max(anterior, posterior)
    return Extent(
        anterior,
        posterior,
        periventricular=3 if most == 2 else grade,
        deep=3 if grade == 4 else most,
    )


def leukoencephalopathy(
    head: Head, grade: int, seed: int, *, beside: Sequence[Lesion] = ()
) -> Lesion:
    """Lower the white matter around the ventricles and in the centrum semiovale.

    Shares say how affected a voxel's white matter is, so their sum is the volume of wholly
    affected white matter. Grey matter, fluid and the U-fibres keep their HU: what a voxel
    becomes is its own HU less the drop, so a brain must be displaced before this is made.

    Args:
        head: to change.
        grade: van Swieten sum, 1 to 4, shared between the regions by ``draw_extent``.
        seed: draws the regions, borders, patches, asymmetry and HU; at one seed a higher
            grade holds the lower.
        beside: lesions already there, bleeds and look-alikes, which this one leaves in place.

    Raises:
        ValueError: a grade that is not 1 to 4; with grade 0 there is no lesion to make.
    """
    extent = draw_extent(grade, seed)
    if grade == 0:
        raise ValueError("grade 0 is healthy white matter: scan the head without a lesion")
    chance = np.random.default_rng([seed, 92])
    box = head.tissues.box
    share = _affected(head, extent, chance) * tissue_in(head, ["white"], box)
    for other in beside:
        there, here = overlap(box, other.box)
        share[there] *= 1 - np.minimum(other.share[here], 1)
    hu = head.hu[box] - np.float32(chance.uniform(*DROP_HU))
    change = Change(f"white matter, {extent}", box, share, hu)
    return make_lesion(LEUKOENCEPHALOPATHY, change, seed)


def _affected(head: Head, extent: Extent, chance: np.random.Generator) -> Numbers:
    """(z, y, x) of the tissues' box: how affected white matter there would be, 0..1."""
    box = head.tissues.box
    z, y, x = places = head.canvas.gyri_in(box)[:, ::_HALF, ::_HALF, ::_HALF]
    ventricle = tissue_in(head, ["ventricle"], box)[::_HALF, ::_HALF, ::_HALF]
    white = tissue_in(head, ["white"], box)[::_HALF, ::_HALF, ::_HALF]
    # The third and fourth ventricle and the temporal horns have no caps.
    third = (np.abs(x) < 5) & (z < 14) & (y > -14) & (y < 30)
    away = _far_mm((ventricle < 0.5) | third | (z < -6))
    depth = _far_mm(blur(white + ventricle, 0.6) > 0.5)
    # Both hemispheres are affected alike, but never the same.
    lean = np.float32(np.clip(chance.normal(0, 0.06), -0.12, 0.12)) * (2 * ramp(x, -12, 12) - 1)
    wander, patches = (rough(chance, away.shape, _HALF, length) for length in (5.0, 4.5))
    back = ramp(y, -6, 14)
    reach, seeded = (
        _by_region(back, extent, [chance.uniform(*row) for row in table])
        for table in (_REACH_MM, _SEEDED)
    )
    cap = sum(_bump(places, middle) for middle in _CAPS)
    near = ramp((reach + _CAP_MM * cap) * (1 + lean) + 1.5 * wander - away, -2.5, 3.5)
    deep = patches * 0.9 + 0.18 * (depth - 7) - 0.035 * (away - 10) + 3 * lean - seeded
    share = np.maximum(near, ramp(deep, -0.4, 1.2))
    share *= ramp(depth, *_SPARED_MM) * _white_regions(places)
    return enlarge(blur(share, 0.8), _HALF, [s.stop - s.start for s in box])


def _by_region(back: Numbers, extent: Extent, by_grade: Sequence[float]) -> Numbers:
    """A number that each region's grade chooses, passing smoothly from front to back."""
    front = np.float32(by_grade[extent.anterior])
    return front + back * (np.float32(by_grade[extent.posterior]) - front)


def _bump(places: Numbers, middle: Place) -> Numbers:
    """1 at a place of the atlas and its mirror image, falling off around."""
    folded = (places[0], places[1], np.abs(places[2]))
    far = sum((axis - m) ** 2 for axis, m in zip(folded, middle, strict=True))
    return np.asarray(np.exp(-far / np.float32(2 * _CAP_WIDE_MM**2)), dtype=np.float32)


def _white_regions(places: Numbers) -> Numbers:
    """Where leukoencephalopathy may lie: not the corpus callosum, deep nuclei, nor below."""
    z, y, x = places
    side = np.abs(x)
    callosum = ramp(side, 7, 13)
    nuclei = ((z - 4) / 17) ** 2 + ((y - 8) / 29) ** 2 + ((side - 17) / 17) ** 2
    return callosum * ramp(nuclei, 0.9, 1.5) * ramp(z, -10, 0)


def _far_mm(mask: NDArray[np.bool_]) -> Numbers:
    """Distance of each voxel of a mask to what lies outside it, mm."""
    return np.asarray(distance_transform_edt(mask, sampling=_HALF), dtype=np.float32)


def lacunes(head: Head, count: int, seed: int) -> Lesion:
    """Small cavities in deep nuclei, pons and white matter; painted, not counted.

    The van Swieten and Fazekas scales grade white matter and leave lacunes out, and so does
    the truth.

    Args:
        head: to change.
        count: how many, 1 to 20; they may touch.
        seed: draws site, size, shape and HU of each.

    Raises:
        ValueError: a count that is not 1 to 20.
    """
    if count not in range(1, MOST_LACUNES + 1):
        raise ValueError(f"a head has 1 to {MOST_LACUNES} lacunes, asked for {count}")
    chance = np.random.default_rng([seed, 93])
    box = head.tissues.box
    share = np.zeros([s.stop - s.start for s in box], np.float32)
    sites = []
    for _ in range(count):
        name = list(_LACUNES)[int(chance.integers(len(_LACUNES)))]
        near, tissues = _LACUNES[name]
        side = "left" if chance.random() < 0.5 else "right"
        sites.append(f"{side} {name}")
        moved = tuple(float(v + chance.normal(0, 2.5)) for v in near)
        middle = (moved[0], moved[1], moved[2] if side == "left" else -moved[2])
        _hollow(head, share, (middle, tissues), chance)
    hu = head.traits.fluid_hu + chance.uniform(*_ABOVE_FLUID_HU)
    # Fluid of ventricles and sulci beside a lacune keeps its HU.
    under = np.minimum(head.hu[box], np.float32(hu))
    return make_lesion(LACUNE, Change(", ".join(sites), box, share, under), seed)


def _hollow(
    head: Head,
    share: Numbers,
    where: tuple[Place, tuple[str, ...]],
    chance: np.random.Generator,
) -> None:
    """Add one cavity to the shares, in tissue near a place of the atlas."""
    middle, tissues = where
    low, high = LACUNE_MM
    # Most are small: the mean of such draws is 7 mm.
    size = low + (high - low) * chance.beta(1.5, 3.0)
    around = head.canvas.box_around(middle, (12.0,) * 3)
    there, here = overlap(head.tissues.box, around)
    voxel = pick_place(head, middle, (around, tissue_in(head, tissues, around) > 0.95))
    steps = offsets_mm(around, voxel)
    stretch = chance.uniform(0.7, 1.0, size=3)
    radii = [float(r) for r in stretch / stretch.max() * size / 2]
    order = ellipsoid(steps, (0.0, 0.0, 0.0), radii)
    order += 0.05 * size * rough(chance, order.shape, STEP_MM, 2.0)
    hollow = covered(order) * tissue_in(head, ("grey", "white"), around)
    share[there] = np.maximum(share[there], hollow[here])
