"""How exact the truth is, how many mL of a mask come back from files, and what a mask must lose."""

from math import cos, radians
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from bench.phantoms import PROTOCOLS
from headct.core.volume import Volume
from headct.dicom.scan import scan
from headct.dicom.select import select
from headct.dicom.stack import stack
from headct.image.geometry import Resample
from headct.phantom.body.anatomy import Head, head
from headct.phantom.lesions.bleed import Lesion, bleed
from headct.phantom.scanner.protocol import Block, Protocol
from headct.phantom.scanner.scan import Phantom, read_shares, scan_head
from headct.phantom.series import save_phantom

SIZES_ML = (1.0, 3.0, 10.0, 30.0, 100.0)
LABEL = "intraparenchymal"
RESAMPLED_MM = (3.0, 1.0, 1.0)
# Table increment, thickness and tilt: 0.6 to 10 mm, touching, with gaps, overlapping, leaning.
SCANS = (
    (0.6, 0.6, 0.0),
    (1.25, 1.25, 0.0),
    (2.5, 5.0, 0.0),
    (5.0, 5.0, 0.0),
    (5.0, 5.0, 20.0),
    (7.0, 5.0, 0.0),
    (10.0, 10.0, 0.0),
    (10.0, 10.0, -20.0),
)
REACH_MM = 190.0


def main() -> None:
    """One head, bleeds of five sizes, all ways to scan it."""
    drawn = head(41)
    bleeds = {ml: bleed(drawn, LABEL, ml, 3) for ml in SIZES_ML}
    tell_exactness(drawn, bleeds)
    tell_masks(drawn, bleeds)


def tell_exactness(drawn: Head, bleeds: dict[float, Lesion]) -> None:
    """Shares of voxels against the mL put in, beside whole voxels, 256 by 256."""
    print("Error of the truth (shares of voxels), as scanned and on a grid resampled to 3 x 1 x 1")
    print("mm: read there, and interpolated from the slices; and of a mask of the voxels that are")
    print("more than half filled. Increment / thickness, mm.")
    heads = ("scan", "true mL", "shares", "resampled", "interpolated", "at one half")
    print("{:<24}{:>9}{:>10}{:>11}{:>14}{:>13}".format(*heads))
    for increment_mm, thick_mm, tilt_deg in SCANS:
        slices = round(REACH_MM / cos(radians(tilt_deg)) / increment_mm)
        # Leaning slices reach lower in front than behind.
        start_mm = -105.0 - (20.0 if tilt_deg else 0.0)
        block = Block(
            slices + (round(40 / increment_mm) if tilt_deg else 0), increment_mm, thick_mm
        )
        protocol = Protocol((block,), matrix=256, tilt_deg=tilt_deg, start_mm=start_mm)
        name = f"{increment_mm:g} / {thick_mm:g}, {tilt_deg:+.0f}°"
        for true_ml in (1.0, 10.0, 30.0):
            lesion = bleeds[true_ml]
            phantom = scan_head(drawn, [lesion], protocol, 1)
            lost = [
                ml / phantom.truth_ml[LABEL] - 1
                for ml in (shares_ml(phantom), *resampled_ml(phantom, lesion), half_ml(phantom))
            ]
            print(
                f"{name:<24}{true_ml:>9.1f}{lost[0]:>+10.3%}{lost[1]:>+11.3%}"
                f"{lost[2]:>+14.1%}{lost[3]:>+13.1%}",
                flush=True,
            )


def shares_ml(phantom: Phantom) -> float:
    """The truth's volume, as a reader adds it up."""
    shares = phantom.share[LABEL].sum(axis=(1, 2), dtype=np.float64)
    return float(shares @ phantom.volume.grid.slice_voxel_ml)


def resampled_ml(phantom: Phantom, lesion: Lesion) -> tuple[float, float]:
    """The same on a regular straight grid: the truth read there, and interpolated from slices."""
    fine = Resample(RESAMPLED_MM)(Volume(phantom.share[LABEL], phantom.volume.grid))
    read, interpolated = (
        float(shares.sum(axis=(1, 2), dtype=np.float64) @ fine.grid.slice_voxel_ml)
        for shares in (read_shares(lesion, fine.grid), fine.hu)
    )
    return read, interpolated


def half_ml(phantom: Phantom) -> float:
    """The volume of the voxels that are more than half filled."""
    counted = np.count_nonzero(phantom.share[LABEL] >= 0.5, axis=(1, 2))
    return float(counted @ phantom.volume.grid.slice_voxel_ml)


def tell_masks(drawn: Head, bleeds: dict[float, Lesion]) -> None:
    """A mask of whole voxels on the true bleed: its volume after DICOM write and read."""
    print("\nA mask of whole voxels on the true bleed, as many as make its volume: mL after DICOM")
    print("write and read.")
    print(f"{'scan':<20}{'true mL':>9}{'read mL':>9}{'error':>8}{'at one half':>13}")
    for name, protocol in PROTOCOLS.items():
        for true_ml, lesion in bleeds.items():
            phantom = scan_head(drawn, [lesion], protocol, 3)
            with TemporaryDirectory() as folder:
                written = save_phantom(phantom, Path(folder) / "phantom")
                series = select(scan(written).studies[0]).candidates[0]
                grid = stack(series).grid
            read_ml = float(phantom.truth.areas(LABEL) @ grid.slice_voxel_ml)
            print(
                f"{name:<20}{true_ml:>9.1f}{read_ml:>9.2f}"
                f"{read_ml / true_ml - 1:>+8.2%}{half_ml(phantom) / true_ml - 1:>+13.1%}",
                flush=True,
            )
