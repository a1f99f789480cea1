"""What shall be amiss with a head → the head with its lesions."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from headct.core.labels import HEMORRHAGE_SUBTYPES, INTRAVENTRICULAR, SUBARACHNOID
from headct.phantom.body.anatomy import Head
from headct.phantom.lesions.bleed import VOXEL_ML, Lesion, bleed
from headct.phantom.lesions.fracture import fracture
from headct.phantom.lesions.lookalikes import lookalike
from headct.phantom.lesions.mass import displaced, midline_shift_mm
from headct.phantom.lesions.white_matter import lacunes, leukoencephalopathy

logger = logging.getLogger(__name__)

# A bleed that does not fit into this head is made smaller by this, until it does.
_SMALLER, _SMALLEST_ML = 0.6, 0.3
# These take the place of fluid and push no brain aside.
_IN_FLUID = (INTRAVENTRICULAR, SUBARACHNOID)


@dataclass(frozen=True)
class Hemorrhage:
    """A bleed to be put into a head: subtype, mL, days since, and how it looks (see ``bleed``)."""

    label: str
    volume_ml: float
    age_days: float = 0.0
    form: str | None = None


@dataclass(frozen=True)
class Disease:
    """What shall be amiss with a head, before anything is drawn.

    Args:
        seed: of all lesions.
        grade: of leukoencephalopathy, van Swieten's sum; 0 for none.
        lacunes: how many.
        lookalike: the name of one; empty for none.
        bleeds: in the order in which they are put in.
        is_fractured: the vault is broken over the first bleed.
    """

    seed: int
    grade: int = 0
    lacunes: int = 0
    lookalike: str = ""
    bleeds: tuple[Hemorrhage, ...] = ()
    is_fractured: bool = False


@dataclass(frozen=True, eq=False)
class Diseased:
    """A head as it lies in the scanner.

    Args:
        head: its brain pushed aside where blood takes room.
        lesions: in the order in which they are painted.
        lookalike: the name of the one that is there; empty for none.
        left_ml: of all bleeds, to the left of the head's middle.
        right_ml: of all bleeds, to the right of it.
        shift_mm: how far the midline lies aside, to whichever side.
        is_fractured: the vault is broken.
    """

    head: Head
    lesions: tuple[Lesion, ...]
    lookalike: str = ""
    left_ml: float = 0.0
    right_ml: float = 0.0
    shift_mm: float = 0.0
    is_fractured: bool = False


def give_disease(healthy: Head, wanted: Disease) -> Diseased:
    """Put lesions into a head; what has no room in it is left out, or made smaller."""
    pushing = [one for one in wanted.bleeds if one.label not in _IN_FLUID]
    seeping = [one for one in wanted.bleeds if one.label in _IN_FLUID]
    bleeds = _bleeds(healthy, pushing, wanted.seed, ())
    pressed = displaced(healthy, bleeds)
    # Blood in ventricles and cisterns has the room that is left there.
    bleeds += _bleeds(pressed, seeping, wanted.seed, bleeds)
    around = _lookalikes(pressed, wanted)
    if wanted.lacunes:
        around.append(lacunes(pressed, wanted.lacunes, wanted.seed))
    broken = [fracture(pressed, bleeds[0], wanted.seed)] if wanted.is_fractured and bleeds else []
    left_ml, right_ml = _sides_ml(pressed, bleeds)
    diseased = bleeds
    if wanted.grade:
        beside = [*around, *bleeds]
        diseased = [leukoencephalopathy(pressed, wanted.grade, wanted.seed, beside=beside), *bleeds]
    return Diseased(
        pressed,
        (*around, *broken, *diseased),
        lookalike=wanted.lookalike if any(one.label == wanted.lookalike for one in around) else "",
        left_ml=left_ml,
        right_ml=right_ml,
        shift_mm=abs(midline_shift_mm(healthy, pressed)) if bleeds else 0.0,
        is_fractured=bool(broken),
    )


def _bleeds(
    into: Head, all_wanted: Sequence[Hemorrhage], seed: int, beside: Sequence[Lesion]
) -> list[Lesion]:
    made: list[Lesion] = []
    for wanted in all_wanted:
        lesion = _fitting(into, wanted, seed, [*beside, *made])
        if lesion is not None:
            made.append(lesion)
    return made


def _fitting(into: Head, wanted: Hemorrhage, seed: int, beside: Sequence[Lesion]) -> Lesion | None:
    """A bleed of the volume, or of as much of it as the head has room for; none at the worst."""
    volume_ml = wanted.volume_ml
    while volume_ml >= _SMALLEST_ML:
        try:
            return bleed(
                into,
                wanted.label,
                volume_ml,
                seed,
                form=wanted.form,
                age_days=wanted.age_days,
                beside=beside,
            )
        except ValueError as error:
            logger.info("%s", error)
            volume_ml *= _SMALLER
    return None


def _lookalikes(pressed: Head, wanted: Disease) -> list[Lesion]:
    """The planned look-alike, where this head has room for it."""
    if not wanted.lookalike:
        return []
    try:
        return [lookalike(pressed, wanted.lookalike, wanted.seed)]
    except ValueError as error:
        logger.info("%s", error)
        return []


def _sides_ml(pressed: Head, bleeds: Sequence[Lesion]) -> tuple[float, float]:
    """How many mL of bleeds lie left and right of the head's own middle."""
    left = right = 0.0
    for lesion in bleeds:
        if lesion.label in HEMORRHAGE_SUBTYPES:
            is_left = pressed.canvas.places_in(lesion.box)[2] > 0
            left += float(lesion.share[is_left].sum(dtype=np.float64)) * VOXEL_ML
            right += float(lesion.share[~is_left].sum(dtype=np.float64)) * VOXEL_ML
    return left, right
