"""What shall be amiss with a head → the head with its lesions."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from headct.core.labels import HEMORRHAGE_SUBTYPES
from headct.phantom.body.anatomy import Head
from headct.phantom.lesions.bleed import VOXEL_ML, Lesion, bleed, parse_bleed
from headct.phantom.lesions.fracture import fracture
from headct.phantom.lesions.lookalikes import LOOKALIKES, lookalike
from headct.phantom.lesions.mass import IN_FLUID, displaced, midline_shift_mm
from headct.phantom.lesions.white_matter import MOST_LACUNES, lacunes, leukoencephalopathy

logger = logging.getLogger(__name__)

# A bleed that need not fit into this head is made smaller by this, until it does.
_SMALLER, _SMALLEST_ML = 0.6, 0.3


@dataclass(frozen=True)
class Hemorrhage:
    """A bleed to be put into a head, or one that was.

    Args:
        label: one of the five hemorrhage subtypes.
        volume_ml: above 0.
        age_days: of the blood, which gets less dense by the day.
        form: how it looks when not simply a clot, a name of ``sites.FORMS``.
        site: a name of ``sites.SITES``, "left" or "right" before it or alone if you like.

    Raises:
        ValueError: one that cannot be in any head.
    """

    label: str
    volume_ml: float
    age_days: float = 0.0
    form: str | None = None
    site: str | None = None

    def __post_init__(self) -> None:
        parse_bleed(self.label, self.volume_ml, self.site, self.form, self.age_days)


@dataclass(frozen=True)
class Disease:
    """What shall be amiss with a head, before anything is drawn.

    Args:
        seed: of all lesions; None for that of the head.
        grade: of leukoencephalopathy, van Swieten's sum of 0 to 4; 0 for none.
        lacunes: how many, up to 20.
        lookalike: a name of ``LOOKALIKES``; empty for none.
        bleeds: in the order in which they are put in, those in fluid last.
        is_fractured: the vault is broken over the first bleed.

    Raises:
        ValueError: what can be amiss with no head.
    """

    seed: int | None = None
    grade: int = 0
    lacunes: int = 0
    lookalike: str = ""
    bleeds: tuple[Hemorrhage, ...] = ()
    is_fractured: bool = False

    def __post_init__(self) -> None:
        if self.seed is not None and self.seed < 0:
            raise ValueError(f"a seed is 0 or more, got {self.seed}")
        if self.grade not in range(5):
            raise ValueError(f"a van Swieten sum is a whole number from 0 to 4, got {self.grade}")
        if not 0 <= self.lacunes <= MOST_LACUNES:
            raise ValueError(f"a head has 0 to {MOST_LACUNES} lacunes, asked for {self.lacunes}")
        if self.lookalike and self.lookalike not in LOOKALIKES:
            raise ValueError(
                f"expected a look-alike of {', '.join(LOOKALIKES)}, got {self.lookalike!r}"
            )
        if self.is_fractured and not self.bleeds:
            raise ValueError("the vault is broken over the first bleed: ask for a bleed too")


@dataclass(frozen=True, eq=False)
class Diseased:
    """A head as it lies in the scanner.

    Args:
        head: its brain pushed aside where blood takes room.
        lesions: in the order in which they are painted.
        wanted: what was asked for.
        bleeds: as they are: where each one lies, and its exact mL.
        lookalike: the name of the one that is there; empty for none.
        left_ml: of all bleeds, to the left of the head's middle.
        right_ml: of all bleeds, to the right of it.
        shift_mm: how far the midline lies aside, to whichever side.
        is_fractured: the vault is broken.
    """

    head: Head
    lesions: tuple[Lesion, ...]
    wanted: Disease
    bleeds: tuple[Hemorrhage, ...] = ()
    lookalike: str = ""
    left_ml: float = 0.0
    right_ml: float = 0.0
    shift_mm: float = 0.0
    is_fractured: bool = False


def give_disease(healthy: Head, wanted: Disease, *, must_fit: bool = True) -> Diseased:
    """Put lesions into a head, and push its brain aside where blood takes room.

    Args:
        healthy: the head.
        wanted: what shall be amiss with it.
        must_fit: every bleed has the mL asked for, or the head is refused. Else, for cohorts and
            training, whose mL are drawn before their heads are, a bleed that does not fit is made
            smaller until it does, and what has no room at all is left out.

    Raises:
        ValueError: what must fit does not; the message says what room there is.
    """
    seed = healthy.seed if wanted.seed is None else wanted.seed
    pushing = [one for one in wanted.bleeds if one.label not in IN_FLUID]
    seeping = [one for one in wanted.bleeds if one.label in IN_FLUID]
    made = _bleeds(healthy, pushing, seed, (), must_fit=must_fit)
    pressed = displaced(healthy, [lesion for _, lesion in made])
    # Blood in ventricles and cisterns has the room that is left there.
    made += _bleeds(pressed, seeping, seed, made, must_fit=must_fit)
    bleeds = [lesion for _, lesion in made]
    around = _lookalikes(pressed, wanted.lookalike, seed, must_fit=must_fit)
    if wanted.lacunes:
        around.append(lacunes(pressed, wanted.lacunes, seed))
    broken = [fracture(pressed, bleeds[0], seed)] if wanted.is_fractured and bleeds else []
    left_ml, right_ml = _sides_ml(pressed, bleeds)
    diseased = bleeds
    if wanted.grade:
        beside = [*around, *bleeds]
        diseased = [leukoencephalopathy(pressed, wanted.grade, seed, beside=beside), *bleeds]
    return Diseased(
        pressed,
        (*around, *broken, *diseased),
        wanted,
        bleeds=tuple(one for one, _ in made),
        lookalike=wanted.lookalike if any(one.label == wanted.lookalike for one in around) else "",
        left_ml=left_ml,
        right_ml=right_ml,
        shift_mm=abs(midline_shift_mm(healthy, pressed)) if bleeds else 0.0,
        is_fractured=bool(broken),
    )


# A bleed as it is, and as it is painted.
_Made = tuple[Hemorrhage, Lesion]


def _bleeds(
    into: Head,
    all_wanted: Sequence[Hemorrhage],
    seed: int,
    there: Sequence[_Made],
    *,
    must_fit: bool,
) -> list[_Made]:
    made: list[_Made] = []
    for index, wanted in enumerate(all_wanted):
        # With the seed of the first of its kind a second one would lie in the same place.
        own = seed + sum(other.label == wanted.label for other in all_wanted[:index])
        beside = [lesion for _, lesion in (*there, *made)]
        lesion = _fitting(into, wanted, own, beside, must_fit=must_fit)
        if lesion is not None:
            as_it_is = replace(wanted, volume_ml=lesion.volume_ml, site=lesion.site)
            made.append((as_it_is, lesion))
    return made


def _fitting(
    into: Head, wanted: Hemorrhage, seed: int, beside: Sequence[Lesion], *, must_fit: bool
) -> Lesion | None:
    """A bleed of the volume; or of as much of it as there is room for, none at the worst."""
    volume_ml = wanted.volume_ml
    while must_fit or volume_ml >= _SMALLEST_ML:
        try:
            return bleed(
                into,
                wanted.label,
                volume_ml,
                seed,
                site=wanted.site,
                form=wanted.form,
                age_days=wanted.age_days,
                beside=beside,
            )
        except ValueError as error:
            if must_fit:
                raise
            logger.info("%s", error)
            volume_ml *= _SMALLER
    return None


def _lookalikes(pressed: Head, name: str, seed: int, *, must_fit: bool) -> list[Lesion]:
    """The planned look-alike, where this head has room for it."""
    if not name:
        return []
    try:
        return [lookalike(pressed, name, seed)]
    except ValueError as error:
        if must_fit:
            raise
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
