"""The traps: each writes one folder and says what a right reader finds in it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import cos, radians, sin
from pathlib import Path
from random import Random

import numpy as np
from pydicom.dataset import Dataset

from bench.traps.files import Rescale, enhanced, put_pixels, save, slices_of, write_badly
from bench.traps.truth import BALL_MM, Planes, Points, Truth, images_of, planes_at, truth_of

Truths = tuple[Truth, ...]
"""Any of them is right, where two scans share a series."""

COUNT, STEP_MM = 40, 5.0
HEIGHTS_MM: Points = (np.arange(COUNT, dtype=np.float64) - (COUNT - 1) / 2) * STEP_MM
# None of them holds the ball, so that its volume stays whole.
MISSING = (4, 33)
BALL_AT = 13  # the slice through its middle
MOVED_MM = (BALL_MM[0] - 9.0, BALL_MM[1], BALL_MM[2])


@dataclass(frozen=True)
class Trap:
    """One way to be led astray.

    Args:
        name: for the table.
        lay: writes the folder, whose name is given, and returns what is right.
    """

    name: str
    lay: Callable[[Path], Truths]


def straight(**options: object) -> Planes:
    """40 slices of 5 mm."""
    return planes_at(HEIGHTS_MM, STEP_MM, **options)  # type: ignore[arg-type]


def tilted(tilt_deg: float) -> Planes:
    """Slices 5 mm apart along their normal: the table moves by 5 mm over the cosine."""
    lean = radians(tilt_deg)
    return planes_at(
        HEIGHTS_MM / cos(lean), STEP_MM, row_axis=(0.0, cos(lean), -sin(lean)), tilt_deg=tilt_deg
    )


def oblique() -> Planes:
    """A head turned in its holder: reformatted along axes of its own, without a shear."""
    x, y, z = (radians(angle) for angle in (12.0, -8.0, 10.0))
    about_x = np.array([[1, 0, 0], [0, cos(x), -sin(x)], [0, sin(x), cos(x)]])
    about_y = np.array([[cos(y), 0, sin(y)], [0, 1, 0], [-sin(y), 0, cos(y)]])
    about_z = np.array([[cos(z), -sin(z), 0], [sin(z), cos(z), 0], [0, 0, 1]])
    column_axis, row_axis, step = (about_z @ about_y @ about_x).T
    return straight(column_axis=column_axis, row_axis=row_axis, step=step)


def _plain(planes: Callable[[], Planes]) -> Callable[[Path], Truths]:
    def lay(folder: Path) -> Truths:
        made = planes()
        save(slices_of(made, folder.name), folder)
        return (truth_of(made),)

    return lay


def _edited(edit: Callable[[Dataset, int], None], **options: object) -> Callable[[Path], Truths]:
    """Straight slices, each header changed by hand."""

    def lay(folder: Path) -> Truths:
        made = straight(**options)
        images = slices_of(made, folder.name)
        for index, image in enumerate(images):
            edit(image, index)
        save(images, folder)
        return (truth_of(made),)

    return lay


def _left_out(*gone: int) -> Callable[[Path], Truths]:
    """Straight slices without some of them; the numbers of the others stay."""

    def lay(folder: Path) -> Truths:
        kept = [index for index in range(COUNT) if index not in gone]
        made = straight().only(kept)
        images = slices_of(made, folder.name)
        for index, image in zip(kept, images, strict=True):
            image.InstanceNumber = index + 1
        save(images, folder)
        return (truth_of(made),)

    return lay


def _missing_at_a_change(folder: Path) -> Truths:
    """The last but one of the thin slices: its place is no wider than two thick ones are apart."""
    whole = _mixed_distances()
    images = slices_of(whole, folder.name)
    del images[18]
    save(images, folder)
    return (truth_of(whole),)


def _mixed_distances() -> Planes:
    below = np.arange(20, dtype=np.float64) * 5.0 - 87.5
    # Slices touch: half of 5 mm and half of 7.5 mm between the two blocks.
    above = below[-1] + 6.25 + np.arange(20, dtype=np.float64) * 7.5
    return planes_at(np.r_[below, above], np.r_[np.full(20, 5.0), np.full(20, 7.5)])


def _jittered() -> Planes:
    return planes_at(HEIGHTS_MM + np.random.default_rng(5).uniform(-0.5, 0.5, COUNT), STEP_MM)


def _shifted() -> Planes:
    """From the ball's middle on, reconstructed about a point 20 mm farther to the left."""
    made = straight()
    aside = np.where(np.arange(COUNT) < BALL_AT, 0.0, 20.0)
    return replace(made, origins_mm=made.origins_mm + np.outer(aside, LEFT))


def _copies(folder: Path) -> Truths:
    images = slices_of(straight(), folder.name)
    save([*images, *images], folder)
    return (truth_of(straight()),)


def _interleaved(folder: Path, ball_mm: tuple[float, float, float], **said: str) -> Truths:
    """Two stacks of the same places numbered in turn, and what the second one says else."""
    one = slices_of(straight(), folder.name)
    other = slices_of(straight(), folder.name, ball_mm=ball_mm, part="second")
    for image in other:
        for keyword, value in said.items():
            setattr(image, keyword, value)
    images = [image for pair in zip(one, other, strict=True) for image in pair]
    for number, image in enumerate(images, start=1):
        image.InstanceNumber = number
    save(images, folder)
    return (truth_of(straight()), truth_of(straight(), ball_mm))


def _untold(folder: Path) -> Truths:
    return _interleaved(folder, MOVED_MM)


def _two_kernels(folder: Path) -> Truths:
    return _interleaved(folder, BALL_MM, ConvolutionKernel="BONE")


def _scanned_again(
    higher_mm: float, ball_mm: tuple[float, float, float], **said: str
) -> Callable[[Path], Truths]:
    """Two scans one after the other, the second one higher, and what its headers say else."""

    def lay(folder: Path) -> Truths:
        again = planes_at(HEIGHTS_MM + higher_mm, STEP_MM)
        one = slices_of(straight(), folder.name)
        other = slices_of(again, folder.name, ball_mm=ball_mm, part="second", number_from=COUNT + 1)
        for image in other:
            for keyword, value in said.items():
                setattr(image, keyword, value)
        save([*one, *other], folder)
        return (truth_of(straight()), truth_of(again, ball_mm))

    return lay


def _halves(folder: Path, lower: Planes, upper: Planes) -> Truths:
    """The lower half of one stack, and the upper half of another, in one series."""
    half = COUNT // 2
    images = slices_of(lower, folder.name)[:half] + slices_of(upper, folder.name)[half:]
    save(images, folder)
    return (replace(truth_of(lower), high_mark_mm=truth_of(upper).high_mark_mm),)


def _two_matrices(folder: Path) -> Truths:
    """The upper half reconstructed twice as fine, on the same field of view."""
    return _halves(folder, straight(), straight(shape=(224, 256), spacing_mm=(0.9, 0.8)))


def _two_tilts(folder: Path) -> Truths:
    """The base of the skull scanned along the orbits, the rest upright."""
    return _halves(folder, tilted(15.0), straight())


def _mixed_rescale(folder: Path) -> Truths:
    images = slices_of(straight(), folder.name)
    for image, hu in zip(images[1::2], images_of(straight())[1::2], strict=True):
        put_pixels(image, hu, Rescale(0.5, -2000.0))
    save(images, folder)
    return (truth_of(straight()),)


def _one_object(planes: Planes, *, shuffled: bool = False) -> Callable[[Path], Truths]:
    def lay(folder: Path) -> Truths:
        images = slices_of(planes, folder.name)
        if shuffled:
            Random(3).shuffle(images)
        save([enhanced(images)], folder)
        return (truth_of(planes),)

    return lay


def _write_long(image: Dataset, index: int) -> None:  # noqa: ARG001
    """Seventeen digits, as a plain ``repr`` of a double gives; 16 characters are allowed."""
    image_mm = [float(value) + 1e-14 for value in image.ImagePositionPatient]
    write_badly(image, "ImagePositionPatient", "\\".join(f"{value:.17f}" for value in image_mm))
    axes = "0.99999999999999988898\\0.00000000000000000012\\0\\0\\0.99999999999999988898\\0"
    write_badly(image, "ImageOrientationPatient", axes)


def _write_commas(image: Dataset, index: int) -> None:  # noqa: ARG001
    for keyword in ("ImagePositionPatient", "PixelSpacing"):
        value = "\\".join(str(number) for number in image[keyword].value)
        write_badly(image, keyword, value.replace(".", ","))


def _write_garbage(image: Dataset, index: int) -> None:
    if index == BALL_AT:
        write_badly(image, "ImagePositionPatient", "-102.4\\-100.8\\*****")


def _count_down(image: Dataset, index: int) -> None:
    image.InstanceNumber = COUNT - index


def _unnumbered(folder: Path) -> Truths:
    images = slices_of(straight(), folder.name)
    for image in images:
        del image.InstanceNumber
    Random(4).shuffle(images)
    save(images, folder)
    return (truth_of(straight()),)


def _lying(position: str) -> Callable[[Dataset, int], None]:
    def edit(image: Dataset, index: int) -> None:  # noqa: ARG001
        image.PatientPosition = position

    return edit


LEFT, BACK = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)
RIGHT, FRONT = (-1.0, 0.0, 0.0), (0.0, -1.0, 0.0)

PLAIN = Trap("none: straight, 40 slices of 5 mm", _plain(straight))

TRAPS = (
    PLAIN,
    Trap("gantry tilt +15°", _plain(lambda: tilted(15.0))),
    Trap("gantry tilt -15°", _plain(lambda: tilted(-15.0))),
    Trap("gantry tilt +30°", _plain(lambda: tilted(30.0))),
    Trap("2 of 40 slices missing", _left_out(*MISSING)),
    Trap("first slice missing", _left_out(0)),
    Trap("last slice missing", _left_out(COUNT - 1)),
    Trap("half 5 mm, half 7.5 mm", _plain(_mixed_distances)),
    Trap("1 slice missing where 5 mm meet 7.5 mm", _missing_at_a_change),
    Trap("every file twice", _copies),
    Trap("every image twice, under new UIDs", _scanned_again(0.0, BALL_MM)),
    Trap("two scans image by image, nothing tells them apart", _untold),
    Trap("two kernels interleaved", _two_kernels),
    Trap("two acquisitions, head moved", _scanned_again(0.0, MOVED_MM, AcquisitionNumber="2")),
    Trap("two acquisitions, 2 mm apart", _scanned_again(2.0, MOVED_MM, AcquisitionNumber="2")),
    Trap("two scans 2 mm apart, told by number alone", _scanned_again(2.0, MOVED_MM)),
    Trap("decimal strings too long", _edited(_write_long)),
    Trap("decimal commas", _edited(_write_commas)),
    Trap("one position is no number (*****)", _edited(_write_garbage)),
    Trap("row axis negated", _edited(_lying("HFS"), row_axis=FRONT)),
    Trap("column axis negated", _edited(_lying("HFS"), column_axis=RIGHT)),
    Trap("prone, head first (HFP)", _edited(_lying("HFP"), column_axis=RIGHT, row_axis=FRONT)),
    Trap("supine, feet first (FFS)", _edited(_lying("FFS"), column_axis=RIGHT, row_axis=BACK)),
    Trap("prone, feet first (FFP)", _edited(_lying("FFP"), column_axis=LEFT, row_axis=FRONT)),
    Trap("slices numbered backwards", _edited(_count_down)),
    Trap("InstanceNumber missing", _unnumbered),
    Trap("matrix size changes half-way", _two_matrices),
    Trap("tilt changes half-way", _two_tilts),
    Trap("rescale differs from slice to slice", _mixed_rescale),
    Trap("positions off by up to 0.5 mm", _plain(_jittered)),
    Trap("pictures centred 20 mm aside from slice 14 on", _plain(_shifted)),
    Trap("oblique head", _plain(oblique)),
    Trap("Enhanced multi-frame", _one_object(straight())),
    Trap("Enhanced, frames shuffled", _one_object(straight(), shuffled=True)),
    Trap("Enhanced, gantry tilt +15°", _one_object(tilted(15.0))),
)
