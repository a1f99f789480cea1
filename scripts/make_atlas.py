"""Make src/headct/phantom/body/atlas.npz from the MNI152 2009a maps that nilearn carries.

nilearn is not a dependency of headct: ``pip install nilearn==0.14.1`` in an environment where
headct is installed, then ``python scripts/make_atlas.py``.

What is kept, in MNI152 millimetres turned to DICOM's axes (x to the left, y to the back), and
the left half alone, for the source is symmetric:

- ``white``: how much is white matter, 0..63, every 1.2 mm;
- ``space``: how much speaks for cerebrospinal fluid, 0..63, every 1.2 mm;
- ``ventricle``: quarters of a mm to the ventricles, negative inside, every 1.2 mm;
- ``inner``: fifths of a mm to the inside of the skull, negative inside, every 4 mm;
- ``hull``: the same to a smooth hull around it that bridges the fossae, every 4 mm.

The skull is not in the source: its inside is drawn outside the closed brain, with a canal for
the spinal cord below it.
"""

import sys
from importlib.util import find_spec
from pathlib import Path

import cc3d
import nibabel
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

OUT = Path(__file__).parents[1] / "src" / "headct" / "phantom" / "body" / "atlas.npz"
BRAIN_STEP_MM = 1.2
SKULL_STEP_MM = 4.0
# Corners (z, y, x) of the working box of 1 mm voxels: room for scalp, face and neck.
LOW_MM = np.array([-126, -138, -108])
HIGH_MM = np.array([120, 135, 108])
# First voxel of the source in DICOM's axes, once its x and y are turned round.
SOURCE_LOW_MM = np.array([-72, -98, -98])
# Dura and the space under it, between the surface of the brain and bone.
BRAIN_TO_BONE_MM = 2.0
# Cisterns and fissures narrower than twice this belong to the inside of the skull.
BRIDGED_MM = 7.0
# Wide enough to bridge from the frontal over the middle to the posterior fossa, as the
# smooth outside of a skull does.
HULL_MM = 40.0
# From the foramen magnum down, leaning forward as the cord does: (x, y) at its top, radius.
CANAL_TOP_MM = -58.0
CANAL_MM = (0.0, 45.0, 13.0)

# T1 values (of 1): median of voxels that are grey matter for sure, what to take outside the
# brain, and the depth from which a valley is fluid for sure; read off the source's histogram.
GREY_T1, AROUND_T1, DEEP_VALLEY_T1 = 0.66, 0.30, 0.22

Corner = tuple[float, float, float]
Numbers = NDArray[np.float32]
Bits = NDArray[np.bool_]


def source_map(name: str) -> Numbers:
    """A packaged map in the working box, (z, y, x), 0..1 (the T1 image: 0..1 of its peak)."""
    spec = find_spec("nilearn")
    if spec is None or spec.origin is None:
        sys.exit("nilearn is not installed: pip install nilearn==0.14.1")
    folder = Path(spec.origin).parent / "datasets" / "data"
    image = nibabel.load(folder / f"mni_icbm152_{name}_tal_nlin_sym_09a_converted.nii.gz")
    turned = np.asarray(image.dataobj)[::-1, ::-1].transpose(2, 1, 0)
    box = np.zeros(HIGH_MM - LOW_MM + 1, np.float32)
    start = SOURCE_LOW_MM - LOW_MM
    keep = tuple(slice(s, s + n) for s, n in zip(start, turned.shape, strict=True))
    box[keep] = turned / 255.0
    return box


def axes_mm() -> list[Numbers]:
    """z, y, x of every voxel, ready to broadcast."""
    ranges = [np.arange(a, b + 1, dtype=np.float32) for a, b in zip(LOW_MM, HIGH_MM, strict=True)]
    return list(np.meshgrid(*ranges, indexing="ij", sparse=True))


def distance_mm(inside: Bits) -> Numbers:
    """Signed distance to the border of a region, negative inside."""
    out = ndimage.distance_transform_edt(~inside)
    return (out - ndimage.distance_transform_edt(inside)).astype(np.float32)


def bridge(region: Bits, reach_mm: float) -> Bits:
    """Closing by a ball, through distances."""
    margin = int(reach_mm) + 2
    grown = ndimage.distance_transform_edt(~np.pad(region, margin)) <= reach_mm
    closed = ndimage.distance_transform_edt(grown) > reach_mm
    keep = slice(margin, -margin)
    return np.asarray(closed[keep, keep, keep])


def canal_mm() -> Numbers:
    """Signed distance to the spinal canal, about."""
    z, y, x = axes_mm()
    below = np.maximum(CANAL_TOP_MM - z, 0)
    middle = CANAL_MM[1] - 0.10 * below
    around = np.hypot((x - CANAL_MM[0]) / 1.1, y - middle) - CANAL_MM[2]
    return np.maximum(around, z - CANAL_TOP_MM).astype(np.float32)


def sella() -> Bits:
    """The cistern over the sella, which the source's brain mask leaves out."""
    z, y, x = axes_mm()
    return np.asarray(((z + 22) / 10) ** 2 + ((y + 4) / 15) ** 2 + (x / 14) ** 2 < 1)


def ventricles(tissue: Numbers, inner: Numbers) -> Bits:
    """The spaces without tissue that lie deep in the brain: lateral, third and fourth."""
    z, y, x = axes_mm()
    deep = (inner < -14) & (tissue < 0.5)
    around = (abs(x) < 45) & (y > -45) & (y < 75) & (z > -45) & (z < 40)
    # The great longitudinal fissure and the cisterns are deep too; these planes part them off.
    fissure = (abs(x) < 6) & ((z > 22) | (y < -32) | (y > 42))
    cistern = (z < -4) & (abs(x) < 18) & (y < 36)
    ambient = (z < 4) & (y > 24) & (abs(x) < 22) & ((y < 44) | (z > -12)) & (z > -20)
    lateral_fissure = (abs(x) > 28) & (y < 18)
    parts = cc3d.connected_components(
        deep & around & ~(fissure | cistern | ambient | lateral_fissure)
    )
    sizes = np.bincount(parts.ravel())
    keep = sizes >= 150
    keep[0] = False
    return np.asarray(keep[parts])


def spaces(grey: Numbers, white: Numbers, t1: Numbers) -> Numbers:
    """How much speaks for fluid, 0..1: no tissue, or a dark valley between two bright banks.

    The average of 152 brains blurs a sulcus to grey that is a little darker than its banks;
    the valley's depth in the T1 image still shows where most of them had it.
    """
    level = np.minimum(t1, GREY_T1)
    level[t1 == 0] = AROUND_T1
    ball = sum(axis**2 for axis in np.ogrid[-4:5, -4:5, -4:5]) <= 16.5
    valley = ndimage.grey_closing(level, footprint=ball) - level
    fluid = np.maximum(1 - np.clip(grey + white, 0, 1), np.clip(valley / DEEP_VALLEY_T1, 0, 1))
    fluid[t1 == 0] = 1.0
    return fluid


def sample(field: Numbers, low_mm: Corner, high_mm: Corner, step_mm: float) -> Numbers:
    """The field every ``step_mm`` from a corner to another, both sides of the head averaged."""
    ends = zip(low_mm, high_mm, strict=True)
    counts = [int((high - low) // step_mm) + 1 for low, high in ends]
    at = np.stack(np.meshgrid(*[np.arange(n) for n in counts], indexing="ij")) * step_mm
    at += (np.array(low_mm) - LOW_MM)[:, None, None, None]
    both = (field + field[:, :, ::-1]) / 2
    return np.asarray(ndimage.map_coordinates(both, at, order=1, mode="nearest"))


def main() -> None:
    """Read the maps, derive the fields, write the archive."""
    grey, white, t1 = (source_map(name) for name in ("gm", "wm", "t1"))
    inside = bridge((t1 > 0) | sella(), BRIDGED_MM)
    inner = distance_mm(inside) - BRAIN_TO_BONE_MM
    inner = ndimage.gaussian_filter(np.minimum(inner, canal_mm()), 2.0)
    hull = ndimage.gaussian_filter(distance_mm(bridge(inner < 0, HULL_MM)), 3.0)
    ventricle = ndimage.gaussian_filter(distance_mm(ventricles(grey + white, inner)), 0.6)

    brain_low, brain_high = (-74.0, -76.0, 0.0), (85.0, 112.0, 76.0)
    skull_low, skull_high = (*map(float, LOW_MM[:2]), 0.0), tuple(map(float, HIGH_MM))

    def brain(field: Numbers) -> Numbers:
        return sample(field, brain_low, brain_high, BRAIN_STEP_MM)

    def skull(field: Numbers) -> Numbers:
        return sample(field, skull_low, skull_high, SKULL_STEP_MM)

    np.savez_compressed(
        OUT,
        white=np.round(brain(white) * 63).astype(np.uint8),
        space=np.round(brain(spaces(grey, white, t1)) * 63).astype(np.uint8),
        ventricle=np.round(brain(ventricle).clip(-12, 12) * 4).astype(np.int8),
        inner=np.round(skull(inner).clip(-60, 60) * 5).astype(np.int16),
        hull=np.round(skull(hull).clip(-60, 60) * 5).astype(np.int16),
        brain_origin_mm=np.array(brain_low),
        brain_step_mm=np.float64(BRAIN_STEP_MM),
        skull_origin_mm=np.array(skull_low),
        skull_step_mm=np.float64(SKULL_STEP_MM),
    )
    size_ml = np.count_nonzero((inner < 0) & (axes_mm()[0] > CANAL_TOP_MM)) / 1000
    sys.stdout.write(
        f"{OUT.name}: {OUT.stat().st_size / 1e6:.2f} MB, inside of the skull {size_ml:.0f} mL, "
        f"ventricles {np.count_nonzero(ventricle < 0) / 1000:.1f} mL\n"
    )


if __name__ == "__main__":
    main()
