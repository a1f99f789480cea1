"""From what training examples are drawn: one table of ranges, and the drawing."""

from dataclasses import dataclass, replace

import numpy as np

from headct.core.labels import (
    EPIDURAL,
    INTRAPARENCHYMAL,
    INTRAVENTRICULAR,
    SUBARACHNOID,
    SUBDURAL,
)
from headct.phantom.body.traits import Range, Ranges
from headct.phantom.lesions.disease import Disease, Hemorrhage
from headct.phantom.lesions.lookalikes import LOOKALIKES
from headct.phantom.lesions.sites import FORMS
from headct.phantom.scanner.kernels import KERNELS
from headct.phantom.scanner.protocol import Motion, Protocol
from headct.phantom.scanner.technique import Technique

# Wider than people: a network that has seen more than there is takes what there is in its stride.
_WIDE = Ranges(
    scale=(0.80, 0.95),
    turn_deg=(-15.0, 15.0),
    lean_deg=(-8.0, 8.0),
    nod_deg=(-12.0, 12.0),
    shift_mm=(-12.0, 12.0),
    white_hu=(22.0, 36.0),
    contrast_hu=(4.0, 13.0),
    fluid_hu=(0.0, 14.0),
    skull_mm=(3.5, 9.0),
    table_hu=(1000.0, 2000.0),
    diploe_hu=(350.0, 1000.0),
)


@dataclass(frozen=True)
class Randomization:
    """Ranges (low, high) and shares (0..1) from which training examples are drawn.

    Each number is drawn evenly from its range, volumes evenly over their logarithm. Subtypes,
    sites, forms, look-alikes and kernels are drawn evenly from those there are, so that what is
    rare in patients is not rare in training.

    Source:
        Domain randomization beyond what is realistic: Billot et al., SynthSeg, Med Image Anal
        2023, 86, 102789. HU and sizes: ``Ranges``, ``BloodRanges``, ``white_matter``. The ranges
        here are choices, wider than those on purpose.
    """

    heads: Ranges = _WIDE
    diseases_per_head: int = 4  # making a head takes as long as some 150 slices
    scans_per_disease: int = 6
    bleeding: float = 0.6  # share of diseases with a bleed
    another: float = 0.3  # of those, with one more, and so on
    volume_ml: Range = (0.3, 100.0)
    fresh: float = 0.7  # share of bleeds of the first day
    age_days: Range = (1.0, 30.0)
    fractured: float = 0.15
    whitened: float = 0.4  # share with leukoencephalopathy, grades 1 to 4 alike
    most_lacunes: int = 4
    looking_alike: float = 0.4
    thickness_mm: Range = (1.0, 8.0)
    tilt_deg: Range = (-25.0, 25.0)
    field_mm: Range = (215.0, 280.0)
    noise_hu: Range = (1.0, 8.0)
    hardening: Range = (0.0, 1.2)
    moving: float = 0.1  # share of scans in which the head moves
    move_mm: Range = (-4.0, 4.0)

    def __post_init__(self) -> None:
        if min(self.diseases_per_head, self.scans_per_disease) < 1:
            raise ValueError("a head needs one disease or more, and a disease one scan or more")
        for name in ("bleeding", "another", "fresh", "fractured", "whitened", "looking_alike"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} is a share of 0 to 1, got {getattr(self, name)}")
        for name in ("volume_ml", "age_days", "thickness_mm", "tilt_deg", "field_mm", "noise_hu"):
            low, high = getattr(self, name)
            if not low <= high:
                raise ValueError(f"{name} goes from low to high, got {low} to {high}")
        if self.volume_ml[0] <= 0:
            raise ValueError(f"bleeds have more than 0 mL, got {self.volume_ml[0]}")


def draw_disease(ranges: Randomization, chance: np.random.Generator) -> Disease:
    """What is amiss with a head; nothing in some."""
    labels = (EPIDURAL, INTRAPARENCHYMAL, INTRAVENTRICULAR, SUBARACHNOID, SUBDURAL)
    left = [str(label) for label in chance.permutation(labels)]
    bleeds = []
    share = ranges.bleeding
    while left and chance.random() < share:
        bleeds.append(_draw_bleed(left.pop(), ranges, chance))
        share = ranges.another
    alike = str(chance.choice(list(LOOKALIKES)))
    return Disease(
        seed=int(chance.integers(2**31)),
        grade=int(chance.integers(1, 5)) if chance.random() < ranges.whitened else 0,
        lacunes=int(chance.integers(ranges.most_lacunes + 1)),
        lookalike=alike if chance.random() < ranges.looking_alike else "",
        bleeds=tuple(bleeds),
        is_fractured=bool(chance.random() < ranges.fractured) and bool(bleeds),
    )


def _draw_bleed(label: str, ranges: Randomization, chance: np.random.Generator) -> Hemorrhage:
    low, high = np.log(ranges.volume_ml)
    forms = (None, *FORMS[label])
    return Hemorrhage(
        label,
        volume_ml=float(np.exp(chance.uniform(low, high))),
        age_days=0.0 if chance.random() < ranges.fresh else float(chance.uniform(*ranges.age_days)),
        form=forms[int(chance.integers(len(forms)))],
    )


def draw_technique(ranges: Randomization, chance: np.random.Generator) -> Technique:
    """How a head is scanned."""
    thickness_mm = float(chance.uniform(*ranges.thickness_mm))
    return Technique(
        thin=0,
        thickness_mm=thickness_mm,
        above_mm=thickness_mm,
        below_mm=float(chance.uniform(0.0, 15.0)),
        beyond_mm=float(chance.uniform(4.0, 20.0)),
        tilt_deg=float(chance.uniform(*ranges.tilt_deg)),
        field_mm=float(chance.uniform(*ranges.field_mm)),
        noise_hu=float(chance.uniform(*ranges.noise_hu)),
        is_wide=False,
        vendor="GE",
        kernel=str(chance.choice(list(KERNELS))),
        hardening=float(chance.uniform(*ranges.hardening)),
    )


def draw_motion(protocol: Protocol, ranges: Randomization, chance: np.random.Generator) -> Protocol:
    """The protocol, in which the head may move while some slices are taken."""
    if chance.random() >= ranges.moving:
        return protocol
    slices = len(protocol.heights_mm)
    first = int(chance.integers(slices))
    down, right = (float(chance.uniform(*ranges.move_mm)) for _ in range(2))
    motion = Motion(
        first,
        min(first + int(chance.integers(6)), slices - 1),
        shift_mm=(down, right),
        turn_deg=float(chance.uniform(-4.0, 4.0)),
        share=float(chance.uniform(0.2, 0.8)),
    )
    return replace(protocol, motions=(motion,))
