"""What differs from head to head, drawn from one declared table of ranges."""

from dataclasses import dataclass, fields, replace

import numpy as np

Range = tuple[float, float]


@dataclass(frozen=True)
class Ranges:
    """Ranges (low, high) from which a head is drawn, each number evenly.

    The atlas holds 2029 mL inside the skull, so scales of 0.84 to 0.92 give 1200 to 1580 mL,
    the middle of what adults have (1100 to 1700 mL).

    Source:
        White matter 30 ± 3.4 and deep grey 33 ± 3 HU on unenhanced CT of 115 volunteers (Cala et
        al., AJNR 1981, 2, 41); textbooks give white 28-32 and grey 32-40, a difference of
        7.0 ± 1.3, and fluid 0-20 HU. Intracranial volume 1469 ± 102 mL in men, 1289 ± 111 in
        women (Matsumae et al., J Neurosurg 1996, 84, 982). Skull: vault thickness of adults
        4-9 mm (textbook). The other ranges are assumptions that look right beside real scans.
    """

    scale: Range = (0.84, 0.92)
    stretch: Range = (0.97, 1.03)  # of each axis against the others
    turn_deg: Range = (-5.0, 5.0)  # about z: the head turned in its holder
    lean_deg: Range = (-5.0, 5.0)  # about y: to one shoulder
    nod_deg: Range = (-6.0, 6.0)  # about x: positive brings the chin up
    shift_mm: Range = (-5.0, 5.0)
    bend_mm: Range = (2.0, 3.2)  # deviation of the deformation that shapes the head
    ripple_mm: Range = (1.2, 2.0)  # of the one that moves single gyri
    atrophy: Range = (0.0, 1.0)  # 0 narrow sulci and ventricles, 1 as wide as in old age
    petalia_mm: Range = (-1.5, 4.0)  # left occipital and right frontal pole beyond the other
    lopsided_mm: Range = (-0.6, 1.0)  # the left ventricle's wall further out than the right's
    white_hu: Range = (27.0, 33.0)
    contrast_hu: Range = (7.0, 10.5)  # grey above white
    fluid_hu: Range = (5.0, 10.0)
    skull_mm: Range = (4.3, 7.0)
    scalp_mm: Range = (4.0, 9.0)
    skin_mm: Range = (1.0, 2.8)
    table_hu: Range = (1350.0, 1750.0)  # the skull's two compact tables
    diploe_hu: Range = (500.0, 850.0)
    sinus: Range = (0.3, 1.7)  # size of the frontal sinus; 1 is middling
    mastoid: Range = (0.6, 1.35)  # of the air cells behind the ear


def follow_tilt(tilt_deg: float, ranges: Ranges | None = None) -> Ranges:
    """The ranges for a gantry tilted to suit the head: its nod follows, its spread stays."""
    given = ranges or Ranges()
    low, high = given.nod_deg
    return replace(given, nod_deg=(low + tilt_deg, high + tilt_deg))


# Ventricles and sulci are taken as narrow up to the first age and as wide as they get from the
# second on, with this much to either side among people of one age: assumed.
_NARROW_YEARS, _WIDE_YEARS, _AMONG_PEERS = 40.0, 90.0, 0.15


def follow_age(age_years: float, ranges: Ranges | None = None) -> Ranges:
    """The ranges for a person of an age: atrophy grows with it, and differs among people."""
    usual = (age_years - _NARROW_YEARS) / (_WIDE_YEARS - _NARROW_YEARS)
    low, high = (float(np.clip(usual + aside, 0, 1)) for aside in (-_AMONG_PEERS, _AMONG_PEERS))
    return replace(ranges or Ranges(), atrophy=(low, high))


@dataclass(frozen=True)
class Traits:
    """One head's draw from ``Ranges``; the same names, and three numbers z y x where it says so."""

    scale: tuple[float, float, float]
    turn_deg: float
    lean_deg: float
    nod_deg: float
    shift_mm: tuple[float, float]
    bend_mm: float
    ripple_mm: float
    atrophy: float
    petalia_mm: float
    lopsided_mm: float
    white_hu: float
    contrast_hu: float
    fluid_hu: float
    skull_mm: float
    scalp_mm: float
    skin_mm: float
    table_hu: float
    diploe_hu: float
    sinus: float
    mastoid: float


def draw_traits(generator: np.random.Generator, ranges: Ranges | None = None) -> Traits:
    """Draw a head's traits; the same generator state gives the same head."""
    given = ranges or Ranges()
    drawn = {f.name: float(generator.uniform(*getattr(given, f.name))) for f in fields(given)}
    stretch = generator.uniform(*given.stretch, size=3)
    # The stretch changes shape, not size.
    stretch /= np.cbrt(stretch.prod())
    z, y, x = (float(v) for v in drawn["scale"] * stretch)
    kept = {f.name: drawn[f.name] for f in fields(Traits) if f.name not in ("scale", "shift_mm")}
    aside = float(generator.uniform(*given.shift_mm))
    return Traits(scale=(z, y, x), shift_mm=(drawn["shift_mm"], aside), **kept)
