"""A scanner: a head and its bleeds → slices as a CT would give them, and the truth beside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, cos, radians, sin

import cv2
import numpy as np
from numpy.typing import NDArray

from headct.core.grid import Grid
from headct.core.volume import Mask, Volume
from headct.phantom.anatomy import Head
from headct.phantom.artefacts import BLUR_MM, EMPTY_HU, LOWEST_HU, add_beam, add_noise, holder
from headct.phantom.canvas import LOW_MM, STEP_MM
from headct.phantom.lesions import EDEMA_HU, Lesion
from headct.phantom.planes import read_slab
from headct.phantom.protocol import Protocol
from headct.phantom.shapes import Numbers, overlap

# The foramen magnum of the atlas, z y x, and how far below it a head scan starts.
_FORAMEN_MM = (-62.0, 42.0, 0.0)
_BELOW_MM = 10.0
# Planes to a slice, in mm: finer ones change no voxel by more than noise does. The truth is
# read finer, for its sum must hold to 0.1 %.
_PLANE_MM, _TRUTH_MM = 1.0, 0.5


@dataclass(frozen=True, eq=False)
class Phantom:
    """A scan of a digital head, and what is really there.

    Args:
        volume: as a scanner gives it, whole HU.
        thickness_mm: (slices,) of each slice, which a grid holds once only.
        truth: the voxels that are most a bleed's, as many as make its volume.
        share: for each label (slices, rows, columns) float32, how much of a voxel's cell is
            bleed. A cell reaches half way to the next slices, so the shares times
            ``grid.slice_voxel_ml`` sum to the true volume, whatever tilt and distances.
        truth_ml: for each label what was put into the head.
        protocol: of the scan.
        seed: of the noise.
        head_seed: of the head.
        sites: for each label where the bleed lies, in words.
    """

    volume: Volume
    thickness_mm: NDArray[np.float64]
    truth: Mask
    share: Mapping[str, Numbers]
    truth_ml: Mapping[str, float]
    protocol: Protocol
    seed: int
    head_seed: int
    sites: Mapping[str, str]

    def slices_of(self, label: str) -> list[int]:
        """Indices of the slices, from 0, that hold a voxel of a bleed."""
        return [int(index) for index in np.nonzero(self.truth.areas(label))[0]]


def plan_grid(head: Head, protocol: Protocol) -> Grid:
    """Where the slices of a protocol lie: one origin each, moved along the table."""
    lean = radians(protocol.tilt_deg)
    row_axis = np.array([0.0, cos(lean), -sin(lean)])
    spacing = protocol.field_of_view_mm / protocol.matrix
    half = spacing * (protocol.matrix - 1) / 2
    start = protocol.start_mm
    if start is None:
        voxel = head.canvas.voxel_of(_FORAMEN_MM)
        # A leaning slice passes the foramen, behind the middle, lower or higher.
        back = LOW_MM[1] + voxel[1] * STEP_MM
        start = LOW_MM[0] + voxel[0] * STEP_MM - _BELOW_MM + back * np.tan(lean)
    thickest = float(protocol.thickness_mm.max())
    middle = np.zeros((len(protocol.heights_mm), 3))
    middle[:, 2] = start + protocol.heights_mm
    return Grid(
        shape=(len(middle), protocol.matrix, protocol.matrix),
        origins_mm=middle - half * row_axis - half * np.array([1.0, 0.0, 0.0]),
        column_axis=np.array([1.0, 0.0, 0.0]),
        row_axis=row_axis,
        spacing_mm=(spacing, spacing),
        thickness_mm=thickest if thickest == protocol.thickness_mm.min() else None,
    )


def scan_head(head: Head, lesions: Sequence[Lesion], protocol: Protocol, seed: int) -> Phantom:
    """Scan a head with its bleeds.

    Raises:
        ValueError: two lesions of one label, or a bleed that no slice shows whole.
    """
    labels = [lesion.label for lesion in lesions]
    if len(set(labels)) < len(labels):
        raise ValueError("one bleed of each kind in a head: ask for its whole volume at once")
    grid = plan_grid(head, protocol)
    share = {lesion.label: _shares(lesion, grid) for lesion in lesions}
    _check_whole(lesions, share, grid)
    body = _bleeding(head, lesions)
    hu = _image(body, grid, protocol, np.random.default_rng(seed))
    order = tuple(sorted(labels))
    drawn = np.zeros(grid.shape, np.uint8)
    for value, label in enumerate(order, start=1):
        drawn[share[label] >= _even_level(share[label], grid)] = value
    return Phantom(
        volume=Volume(hu, grid, history=(f"digital head {head.seed}, scan {seed}",)),
        thickness_mm=protocol.thickness_mm,
        truth=Mask(drawn, grid, order),
        share=share,
        truth_ml={lesion.label: lesion.volume_ml for lesion in lesions},
        protocol=protocol,
        seed=seed,
        head_seed=head.seed,
        sites={lesion.label: lesion.site for lesion in lesions},
    )


def _even_level(share: Numbers, grid: Grid) -> float:
    """The share from which voxels must count for their volume to be that of the bleed.

    At one half a mask of whole voxels loses up to 30 % of a thin bleed, as more cells are a
    little touched than almost filled.
    """
    touched = np.nonzero(share)
    shares = share[touched]
    cells_ml = grid.slice_voxel_ml[touched[0]]
    order = np.argsort(shares)[::-1]
    counted_ml = np.cumsum(cells_ml[order])
    last = int(np.searchsorted(counted_ml, float(shares @ cells_ml)))
    return float(shares[order[min(last, shares.size - 1)]])


def _check_whole(lesions: Sequence[Lesion], share: Mapping[str, Numbers], grid: Grid) -> None:
    for number, lesion in enumerate(lesions):
        for other in lesions[:number]:
            there, here = overlap(lesion.box, other.box)
            together = lesion.share[there] + other.share[here]
            if together.size and float(together.max()) > 1.01:
                raise ValueError(
                    f"the {lesion.label} and the {other.label} bleed overlap: make the second "
                    "with beside=(first,)"
                )
        seen = float(share[lesion.label].sum(axis=(1, 2), dtype=np.float64) @ grid.slice_voxel_ml)
        if abs(seen - lesion.volume_ml) > 0.01 * lesion.volume_ml:
            raise ValueError(
                f"the slices show {seen:.2f} of {lesion.volume_ml:.2f} mL of the {lesion.label} "
                "bleed: add slices, widen the field, or ask for a larger matrix"
            )


def _bleeding(head: Head, lesions: Sequence[Lesion]) -> Numbers:
    """HU of the head with its bleeds."""
    if not lesions:
        return head.hu
    body = head.hu.copy()
    for lesion in lesions:
        under = body[lesion.box]
        under += lesion.edema * np.minimum(EDEMA_HU - under, 0)
        under += lesion.share * (lesion.hu - under)
    return body


def _image(body: Numbers, grid: Grid, protocol: Protocol, chance: np.random.Generator) -> Numbers:
    """Slices with thickness, blur, beam hardening and noise, whole HU."""
    hu = np.empty(grid.shape, np.float32)
    rest = holder(grid)
    spacing = grid.spacing_mm[0]
    circle = _circle(protocol.matrix)
    for index, thick in enumerate(protocol.thickness_mm):
        planes = max(2, ceil(thick / _PLANE_MM))
        offsets = ((np.arange(planes) + 0.5) / planes - 0.5) * thick
        seen = read_slab(body, (0, 0, 0), grid, index, offsets)
        np.maximum(seen, rest, out=seen, where=seen < EMPTY_HU)
        seen = np.asarray(cv2.GaussianBlur(seen, (0, 0), BLUR_MM / spacing), dtype=np.float32)
        add_beam(seen, spacing)
        add_noise(seen, spacing, protocol.noise_hu * np.sqrt(5.0 / thick), chance)
        np.maximum(np.rint(seen, out=seen), LOWEST_HU, out=seen)
        seen[~circle] = LOWEST_HU
        hu[index] = seen
    return hu


def _circle(matrix: int) -> NDArray[np.bool_]:
    away = np.arange(matrix) - (matrix - 1) / 2
    return np.asarray(np.hypot(away[:, None], away) <= matrix / 2)


def _shares(lesion: Lesion, grid: Grid) -> Numbers:
    """How much of each voxel's cell is bleed."""
    share = np.zeros(grid.shape, np.float32)
    padded = np.pad(lesion.share, 1)
    corner = tuple(s.start - 1 for s in lesion.box)
    below = np.concatenate([[grid.heights_mm[0]], grid.distances_mm]) / 2
    above = np.concatenate([grid.distances_mm, [grid.heights_mm[-1]]]) / 2
    for index, (low, high) in enumerate(zip(-below, above, strict=True)):
        planes = ceil((high - low) / _TRUTH_MM)
        offsets = low + (np.arange(planes) + 0.5) * (high - low) / planes
        share[index] = read_slab(padded, corner, grid, index, offsets)
    return share
