"""Where sheets of dura and the seams of the skull lie, in the atlas."""

import numpy as np

from headct.phantom.body.shapes import Numbers

# The falx: above the corpus callosum's arch, y and z of its middle and its half axes.
_ARCH_MM = ((8.0, 58.0), (4.0, 36.0))
# The tentorium: its height at the side, how much it rises to its ridge, and over which width.
_TENT_LOW_MM, _TENT_RISE_MM, _TENT_WIDE_MM = -20.0, 24.0, 26.0
_TENT_FRONT_MM = 30.0
# The coronal suture runs from bregma down to pterion, both near y = -15: 45 to 50 mm before the
# central sulcus at the vertex (y 32). The lambdoid runs from lambda (z 38, y 92) to asterion
# (z -30, y 62), the corner of transverse and sigmoid sinus. Landmarks as anatomy books relate
# them to sulci, put into MNI space.
_CORONAL_Y_MM = -15.0
_LAMBDOID_Y_MM, _LAMBDOID_SLOPE = 75.3, 0.44


def has_falx(places_mm: Numbers) -> Numbers:
    """How much of the midline at (3, ...) places holds falx, 0..1, whatever their x."""
    z, y, _ = places_mm
    (middle_y, half_y), (middle_z, half_z) = _ARCH_MM
    arch = ((y - middle_y) / half_y) ** 2 + ((z - middle_z) / half_z) ** 2
    above = np.clip((z + 18) / 8, 0, 1)
    # Behind, it comes down to the ridge of the tentorium.
    behind = np.clip((y - 30) / 10, 0, 1) + np.clip((z - 0.25 * (y + 55) + 12) / 4, 0, 1)
    return np.asarray(np.clip((arch - 0.95) / 0.15, 0, 1) * above * np.clip(behind, 0, 1))


def above_tent_mm(places_mm: Numbers) -> Numbers:
    """Height of (3, ...) places above the tentorium, mm of the atlas; below it negative."""
    z, y, x = places_mm
    ridge = np.exp(-((x / _TENT_WIDE_MM) ** 2)) * np.clip((92 - y) / 52, 0, 1)
    return np.asarray(z - _TENT_LOW_MM - _TENT_RISE_MM * ridge, dtype=np.float32)


def has_tent(places_mm: Numbers) -> Numbers:
    """How much of (3, ...) places lies behind the tentorium's front edge, 0..1."""
    return np.asarray(np.clip((places_mm[1] - _TENT_FRONT_MM) / 6, 0, 1), dtype=np.float32)


def before_coronal_mm(places_mm: Numbers) -> Numbers:
    """How far (3, ...) places lie before the coronal suture's plane, mm of the atlas."""
    return np.asarray(_CORONAL_Y_MM - places_mm[1], dtype=np.float32)


def behind_lambdoid_mm(places_mm: Numbers) -> Numbers:
    """How far (3, ...) places lie behind the lambdoid suture's plane, mm of the atlas."""
    z, y, _ = places_mm
    away = (y - _LAMBDOID_SLOPE * z - _LAMBDOID_Y_MM) / np.hypot(1, _LAMBDOID_SLOPE)
    return np.asarray(away, dtype=np.float32)
