"""From what inserted lesions are drawn: one table of ranges, and the drawing."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from headct.core.labels import (
    EPIDURAL,
    HEMORRHAGE_SUBTYPES,
    INTRAPARENCHYMAL,
    INTRAVENTRICULAR,
    SUBARACHNOID,
    SUBDURAL,
)
from headct.phantom.body.traits import Range
from headct.phantom.insertion.insert import Finish
from headct.phantom.lesions.disease import Hemorrhage
from headct.phantom.lesions.lookalikes import LOOKALIKES
from headct.phantom.lesions.sites import FORMS, SITES

# Metal, a skull that was opened: these change the bone and the rays, which a real scan shows as
# they are. A tentorium cannot be found by its place alone.
_NEED_A_SKULL = ("aneurysm clip", "aneurysm coil", "cochlear implant", "craniotomy")
_UNFOUND = ("tentorium",)
_IN_REAL = tuple(name for name in LOOKALIKES if name not in _NEED_A_SKULL)
# Blood settles in clots of some size alone, and in one of ten at most.
_LEVEL_ML, _LEVELS = 10.0, 0.1
# More than this is cut off by a suture like a slice of cake, or no longer a thin sheet, mL.
_MOST_ML = {"falx": 10.0, "occipital": 8.0, "frontal": 35.0, "temporal": 35.0}


def _volumes() -> Mapping[str, Range]:
    return {
        EPIDURAL: (0.6, 70.0),
        INTRAPARENCHYMAL: (0.15, 70.0),
        INTRAVENTRICULAR: (0.3, 30.0),
        SUBARACHNOID: (1.0, 30.0),
        SUBDURAL: (2.0, 120.0),
    }


def _weights() -> Mapping[str, float]:
    return {
        EPIDURAL: 0.25,
        INTRAPARENCHYMAL: 0.25,
        INTRAVENTRICULAR: 0.1,
        SUBARACHNOID: 0.2,
        SUBDURAL: 0.2,
    }


@dataclass(frozen=True)
class InsertionRanges:
    """Ranges (low, high) and shares (0..1) from which inserted lesions are drawn.

    Each number is drawn evenly from its range, volumes evenly over their logarithm, so that small
    bleeds are as common as large ones.

    Args:
        times: how often each scan is given lesions at its turn; making it ready takes as long as
            two of these.
        bleeding: share of scans that are given a bleed; the rest stay as they are, but for
            look-alikes.
        another: of those, share with one more, of another subtype, and so on.
        weight: how often each subtype is the first, next to the others.
        volume_ml: of each subtype.
        anywhere: share of bleeds whose site the phantom's own usual places give; the others have
            one of ``SITES``, each alike.
        formed: share with one of ``FORMS``, each alike; fluid levels, which only clots of some size
            have and few of them, are drawn a tenth as often.
        fresh: share of bleeds of the first day.
        age_days: of the others.
        diluted: share of scans whose bleeds are mixed with what they lie in: in traumatic ones of
            CT-ICH most are only a little denser than brain.
        strength: as ``Finish`` takes it, for those.
        looking_alike: share of scans with a look-alike, beside a bleed or without one.
        blur_mm: as ``Finish`` takes it.
        edema: as ``Finish`` takes it, for bleeds in the brain.
        pushing: share of scans whose brain is moved aside by what takes room.
        thinned: share of scans whose white matter is lowered as in leukoencephalopathy, with or
            without a bleed; 0 draws nothing, so that bleeds stay those of a seed without it.
        least_hu: as ``Finish`` takes it.

    Source:
        Densities by age: ``BloodRanges``. Edema 20 HU: ``bleed.EDEMA_HU``. Volumes span what
        patients have: 20 to 40 mL and more in the brain as in the strata of the CQ500 and ABC/2
        studies, thin epidurals and specks below 1 mL because readers miss these. The other
        numbers are choices; no trial has compared them yet.
    """

    times: int = 8
    bleeding: float = 0.75
    another: float = 0.25
    weight: Mapping[str, float] = field(default_factory=_weights)
    volume_ml: Mapping[str, Range] = field(default_factory=_volumes)
    anywhere: float = 0.5
    formed: float = 0.35
    fresh: float = 0.8
    age_days: Range = (1.0, 14.0)
    diluted: float = 0.5
    strength: Range = (0.3, 1.0)
    looking_alike: float = 0.25
    blur_mm: Range = (0.3, 0.8)
    edema: Range = (0.0, 0.8)
    pushing: float = 0.5
    thinned: float = 0.0
    least_hu: float = 6.0

    def __post_init__(self) -> None:
        if self.times < 1:
            raise ValueError(f"times: expected 1 or more, got {self.times}")
        for name in ("bleeding", "another", "anywhere", "formed", "fresh", "diluted"):
            _check_share(name, getattr(self, name))
        for name in ("looking_alike", "pushing", "thinned"):
            _check_share(name, getattr(self, name))
        for name in ("age_days", "blur_mm", "edema", "strength"):
            _check_range(name, getattr(self, name))
        for name, given in (("weight", self.weight), ("volume_ml", self.volume_ml)):
            if set(given) != set(HEMORRHAGE_SUBTYPES):
                raise ValueError(f"{name}: expected {', '.join(HEMORRHAGE_SUBTYPES)}")
        if not all(0 <= w < np.inf for w in self.weight.values()) or not sum(self.weight.values()):
            raise ValueError("weight: expected numbers of 0 or more, not all 0")
        for label, span in self.volume_ml.items():
            _check_range(f"volume_ml of {label}", span)
            if not span[0] > 0:
                raise ValueError(f"volume_ml of {label}: bleeds have more than 0 mL, got {span[0]}")


def draw_bleeds(ranges: InsertionRanges, chance: np.random.Generator) -> tuple[Hemorrhage, ...]:
    """What bleeds shall be put into a scan; none in some."""
    weights = np.array([ranges.weight[label] for label in HEMORRHAGE_SUBTYPES], np.float64)
    bleeds = []
    share = ranges.bleeding
    while weights.sum() > 0 and chance.random() < share:
        index = int(chance.choice(len(weights), p=weights / weights.sum()))
        bleeds.append(_draw_bleed(HEMORRHAGE_SUBTYPES[index], ranges, chance))
        weights[index] = 0
        share = ranges.another
    return tuple(bleeds)


def _draw_bleed(label: str, ranges: InsertionRanges, chance: np.random.Generator) -> Hemorrhage:
    low, high = np.log(ranges.volume_ml[label])
    sites = [name for name in SITES[label] if name not in _UNFOUND]
    site = str(chance.choice(sites)) if chance.random() >= ranges.anywhere else None
    volume_ml = float(np.exp(chance.uniform(low, high)))
    has_level = volume_ml > _LEVEL_ML and chance.random() < _LEVELS
    forms = [form for form in FORMS[label] if form != "fluid level" or has_level]
    has_form = bool(forms) and chance.random() < ranges.formed
    return Hemorrhage(
        label,
        volume_ml=min(volume_ml, _MOST_ML.get(site or "", volume_ml)),
        age_days=0.0 if chance.random() < ranges.fresh else float(chance.uniform(*ranges.age_days)),
        form=str(chance.choice(forms)) if has_form else None,
        site=site,
    )


def draw_lookalike(ranges: InsertionRanges, chance: np.random.Generator) -> str:
    """The name of what shall look like disease in a scan; empty for nothing."""
    name = str(chance.choice(_IN_REAL))
    return name if chance.random() < ranges.looking_alike else ""


def draw_grade(ranges: InsertionRanges, chance: np.random.Generator) -> int:
    """Of leukoencephalopathy, van Swieten's sum, each alike; 0 for none."""
    if not ranges.thinned:
        return 0
    grade = int(chance.integers(1, 5))
    return grade if chance.random() < ranges.thinned else 0


def draw_finish(ranges: InsertionRanges, chance: np.random.Generator) -> Finish:
    """How lesions sit in a scan."""
    return Finish(
        blur_mm=float(chance.uniform(*ranges.blur_mm)),
        edema=float(chance.uniform(*ranges.edema)),
        strength=_strength(ranges, chance),
        pushes=bool(chance.random() < ranges.pushing),
        least_hu=ranges.least_hu,
    )


def _strength(ranges: InsertionRanges, chance: np.random.Generator) -> float:
    drawn = float(chance.uniform(*ranges.strength))
    return drawn if chance.random() < ranges.diluted else 1.0


def _check_share(name: str, share: float) -> None:
    if not 0 <= share <= 1:
        raise ValueError(f"{name} is a share of 0 to 1, got {share}")


def _check_range(name: str, span: Range) -> None:
    if not -np.inf < span[0] <= span[1] < np.inf:
        raise ValueError(f"{name} goes from low to high, got {span[0]} to {span[1]}")
