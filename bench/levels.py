"""Simulated and real slices at six levels in one picture: ``python -m bench.levels OUT.png``.

Rows: the GE series, a digital head of that age scanned like it; a patient of CT-ICH without a
bleed, a young digital head. CT-ICH 1.0.0: Hssayeni et al., CC BY 4.0.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from bench.ctich import DATA
from bench.realism import GE, PROTOCOL, TILT_DEG, read_series
from headct.phantom.body.anatomy import Head, head
from headct.phantom.body.traits import Ranges, follow_tilt
from headct.phantom.scanner.protocol import Block, Protocol
from headct.phantom.scanner.scan import scan_head

Gray = NDArray[np.uint8]
Numbers = NDArray[np.float32]

# Atlas heights in the middle of the head: suprasellar cistern, midbrain, third ventricle, bodies of
# the lateral ventricles, centrum semiovale, convexity; and the slices of the real scans there.
LEVELS_MM = (-22.0, -8.0, 6.0, 24.0, 36.0, 52.0)
GE_SLICES = (11, 14, 16, 18, 20, 22)
PATIENT, PATIENT_SLICES = "064", (9, 11, 14, 16, 18, 22)
OLD_SEED, YOUNG_SEED = 42_001, 42_004
LOW_HU, HIGH_HU = 0.0, 80.0
SIDE = 170
# A shade in 64 is finer than an eye tells, and halves the file.
SHADES = 4


def main(out: Path) -> None:
    """Write the picture."""
    old = head(OLD_SEED, ranges=follow_tilt(TILT_DEG, Ranges(atrophy=(0.85, 0.85))))
    young = head(YOUNG_SEED, ranges=Ranges(atrophy=(0.1, 0.1)))
    rows = [
        [read_series(GE).hu[index] for index in GE_SLICES],
        at_levels(old, PROTOCOL),
        [read_gray(number) for number in PATIENT_SLICES],
        at_levels(young, Protocol((Block(34, 5.0, 5.0),), noise_hu=3.8, hardening=0.6)),
    ]
    picture = np.vstack([np.hstack([tile(hu) for hu in row]) for row in rows])
    cv2.imwrite(str(out), picture // SHADES * SHADES, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    print(f"{out.name}: {out.stat().st_size / 1000:.0f} kB")


def at_levels(person: Head, protocol: Protocol) -> Sequence[Numbers]:
    """The slices of a digital head nearest to the levels."""
    volume = scan_head(person, [], protocol, person.seed).volume
    grid = volume.grid
    middle = grid.origins_mm + grid.row_axis * grid.spacing_mm[0] * (grid.shape[1] - 1) / 2
    origin = person.canvas.grid.origins_mm[:, 2]
    wanted = [origin[person.canvas.voxel_of((z, 10.0, 0.0))[0]] for z in LEVELS_MM]
    return [volume.hu[int(np.argmin(np.abs(middle[:, 2] - z)))] for z in wanted]


def read_gray(number: int) -> Numbers:
    """A slice of the patient of CT-ICH, HU as far as its window kept them."""
    gray = cv2.imread(str(DATA / "Patients_CT" / PATIENT / "brain" / f"{number}.jpg"), 0)
    return np.asarray(gray * (120 / 255) - 20, dtype=np.float32)


def tile(hu: Numbers) -> Gray:
    """The skull's box with a margin, through the window."""
    bone = cv2.morphologyEx((hu > 95).astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    _, _, sizes, _ = cv2.connectedComponentsWithStats(bone)
    x, y, width, height, _ = sizes[1 + int(np.argmax(sizes[1:, cv2.CC_STAT_AREA]))]
    scale = 0.88 * SIDE / max(width, height)
    warp = np.array(
        [
            [scale, 0, SIDE / 2 - scale * (x + width / 2)],
            [0, scale, SIDE / 2 - scale * (y + height / 2)],
        ]
    )
    smooth = cv2.GaussianBlur(hu, (0, 0), 0.4 / scale)
    small = cv2.warpAffine(smooth, warp, (SIDE, SIDE), borderValue=-1000)
    return np.asarray(np.clip((small - LOW_HU) / (HIGH_HU - LOW_HU), 0, 1) * 255, dtype=np.uint8)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
