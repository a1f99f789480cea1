"""Deep grey matter: the nuclei that tissue maps of the MNI show only weakly."""

from dataclasses import dataclass

import numpy as np

from headct.phantom.body.shapes import Numbers, ellipsoid, ramp

Place = tuple[float, float, float]


@dataclass(frozen=True)
class Nucleus:
    """An ellipsoid on each side of the head, sheared so that it follows the capsule.

    Args:
        centre_mm: z y x of the left one, atlas.
        radii_mm: z y x.
        outward: mm to the side for each mm further back.
        upward: mm to the side for each mm further up.
        grey: how much of it is grey; the rest is fibres.
    """

    centre_mm: Place
    radii_mm: Place
    outward: float
    upward: float
    grey: float


# Read off the MNI152 maps, where the outline of each shows: putamen, pallidum, head and body of
# the caudate, thalamus.
NUCLEI = (
    Nucleus((2.0, 0.0, 26.0), (11.0, 17.0, 5.2), 0.20, 0.10, 1.0),
    Nucleus((-1.0, 1.0, 19.0), (6.5, 9.0, 4.2), 0.35, 0.10, 0.65),
    Nucleus((6.0, -15.0, 12.5), (10.0, 8.5, 5.0), 0.10, 0.25, 1.0),
    Nucleus((19.0, 2.0, 17.5), (5.0, 17.0, 3.2), 0.18, 0.10, 0.9),
    Nucleus((7.5, 18.0, 12.0), (9.5, 14.5, 9.0), 0.30, 0.10, 0.75),
)


def deep_grey(places_mm: Numbers) -> Numbers:
    """(...) share of nuclei at (3, ...) places of the atlas."""
    z, y, x = places_mm
    near = np.nonzero((np.abs(x) < 40) & (np.abs(y) < 40) & (np.abs(z - 5) < 25))
    z, y, x = z[near], y[near], np.abs(x[near])
    best = np.zeros(z.shape, np.float32)
    for nucleus in NUCLEI:
        cz, cy, _ = nucleus.centre_mm
        aside = x - nucleus.outward * (y - cy) - nucleus.upward * (z - cz)
        away = ellipsoid(np.stack([z, y, aside]), nucleus.centre_mm, nucleus.radii_mm)
        # Their borders are not sharp: fibres pass through.
        np.maximum(best, nucleus.grey * ramp(-away, -1.2, 0.8), out=best)
    share = np.zeros(places_mm.shape[1:], np.float32)
    share[near] = best
    return share
