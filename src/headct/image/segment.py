"""Blood outlined beforehand, as a channel or a mask: the initial segmentation of hemorrhage."""

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from headct.core.errors import Refusal, ScanError
from headct.core.frames import Frames
from headct.core.volume import Hounsfield, Volume
from headct.image.filters import Clahe
from headct.image.geometry import Reshape
from headct.image.head import Intracranial, intracranial
from headct.image.intensity import Rescale
from headct.image.morphology import disc, opened
from headct.image.regions import Region, grow

Way = Literal["watershed", "growing"]

# Fresh blood is 50 to 90 HU, grey matter 35 to 40 with a noise of 4: what stands out of the brain's
# median by 20 HU over 4 mm is a seed; 15 HU is half way between brain and clot; within 6 HU of the
# median it is brain. Of a few such sets the one that outlined five digital bleeds best.
_SEED_HU, _BLOOD_HU, _BRAIN_HU = 20.0, 15.0, 6.0
_MOST_HU = 100.0  # a clot's densest; above it is bone or calcium
_SEED_MM = 2.0  # half of the least width: a rim of the skull, blurred into the brain, is thinner
_WHITE = 255
_BLOOD, _REST = 1, 2


@dataclass(frozen=True)
class Segmented:
    """Slices equalized, and blood outlined in them: the hemorrhage paper's initial segmentation.

    Takes HU that are smoothed; its gray is that of ``Clahe()``, ``Reshape(rows, columns,
    by="bilinear")`` and ``Rescale(0, 80)``, so that with and without it differ in nothing else.
    Blood is outlined in the smoothed HU, before equalization lifts gray matter to where clots were.

    The paper names the two ways and gives no rule for seeds. Assumed: seeds stand out of the
    brain's median by 20 HU over 4 mm, inside the skull. ``growing`` follows from there what is
    above it by 15 HU and at most 100 HU; ``watershed`` floods each slice from seeds and from sure
    brain, and parts them where the step in gray is highest. Neither knows calcium, dense sinuses
    or the skull base from blood, and both pass over what is thinner than 4 mm: it is a start for a
    network, not a finding.

    Args:
        by: "watershed" or "growing".
        use: "channel" adds it as a second channel of 0 and 1; "mask" keeps gray where it is 1.
        rows: of the result.
        columns: of the result.
    """

    by: Way = "watershed"
    use: Literal["channel", "mask"] = "channel"
    rows: int = 256
    columns: int = 256

    def __post_init__(self) -> None:
        if self.by not in ("watershed", "growing"):
            raise ValueError(f"by: expected watershed or growing, got {self.by}")
        if self.use not in ("channel", "mask"):
            raise ValueError(f"use: expected channel or mask, got {self.use}")
        Reshape(self.rows, self.columns)

    def __call__(self, volume: Volume) -> Frames:
        """The slices, (slices, 2 or 1, rows, columns) float32; ScanError without a skull."""
        to_size = Reshape(self.rows, self.columns, "bilinear")
        equalize = Clahe()
        gray = Rescale(equalize.low, equalize.high)(to_size(equalize(volume)))
        blood = outline_blood(to_size(volume), self.by).astype(np.float32)
        if self.use == "mask":
            return Frames((gray.hu * blood)[:, None], ("gray where segmented",), gray.grid)
        return Frames(np.stack([gray.hu, blood], axis=1), ("gray", "segmented"), gray.grid)


def outline_blood(volume: Volume, by: Way) -> Region:
    """Mark what may be blood: (slices, rows, columns), from smoothed HU.

    Raises:
        ScanError: no skull with a brain in it was found.
    """
    skull = intracranial(volume)
    if isinstance(skull, Refusal):
        raise ScanError(skull.reason)
    usual_hu = float(np.median(volume.hu[skull.inside]))
    dense = skull.inside & (volume.hu > usual_hu + _SEED_HU) & (volume.hu < _MOST_HU)
    seeds = opened(dense, disc(_SEED_MM, volume.grid))
    if by == "watershed":
        return _flooded(volume.hu, skull, seeds, usual_hu + _BRAIN_HU)
    grown = grow(volume.hu, seeds, usual_hu + _BLOOD_HU, _MOST_HU) & skull.inside
    return opened(grown, disc(_SEED_MM, volume.grid))


def _flooded(hu: Hounsfield, skull: Intracranial, seeds: Region, brain_hu: float) -> Region:
    """Slice by slice, as OpenCV's watershed is two-dimensional and sees 8 bits."""
    blood = np.zeros(hu.shape, dtype=np.bool_)
    rest = ~skull.inside | (hu < brain_hu)
    for index in np.flatnonzero(seeds.any(axis=(1, 2))):
        gray = np.clip(hu[index] * (_WHITE / _MOST_HU), 0, _WHITE).astype(np.uint8)
        markers = np.where(rest[index], _REST, 0).astype(np.int32)
        markers[seeds[index]] = _BLOOD
        flooded = cv2.watershed(cv2.cvtColor(gray, cv2.COLOR_GRAY2BGR), markers)
        blood[index] = (flooded == _BLOOD) & skull.inside[index]
    return blood
