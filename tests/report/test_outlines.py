import numpy as np
import pytest
from skimage.draw import polygon2mask
from skimage.filters import gaussian

from headct.core.errors import GeometryError
from headct.core.grid import Grid
from headct.core.labels import LABELS
from headct.core.volume import Mask
from headct.report.outlines import COLOURS, outlines
from headct.report.view import view


def mask(labels, names=("subdural",)):
    labels = np.asarray(labels, dtype=np.uint8)[None]
    return Mask(labels, Grid.regular(labels.shape, (5.0, 1.0, 1.0)), names)


def filled(shape, lines):
    """Pixels whose centres lie inside an odd number of lines, as scikit-image sees it."""
    inside = [polygon2mask(shape, line.points[:, ::-1].astype(float)) for line in lines]
    return np.logical_xor.reduce(inside)


@pytest.mark.parametrize("seed", range(6))
def test_an_outline_encloses_exactly_the_pixels_of_the_mask(seed):
    rough = gaussian(np.random.default_rng(seed).normal(size=(40, 50)), 1.5)
    labels = rough > 0.1
    drawn = mask(labels)

    lines = outlines(drawn, 0, view(drawn.grid))

    np.testing.assert_array_equal(filled(labels.shape, lines), labels)


def test_a_lone_pixel_has_an_outline_around_it():
    labels = np.zeros((9, 9))
    labels[3, 5] = 1
    drawn = mask(labels)

    (line,) = outlines(drawn, 0, view(drawn.grid))

    assert np.ptp(line.points, axis=0).min() > 0.5
    np.testing.assert_allclose(line.points.mean(axis=0), (5, 3), atol=1e-5)


def test_each_label_is_outlined_by_its_own_name():
    labels = np.zeros((9, 9))
    labels[2:4, 2:4], labels[6:8, 6:8] = 1, 2
    drawn = mask(labels, ("epidural", "subdural"))

    lines = outlines(drawn, 0, view(drawn.grid))

    assert {line.label for line in lines} == {"epidural", "subdural"}


def test_a_slice_without_a_label_has_no_outline():
    drawn = mask(np.zeros((9, 9)))

    assert outlines(drawn, 0, view(drawn.grid)) == []


def test_every_label_has_a_colour_that_stands_out_from_black():
    # Relative luminance as in WCAG 2; graphics want a contrast of at least 3 to 1.
    def contrast(colour):
        parts = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
        linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        return (linear @ [0.2126, 0.7152, 0.0722] + 0.05) / 0.05

    assert set(COLOURS) == set(LABELS)
    assert min(map(contrast, COLOURS.values())) >= 3


def test_a_mask_on_another_grid_than_the_scan_is_no_answer(make):
    volume, other = make["head"](), make["head"]((6.0,) * 7)

    with pytest.raises(GeometryError, match="another grid"):
        make["tell"](volume, make["bleed"](other))
