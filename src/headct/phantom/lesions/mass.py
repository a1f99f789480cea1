"""Mass effect: the brain pushed away by what bleeds, the fluid around it giving way."""

from collections.abc import Sequence

import numpy as np

from headct.core.labels import INTRAVENTRICULAR, SUBARACHNOID
from headct.phantom.body.anatomy import Head
from headct.phantom.body.canvas import COARSE, STEP_MM
from headct.phantom.body.dura import above_tent_mm, has_falx, has_tent
from headct.phantom.body.shapes import Numbers, covered, overlap, ramp
from headct.phantom.body.skull import HALF
from headct.phantom.lesions.bleed import Lesion
from headct.phantom.lesions.flow import Body, flow_out
from headct.phantom.lesions.lattice import Lattice, lattice_around
from headct.phantom.lesions.warp import warp

# How much fluid shrinks for a pressure (1/mm²); fluid of ventricles, which leaves at once, and
# brain, whose veins empty a little, against it. How easily brain crosses falx and tentorium,
# how easily it moves at the skull, from which depth on freely, and how much more easily
# sideways. Set by hand towards what patients show (2-4 mm for 30 mL in a hemisphere, 6-10 mm
# for 60 mL under the dura, 8-15 mm for 100 mL, less in an old head); heads here shift by 1-4.5,
# 2-6 and 6-9 mm, the more the nearer the bleed lies to the septum's height.
_YIELD, _VENTRICLE_YIELD, _BRAIN_YIELD = 3e-5, 4.0, 0.01
_SHEET, _RIM, _FREE_MM, _SIDEWAYS = 0.005, 0.03, 50.0, 2.0
# Half of what a sheet of dura takes on the lattice: thick enough to meet a node everywhere.
_HALF_MM = 4.0
# Between these heights lies the foramen magnum; the cord below stays, atlas mm.
_FORAMEN_MM = (-70.0, -56.0)
# The septum pellucidum, where reports measure the midline, atlas mm z y x.
SEPTUM_MM = (14.0, -8.0, 0.0)
IN_FLUID = (INTRAVENTRICULAR, SUBARACHNOID)
"""Blood here takes the place of fluid and pushes nothing."""


def displaced(head: Head, lesions: Sequence[Lesion]) -> Head:
    """The head with its brain pushed out of the room that lesions take, skull untouched.

    Brain and fluid seep away from the lesions to where cerebrospinal fluid gives way: the more
    the nearer, and around falx and tentorium. The lesions then lie as they are in the emptied
    room. Bleeds in ventricles and cisterns push nothing: make them afterwards, in this head,
    with ``beside=lesions``.

    Args:
        head: in which the lesions were made.
        lesions: that push.

    Returns:
        a head whose ``hu``, ``tissues`` and brain coordinates (``canvas.gyri_mm``) moved; about
        1 s and 300 MB.
    """
    moved = displacement(head, lesions)
    return head if moved is None else warp(head, *moved)


def displacement(head: Head, lesions: Sequence[Lesion]) -> tuple[Lattice, Numbers] | None:
    """How ``displaced`` moves the brain: the lattice, and (3, z, y, x) as ``warp`` takes it.

    None where no lesion pushes.
    """
    box = head.tissues.box
    lattice = lattice_around(box)
    share = np.zeros([s.stop - s.start for s in box], np.float32)
    for lesion in lesions:
        if lesion.label not in IN_FLUID:
            there, here = overlap(box, lesion.box)
            share[there] += lesion.share[here]
    hole = lattice.means(share, box)
    if not hole.any():
        return None
    return lattice, flow_out(_body(head, lattice), hole)


def midline_shift_mm(before: Head, after: Head) -> float:
    """How far the septum pellucidum moved, mm, positive to the patient's left.

    Measured as in a report: on the horizontal line through the septum, where the brain's
    midline crosses it in either head.
    """
    gap = sum((a - c) ** 2 for a, c in zip(before.canvas.gyri_mm, SEPTUM_MM, strict=True))
    z, y, x = (int(i) for i in np.unravel_index(int(np.argmin(gap)), gap.shape))
    near = slice(max(0, x - 8), x + 9)
    left, right = (
        _crossing(head.canvas.gyri_mm[2, z, y, near].astype(np.float64)) for head in (before, after)
    )
    return (right - left) * COARSE * STEP_MM


def _crossing(across: Numbers) -> float:
    """Where a rising line of numbers passes 0, in steps."""
    index = int(np.nonzero((across[:-1] <= 0) & (across[1:] > 0))[0][0])
    return index + float(across[index] / (across[index] - across[index + 1]))


def _body(head: Head, lattice: Lattice) -> Body:
    """What is inside the skull, as tissue that moves and gives."""
    every = COARSE // HALF
    inner = head.shell.inner_mm[::every, ::every, ::every][lattice.nodes]
    places = head.canvas.places_mm[(slice(None), *lattice.nodes)]
    inside = covered(inner, COARSE) * ramp(places[0], *_FORAMEN_MM)
    fluid, ventricle = (
        lattice.means(np.asarray(share / np.float32(255)), head.tissues.box)
        for share in (head.tissues.fluid, head.tissues.ventricle)
    )
    yields = fluid + np.float32(_VENTRICLE_YIELD - 1) * ventricle + np.float32(_BRAIN_YIELD)
    give = np.float32(_YIELD) * inside * yields
    falx = has_falx(places) * _on_sheet(places[2])
    tent = has_tent(places) * _on_sheet(above_tent_mm(places))
    free = _RIM + (1 - _RIM) * ramp(-inner, 0, _FREE_MM)
    ease = inside * free * (1 - (1 - _SHEET) * np.maximum(falx, tent))
    return Body(COARSE * STEP_MM, ease.astype(np.float32), give, _SIDEWAYS)


def _on_sheet(away_mm: Numbers) -> Numbers:
    return covered(np.abs(away_mm) - np.float32(_HALF_MM), 2.0)
