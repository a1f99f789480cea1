"""What every patient of any cohort is drawn from: age, atrophy, technique, numbers."""

import numpy as np

from headct.phantom.scanner.technique import Technique
from headct.phantom.scanner.vendors import VENDORS

# From here on a head's ventricles and sulci are read as atrophic.
ATROPHY_FROM = 0.5
# Wide ventricles and sulci come with age; years (mean, deviation, lowest, highest) are assumed.
_OLD, _YOUNG = (74.0, 8.0, 50.0, 95.0), (58.0, 9.0, 38.0, 80.0)
_WIDE, _NARROW = (0.55, 1.0), (0.1, 0.45)

# Slice thickness from the feet up: number of thin slices first, their mm, and mm above them.
# Routine protocols have 2.5 to 5 mm; older ones thin slices between the petrous bones.
_SLICES = (
    (0, 5.0, 5.0),
    (0, 5.0, 5.0),
    (0, 4.8, 4.8),
    (0, 3.0, 3.0),
    (0, 2.5, 2.5),
    (12, 4.0, 7.0),
    (16, 2.5, 5.0),
)
_EVEN = tuple(slices for slices in _SLICES if not slices[0])
_VENDORS, _KERNELS = tuple(VENDORS), ("standard", "standard", "soft")
_TILTED_SHARE, _WIDE_SHARE = 0.4, 0.12


def draw_numbers(count: int, chance: np.random.Generator) -> list[str]:
    """Six-digit patient numbers, no two alike."""
    return [str(100_000 + n) for n in chance.choice(900_000, count, replace=False)]


def draw_seed(chance: np.random.Generator) -> int:
    """A seed for a head or a scan."""
    return int(chance.integers(2**31))


def draw_age(is_atrophic: bool, chance: np.random.Generator) -> tuple[int, float]:
    """Age in years, and atrophy that goes with it."""
    mean, deviation, lowest, highest = _OLD if is_atrophic else _YOUNG
    years = float(np.clip(chance.normal(mean, deviation), lowest, highest))
    return round(years), round(float(chance.uniform(*(_WIDE if is_atrophic else _NARROW))), 3)


def draw_technique(chance: np.random.Generator, *, must_be_even: bool = False) -> Technique:
    """How a technician scans: thickness, start, tilt, field and frame vary as they do.

    Args:
        chance: draws.
        must_be_even: one distance between all slices, as NIfTI needs.
    """
    choices = _EVEN if must_be_even else _SLICES
    thin, first_mm, above_mm = choices[int(chance.integers(len(choices)))]
    is_tilted = bool(chance.random() < _TILTED_SHARE)
    tilt_deg = round(float(chance.uniform(-5.0, 22.0)), 1)
    return Technique(
        thin=thin,
        thickness_mm=first_mm,
        above_mm=above_mm,
        below_mm=round(float(chance.uniform(0.0, 18.0)), 1),
        beyond_mm=round(float(chance.uniform(4.0, 22.0)), 1),
        tilt_deg=tilt_deg if is_tilted else 0.0,
        field_mm=round(float(chance.uniform(228.0, 255.0)), 1),
        noise_hu=round(float(chance.uniform(2.6, 5.0)), 2),
        is_wide=bool(chance.random() < _WIDE_SHARE),
        vendor=_VENDORS[int(chance.integers(len(_VENDORS)))],
        kernel=_KERNELS[int(chance.integers(len(_KERNELS)))],
        hardening=round(float(chance.uniform(0.4, 1.0)), 2),
    )
