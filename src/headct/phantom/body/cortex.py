"""Gyri and sulci: the folds that an average of 152 brains has lost, drawn anew for each head."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import map_coordinates

from headct.phantom.body.canvas import COARSE, Canvas
from headct.phantom.body.shapes import Numbers, blur, enlarge, ramp
from headct.phantom.body.skull import HALF

# Sulci part gyri of 10 to 13 mm: as the zeros of a wave of about twice that. A gyrus is some 10 mm
# wide, the cortex 1.6 to 4.5 mm thick, most sulci 10 to 20 mm deep (textbook ranges).
WAVE_MM = 25.0
CORTEX_MM = 2.7
DEEPEST_MM, _SHALLOWEST_MM = 19.0, 5.0
_SMALL_SHARE = 0.3
# Folds stand upright on the brain's surface: they are drawn on a sphere about this place, atlas
# mm z y x, and change little on the way inwards.
_MIDDLE_MM = (2.0, 12.0, 0.0)
_SPHERE_MM, _INWARD = 62.0, 0.3
_LATTICE_MM, _REACH_MM = 4.0, 112.0


@dataclass(frozen=True, eq=False)
class Folds:
    """Where the brain's surface dips in, every 2 mm of the canvas.

    Args:
        sulcus_mm: about the distance to the middle of the next sulcus.
        floor_mm: how deep under the skull sulci end there.
    """

    sulcus_mm: Numbers
    floor_mm: Numbers


def draw_folds(canvas: Canvas, inner_mm: Numbers, chance: np.random.Generator) -> Folds:
    """Fold the surface of the brain.

    Args:
        canvas: gives the places.
        inner_mm: (z, y, x) distance to the inside of the skull, every 2 mm, negative inside.
        chance: where folds come from.
    """
    places = np.stack([enlarge(a, COARSE / HALF, inner_mm.shape) for a in canvas.gyri_mm])
    inside = np.nonzero(inner_mm < HALF)
    z, y, x = (axis[inside] for axis in places)
    middle = np.array(_MIDDLE_MM, np.float32)[:, None]
    away = np.stack([z, y, x]) - middle
    far = np.sqrt((away**2).sum(axis=0)) + np.float32(1e-3)
    outer = away * ((_SPHERE_MM + _INWARD * (far - _SPHERE_MM)) / far) + middle
    # On the medial wall folds stand upright on the falx instead; each side has its own.
    wall = np.stack([z, y, np.float32(_INWARD) * x + 60 * np.sign(x)])
    medial = ramp(-np.abs(x), -16, -9) * ramp(-inner_mm[inside], 9, 15)
    folds = _draw_wave(chance)
    wave = _read(folds, outer) * (1 - medial) + _read(folds, wall) * medial
    # Smaller folds ride on the large ones.
    wave += np.float32(_SMALL_SHARE) * _read(_draw_wave(chance, 0.5), outer)
    # Reading between lattice points and mixing two fields both flatten.
    wave /= wave.std()
    # Along a slope of one deviation per (wave length / 2 pi) the zero is this far away.
    sulcus = np.abs(wave) * np.float32(WAVE_MM / (2 * np.pi * np.sqrt(2)))
    depth = 0.5 + 0.5 * np.tanh(0.9 * _read(_draw_wave(chance, 1.6), outer) + 0.5)
    floor = _SHALLOWEST_MM + (DEEPEST_MM - _SHALLOWEST_MM) * depth
    fields = np.full((2, *inner_mm.shape), 9.0, np.float32)
    for field, values in zip(fields, (sulcus, floor), strict=True):
        field[inside] = values
    return Folds(fields[0], fields[1])


def _draw_wave(chance: np.random.Generator, longer: float = 1.0) -> Numbers:
    """A random field with one wave length, around the middle of the atlas."""
    count = int(2 * _REACH_MM / _LATTICE_MM) + 1
    noise = chance.standard_normal((count, count, count), dtype=np.float32)
    length = longer * WAVE_MM / _LATTICE_MM
    # A difference of two Gaussians passes wave lengths of about 2 pi times their width.
    wave = blur(noise, length / 7.0) - blur(noise, length / 4.6)
    return np.asarray(wave / wave.std(), dtype=np.float32)


def _read(wave: Numbers, places_mm: Numbers) -> Numbers:
    at = (places_mm + np.float32(_REACH_MM)) / np.float32(_LATTICE_MM)
    return np.asarray(map_coordinates(wave, at, output=np.float32, order=1, mode="mirror"))
