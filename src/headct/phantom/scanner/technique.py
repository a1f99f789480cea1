"""How a technician scans a head, and what that comes to on one head."""

from dataclasses import dataclass, replace
from math import ceil, radians, tan

import numpy as np

from headct.phantom.body.anatomy import Head
from headct.phantom.body.canvas import LOW_MM
from headct.phantom.body.skull import HALF
from headct.phantom.scanner.protocol import Block, Protocol
from headct.phantom.scanner.scan import plan_grid


@dataclass(frozen=True)
class Technique:
    """How a technician scans a head; how many slices that takes depends on the head.

    Args:
        thin: slices at the start (through the posterior fossa) of the first thickness; 0 for all.
        thickness_mm: of the first slices, which is also the distance between them.
        above_mm: of the slices that follow to the vertex; the same where ``thin`` is 0.
        below_mm: how much lower than usual the scan starts; usual is 10 mm below the skull.
        beyond_mm: how far the scan goes on above the brain.
        tilt_deg: of the gantry.
        field_mm: side of the square that is reconstructed.
        noise_hu: at 5 mm.
        is_wide: the frame has 600 columns for 512 rows.
        vendor: whose way of storing pixels the files follow, of ``headct.phantom.scanner.vendors``.
        kernel: one of ``headct.phantom.scanner.kernels``.
        hardening: how much of the beam hardening by bone is left in the pictures.
    """

    thin: int
    thickness_mm: float
    above_mm: float
    below_mm: float
    beyond_mm: float
    tilt_deg: float
    field_mm: float
    noise_hu: float
    is_wide: bool
    vendor: str
    kernel: str
    hardening: float


def fit_protocol(drawn: Head, technique: Technique, matrix: int) -> Protocol:
    """What a technique comes to on one head: where to start, and how many slices to the vertex."""
    first = Block(1, technique.thickness_mm, technique.thickness_mm)
    usual = Protocol((first,), matrix, technique.field_mm, technique.tilt_deg)
    middle = [[0, (matrix - 1) / 2, (matrix - 1) / 2]]
    start_mm = float(plan_grid(drawn, usual).to_world(middle)[0, 2]) - technique.below_mm
    length_mm = _top_mm(drawn, technique.tilt_deg) + technique.beyond_mm - start_mm
    above = Block(1, technique.above_mm, technique.above_mm)
    rest_mm = length_mm - technique.thin * technique.thickness_mm
    blocks = [replace(above, slices=ceil(rest_mm / technique.above_mm) + 1)]
    if technique.thin:
        blocks.insert(0, replace(first, slices=technique.thin))
    return replace(
        usual,
        blocks=tuple(blocks),
        noise_hu=technique.noise_hu,
        start_mm=round(start_mm, 2),
        kernel=technique.kernel,
        hardening=technique.hardening,
    )


def _top_mm(drawn: Head, tilt_deg: float) -> float:
    """Table position, at the middle of the field, of the last slice that still meets the brain."""
    inside = np.argwhere(drawn.shell.inner_mm < 0)
    z_mm, y_mm = (LOW_MM[axis] + HALF * inside[:, axis] for axis in (0, 1))
    return float((z_mm + y_mm * tan(radians(tilt_deg))).max())
