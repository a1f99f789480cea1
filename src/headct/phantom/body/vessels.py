"""Great vessels without contrast: sinuses of the dura and the arteries in the cisterns."""

from collections.abc import Iterable

import numpy as np

from headct.phantom.body.canvas import STEP_MM, Canvas
from headct.phantom.body.shapes import capsule, covered, rough

Place = tuple[float, float, float]

# Flowing blood, about as many HU as its hematocrit in per cent and a little more (textbook: 40-60).
BLOOD_HU = (42.0, 54.0)

# Ends (atlas mm z y x, left side) and radius: internal carotid, middle and anterior cerebral,
# basilar artery; straight, transverse and sigmoid sinus. Read off the MNI152 maps: arteries run
# in the cisterns, sinuses where falx, tentorium and skull meet.
_ARTERIES: tuple[tuple[Place, Place, float], ...] = (
    ((-30.0, -4.0, 9.0), (-17.0, -3.0, 12.0), 2.2),
    ((-17.0, -3.0, 12.0), (-14.0, -2.0, 34.0), 1.5),
    ((-17.0, -4.0, 10.0), (-8.0, -18.0, 1.5), 1.2),
    ((-42.0, 12.0, 0.0), (-16.0, 8.0, 0.0), 1.8),
    ((-16.0, 8.0, 0.0), (-12.0, 24.0, 20.0), 1.1),
)
_SINUSES: tuple[tuple[Place, Place, float], ...] = (
    ((7.0, 44.0, 0.0), (-12.0, 96.0, 0.0), 1.9),
    ((-14.0, 99.0, 2.0), (-22.0, 92.0, 30.0), 2.8),
    ((-22.0, 92.0, 30.0), (-28.0, 62.0, 56.0), 2.6),
    ((-28.0, 62.0, 56.0), (-48.0, 44.0, 44.0), 2.8),
)


def paint_vessels(canvas: Canvas, chance: np.random.Generator) -> None:
    """Blood in the great vessels, over the fluid and brain that lies there."""
    hu = chance.uniform(*BLOOD_HU)
    # One transverse sinus usually drains most; here either may.
    wide = {1.0: chance.uniform(0.55, 1.2), -1.0: chance.uniform(0.55, 1.2)}
    for first, last, radius in _both_sides(_SINUSES):
        of_side = wide[1.0 if first[2] + last[2] > 0 else -1.0]
        _paint_tube(canvas, (first, last), radius * of_side, hu, chance)
    for first, last, radius in _both_sides(_ARTERIES):
        _paint_tube(canvas, (first, last), radius * chance.uniform(0.7, 1.15), hu, chance)


def _paint_tube(
    canvas: Canvas,
    ends_mm: tuple[Place, Place],
    radius_mm: float,
    hu: float,
    chance: np.random.Generator,
) -> None:
    middle = [(a + b) / 2 for a, b in zip(*ends_mm, strict=True)]
    reach = [abs(a - b) / 2 + radius_mm + 2 for a, b in zip(*ends_mm, strict=True)]
    box = canvas.box_around(middle, reach)
    places = canvas.gyri_in(box)
    # A vessel winds.
    places += 1.2 * np.stack([rough(chance, places.shape[1:], STEP_MM, 5.0) for _ in range(3)])
    tube = covered(capsule(places, ends_mm, radius_mm))
    # Not through bone: where the skull bulges in, the vessel gives way.
    canvas.paint(tube * (canvas.hu[box] < 150), hu, box)


def _both_sides(
    tubes: Iterable[tuple[Place, Place, float]],
) -> Iterable[tuple[Place, Place, float]]:
    for first, last, radius in tubes:
        yield first, last, radius
        if first[2] or last[2]:
            yield (*first[:2], -first[2]), (*last[:2], -last[2]), radius
