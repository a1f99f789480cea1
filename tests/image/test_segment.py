from dataclasses import replace

import numpy as np
import pytest

from headct.core.errors import ScanError
from headct.core.grid import Grid
from headct.core.volume import Volume
from headct.image.filters import Clahe, Gaussian
from headct.image.geometry import Reshape
from headct.image.intensity import Rescale
from headct.image.segment import Segmented, outline_blood

WAYS = ("watershed", "growing")


def dice(one, other):
    return 2 * np.count_nonzero(one & other) / (np.count_nonzero(one) + np.count_nonzero(other))


@pytest.fixture(scope="module")
def clot(ball_head):
    """The ball head with a clot of 65 HU and 20 mm radius, off its middle; and where it is."""
    z, y, x = ball_head.mm
    where = np.sqrt(z**2 + (y + 15) ** 2 + (x - 25) ** 2) < 20
    scan = ball_head.scan()
    return replace(scan, hu=np.where(where, scan.hu + 33, scan.hu)), where


@pytest.mark.parametrize("by", WAYS)
def test_a_clot_of_sharp_edges_is_outlined_by_its_edges(clot, by):
    volume, where = clot

    blood = outline_blood(Gaussian(0.7)(volume), by)

    assert dice(blood, where) > 0.95


@pytest.mark.parametrize("by", WAYS)
def test_a_bleed_in_a_leaning_scan_is_outlined(bleeding, by):
    blood = outline_blood(Gaussian(0.5)(bleeding.volume), by)

    assert dice(blood, bleeding.truth.labels > 0) > 0.8


@pytest.mark.parametrize("by", WAYS)
def test_a_head_without_blood_has_little_outlined(healthy, by):
    blood = outline_blood(Gaussian(0.5)(healthy.volume), by)

    # What is as dense as blood in everybody: the sinuses, and calcium of the glands.
    areas = np.count_nonzero(blood, axis=(1, 2))
    assert areas @ healthy.volume.grid.slice_voxel_ml < 15


def test_gray_is_the_same_with_and_without_the_segmentation(clot):
    volume = clot[0]
    plain = Rescale(0.0, 80.0)(Reshape(128, 120, "bilinear")(Clahe()(volume)))

    frames = Segmented(rows=128, columns=120)(volume)

    np.testing.assert_array_equal(frames.pixels[:, 0], plain.hu)
    assert frames.channels == ("gray", "segmented")
    assert frames.grid == plain.grid
    assert set(np.unique(frames.pixels[:, 1])) == {0.0, 1.0}


def test_a_mask_keeps_gray_where_blood_is_outlined(clot):
    channels = Segmented("growing")(clot[0]).pixels

    masked = Segmented("growing", use="mask")(clot[0])

    np.testing.assert_array_equal(masked.pixels[:, 0], channels[:, 0] * channels[:, 1])
    assert masked.channels == ("gray where segmented",)


def test_what_has_no_skull_is_refused():
    water = Volume(np.zeros((5, 99, 99), np.float32), Grid.regular((5, 99, 99), (5.0, 2.0, 2.0)))

    with pytest.raises(ScanError, match="no skull with a brain"):
        Segmented()(water)


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: Segmented("kmeans"), "by"),
        (lambda: Segmented(use="both"), "use"),
        (lambda: Segmented(rows=0), "rows, columns"),
    ],
)
def test_a_field_that_cannot_be_is_refused_by_name(make, field):
    with pytest.raises(ValueError, match=f"^{field}: expected"):
        make()
