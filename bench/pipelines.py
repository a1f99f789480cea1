"""Pipelines: what each costs, how far the first segmentation and the ventricles' level are off.

Digital heads throughout, of seeds that nothing was set by.
"""

import time
from collections import defaultdict
from collections.abc import Iterator
from statistics import median

import cv2
import numpy as np
from numpy.typing import NDArray

from headct.core.errors import Refusal
from headct.core.volume import Volume
from headct.image.encoders import Neighbours
from headct.image.filters import Gaussian
from headct.image.geometry import Reshape
from headct.image.head import coarse_intracranial
from headct.image.pipelines import PIPELINES
from headct.image.segment import outline_blood
from headct.image.slices import ventricle_level
from headct.phantom.body.anatomy import Head, head
from headct.phantom.body.traits import Ranges
from headct.phantom.lesions.bleed import bleed
from headct.phantom.scanner.protocol import Block, Protocol
from headct.phantom.scanner.scan import scan_head

TURNS = 7
ROUTINE = Protocol((Block(30, 5.0, 5.0),))
BLEEDS = (
    ("intraparenchymal", 30.0),
    ("intraparenchymal", 8.0),
    ("epidural", 40.0),
    ("subdural", 50.0),
    ("intraventricular", 14.0),
)
SEGMENTED, LEVELLED, NEIGHBOURED = range(60, 66), range(60, 80), range(70, 74)
# Slices of 5 mm at every half millimetre: whatever lies there in another series has its like.
FINE_MM, NEAR_MM = 0.5, 5.0
FINE = (Block(300, FINE_MM, NEAR_MM),)
SERIES = {
    "0.6 mm": (Block(250, 0.6, 0.6),),
    "4 and 7 mm": (Block(16, 4.0, 4.0), Block(13, 7.0, 7.0)),
}
BRAIN_MM = (30.0, 130.0)  # above the first slice: from the skull base to near the vertex
LEVEL_HU, WIDTH_HU = 40.0, 80.0


def main() -> None:
    """Print the four tables."""
    scan = scan_head(head(1), [], Protocol((Block(36, 4.5, 4.5),)), seed=1).volume
    tell_cost(scan)
    tell_segmentation()
    tell_levels()
    tell_neighbours()


def tell_cost(scan: Volume) -> None:
    """Processor time of each pipeline, in turns, on one thread."""
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    spent: dict[str, list[float]] = {name: [] for name in PIPELINES}
    for _ in range(TURNS):
        for name, pipeline in PIPELINES.items():
            start = time.process_time()
            pipeline(scan)
            spent[name].append(time.process_time() - start)
    cv2.setNumThreads(threads)
    print(f"36 slices of 512 x 512, one thread, median of {TURNS}, ms of processor time:")
    for name, seconds in spent.items():
        print(f"  {name:<16}{1000 * median(seconds):>7.0f}")


def tell_segmentation() -> None:
    """Dice overlap of the first segmentation with what was bled."""
    found: dict[tuple[str, float], list[list[float]]] = defaultdict(list)
    for seed in SEGMENTED:
        person = head(seed)
        for label, volume_ml in BLEEDS:
            try:
                lesion = bleed(person, label, volume_ml, seed=seed)
            except ValueError as error:
                print(f"  (left out: {error})")
                continue
            made = scan_head(person, [lesion], ROUTINE, seed=seed)
            smooth = Reshape(256, 256, "bilinear")(Gaussian(0.5)(made.volume))
            truth = _shrunk(made.truth.labels > 0)
            pair = [dice(outline_blood(smooth, by), truth) for by in ("watershed", "growing")]
            found[label, volume_ml].append(pair)
    print(f"Dice of the first segmentation, {len(SEGMENTED)} heads, median (range):")
    for (label, volume_ml), pairs in found.items():
        told = [
            f"{by} {median(values):.2f} ({min(values):.2f} to {max(values):.2f})"
            for by, values in zip(("watershed", "growing"), zip(*pairs, strict=True), strict=True)
        ]
        print(f"  {label} {volume_ml:g} mL: {', '.join(told)}")


def _shrunk(region: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(slices, 256, 256) pixels that are more than half of the region."""
    shares = [
        cv2.resize(s.astype(np.float32), (256, 256), interpolation=cv2.INTER_AREA) for s in region
    ]
    return np.stack(shares) > 0.5


def dice(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """Overlap, 0 to 1."""
    return 2 * float((one & other).sum()) / max(1.0, float(one.sum() + other.sum()))


def tell_levels() -> None:
    """How far the level found lies from where the drawn ventricles are widest."""
    off_mm = []
    for seed in LEVELLED:
        atrophy = 0.05 + 0.9 * (seed - LEVELLED[0]) / (len(LEVELLED) - 1)
        person = head(seed, ranges=Ranges(atrophy=(atrophy, atrophy)))
        volume = scan_head(person, [], ROUTINE, seed=seed).volume
        found = coarse_intracranial(volume)
        if isinstance(found, Refusal):
            raise SystemExit(found.reason)
        height = volume.grid.positions_mm[ventricle_level(found)]
        off_mm.append(abs(float(height - widest_mm(person) @ volume.grid.normal)))
    mean_mm, most_mm = float(np.mean(off_mm)), max(off_mm)
    print(
        f"Level of the ventricles, {len(off_mm)} heads: {mean_mm:.1f} mm off, at most {most_mm:.1f}"
    )


def widest_mm(person: Head) -> NDArray[np.float64]:
    """(3,) the middle of the lateral ventricles at the height where they are widest, LPS."""
    share = person.tissues.ventricle
    z = int(share.sum(axis=(1, 2), dtype=np.int64).argmax())
    rows, columns = np.nonzero(share[z] > 127)
    box = person.tissues.box
    at = [[box[0].start + z, box[1].start + rows.mean(), box[2].start + columns.mean()]]
    return np.asarray(person.grid.to_world(at)[0])


def tell_neighbours() -> None:
    """HU between a series' neighbours and those of 5 mm, taken by distance and by index."""
    found: dict[str, list[list[float]]] = defaultdict(list)
    for seed in NEIGHBOURED:
        person = head(seed)
        fine = _still(person, FINE)
        for name, blocks in SERIES.items():
            for where, pair in _apart_hu(_still(person, blocks), fine):
                found[f"{name}, where {where:.1f} mm apart"].append(pair)
    print(f"Neighbours beside those at 5 mm, {len(NEIGHBOURED)} heads without noise, mean HU:")
    for name, pairs in found.items():
        by_mm, by_index = np.mean(pairs, axis=0)
        print(f"  {name}: by distance {by_mm:.1f}, by index {by_index:.1f}, {len(pairs)} slices")


def _still(person: Head, blocks: tuple[Block, ...]) -> Volume:
    """A scan without noise or hardening, so that nothing but the slices differs."""
    protocol = Protocol(blocks, matrix=128, noise_hu=0.0, hardening=0.0)
    return scan_head(person, [], protocol, seed=1).volume


def _apart_hu(series: Volume, fine: Volume) -> Iterator[tuple[float, list[float]]]:
    """For each slice at a height of ``fine``: distance of slices in mm, HU by mm and by index."""
    heights = series.grid.positions_mm - fine.grid.positions_mm[0]
    at = np.round(heights / FINE_MM).astype(int)
    alike = np.abs(heights - at * FINE_MM) < 0.01
    reach = round(NEAR_MM / FINE_MM)
    by_mm = Neighbours(NEAR_MM, (LEVEL_HU, WIDTH_HU))(series).pixels[:, [0, 2]] * WIDTH_HU
    by_index, true = (np.clip(v.hu - LEVEL_HU + WIDTH_HU / 2, 0, WIDTH_HU) for v in (series, fine))
    for i in np.flatnonzero(alike & (heights > BRAIN_MM[0]) & (heights < BRAIN_MM[1])):
        below_mm, above_mm = np.diff(heights[i - 1 : i + 2])
        # Where the blocks of a mixed series meet is neither.
        if abs(below_mm - above_mm) < 0.01:
            beside = true[[at[i] - reach, at[i] + reach]]
            ways = (by_mm[i], by_index[[i - 1, i + 1]])
            yield float(below_mm), [float(np.abs(way - beside).mean()) for way in ways]


if __name__ == "__main__":
    main()
