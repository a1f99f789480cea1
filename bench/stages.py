"""The steps that ``analyze`` is made of, each beside other libraries' functions for it.

Every line first checks that the others give the same answer, or says by how much they differ.
"""

import statistics
import time
from collections.abc import Callable, Mapping
from importlib.metadata import version

import cc3d
import cv2
import numpy as np
import SimpleITK
from numpy.typing import NDArray
from scipy import ndimage
from skimage import measure, transform

from headct.core.grid import Grid
from headct.core.volume import Volume
from headct.image import morphology
from headct.image.augment import Augmentation
from headct.image.filters import Open
from headct.image.geometry import Reshape
from headct.image.head import intracranial
from headct.image.regions import fill_holes
from headct.image.slabs import to_slabs
from headct.phantom.body.anatomy import head
from headct.phantom.scanner.protocol import Block, Protocol
from headct.phantom.scanner.scan import scan_head

REPEATS = 7
SIGMA = 2.0  # pixels: 1 mm at 0.49 mm
Image = NDArray[np.generic]
Ways = Mapping[str, Callable[[], Image]]


def main() -> None:
    """One line for each step."""
    named = ("opencv-python-headless", "connected-components-3d", "scipy", "scikit-image")
    said = ", ".join(f"{name} {version(name)}" for name in (*named, "SimpleITK"))
    print(f"36 slices of 512² (a phantom); medians of {REPEATS}, in turns; {said}.")
    volume = scan_head(head(1), [], Protocol(blocks=(Block(36, 4.5, 4.5),)), seed=1).volume
    for step, ways in (_steps(volume) | _preparing(volume)).items():
        _compare(step, ways)


def _steps(volume: Volume) -> dict[str, Ways]:
    hu = volume.hu
    skull = intracranial(volume)
    inside = skull.inside
    bone = hu > 300
    disc = morphology.disc(2.0, volume.grid)
    thin = _thin(hu)
    return {
        "shrink to 256²": {
            "headct (OpenCV)": lambda: _each(hu, _shrink),
            "scikit-image": lambda: transform.downscale_local_mean(hu, (1, 2, 2)),
            "SimpleITK": lambda: _from_itk(SimpleITK.BinShrink(_itk(hu), (2, 2, 1))),
        },
        "slabs of five thin slices": {
            "headct (NumPy)": lambda: to_slabs(thin, 2.5).hu,
            "scikit-image": lambda: transform.downscale_local_mean(thin.hu, (5, 1, 1)),
            "SimpleITK": lambda: _from_itk(SimpleITK.BinShrink(_itk(thin.hu), (1, 1, 5))),
        },
        "opening by a disc of 2 mm": {
            "headct (OpenCV)": lambda: morphology.opened(bone, disc),
            "SciPy": lambda: _each(bone, lambda s: ndimage.binary_opening(s, disc)),
            "SimpleITK": lambda: _each(bone, lambda s: _opened_itk(s, disc)),
        },
        "filling holes, by slice": {
            "headct (OpenCV)": lambda: fill_holes(bone),
            "SciPy": lambda: _each(bone, ndimage.binary_fill_holes),
            "SimpleITK": lambda: _each(bone, _filled_itk),
        },
        "largest connected part": {
            "headct (cc3d)": lambda: cc3d.largest_k(bone, k=1, connectivity=26) > 0,
            "SciPy": lambda: _largest(ndimage.label(bone, np.ones((3, 3, 3)))[0]),
            "scikit-image": lambda: _largest(measure.label(bone, connectivity=3)),
            "SimpleITK": lambda: _largest_itk(bone),
        },
        "Gaussian, 1 mm": {
            "headct (OpenCV)": lambda: _each(hu, _blur),
            "SciPy": lambda: ndimage.gaussian_filter(hu, (0, SIGMA, SIGMA), truncate=4.0),
            "SimpleITK": lambda: _each(hu, _blurred_itk),
        },
        "distance to bone, by slice": {
            "headct (OpenCV)": lambda: _each(inside, _distance),
            "SciPy": lambda: _each(inside, ndimage.distance_transform_edt),
            "SimpleITK": lambda: _each(inside, _distance_itk),
        },
    }


def _preparing(volume: Volume) -> dict[str, Ways]:
    hu = volume.hu
    turned = Augmentation(rotation_deg=12.0)
    return {
        "bilinear to 256²": {
            "headct (OpenCV)": lambda: Reshape(256, 256, "bilinear")(volume).hu,
            "scikit-image": lambda: _each(hu, _bilinear),
        },
        "4 x 4 gray opening": {
            "headct (OpenCV)": lambda: Open(4)(volume).hu,
            "SciPy": lambda: _each(hu, lambda s: ndimage.grey_opening(s, (4, 4))),
        },
        "rotation by 12°": {
            "headct (OpenCV)": lambda: turned.on_frames(hu[:, None])[:, 0],
            "scikit-image": lambda: _each(hu, lambda s: transform.rotate(s, 12.0, order=1)),
        },
    }


def _compare(step: str, ways: Ways) -> None:
    """Print the medians, and how far the answers lie apart."""
    answers = {name: np.asarray(way(), dtype=np.float32) for name, way in ways.items()}
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(REPEATS):
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            seconds[name].append(time.perf_counter() - start)
    ours, first = next(iter(answers)), next(iter(answers.values()))
    base = statistics.median(seconds[ours])
    print(f"{step:<28}{ours:<18}{1000 * base:>7.1f} ms")
    for name in list(ways)[1:]:
        median = statistics.median(seconds[name])
        apart = float(np.abs(answers[name] - first).max())
        print(
            f"{'':<28}{name:<18}{1000 * median:>7.1f} ms{median / base:>6.1f} x"
            f"   differs by {apart:.2g} at most",
            flush=True,
        )


def _thin(hu: Image) -> Volume:
    """The same slices as if half a millimetre apart."""
    grid = Grid.regular(hu[:35].shape, (0.5, 0.49, 0.49))
    return Volume(np.ascontiguousarray(hu[:35], dtype=np.float32), grid)


def _each(image: Image, function: Callable[[Image], Image]) -> Image:
    return np.stack([function(plane) for plane in image])


def _shrink(plane: Image) -> Image:
    return cv2.resize(plane, (256, 256), interpolation=cv2.INTER_AREA)


def _bilinear(plane: Image) -> Image:
    return transform.resize(plane, (256, 256), order=1, anti_aliasing=False)


def _blur(plane: Image) -> Image:
    return cv2.GaussianBlur(plane, (0, 0), SIGMA, borderType=cv2.BORDER_REFLECT)


def _distance(plane: Image) -> Image:
    return cv2.distanceTransform(plane.view(np.uint8), cv2.DIST_L2, 5)


def _largest(labels: Image) -> Image:
    counts = np.bincount(labels.ravel())
    counts[0] = 0
    return labels == counts.argmax()


def _itk(image: Image) -> SimpleITK.Image:
    return SimpleITK.GetImageFromArray(image.astype(np.uint8) if image.dtype == bool else image)


def _from_itk(image: SimpleITK.Image) -> Image:
    return SimpleITK.GetArrayFromImage(image)


def _opened_itk(plane: Image, disc: Image) -> Image:
    radius = [disc.shape[1] // 2, disc.shape[0] // 2]
    return _from_itk(SimpleITK.BinaryMorphologicalOpening(_itk(plane), radius, SimpleITK.sitkBall))


def _filled_itk(plane: Image) -> Image:
    return _from_itk(SimpleITK.BinaryFillhole(_itk(plane), fullyConnected=False))


def _largest_itk(region: Image) -> Image:
    parts = SimpleITK.ConnectedComponent(_itk(region), True)
    return _from_itk(SimpleITK.RelabelComponent(parts, sortByObjectSize=True)) == 1


def _blurred_itk(plane: Image) -> Image:
    return _from_itk(SimpleITK.SmoothingRecursiveGaussian(_itk(plane), SIGMA))


def _distance_itk(plane: Image) -> Image:
    distance = SimpleITK.SignedMaurerDistanceMap(
        _itk(plane), insideIsPositive=True, squaredDistance=False, useImageSpacing=False
    )
    return np.maximum(_from_itk(distance), 0)
