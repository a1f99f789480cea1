"""The places where bleeds lie, by name, and what a plan of one is."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from headct.core.labels import (
    EPIDURAL,
    INTRAPARENCHYMAL,
    INTRAVENTRICULAR,
    SUBARACHNOID,
    SUBDURAL,
)
from headct.phantom.body.anatomy import Head
from headct.phantom.body.shapes import Box, Numbers, overlap

Place = tuple[float, float, float]

# Middles of bleeds in the brain, atlas mm z y x on the left. All but the pons hold large ones.
IN_BRAIN: Mapping[str, Place] = {
    "putamen": (2.0, -4.0, 27.0),
    "thalamus": (8.0, 18.0, 14.0),
    "frontal lobe": (26.0, -36.0, 30.0),
    "parietal lobe": (36.0, 44.0, 34.0),
    "temporal lobe": (-8.0, 22.0, 48.0),
    "occipital lobe": (10.0, 74.0, 26.0),
    "cerebellum": (-38.0, 62.0, 22.0),
    "pons": (-30.0, 26.0, 3.0),
}
# Where blood in ventricles starts to clot.
VENTRICLES: Mapping[str, Place] = {
    "ventricles": (16.0, 4.0, 14.0),
    "lateral ventricle": (16.0, 4.0, 14.0),
    "third ventricle": (0.0, 10.0, 0.0),
    "fourth ventricle": (-34.0, 46.0, 0.0),
}
POOLS: Mapping[str, Place] = {
    "suprasellar cistern": (-16.0, -4.0, 6.0),
    "Sylvian fissure": (0.0, -4.0, 44.0),
    "convexity": (42.0, 20.0, 46.0),
    "basal cisterns": (-16.0, -4.0, 0.0),
    "interhemispheric fissure": (24.0, -48.0, 0.0),
}
# Sites without a side, though their places have an x.
UNPAIRED = frozenset(
    {
        "ventricles",
        "third ventricle",
        "fourth ventricle",
        "basal cisterns",
        "interhemispheric fissure",
    }
)

SITES: Mapping[str, tuple[str, ...]] = {
    EPIDURAL: ("convexity", "frontal", "temporal", "parietal", "occipital"),
    INTRAPARENCHYMAL: tuple(IN_BRAIN),
    INTRAVENTRICULAR: tuple(VENTRICLES),
    SUBARACHNOID: tuple(POOLS),
    SUBDURAL: ("convexity", "falx", "tentorium"),
}
FORMS: Mapping[str, tuple[str, ...]] = {
    EPIDURAL: ("mixed",),
    INTRAPARENCHYMAL: ("fluid level", "satellites"),
    INTRAVENTRICULAR: ("layering", "cast"),
    SUBARACHNOID: (),
    SUBDURAL: ("acute", "mixed", "isodense", "chronic"),
}
SIDES = ("left", "right")


@dataclass(frozen=True, eq=False)
class Plan:
    """Where a bleed may be, and in which order it fills what it finds.

    Args:
        site: in words.
        box: the part of the head's voxels that holds it.
        order: (z, y, x) mm; the bleed fills first where this is high.
        room: (z, y, x) how much of each voxel blood may take, 0..1.
    """

    site: str
    box: Box
    order: Numbers
    room: Numbers


@dataclass(frozen=True)
class Wish:
    """What was asked of a bleed, None where chance decides.

    Args:
        site: a name of ``SITES``, without its side.
        side: "left" or "right".
        form: a name of ``FORMS``.
    """

    site: str | None = None
    side: str | None = None
    form: str | None = None

    def side_of(self, chance: np.random.Generator) -> str:
        """The side asked for; chance is drawn from either way, so that the rest stays alike."""
        drawn = "left" if chance.random() < 0.5 else "right"
        return self.side or drawn

    def site_of(self, names: tuple[str, ...], chance: np.random.Generator) -> str:
        """The site asked for, or one of the names."""
        drawn = names[int(chance.integers(len(names)))]
        return self.site or drawn


def parse_wish(label: str, site: str | None, form: str | None) -> Wish:
    """Check a site ("thalamus", "left thalamus", "left") and a form against those there are."""
    if label not in SITES:
        raise ValueError(f"expected a label of {', '.join(SITES)}, got {label!r}")
    if form is not None and form not in FORMS[label]:
        raise ValueError(
            f"unknown form {form!r}: the {label} bleed has {_listed(FORMS[label])}; or leave it out"
        )
    # Where no site is asked for, blood in the ventricles lies on both sides.
    if site is None or (site in SIDES and label != INTRAVENTRICULAR):
        return Wish(side=site, form=form)
    first, _, rest = site.partition(" ")
    side, name = (first, rest) if first in SIDES else (None, site)
    if name not in SITES[label] or (side and name in UNPAIRED):
        raise ValueError(
            f"unknown site {site!r}: the {label} bleed has {_listed(SITES[label])}; "
            "those on a side take left or right before the name, or in place of it"
        )
    return Wish(name, side, form)


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names) if names else "no forms"


def placed(place_mm: Place, wish: Wish, chance: np.random.Generator) -> tuple[Place, str]:
    """A place on one side of the head, a little beside the usual one, and the side."""
    z, y, x = (v + chance.uniform(-4, 4) for v in place_mm)
    side = wish.side_of(chance)
    # Near the midline the little beside may have led to the other side.
    return (z, y, abs(x) if side == "left" else -abs(x)), side


def tissue(head: Head, name: str, box: Box) -> Numbers:
    """Share of a tissue in a box, 0..1; nothing outside the skull."""
    shares = np.zeros([s.stop - s.start for s in box], np.float32)
    there, here = overlap(box, head.tissues.box)
    shares[there] = getattr(head.tissues, name)[here] / np.float32(255)
    return shares


def far_mm(box: Box, voxel: tuple[float, float, float], step_mm: float) -> Numbers:
    """Distance of each voxel of a box to one voxel, mm."""
    steps = [(np.arange(s.start, s.stop) - v) * step_mm for s, v in zip(box, voxel, strict=True)]
    z, y, x = np.meshgrid(*steps, indexing="ij", sparse=True)
    return np.asarray(np.sqrt(z**2 + y**2 + x**2), dtype=np.float32)
