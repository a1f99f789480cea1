"""Slices of real and of simulated heads, brought to one form so that they can be told apart fairly.

Both sides: window level 40 width 120, 8 bits, 650 x 650, JPEG with the tables of CT-ICH, then the
bones' bounding box scaled to one size, and nothing kept beyond the scalp: no holder, no tubes.
CT-ICH 1.0.0: Hssayeni et al., CC BY 4.0.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from headct.core.labels import HEMORRHAGE_SUBTYPES
from headct.phantom.body.anatomy import head
from headct.phantom.body.traits import Ranges
from headct.phantom.lesions.bleed import Lesion, bleed
from headct.phantom.scanner.protocol import Block, Protocol
from headct.phantom.scanner.scan import scan_head

Gray = NDArray[np.uint8]

LEVEL_HU, WIDTH_HU = 40.0, 120.0
SIDE = 650  # of the pictures of CT-ICH
SMALL = 192  # what a classifier sees
BOX = 156  # of these, the longer side of the skull
SCALP = 9  # pixels kept around the skull
# Air is not quite black in some patients of CT-ICH: what is darker than this becomes so.
BLACK = 20
SLICES_EACH = 12
FIRST_SEED = 40_000
# CT-ICH: 82 patients of 27.8 ± 19.5 years, slices of 5 mm (Hssayeni et al., Data 2020, 5, 14). So
# heads with little atrophy, turned and nodding as injured patients lie; noise and what is left of
# beam hardening as read off the pictures.
ALIKE = Ranges(
    atrophy=(0.0, 0.55),
    turn_deg=(-12.0, 12.0),
    lean_deg=(-6.0, 6.0),
    nod_deg=(-16.0, 12.0),
)
NOISE_HU, HARDENING = (3.5, 6.0), (0.45, 0.95)
KERNELS = ("soft", "standard")
BLEEDING = 27 / 62


@dataclass(frozen=True, eq=False)
class Slices:
    """Slices of one patient or one digital head.

    Args:
        name: of the patient, or the seed of the head.
        simulated: which of the two.
        pictures: (slices, 192, 192) 8 bits, the brain window.
        inside: (slices, 192, 192) what lies within the skull.
    """

    name: str
    simulated: bool
    pictures: Gray
    inside: NDArray[np.bool_]


def real_slices(patient: Path, tables: bytes) -> Slices:
    """Slices of one patient of CT-ICH."""
    files = sorted((patient / "brain").glob("*.jpg"), key=lambda path: int(path.stem))
    grays = [cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) for path in files]
    # Saved once more, as the simulated ones are twice: a picture saved with the same tables
    # hardly changes, and neither side then carries another's traces.
    return _gather(patient.name, False, (compress(as_gray(gray), tables) for gray in grays))


def simulated_slices(seed: int, tables: bytes, ranges: Ranges = ALIKE) -> Slices:
    """Slices of one digital head, scanned as CT-ICH was."""
    chance = np.random.default_rng([seed, 1])
    person = head(seed, ranges=ranges)
    protocol = Protocol(
        (Block(36, 5.0, 5.0),),
        field_of_view_mm=float(chance.uniform(220.0, 250.0)),
        noise_hu=float(chance.uniform(*NOISE_HU)),
        hardening=float(chance.uniform(*HARDENING)),
        kernel=str(chance.choice(KERNELS)),
    )
    lesions: list[Lesion] = []
    if chance.random() < BLEEDING:
        label = str(chance.choice(HEMORRHAGE_SUBTYPES))
        ml = float(np.exp(chance.uniform(np.log(3), np.log(40))))
        try:
            lesions = [bleed(person, label, ml, seed)]
        except ValueError:
            lesions = []  # it did not fit: a head without
    hu = scan_head(person, lesions, protocol, seed).volume.hu
    return _gather(str(seed), True, (compress(window(plane), tables) for plane in hu))


def window(hu: NDArray[np.float32]) -> Gray:
    """(rows, columns) HU as a picture of CT-ICH's size."""
    share = np.clip((hu - LEVEL_HU) / WIDTH_HU + 0.5, 0, 1) * 255
    wide = cv2.resize(share.astype(np.float32), (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    return as_gray(np.rint(np.clip(wide, 0, 255)))


def as_gray(values: object) -> Gray:
    """Any numbers of 0 to 255 as 8 bits."""
    return np.asarray(values, dtype=np.uint8)


def compress(gray: Gray, tables: bytes) -> Gray:
    """The picture after JPEG with the given quantization table."""
    quality = quality_of(tables)
    _, coded = cv2.imencode(".jpg", gray, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return as_gray(cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE))


@cache
def quality_of(tables: bytes) -> int:
    """The quality at which OpenCV writes this quantization table.

    Raises:
        ValueError: at none.
    """
    flat = np.zeros((16, 16), np.uint8)
    for quality in range(1, 101):
        _, coded = cv2.imencode(".jpg", flat, [cv2.IMWRITE_JPEG_QUALITY, quality])
        if quantization(coded.tobytes()) == tables:
            return quality
    raise ValueError("no quality of OpenCV gives the quantization tables of these pictures")


def quantization(coded: bytes) -> bytes:
    """The quantization tables of a JPEG stream, as they stand in it (ITU T.81, B.2.4.1)."""
    tables, at = b"", 2
    while at < len(coded) and coded[at + 1] != 0xDA:
        size = int.from_bytes(coded[at + 2 : at + 4], "big")
        if coded[at + 1] == 0xDB:
            tables += coded[at + 4 : at + 2 + size]
        at += 2 + size
    return tables


def _gather(name: str, simulated: bool, grays: Iterator[Gray]) -> Slices:
    """Those slices that show brain in a closed skull, at most twelve, evenly spread."""
    kept = [pair for pair in map(frame, grays) if pair is not None]
    chosen = np.unique(np.linspace(0, len(kept) - 1, min(len(kept), SLICES_EACH)).round())
    pictures = [kept[int(index)] for index in chosen]
    blank = np.zeros((0, SMALL, SMALL))
    return Slices(
        name,
        simulated,
        as_gray([p for p, _ in pictures] or blank),
        np.array([i for _, i in pictures] or blank, dtype=np.bool_),
    )


def frame(gray: Gray) -> tuple[Gray, NDArray[np.bool_]] | None:
    """The skull scaled to one size, and its inside; None for a slice without a closed skull."""
    bone = _largest((gray >= 250).astype(np.uint8))
    bone = as_gray(cv2.morphologyEx(bone, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8)))
    x, y, width, height = cv2.boundingRect(bone)
    _, regions, sizes, _ = cv2.connectedComponentsWithStats(1 - bone, connectivity=4)
    sizes[regions[0, 0], cv2.CC_STAT_AREA] = 0
    sizes[0, cv2.CC_STAT_AREA] = 0
    best = int(np.argmax(sizes[:, cv2.CC_STAT_AREA]))
    # A round head's inside is 50 to 65 % of its skull's box; near the top it is less.
    if sizes[best, cv2.CC_STAT_AREA] < 0.33 * width * height or height < 0.3 * SIDE:
        return None
    scale = BOX / max(width, height)
    move = [SMALL / 2 - scale * (x + width / 2), SMALL / 2 - scale * (y + height / 2)]
    warp = np.array([[scale, 0, move[0]], [0, scale, move[1]]])
    # Averaged first: shrinking by a warp alone would alias the noise.
    smooth = cv2.GaussianBlur(gray, (0, 0), 0.4 / scale)
    small = cv2.warpAffine(smooth, warp, (SMALL, SMALL), flags=cv2.INTER_LINEAR)
    inside = cv2.warpAffine((regions == best).astype(np.uint8), warp, (SMALL, SMALL))
    points = cv2.findNonZero(cv2.warpAffine(bone, warp, (SMALL, SMALL)))
    keep = np.zeros((SMALL, SMALL), np.uint8)
    cv2.fillConvexPoly(keep, cv2.convexHull(points), 1)
    ball = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * SCALP + 1, 2 * SCALP + 1))
    small[(cv2.dilate(keep, ball) == 0) | (small < BLACK)] = 0
    return as_gray(small), inside.astype(np.bool_)


def _largest(mask: Gray) -> Gray:
    count, regions, sizes, _ = cv2.connectedComponentsWithStats(mask)
    if count < 2:
        return mask
    return as_gray(regions == 1 + int(np.argmax(sizes[1:, cv2.CC_STAT_AREA])))


def statistics(slices: Sequence[Slices]) -> dict[str, NDArray[np.float64]]:
    """Plain numbers of every slice, in order: what a reader could point at."""
    rows = [
        _numbers(picture, inside)
        for each in slices
        for picture, inside in zip(each.pictures, each.inside, strict=True)
    ]
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def _numbers(picture: Gray, inside: NDArray[np.bool_]) -> dict[str, float]:
    hu = picture.astype(np.float32) * np.float32(WIDTH_HU / 255) + np.float32(
        LEVEL_HU - WIDTH_HU / 2
    )
    core = cv2.erode(inside.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    brain = hu[core]
    fine = hu - cv2.GaussianBlur(hu, (0, 0), 1.0)
    clumps = cv2.GaussianBlur(hu, (0, 0), 1.0) - cv2.GaussianBlur(hu, (0, 0), 3.0)
    smooth = cv2.GaussianBlur(hu, (0, 0), 3.0)
    near = core & (cv2.erode(core.astype(np.uint8), np.ones((13, 13), np.uint8)) == 0)
    bone = picture >= 250
    outline, _ = cv2.findContours(inside.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    length = max(cv2.arcLength(line, True) for line in outline)
    hull = cv2.arcLength(cv2.convexHull(np.concatenate(outline)), True)
    _, _, width, height = cv2.boundingRect(inside.astype(np.uint8))
    return {
        "brain HU, median": float(np.median(brain)),
        "brain HU, deviation of the smoothed": float(smooth[core].std()),
        "noise, below 1 pixel": float(fine[core].std()),
        "texture, 1 to 3 pixels": float(np.median(np.abs(clumps[core]))),
        "share below 15 HU": float((brain < 15).mean()),
        "share above 50 HU": float((brain > 50).mean()),
        "rim less core, HU": float(np.median(hu[near]) - np.median(hu[core & ~near])),
        "bone, share of box": float(bone.mean()),
        "scalp, share of box": float(((picture > 20) & ~bone & ~inside).mean()),
        "inner table, roughness": float(length / hull),
        "inside, width to height": width / height,
    }
