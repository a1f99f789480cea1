"""The phantom's scanner: how fast, and how near its fast path comes to true projections."""

import statistics
import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

import cv2
import numpy as np
from numpy.typing import NDArray

from headct.core.grid import Grid
from headct.phantom.body.anatomy import Head, head
from headct.phantom.body.canvas import LOW_MM, SHAPE
from headct.phantom.body.shapes import Numbers, covered
from headct.phantom.generator import examples
from headct.phantom.lesions.bleed import bleed
from headct.phantom.scanner import beam
from headct.phantom.scanner.artefacts import plan_rays, shade_bone, spread, weigh
from headct.phantom.scanner.kernels import KERNELS, Kernel, draw_grain, noise_ratio
from headct.phantom.scanner.planes import read_slabs
from headct.phantom.scanner.protocol import Block, Protocol
from headct.phantom.scanner.reference import Projections, count, project, reconstruct
from headct.phantom.scanner.scan import plan_grid, scan_head

Points = NDArray[np.float64]
REPEATS = 7
PIXELS, FIELD_MM, VIEWS = 256, 250.0, 360
# Above the first slice, mm: between the petrous bones, cisterns, ventricles, vault.
LEVELS_MM = {"petrous": 38.0, "cisterns": 52.0, "ventricles": 78.0, "near the vertex": 118.0}
REGIONS_MM = ((2, 4), (4, 8), (8, 15), (15, 30), (30, 90))
PHOTONS = 1e5


def main() -> None:
    """Print every table."""
    drawn = head(41)
    tell_speed(drawn)
    tell_examples()
    slices = levels(drawn)
    tell_bias_and_noise(slices)
    tell_kernels()


def tell_speed(drawn: Head) -> None:
    """Seconds of a study, of the processor: all threads together."""
    lesion = bleed(drawn, "intraparenchymal", 30.0, 3)
    print(f"36 slices with 30 mL in a ready head, processor time, median of {REPEATS}.")
    print(f"{'scan':<34}{'s':>8}{'slices/s':>10}")
    cv2.setNumThreads(1)
    straight = Protocol((Block(36, 4.5, 4.5),))
    for matrix in (512, 256):
        for tilt_deg in (0.0, 15.0):
            protocol = replace(straight, matrix=matrix, tilt_deg=tilt_deg)
            seconds = []
            for seed in range(REPEATS):
                start = time.process_time()
                scan_head(drawn, [lesion], protocol, seed)
                seconds.append(time.process_time() - start)
            median = statistics.median(seconds)
            name = f"{matrix}², {'tilted 15°' if tilt_deg else 'straight'}"
            print(f"{name:<34}{median:>8.2f}{36 / median:>10.0f}", flush=True)


def tell_examples() -> None:
    """What the generator of training examples gives, heads and diseases included."""
    start, slices = time.process_time(), 0
    for example in islice(examples(seed=1), 48):
        slices += len(example.hu)
    seconds = time.process_time() - start
    name = "training examples, 256²"
    print(f"{name:<34}{seconds:>8.2f}{slices / seconds:>10.0f}  ({slices} slices of two heads)")


def levels(drawn: Head) -> dict[str, Numbers]:
    """A noise-free slice of 5 mm at each level, what lies beyond the circle left out."""
    protocol = Protocol((Block(1, 5.0, 5.0),), matrix=PIXELS, field_of_view_mm=FIELD_MM)
    start_mm = float(plan_grid(drawn, protocol).origins_mm[0, 2])
    found = {}
    for name, up_mm in LEVELS_MM.items():
        grid = plan_grid(drawn, replace(protocol, start_mm=start_mm + up_mm))
        (hu,) = read_slabs(drawn.hu, (0, 0, 0), grid, [(-2.5, 2.5)])
        found[name] = np.where(_away_mm(PIXELS, FIELD_MM / PIXELS) < 124, hu, np.float32(-1000))
    return found


def tell_bias_and_noise(slices: dict[str, Numbers]) -> None:
    """What beam hardening adds to the brain, and how noise spreads, by distance from bone."""
    regions = "".join(f"{f'{low}-{high} mm':>14}" for low, high in REGIONS_MM)
    print("\nReference / fast path in the brain, by distance from bone; soft kernel.")
    print(f"{'level':<18}{'':<12}{regions}{'rms HU':>8}")
    coarse, _ = plan_rays(FIELD_MM)
    pixel_mm = FIELD_MM / PIXELS
    for name, hu in slices.items():
        shade = shade_bone([weigh(hu, coarse)], coarse, 1.0)[0]
        fast, grain = (spread(part, hu.shape) for part in (shade.hu, shade.grain))
        seen = project(hu, pixel_mm, views=VIEWS)
        bias, noise = reference_bias(seen), reference_noise(seen)
        brain, bone_mm = _brain(hu, pixel_mm)
        deep = brain & (bone_mm > 15)
        rows: dict[str, list[str]] = {"bias, HU": [], "noise": []}
        for low, high in REGIONS_MM:
            here = brain & (bone_mm > low) & (bone_mm <= high)
            if np.count_nonzero(here) < 50:
                for row in rows.values():
                    row.append("-")
                continue
            rows["bias, HU"].append(f"{bias[here].mean():+.1f} / {fast[here].mean():+.1f}")
            true = noise[:, here].std() / noise[:, deep].std()
            quick = np.sqrt((grain[here] ** 2).mean() / (grain[deep] ** 2).mean())
            rows["noise"].append(f"{true:.2f} / {quick:.2f}")
        error = (bias - fast)[brain & (bone_mm > 4)]
        for what, row in rows.items():
            last = f"{np.sqrt((error**2).mean()):>8.1f}" if what != "noise" else ""
            print(f"{name:<18}{what:<12}" + "".join(f"{cell:>14}" for cell in row) + last)


def reference_bias(seen: Projections) -> Numbers:
    """(n, n) HU that many energies give beyond what one would, water corrected."""
    kernel = KERNELS["soft"]
    wrong_mm = beam.wrong_mm(*seen.lengths_mm)
    return reconstruct(wrong_mm, seen, kernel) + 1000


def reference_noise(seen: Projections, repeats: int = 4) -> Numbers:
    """(repeats, n, n) HU of noise."""
    kernel, chance = KERNELS["soft"], np.random.default_rng(1)
    clean = reconstruct(beam.correct_for_water(count(seen)), seen, kernel)
    noisy = [
        reconstruct(beam.correct_for_water(count(seen, PHOTONS, chance)), seen, kernel)
        for _ in range(repeats)
    ]
    return np.stack(noisy) - clean


def tell_kernels() -> None:
    """Noise, its spectrum and the width of an edge by kernel, in a disc of water."""
    print(
        "\nA disc of water, reference / fast path; edges of the fast path are drawn on 1 mm voxels."
    )
    heads = ("kernel", "noise", "spectrum peak, /mm", "spectra differ", "edge 10-90 %, mm")
    print("{:<10}{:>16}{:>20}{:>16}{:>20}".format(*heads))
    pixel_mm = 0.35
    away_mm = _away_mm(PIXELS, pixel_mm)
    disc = (1000 * covered(away_mm - np.float32(30), pixel_mm) - 1000).astype(np.float32)
    seen = project(disc, pixel_mm, views=VIEWS)
    measured, chance = count(seen), np.random.default_rng(2)
    deviations: dict[str, float] = {}
    rows: dict[str, tuple[str, ...]] = {}
    for name, kernel in KERNELS.items():
        clean = reconstruct(beam.correct_for_water(measured), seen, kernel)
        noise = [
            reconstruct(beam.correct_for_water(count(seen, PHOTONS, chance)), seen, kernel) - clean
            for _ in range(4)
        ]
        grain = [draw_grain(kernel, PIXELS, pixel_mm, chance) for _ in range(4)]
        per_mm, true = spectrum(noise, pixel_mm)
        quick = spectrum(grain, pixel_mm)[1]
        off = np.abs(true / true.sum() - quick / quick.sum()).sum()
        deviations[name] = float(np.stack(noise)[:, away_mm < 20].std())
        peaks = [f"{per_mm[power.argmax()]:.2f}" for power in (true, quick)]
        edges = [edge_width_mm(clean, away_mm), edge_width_mm(*fast_disc(kernel))]
        rows[name] = (" / ".join(peaks), f"{off:.1%}", " / ".join(f"{mm:.2f}" for mm in edges))
    for name, row in rows.items():
        true_ratio = deviations[name] / deviations["standard"]
        noise_cell = f"{true_ratio:.2f} / {noise_ratio(KERNELS[name]):.2f}"
        print("{:<10}{:>16}{:>20}{:>16}{:>20}".format(name, noise_cell, *row))


def fast_disc(kernel: Kernel) -> tuple[Numbers, Numbers]:
    """The same disc drawn on 1 mm voxels and read as heads are; distances from its middle."""
    _, y, x = np.meshgrid(*[np.arange(n, dtype=np.float32) for n in (7, *SHAPE[1:])], indexing="ij")
    rows, columns = 124.3, 98.4
    body = 1000 * covered(np.hypot(y - rows, x - columns) - np.float32(30)) - 1000
    count, pixel_mm = 512, 0.488
    half = pixel_mm * (count - 1) / 2
    grid = Grid.regular((1, count, count), (5.0, pixel_mm, pixel_mm), origin_mm=(-half, -half, 0))
    (hu,) = read_slabs(body.astype(np.float32), (-int(LOW_MM[0]) - 3, 0, 0), grid, [(-2.5, 2.5)])
    at = np.arange(count) * pixel_mm - half
    away_mm = np.hypot(at[:, None] - LOW_MM[1] - rows, at - LOW_MM[2] - columns)
    return kernel.apply(hu, pixel_mm), away_mm.astype(np.float32)


def edge_width_mm(hu: Numbers, away_mm: Numbers) -> float:
    """Distance over which the edge of the disc falls from nine tenths to one tenth."""
    near = (away_mm > 24) & (away_mm < 36)
    steps = np.arange(24.0, 36.0, 0.1)
    order = np.digitize(away_mm[near], steps)
    sums = np.bincount(order, hu[near] + 1000, minlength=steps.size + 1)[1:]
    means = sums / np.maximum(np.bincount(order, minlength=steps.size + 1)[1:], 1)
    high, low = means[:20].mean(), means[-20:].mean()
    fallen = (means - low) / (high - low)
    first = np.nonzero(fallen < 0.9)[0]
    first = first[first > np.argmax(fallen)][0] if fallen.max() > 1.02 else first[0]
    last = np.nonzero(fallen > 0.1)[0][-1]
    return float((_crossing(fallen, last, 0.1) - _crossing(fallen, first - 1, 0.9)) * 0.1)


def _crossing(values: Points, index: int, level: float) -> float:
    return float(index + (values[index] - level) / (values[index] - values[index + 1]))


def spectrum(pictures: Sequence[Numbers], pixel_mm: float) -> tuple[Points, Points]:
    """Frequencies, /mm, and the mean power of the middles of some pictures at each."""
    size = 112  # a square within the disc
    middle = slice(PIXELS // 2 - size // 2, PIXELS // 2 + size // 2)
    power = np.mean([np.abs(np.fft.fft2(p[middle, middle])) ** 2 for p in pictures], axis=0)
    waves = np.fft.fftfreq(size, pixel_mm)
    per_mm = np.hypot(waves[:, None], waves).ravel()
    bins = np.arange(0.05, 1.4, 0.1)
    which = np.digitize(per_mm, bins)
    sums = np.bincount(which, power.ravel(), minlength=bins.size + 1)[1:-1]
    counts = np.maximum(np.bincount(which, minlength=bins.size + 1)[1:-1], 1)
    return bins[:-1] + 0.05, sums / counts


def _away_mm(pixels: int, pixel_mm: float) -> Numbers:
    """Distance of each pixel from the middle as scikit-image counts it."""
    away = (np.arange(pixels) - pixels // 2) * np.float32(pixel_mm)
    return np.asarray(np.hypot(away[:, None], away), dtype=np.float32)


def _brain(hu: Numbers, pixel_mm: float) -> tuple[NDArray[np.bool_], Numbers]:
    """Brain inside the skull, and each pixel's distance from bone."""
    bone = (hu > 300).astype(np.uint8)
    reach = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (13, 13))
    closed = cv2.morphologyEx(bone, cv2.MORPH_CLOSE, reach)
    _, parts = cv2.connectedComponents(1 - closed)
    middle = parts[PIXELS // 2 + 8, PIXELS // 2]
    far_mm = cv2.distanceTransform(1 - bone, cv2.DIST_L2, 5) * np.float32(pixel_mm)
    return (parts == middle) & (hu > 0) & (hu < 70), np.asarray(far_mm)
