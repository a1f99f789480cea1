"""Where a network looks in a digital head whose tissues are known: shares of its heatmap."""

from dataclasses import replace

import cv2
import numpy as np

from headct.core.grid import Grid
from headct.core.labels import LEUKOENCEPHALOPATHY
from headct.core.volume import Heatmap
from headct.image.depth import depth_mm
from headct.image.regions import Region
from headct.phantom.body.shapes import Numbers
from headct.phantom.examination import Examination
from headct.phantom.lesions.bleed import Lesion
from headct.phantom.scanner.scan import read_shares

# Caps and halos reach 12 mm from the ventricle; sulci that widen with age lie in the outer 15 mm.
AROUND_MM, RIM_MM = 12.0, 15.0
LESION, VENTRICLES, RIM, REST = "lesion", "ventricles and around", "outer rim", "rest"
REGIONS = (LESION, VENTRICLES, RIM, REST)


def attention(heatmap: Heatmap, made: Examination) -> dict[str, tuple[float, float]]:
    """By region, its share of the heatmap inside the skull, and of the pixels there.

    Both are alike where a network looks everywhere alike. A pixel counts once, for the first
    region of ``REGIONS`` that it lies in; slices without ventricles and lesion do not count, as
    there is nothing else to look at.

    Raises:
        ValueError: the heatmap is empty there.
    """
    regions = regions_of(made)
    some = (regions[LESION] | regions[VENTRICLES]).any(axis=(1, 2))
    weights = heatmap.weights[some].astype(np.float64)
    inside = np.sum([region[some] for region in regions.values()], axis=0) > 0
    whole = float(weights[inside].sum())
    if not whole > 0:
        raise ValueError("the heatmap shows nothing inside the skull")
    return {
        name: (float(weights[region[some]].sum()) / whole, float(region[some].sum() / inside.sum()))
        for name, region in regions.items()
    }


def regions_of(made: Examination) -> dict[str, Region]:
    """Each region on the scan's grid, none through another."""
    grid, tissues = made.scan.volume.grid, made.diseased.head.tissues
    whole = tissues.grey.astype(np.float32) + tissues.white + tissues.fluid
    inside = _seen(whole, made, grid)
    ventricle = _seen(tissues.ventricle.astype(np.float32), made, grid)
    lesion = made.scan.share.get(LEUKOENCEPHALOPATHY, np.zeros(grid.shape, np.float32)) > 0.5
    near = _near(ventricle, grid) & ~lesion & inside
    rim = (depth_mm(inside, grid) <= RIM_MM) & inside & ~lesion & ~near
    rest = inside & ~lesion & ~near & ~rim
    return dict(zip(REGIONS, (lesion & inside, near, rim, rest), strict=True))


def _seen(share: Numbers, made: Examination, grid: Grid) -> Region:
    """Where a tissue, in 0..255, fills more than half of the scan's cells."""
    box = made.diseased.head.tissues.box
    drawn: Lesion = replace(made.diseased.lesions[0], share=share / np.float32(255), box=box)
    return np.asarray(read_shares(drawn, grid) > 0.5)


def _near(ventricle: Region, grid: Grid) -> Region:
    """Ventricles, and what lies within ``AROUND_MM`` of one in its slice."""
    pixel_mm = sum(grid.spacing_mm) / 2
    near = [
        cv2.distanceTransform((~plane).astype(np.uint8), cv2.DIST_L2, 5) * pixel_mm <= AROUND_MM
        if plane.any()
        else plane
        for plane in ventricle
    ]
    return np.stack(near)
