"""Draw what the classical finder gets right and wrong on CT-ICH: python scripts/picture_errors.py.

Slices from Hssayeni et al., CT-ICH 1.0.0, CC BY 4.0; level 40, width 80 HU. Above as it is, below
with what is counted as blood outlined.
"""

import os
from pathlib import Path

import cv2
import numpy as np

from headct.core.errors import Refusal
from headct.core.volume import Volume
from headct.image.formats.pictures import read_pictures
from headct.image.head import intracranial
from headct.image.slabs import to_slabs
from headct.predict.classical import SLAB_MM, find

CHECKOUT = Path(__file__).parents[1]
DATA = Path(os.environ.get("HEADCT_DATA", CHECKOUT.parent / "shared" / "data")) / "ct-ich"
SHOWN = {
    ("087", 20): "epidural, found",
    ("071", 21): "subdural, found",
    ("067", 18): "thin epidural, missed",
    ("073", 28): "high epidural, missed",
    ("074", 19): "thin subdural, missed",
    ("059", 8): "skull base, false alarm",
}
SIDE = 240


def main() -> None:
    """Write docs/images/finder-errors.png."""
    columns = [draw(patient, number, said) for (patient, number), said in SHOWN.items()]
    cv2.imwrite(
        str(CHECKOUT / "docs" / "images" / "finder-errors.png"),
        np.hstack(columns),
        [cv2.IMWRITE_PNG_COMPRESSION, 9],
    )


def draw(patient: str, number: int, said: str) -> np.ndarray:
    """One slice, above without and below with its outline."""
    volume = read_pictures(DATA / "Patients_CT" / patient / "brain", window=(40, 120))
    index = [int(Path(source.file).stem) for source in volume.sources].index(number)
    labels = found(volume)[index]
    gray = np.clip(volume.hu[index] / 80 * 255, 0, 255).astype(np.uint8)
    rows, columns = np.nonzero(gray > 250)
    box = np.s_[rows.min() : rows.max(), columns.min() : columns.max()]
    plain = cv2.cvtColor(square(gray[box]), cv2.COLOR_GRAY2BGR)
    marked = plain.copy()
    outlines, _ = cv2.findContours(square(labels[box] * 255) // 128, cv2.RETR_LIST, 1)
    cv2.drawContours(marked, outlines, -1, (0, 159, 230), 1, cv2.LINE_AA)
    cv2.putText(
        plain, said, (4, 12), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (255, 255, 255), 1, cv2.LINE_AA
    )
    return np.vstack([plain, marked])


def found(volume: Volume) -> np.ndarray:
    """(slices, rows, columns) what is counted as blood."""
    slabs = to_slabs(volume, SLAB_MM)
    skull = intracranial(slabs)
    if isinstance(skull, Refusal):
        raise SystemExit(skull.reason)
    return find(slabs, skull, volume.grid).mask.labels


def square(picture: np.ndarray) -> np.ndarray:
    """Fit into a square of SIDE, keeping its shape."""
    scale = SIDE / max(picture.shape)
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    rows, columns = (SIDE - n for n in small.shape)
    return cv2.copyMakeBorder(
        small, rows // 2, rows - rows // 2, columns // 2, columns - columns // 2, 0, value=0
    )


if __name__ == "__main__":
    main()
