"""See what is inserted: python scripts/picture_insertions.py COHORT OUT.png [SEED].

32 slices of the cohort's scans without a bleed, each with bleeds put in, and OUT-marked.png with
their masks outlined. Look for what gives them away. The pictures are of patients: keep them where
the cohort is.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import overload

import cv2
import numpy as np
from numpy.typing import NDArray

from headct.cohort.images import open_case
from headct.cohort.open import open_cohort
from headct.core.case import Case
from headct.core.labels import ANY_HEMORRHAGE
from headct.phantom.generator import MASKED, Example
from headct.phantom.insertion.generate import Clear, insertions
from headct.phantom.insertion.ranges import InsertionRanges

SIDE, ACROSS, COUNT = 256, 8, 32
# Blue, green, red, by value of the mask: epidural, intraparenchymal, intraventricular,
# subarachnoid, subdural.
COLOURS = ((0, 0, 255), (0, 255, 0), (255, 0, 255), (255, 255, 0), (0, 200, 255))


class Scans(Sequence[Clear]):
    """Scans of cases, opened one at a time."""

    def __init__(self, cases: Sequence[Case]) -> None:
        self.cases = cases

    def __len__(self) -> int:
        return len(self.cases)

    @overload
    def __getitem__(self, index: int) -> Clear: ...
    @overload
    def __getitem__(self, index: slice) -> "Scans": ...
    def __getitem__(self, index: int | slice) -> "Clear | Scans":
        if isinstance(index, slice):
            return Scans(self.cases[index])
        return Clear(open_case(self.cases[index]).volume)


def main(cohort: Path, out: Path, seed: int) -> None:
    """Write both pictures."""
    cases = [c for c in open_cohort(cohort).cohort.cases if c.labels.get(ANY_HEMORRHAGE) is False]
    ranges = InsertionRanges(times=1, bleeding=1.0)
    chance = np.random.default_rng(seed)
    tiles: list[tuple[NDArray[np.uint8], NDArray[np.uint8]]] = []
    for example in insertions(Scans(cases), seed, ranges, matrix=SIDE):
        if example.masks.any():
            tiles.append(tile(example, chance))
        if len(tiles) == COUNT:
            break
    for path, which in ((out, 0), (out.with_stem(f"{out.stem}-marked"), 1)):
        rows = [[t[which] for t in tiles[i : i + ACROSS]] for i in range(0, COUNT, ACROSS)]
        cv2.imwrite(str(path), np.vstack([np.hstack(row) for row in rows]))


def tile(
    example: Example, chance: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """A slice with a bleed, level 40 and width 80 HU, and the same with its masks outlined."""
    areas = np.count_nonzero(example.masks, axis=(1, 2))
    index = int(chance.choice(len(areas), p=areas / areas.sum()))
    gray = (np.clip(example.hu[index] / 80, 0, 1) * 255).astype(np.uint8)
    plain = np.repeat(gray[..., None], 3, axis=2)
    marked = plain.copy()
    for value, colour in zip(range(1, len(MASKED) + 1), COLOURS, strict=False):
        region = (example.masks[index] == value).astype(np.uint8)
        marked[cv2.Canny(region * 255, 50, 100) > 0] = colour
    return plain, marked


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 1)
