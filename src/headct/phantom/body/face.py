"""The base of the skull, orbits, nose and sinuses: simple bodies, so that a base looks like one.

Every place is in atlas mm, z y x, read off the atlas (eyes below the frontal lobes and before
the temporal poles, petrous bone between temporal lobe and cerebellum) and off real scans.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from headct.phantom.body.canvas import AIR_HU, STEP_MM, Canvas
from headct.phantom.body.shapes import Box, capsule, covered, cut, ellipsoid, ramp, rough
from headct.phantom.body.skull import BASE_HU, HALF, MUSCLE_HU, PETROUS_HU, Shell
from headct.phantom.body.traits import Traits

Place = tuple[float, float, float]

# Thin plates of the face: partial volume makes them look less dense than the vault.
PLATE_HU = 900.0
ORBIT_FAT_HU, GLOBE_HU, SCLERA_HU, LENS_HU, NERVE_HU = -90.0, 12.0, 42.0, 75.0, 32.0
LINING_HU = 35.0  # mucosa
# Dentine with its enamel, as 1 mm voxels show them; amalgam lies far beyond a scanner's scale.
TOOTH_HU, AMALGAM_HU = 2000.0, 9000.0
_TEETH, _FILLED = 7, 0.12  # on each side of the upper jaw; of each chewing tooth


@dataclass(frozen=True)
class Rod:
    """A rod of bone with round ends, on both sides of the head where it is not in the middle."""

    start_mm: Place
    end_mm: Place
    radius_mm: float
    hu: float


_BASE = (
    Rod((-36, 10, 12), (-38, 36, 50), 8.5, PETROUS_HU),
    Rod((-48, 34, 52), (-64, 40, 54), 10.0, BASE_HU + 250),
    Rod((-38, 4, 0), (-62, 24, 0), 7.0, BASE_HU),
    Rod((-42, -14, 6), (-44, 2, 10), 11.0, BASE_HU),
    Rod((-64, 34, 18), (-72, 40, 24), 8.0, BASE_HU + 200),
    Rod((-40, -22, 20), (-44, -14, 52), 4.0, BASE_HU + 250),
    Rod((-82, 26, 0), (-100, 26, 0), 6.0, BASE_HU + 200),
    Rod((-84, 40, 22), (-86, 44, 40), 6.0, BASE_HU + 150),
)
_FACE = (
    Rod((-53, -46, 52), (-51, -20, 66), 3.4, PLATE_HU + 200),
    Rod((-51, -20, 66), (-46, 10, 62), 2.8, PLATE_HU + 200),
    Rod((-58, -58, 40), (-50, -48, 52), 5.0, PLATE_HU),
    Rod((-25, -64, 44), (-48, -52, 52), 3.5, PLATE_HU + 200),
    Rod((-56, 10, 50), (-66, 8, 50), 5.5, PLATE_HU + 100),
    Rod((-66, 6, 50), (-100, -6, 46), 4.0, PLATE_HU + 200),
    Rod((-32, -82, 3), (-52, -95, 4), 2.6, PLATE_HU),
    Rod((-86, -76, 8), (-88, -50, 30), 6.0, PLATE_HU),
    Rod((-52, -8, 14), (-78, -6, 16), 2.6, PLATE_HU),
)


def paint_base(canvas: Canvas, chance: np.random.Generator) -> None:
    """The bone between the fossae, and the joints below; the brain is painted over it later."""
    for rod in _both_sides(_BASE):
        box = _box_of(canvas, rod)
        shape = capsule(canvas.places_in(box), (rod.start_mm, rod.end_mm), rod.radius_mm)
        grain = rough(chance, shape.shape, STEP_MM, 1.5)
        shape += 0.8 * rough(chance, shape.shape, STEP_MM, 5.0)
        canvas.paint(covered(shape), rod.hu + 0.25 * rod.hu * grain * covered(shape + 2), box)


def paint_face(canvas: Canvas, chance: np.random.Generator) -> None:
    """Nose and its sinuses, orbits, and the bones of the face."""
    _paint_nose(canvas, chance)
    for rod in _both_sides(_FACE):
        box = _box_of(canvas, rod)
        shape = capsule(canvas.places_in(box), (rod.start_mm, rod.end_mm), rod.radius_mm)
        canvas.paint(covered(shape), rod.hu - 450 * covered(shape + 1.6), box)
    for side in (-1.0, 1.0):
        _paint_cavity(canvas, (-64, -46, 29 * side), (15, 17, 13))
        _paint_orbit(canvas, side)
        _paint_teeth(canvas, side, chance)


def paint_sinuses(
    canvas: Canvas, shell: Shell, traits: Traits, chance: np.random.Generator
) -> None:
    """Air in the bone: frontal and sphenoid sinus, mastoid cells, the canal of the ear."""
    for side in (-1.0, 1.0):
        size = float(chance.uniform(0.75, 1.2))
        radii = (10.5 * size, 15 * size, 9 * size)
        _paint_cavity(canvas, (-39, -15, 8.5 * side), radii)
    _paint_forehead(canvas, shell, traits, chance)
    for side in (-1.0, 1.0):
        box = canvas.box_around((-44, 34, 50 * side), (30, 24, 22))
        large = float(traits.mastoid * chance.uniform(0.85, 1.15))
        places, inner = canvas.places_in(box), cut(shell.inner_mm, HALF, box)
        reach = [large * r for r in (22, 17, 12)]
        cells = ellipsoid(places, (-44, 37, 55 * side), reach)
        # Some cells follow the petrous ridge towards the ear.
        ridge = capsule(places, ((-40, 32, 52 * side), (-37, 24, 38 * side)), 5 * large)
        cells = np.maximum(np.minimum(cells, ridge), 1.8 - inner)
        cells += 1.5 * rough(chance, cells.shape, STEP_MM, 5.0)
        foam = ramp(rough(chance, cells.shape, STEP_MM, 1.9), -0.5, -0.1)
        canvas.paint(covered(cells) * foam, AIR_HU, box)
        rod = Rod((-42, 20, 52 * side), (-40, 18, 80 * side), 2.6, AIR_HU)
        box = _box_of(canvas, rod)
        canal = capsule(canvas.places_in(box), (rod.start_mm, rod.end_mm), rod.radius_mm)
        canvas.paint(covered(canal), rod.hu, box)


def _paint_forehead(
    canvas: Canvas, shell: Shell, traits: Traits, chance: np.random.Generator
) -> None:
    """The frontal sinus: two uneven chambers between the tables, which bulge around them."""
    box = canvas.box_around((-8, -80, 0), (26, 18, 40))
    inner, thick = (cut(field, HALF, box) for field in (shell.inner_mm, shell.bone_mm))
    places = canvas.places_in(box)
    air = np.zeros_like(inner)
    for side in (-1.0, 1.0):
        size = float(traits.sinus * chance.uniform(0.6, 1.3))
        middle = (-14 + 3 * size, -80, side * (2 + 8 * size))
        forehead = ellipsoid(places, middle, (11 * size + 2, 40, 8 * size + 2))
        forehead += 2.5 * rough(chance, forehead.shape, STEP_MM, 4.0)
        forehead = np.maximum(forehead, np.float32(0.6) - side * places[2])
        air = np.maximum(air, covered(forehead))
    canvas.paint(air * covered(1.6 - inner) * covered(inner - thick + 1.6), AIR_HU, box)


def _paint_orbit(canvas: Canvas, side: float) -> None:
    """Fat in a cone of thin bone, the globe with its lens, the nerve and two muscles."""
    box = canvas.box_around((-37, -48, 30 * side), (22, 46, 24))
    places = canvas.places_in(box)
    cone = ellipsoid(places, (-37, -46, 29 * side), (17, 29, 17))
    open_front = ramp(-places[1], 60, 66)
    canvas.paint(covered(cone - 2.0) * (1 - open_front), PLATE_HU, box)
    canvas.paint(covered(cone), ORBIT_FAT_HU, box)
    apex = (-36.0, -20.0, 15 * side)
    for start, radius, hu in (
        ((-37.0, -54.0, 31 * side), 2.0, NERVE_HU),
        ((-37.0, -56.0, 19 * side), 2.4, MUSCLE_HU),
        ((-37.0, -54.0, 43 * side), 2.2, MUSCLE_HU),
    ):
        canvas.paint(covered(capsule(places, (start, apex), radius)), hu, box)
    globe = ellipsoid(places, (-37, -65, 32 * side), (13, 13, 13))
    canvas.paint(covered(globe), SCLERA_HU, box)
    canvas.paint(covered(globe + 1.8), GLOBE_HU, box)
    lens = ellipsoid(places, (-37, -74, 32 * side), (5, 2.2, 5))
    canvas.paint(covered(lens), LENS_HU, box)


def _paint_teeth(canvas: Canvas, side: float, chance: np.random.Generator) -> None:
    """Half of the upper row; a tooth further back may carry a filling."""
    for number in range(_TEETH):
        along = (number + 0.5) / _TEETH
        y, x = -84 + 38 * along**1.4, side * 27 * np.sin(1.5 * along**0.8)
        rod = Rod((-88, y, x), (-101, y, x), 3.0 + 1.8 * along, TOOTH_HU)
        box = _box_of(canvas, rod)
        places = canvas.places_in(box)
        tooth = capsule(places, (rod.start_mm, rod.end_mm), rod.radius_mm)
        canvas.paint(covered(tooth), rod.hu, box)
        if number > 2 and chance.random() < _FILLED:
            filling = ellipsoid(places, (-102, y, x), (2.5, 2.2, 2.2))
            canvas.paint(covered(filling), AMALGAM_HU, box)


def _paint_nose(canvas: Canvas, chance: np.random.Generator) -> None:
    """Air with a septum, shells of mucosa, and the cells between the orbits."""
    box = canvas.box_around((-58, -54, 0), (34, 50, 18))
    places = canvas.places_in(box)
    z, y, x = places
    wall = rough(chance, x.shape, STEP_MM, 2.2)
    upper = ellipsoid(places, (-38, -50, 0), (14, 27, 13))
    canvas.paint(covered(upper - 1.0), PLATE_HU - 300, box)
    canvas.paint(covered(upper) * ramp(np.abs(wall), 0.15, 0.5), AIR_HU, box)
    lower = ellipsoid(places, (-66, -56, 0), (17, 42, 15))
    canvas.paint(covered(lower - 1.2), PLATE_HU - 250, box)
    canvas.paint(covered(lower), LINING_HU, box)
    shells = ramp(np.sin(np.abs(x) * 0.95 + 0.8 * wall + 0.05 * z), -0.35, 0.15)
    canvas.paint(covered(lower + 1.0) * shells, AIR_HU, box)
    septum = covered(np.abs(x - 1.5 * np.sin(y * 0.06)) - 0.9)
    canvas.paint(septum * covered(lower), LINING_HU + 150, box)
    throat = canvas.box_around((-78, -8, 0), (24, 12, 14))
    shape = ellipsoid(canvas.places_in(throat), (-80, -8, 0), (24, 9, 12))
    canvas.paint(covered(shape), AIR_HU, throat)


def _paint_cavity(canvas: Canvas, centre_mm: Sequence[float], radii_mm: Sequence[float]) -> None:
    """An air-filled sinus with a thin wall of bone."""
    box = canvas.box_around(centre_mm, radii_mm)
    shape = ellipsoid(canvas.places_in(box), centre_mm, radii_mm)
    canvas.paint(covered(shape - 1.6), PLATE_HU, box)
    canvas.paint(covered(shape), AIR_HU, box)


def _both_sides(rods: Iterable[Rod]) -> Iterable[Rod]:
    for rod in rods:
        yield rod
        if rod.start_mm[2] or rod.end_mm[2]:
            (z0, y0, x0), (z1, y1, x1) = rod.start_mm, rod.end_mm
            yield Rod((z0, y0, -x0), (z1, y1, -x1), rod.radius_mm, rod.hu)


def _box_of(canvas: Canvas, rod: Rod) -> Box:
    ends = list(zip(rod.start_mm, rod.end_mm, strict=True))
    return canvas.box_around(
        [(a + b) / 2 for a, b in ends],
        [abs(a - b) / 2 + rod.radius_mm + 2 for a, b in ends],
    )
