"""Pipelines: what each costs, how far the first segmentation and the ventricles' level are off.

Digital heads throughout, of seeds that nothing was set by.
"""

import time
from collections import defaultdict
from statistics import median

import cv2
import numpy as np
from numpy.typing import NDArray

from headct.core.errors import Refusal
from headct.core.volume import Volume
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
SEGMENTED, LEVELLED = range(60, 66), range(60, 80)


def main() -> None:
    """Print the three tables."""
    scan = scan_head(head(1), [], Protocol((Block(36, 4.5, 4.5),)), seed=1).volume
    tell_cost(scan)
    tell_segmentation()
    tell_levels()


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


if __name__ == "__main__":
    main()
