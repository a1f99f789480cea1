"""How dense blood is, by where it lies, how old it is, and whether it has settled."""

from dataclasses import dataclass

import numpy as np

from headct.core.labels import (
    EPIDURAL,
    INTRAPARENCHYMAL,
    INTRAVENTRICULAR,
    SUBARACHNOID,
    SUBDURAL,
)
from headct.phantom.body.canvas import STEP_MM
from headct.phantom.body.shapes import Numbers, ramp, rough

Range = tuple[float, float]


@dataclass(frozen=True)
class Blood:
    """Density of one kind of bleed over time.

    Args:
        acute_hu: range in the first day.
        fall_hu: lost each day, as blood pigment breaks down and is washed out.
        old_hu: range it falls to and stays in.
    """

    acute_hu: Range
    fall_hu: float
    old_hu: Range

    def hu(self, age_days: float) -> Range:
        """The range of densities at an age."""
        low, high = (
            max(old, acute - self.fall_hu * age_days)
            for acute, old in zip(self.acute_hu, self.old_hu, strict=True)
        )
        return low, high


@dataclass(frozen=True)
class BloodRanges:
    """Densities of blood, HU.

    Source:
        Acute clots measure 55-85 HU, mixed with fluid less (textbook). Clots in the brain lose
        about 1.5 HU a day (the usual figure) and are darker than brain after 30 days (Tans,
        Clin Neurol Neurosurg 1977). Under the dura: 98.6 % of bleeds are denser than brain in
        the first week, then less dense than acute ones, and 38 HU on average at 20-30 days
        (Lee et al., J Korean Med Sci 1997); isodense at 1-3 weeks, hypodense in 76 % when
        chronic (Scotti et al., J Neurosurg 1977). Blood in fluid is washed away within one to
        two weeks (textbook). Serum above settled cells: 13-38 HU measured after death;
        cells below: up to 88 HU. The other numbers are assumptions in line with these.
    """

    epidural: Blood = Blood((58.0, 78.0), 1.9, (20.0, 30.0))
    intraparenchymal: Blood = Blood((58.0, 78.0), 1.5, (8.0, 14.0))
    intraventricular: Blood = Blood((50.0, 72.0), 3.0, (8.0, 14.0))
    subarachnoid: Blood = Blood((48.0, 66.0), 4.0, (8.0, 12.0))
    subdural: Blood = Blood((55.0, 75.0), 2.0, (18.0, 28.0))
    isodense: Range = (31.0, 37.0)  # between white and grey matter
    serum: Range = (16.0, 30.0)
    settled: Range = (60.0, 82.0)
    unclotted: Range = (30.0, 42.0)  # fresh and still fluid: dark whirls in a dense clot

    def of(self, label: str) -> Blood:
        """The kind that belongs to a label."""
        kinds = {
            EPIDURAL: self.epidural,
            INTRAPARENCHYMAL: self.intraparenchymal,
            INTRAVENTRICULAR: self.intraventricular,
            SUBARACHNOID: self.subarachnoid,
            SUBDURAL: self.subdural,
        }
        return kinds[label]


BLOOD = BloodRanges()
# At this age a bleed under the dura is called chronic.
CHRONIC_DAYS = 21.0
# Texture within a clot: deviation and grain.
_TEXTURE_HU, _GRAIN_MM = 2.5, 3.0


def blood_hu(
    label: str, form: str | None, age_days: float, share: Numbers, chance: np.random.Generator
) -> Numbers:
    """(z, y, x) HU of the blood of a bleed.

    Args:
        label: one of the hemorrhage labels.
        form: as ``bleed`` takes it.
        age_days: since the blood came.
        share: (z, y, x) of the bleed.
        chance: draws texture first, then density.
    """
    texture = _TEXTURE_HU * rough(chance, share.shape, STEP_MM, _GRAIN_MM)
    if form == "isodense":
        usual = BLOOD.isodense
    elif form == "chronic":
        usual = BLOOD.of(label).hu(max(age_days, 2 * CHRONIC_DAYS))
    else:
        usual = BLOOD.of(label).hu(age_days)
    hu = chance.uniform(*usual) + texture
    if form == "fluid level":
        hu = _settled(share, chance) + 0.4 * texture
    elif form == "mixed":
        hu += _whirls(share, chance) * (chance.uniform(*BLOOD.unclotted) - hu)
    return np.asarray(hu, dtype=np.float32)


def _settled(share: Numbers, chance: np.random.Generator) -> Numbers:
    """Cells sunk to the back of one who lies, serum above: a level, flat and sharp."""
    by_row = share.sum(axis=(0, 2), dtype=np.float64)
    filled = np.cumsum(by_row) / by_row.sum()
    level = float(np.searchsorted(filled, chance.uniform(0.35, 0.6)))
    rows = np.arange(share.shape[1], dtype=np.float32)[None, :, None]
    below = ramp(rows - np.float32(level), -0.5, 0.5)
    serum, cells = chance.uniform(*BLOOD.serum), chance.uniform(*BLOOD.settled)
    return np.asarray(serum + (cells - serum) * below, dtype=np.float32)


def _whirls(share: Numbers, chance: np.random.Generator) -> Numbers:
    """0..1: patches and streaks of fluid blood, more of them above than below."""
    rows = np.linspace(-0.5, 0.5, share.shape[1], dtype=np.float32)[None, :, None]
    field = 0.8 * rough(chance, share.shape, STEP_MM, 6.0)
    field += 0.35 * rough(chance, share.shape, STEP_MM, 2.5) - rows
    return ramp(field, -0.3, 1.0)
