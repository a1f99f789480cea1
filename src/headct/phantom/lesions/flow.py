"""How soft tissue flows out of a growing hole: pressure on a lattice, and what moves where."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.ndimage import map_coordinates

from headct.phantom.body.shapes import Numbers

# The hole empties in steps, each as small as lets a sphere's wall end where it should within
# some percent; what the last leaves in it is tissue that the blood destroyed.
_LEFT = (1.0, 0.6, 0.27, 0.05)
_EXACT, _ROUNDS = 2e-2, 300

_Slices = tuple[slice, slice, slice]
_ALL, _LOW, _HIGH = slice(None), slice(None, -1), slice(1, None)
# Everything but the last, and but the first, along each axis.
_LOWER: tuple[_Slices, ...] = ((_LOW, _ALL, _ALL), (_ALL, _LOW, _ALL), (_ALL, _ALL, _LOW))
_UPPER: tuple[_Slices, ...] = ((_HIGH, _ALL, _ALL), (_ALL, _HIGH, _ALL), (_ALL, _ALL, _HIGH))


@dataclass(frozen=True, eq=False)
class Body:
    """A closed body of soft tissue on a lattice.

    Args:
        step_mm: of the lattice.
        ease: (z, y, x) how easily tissue moves through each cell, 0 (bone) to 1.
        give: (z, y, x) how much each cell shrinks for a pressure of one, 1/mm².
        sideways: how much easier tissue moves along x than along z and y.
    """

    step_mm: float
    ease: Numbers
    give: Numbers
    sideways: float = 1.0


def flow_out(body: Body, hole: Numbers) -> Numbers:
    """(3, z, y, x) from where what lies at each place came, less that place, lattice steps.

    Pressure p obeys give p - div(ease grad p) = source, the source being the hole; tissue moves
    by -ease grad p, as water seeps through a porous body. Step by step the hole shrinks back to
    nothing, its walls with it, so that large movements come out right too.

    Args:
        body: that yields.
        hole: (z, y, x) how much of each cell is emptied, 0..1, not 0 everywhere.
    """
    still = np.indices(hole.shape, dtype=np.float32)
    away = np.zeros_like(still)
    walls = [_walls(body.ease, axis) for axis in range(3)]
    walls[2] *= np.float32(body.sideways)
    volume = float(hole.sum(dtype=np.float64))
    pressure = np.zeros_like(hole)
    for before, after in pairwise(_LEFT):
        hole = hole * np.float32(before * volume / float(hole.sum(dtype=np.float64)))
        source = hole * np.float32((before - after) / before)
        give = body.give * (1 - np.minimum(hole, 1))
        pressure = _pressure(source, give, walls, body.step_mm, pressure)
        moved = _moved(pressure, walls, body.step_mm)
        came = still + away
        away -= np.stack([_read(axis, came) for axis in moved])
        hole = _read(hole, still + moved)
    return away


def _walls(ease: Numbers, axis: int) -> Numbers:
    """Ease from each cell to its next along an axis: the harmonic mean, 0 at bone."""
    first, second = ease[_LOWER[axis]], ease[_UPPER[axis]]
    return np.asarray(2 * first * second / np.maximum(first + second, 1e-6), dtype=np.float32)


def _pressure(
    source: Numbers, give: Numbers, walls: list[Numbers], step_mm: float, guess: Numbers
) -> Numbers:
    """Pressure, mm², by conjugate gradients, each cell scaled by its own weight."""
    area = np.float32(step_mm**2)
    loss = give * area
    weight = loss.copy()
    for axis, wall in enumerate(walls):
        weight[_LOWER[axis]] += wall
        weight[_UPPER[axis]] += wall
    # Bone has no weight, and nothing flows there.
    scale = np.divide(1, weight, out=np.zeros_like(weight), where=weight > 1e-6)
    found = guess.copy()
    rest = np.where(scale > 0, source * area - _leaving(found, loss, walls), 0)
    enough = _EXACT * float(np.linalg.norm(source)) * float(area)
    ahead = scale * rest
    along = ahead.copy()
    strength = float(np.vdot(rest, ahead))
    for _ in range(_ROUNDS):
        if float(np.linalg.norm(rest)) <= enough:
            break
        change = _leaving(along, loss, walls)
        pace = np.float32(strength / float(np.vdot(along, change)))
        found += pace * along
        rest -= pace * change
        ahead = scale * rest
        was, strength = strength, float(np.vdot(rest, ahead))
        along *= np.float32(strength / was)
        along += ahead
    return found


def _leaving(pressure: Numbers, loss: Numbers, walls: list[Numbers]) -> Numbers:
    """What leaves each cell at a pressure: lost in it, or passed to the next."""
    total = loss * pressure
    for axis, wall in enumerate(walls):
        passed = pressure[_UPPER[axis]] - pressure[_LOWER[axis]]
        passed *= wall
        total[_LOWER[axis]] -= passed
        total[_UPPER[axis]] += passed
    return np.asarray(total)


def _moved(pressure: Numbers, walls: list[Numbers], step_mm: float) -> Numbers:
    """(3, z, y, x) how far tissue moves, lattice steps: the mean of a cell's two walls."""
    moved = np.zeros((3, *pressure.shape), np.float32)
    for axis, wall in enumerate(walls):
        passed = pressure[_LOWER[axis]] - pressure[_UPPER[axis]]
        passed *= wall * np.float32(0.5 / step_mm**2)
        moved[axis][_LOWER[axis]] += passed
        moved[axis][_UPPER[axis]] += passed
    return moved


def _read(values: Numbers, at: Numbers) -> Numbers:
    return np.asarray(map_coordinates(values, at, output=np.float32, order=1, mode="nearest"))
