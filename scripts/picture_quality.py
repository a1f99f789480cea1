"""Draw what the quality gate excludes: python scripts/picture_quality.py.

Writes docs/images/quality.png: one digital head, sound and with each fault; level 40, width 80 HU.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from headct.cohort.checking.look import look
from headct.cohort.checking.quality import LIMITS, Quality, assess
from headct.cohort.images import Opened
from headct.core.volume import Volume
from headct.image.geometry import Crop, upright
from headct.phantom.body.anatomy import head
from headct.phantom.lesions.bleed import Lesion
from headct.phantom.lesions.lookalikes import lookalike
from headct.phantom.scanner.protocol import Block, Motion, Protocol
from headct.phantom.scanner.scan import scan_head

TARGET = Path(__file__).parents[1] / "docs" / "images" / "quality.png"
SIDE, SEED = 200, 14
PROTOCOL = Protocol((Block(32, 5.0, 5.0),), field_of_view_mm=230.0)
MIDDLE = 18
UNITS = {"hu": "HU", "cm2": "cm2", "mm": "mm", "ml": "mL"}


def main() -> None:
    """Write the picture."""
    person = head(SEED)

    def scan(protocol: Protocol = PROTOCOL, lesions: Sequence[Lesion] = ()) -> Volume:
        return upright(scan_head(person, lesions, protocol, SEED).volume)

    def moving(mm: float, degrees: float) -> Volume:
        motion = Motion(MIDDLE - 1, MIDDLE + 1, shift_mm=(mm, -mm), turn_deg=degrees)
        return scan(replace(PROTOCOL, motions=(motion,)))

    sound = scan()
    openings = (lookalike(person, "craniotomy", seed) for seed in count(SEED))
    opening = next(lesion for lesion in openings if "gap in the bone" in lesion.site)
    gap = scan(lesions=[opening])
    coil = scan(lesions=[lookalike(person, "aneurysm coil", SEED)])
    tiles = [
        tile(sound, MIDDLE, "sound", "motion_hu"),
        tile(moving(0.7, 0.7), MIDDLE, "moved by 1 mm", "motion_hu"),
        tile(moving(3.0, 3.0), MIDDLE, "moved by 4 mm", "motion_hu"),
        tile(scan(replace(PROTOCOL, dose_mgy=60 / 25)), MIDDLE, "a 25th of the dose", "noise_hu"),
        tile(coil, changed(coil, sound), "aneurysm coil", "metal_ml"),
        tile(gap, changed(gap, sound), "skull opened", "gap_cm2"),
        tile(Crop(columns=(130, 512))(sound), MIDDLE, "cut at the side", "edge_mm"),
        tile(Crop(slices=(0, 22))(sound), 21, "cut at the top", "top_cm2"),
    ]
    rows = [np.hstack(tiles[:4]), np.hstack(tiles[4:])]
    cv2.imwrite(str(TARGET), np.vstack(rows) // 4 * 4, [cv2.IMWRITE_PNG_COMPRESSION, 9])


def changed(volume: Volume, sound: Volume) -> int:
    """Index of the slice that differs most."""
    apart = np.abs(np.clip(volume.hu, 0, 1000) - np.clip(sound.hu, 0, 1000))
    return int(apart.sum(axis=(1, 2)).argmax())


def tile(volume: Volume, index: int, said: str, measure: str) -> NDArray[np.uint8]:
    """One slice, what is wrong with it, and what the gate measured."""
    quality = assess(look(Opened(volume)))
    gray = np.clip(volume.hu[index] / 80 * 255, 0, 255).astype(np.uint8)
    pad = max(gray.shape) - np.array(gray.shape)
    gray = cv2.copyMakeBorder(gray, 0, int(pad[0]), int(pad[1]), 0, cv2.BORDER_CONSTANT, value=0)
    small = cv2.resize(gray, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    for line, text in enumerate((said, told(quality, measure))):
        at = (4, 12 if line == 0 else SIDE - 6)
        cv2.putText(small, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.38, (255,), 1, cv2.LINE_AA)
    return np.asarray(small, dtype=np.uint8)


def told(quality: Quality, measure: str) -> str:
    """The measure beside its limit, and the gate's word."""
    word = "excluded" if quality.reasons else "passes"
    value, limit = quality.measures[measure], LIMITS[measure].at_most
    unit = UNITS[measure.split("_")[1]]
    return f"{round(value, 1 if value < 100 else 0):g} of {limit:g} {unit}: {word}"


if __name__ == "__main__":
    main()
