"""Digital heads beside a real series and published ranges: density, noise, volumes.

Both sides are measured alike, from the scan alone; the phantoms' true volumes stand beside. The
real series is one elderly patient (GE, 120 kV, kernel STD+), so a difference of one or two
deviations of the phantoms means nothing by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from bench.ctich import DATA
from headct.core.errors import Refusal
from headct.core.volume import Volume
from headct.dicom.scan import scan
from headct.dicom.select import select
from headct.dicom.stack import stack
from headct.image.head import intracranial
from headct.phantom.body.anatomy import Head, head
from headct.phantom.body.traits import Ranges, follow_tilt
from headct.phantom.scanner.protocol import Block, Protocol
from headct.phantom.scanner.scan import scan_head

GE = DATA.parent / "ge-head-ct"
FIRST_SEED, HEADS = 41_000, 10
# As the real series was taken: 14 slices of 4 mm and 14 of 7 mm, tilted, 250 mm.
TILT_DEG = 18.5
PROTOCOL = Protocol((Block(14, 4.22, 4.0), Block(14, 7.38, 7.0)), tilt_deg=TILT_DEG)
PERCENTILES = (1, 5, 25, 50, 75, 95, 99)
# Fluid and brain part here once the noise is smoothed away: midway between fluid's 0-15 and
# white matter's 26-32 HU.
FLUID_BELOW_HU = 18.0
BANDS = ((0.05, 0.15), (0.15, 0.3), (0.3, 0.45), (0.45, 0.6), (0.6, 0.9))
Numbers = NDArray[np.float32]


@dataclass(frozen=True)
class Row:
    """One line of the table: how both sides are called, and what is published of it."""

    name: str
    published: str


ROWS = (
    *(Row(f"brain HU, percentile {p}", "") for p in PERCENTILES),
    Row("white matter, HU", "30 ± 3.4 (Cala 1981), 28-32 (textbook)"),
    Row("grey matter, HU", "33 ± 3 deep (Cala 1981), 32-40 (textbook)"),
    Row("grey less white, HU", "5.5 computed (JCAT 1980, 4, 489), 7.0 ± 1.3 (textbook)"),
    Row("ventricle, HU", "0-15 (textbook)"),
    Row("noise in white matter, HU", ""),
    Row("noise in ventricles, HU", ""),
    *(Row(f"noise power, {a:g} to {b:g} /mm, %", "") for a, b in BANDS),
    Row("inside of the skull, mL", "1469 ± 102 men, 1289 ± 111 women (Matsumae 1996)"),
    Row("inner fluid, mL", "ventricles 17 (38 adults, MR), old age 40-80"),
)
TRUE_ROWS = (
    Row("true inside of the skull, mL", "as above"),
    Row("true brain share, %", "88.6 (Matsumae 1996), in old age to 75"),
    Row("true ventricles, mL", "17 (38 adults, MR), old age 40-80"),
    Row("true grey over white", ""),
)


def main() -> None:
    """Print the table."""
    seeds = range(FIRST_SEED, FIRST_SEED + HEADS)
    phantoms, truths = [], []
    for seed in seeds:
        person = head(seed, ranges=follow_tilt(TILT_DEG, Ranges()))
        phantoms.append(measure(scan_head(person, [], PROTOCOL, seed).volume))
        truths.append(true_volumes(person))
    real = measure(read_series(GE)) if GE.is_dir() else None
    if real is None:
        print(f"(the real series is not at {GE}: its column stays empty)")
    print(
        f"{HEADS} digital heads, seeds {FIRST_SEED} to {FIRST_SEED + HEADS - 1}: mean ± deviation"
    )
    print(f"{'':<32}{'phantoms':>16}{'GE series':>11}  published")
    tell(ROWS, np.array(phantoms), real)
    tell(TRUE_ROWS, np.array(truths), None)


def tell(rows: Sequence[Row], phantoms: NDArray[np.float64], real: list[float] | None) -> None:
    """Print one line for each row."""
    for index, row in enumerate(rows):
        values = phantoms[:, index]
        beside = f"{real[index]:.1f}" if real else ""
        spread = f"{np.nanmean(values):.1f} ± {np.nanstd(values):.1f}"
        print(f"{row.name:<32}{spread:>16}{beside:>11}  {row.published}".rstrip())


def read_series(folder: Path) -> Volume:
    """The best series of a folder of one study."""
    (study,) = scan(folder, workers=1).studies
    return stack(select(study).candidates[0])


def measure(volume: Volume) -> list[float]:
    """One number for each of ``ROWS``; not a number where a scan gives none."""
    skull = intracranial(volume)
    if isinstance(skull, Refusal):
        return [float("nan")] * len(ROWS)
    hu, inside, pixel_mm = volume.hu, skull.inside, volume.grid.spacing_mm[0]
    smooth, noise = _blurred(hu, 1.5 / pixel_mm), hu - _blurred(hu, 3.0 / pixel_mm)
    # Away from the skull, whose glow and partial volume are neither white nor grey.
    deep_mm = np.stack([cv2.distanceTransform(s.astype(np.uint8), cv2.DIST_L2, 5) for s in inside])
    deep_mm *= pixel_mm
    tissue = (deep_mm > 8) & (smooth > FLUID_BELOW_HU + 4) & (smooth < 48)
    white, grey = _two_classes(smooth[tissue])
    flat = (deep_mm > 12) & (np.abs(smooth - white) < 2)
    pool = (deep_mm > 20) & (smooth < FLUID_BELOW_HU)
    core = pool & (_blurred(pool.astype(np.float32), 1.5 / pixel_mm) > 0.95)
    ml = volume.grid.slice_voxel_ml
    return [
        *(float(v) for v in np.percentile(hu[inside], PERCENTILES)),
        white,
        grey,
        grey - white,
        float(np.median(hu[core])) if core.any() else float("nan"),
        float(noise[flat].std()),
        float(noise[core].std()) if core.any() else float("nan"),
        *_noise_power(hu, (deep_mm > 6) & ~pool, pixel_mm),
        float(inside.sum(axis=(1, 2)) @ ml),
        float(pool.sum(axis=(1, 2)) @ ml),
    ]


def _blurred(hu: Numbers, deviation: float) -> Numbers:
    return np.stack([cv2.GaussianBlur(plane, (0, 0), deviation) for plane in hu])


def _two_classes(values: Numbers) -> tuple[float, float]:
    """Medians below and above Otsu's threshold, which parts a histogram of two peaks best."""
    low, high = float(values.min()), float(values.max())
    coded = np.round((values - low) / (high - low) * 255).astype(np.uint8)
    level, _ = cv2.threshold(coded[:, None], 0, 255, cv2.THRESH_OTSU)
    upper = coded > level
    return float(np.median(values[~upper])), float(np.median(values[upper]))


def _noise_power(hu: Numbers, where: NDArray[np.bool_], pixel_mm: float) -> list[float]:
    """Share, in per cent, of the noise's power in each of ``BANDS``, in squares of brain.

    Squares of 48 pixels, their plane of best fit taken off, times a Hann window.
    """
    side = 48
    hann = np.outer(np.hanning(side), np.hanning(side))
    steps = np.linspace(-1, 1, side)
    plane = np.stack([np.ones((side, side)), *np.meshgrid(steps, steps)]).reshape(3, -1).T
    total = np.zeros((side, side))
    for index, row, column in np.ndindex(hu.shape[0], *(n // side for n in hu.shape[1:])):
        square = (
            index,
            slice(row * side, (row + 1) * side),
            slice(column * side, (column + 1) * side),
        )
        if where[square].all():
            flat = hu[square].astype(np.float64).ravel()
            flat -= plane @ np.linalg.lstsq(plane, flat, rcond=None)[0]
            total += np.abs(np.fft.fft2(flat.reshape(side, side) * hann)) ** 2
    per_mm = np.hypot(*np.meshgrid(np.fft.fftfreq(side, pixel_mm), np.fft.fftfreq(side, pixel_mm)))
    whole = total[(per_mm >= BANDS[0][0]) & (per_mm < BANDS[-1][1])].sum()
    return [float(100 * total[(per_mm >= a) & (per_mm < b)].sum() / whole) for a, b in BANDS]


def true_volumes(person: Head) -> list[float]:
    """One number for each of ``TRUE_ROWS``, above the foramen magnum."""
    tissues = person.tissues
    foramen = person.canvas.voxel_of((-60.0, 45.0, 0.0))[0] - tissues.box[0].start
    names = ("grey", "white", "fluid", "ventricle")
    grey, white, fluid, ventricle = (
        float(getattr(tissues, name)[foramen:].sum(dtype=np.float64)) / 255 / 1000 for name in names
    )
    whole = grey + white + fluid
    return [whole, 100 * (grey + white) / whole, ventricle, grey / white]
