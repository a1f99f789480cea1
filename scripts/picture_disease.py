"""Draw digital disease: python scripts/picture_disease.py writes docs/images/phantom-disease.png.

Level 40, width 80 HU. White matter disease by grade, bleeds, and what must not count as either.
"""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from headct.core.labels import (
    EPIDURAL,
    INTRAPARENCHYMAL,
    INTRAVENTRICULAR,
    SUBARACHNOID,
    SUBDURAL,
)
from headct.core.volume import Volume
from headct.phantom.body.anatomy import Head, head
from headct.phantom.body.traits import Ranges
from headct.phantom.lesions.disease import Disease, Hemorrhage, give_disease
from headct.phantom.scanner.protocol import Block, Protocol
from headct.phantom.scanner.scan import scan_head

TARGET = Path(__file__).parents[1] / "docs" / "images" / "phantom-disease.png"
SIDE = 190
SEED = 11
PROTOCOL = Protocol((Block(32, 5.0, 5.0),), matrix=384, field_of_view_mm=220.0, noise_hu=3.0)
BLEEDS = {
    "in the brain, 30 mL": Hemorrhage(INTRAPARENCHYMAL, 30.0),
    "fluid level": Hemorrhage(INTRAPARENCHYMAL, 35.0, form="fluid level"),
    "ventricles": Hemorrhage(INTRAVENTRICULAR, 14.0, form="cast"),
    "subarachnoid": Hemorrhage(SUBARACHNOID, 15.0),
    "subdural, 90 mL": Hemorrhage(SUBDURAL, 90.0),
    "epidural, 45 mL": Hemorrhage(EPIDURAL, 45.0),
}
LOOKALIKES = (
    "acute infarct",
    "old infarct",
    "calcified basal ganglia",
    "dense falx",
    "arachnoid cyst",
    "craniotomy",
)


def main() -> None:
    """Write the picture."""
    old = head(SEED, ranges=Ranges(atrophy=(0.75, 0.75)))
    young = head(SEED + 1, ranges=Ranges(atrophy=(0.25, 0.25)))
    plain = scan_head(old, [], PROTOCOL, SEED).volume
    white = scan(old, Disease(SEED, grade=4))
    level = widest(white, plain)
    rows = [
        [tile(plain, level, "no disease")]
        + [tile(scan(old, Disease(SEED, grade=g)), level, f"grade {g}") for g in (1, 2, 3)]
        + [tile(white, level, "grade 4"), tile(white, level + 3, "grade 4, higher")],
        [shown(young, Disease(SEED, bleeds=(b,)), said) for said, b in BLEEDS.items()],
        [shown(old, Disease(SEED, lookalike=name), name) for name in LOOKALIKES],
    ]
    cv2.imwrite(str(TARGET), np.vstack([np.hstack(row) for row in rows]) // 4 * 4)


def scan(person: Head, disease: Disease) -> Volume:
    """A head with a disease, scanned."""
    sick = give_disease(person, disease)
    return scan_head(sick.head, sick.lesions, PROTOCOL, SEED).volume


def shown(person: Head, disease: Disease, said: str) -> NDArray[np.uint8]:
    """The slice on which a disease changes most."""
    sick = scan(person, disease)
    return tile(sick, widest(sick, scan_head(person, [], PROTOCOL, SEED).volume), said)


def widest(sick: Volume, healthy: Volume) -> int:
    """Index of the slice that differs most."""
    apart = np.abs(np.clip(sick.hu, 0, 80) - np.clip(healthy.hu, 0, 80))
    return int(apart.sum(axis=(1, 2)).argmax())


def tile(volume: Volume, index: int, said: str) -> NDArray[np.uint8]:
    """One slice with its name."""
    gray = np.clip(volume.hu[index] / 80 * 255, 0, 255).astype(np.uint8)
    small = cv2.resize(gray, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    cv2.putText(small, said, (4, 12), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (255,), 1, cv2.LINE_AA)
    return np.asarray(small, dtype=np.uint8)


if __name__ == "__main__":
    main()
