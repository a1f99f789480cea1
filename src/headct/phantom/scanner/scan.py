"""A scanner: a head and its lesions → slices as a CT would give them, and the truth beside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import cos, radians, sin

import numpy as np
from numpy.typing import NDArray

from headct.core.grid import Grid
from headct.core.volume import Mask, Volume
from headct.phantom.body.anatomy import Head
from headct.phantom.body.canvas import LOW_MM, STEP_MM
from headct.phantom.body.shapes import Numbers, overlap
from headct.phantom.lesions.bleed import EDEMA_HU, Lesion
from headct.phantom.scanner.artefacts import (
    EMPTY_HU,
    HIGHEST_HU,
    LOWEST_HU,
    Shade,
    holder,
    plan_rays,
    shade_bone,
    shade_metal,
    spread,
    weigh,
)
from headct.phantom.scanner.beam import METAL_FROM_HU
from headct.phantom.scanner.kernels import KERNELS, draw_grain, noise_ratio
from headct.phantom.scanner.motion import smear
from headct.phantom.scanner.planes import read_slabs
from headct.phantom.scanner.protocol import REFERENCE_MGY, Protocol

# The foramen magnum of the atlas, z y x, and how far below it a head scan starts.
_FORAMEN_MM = (-62.0, 42.0, 0.0)
_BELOW_MM = 10.0
# The truth of a leaning slice is read finer than its picture, for its sum must hold to 0.1 %.
_TRUTH_MM = 0.5
# ``Protocol.noise_hu`` is stated for slices of this thickness.
_NOISE_MM = 5.0


@dataclass(frozen=True, eq=False)
class Phantom:
    """A scan of a digital head, and what is really there.

    Args:
        volume: as a scanner gives it, whole HU.
        thickness_mm: (slices,) of each slice, which a grid holds once only.
        truth: the voxels that are most a lesion's, as many as make its volume.
        share: for each label (slices, rows, columns) float32, how much of a voxel's cell is
            lesion. A cell reaches half way to the next slices, so the shares times
            ``grid.slice_voxel_ml`` sum to the true volume, whatever tilt and distances.
        truth_ml: for each label what was put into the head.
        protocol: of the scan.
        seed: of the noise.
        head_seed: of the head.
        sites: for each label where its lesions lie, in words.
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
        """Indices of the slices, from 0, that hold a voxel of a lesion."""
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
    """Scan a head with its lesions.

    Args:
        head: to scan.
        lesions: painted in this order. Those that count make the truth, several of one label
            added up; look-alikes are seen and never counted.
        protocol: how to scan.
        seed: of the noise.

    Raises:
        ValueError: lesions that hide one that counts, or one that no slice shows whole.
    """
    _check_apart(lesions)
    grid = plan_grid(head, protocol)
    share: dict[str, Numbers] = {}
    truth_ml: dict[str, float] = {}
    sites: dict[str, str] = {}
    for lesion in lesions:
        if not lesion.counts:
            continue
        label, seen = lesion.label, read_shares(lesion, grid)
        _check_whole(lesion, seen, grid)
        share[label] = share[label] + seen if label in share else seen
        truth_ml[label] = truth_ml.get(label, 0.0) + lesion.volume_ml
        sites[label] = f"{sites[label]}; {lesion.site}" if label in sites else lesion.site
    hu = _image(_painted(head, lesions), grid, protocol, np.random.default_rng(seed))
    return Phantom(
        volume=Volume(hu, grid, history=(f"digital head {head.seed}, scan {seed}",)),
        thickness_mm=protocol.thickness_mm,
        truth=draw_truth(share, grid),
        share=share,
        truth_ml=truth_ml,
        protocol=protocol,
        seed=seed,
        head_seed=head.seed,
        sites=sites,
    )


def draw_truth(share: Mapping[str, Numbers], grid: Grid) -> Mask:
    """For each label the voxels that it fills most, as many as make its volume.

    Args:
        share: for each label (slices, rows, columns) how much of each voxel's cell it fills.
        grid: of them; its pixels may be of unknown size, as each counts alike.
    """
    order = tuple(sorted(share))
    drawn = np.zeros(grid.shape, np.uint8)
    for value, label in enumerate(order, start=1):
        drawn[share[label] >= _even_level(share[label], grid)] = value
    return Mask(drawn, grid, order)


def _even_level(share: Numbers, grid: Grid) -> float:
    """The share from which voxels must count for their volume to be that of the lesion.

    At one half a mask of whole voxels loses up to 30 % of a thin lesion, as more cells are a
    little touched than almost filled.
    """
    touched = np.flatnonzero(share.ravel() > 0)
    shares = share.ravel()[touched]
    cells_mm = grid.heights_mm[touched // (grid.shape[1] * grid.shape[2])]
    order = np.argsort(shares)[::-1]
    counted_mm = np.cumsum(cells_mm[order])
    last = int(np.searchsorted(counted_mm, float(shares @ cells_mm)))
    return float(shares[order[min(last, shares.size - 1)]])


def _check_apart(lesions: Sequence[Lesion]) -> None:
    """Refuse what would be painted over a lesion that counts, as its truth would then be wrong."""
    for number, lesion in enumerate(lesions):
        for other in lesions[:number]:
            if not other.counts:
                continue
            there, here = overlap(lesion.box, other.box)
            together = lesion.share[there] + other.share[here]
            if together.size and float(together.max()) > 1.01:
                raise ValueError(
                    f"the {other.label} and the {lesion.label} overlap: make the second with "
                    "beside=(first,), and name look-alikes before what counts"
                )


def _check_whole(lesion: Lesion, share: Numbers, grid: Grid) -> None:
    seen = float(share.sum(axis=(1, 2), dtype=np.float64) @ grid.slice_voxel_ml)
    if abs(seen - lesion.volume_ml) > 0.01 * lesion.volume_ml:
        raise ValueError(
            f"the slices show {seen:.2f} of {lesion.volume_ml:.2f} mL of the {lesion.label}: "
            "add slices, widen the field, or ask for a larger matrix"
        )


def _painted(head: Head, lesions: Sequence[Lesion]) -> Numbers:
    """HU of the head with its lesions."""
    if not lesions:
        return head.hu
    body = head.hu.copy()
    for lesion in lesions:
        under = body[lesion.box]
        under += lesion.edema * np.minimum(EDEMA_HU - under, 0)
        under += lesion.share * (lesion.hu - under)
    return body


def _image(body: Numbers, grid: Grid, protocol: Protocol, chance: np.random.Generator) -> Numbers:
    """Slices with thickness, motion, beam hardening, blur and noise, whole HU."""
    hu = np.empty(grid.shape, np.float32)
    rest = holder(grid)
    half = protocol.thickness_mm / 2
    for index, seen in enumerate(read_slabs(body, (0, 0, 0), grid, zip(-half, half, strict=True))):
        hu[index] = np.maximum(seen, rest, out=seen, where=seen < EMPTY_HU)
    for motion in protocol.motions:
        for index in range(motion.first, motion.last + 1):
            hu[index] = smear(hu[index], motion, grid.spacing_mm[0], chance)
    kernel = KERNELS[protocol.kernel]
    noise_hu = _noise_hu(protocol)
    outside = ~inside_circle(protocol.matrix)
    for index, shade in enumerate(_shades(hu, protocol, chance)):
        seen = kernel.apply(hu[index] + spread(shade.hu, grid.shape[1:]), grid.spacing_mm[0])
        if protocol.noise_hu:
            noise = draw_grain(kernel, protocol.matrix, grid.spacing_mm[0], chance)
            noise *= spread(shade.grain, grid.shape[1:])
            seen += np.float32(noise_hu[index]) * noise
        seen = np.clip(np.rint(seen, out=seen), LOWEST_HU, HIGHEST_HU, out=seen)
        seen[outside] = LOWEST_HU
        hu[index] = seen
    return hu


def _noise_hu(protocol: Protocol) -> NDArray[np.float64]:
    """(slices,) deviation of noise in the middle of a middling head."""
    photons = protocol.thickness_mm / _NOISE_MM * protocol.dose_mgy / REFERENCE_MGY
    ratio = noise_ratio(KERNELS[protocol.kernel])
    return np.asarray(protocol.noise_hu * ratio / np.sqrt(photons))


def _shades(hu: Numbers, protocol: Protocol, chance: np.random.Generator) -> list[Shade]:
    """What the rays do to each slice: fine rays where there is metal, coarse ones elsewhere."""
    coarse, fine = plan_rays(protocol.field_of_view_mm)
    shades: dict[int, Shade] = {}
    plain = []
    for index, noise_hu in enumerate(_noise_hu(protocol)):
        if hu[index].max() > METAL_FROM_HU:
            shares = weigh(hu[index], fine)
            shades[index] = shade_metal(shares, fine, protocol.hardening, noise_hu, chance)
        else:
            plain.append(index)
    for start in range(0, len(plain), 2):
        pair = plain[start : start + 2]
        weighed = [weigh(hu[index], coarse) for index in pair]
        shades |= zip(pair, shade_bone(weighed, coarse, protocol.hardening), strict=True)
    return [shades[index] for index in range(len(hu))]


def inside_circle(matrix: int) -> NDArray[np.bool_]:
    """(rows, columns) pixels that are reconstructed; beyond, a scanner writes padding."""
    away = np.arange(matrix) - (matrix - 1) / 2
    return np.asarray(np.hypot(away[:, None], away) <= matrix / 2)


def read_shares(lesion: Lesion, grid: Grid) -> Numbers:
    """(slices, rows, columns) how much of each voxel's cell is lesion, on any grid of a scan.

    A cell reaches half way to the next slices, so a resampled grid holds the same volume too.
    """
    share = np.zeros(grid.shape, np.float32)
    padded = np.pad(lesion.share, 1)
    corner = [s.start - 1 for s in lesion.box]
    half = grid.distances_mm / 2
    below = np.concatenate([grid.heights_mm[:1] / 2, half])
    above = np.concatenate([half, grid.heights_mm[-1:] / 2])
    spans_mm = zip(-below, above, strict=True)
    for index, seen in enumerate(read_slabs(padded, corner, grid, spans_mm, plane_mm=_TRUTH_MM)):
        share[index] = seen
    return share
